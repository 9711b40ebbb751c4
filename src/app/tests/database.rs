//! The database is taken away while the process runs: it goes on seeing, knowing and telling, begins
//! nothing, answers no change with a yes, and recovers by itself.

use super::estate::{Estate, Texts};
use super::observe::yaml;
use super::process::Process;
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Executor};
use std::path::Path;
use std::time::Duration;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const WITHIN: Duration = Duration::from_secs(90);

async fn raw(dir: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(dir.join("data/streamwarden.db"));
    SqliteConnection::connect_with(&options.busy_timeout(Duration::from_secs(5))).await.unwrap()
}

#[tokio::test]
async fn a_locked_database_stops_actions_and_nothing_else_and_nothing_acknowledged_is_lost() {
    let hook = MockServer::builder().start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&hook).await;
    let estate = Estate::start(Texts::default()).await;
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("token"), "let-me").unwrap();
    let more =
        format!("token_file: token\nnotify: {{ webhook: {{ url: {}/hook }} }}\n", hook.uri());
    let process = Process::start(dir.path(), &(yaml(&estate, "auto") + &more)).await;
    // a process that cannot open its journal at its start says so and ends: this one runs
    process.wait("/api/v1/incidents", WITHIN, |v| v["open"].is_u64()).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut other = raw(dir.path()).await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();

    // seen, known and told
    let open = |v: &Value| v["open"].as_u64().is_some_and(|n| n > 0);
    let incidents = process.wait("/api/v1/incidents", WITHIN, open).await;
    let id = incidents["incidents"][0]["id"].as_str().unwrap().to_owned();
    let end = tokio::time::Instant::now() + WITHIN;
    while hook.received_requests().await.unwrap().is_empty() {
        assert!(tokio::time::Instant::now() < end, "nobody was told");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let known = |v: &Value| v.to_string().contains("code.stuck_task");
    process.wait("/api/v1/incidents", WITHIN, known).await;
    let ack = json!({ "id": id, "by": "li", "note": "seen" });
    let (status, said) = process.post("/api/v1/incident/ack", &ack, "let-me").await;
    assert!(status >= 500, "{status} {said}");
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(estate.changed().await, [], "nothing begins");

    // it comes back, and we were never restarted
    other.execute("ROLLBACK").await.unwrap();
    let begun = |a: &Value| a["actions"].as_array().is_some_and(|a| !a.is_empty());
    process.wait("/api/v1/actions", WITHIN, begun).await;
    let (status, said) = process.post("/api/v1/incident/ack", &ack, "let-me").await;
    assert_eq!(status, 200, "{said}");
    let acks: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM acks WHERE incident = $1")
        .bind(&id)
        .fetch_one(&mut other)
        .await
        .unwrap();
    assert_eq!(acks, 1, "what was answered with a yes is on disk, what was not is not");
    process.end().await;
    let told = hook.received_requests().await.unwrap();
    let opened = |r: &&wiremock::Request| {
        serde_json::from_slice::<Value>(&r.body).unwrap()["event"] == "opened"
    };
    assert_eq!(told.iter().filter(opened).count(), 1, "once");
}
