use super::*;
use crate::notify::{Happened, Language, Message};
use crate::secret::Secret;
use crate::store::db::{Batch, Fault};
use crate::store::{Store, WINDOW};
use crate::tasks::Loops;
use std::path::Path;
use wiremock::matchers::{header, method};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

async fn store(dir: &Path) -> Arc<Store> {
    Arc::new(Store::open(dir, clock::now(), WINDOW).await.unwrap().0)
}

fn message(n: usize, incident: &str, kind: &str) -> Outgoing {
    let at = clock::now();
    let body = Message {
        id: format!("m{n}"),
        event: kind.into(),
        at: at.0,
        incident: incident.into(),
        state: "confirmed".into(),
        text: "订单 is late".into(),
        verdict: "root".into(),
        causes: Vec::new(),
        family: None,
        subject: "job:a/b".into(),
        subject_name: "b".into(),
        onset: 0,
        breach: true,
        victims: Vec::new(),
        page: String::new(),
    };
    Outgoing {
        id: format!("m{n}"),
        incident: incident.into(),
        kind: kind.into(),
        made: at,
        body: serde_json::to_string(&body).unwrap(),
        tries: 0,
        due: at,
    }
}

async fn queue(store: &Store, outgoing: Vec<Outgoing>) {
    let batch = Batch { outgoing, ..Batch::default() };
    store.incidents().save(&batch, clock::now()).await.unwrap();
}

fn sender(store: &Arc<Store>, server: &MockServer) -> Sender {
    let token = Some(Secret::new("hunter2"));
    let webhook = Webhook {
        url: format!("{}/hook", server.uri()),
        token: token.clone(),
        ca_file: None,
        only: Happened::ALL.iter().map(|(_, h)| *h).collect(),
        language: Language::En,
        page: String::new(),
    };
    let client = PostClient::new(token, None).unwrap();
    let unsaved = Unsaved::default();
    Sender { store: store.clone(), unsaved, webhook, client, down: None, failures: 0, told: None }
}

async fn answers(server: &MockServer, code: u16, times: u64) {
    let mock = Mock::given(method("POST")).respond_with(ResponseTemplate::new(code));
    mock.up_to_n_times(times).mount(server).await;
}

async fn got(server: &MockServer) -> Vec<String> {
    let id =
        |r: &Request| serde_json::from_slice::<serde_json::Value>(&r.body).unwrap()["id"].clone();
    let all = server.received_requests().await.unwrap();
    all.iter().map(|r| id(r).as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_failing_receiver_gets_everything_in_order_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let server = MockServer::start().await;
    answers(&server, 503, 1).await;
    let first = store(dir.path()).await;
    let list =
        vec![message(1, "a", "opened"), message(2, "b", "opened"), message(3, "a", "resolved")];
    queue(&first, list.clone()).await;
    // written again by a batch whose first try may have failed: still one of each
    queue(&first, list).await;
    let mut one = sender(&first, &server);
    let looked = one.look().await.unwrap();
    assert!(looked.error.as_deref().unwrap().contains("503"), "{looked:?}");
    assert_eq!(one.look().await.unwrap().sent, 0, "it is given time");
    drop((one, first));

    // killed and started again: the receiver works now
    Mock::given(header("authorization", "Bearer hunter2"))
        .and(header("content-type", "application/json"))
        .respond_with(ResponseTemplate::new(204))
        .mount(&server)
        .await;
    let second = store(dir.path()).await;
    let looked = sender(&second, &server).look().await.unwrap();
    assert_eq!((looked.sent, looked.error), (3, None));
    assert_eq!(got(&server).await, ["m1", "m1", "m2", "m3"], "the same id when it comes again");
    let sent = server.received_requests().await.unwrap();
    assert_eq!(sent[0].headers["idempotency-key"], "m1");
    assert_eq!(sender(&second, &server).look().await.unwrap().sent, 0);
}

#[tokio::test]
async fn a_message_that_is_refused_holds_up_its_own_incident_only() {
    let dir = tempfile::tempdir().unwrap();
    let server = MockServer::start().await;
    answers(&server, 422, 1).await;
    answers(&server, 200, 100).await;
    let store = store(dir.path()).await;
    let list = [message(1, "a", "opened"), message(2, "b", "opened"), message(3, "a", "resolved")];
    queue(&store, list.into()).await;
    let looked = sender(&store, &server).look().await.unwrap();
    assert_eq!(looked.sent, 1, "{looked:?}");
    assert_eq!(got(&server).await, ["m1", "m2"]);
}

#[tokio::test]
async fn a_flood_is_sixty_messages_and_the_last_counts_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let server = MockServer::start().await;
    answers(&server, 200, 1000).await;
    let store = store(dir.path()).await;
    let flood = (0..200).map(|n| message(n, &format!("i{n}"), "opened")).collect();
    queue(&store, flood).await;
    let mut sender = sender(&store, &server);
    for _ in 0..6 {
        sender.look().await.unwrap();
    }
    let sent = server.received_requests().await.unwrap();
    assert_eq!(sent.len(), PER_HOUR as usize);
    let last: More = serde_json::from_slice(&sent[59].body).unwrap();
    assert_eq!((last.event.as_str(), last.opened), ("more", 141));
    queue(&store, vec![message(999, "late", "opened")]).await;
    let looked = sender.look().await;
    assert!(sender.tell(looked).contains("1 messages wait"));
    queue(&store, vec![message(1000, "late", "repair_stuck")]).await;
    assert_eq!(sender.look().await.unwrap().sent, 1, "a person is called all the same");
    assert_eq!(got(&server).await.last().unwrap(), "m1000");
}

