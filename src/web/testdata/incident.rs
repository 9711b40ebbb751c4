//! Incidents of the demo estate by hand: a slow operator with a victim, a hazard, a closed one.

use super::facts::vertex;
use super::{NOW, flink, job, kafka, topic};
use crate::web::state::{FlinkUrls, IncidentBook};
use std::sync::Arc;
use streamwarden_core::case::*;
use streamwarden_core::estate::{JobKey, Millis, Name, Span, Subject};
use streamwarden_core::past::{Alike, Usual};
use streamwarden_core::rules::{Check, Evidence, Figure, Truth, Words};

pub fn flink_urls() -> FlinkUrls {
    FlinkUrls::from([(flink(), "http://127.0.0.1:8081".to_owned())])
}

fn ago(s: i64) -> Millis {
    NOW - Span::secs(s)
}

fn words(en: &str, zh: &str) -> Words {
    Words { en: en.into(), zh: zh.into() }
}

pub fn window() -> Subject {
    Subject::Vertex { job: job("dwd-order-stats"), vertex: vertex("window") }
}

fn number(value: f64, unit: &str) -> Option<Figure> {
    Some(Figure::Number { value, unit: unit.into() })
}

fn check(
    truth: Truth,
    subject: Subject,
    expr: &str,
    figures: (Option<Figure>, &str, Option<Figure>),
) -> Check {
    let (value, op, threshold) = figures;
    Check {
        truth,
        subject,
        expr: expr.into(),
        value,
        op: Some(op.into()),
        threshold,
        held_s: Some(20.0),
        missing: None,
    }
}

fn evidence(
    name: &str,
    truth: Truth,
    expr: &str,
    said: (&str, &str),
    checks: Vec<Check>,
) -> Evidence {
    let words = (!said.0.is_empty()).then(|| words(said.0, said.1));
    Evidence { name: name.into(), truth, expr: expr.into(), words, checks, at: NOW }
}

fn holds() -> Vec<Evidence> {
    let source = Subject::Vertex { job: job("dwd-order-stats"), vertex: vertex("source") };
    let stats = Subject::Job { job: job("dwd-order-stats") };
    vec![
        evidence(
            "busy_everywhere",
            Truth::True,
            "min(busy) >= 0.9 for 20s",
            ("busy 0.99 to 1.00 on 2 of 2 subtasks", "2 个子任务繁忙度 0.99 至 1.00"),
            vec![check(
                Truth::True,
                window(),
                "min(busy)",
                (number(0.99, "ratio"), ">=", number(0.9, "ratio")),
            )],
        ),
        evidence(
            "pressed_before_it",
            Truth::True,
            "back_pressure of upstream >= 0.5 for 20s",
            ("its source is back-pressured 0.97", "其上游 Source 反压 0.97"),
            vec![check(
                Truth::True,
                source,
                "back_pressure",
                (number(0.97, "ratio"), ">=", number(0.5, "ratio")),
            )],
        ),
        evidence(
            "input_unchanged",
            Truth::True,
            "input.rate < 1.3 * input.rate before onset",
            ("", ""),
            vec![check(
                Truth::True,
                stats,
                "input.rate",
                (number(2010.0, "records/s"), "<", number(2597.0, "records/s")),
            )],
        ),
        evidence(
            "cpu_high",
            Truth::Unknown,
            "cpu of taskmanager >= 0.9 for 20s",
            ("", ""),
            vec![Check {
                value: None,
                missing: Some("no CPU load of TaskManager tm-1 is seen".into()),
                ..check(
                    Truth::Unknown,
                    window(),
                    "cpu of taskmanager",
                    (None, ">=", number(0.9, "cores")),
                )
            }],
        ),
    ]
}

fn considered() -> Vec<Considered> {
    let not = |cause: &str, why_not, evidence| Considered {
        cause: cause.into(),
        subject: window(),
        why_not,
        evidence: vec![evidence],
    };
    vec![
        not(
            "link.upstream_surge",
            WhyNot::NeedFails,
            evidence(
                "input_grew",
                Truth::False,
                "input.rate >= 1.3 * input.rate before onset",
                ("more comes in", "输入增多"),
                vec![check(
                    Truth::False,
                    window(),
                    "input.rate",
                    (number(2010.0, "records/s"), ">=", number(2597.0, "records/s")),
                )],
            ),
        ),
        not(
            "code.data_skew_hot_key",
            WhyNot::SpokenAgainst,
            evidence(
                "others_idle",
                Truth::False,
                "median(busy of others(hot)) < 0.5",
                ("", ""),
                vec![check(
                    Truth::False,
                    window(),
                    "median(busy of others(hot))",
                    (number(0.98, "ratio"), "<", number(0.5, "ratio")),
                )],
            ),
        ),
    ]
}

