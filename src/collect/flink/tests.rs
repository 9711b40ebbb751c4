//! A target against recorded answers.

use super::*;
use crate::collect::Yield;
use crate::collect::http::{HttpAccess, ReadClient};
use std::cell::Cell;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use streamwarden_core::estate::*;
use streamwarden_core::signals::Signal;
use tokio::time::Instant;
use wiremock::matchers::{path, path_regex};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const RUNS: [(&str, &str); 3] = [
    ("dwd-order-stats", "cced319450fdd531ec43b9a9bef7937a"),
    ("ods-orders", "49cfeafb1a55184d246bad9cd6693723"),
    ("ads-risk", "d1217db97b86b2f35157a494a713cba8"),
];
/// The recorded JobManager's clock.
const NOW: i64 = 1795232660718;

fn read(name: &str) -> Vec<u8> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/flink-rest/");
    std::fs::read(format!("{root}{name}.json")).unwrap()
}

fn json(body: impl Into<Vec<u8>>) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body, "application/json")
}

thread_local! {
    static PRIORITY: Cell<u8> = const { Cell::new(250) };
}

/// Answers win over those mounted before (a test has a thread of its own).
async fn mount(server: &MockServer, at: &str, answer: impl Respond + 'static) {
    let priority = PRIORITY.replace(PRIORITY.get() - 1);
    Mock::given(path(at)).respond_with(answer).with_priority(priority).mount(server).await;
}

/// The recorded chain of three jobs, as a JobManager that answers it.
async fn jobmanager() -> MockServer {
    let server = MockServer::start().await;
    let all = ResponseTemplate::new(404);
    Mock::given(path_regex(".*")).respond_with(all).with_priority(255).mount(&server).await;
    for (at, file) in [
        ("/jobs/overview", "kafka-1.20.5/jobs_overview"),
        ("/overview", "kafka-1.20.5/overview"),
        ("/config", "1.20.5/config"),
        ("/taskmanagers", "1.20.5/taskmanagers"),
        ("/jobmanager/config", "1.20.5/jobmanager_config"),
    ] {
        mount(&server, at, json(read(file))).await;
    }
    for (name, run) in RUNS {
        for (below, file) in [
            ("", "job"),
            ("/config", "job_config"),
            ("/checkpoints/config", "job_checkpoints_config"),
            ("/checkpoints", "job_checkpoints"),
            ("/exceptions", "job_exceptions"),
        ] {
            let body = read(&format!("kafka-1.20.5/{name}/{file}"));
            mount(&server, &format!("/jobs/{run}{below}"), json(body)).await;
        }
    }
    server
}

fn quick() -> FlinkOptions {
    FlinkOptions { rate: 1000.0, tick: Duration::from_secs(10), ..FlinkOptions::default() }
}

fn target(url: &str, options: FlinkOptions) -> FlinkTarget {
    let shown = Target { name: "prod".into(), kind: TargetKind::FlinkRest, address: url.into() };
    let client = ReadClient::new(HttpAccess::default()).unwrap();
    FlinkTarget::new(shown, ClusterId::new("prod"), url, client, options)
}

async fn tick(target: &mut FlinkTarget, now: i64) -> Yield {
    target.tick(&move || Millis(now)).await
}

fn gaps(got: &Yield) -> Vec<(&str, &GapReason)> {
    got.gaps.iter().map(|g| (&*g.what, &g.reason)).collect()
}

