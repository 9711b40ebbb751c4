//! Two inspections of the demo estate by hand, and a shelf of them.

use super::{NOW, flink, job, kafka, topic};
use crate::web::inspections::{Head, InspectError, Inspections, NewWaiver, Timetable};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use std::sync::{Arc, Mutex};
use streamwarden_core::case::IncidentId;
use streamwarden_core::estate::*;
use streamwarden_core::inspect::*;
use streamwarden_core::rules::*;

const DAY: Span = Span::secs(86_400);

fn words(en: &str, zh: &str) -> Words {
    Words { en: en.into(), zh: zh.into() }
}

fn proof(name: &str, value: f64, op: &str, threshold: f64, unit: &str, s: &Subject) -> Evidence {
    let number = |value| Some(Figure::Number { value, unit: unit.into() });
    Evidence {
        name: name.into(),
        truth: Truth::True,
        expr: "peak(\"delay\") over 7d > 1h".into(),
        words: None,
        checks: vec![Check {
            truth: Truth::True,
            subject: s.clone(),
            expr: "peak(\"delay\") over 7d".into(),
            value: number(value),
            op: Some(op.into()),
            threshold: number(threshold),
            held_s: None,
            missing: None,
        }],
        at: NOW,
    }
}

fn finding(check: &str, component: Component, subject: Subject, level: Level) -> Finding {
    Finding {
        check: check.into(),
        component,
        subject,
        level,
        says: Words::default(),
        advice: Vec::new(),
        evidence: Vec::new(),
        prevents: Vec::new(),
        source: Words { en: "the documentation".into(), zh: "官方文档".into() },
        looks_at: check.into(),
        standing: Standing::Still,
        since: NOW - DAY,
        waived: None,
        team: None,
        counted_by: None,
    }
}

fn job_of(name: &str) -> Subject {
    Subject::Job { job: job(name) }
}

/// Yesterday's has no trouble but one; today's has of everything.
pub fn inspected() -> Inspected {
    let orders = Subject::Topic { topic: topic("orders") };
    let retention = Finding {
        says: words(
            "orders keeps 2 h, and ads-risk was 1 h 40 min behind: 20 min from losing data",
            "orders 仅保留 2 小时，而 ads-risk 曾落后 1 小时 40 分钟：距数据丢失仅 20 分钟",
        ),
        advice: vec![words(
            "set retention.ms of orders to 21600000 (6 h): 41 GB more on the brokers' disks, 12 % used",
            "将 orders 的 retention.ms 设为 21600000（6 小时）：磁盘多占 41 GB，现使用 12 %",
        )],
        evidence: vec![proof("worst_lag", 6000.0, ">", 3600.0, "s", &orders)],
        prevents: vec!["link.offset_out_of_range".into()],
        standing: Standing::New,
        since: NOW,
        ..finding("kafka.retention", Component::Kafka, orders.clone(), Level::High)
    };
    let age = Finding {
        says: words(
            "the newest checkpoint of dwd-order-stats was up to 42 min old",
            "dwd-order-stats 的最新检查点最久达 42 分钟",
        ),
        evidence: vec![proof("old", 2520.0, ">", 1800.0, "s", &job_of("dwd-order-stats"))],
        advice: vec![words("set the checkpoint timeout to 15 min", "将检查点超时设为 15 分钟")],
        standing: Standing::Worse,
        team: Some("orders".into()),
        ..finding("job.checkpoint_age", Component::Flink, job_of("dwd-order-stats"), Level::High)
    };
    let also = Finding {
        says: words("checkpoints take longer each day", "检查点耗时逐日增长"),
        counted_by: Some("job.checkpoint_age".into()),
        looks_at: "job.checkpoint_age".into(),
        team: Some("orders".into()),
        ..finding("job.checkpoint_trend", Component::Flink, job_of("dwd-order-stats"), Level::Low)
    };
    let cluster = Subject::FlinkCluster { cluster: flink() };
    let waived = Finding {
        says: words("no slot was free for 3 h", "3 小时内没有空闲 slot"),
        waived: Some(waivers()[0].clone()),
        ..finding("flink.slots", Component::Flink, cluster.clone(), Level::High)
    };
    let sessions = Finding {
        says: words("2 of 3 servers answer", "3 台中有 2 台响应"),
        ..finding(
            "zookeeper.quorum",
            Component::Zookeeper,
            Subject::KafkaCluster { cluster: kafka() },
            Level::Low,
        )
    };
    let findings = vec![retention, age, sessions, also, waived];
    let named = [
        (orders, "orders"),
        (job_of("dwd-order-stats"), "dwd-order-stats"),
        (job_of("ads-risk"), "ads-risk"),
        (job_of("audit-log"), "audit-log"),
        (cluster, "Flink demo"),
        (Subject::KafkaCluster { cluster: kafka() }, "Kafka pay-1"),
    ];
    let names = named.iter().map(|(s, name)| (s.to_string(), Name::from(*name))).collect();
    let report = Report {
        carried: Vec::new(),
        at: NOW,
        checks: 41,
        judged: 96,
        scores: scored(&findings),
        gone: gone(),
        blind: vec![
            Blind {
                check: "job.heap_floor".into(),
                component: Component::Flink,
                subjects: 3,
                first: vec![job_of("ads-risk"), job_of("audit-log")],
                missing: "heap_floor of job demo/ads-risk".into(),
            },
            Blind {
                check: "job.state_growth".into(),
                component: Component::Flink,
                subjects: 1,
                first: vec![job_of("ads-risk")],
                missing: "trend of job demo/ads-risk (needs 7 d, has 4 h)".into(),
            },
        ],
        findings,
        left_out: 0,
        names,
    };
    Inspected {
        report,
        estate: "Realtime platform".into(),
        zone: "Asia/Shanghai".into(),
        due: Some(Millis(1_768_435_200_000)),
        by: None,
        took_ms: 340,
        before: Some(Before { at: NOW - DAY, points: Some(96.5) }),
        incidents: Some(incidents()),
    }
}

