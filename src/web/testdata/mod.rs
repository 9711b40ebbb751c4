//! The demo estate by hand, for tests of builders and routes: four jobs, six topics.
//! `dwd-order-stats` is slow, `ads-risk` inherits it, `audit-log` has nothing to do with either and
//! how late it reads is not known.

mod cases;
mod facts;
mod golden;
mod graph;
mod history;
mod incident;
mod inspections;
mod knowledge;
mod planned;
mod repairs;

pub use cases::{FixedCases, lessons};
pub use golden::check_golden;
pub use incident::{book, closed, flink_urls, hazard, record, window};
use inspections::yesterday;
pub use inspections::{FixedInspections, inspected, waivers};
pub use knowledge::{FixedKnowledge, answer, evidence_curve, rule, rules, shelf};
pub use planned::{FixedPlans, planned};
pub use repairs::{FixedRepairs, Heard, actions, plan_hash, proposals};

use crate::access::Access;
use crate::secret::Secret;
use crate::web::history::{History, Points};
use crate::web::state::{SystemInfo, SystemStatus, Tick, WebState};
use crate::web::view::{LoopView, StoreView, TargetView};
use crate::web::view_incident::IncidentTick;
use arc_swap::ArcSwap;
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;
use streamwarden_core::availability::PLANNED;
use streamwarden_core::estate::*;
use streamwarden_core::lineage::{Settings, Sla, SlaScope};
use streamwarden_core::past::Hour;
use streamwarden_core::snapshot::Snapshot;
use tokio::sync::watch;

/// 2026-01-15 03:14:06 UTC.
pub const NOW: Millis = Millis(1_768_446_846_000);
pub const TICK: Span = Span::secs(5);
pub const TOKEN: &str = "open-sesame";

/// What the demo's team declares.
pub fn settings() -> Settings {
    let sla = |scope, target_s| Sla {
        scope,
        target_s,
        near: Settings::NEAR,
        objective: Settings::OBJECTIVE,
    };
    let job = |name: &str, s| sla(SlaScope::Job(name.into()), s);
    let edge =
        |topic: &str, job: &str, s| sla(SlaScope::Edge { topic: topic.into(), job: job.into() }, s);
    Settings {
        slas: vec![
            edge("audit-in", "audit-log", 60.0),
            job("audit-log", 60.0),
            job("ods-orders", 2.0),
            job("dwd-order-stats", 5.0),
            job("ads-risk", 10.0),
            sla(SlaScope::Path { from: "ods-orders".into(), to: "risk-alerts".into() }, 10.0),
            sla(SlaScope::Default, 5.0),
        ],
        ..Settings::default()
    }
}

pub fn flink() -> ClusterId {
    ClusterId::new("demo")
}
pub fn kafka() -> ClusterId {
    ClusterId::new("pay-1")
}
pub fn job(name: &str) -> JobKey {
    JobKey::new(&flink(), name)
}
pub fn topic(name: &str) -> TopicId {
    TopicId::new(&kafka(), name)
}

pub fn snapshot() -> Snapshot {
    let (estate, mut changes) = facts::estate();
    changes.extend(facts::earlier_changes());
    changes.sort_by_key(|c| c.at);
    Snapshot {
        at: NOW,
        tick: Span::secs(5),
        estate: Arc::new(estate),
        signals: history::table(),
        lineage: Arc::new(graph::lineage()),
        changes: Arc::new(changes),
        gaps: Arc::new(vec![Gap {
            target: Target {
                name: "pay-1".into(),
                kind: TargetKind::Kafka,
                address: "127.0.0.1:9092".into(),
            },
            what: "transactions".into(),
            at: NOW - Span::secs(600),
            reason: GapReason::NoRights { detail: "the list of transactions is empty".into() },
        }]),
        past: Arc::default(),
        seasons: Arc::default(),
        planned: Arc::new(planned()),
        repairs: Arc::new(repairs::at_work()),
    }
}

