//! What goes over the wire, and what comes back.

use super::fake::{Fake, Next};
use super::support::*;
use crate::repair::*;
use serde_json::json;
use std::time::Duration;
use streamwarden_core::action::{ActionState, Operation, Reply, Request, Seen, action_id};
use streamwarden_core::estate::{JobState, Millis, RunId, VertexId};

const METADATA: &[u8] =
    include_bytes!("../../../tests/fixtures/checkpoints/1.20-hashmap/chk-3/_metadata");

fn submit(run: &str, n: u64) -> Request {
    Request::Submit { run: RunId::new(run), point: point(n), parallelism: Some(4) }
}

fn scale(n: u32) -> Request {
    let parallelism = [(VertexId::new("v"), n)].into();
    Request::Scale { run: RunId::new(FIRST), parallelism }
}

fn request(entry: &streamwarden_core::action::Entry) -> Request {
    match entry {
        streamwarden_core::action::Entry::Intent { request } => request.clone(),
        _ => panic!("no intent"),
    }
}

/// A port that nothing listens on.
fn nobody() -> FlinkHand {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    hand(&url)
}

async fn send(hand: &FlinkHand, request: &Request) -> Reply {
    match hand.ready(&plan(), request).await {
        Ok(ready) => hand.send(&ready).await,
        Err(reply) => reply,
    }
}

async fn seen(hand: &FlinkHand, state: &ActionState) -> Seen {
    hand.look(state, Millis(7)).await
}

fn begun() -> ActionState {
    let plan = plan();
    ActionState::begun(action_id(&plan.job, 1, Millis(0)), plan, 1, Millis(0))
}

/// Each class of answer to each request.
#[tokio::test]
async fn every_request_goes_out_as_measured_and_every_answer_is_understood() {
    let (server, fake) = Fake::start().await;
    let hand = hand(&server.uri());
    let trigger = Request::Checkpoint { run: RunId::new(FIRST), trigger: name("0f") };
    let id = "00000000000000000000000000000002";
    for request in [trigger.clone(), trigger, scale(3), request(&cancel()), request(&cancel())] {
        assert_eq!(send(&hand, &request).await, Reply::Accepted, "{request:?}");
    }
    assert_eq!(send(&hand, &submit(id, 7)).await, Reply::Accepted);
    assert_eq!(send(&hand, &submit(id, 7)).await, Reply::Duplicate, "the id is known: look");
    let sent = fake.sent();
    let jobs = format!("/jobs/{FIRST}");
    let want = [
        (
            "POST",
            format!("{jobs}/checkpoints"),
            json!({ "checkpointType": "CONFIGURED", "triggerId": "0f" }),
        ),
        (
            "POST",
            format!("{jobs}/checkpoints"),
            json!({ "checkpointType": "CONFIGURED", "triggerId": "0f" }),
        ),
        (
            "PUT",
            format!("{jobs}/resource-requirements"),
            json!({ "v": { "parallelism": { "lowerBound": 1, "upperBound": 3 } } }),
        ),
        ("PATCH", format!("{jobs}?mode=cancel"), json!(null)),
        ("PATCH", format!("{jobs}?mode=cancel"), json!(null)),
        (
            "POST",
            "/jars/2_job%2Ejar/run".to_owned(),
            json!({
            "jobId": id, "savepointPath": point(7).path, "allowNonRestoredState": false,
            "claimMode": "NO_CLAIM", "programArgsList": ["--db-password", "hunter2"],
            "entryClass": "a.B", "parallelism": 4 }),
        ),
    ];
    for (got, want) in sent.iter().zip(want) {
        assert_eq!((got.0.as_str(), &got.1, &got.2), (want.0, &want.1, &want.2));
    }
    assert_eq!(fake.live(), [id], "sent twice, there once");
}

#[tokio::test]
async fn what_is_broken_late_or_refused_is_told_apart() {
    let (server, fake) = Fake::start().await;
    let hand = hand(&server.uri());
    for (next, want) in [
        (Next::DoneAndSilent, None),
        (Next::Lost, None),
        (Next::Status(500), None),
        (Next::Status(503), None),
        (Next::Status(400), Some("400: broken")),
        (Next::Status(302), Some("302: broken")),
    ] {
        for request in [scale(3), request(&cancel()), submit("02", 7)] {
            fake.0.lock().unwrap().next = next;
            let want = want.map_or(Reply::InDoubt, |text| Reply::Refused(text.into()));
            assert_eq!(send(&hand, &request).await, want, "{next:?} {request:?}");
        }
    }
    let unknown = Request::Cancel { run: RunId::new("nobody") };
    assert_eq!(send(&hand, &unknown).await, Reply::Refused("404: Job not found".into()));
    assert_eq!(send(&nobody(), &scale(3)).await, Reply::InDoubt, "nobody is there");
}

