//! Who may change what: every route that changes something, against everybody who may ask. A route
//! without a row fails.

use super::router::{described, router};
use super::state::WebState;
use super::testdata::{self, FixedCases, FixedInspections, FixedPlans, FixedRepairs};
use crate::access::{Access, Proxy, Role, User};
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Arc;
use streamwarden_core::estate::{ClusterId, Millis};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// What it is about: something in the cluster `demo`, or more than one cluster.
#[derive(Clone, Copy, PartialEq)]
enum About {
    Demo,
    Estate,
}
use About::{Demo, Estate};

fn rows() -> Vec<(&'static str, Role, About, Value)> {
    let hash = super::testdata::plan_hash();
    let throw = |scope: &str| json!({ "scope": scope, "why": "storm", "until": null, "for_s": 60, "hard": false, "by": "x" });
    let work = |scope: &str| json!({ "scope": scope, "for_s": 60, "by": "x", "why": "y" });
    let quiet = |scope: &str| json!({ "scope": scope, "for_s": 60, "by": "x", "why": "y", "silence": true, "no_remediate": true });
    let waive = |check: &str, subject: &str| json!({ "check": check, "subject": subject, "for_s": 60, "by": "x", "why": "y" });
    let release = |scope: &str| json!({ "scope": scope, "by": "x" });
    vec![
        ("incident/ack", Role::Operator, Demo, json!({ "id": "7f3a", "by": "x" })),
        (
            "incident/correct",
            Role::Operator,
            Demo,
            json!({ "id": "7f3a", "by": "x", "verdict": "right" }),
        ),
        ("planned-work/add", Role::Operator, Demo, work("ads-risk")),
        ("planned-work/add", Role::Operator, Estate, work("estate")),
        ("planned-work/add", Role::Operator, Demo, quiet("ads-risk")),
        ("planned-work/add", Role::Operator, Estate, quiet("estate")),
        ("planned-work/end", Role::Operator, Demo, json!({ "id": "a11c0de500000001", "by": "x" })),
        ("planned-work/end", Role::Operator, Demo, json!({ "id": "d44c0de5", "by": "x" })),
        ("planned-work/end", Role::Operator, Estate, json!({ "id": "b22c", "by": "x" })),
        ("inspection/keep", Role::Operator, Estate, json!({ "by": "x" })),
        ("waiver/add", Role::Operator, Demo, waive("flink.slots", "flink_cluster:demo")),
        ("waiver/add", Role::Operator, Demo, waive("job.checkpoint_age", "job:demo/*")),
        ("waiver/add", Role::Operator, Estate, waive("job.checkpoint_age", "job:*")),
        ("waiver/end", Role::Operator, Demo, json!({ "id": "wa01", "by": "x" })),
        ("waiver/end", Role::Operator, Estate, json!({ "id": "wa02", "by": "x" })),
        ("plan/answer", Role::Approver, Demo, json!({ "plan": hash, "yes": true, "by": "x" })),
        ("plan/answer", Role::Approver, Demo, json!({ "plan": hash, "yes": false, "by": "x" })),
        ("kill-switch/throw", Role::Operator, Demo, throw("job:demo/ads-risk")),
        ("kill-switch/throw", Role::Operator, Demo, throw("cluster:demo")),
        ("kill-switch/throw", Role::Operator, Estate, throw("playbook:rescale")),
        ("kill-switch/throw", Role::Operator, Estate, throw("estate")),
        ("kill-switch/release", Role::Admin, Demo, release("job:demo/ads-risk")),
        ("kill-switch/release", Role::Admin, Estate, release("playbook:rescale")),
        ("action/look", Role::Admin, Demo, json!({ "id": "ac03", "note": "seen", "by": "x" })),
        (
            "playbook/on",
            Role::Admin,
            Estate,
            json!({ "playbook": "restart-from-checkpoint", "note": "seen", "by": "x" }),
        ),
    ]
}

/// Who it is, what they send, and what it must come to.
type Asked = (String, Vec<(String, String)>, u16);