/// A warehouse that `ads-risk` hands its data to, by a probe that was answered just now; its own
/// figure is not there.
pub fn warehouse(at: Millis) -> BaseCluster {
    let fact = BaseFact {
        cluster: ClusterId::new("ck"),
        base: BaseKind::Component,
        sort: "clickhouse".into(),
        members: vec![Member {
            name: "ck:9000".into(),
            role: MemberRole::Endpoint,
            state: Some("up".into()),
            answering: Some(Answering::Answers),
            detail: None,
            host: None,
        }],
        notes: BTreeMap::new(),
        serves: None,
        place: Place {
            upstream: vec!["job:ads-risk".into()],
            delay: Some(OwnDelay {
                ask: "metric(\"parts_wait_seconds\")".into(),
                target: Some(Span::secs(30)),
            }),
            ..Place::default()
        },
        health: Vec::new(),
    };
    let mut estate = Estate::default();
    estate.apply(Fact::Base(fact), at);
    estate.bases.remove(&ClusterId::new("ck")).unwrap()
}

pub fn with_warehouse(s: &Snapshot) -> Snapshot {
    let mut estate = (*s.estate).clone();
    estate.bases.insert(ClusterId::new("ck"), warehouse(s.at));
    Snapshot { estate: Arc::new(estate), ..s.clone() }
}

/// The same estate with a job name that tries to be markup and a terminal escape.
pub const HOSTILE: &str = "<script>alert(1)</script>\u{1b}[31m\"/..?id=&#x";

pub fn hostile() -> Snapshot {
    let mut s = snapshot();
    let mut estate = (*s.estate).clone();
    let old = estate.jobs.remove(&job("audit-log")).unwrap();
    let key = job(HOSTILE);
    estate.jobs.insert(key.clone(), Job { key: key.clone(), name: HOSTILE.into(), ..old });
    s.estate = Arc::new(estate);
    s.lineage = Arc::new(graph::renamed(&s.lineage, &job("audit-log"), &key));
    s
}

/// State of a server that has this snapshot, and where its ticks come from.
pub fn state(snapshot: Snapshot) -> (WebState, watch::Sender<Tick>) {
    let (tell, ticks) = watch::channel(Tick::default());
    let state = WebState {
        snapshot: Arc::new(ArcSwap::from_pointee(snapshot)),
        system: Arc::new(FixedStatus { assessed: true }),
        ticks,
        settings: Arc::new(settings()),
        zone: jiff::tz::TimeZone::UTC,
        hosts: Arc::from(vec!["watch.example.org".to_owned()]),
        cases: Arc::new(FixedCases::default()),
        plans: Arc::new(FixedPlans::default()),
        repairs: Arc::new(FixedRepairs::default()),
        history: Arc::new(FixedHistory),
        inspections: Arc::new(FixedInspections::default()),
        incident_ticks: watch::channel(IncidentTick::default()).1,
        flink: Arc::new(ArcSwap::from_pointee(flink_urls())),
        rules: Arc::new(FixedKnowledge),
        access: Arc::new(Access { token: Some(Secret::new(TOKEN)), ..Access::default() }),
    };
    (state, tell)
}

/// Three hours of one minute each.
pub struct FixedHistory;

impl History for FixedHistory {
    fn minutes<'a>(
        &'a self,
        subject: &'a str,
        name: &'a str,
        from: Millis,
        to: Millis,
    ) -> BoxFuture<'a, Result<Points, String>> {
        Box::pin(async move {
            if subject.contains("broken") {
                return Err("no space left".to_owned());
            }
            if name == PLANNED {
                return Ok(Vec::new());
            }
            let hour = |h: i64| (Millis(NOW.0 - h * 3_600_000), h as f64);
            let all = [2, 1, 0].map(hour).into_iter();
            Ok(all.filter(|(at, _)| *at >= from && *at < to).collect())
        })
    }

    fn hours<'a>(
        &'a self,
        name: &'a str,
        from: Millis,
        to: Millis,
    ) -> BoxFuture<'a, Result<BTreeMap<String, Vec<Hour>>, String>> {
        let mut all = if name == PLANNED { under_work() } else { within() };
        all.values_mut().for_each(|h| h.retain(|h| h.start >= from && h.start < to));
        Box::pin(async { Ok(all) })
    }

    fn told_by<'a>(
        &'a self,
        _: &'a str,
        _: Option<&'a str>,
        _: Millis,
        to: Millis,
    ) -> BoxFuture<'a, Result<Vec<(Millis, String)>, String>> {
        let day = Millis(to.0.div_euclid(86_400_000) * 86_400_000);
        Box::pin(async move { Ok(vec![(day, "http://prometheus:9090".to_owned())]) })
    }
}

