//! Targets that misbehave, over real HTTP.

use crate::collect::Yield;
use crate::collect::http::{HttpAccess, ReadClient};
use crate::collect::prometheus::{Caps, PrometheusTarget, Slots};
use std::time::Duration;
use streamwarden_core::estate::{
    Answering, ClusterId, Entity, Fact, GapReason, Millis, Span, Target, TargetKind,
};
use streamwarden_core::signals::Signal;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const AT: Millis = Millis(1_795_240_000_000);
const JM: &str = include_str!("../../../../tests/fixtures/exposition/jobmanager-2.3.0.txt");

async fn scrape(answer: ResponseTemplate) -> Yield {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let target =
        Target { name: "tm-1".into(), kind: TargetKind::Prometheus, address: server.uri().into() };
    let client = ReadClient::new(HttpAccess::default()).unwrap();
    let caps = Caps { deadline: Duration::from_millis(300), body: 100_000, series: 50 };
    let url = format!("{}/metrics", server.uri());
    PrometheusTarget::new(target, ClusterId::new("prod"), url, client, caps).scrape(AT).await
}

fn text(body: impl Into<Vec<u8>>) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.into(), "text/plain; version=0.0.4")
}

fn own(out: &Yield, signal: Signal) -> Option<f64> {
    let of = Entity::Target { name: "tm-1".into() };
    out.samples.iter().find(|s| s.entity == of && s.signal == signal).map(|s| s.value)
}

/// Nothing of it is used: one gap, and the target is down.
fn blind(out: &Yield) -> &GapReason {
    assert_eq!(own(out, Signal::TargetUp), Some(0.0));
    assert!(!out.seen.iter().any(|s| &**s == "series"));
    let gap = out.gaps.iter().find(|g| &*g.what == "series").unwrap();
    assert_eq!(gap.at, AT);
    &gap.reason
}

