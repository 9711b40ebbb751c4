//! The database is taken away while the process runs, in every way that there is: it goes on seeing,
//! knowing and telling, begins nothing, loses nothing that it said yes to, and recovers by itself.

use super::estate::{Estate, Texts};
use super::observe::yaml;
use super::process::Process;
use crate::store::db::Fault;
use crate::store::tests::Mounted;
use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const WITHIN: Duration = Duration::from_secs(90);
/// So long it would have had time to act.
const AFTER: Duration = Duration::from_secs(10);

/// What is done to it, and undone.
enum Harm {
    Fault(Fault),
    /// A disk of its own, and a file that takes what is left of it.
    Disk(Mounted),
}

impl Harm {
    /// Where its data lie.
    fn data(&self, dir: &Path) -> PathBuf {
        match self {
            Harm::Fault(_) => dir.join("data"),
            Harm::Disk(disk) => disk.0.path().join("data"),
        }
    }

    async fn done(&self, process: &Process) {
        match self {
            Harm::Fault(fault) => process.store.incidents().faults.set(Some(*fault)).await,
            Harm::Disk(disk) => {
                let mut ballast = std::fs::File::create(disk.0.path().join("ballast")).unwrap();
                while ballast.write_all(&[1; 4096]).is_ok() {}
            }
        }
    }

    async fn undone(&self, process: &Process) {
        match self {
            Harm::Fault(_) => process.store.incidents().faults.set(None).await,
            Harm::Disk(disk) => std::fs::remove_file(disk.0.path().join("ballast")).unwrap(),
        }
    }
}

/// What it told of an incident that opened.
async fn opened(hook: &MockServer) -> usize {
    let told = hook.received_requests().await.unwrap();
    let opened = |r: &&wiremock::Request| {
        serde_json::from_slice::<Value>(&r.body).unwrap()["event"] == "opened"
    };
    told.iter().filter(opened).count()
}

async fn ack(process: &Process, id: &str) -> bool {
    let ack = json!({ "id": id, "by": "li", "note": "seen" });
    let (status, said) = process.post("/api/v1/incident/ack", &ack, "let-me").await;
    assert!(status == 200 || status >= 500, "{status} {said}");
    status == 200
}

/// Of something that nobody would do here.
async fn throw(process: &Process) -> bool {
    let scope = "playbook:savepoint-now";
    let asked = json!({ "scope": scope, "why": "storm", "until": null, "for_s": null,
        "hard": false, "by": "chen" });
    let (status, said) = process.post("/api/v1/kill-switch/throw", &asked, "let-me").await;
    assert!(status == 200 || status >= 500, "{status} {said}");
    status == 200
}

/// How often the switch stands in the database, and in the log with who threw it.
async fn switches(file: &mut SqliteConnection) -> (u32, u32) {
    let count = |sql: &'static str| sqlx::query_scalar(sql);
    let there = count("SELECT COUNT(*) FROM kill_switches").fetch_one(&mut *file).await;
    let told = "SELECT COUNT(*) FROM audit WHERE what = 'kill_switch.on' AND who = 'chen'";
    (there.unwrap(), count(told).fetch_one(file).await.unwrap())
}

async fn goes_on_without(name: String, harm: Harm) {
    let hook = MockServer::builder().start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&hook).await;
    let estate = Estate::start(Texts::default()).await;
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("token"), "let-me").unwrap();
    let data = harm.data(dir.path());
    let more =
        format!("token_file: token\nnotify: {{ webhook: {{ url: {}/hook }} }}\n", hook.uri());
    let yaml = yaml(&estate, "auto") + &more;
    let process = Process::start_in(dir.path(), &data, &yaml).await;
    // a process that cannot open its journal at its start says so and ends: this one runs
    process.wait("/api/v1/incidents", WITHIN, |v| v["open"].is_u64()).await;
    sleep(Duration::from_secs(3)).await;
    harm.done(&process).await;

    // seen, known and told
    let open = |v: &Value| v["open"].as_u64().is_some_and(|n| n > 0);
    let incidents = process.wait("/api/v1/incidents", WITHIN, open).await;
    let id = incidents["incidents"][0]["id"].as_str().unwrap().to_owned();
    let end = Instant::now() + WITHIN;
    while opened(&hook).await == 0 {
        assert!(Instant::now() < end, "{name}: nobody was told");
        sleep(Duration::from_millis(200)).await;
    }
    let known = |v: &Value| v.to_string().contains("code.stuck_task");
    process.wait("/api/v1/incidents", WITHIN, known).await;
    let mut acked = u32::from(ack(&process, &id).await);
    let stopped = throw(&process).await;
    let looks = |v: Value| {
        let all = v["loops"].as_array().unwrap().iter();
        all.filter(|l| l["name"] == "assess").map(|l| l["runs"].as_u64().unwrap()).sum::<u64>()
    };
    let before = looks(process.get("/api/v1/system").await);
    sleep(AFTER).await;
    assert_eq!(estate.changed().await, [], "{name}: nothing begins");
    let looked = looks(process.get("/api/v1/system").await) - before;
    assert!(looked >= 3, "{name}: {looked} looks in {AFTER:?}");

    // it comes back, and we were never restarted
    harm.undone(&process).await;
    let begun = |a: &Value| a["actions"].as_array().is_some_and(|a| !a.is_empty());
    process.wait("/api/v1/actions", WITHIN, begun).await;
    assert!(ack(&process, &id).await, "{name}");
    acked += 1;
    process.end().await;
    let options = SqliteConnectOptions::new().filename(data.join("streamwarden.db"));
    let mut file = SqliteConnection::connect_with(&options).await.unwrap();
    let there: u32 = sqlx::query_scalar("SELECT COUNT(*) FROM acks WHERE incident = $1")
        .bind(&id)
        .fetch_one(&mut file)
        .await
        .unwrap();
    // where the disk is full, nor could the file take it
    let (there_now, told) = switches(&mut file).await;
    assert!(there_now == told && told <= 1, "{name}: once: {there_now} {told}");
    assert!(!stopped || told == 1, "{name}: whose switch it is stands in the log");
    assert!(there >= acked, "{name}: what was answered with a yes is on disk: {there} of {acked}");
    assert_eq!(opened(&hook).await, 1, "{name}: told once");
}

#[tokio::test]
async fn whatever_a_database_does_stops_actions_and_nothing_else_and_nothing_acknowledged_is_lost()
{
    let mut all: Vec<(String, Harm)> =
        Fault::ALL.into_iter().map(|f| (format!("{f:?}"), Harm::Fault(f))).collect();
    match Mounted::tmpfs("24m") {
        Some(disk) => all.push(("a full disk".to_owned(), Harm::Disk(disk))),
        None => eprintln!("no full disk: no right to mount a small file system"),
    }
    join_all(all.into_iter().map(|(name, harm)| goes_on_without(name, harm))).await;
}