pub fn diagnosis() -> Diagnosis {
    let between: Vec<Name> = vec!["code.slow_udf_cpu".into(), "code.sync_io_blocking".into()];
    Diagnosis {
        verdict: Verdict::Family { family: "operator_slow".into(), between },
        subject: window(),
        role: CauseRole::Root,
        onset: ago(102),
        says: words(
            "Window of dwd-order-stats cannot keep up: each record takes 9.6 ms of its time, 12 times the mean of this attempt.",
            "dwd-order-stats 的 Window 算子处理不过来：每条耗时 9.6 毫秒，是本次运行均值的 12 倍。",
        ),
        evidence: holds(),
        considered: considered(),
        missing: vec![Missing {
            name: "on_cpu".into(),
            cause: "code.slow_udf_cpu".into(),
            what: "a flame graph".into(),
            probe: Some(Probe::FlameGraph { subject: window() }),
        }],
        consequences: vec![Finding {
            cause: "conf.aligned_checkpoint_under_backpressure".into(),
            subject: Subject::Job { job: job("dwd-order-stats") },
            says: words(
                "a checkpoint timed out behind the back pressure",
                "反压导致一次检查点超时",
            ),
        }],
        victims: vec![Victim { job: job("ads-risk"), late_s: Some(95.6), target_s: Some(10.0) }],
        touches: std::collections::BTreeSet::new(),
        symptoms: vec![
            late("dwd-order-stats", 94.3, 5.0, ago(100)),
            late("ads-risk", 95.6, 10.0, ago(96)),
        ],
        advice: vec![words(
            "rescale Window from 2 to 4: cures both; 2 slots free, max parallelism 128",
            "将 Window 并行度从 2 调到 4：两种原因都能缓解；空闲 slot 2 个，最大并行度 128",
        )],
        never: vec![words(
            "a restart: it would cost about 40 s and cure nothing",
            "不要重启：约耗时 40 秒且无法解决问题",
        )],
        cures: vec!["rescale_up".into()],
        support: 1.0,
    }
}

fn late(name: &str, value: f64, target: f64, onset: Millis) -> Symptom {
    Symptom {
        kind: SymptomKind::Late,
        subject: Subject::Job { job: job(name) },
        job: Some(job(name)),
        what: None,
        onset,
        onset_at_least: false,
        value: Some(value),
        threshold: Some(target),
        usual: None,
        season: None,
        against: Against::Target,
        trend: Some(0.92),
    }
}

pub fn incident() -> Incident {
    Incident {
        id: IncidentId("7f3a9c01d2e4b586".into()),
        state: IncidentState::Confirmed,
        opened: ago(86),
        closed: None,
        onset: ago(102),
        diagnosis: diagnosis(),
        last_seen: ago(2),
        said: vec![first_said()],
        merged_into: None,
        split_from: None,
    }
}

fn first_said() -> Said {
    Said {
        at: ago(86),
        verdict: Verdict::Undetermined {
            between: vec!["code.slow_udf_cpu".into(), "link.upstream_surge".into()],
        },
        subject: Subject::Job { job: job("dwd-order-stats") },
        says: words(
            "dwd-order-stats is slow: not yet known why.",
            "dwd-order-stats 变慢，原因尚不明。",
        ),
    }
}

pub fn record() -> Record {
    let incident = incident();
    let event = |at, what| IncidentEvent { at, id: incident.id.clone(), what };
    let first = first_said();
    let before = Diagnosis {
        verdict: first.verdict.clone(),
        subject: first.subject.clone(),
        says: first.says.clone(),
        ..diagnosis()
    };
    let then = Incident { diagnosis: before, said: Vec::new(), ..incident.clone() };
    Record {
        events: vec![
            event(ago(86), EventKind::Opened { incident: Box::new(then) }),
            event(ago(71), EventKind::Revised { from: first, diagnosis: Box::new(diagnosis()) }),
            event(ago(66), EventKind::Confirmed),
            event(
                ago(40),
                EventKind::Spread { victims: diagnosis().victims, consequences: Vec::new() },
            ),
        ],
        acks: vec![Ack { at: ago(30), by: "li.wei".into(), note: Some("on it".into()) }],
        corrections: Vec::new(),
        incident,
    }
}