/// Half an hour of work in the hour in which the path was out.
pub fn under_work() -> BTreeMap<String, Vec<Hour>> {
    let path = "path:orders→ads-risk";
    let all = within();
    let out = all[path].iter().filter(|h| h.mean < 1.0).map(|h| Hour { known: 30, ..*h });
    BTreeMap::from([(path.to_owned(), out.collect())])
}

/// Two days of three things; of the last nothing is known for half of each hour.
pub fn within() -> BTreeMap<String, Vec<Hour>> {
    let first = NOW.0.div_euclid(3_600_000) - 48;
    let hours = |known: u8, mean: fn(i64) -> f64| -> Vec<Hour> {
        let start = |h: i64| Millis((first + h) * 3_600_000);
        let hour = |h: i64| {
            let mean = mean(h);
            Hour { start: start(h), known, min: mean.floor(), mean, max: 1.0, last: 1.0 }
        };
        (0..48).map(hour).collect()
    };
    let bad = |h: i64| if h == 20 { 0.25 } else { 1.0 };
    BTreeMap::from([
        ("path:orders→ads-risk".to_owned(), hours(60, bad)),
        (format!("job:{}", job("ads-risk")), hours(60, |_| 1.0)),
        ("layer:ADS".to_owned(), hours(30, |_| 1.0)),
    ])
}

pub struct FixedStatus {
    pub assessed: bool,
}

impl SystemStatus for FixedStatus {
    fn info(&self) -> SystemInfo {
        SystemInfo { assessed: self.assessed, ..info() }
    }
}

pub fn info() -> SystemInfo {
    let target = |name: &str, kind: &str, address: &str| TargetView {
        name: name.into(),
        kind: kind.into(),
        address: address.into(),
        up: Some(true),
        last_ok: Some(NOW.0 - 1200),
        last_try: Some(NOW.0 - 1200),
        took_ms: Some(18.0),
        samples: Some(2140),
        requests: Some(1200),
        bytes: Some(402_113),
        error: None,
        since: None,
    };
    SystemInfo {
        started: NOW - Span::secs(3700),
        targets: vec![
            target("demo", "flink_rest", "http://127.0.0.1:8081"),
            target("demo-metrics", "prometheus", "http://127.0.0.1:9249/metrics"),
            target("pay-1", "kafka", "127.0.0.1:9092"),
            TargetView {
                up: Some(false),
                last_ok: None,
                samples: None,
                bytes: None,
                error: Some("no connection: connection refused".into()),
                since: Some(NOW.0 - 3_600_000),
                ..target("node-h7", "prometheus", "http://127.0.0.1:9100/metrics")
            },
        ],
        loops: vec![LoopView {
            name: "assess".into(),
            state: "idle".into(),
            since: NOW.0 - 800,
            runs: 739,
            last_outcome: Some("assessed 4 jobs".into()),
            last_took_ms: Some(3.2),
            late_ticks: 0,
        }],
        store: StoreView {
            path: "./data".into(),
            series: 812,
            memory_bytes: 1_900_000,
            disk_bytes: 3_400_000,
            oldest: Some(NOW.0 - 3_700_000),
            last_flush: Some(NOW.0 - 21_000),
            error: None,
        },
        no_minutes: None,
        assessed: true,
        loops_moving: true,
        mode: streamwarden_core::case::Mode::Observe,
        tick: TICK,
    }
}