#[tokio::test]
async fn a_whole_cluster_is_seen_and_then_only_what_moves() {
    let server = jobmanager().await;
    let mut target = target(&server.uri(), quick());
    let got = tick(&mut target, NOW).await;
    assert_eq!(gaps(&got), []);
    assert_eq!(target.claimed(), Some(true));
    assert_eq!(tick(&mut target, NOW + 1_000).await.requests, 0, "nothing is due");
    let mut kinds: Vec<String> = got
        .facts
        .iter()
        .map(|(_, f)| serde_json::to_value(f).unwrap()["fact"].as_str().unwrap().to_owned())
        .collect();
    kinds.sort();
    let per_job = ["checkpoints", "exceptions", "job_config", "job_detail"];
    let mut wanted: Vec<_> = per_job.iter().flat_map(|k| [*k; 3]).collect();
    wanted.extend(["cluster_config", "flink_overview", "jobs", "task_managers"]);
    wanted.sort_unstable();
    assert_eq!(kinds, wanted);
    let config = got.facts.iter().find_map(|(_, f)| match f {
        Fact::JobConfig { entries, .. } => Some(entries),
        _ => None,
    });
    assert_eq!(config.unwrap()["checkpoints.interval"], "2000");
    assert_eq!(config.unwrap()["job-parallelism"], "2");
    assert_eq!((got.requests, got.seen.len()), (20, 20));
    assert!(got.seen.iter().any(|s| **s == *"/jobs/dwd-order-stats/checkpoints/config"));
    assert_eq!(target.cost().requests, 20);
    assert_eq!(target.cost().bytes, got.bytes);

    let of = |signal: Signal| -> Vec<f64> {
        got.samples.iter().filter(|s| s.signal == signal).map(|s| s.value).collect()
    };
    assert_eq!(of(Signal::RunningJobs), [3.0]);
    assert_eq!(of(Signal::JobStateCode), [3.0; 3]);
    assert_eq!((of(Signal::SlotsTotal), of(Signal::SlotsAvailable)), (vec![8.0], vec![2.0]));
    assert_eq!(of(Signal::CheckpointsCompleted).len(), 3);
    // the latest checkpoint of dwd-order-stats was acknowledged at ...659024
    assert!(of(Signal::CheckpointAge).contains(&1694.0));

    assert_eq!(tick(&mut target, NOW + 5_000).await.requests, 1);
    assert_eq!(tick(&mut target, NOW + 16_000).await.requests, 1 + 3);
}

#[tokio::test]
async fn one_request_at_a_time_and_no_more_than_the_rate() {
    let server = jobmanager().await;
    let at = Arc::new(Mutex::new(Vec::new()));
    let times = at.clone();
    let answer = move |_: &Request| {
        times.lock().unwrap().push(Instant::now());
        json(read("kafka-1.20.5/jobs_overview")).set_delay(Duration::from_millis(30))
    };
    mount(&server, "/jobs/overview", answer).await;
    let options =
        FlinkOptions { rate: 20.0, tick: Duration::from_millis(400), ..FlinkOptions::default() };
    let mut target = target(&server.uri(), options);
    let begun = Instant::now();
    let mut requests = 0;
    for i in 0..3 {
        requests += tick(&mut target, NOW + i * 5_000).await.requests;
    }
    let least = Duration::from_millis(50) * (requests - 1);
    assert!(begun.elapsed() >= least, "{requests} in {:?}", begun.elapsed());
    assert!(requests >= 10, "{requests}: the budget is there to be used");
    let at = at.lock().unwrap();
    // each tick begins with the list, and ends in time for the next
    assert_eq!(at.len(), 3);
    assert!(at.windows(2).all(|w| w[1] - w[0] >= Duration::from_millis(50)));
    assert!(at[1] - at[0] < Duration::from_millis(900), "{:?}", at[1] - at[0]);
}