fn access() -> Access {
    let user = |name: &str, role, clusters: &[&str], expires| User {
        name: name.to_owned(),
        role,
        token_sha256: Some(Sha256::digest(name).into()),
        clusters: clusters.iter().map(|c| ClusterId::new(*c)).collect(),
        expires,
    };
    let mut users = Vec::new();
    for (name, role) in Role::ALL {
        users.push(user(name, role, &[], None));
        users.push(user(&format!("{name}-demo"), role, &["demo"], None));
        users.push(user(&format!("{name}-elsewhere"), role, &["elsewhere"], None));
    }
    users.push(user("expired", Role::Admin, &[], Some(Millis(1))));
    let from = vec!["127.0.0.1".parse().unwrap()];
    Access { users, token: None, proxy: Some(Proxy { from, header: "x-user".to_owned() }) }
}

/// What it comes to, and whether anything was written down.
async fn ask(path: &str, body: &Value, access: Access, headers: &[(&str, &str)]) -> (u16, bool) {
    let (cases, plans) = (Arc::new(FixedCases::default()), Arc::new(FixedPlans::default()));
    let repairs = Arc::new(FixedRepairs::default());
    let inspections = Arc::new(FixedInspections::default());
    let (state, _tell) = testdata::state(testdata::snapshot());
    let state = WebState {
        access: Arc::new(access),
        cases: cases.clone(),
        plans: plans.clone(),
        repairs: repairs.clone(),
        inspections: inspections.clone(),
        ..state
    };
    let mut request = Request::post(format!("/api/v1/{path}"))
        .header("host", "localhost")
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_string())).unwrap();
    let answer = router(state, CancellationToken::new()).oneshot(request).await.unwrap();
    let written = !cases.said.lock().unwrap().is_empty()
        || !plans.made.lock().unwrap().is_empty()
        || !repairs.heard.lock().unwrap().is_empty()
        || *inspections.written.lock().unwrap() > 0;
    (answer.status().as_u16(), written)
}

#[test]
fn every_route_that_changes_something_has_a_row() {
    let document = described().to_openapi();
    let mut posts = BTreeSet::new();
    for (path, item) in &document.paths.paths {
        assert!(item.put.is_none() && item.delete.is_none() && item.patch.is_none(), "{path}");
        if item.post.is_some() {
            posts.insert(path.trim_start_matches("/api/v1/").to_owned());
        }
    }
    let rows: BTreeSet<String> = rows().iter().map(|(path, ..)| (*path).to_owned()).collect();
    assert_eq!(posts, rows);
}

#[tokio::test]
async fn nobody_changes_more_than_they_may() {
    let mut asked = 0;
    for (path, needs, about, body) in rows() {
        let mut cases: Vec<Asked> = Vec::new();
        let bearer = |user: &str| vec![("authorization".to_owned(), format!("Bearer {user}"))];
        let mut case = |what: &str, headers, status| cases.push((what.to_owned(), headers, status));
        case("no token", vec![], 401);
        case("a bad token", bearer("guess"), 401);
        case("an empty token", bearer(""), 401);
        case("an expired token", bearer("expired"), 401);
        let named = vec![("x-user".to_owned(), "admin".to_owned())];
        case("a proxy's word from nowhere", named, 401);
        let mut foreign = bearer("admin");
        foreign.push(("origin".to_owned(), "https://evil.example".to_owned()));
        case("a foreign page", foreign, 403);
        for (name, role) in Role::ALL {
            let enough = role >= needs;
            let says = |may: bool| if may { 200 } else { 403 };
            case(name, bearer(name), says(enough));
            let demo = format!("{name}-demo");
            case(&demo, bearer(&demo), says(enough && about == Demo));
            let elsewhere = format!("{name}-elsewhere");
            case(&elsewhere, bearer(&elsewhere), 403);
        }
        for (what, headers, wanted) in cases {
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            let (status, written) = ask(path, &body, access(), &headers).await;
            assert_eq!(status, wanted, "{path} {body} by {what}");
            assert!(status == 200 || !written, "{path} {body} by {what} was written down");
            asked += 1;
        }
        let nobody = ask(path, &body, Access::default(), &[("authorization", "Bearer x")]).await;
        assert_eq!(nobody, (403, false), "{path} where nobody is configured");
    }
    assert!(asked >= 22 * 18, "{asked}");
}