/// One of the night, one that is not over.
fn incidents() -> Incidents {
    let one = |id: &str, back: i64, closed: Option<i64>, en: &str, zh: &str| Occurred {
        id: IncidentId(id.into()),
        onset: NOW - Span::secs(back),
        closed: closed.map(|back| NOW - Span::secs(back)),
        says: words(en, zh),
    };
    let slow = ("ads-risk is 4 min late. Enrich is slow", "ads-risk 延迟 4 分钟。Enrich 处理慢");
    let broker = (
        "ads-risk was 20 min late. It was: broker 2 is down",
        "ads-risk 曾延迟 20 分钟。原为：节点 2 宕机",
    );
    let told = vec![
        one("c0ffee0123456789", 600, None, slow.0, slow.1),
        one("beef456789abcdef", 18_000, Some(15_600), broker.0, broker.1),
    ];
    Incidents { from: NOW - DAY, all: 2, open: 1, told }
}

fn gone() -> Vec<Gone> {
    let was = |check: &str, name: &str, level, why, en: &str, zh: &str| Gone {
        check: check.into(),
        subject: job_of(name),
        level,
        says: words(en, zh),
        why,
    };
    let (old, full) = ("its state grew by 9 GiB a day", "状态每日增长 9 GiB");
    let (blind, unseen) = ("87 % of its heap was never free", "堆内存有 87 % 从未释放");
    vec![
        was("job.state_growth", "ads-risk", Level::High, GoneWhy::Fixed, old, full),
        was("job.heap_floor", "audit-log", Level::Low, GoneWhy::NotSeen, blind, unseen),
    ]
}

fn scored(findings: &[Finding]) -> Scores {
    let s = super::snapshot();
    // nobody could look at one job
    let kinds = [SubjectKind::Job, SubjectKind::FlinkCluster, SubjectKind::KafkaCluster];
    let all = kinds.into_iter().flat_map(|kind| all_of(&s, kind));
    let judged = all.filter(|subject| *subject != job_of("audit-log")).collect();
    scores(findings, &judged, &s, &|subject| match subject {
        Subject::Job { job } => {
            Some(if job.key.starts_with("ads") { "risk" } else { "orders" }.into())
        }
        _ => None,
    })
}