#[tokio::test]
async fn an_older_flink_gets_the_older_field() {
    let (server, fake) = Fake::start().await;
    fake.0.lock().unwrap().version = "1.19.3";
    assert_eq!(send(&hand(&server.uri()), &submit("02", 7)).await, Reply::Accepted);
    assert_eq!(fake.sent()[0].2["restoreMode"], "NO_CLAIM");
}

/// T6: a path that leaves the roots never reaches anybody, whatever the way.
#[tokio::test]
async fn a_path_outside_the_roots_is_not_sent() {
    let (server, fake) = Fake::start().await;
    let dir = tempfile::tempdir().unwrap();
    let mark = dir.path().join("ran");
    let touch = Command {
        argv: ["touch", mark.to_str().unwrap(), "{job_id}", "{savepoint_path}"]
            .map(str::to_owned)
            .to_vec(),
    };
    let hook =
        Webhook { url: server.uri(), secret: crate::secret::Secret::new("s"), ca_file: None };
    for way in [session(), Submitter::Command(touch), Submitter::Webhook(hook)] {
        let roots = Roots::new(["s3://b/c"]).unwrap();
        let hand =
            FlinkHand::new(&server.uri(), &Access::default(), Vec::new(), roots, vec![rule(way)])
                .unwrap();
        for path in ["s3://b/c/../x/chk-1", "s3://other/c/chk-1", "file:/etc/passwd", ""] {
            let mut point = point(1);
            point.path = path.into();
            let submit = Request::Submit { run: RunId::new("02"), point, parallelism: None };
            let reply = send(&hand, &submit).await;
            assert!(
                matches!(&reply, Reply::Refused(t) if t.contains("none of the roots")),
                "{reply:?}"
            );
        }
    }
    assert!(fake.sent().is_empty() && !mark.exists());
}

#[tokio::test]
async fn a_webhook_is_signed_and_its_no_is_its_own_words() {
    let server = wiremock::MockServer::start().await;
    let hook = wiremock::matchers::header("idempotency-key", "02");
    wiremock::Mock::given(hook)
        .respond_with(wiremock::ResponseTemplate::new(422).set_body_string("no such job here"))
        .mount(&server)
        .await;
    let secret = crate::secret::Secret::new("canary");
    let hook = Webhook { url: server.uri(), secret, ca_file: None };
    let roots = Roots::new(["s3://b/c"]).unwrap();
    let rules = vec![rule(Submitter::Webhook(hook))];
    let hand =
        FlinkHand::new("http://127.0.0.1:1", &Access::default(), Vec::new(), roots, rules).unwrap();
    let reply = send(&hand, &submit("02", 7)).await;
    assert_eq!(reply, Reply::Refused("422: no such job here".into()));
    let got = &server.received_requests().await.unwrap()[0];
    assert!(got.headers["x-streamwarden-signature"].to_str().unwrap().starts_with("sha256="));
    let body: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!((&body["job_id"], &body["parallelism"]), (&json!("02"), &json!(4)));
    let shown = hand.show(&plan(), &submit("02", 7)).await.to_string();
    assert!(!shown.contains("canary") && shown.contains("chk-7"), "{shown}");
}

#[test]
fn another_argument_is_another_way() {
    let of = |args: &[&str]| {
        let args = args.iter().map(ToString::to_string).collect();
        let Submitter::Session(session) = session() else { panic!("a session") };
        rule(Submitter::Session(Session { args, ..session })).way()
    };
    assert_eq!(of(&["--to", "pay"]), of(&["--to", "pay"]));
    assert_ne!(of(&["--to", "pay"]), of(&["--to", "test"]));
}

