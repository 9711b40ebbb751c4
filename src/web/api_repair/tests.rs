use crate::access::{Access, Role, User};
use crate::clock;
use crate::web::repairs::Proposal;
use crate::web::router::router;
use crate::web::state::WebState;
use crate::web::testdata::{self, FixedRepairs, Heard, TOKEN, plan_hash};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use std::sync::Arc;
use streamwarden_core::case::Scope;
use streamwarden_core::estate::{ClusterId, JobKey, Millis};
use streamwarden_core::plan::Switch;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

async fn send(state: WebState, request: Request<Body>) -> (u16, Value) {
    let answer = router(state, CancellationToken::new()).oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), 4 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

fn desk(broken: bool) -> (WebState, Arc<FixedRepairs>) {
    let (state, _tell) = testdata::state(testdata::snapshot());
    let desk = Arc::new(FixedRepairs { broken, ..FixedRepairs::default() });
    (WebState { repairs: desk.clone(), ..state }, desk)
}

fn get(path: &str) -> Request<Body> {
    let request = Request::get(format!("/api/v1/{path}")).header("host", "localhost");
    request.body(Body::empty()).unwrap()
}

fn post(path: &str, token: &str, body: &Value) -> Request<Body> {
    Request::post(format!("/api/v1/{path}"))
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::from(body.to_string()))
        .unwrap()
}

#[tokio::test]
async fn a_yes_is_to_one_plan_and_a_stale_one_is_told_what_stands() {
    let hash = plan_hash();
    let said = async |plan: &str| {
        let (state, desk) = desk(false);
        let body = json!({ "plan": plan, "yes": true, "by": "li.wei" });
        let (status, v) = send(state, post("plan/answer", TOKEN, &body)).await;
        let heard = desk.heard.lock().unwrap().clone();
        (status, v, heard)
    };
    let (status, v, heard) = said(&hash[..8]).await;
    assert_eq!((status, &v["to"]["hash"], &v["by"]), (200, &json!(hash), &json!("li.wei")), "{v}");
    assert_eq!(heard, [Heard::Answer(hash.as_str().into(), "li.wei".into(), true)]);
    let (status, v, heard) = said("0123456789abcdef0123456789abcdef").await;
    assert_eq!((status, heard), (409, vec![]));
    assert!(v["todo"].as_str().unwrap().contains(&hash), "{v}");
    for slip in ["", &hash[..7], "ABCDEF0123", "../../etc", &"a".repeat(65)] {
        assert_eq!(said(slip).await.0, 400, "{slip:?}");
    }
}

/// It would lie there, and count once the mode is another.
#[test]
fn a_yes_is_not_taken_where_nothing_would_come_of_it() {
    use streamwarden_core::case::{Hold, Mode};
    let one = testdata::proposals().swap_remove(0);
    let ask = |p: Proposal| {
        let hash = p.hash.clone().unwrap();
        let told = super::takes_a_yes(&[p], &hash).err()?;
        Some((told.status.as_u16(), told.error))
    };
    assert_eq!(ask(one.clone()), None);
    for mode in [Mode::Observe, Mode::Suggest] {
        let told = ask(Proposal { mode, ..one.clone() }).unwrap();
        assert!(told.0 == 409 && told.1.contains("the mode is"), "{told:?}");
    }
    for (name, unknown, refused) in
        [("running", true, false), ("running", false, true), ("true_rate", true, true)]
    {
        let mut p = one.clone();
        p.report.holds.push(Hold::Precondition { name: name.into(), unknown });
        assert_eq!(ask(p).is_some(), refused, "{name} {unknown}");
    }
    // by then the yes is over
    for (left_s, refused) in [(890.0, false), (3400.0, true)] {
        let mut p = one.clone();
        p.report.holds.push(Hold::BackOff { left_s });
        let told = ask(p);
        assert_eq!(told.is_some_and(|(_, error)| error.contains("another 57 min")), refused);
    }
}

