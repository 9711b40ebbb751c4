//! Who only observes sends nothing but reads, whatever he sees. Everything goes over servers that
//! keep each request; the same incident in `auto` shows that they would have seen another one.

use super::estate::{Estate, JOB, Texts};
use super::process::Process;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// The evidence has to hold for 15 s, and two looks have to agree.
const WITHIN: Duration = Duration::from_secs(60);
/// So long it would have had time to act.
const AFTER: Duration = Duration::from_secs(12);

/// Kafka's requests that read, by their numbers in its protocol: ListOffsets, Metadata, OffsetFetch,
/// DescribeGroups, ListGroups, the handshakes and ApiVersions, DescribeConfigs, DescribeCluster,
/// DescribeProducers, DescribeTransactions, ListTransactions. Not Fetch (1) and not Produce (0).
const READS: [i16; 13] = [2, 3, 9, 15, 16, 17, 18, 32, 36, 60, 61, 65, 66];

pub fn yaml(estate: &Estate, mode: &str) -> String {
    let act = "    act: { roots: [\"file:///state\"] }\n    \
               submit: [{ job: \"*\", session: { jar: job.jar } }]\n";
    let heal = format!("heal: {{ mode: {mode}, debounce: 5s, hands_off: 5s, restore_age: 1h }}\n");
    estate.yaml(act, "") + &heal
}

/// What holds the plan of our job.
fn holds(plans: &Value) -> Option<BTreeSet<&str>> {
    let all = plans["proposals"].as_array()?.iter();
    let mut ours = all.filter(|p| p["job"]["name"] == JOB && p["plan"].is_object());
    let holds = ours.next()?["holds"].as_array()?.iter();
    Some(holds.filter_map(|h| h["hold"].as_str()).collect())
}

/// A plan stands that nothing but the mode holds: it would be carried out.
async fn ready(process: &Process) {
    let only = |plans: &Value| holds(plans).is_some_and(|h| h == BTreeSet::from(["mode_forbids"]));
    process.wait("/api/v1/plans", WITHIN, only).await;
}

async fn only_reads(mode: &str) {
    let estate = Estate::start(Texts::default()).await;
    let dir = tempfile::tempdir().unwrap();
    let process = Process::start(dir.path(), &yaml(&estate, mode)).await;
    ready(&process).await;
    // neither a file that is rewritten nor one that appears lets it go further
    let file = dir.path().join("streamwarden.yaml");
    let bolder = std::fs::read_to_string(&file).unwrap().replace(mode, "auto");
    std::fs::write(&file, bolder).unwrap();
    tokio::time::sleep(AFTER).await;
    ready(&process).await;
    process.end().await;
    assert_eq!(estate.changed().await, [], "{mode}");
    let asked = estate.kafka.asked();
    assert!(estate.asked().await.len() > 15 && asked.len() > 5, "it has looked");
    let strange: Vec<_> = asked.iter().filter(|key| !READS.contains(key)).collect();
    assert!(strange.is_empty(), "{mode}: Kafka was asked {strange:?}");
}

/// What the other cases would see, if there were something.
async fn auto_is_seen() {
    let estate = Estate::start(Texts::default()).await;
    let dir = tempfile::tempdir().unwrap();
    let process = Process::start(dir.path(), &yaml(&estate, "auto")).await;
    let begun = |a: &Value| a["actions"].as_array().is_some_and(|a| !a.is_empty());
    process.wait("/api/v1/actions", WITHIN, begun).await;
    // who looks at the job meanwhile is told
    let marked = |v: &Value| v["repairs"][0]["name"] == JOB;
    process.wait("/api/v1/overview", WITHIN, marked).await;
    let said = |v: &Value| v["incidents"].to_string().contains("Under repair: restart");
    process.wait("/api/v1/incidents", WITHIN, said).await;
    let end = tokio::time::Instant::now() + WITHIN;
    while !estate.changed().await.iter().any(|(method, _)| method == "PATCH") {
        assert!(tokio::time::Instant::now() < end, "its run is cancelled");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    process.end().await;
}

/// The same in `auto`, where nobody but the job itself says that it is ill.
async fn its_own_word_is_not_enough() {
    let texts = Texts { only_its_own_word: true, ..Texts::default() };
    let estate = Estate::start(texts).await;
    let dir = tempfile::tempdir().unwrap();
    let process = Process::start(dir.path(), &yaml(&estate, "auto")).await;
    let not_certain = |plans: &Value| holds(plans).is_some_and(|h| h.contains("not_certain"));
    let by_itself = |plans: &Value| {
        not_certain(plans) && plans.to_string().contains("only the job itself tells of it")
    };
    process.wait("/api/v1/plans", WITHIN, by_itself).await;
    tokio::time::sleep(AFTER).await;
    process.wait("/api/v1/plans", WITHIN, not_certain).await;
    process.end().await;
    assert_eq!(estate.changed().await, []);
}

/// No cluster that it may act on: repair has nothing to do, and the process goes on.
async fn without_act_it_goes_on() {
    let estate = Estate::start(Texts::default()).await;
    let dir = tempfile::tempdir().unwrap();
    let process = Process::start(dir.path(), &estate.yaml("", "")).await;
    let incident = |v: &Value| v["incidents"].as_array().is_some_and(|all| !all.is_empty());
    process.wait("/api/v1/incidents", WITHIN, incident).await;
    tokio::time::sleep(AFTER).await;
    process.wait("/api/v1/incidents", WITHIN, incident).await;
    process.end().await;
    assert_eq!(estate.changed().await, []);
}

#[tokio::test]
async fn only_reads_are_sent_but_in_auto_and_then_never_by_the_jobs_own_word() {
    tokio::join!(
        only_reads("observe"),
        only_reads("suggest"),
        without_act_it_goes_on(),
        auto_is_seen(),
        its_own_word_is_not_enough()
    );
}