#[tokio::test]
async fn a_revision_that_nobody_was_told_of_gives_way_to_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let server = MockServer::start().await;
    answers(&server, 200, 100).await;
    let store = store(dir.path()).await;
    queue(&store, vec![message(1, "a", "opened"), message(2, "a", "revised")]).await;
    queue(&store, vec![message(3, "a", "revised"), message(4, "b", "revised")]).await;
    sender(&store, &server).look().await.unwrap();
    assert_eq!(got(&server).await, ["m1", "m3", "m4"]);
}

#[tokio::test]
async fn the_loop_shows_its_state_and_ends_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let server = MockServer::start().await;
    answers(&server, 404, 100).await;
    let store = store(dir.path()).await;
    queue(&store, vec![message(1, "a", "opened")]).await;
    let Sender { webhook, client, .. } = sender(&store, &server);
    let loops = Loops::default();
    let stop = CancellationToken::new();
    let handle = loops.register("notify", LOOK);
    let running = tokio::spawn(notify_loop(
        (store, Unsaved::default()),
        webhook,
        client,
        handle,
        stop.clone(),
    ));
    let told = async {
        loop {
            let told = loops.views().pop().and_then(|v| v.last_outcome);
            match told {
                Some(told) => return told,
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    let told = tokio::time::timeout(Duration::from_secs(10), told).await.unwrap();
    assert!(told.contains("404") && told.contains("`url` of the webhook"), "{told}");
    assert!(!told.contains("hunter2"));
    stop.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(3), running).await;
    ended.unwrap().unwrap().unwrap();
}

/// Killed, then back: each message goes out once, and is noted when there is a database again.
#[tokio::test]
async fn a_dead_database_keeps_no_message_back_and_none_goes_out_twice() {
    let dir = tempfile::tempdir().unwrap();
    let server = MockServer::start().await;
    answers(&server, 200, 10).await;
    let first = store(dir.path()).await;
    let mut sender = sender(&first, &server);
    first.close().await;
    let all = vec![message(1, "a", "opened"), message(2, "b", "opened")];
    sender.unsaved.add(&all);
    assert!(sender.look().await.is_err() && sender.look().await.is_err());
    assert_eq!(got(&server).await, ["m1", "m2"]);
    sender.store = {
        drop((first, sender.store));
        store(dir.path()).await
    };
    // as the book does it when the database takes them
    queue(&sender.store, all.clone()).await;
    assert_eq!(sender.store.incidents().outgoing(9).await.unwrap().len(), 2);
    sender.unsaved.written(&all);
    sender.look().await.unwrap();
    assert_eq!(got(&server).await.len(), 2);
    assert!(sender.store.incidents().outgoing(9).await.unwrap().is_empty());
}

/// It took a message, and died before anybody read it there.
#[tokio::test]
async fn a_message_does_not_die_with_the_database_that_took_it() {
    let dir = tempfile::tempdir().unwrap();
    let server = MockServer::start().await;
    answers(&server, 200, 10).await;
    let store = store(dir.path()).await;
    let mut sender = sender(&store, &server);
    let all = vec![message(1, "a", "opened"), message(2, "b", "opened")];
    queue(&store, all.clone()).await;
    sender.unsaved.add(&all);
    sender.unsaved.written(&all);
    store.incidents().faults.set(Some(Fault::Killed)).await;
    assert!(sender.look().await.is_err());
    assert_eq!(got(&server).await, ["m1", "m2"]);
    store.incidents().faults.set(None).await;
    sender.look().await.unwrap();
    assert_eq!(got(&server).await.len(), 2);
    assert!(store.incidents().outgoing(9).await.unwrap().is_empty(), "noted");
    queue(&store, vec![message(3, "a", "resolved")]).await;
    sender.look().await.unwrap();
    assert_eq!(got(&server).await.len(), 3);
}