#[tokio::test]
async fn a_dry_run_shows_what_would_be_sent_and_sends_nothing() {
    let (server, fake) = Fake::start().await;
    let hand = hand(&server.uri());
    let mut shown = Vec::new();
    for request in requests_of(&plan(), Some(&point(6))) {
        shown.push(hand.show(&plan(), &request).await.to_string());
    }
    let run = streamwarden_core::action::run_id(&plan(), 1, 1);
    assert_eq!(shown.len(), 3);
    assert!(shown[1].ends_with(&format!("/jobs/{FIRST}?mode=cancel")), "{shown:?}");
    assert!(shown[2].contains(run.as_str()) && shown[2].contains("chk-6"), "{shown:?}");
    assert!(!shown[2].contains("hunter2"), "{shown:?}");
    assert!(fake.sent().is_empty());
}

#[tokio::test]
async fn a_look_tells_states_points_and_what_was_restored() {
    let (server, fake) = Fake::start().await;
    let hand = hand(&server.uri());
    let state = begun();
    let look = seen(&hand, &state).await;
    assert!(look.whole);
    let run = &look.runs[&RunId::new(FIRST)];
    assert_eq!((run.state.clone(), run.all_running), (JobState::Running, true));
    let points: Vec<u64> = run.completed.iter().map(|p| p.checkpoint).collect();
    assert_eq!(points, [6], "what is discarded is none");
    assert_eq!(run.parallelism, [(VertexId::new("v"), 2)].into());

    // a run of the same name that is not ours; one outside the roots
    {
        let mut flink = fake.0.lock().unwrap();
        let other = flink.jobs[FIRST].clone();
        flink.jobs.insert("0b".into(), other);
        let job = flink.jobs.get_mut(FIRST).unwrap();
        job.restored = Some((3, "s3://elsewhere/chk-3".into()));
    }
    let look = seen(&hand, &state).await;
    assert_eq!(look.runs.len(), 2);
    let run = &look.runs[&RunId::new(FIRST)];
    assert_eq!(run.restored.as_ref().unwrap().checkpoint, 3);
    assert!(look.known().all(|p| p.path.starts_with("s3://b/c/")));
}

/// Absence is told only by a JobManager that answered everything.
#[tokio::test]
async fn a_look_that_got_no_answer_is_not_whole() {
    let (server, fake) = Fake::start().await;
    let hand = hand(&server.uri());
    fake.0.lock().unwrap().jobs.clear();
    let look = seen(&hand, &begun()).await;
    assert!(look.whole && look.runs.is_empty(), "it answered that there is none");
    fake.0.lock().unwrap().silent = true;
    let look = tokio::time::timeout(Duration::from_secs(10), seen(&hand, &begun())).await.unwrap();
    assert!(!look.whole);
    assert!(!seen(&nobody(), &begun()).await.whole);
}

#[tokio::test]
async fn an_open_trigger_is_followed() {
    let (server, fake) = Fake::start().await;
    let hand = hand(&server.uri());
    let mut state = begun();
    let trigger = state.trigger();
    let request = Request::Checkpoint { run: RunId::new(FIRST), trigger: trigger.clone() };
    state.apply(&streamwarden_core::action::Entry::Intent { request: request.clone() });
    assert_eq!(seen(&hand, &state).await.operation, None);
    send(&hand, &request).await;
    assert_eq!(seen(&hand, &state).await.operation, Some(Operation::Completed));
    let tell = |answer: serde_json::Value| {
        fake.0.lock().unwrap().triggers.insert(trigger.to_string(), answer);
    };
    tell(json!({ "status": { "id": "IN_PROGRESS" }, "operation": null }));
    assert_eq!(seen(&hand, &state).await.operation, Some(Operation::InProgress));
    tell(json!({ "status": { "id": "COMPLETED" }, "operation": { "failure-cause": {
        "class": "x.CheckpointException", "stack-trace": "x: Failed\n\tat y\nCaused by: no space\n" } } }));
    let failed = Operation::Failed("Caused by: no space".into());
    assert_eq!(seen(&hand, &state).await.operation, Some(failed));

    // completed, and nobody could go back to it
    let root = tempfile::tempdir().unwrap();
    let hand = hand_in(&server.uri(), &root.path().display().to_string());
    let at = root.path().join("savepoint-1");
    let saved = json!({ "status": { "id": "COMPLETED" },
        "operation": { "location": format!("file:{}", at.display()) } });
    tell(saved);
    let found = seen(&hand, &state).await.operation;
    assert!(matches!(found, Some(Operation::Failed(why)) if why.contains("no _metadata")));
    std::fs::create_dir(&at).unwrap();
    std::fs::write(at.join("_metadata"), METADATA).unwrap();
    assert_eq!(seen(&hand, &state).await.operation, Some(Operation::Completed));
}