/// Who may act elsewhere does not learn by a guess what stands here.
#[tokio::test]
async fn a_plan_that_does_not_stand_is_not_looked_up_for_another_clusters_approver() {
    let (state, desk) = desk(false);
    let user = User {
        name: "zhou".into(),
        role: Role::Approver,
        token_sha256: Some(<sha2::Sha256 as sha2::Digest>::digest("own").into()),
        clusters: vec![streamwarden_core::estate::ClusterId::new("elsewhere")],
        expires: None,
    };
    let access = Arc::new(Access { users: vec![user], ..Access::default() });
    let body = json!({ "plan": "0123456789", "yes": true, "by": "x" });
    let (status, v) = send(WebState { access, ..state }, post("plan/answer", "own", &body)).await;
    assert_eq!(status, 409);
    assert!(!v.to_string().contains(&plan_hash()), "{v}");
    assert!(desk.heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_switch_is_thrown_for_what_there_is_only() {
    let now = clock::now().0;
    let throw = |scope: &str, more: Value| {
        let mut body = json!({ "scope": scope, "why": "storm", "hard": true, "by": "x" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        post("kill-switch/throw", TOKEN, &body)
    };
    let (state, desk) = desk(false);
    let (status, v) = send(state.clone(), throw("ads-risk", json!({ "for_s": 60 }))).await;
    assert_eq!((status, &v["scope"]), (200, &json!("job:demo/ads-risk")), "{v}");
    assert!(v["until"].as_i64().unwrap() >= now + 60_000);
    assert!(matches!(&desk.heard.lock().unwrap()[..], [Heard::Throw(s)] if s.hard));
    for (scope, more, told) in [
        ("job:demo/ads-rsik", json!({}), "job:demo/ads-risk"),
        ("*", json!({}), "no job, Flink cluster or playbook"),
        ("", json!({}), "no job"),
        ("estate", json!({ "for_s": 60, "until": now + 9999 }), "twice"),
        ("estate", json!({ "until": now - 1 }), "past"),
        ("estate", json!({ "until": i64::MAX }), "past"),
        ("estate", json!({ "why": " " }), "reason"),
        ("estate", json!({ "by": "Kill-switch file" }), "your name"),
        ("estate", json!({ "by": "policy" }), "your name"),
        ("estate", json!({ "by": "chen\u{202e}" }), "your name"),
    ] {
        let (status, v) = send(state.clone(), throw(scope, more)).await;
        assert!(status == 400 || status == 404, "{status} {v}");
        assert!(v.to_string().contains(told), "{told}: {v}");
    }
    assert_eq!(desk.heard.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn with_the_database_dead_the_file_is_named() {
    let (state, _) = desk(true);
    let body = json!({ "scope": "job:demo/ads-risk", "why": "x", "hard": true, "by": "x" });
    let (status, v) = send(state.clone(), post("kill-switch/throw", TOKEN, &body)).await;
    assert_eq!(status, 503);
    let todo = v["todo"].as_str().unwrap();
    assert!(
        todo.contains("`hard job demo/ads-risk` into /var/lib/streamwarden/kill-switch"),
        "{v}"
    );
    let body = json!({ "scope": "playbook:rescale", "why": "x", "hard": false, "by": "x" });
    let (status, v) = send(state.clone(), post("kill-switch/throw", TOKEN, &body)).await;
    assert!(status == 503 && v.to_string().contains("`playbook rescale` into"), "{v}");
    // what needs no database is still told
    let (status, v) = send(state.clone(), get("plans")).await;
    assert_eq!((status, v["proposals"].as_array().unwrap().len()), (200, 2));
    assert!(v["error"].as_str().unwrap().contains("disk I/O error"));
    let (status, v) = send(state.clone(), get("kill-switches")).await;
    let shown = v["switches"].as_array().unwrap();
    assert_eq!(
        (shown.len(), &shown[0]["file"]),
        (1, &json!(true)),
        "the file's are told all the same"
    );
    assert_eq!(
        (status, &v["reach"]["kill_file"]),
        (200, &json!("/var/lib/streamwarden/kill-switch"))
    );
    assert_eq!(send(state, get("actions")).await.0, 503);
}

#[tokio::test]
async fn readers_that_wait_for_the_store_do_not_hold_up_a_switch() {
    let (state, _) = desk(false);
    let hangs = Arc::new(FixedRepairs { hangs: true, ..FixedRepairs::default() });
    let app = router(WebState { repairs: hangs, ..state }, CancellationToken::new());
    for _ in 0..50 {
        tokio::spawn(app.clone().oneshot(get("actions")));
    }
    tokio::task::yield_now().await;
    let body = json!({ "scope": "estate", "why": "x", "hard": false, "by": "x", "for_s": 60 });
    let thrown = app.oneshot(post("kill-switch/throw", TOKEN, &body));
    let thrown = tokio::time::timeout(std::time::Duration::from_secs(1), thrown).await;
    let answer = thrown.expect("within a second").unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    let v: Value = serde_json::from_slice(&body).unwrap();
    assert!(v["file"] == true && v["until"].is_i64(), "its line keeps its end: {v}");
}

/// Who sends a body slowly has a token, and still nobody waits for it.
#[tokio::test]
async fn bodies_that_do_not_end_do_not_hold_up_a_switch() {
    let (state, _) = desk(false);
    let app = router(state, CancellationToken::new());
    let never = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>;
    for path in ["playbook/on", "kill-switch/throw"] {
        for _ in 0..20 {
            let mut slow = post(path, TOKEN, &json!({}));
            *slow.body_mut() = Body::from_stream(never());
            tokio::spawn(app.clone().oneshot(slow));
        }
    }
    tokio::task::yield_now().await;
    let body = json!({ "scope": "estate", "why": "x", "hard": false, "by": "x", "for_s": 60 });
    let thrown = app.oneshot(post("kill-switch/throw", TOKEN, &body));
    let thrown = tokio::time::timeout(std::time::Duration::from_secs(1), thrown).await;
    assert_eq!(thrown.expect("within a second").unwrap().status().as_u16(), 200);
}

#[tokio::test]
async fn what_stands_in_the_file_stays_and_is_told() {
    let (state, desk) = desk(false);
    let release = |scope: &str| {
        post("kill-switch/release", TOKEN, &json!({ "scope": scope, "by": "li.wei" }))
    };
    let (status, v) = send(state.clone(), release("playbook:rescale")).await;
    assert_eq!((status, &v["released"], &v["left"][0]["file"]), (200, &json!(0), &json!(true)));
    assert_eq!(send(state, release("estate")).await.0, 404);
    let rescale = Scope::Playbook { playbook: "rescale".into() };
    let heard = desk.heard.lock().unwrap().clone();
    assert_eq!(heard, [Heard::Release(rescale, "li.wei".into())]);
}

#[tokio::test]
async fn only_what_is_over_is_looked_at() {
    let look = |id: &str| post("action/look", TOKEN, &json!({ "id": id, "note": "ok", "by": "x" }));
    let (state, _) = desk(false);
    assert_eq!(send(state.clone(), look("ac03")).await.0, 200);
    assert_eq!(send(state.clone(), look("ac01")).await.0, 400);
    assert_eq!(send(state.clone(), look("ffff")).await.0, 404);
    // a slip is nobody's look at whatever came last
    for slip in ["", "0", "ac0"] {
        let (status, v) = send(state.clone(), look(slip)).await;
        assert!(status == 400 && v.to_string().contains("first 4"), "{slip:?}: {v}");
    }
    let on = json!({ "playbook": "rm -rf", "note": "ok", "by": "x" });
    assert_eq!(send(state, post("playbook/on", TOKEN, &on)).await.0, 404);
}

#[tokio::test]
async fn the_audit_log_is_for_those_with_a_token_and_comes_in_pages() {
    let (state, _) = desk(false);
    assert_eq!(send(state.clone(), get("audit")).await.0, 401);
    let with = |path: &str| {
        let mut request = get(path);
        let bearer = format!("Bearer {TOKEN}").parse().unwrap();
        request.headers_mut().insert("authorization", bearer);
        request
    };
    let (status, v) = send(state.clone(), with("audit?limit=2")).await;
    assert_eq!((status, &v["next"]), (200, &json!(2)));
    let (_, v) = send(state.clone(), with("audit?after=2")).await;
    assert_eq!((&v["rows"][0]["who"], &v["next"]), (&json!("<b>chen</b>"), &Value::Null));
    assert_eq!(send(state, with("audit?limit=9999")).await.0, 400);
}

#[tokio::test]
async fn an_action_tells_its_journal_and_where_it_stands() {
    let (state, _) = desk(false);
    let (_, v) = send(state.clone(), get("action?id=ac01")).await;
    assert_eq!(
        (&v["row"]["state"], &v["row"]["done"], &v["row"]["steps"]),
        (&json!("open"), &json!(3), &json!(5))
    );
    assert!(v["lines"][2]["request"].as_str().unwrap().starts_with("PATCH /jobs/"), "{v}");
    let (_, v) = send(state.clone(), get("actions?incident=7f3a")).await;
    assert_eq!(v["actions"].as_array().unwrap().len(), 1);
    let (_, v) = send(state, get("actions?limit=1")).await;
    assert_eq!((&v["more"], v["actions"].as_array().unwrap().len()), (&json!(true), 1));
}

#[test]
fn a_switch_on_a_name_that_ends_in_a_blank_is_found_as_it_is_shown() {
    let on = |key: &str| Switch {
        scope: Scope::Job { job: JobKey::new(&ClusterId::new("pay"), key) },
        by: "li".into(),
        why: "".into(),
        at: Millis(0),
        until: None,
        hard: false,
    };
    let key = |all: &[Switch], given: &str| {
        super::meant(all, given).map(|w| super::build::scope_id(&w.scope))
    };
    let (blank, bare) = (on("orders "), on("orders"));
    let one = [blank.clone()];
    assert_eq!(key(&one, "job:pay/orders ").as_deref(), Some("job:pay/orders "));
    assert_eq!(key(&one, " job:pay/orders").as_deref(), Some("job:pay/orders "));
    let both = [blank, bare];
    assert_eq!(key(&both, "job:pay/orders").as_deref(), Some("job:pay/orders"));
    assert_eq!(key(&both, "job:pay/orders  "), None, "which of the two?");
    assert_eq!(key(&one, "job:pay/order"), None);
}