#[tokio::test]
async fn a_jobmanager_that_is_down_costs_one_request_a_tick() {
    let mut nobody = target("http://127.0.0.1:1", quick());
    let server = jobmanager().await;
    let mut standby = target(&server.uri(), quick());
    assert!(tick(&mut standby, NOW).await.gaps.is_empty());
    let mut now = NOW;
    let election = r#"{"errors":["Service temporarily unavailable due to an ongoing leader election. Please refresh."]}"#;
    for (answer, reason) in [
        (ResponseTemplate::new(503).set_body_string(election), GapReason::Status { code: 503 }),
        (ResponseTemplate::new(500), GapReason::Status { code: 500 }),
        (ResponseTemplate::new(404), GapReason::Status { code: 404 }),
    ] {
        mount(&server, "/jobs/overview", answer).await;
        now += 5_000;
        let got = tick(&mut standby, now).await;
        assert_eq!((gaps(&got), got.requests), (vec![("/jobs/overview", &reason)], 1));
        assert!(got.facts.is_empty() && got.samples.is_empty());
    }
    mount(&server, "/jobs/overview", json("<html>")).await;
    let got = tick(&mut standby, now + 5_000).await;
    assert!(matches!(got.gaps[0].reason, GapReason::NotUnderstood { .. }));
    assert_eq!(tick(&mut standby, now + 6_000).await.requests, 0, "not its time");
    let got = tick(&mut nobody, NOW).await;
    assert!(matches!(got.gaps[0].reason, GapReason::Unreachable { .. }));
    assert_eq!((got.gaps.len(), got.requests, nobody.cost().failed), (1, 1, 1));
}