/// Nothing is late yet: less harm than the other, though found before.
pub fn hazard() -> Record {
    let job: JobKey = job("ods-orders");
    let incident = Incident {
        id: IncidentId("0b1c2d3e4f506172".into()),
        state: IncidentState::Confirmed,
        opened: ago(1800),
        closed: None,
        onset: ago(1900),
        diagnosis: Diagnosis {
            verdict: Verdict::Root { cause: "code.state_growth_no_ttl".into() },
            subject: Subject::Job { job },
            role: CauseRole::Hazard,
            onset: ago(1900),
            says: words(
                "the state of ods-orders grows without end: 1.1 GiB, 40 MiB more each hour",
                "ods-orders 的状态持续增长：1.1 GiB，每小时增加 40 MiB",
            ),
            evidence: Vec::new(),
            considered: Vec::new(),
            missing: Vec::new(),
            consequences: Vec::new(),
            victims: Vec::new(),
            touches: std::collections::BTreeSet::new(),
            symptoms: Vec::new(),
            advice: Vec::new(),
            never: Vec::new(),
            cures: Vec::new(),
            support: 1.0,
        },
        last_seen: ago(3),
        said: Vec::new(),
        merged_into: None,
        split_from: None,
    };
    let opened = EventKind::Opened { incident: Box::new(incident.clone()) };
    let events = vec![IncidentEvent { at: ago(1800), id: incident.id.clone(), what: opened }];
    Record { incident, events, acks: Vec::new(), corrections: Vec::new() }
}

/// A broker that was dead an hour ago, and what was said of the answer.
pub fn closed() -> Record {
    let mut r = hazard();
    let id = IncidentId("c0ffee0012345678".into());
    let broker = Subject::Broker { cluster: kafka(), id: 1 };
    r.incident = Incident {
        id: id.clone(),
        state: IncidentState::Closed,
        opened: ago(3990),
        closed: Some(ago(3300)),
        onset: ago(4000),
        diagnosis: Diagnosis {
            verdict: Verdict::Root { cause: "link.kafka_broker_down".into() },
            subject: broker,
            role: CauseRole::Root,
            onset: ago(4000),
            says: words(
                "broker 1 of pay-1 does not answer: 2 partitions have no leader",
                "pay-1 的 broker 1 无响应：2 个分区没有 leader",
            ),
            victims: vec![Victim { job: job("ads-risk"), late_s: Some(640.0), target_s: None }],
            touches: std::collections::BTreeSet::new(),
            ..diagnosis()
        },
        last_seen: ago(3400),
        ..r.incident
    };
    let closed = EventKind::Closed { why: CloseReason::Over };
    r.events = vec![
        IncidentEvent { at: ago(3400), id: id.clone(), what: EventKind::Recovering },
        IncidentEvent { at: ago(3300), id, what: closed },
    ];
    r.corrections = vec![Correction {
        at: ago(3000),
        by: "chen".into(),
        right: true,
        cause: None,
        subject: None,
        note: Some("its disk was full".into()),
    }];
    r
}

fn usual() -> Usual {
    Usual {
        level: 12.4,
        least: 0.3,
        most: Some(31.0),
        alike: Alike::Weekday,
        days: 4,
        minute: 9 * 60 + 30,
        weekday: 0,
    }
}

pub fn book() -> IncidentBook {
    let reads = |t: &str| Subject::Topic { topic: topic(t) };
    IncidentBook {
        at: NOW,
        open: vec![Arc::new(hazard()), Arc::new(record())],
        calm: vec![
            NoTrouble {
                subject: Subject::Job { job: job("audit-log") },
                why: Calm::CatchingUp,
                since: ago(214),
                eta_s: Some(75.0),
                usual: None,
            },
            NoTrouble {
                subject: reads("ods-clicks"),
                why: Calm::Seasonal,
                since: ago(95),
                eta_s: None,
                usual: Some(usual()),
            },
        ],
        pending: vec![Symptom {
            kind: SymptomKind::InputStopped,
            subject: reads("audit-in"),
            job: Some(job("audit-log")),
            value: Some(0.0),
            threshold: Some(12.0),
            against: Against::Baseline,
            trend: None,
            season: Some(usual()),
            ..late("audit-log", 0.0, 0.0, ago(8))
        }],
    }
}