fn detail(reason: &GapReason) -> &str {
    match reason {
        GapReason::NotUnderstood { detail } => detail,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_healthy_target() {
    let out = scrape(text(JM)).await;
    assert_eq!(out.gaps, []);
    assert_eq!(out.seen.len(), 2);
    assert_eq!(own(&out, Signal::TargetUp), Some(1.0));
    assert_eq!(own(&out, Signal::ScrapeSamples), Some(out.samples.len() as f64 - 3.0));
    assert!(own(&out, Signal::ScrapeDuration).unwrap() > 0.0);
    assert_eq!((out.bytes, out.requests), (JM.len() as u64, 1));
}

#[tokio::test]
async fn errors_and_hangs_are_gaps() {
    let out = scrape(ResponseTemplate::new(500)).await;
    assert_eq!(blind(&out), &GapReason::Status { code: 500 });
    let out = scrape(text(JM).set_delay(Duration::from_secs(30))).await;
    assert!(matches!(blind(&out), GapReason::TimedOut { .. }));
    let out = scrape(text(vec![b'#'; 200_000])).await;
    assert_eq!(blind(&out), &GapReason::TooLarge { cap_bytes: 100_000 });
}

#[tokio::test]
async fn what_is_not_exposition_text_says_so() {
    let html = ResponseTemplate::new(200).set_body_raw("<!doctype html>", "text/html");
    assert!(detail(blind(&scrape(html).await)).contains("is this the REST port?"));
    assert!(detail(blind(&scrape(text("{\"errors\":[]}")).await)).starts_with("JSON"));
    assert!(detail(blind(&scrape(text("\n")).await)).starts_with("empty text"));
    let other = text("# TYPE go_goroutines gauge\ngo_goroutines 9\n");
    assert!(detail(blind(&scrape(other).await)).starts_with("no series in 2 lines"));
}

#[tokio::test]
async fn bad_lines_do_not_hide_good_ones() {
    let body = b"flink_jobmanager_numRunningJobs{host=\"\xff\"} 1\n\
        flink_jobmanager_taskSlotsTotal{host=\"a\",} 8.0\n\
        flink_jobmanager_Status_JVM_CPU_Load{host=\"a\",} NaN\n";
    let out = scrape(text(*body)).await;
    assert_eq!(out.gaps.len(), 1);
    assert_eq!(&*out.gaps[0].what, "lines");
    assert_eq!(
        detail(&out.gaps[0].reason),
        "1 bad lines are left out, the first is line 1: not UTF-8"
    );
    assert_eq!(own(&out, Signal::TargetUp), Some(1.0));
    assert_eq!(own(&out, Signal::ScrapeSamples), Some(1.0), "NaN is no value");
}

#[tokio::test]
async fn a_label_explosion_ends_at_the_cap() {
    let body: String = (0..500)
        .map(|i| format!("flink_taskmanager_job_task_numRecordsIn{{job_id=\"j\",task_id=\"t\",subtask_index=\"{i}\",}} 1\n"))
        .collect();
    let out = scrape(text(body)).await;
    let reason = GapReason::TooMany { what: "series".into(), cap: 50, seen: 500 };
    assert_eq!(out.gaps[0].reason, reason);
    assert_eq!(own(&out, Signal::ScrapeSamples), Some(50.0));
    assert_eq!(own(&out, Signal::TargetUp), Some(1.0));
}

fn slots(cap: usize) -> Slots {
    Slots::new(ClusterId::new("c"), "kafka-jmx".into(), "host".into(), cap)
}

fn line(operator: &str, attempt: u32, value: f64) -> String {
    format!(
        "flink_taskmanager_job_task_numRecordsIn{{job_id=\"j\",task_id=\"t\",task_name=\"{operator}\",\
         task_attempt_num=\"{attempt}\",subtask_index=\"0\",}} {value}\n"
    )
}

#[test]
fn a_new_attempt_takes_over_and_a_double_does_not() {
    let mut slots = slots(10);
    let mut values = |text: String| -> Vec<f64> {
        slots.read(text.as_bytes(), AT).samples.iter().map(|s| s.value).collect()
    };
    assert_eq!(values(line("a", 0, 5.0)), [5.0]);
    assert_eq!(values(line("a", 1, 1.0)), [1.0], "the same subtask, another series");
    // two series for one entity and signal: the first one speaks, always
    assert_eq!(values(line("x", 2, 7.0) + &line("y", 2, 8.0)), [7.0]);
    assert_eq!(values(line("y", 2, 9.0) + &line("x", 2, 10.0)), [10.0]);
}

#[test]
fn series_that_change_their_labels_each_time_are_forgotten() {
    let mut slots = slots(10);
    for round in 0..100 {
        let text: String = (0..8).map(|i| line("a", round * 8 + i, 1.0)).collect();
        slots.read(text.as_bytes(), AT);
        assert!(slots.len() <= 20, "{}", slots.len());
    }
}

#[test]
fn a_value_with_its_own_time_keeps_it() {
    let mut slots = slots(10);
    let old = AT.0 - 60_000;
    let text =
        format!("process_cpu_seconds_total 5.5 {old}\njvm_threads_current 9 {}\n", AT.0 + 99_000);
    let samples = slots.read(text.as_bytes(), AT).samples;
    let told: Vec<_> = samples.iter().map(|s| (s.signal, s.at, s.value)).collect();
    assert_eq!(told, [(Signal::CpuTime, Millis(old), 5500.0), (Signal::Threads, AT, 9.0)]);
    assert!(
        matches!(&samples[0].entity, Entity::Component { component, .. } if &**component == "kafka-jmx")
    );
}

/// A TaskManager that is stopped takes the connection and says nothing; one that is gone does not.
#[tokio::test]
async fn a_process_that_says_nothing_is_told_from_one_that_is_gone() {
    const TM: &str = include_str!("../../../../tests/fixtures/exposition/taskmanager-2.3.0.txt");
    let server = MockServer::builder().start().await;
    let hung = text(TM).set_delay(Duration::from_secs(5));
    Mock::given(any()).respond_with(text(TM)).up_to_n_times(2).mount(&server).await;
    Mock::given(any()).respond_with(hung).mount(&server).await;
    let target =
        Target { name: "tm-1".into(), kind: TargetKind::Prometheus, address: server.uri().into() };
    let client = ReadClient::new(HttpAccess::default()).unwrap();
    let caps = Caps { deadline: Duration::from_millis(300), body: 9_000_000, series: 5000 };
    let url = format!("{}/metrics", server.uri());
    let mut eye = PrometheusTarget::new(target, ClusterId::new("prod"), url, client, caps);
    let told = |out: &Yield| {
        out.facts.iter().find_map(|(_, f)| match f {
            Fact::TaskManagerAnswers { taskmanagers, answering, .. } => {
                Some((taskmanagers.len(), *answering))
            }
            _ => None,
        })
    };
    assert_eq!(told(&eye.scrape(AT).await), Some((1, Answering::Answers)));
    assert_eq!(told(&eye.scrape(AT + Span::secs(5)).await), None, "as before");
    assert_eq!(told(&eye.scrape(AT + Span::secs(10)).await), Some((1, Answering::Silent)));
    drop(server);
    assert_eq!(told(&eye.scrape(AT + Span::secs(15)).await), Some((1, Answering::Unreachable)));
}