pub fn yesterday() -> Inspected {
    let today = inspected();
    let mut report = today.report.clone();
    report.at = NOW - DAY;
    report.findings.retain(|f| &*f.check != "kafka.retention");
    report.findings.iter_mut().for_each(|f| f.level = Level::Low);
    let fixed = Finding {
        says: words("its state grew by 9 GiB a day", "状态每日增长 9 GiB"),
        ..finding("job.state_growth", Component::Flink, job_of("ads-risk"), Level::High)
    };
    report.findings.push(fixed);
    report.gone.clear();
    report.scores = scored(&report.findings);
    Inspected { report, due: today.due.map(|d| d - DAY), before: None, ..today }
}

pub fn waivers() -> Vec<Waiver> {
    let one = |id: &str, check: &str, subject: &str| Waiver {
        id: id.into(),
        check: check.into(),
        subject: subject.into(),
        owner: "li.wei".into(),
        reason: "the new racks come in March".into(),
        made: NOW - DAY,
        until: NOW + Span(60 * DAY.0),
        ended: None,
    };
    vec![
        one("wa01c0de00000001", "flink.slots", "flink_cluster:demo"),
        one("wa02c0de00000002", "job.checkpoint_age", "job:*"),
    ]
}

#[derive(Default)]
pub struct FixedInspections {
    /// How often something was written down.
    pub written: Mutex<u32>,
}

type Asked<'a, T> = BoxFuture<'a, Result<T, InspectError>>;

impl FixedInspections {
    fn wrote<T: Send + 'static>(&self, what: T) -> Asked<'_, T> {
        *self.written.lock().unwrap() += 1;
        ready(Ok(what)).boxed()
    }
}

impl Inspections for FixedInspections {
    fn checks(&self) -> Vec<(Name, SubjectKind)> {
        let of = [
            ("flink.slots", SubjectKind::FlinkCluster),
            ("job.checkpoint_age", SubjectKind::Job),
            ("kafka.retention", SubjectKind::Topic),
        ];
        of.map(|(name, kind)| (name.into(), kind)).into()
    }

    fn timetable(&self) -> Timetable {
        Timetable {
            line: Some("0 8 * * *".into()),
            zone: "Asia/Shanghai".into(),
            next: Some(Millis(1_768_521_600_000)),
            most: 400,
        }
    }

    fn list(&self, limit: u32) -> Asked<'_, Vec<Head>> {
        let head = |i: Inspected| Head {
            at: i.report.at,
            due: i.due,
            by: i.by.clone(),
            summary: i.report.summary(),
            took_ms: i.took_ms,
        };
        let all = [inspected(), yesterday()].into_iter().take(limit as usize).map(head);
        ready(Ok(all.collect())).boxed()
    }

    fn report(&self, at: Millis) -> Asked<'_, Arc<Inspected>> {
        let mut all = [inspected(), yesterday()].into_iter();
        let found = all.find(|i| i.report.at <= at).map(Arc::new);
        ready(found.ok_or(InspectError::NotFound)).boxed()
    }

    fn now(&self) -> Asked<'_, Arc<Inspected>> {
        let now = Inspected { due: None, ..inspected() };
        ready(Ok(Arc::new(now))).boxed()
    }

    fn keep(&self, by: Name) -> Asked<'_, Arc<Inspected>> {
        self.wrote(Arc::new(Inspected { due: None, by: Some(by), ..inspected() }))
    }

    fn waivers(&self) -> Asked<'_, Vec<Waiver>> {
        ready(Ok(waivers())).boxed()
    }

    fn waive(&self, new: NewWaiver) -> Asked<'_, Waiver> {
        let NewWaiver { check, subject, owner, reason, until } = new;
        let id = "wa03c0de00000003".into();
        self.wrote(Waiver { id, check, subject, owner, reason, made: NOW, until, ended: None })
    }

    fn unwaive<'a>(&'a self, id: &'a str, by: Name) -> Asked<'a, Waiver> {
        let Some(found) = waivers().into_iter().find(|w| w.id.starts_with(id)) else {
            return ready(Err(InspectError::NotFound)).boxed();
        };
        self.wrote(Waiver { ended: Some(EndedEarly { at: NOW, by }), ..found })
    }
}
