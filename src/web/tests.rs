//! The server as a client meets it.

use super::router::{described, router};
use super::server::{Patience, serve_with};
use super::state::WebState;
use super::view::*;
use super::{bind, testdata};
use crate::access::{Access, Role, User};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use streamwarden_core::estate::{ClusterId, Millis};
use streamwarden_core::snapshot::Snapshot;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }
}

async fn send(s: Snapshot, request: Request<Body>) -> Answer {
    let (state, _tell) = testdata::state(s);
    let answer = router(state, CancellationToken::new()).oneshot(request).await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = to_bytes(answer.into_body(), 8 << 20).await.unwrap();
    Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

fn request(method: &str, path: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    request.header("host", "localhost:8088").body(Body::empty()).unwrap()
}

async fn get(path: &str) -> Answer {
    send(testdata::snapshot(), request("GET", path)).await
}

#[tokio::test]
async fn every_route_of_the_api_answers() {
    let id = "job%3Ademo%2Fdwd-order-stats";
    for path in [
        "overview",
        "lineage",
        &format!("lineage?focus={id}&hops=2&direction=upstream"),
        "lineage?focus=ods-orders&direction=path&to=ads-risk",
        &format!("levels?id={id}"),
        "jobs?q=order&limit=1",
        &format!("job?id={id}"),
        "topic?id=topic%3Apay-1%2Forders",
        "changes?kind=configuration",
        &format!("curves?id={id}&points=50"),
        "system",
        "history?subject=job%3Ademo%2Fads-risk",
        "history?subject=job%3Ademo%2Fads-risk&name=delay",
        "availability?by=month&zone=Asia%2FShanghai&kind=path",
        "availability/spent?subject=job%3Ademo%2Fads-risk&days=2",
        "incidents?state=all&q=window",
        "review?days=30&cluster=demo",
        "incident?id=7f3a",
        "pipeline?zone=Asia%2FShanghai",
        "planned-work",
        "inspections?limit=1",
        "inspection",
        "inspection/now",
        "inspection/compare?a=1768360446000",
        "waivers",
        "rules",
        "rule?cause=code.data_skew_hot_key",
        "ask?subject=vertex:demo/dwd-order-stats/0000000000000000000000000000bc01&expr=max(busy)",
        "plans",
        "plans?incident=7f3a",
        "actions?limit=1",
        "action?id=ac01",
        "kill-switches",
        "playbooks",
        "openapi.json",
    ] {
        let a = get(&format!("/api/v1/{path}")).await;
        assert_eq!(a.status, StatusCode::OK, "{path}: {}", a.body);
        assert_eq!(a.headers[header::CACHE_CONTROL], "no-store", "{path}");
        assert!(a.json().is_object(), "{path}");
    }
}

#[tokio::test]
async fn a_history_says_which_days_somebody_else_told() {
    let a = get("/api/v1/history?subject=job%3Ademo%2Fdwd-order-stats").await;
    let told = &a.json()["told_by"][0];
    assert_eq!(told["server"], "http://prometheus:9090", "{}", a.body);
    let text = serde_json::to_string_pretty(&a.json()).unwrap() + "\n";
    testdata::check_golden("tests/fixtures/api/history.json", &text);
}

#[tokio::test]
async fn a_mistake_is_told_with_its_name_and_what_to_do() {
    for (path, status, error, todo) in [
        ("lineage?hops=99", 400, "hops", "from 1 to 8"),
        ("lineage?direction=sideways", 400, "direction", "around, upstream, downstream, path"),
        ("lineage?direction=path&focus=orders", 400, "to is missing", "?to="),
        ("lineage?color=red", 400, "color", "focus, hops"),
        ("job", 400, "id is missing", "?id="),
        ("job?id=ads-rsik", 404, "ads-rsik", "job:demo/ads-risk"),
        ("jobs?status=fine", 400, "status", "no_target"),
        ("curves?id=ads-risk&from=9&to=3", 400, "from and to", "before"),
        ("lineage?focus=audit-log&direction=path&to=ads-risk", 404, "no known path", "flow"),
        ("nothing", 404, "no such route", "openapi.json"),
        ("incidents?state=ajar", 400, "state", "open, closed, all"),
        ("ask?subject=planet:mars&expr=busy", 400, "planet:mars", "kind"),
        ("ask?subject=job:demo/ads-risk&expr=bussy", 400, "character 1 of expr", "busy"),
        ("history?subject=taskmanager:demo/tm-1", 400, "subject", "job, flink_cluster, topic"),
        ("history?subject=job:demo/a&name=deley", 400, "name", "delay, input_delay"),
        ("history?subject=job:demo/a&name=delay&from=9&to=3", 400, "from and to", "400 days"),
        ("history?subject=job:demo/broken&name=delay", 503, "no space left", "log"),
        ("history?subject=job:demo/nobody&from=1&to=2", 404, "nothing is known", "/api/v1/jobs"),
        ("review?days=0", 400, "days", "from 1 to 90"),
        ("review?team=Payments", 404, "no team", "there is none"),
        ("review?place=dwd-order-stat", 404, "no place", "dwd-order-stats"),
        ("availability?zone=Mars/Olympus", 400, "zone", "Asia/Shanghai"),
        ("availability?kind=broker", 400, "kind", "path, job, topic, layer"),
        ("evidence-curve?subject=job:demo/ads-risk&expr=1&from=9&to=3", 400, "from and to", "day"),
        ("rule?cause=code.data_skew_hot", 404, "no rule", "nearest: code.data_skew_hot_key"),
        ("inspection?at=5", 404, "no inspection", "inspections"),
        ("inspection?as=pdf", 400, "as", "html, markdown, csv"),
        ("inspection/compare", 400, "a is missing", "?a="),
        ("inspection/compare?a=4000000000000", 400, "the same report", "inspections"),
        ("incident?id=fff", 404, "fff", "incidents?state=all"),
    ] {
        let a = get(&format!("/api/v1/{path}")).await;
        let e: ApiError = serde_json::from_str(&a.body).unwrap();
        assert_eq!(a.status.as_u16(), status, "{path}");
        assert!(e.error.contains(error), "{path}: {}", e.error);
        assert!(e.todo.as_deref().unwrap_or_default().contains(todo), "{path}: {:?}", e.todo);
    }
}

#[tokio::test]
async fn a_report_on_paper_may_do_less_than_the_page() {
    for (form, kind) in [("html", "text/html"), ("markdown", "text/markdown"), ("csv", "text/csv")]
    {
        let a = get(&format!("/api/v1/inspection?as={form}&lang=zh")).await;
        assert_eq!(a.status, StatusCode::OK, "{form}: {}", a.body);
        assert!(a.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with(kind));
        let policy = a.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(
            policy.contains("frame-ancestors 'none'") && !policy.contains("script"),
            "{policy}"
        );
        assert_eq!(a.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}

#[tokio::test]
async fn a_recording_of_an_incident_that_is_gone_says_so() {
    let a = get("/api/v1/incident?id=7f3a").await;
    let path = "/var/lib/streamwarden/incidents/7f3a";
    assert!(a.json()["recording"].as_str().unwrap().starts_with(path), "{}", a.body);
    let a = get("/api/v1/incident/recording?id=7f3a").await;
    assert_eq!(a.status, StatusCode::NOT_FOUND);
    assert!(a.body.contains("nothing is recorded of"), "{}", a.body);
}

#[tokio::test]
async fn the_longest_name_that_is_kept_can_be_asked_for() {
    let name = "%e8%ae%a2".repeat(4096 / 3);
    let a = get(&format!("/api/v1/job?id=job:demo/{name}")).await;
    assert_eq!(a.status, StatusCode::NOT_FOUND, "{}", a.body);
    let a = get(&format!("/api/v1/job?id=job:demo/{}", "x".repeat(5000))).await;
    assert_eq!(a.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn as_of_is_said_in_the_answer() {
    let past = testdata::NOW.0 - 1_800_000;
    let v = get(&format!("/api/v1/lineage?at={past}")).await.json();
    assert_eq!((v["at"].as_i64(), v["historic"].as_bool()), (Some(past), Some(true)));
    assert!(v["nodes"].as_array().unwrap().iter().all(|n| n["status"] != "over"));
    let v = get("/api/v1/lineage").await.json();
    assert_eq!(v["historic"].as_bool(), Some(false));
    assert!(v["history_since"].as_i64().unwrap() < past);
}

#[tokio::test]
async fn nothing_but_get_and_head() {
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        for path in ["/api/v1/overview", "/", "/metrics"] {
            let a = send(testdata::snapshot(), request(method, path)).await;
            assert_eq!(a.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert!(a.headers[header::ALLOW].to_str().unwrap().contains("GET"), "{method} {path}");
        }
    }
    let head = send(testdata::snapshot(), request("HEAD", "/api/v1/overview")).await;
    assert_eq!((head.status, &*head.body), (StatusCode::OK, ""));
}

#[tokio::test]
async fn a_strange_name_is_not_served() {
    let named = |host: &str, path: &str| {
        let r = Request::builder().uri(path).header("host", host).body(Body::empty()).unwrap();
        send(testdata::snapshot(), r)
    };
    let overview = "/api/v1/overview";
    assert_eq!(named("evil.example", overview).await.status, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(named("watch.example.org", overview).await.status, StatusCode::OK);
    assert_eq!(named("127.0.0.1:1", overview).await.status, StatusCode::OK);
    assert_eq!(named("anything", "/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_answer_has_the_headers_that_protect_its_reader() {
    for path in ["/", "/api/v1/overview", "/api/v1/nothing", "/metrics", "/nothing.js"] {
        let a = get(path).await;
        let csp = a.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(csp.contains("default-src 'self'") && csp.contains("frame-ancestors 'none'"));
        assert!(!csp.contains("unsafe"));
        assert_eq!(a.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert!(!a.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), "{path}");
    }
}

#[tokio::test]
async fn hostile_names_arrive_as_text() {
    let ask = |path: String| send(testdata::hostile(), request("GET", &path));
    let v = ask("/api/v1/jobs".into()).await.json();
    let jobs = v["jobs"].as_array().unwrap();
    let job = jobs.iter().find(|j| j["name"] == testdata::HOSTILE).unwrap();
    let id: String = job["id"].as_str().unwrap().bytes().map(|b| format!("%{b:02x}")).collect();
    let a = ask(format!("/api/v1/job?id={id}")).await;
    assert_eq!(a.headers[header::CONTENT_TYPE], "application/json");
    assert!(!a.body.contains('\u{1b}'), "escapes are escaped");
    assert_eq!(a.json()["row"]["name"], testdata::HOSTILE);
}

#[tokio::test]
async fn own_metrics_are_openmetrics_and_counted() {
    let (state, _tell) = testdata::state(testdata::snapshot());
    let app = router(state, CancellationToken::new());
    app.clone().oneshot(request("GET", "/api/v1/jobs?limit=0")).await.unwrap();
    let answer = app.oneshot(request("GET", "/metrics")).await.unwrap();
    let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    for line in [
        "streamwarden_http_requests_total{route=\"/api/v1/jobs\",status=\"400\"} 1",
        "streamwarden_target_up{name=\"node-h7\"} 0.0",
        "streamwarden_lineage_nodes{name=\"over\"} 3.0",
        "# EOF",
    ] {
        assert!(text.contains(line), "no {line} in {text}");
    }
    assert!(!text.contains("target_samples{name=\"node-h7\"}"), "absent, not 0");
}

#[tokio::test]
async fn the_page_or_how_to_build_it() {
    let a = get("/").await;
    assert_eq!(a.status, StatusCode::OK);
    assert!(a.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    assert!(a.body.contains("Streamwarden"));
    for path in ["/../Cargo.toml", "/..%2f..%2fCargo.toml", "/nothing.js"] {
        assert_eq!(get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn golden_openapi() {
    let document = described().to_openapi();
    let text = serde_json::to_string_pretty(&document).unwrap() + "\n";
    testdata::check_golden("tests/openapi.json", &text);
}

#[tokio::test]
async fn what_is_described_is_served_and_has_fields() {
    let document = get("/api/v1/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 52);
    for (path, item) in paths {
        if item["get"].is_null() {
            continue;
        }
        let parameters = item["get"]["parameters"].as_array().cloned().unwrap_or_default();
        let query: Vec<_> =
            parameters.iter().map(|p| format!("{}=1", p["name"].as_str().unwrap())).collect();
        if path.ends_with("events") {
            continue;
        }
        let a = get(&format!("{path}?{}", query.join("&"))).await;
        assert!(!a.body.contains("unknown parameter"), "{path}: {}", a.body);
        assert_ne!(a.body, "", "{path}");
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let fields = schema["properties"].as_object().is_some_and(|p| !p.is_empty());
        assert!(fields || schema["enum"].is_array(), "{name} has no fields");
    }
}

#[tokio::test]
async fn before_the_first_assessment_nothing_is_claimed() {
    let (mut state, _tell) = testdata::state(testdata::snapshot());
    state.system = std::sync::Arc::new(testdata::FixedStatus { assessed: false });
    let app = router(state, CancellationToken::new());
    for (path, status) in [
        ("/api/v1/overview", StatusCode::SERVICE_UNAVAILABLE),
        ("/readyz", StatusCode::SERVICE_UNAVAILABLE),
        ("/healthz", StatusCode::OK),
        ("/api/v1/system", StatusCode::OK),
    ] {
        let a = app.clone().oneshot(request("GET", path)).await.unwrap();
        assert_eq!(a.status(), status, "{path}");
    }
}

#[tokio::test]
async fn listeners_are_bounded_and_make_room_when_they_leave() {
    let (state, _tell) = testdata::state(testdata::snapshot());
    let app = router(state, CancellationToken::new());
    let ask = || app.clone().oneshot(request("GET", "/api/v1/events"));
    let mut open = Vec::new();
    for _ in 0..super::events::MAX_CLIENTS {
        let answer = ask().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        open.push(answer);
    }
    assert_eq!(ask().await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    open.pop();
    assert_eq!(ask().await.unwrap().status(), StatusCode::OK);
}

/// A server on a real socket.
struct Live {
    at: SocketAddr,
    stop: CancellationToken,
    tell: tokio::sync::watch::Sender<super::state::Tick>,
    ended: tokio::task::JoinHandle<Result<(), super::Error>>,
}

async fn live() -> Live {
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let at = listener.local_addr().unwrap();
    let (state, tell) = testdata::state(testdata::snapshot());
    let stop = CancellationToken::new();
    let short = Duration::from_millis(300);
    let patience = Patience { head: short, stalled: short };
    let ended = tokio::spawn(serve_with(patience, listener, state, stop.clone()));
    Live { at, tell, ended, stop }
}

#[tokio::test]
async fn events_come_with_each_tick_and_end_with_the_server() {
    let live = live().await;
    let mut socket = TcpStream::connect(live.at).await.unwrap();
    let ask = "GET /api/v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n";
    socket.write_all(ask.as_bytes()).await.unwrap();
    let mut seen = String::new();
    let mut sent = false;
    while seen.matches("event: tick").count() < 2 {
        let mut buffer = [0; 4096];
        let read = socket.read(&mut buffer);
        let n = tokio::time::timeout(Duration::from_secs(10), read).await.unwrap().unwrap();
        assert_ne!(n, 0, "ended early: {seen}");
        seen.push_str(&String::from_utf8_lossy(&buffer[..n]));
        if !sent && seen.contains("event: tick") {
            let tick = super::state::Tick { at: Millis(7), changes: 3 };
            live.tell.send(tick).unwrap();
            sent = true;
        }
    }
    assert!(seen.contains(r#"data: {"at":7,"changes":3,"worst":"over","late":3}"#), "{seen}");
    live.stop.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(3), live.ended).await;
    ended.expect("a listening page does not hold up the end").unwrap().unwrap();
}

#[tokio::test]
async fn who_does_not_end_a_request_is_let_go() {
    let live = live().await;
    let mut socket = TcpStream::connect(live.at).await.unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nhost: loc").await.unwrap();
    let mut rest = Vec::new();
    let read = socket.read_to_end(&mut rest);
    tokio::time::timeout(Duration::from_secs(10), read).await.unwrap().unwrap();
    live.stop.cancel();
}

#[tokio::test]
async fn who_does_not_take_the_answer_is_let_go() {
    let live = live().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let mut socket = socket.connect(live.at).await.unwrap();
    // far more than the buffers of both sockets hold
    let (asked, size) = (400, 60_000);
    let one = "GET /api/v1/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n";
    socket.write_all(one.repeat(asked).as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut rest = Vec::new();
    let read = socket.read_to_end(&mut rest);
    // cut off: an end or a reset, both are fine
    let _ = tokio::time::timeout(Duration::from_secs(60), read).await.unwrap();
    assert!(rest.len() < asked * size, "{} bytes", rest.len());
    live.stop.cancel();
}

#[tokio::test]
async fn a_taken_port_is_said_with_its_address() {
    let live = live().await;
    let e = bind(live.at).await.unwrap_err().to_string();
    assert!(e.contains(&live.at.to_string()) && e.contains("--listen"), "{e}");
    live.stop.cancel();
}

fn change(path: &str, token: Option<&str>, body: &str) -> Request<Body> {
    let request = Request::builder().method("POST").uri(format!("/api/v1/incident/{path}"));
    let mut request =
        request.header("host", "localhost").header("content-type", "application/json");
    request = request.header("content-length", body.len());
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

const ACK: &str = r#"{"id":"7f3a","by":"li.wei","note":"on it"}"#;

#[tokio::test]
async fn what_people_say_is_written_down_if_they_have_the_token() {
    let send = |path, body| send(testdata::snapshot(), change(path, Some(testdata::TOKEN), body));
    let a = send("ack", ACK).await;
    assert_eq!(a.status, StatusCode::OK, "{}", a.body);
    assert_eq!((&a.json()["by"], &a.json()["note"]), (&"li.wei".into(), &"on it".into()));
    let wrong = r#"{"id":"7f3a","by":"x","verdict":"wrong","cause":"res.gc_pressure","subject":"dwd-order-stats"}"#;
    let a = send("correct", wrong).await;
    assert_eq!(a.json()["subject"], "dwd-order-stats", "{}", a.body);
    assert_eq!(
        (a.json()["right"].as_bool(), a.json()["cause"].as_str()),
        (Some(false), Some("res.gc_pressure"))
    );
}

#[tokio::test]
async fn nothing_is_changed_without_the_token_and_what_it_needs() {
    let token = Some(testdata::TOKEN);
    let long = format!(r#"{{"id":"7f3a","by":"x","note":"{}"}}"#, "n".repeat(20_000));
    let wrong = |key: &str, value: &str| {
        format!(r#"{{"id":"7f3a","by":"x","verdict":"wrong","{key}":"{value}"}}"#)
    };
    for (request, status, told) in [
        (change("ack", None, ACK), 401, "authorization: Bearer"),
        (change("ack", Some("open-sesam"), ACK), 401, "token_file"),
        (change("ack", Some(""), ACK), 401, "token"),
        (change("ack", token, "{"), 400, "openapi"),
        (change("ack", token, r#"{"id":"7f3a","by":" "}"#), 400, "your name"),
        (change("ack", token, r#"{"id":"7f3a","by":"x","force":true}"#), 400, "force"),
        (change("ack", token, r#"{"id":"zzz","by":"x"}"#), 404, "zzz"),
        (change("ack", token, &long), 413, "16384 bytes"),
        (change("ack", token, &long), 413, "2000 characters"),
        (change("correct", token, &wrong("cause", "res.gc_presure")), 400, "`res.gc_pressure`"),
        (change("correct", token, &wrong("subject", "dwd-order-stat")), 400, "`dwd-order-stats`"),
        (
            change("correct", token, r#"{"id":"7f3a","by":"x","verdict":"maybe"}"#),
            400,
            "right, wrong",
        ),
    ] {
        let a = send(testdata::snapshot(), request).await;
        assert_eq!(a.status.as_u16(), status, "{}", a.body);
        assert!(a.body.contains(told), "{told}: {}", a.body);
        assert_eq!(a.headers.contains_key(header::WWW_AUTHENTICATE), status == 401);
    }
    let mut form = change("ack", token, ACK);
    form.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    assert_eq!(send(testdata::snapshot(), form).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let mut foreign = change("ack", token, ACK);
    foreign.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    assert_eq!(send(testdata::snapshot(), foreign).await.status, StatusCode::FORBIDDEN);
    let mut stranger = change("ack", token, ACK);
    stranger.headers_mut().insert("host", "evil.example".parse().unwrap());
    assert_eq!(send(testdata::snapshot(), stranger).await.status, StatusCode::MISDIRECTED_REQUEST);
    let get = send(testdata::snapshot(), request("GET", "/api/v1/incident/ack")).await;
    assert_eq!((get.status.as_u16(), &get.headers[header::ALLOW]), (405, &"POST".parse().unwrap()));
}

/// A user's own name is written down, whatever the request says; a viewer changes nothing.
#[tokio::test]
async fn a_token_signs_for_its_user() {
    let user = |role, clusters: &[&str]| {
        let clusters = clusters.iter().map(|c| ClusterId::new(*c)).collect();
        let token_sha256 = Some(<sha2::Sha256 as sha2::Digest>::digest("own").into());
        let zhou = User { name: "zhou".into(), role, token_sha256, clusters, expires: None };
        Arc::new(Access { users: vec![zhou], ..Access::default() })
    };
    for (role, scope, status, told) in [
        (Role::Operator, &[][..], 200, r#""by":"zhou""#),
        (Role::Operator, &["demo"], 200, r#""by":"zhou""#),
        (Role::Operator, &["elsewhere"], 403, "outside what you may change"),
        (Role::Viewer, &[], 403, "role operator"),
    ] {
        let (state, _tell) = testdata::state(testdata::snapshot());
        let app = router(WebState { access: user(role, scope), ..state }, CancellationToken::new());
        let answer = app.oneshot(change("ack", Some("own"), ACK)).await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        assert!(String::from_utf8_lossy(&body).contains(told), "{body:?}");
    }
}

#[tokio::test]
async fn who_configured_no_token_is_told_how_and_a_full_disk_is_no_success() {
    let (state, _tell) = testdata::state(testdata::snapshot());
    let none = WebState { access: Default::default(), ..state.clone() };
    let full = testdata::FixedCases { broken: true, ..testdata::FixedCases::default() };
    let full = WebState { cases: Arc::new(full), ..state };
    for (state, status, told) in [(none, 403, "token_file"), (full, 503, "no space left")] {
        let app = router(state, CancellationToken::new());
        let answer = app.oneshot(change("ack", Some(testdata::TOKEN), ACK)).await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        assert!(String::from_utf8_lossy(&body).contains(told), "{body:?}");
    }
}

#[tokio::test]
async fn open_ones_come_first_and_closed_ones_fill_the_page() {
    let ids = async |query: &str| {
        let v = get(&format!("/api/v1/incidents?{query}")).await.json();
        let rows = v["incidents"].as_array().unwrap();
        let ids: Vec<String> = rows.iter().map(|r| r["id"].as_str().unwrap()[..4].into()).collect();
        (v["total"].as_u64().unwrap(), ids.join(" "))
    };
    assert_eq!(ids("").await, (2, "7f3a 0b1c".into()));
    assert_eq!(ids("state=all").await, (3, "7f3a 0b1c c0ff".into()));
    assert_eq!(ids("state=all&offset=1&limit=1").await, (3, "0b1c".into()));
    assert_eq!(ids("state=all&offset=2&limit=5").await, (3, "c0ff".into()));
    assert_eq!(ids("state=closed").await, (1, "c0ff".into()));
    assert_eq!(ids("job=ads-risk").await, (1, "7f3a".into()));
}

#[tokio::test]
async fn listeners_are_told_of_changed_incidents() {
    use axum::body::HttpBody;
    let (mut state, _tell) = testdata::state(testdata::snapshot());
    let (changed, ticks) = tokio::sync::watch::channel(Default::default());
    state.incident_ticks = ticks;
    let app = router(state, CancellationToken::new());
    let mut answer = app.oneshot(request("GET", "/api/v1/events")).await.unwrap().into_body();
    let tick = super::view_incident::IncidentTick { at: 7, open: 2, changed: vec!["7f3a".into()] };
    changed.send(tick).unwrap();
    let mut seen = String::new();
    while !seen.contains("event: incident") {
        let frame = std::future::poll_fn(|cx| std::pin::Pin::new(&mut answer).poll_frame(cx)).await;
        seen.push_str(&String::from_utf8_lossy(&frame.unwrap().unwrap().into_data().unwrap()));
    }
    assert!(seen.contains(r#"data: {"at":7,"open":2,"changed":["7f3a"]}"#), "{seen}");
}