#[tokio::test]
async fn an_empty_list_is_a_fact() {
    let server = jobmanager().await;
    mount(&server, "/jobs/overview", json(r#"{"jobs":[]}"#)).await;
    let got = tick(&mut target(&server.uri(), quick()), NOW).await;
    assert!(got.facts.iter().any(|(_, f)| matches!(f, Fact::Jobs { jobs, .. } if jobs.is_empty())));
    assert_eq!(gaps(&got), []);
}

#[tokio::test]
async fn one_failure_stops_nothing_and_ends_with_its_job() {
    let server = jobmanager().await;
    let (_, run) = RUNS[0];
    mount(&server, &format!("/jobs/{run}/exceptions"), ResponseTemplate::new(500)).await;
    // a job without checkpoints
    mount(&server, &format!("/jobs/{run}/checkpoints"), ResponseTemplate::new(404)).await;
    let config = format!("/jobs/{run}/checkpoints/config");
    mount(&server, &config, ResponseTemplate::new(404)).await;
    let mut target = target(&server.uri(), quick());
    let got = tick(&mut target, NOW).await;
    let what = "/jobs/dwd-order-stats/exceptions";
    assert_eq!(gaps(&got), [(what, &GapReason::Status { code: 500 })]);
    assert_eq!(got.requests, 20);
    let bare = got.facts.iter().find_map(|(_, f)| match f {
        Fact::JobConfig { run: r, entries, .. } if r.as_str() == run => Some(entries),
        _ => None,
    });
    assert!(bare.unwrap().keys().all(|k| !k.starts_with("checkpoints.")));
    let got = tick(&mut target, NOW + 1000).await;
    assert!(got.gaps.is_empty() && !got.seen.iter().any(|s| **s == *what), "it stays open");
    mount(&server, "/jobs/overview", json(r#"{"jobs":[]}"#)).await;
    let got = tick(&mut target, NOW + 5000).await;
    assert!(got.seen.iter().any(|s| **s == *what));
}

#[tokio::test]
async fn another_jobmanager_is_another_life() {
    let server = jobmanager().await;
    let mut target = target(&server.uri(), quick());
    let started = |got: &Yield| {
        got.facts.iter().rev().find_map(|(_, f)| match f {
            Fact::FlinkOverview(o) => Some((o.jobmanager_started, o.version.to_string())),
            _ => None,
        })
    };
    let got = tick(&mut target, NOW).await;
    assert_eq!(started(&got), Some((None, "1.20.5".into())));
    mount(&server, "/jobs/overview", ResponseTemplate::new(503)).await;
    tick(&mut target, NOW + 5_000).await;
    for (at, file) in [
        ("/jobs/overview", "kafka-1.20.5/jobs_overview"),
        ("/jobmanager/config", "2.3.0/jobmanager_config"),
        ("/overview", "2.3.0/overview"),
    ] {
        mount(&server, at, json(read(file))).await;
    }
    let got = tick(&mut target, NOW + 10_000).await;
    assert_eq!(started(&got), Some((Some(Millis(NOW + 10_000)), "2.3.0".into())));
    let got = tick(&mut target, NOW + 60_000).await;
    assert_eq!(started(&got).unwrap().0, Some(Millis(NOW + 10_000)), "the same life");
}

#[tokio::test]
async fn the_kafka_address_is_read_in_a_log_unless_that_is_large() {
    let server = jobmanager().await;
    let log = "INFO ConsumerConfig values: \n\tbootstrap.servers = [k:9092]\n\tgroup.id = g\n";
    let head = format!("{log}{}", "x".repeat(1 << 20));
    let text = ResponseTemplate::new(200).set_body_string(head);
    mount(&server, "/taskmanagers/tm-2/log", text).await;
    let options = FlinkOptions { find_kafka: true, ..quick() };
    let mut seeks = target(&server.uri(), options.clone());
    for (at, file) in [("tm-1", 65 << 20), ("tm-2", 1000)] {
        let list = format!(r#"{{"logs":[{{"name":"x.log","size":{file},"mtime":1}}]}}"#);
        mount(&server, &format!("/taskmanagers/{at}/logs"), json(list)).await;
    }
    let got = tick(&mut seeks, NOW).await;
    let wanted = Fact::KafkaAddress {
        cluster: ClusterId::new("prod"),
        bootstrap: "k:9092".into(),
        groups: vec!["g".into()],
    };
    assert!(got.facts.iter().any(|(_, f)| *f == wanted), "{:?}", got.seen);
    assert_eq!(gaps(&got), []);
    // found: no log is read again
    let got = tick(&mut seeks, NOW + 60_000).await;
    assert!(!got.seen.iter().any(|s| s.ends_with("/log") || s.ends_with("/logs")));

    mount(&server, "/taskmanagers/tm-2/log", ResponseTemplate::new(200)).await;
    let got = tick(&mut target(&server.uri(), options), NOW).await;
    let [(what, GapReason::NotConfigured { detail })] = gaps(&got)[..] else { panic!("{got:?}") };
    assert_eq!(what, "kafka address");
    assert!(detail.contains("give --kafka"));
}

#[tokio::test]
async fn metrics_by_rest_are_asked_by_name_and_stale_ones_dropped() {
    let server = jobmanager().await;
    let (_, run) = RUNS[0];
    let at = format!("/jobs/{run}/vertices/f362c87ffabe89c8a91fa7d0a523ba6c/metrics");
    let answer = |request: &Request| {
        let file = if request.url.query().is_some() { "values" } else { "list" };
        json(read(&format!("kafka-1.20.5/dwd-order-stats/v0_metrics_{file}")))
    };
    mount(&server, &at, answer).await;
    let options = FlinkOptions { has_prometheus: false, ..quick() };
    let mut target = target(&server.uri(), options);
    let positions =
        |got: &Yield| got.samples.iter().filter(|s| s.signal == Signal::SourcePosition).count();
    assert_eq!(positions(&tick(&mut target, NOW).await), 4);
    assert_eq!(positions(&tick(&mut target, NOW + 5_000).await), 4);
    let got = tick(&mut target, NOW + 60_000).await;
    assert_eq!(positions(&got), 0, "nobody asked for 55 s: what Flink has is stale");
    assert_eq!(positions(&tick(&mut target, NOW + 66_000).await), 4);
    let asked = server.received_requests().await.unwrap();
    assert!(asked.iter().all(|r| !r.url.path().contains("subtasks")));
    assert!(asked.iter().all(|r| r.url.as_str().len() < 4000));
}

fn probe_file(name: &str) -> ResponseTemplate {
    json(read(&format!("probes/{name}")))
}

/// Looks each half second until a probe has ended; all that came, and when it ended.
async fn probed(target: &mut FlinkTarget, probe: FlinkProbe) -> (Yield, i64) {
    target.probe(probe, "it".into(), Millis(NOW));
    let mut all = Yield::default();
    for half in 0..200 {
        all.merge(tick(target, NOW + half * 500).await);
        if !all.probed.is_empty() {
            assert!(!target.probing());
            return (all, half * 500);
        }
    }
    panic!("it never ended");
}

#[tokio::test]
async fn probes_take_turns_and_end_with_facts() {
    let server = jobmanager().await;
    let (tm, run) = (TaskManagerId::new("tm-2"), RunId::new(RUNS[0].1));
    let vertex = VertexId::new("v");
    mount(&server, "/taskmanagers/tm-2/thread-dump", probe_file("thread_dump_hang")).await;
    let flames = format!("/jobs/{}/vertices/v/flamegraph", run.as_str());
    mount(&server, &flames, probe_file("flame_full")).await;
    let detail = format!("/jobs/{}/checkpoints/details/8", run.as_str());
    mount(&server, &detail, probe_file("checkpoint_expired")).await;
    let below = Mock::given(path_regex(format!("{detail}/subtasks/.*")));
    below
        .respond_with(probe_file("checkpoint_expired_vertex"))
        .with_priority(1)
        .mount(&server)
        .await;
    let mut target = target(&server.uri(), quick());
    tick(&mut target, NOW - 60_000).await;

    let (got, took) = probed(&mut target, FlinkProbe::Threads(tm.clone())).await;
    assert_eq!(took, 3000, "two dumps, 3 s apart");
    let dumps: Vec<&ThreadDump> = got
        .facts
        .iter()
        .filter_map(|(_, f)| match f {
            Fact::ThreadDump(d) => Some(d),
            _ => None,
        })
        .collect();
    assert_eq!(dumps.iter().map(|d| d.apart_ms).collect::<Vec<_>>(), [None, Some(3000)]);
    assert_eq!(dumps[1].threads.iter().filter(|t| t.stood == Some(true)).count(), 1);

    let (got, _) = probed(&mut target, FlinkProbe::FlameGraph(run.clone(), vertex)).await;
    assert!(got.facts.iter().any(|(_, f)| matches!(f, Fact::FlameGraph(g) if g.user == 1.0)));

    let (got, _) = probed(&mut target, FlinkProbe::Checkpoint(run, 8)).await;
    let vertices = got.facts.iter().find_map(|(_, f)| match f {
        Fact::CheckpointDetail(d) => Some(&d.vertices),
        _ => None,
    });
    assert!(vertices.unwrap().values().all(|v| v.pending == [0, 1]));

    // in vain: said once, no gap that stays, no second try
    let (got, _) = probed(&mut target, FlinkProbe::LogTail(tm)).await;
    assert_eq!(got.probed[0].missed, Some(GapReason::Status { code: 404 }));
    assert_eq!(gaps(&got), []);
}

#[tokio::test]
async fn a_probe_that_cannot_be_answered_is_given_up() {
    let server = jobmanager().await;
    let waiting = json(r#"{"endTimestamp":-3}"#);
    let at = format!("/jobs/{}/vertices/v/flamegraph", RUNS[0].1);
    mount(&server, &at, waiting).await;
    let mut target = target(&server.uri(), quick());
    tick(&mut target, NOW - 60_000).await;
    let probe = FlinkProbe::FlameGraph(RunId::new(RUNS[0].1), VertexId::new("v"));
    let (got, took) = probed(&mut target, probe.clone()).await;
    assert!(matches!(got.probed[0].missed, Some(GapReason::TimedOut { .. })));
    assert!((40_000..42_000).contains(&took), "{took}");
    mount(&server, &at, json(r#"{"endTimestamp":-2}"#)).await;
    let mut again = super::tests::target(&server.uri(), quick());
    tick(&mut again, NOW - 60_000).await;
    let (got, _) = probed(&mut again, probe).await;
    let Some(GapReason::NotConfigured { detail }) = &got.probed[0].missed else { panic!() };
    assert!(detail.contains("rest.flamegraph.enabled"));
}
