//! Facts as collectors would hand them over.

use super::{NOW, flink, job, kafka, topic};
use std::collections::BTreeMap;
use streamwarden_core::estate::*;

pub const JOBS: [&str; 4] = ["ods-orders", "dwd-order-stats", "ads-risk", "audit-log"];
const TOPICS: [(&str, Option<&str>); 6] = [
    ("orders", Some("21600000")),
    ("order-stats", Some("21600000")),
    ("risk-alerts", Some("-1")),
    ("audit-in", None),
    ("audit-out", Some("604800000")),
    ("other", Some("3600000")),
];

pub fn run(name: &str) -> RunId {
    let i = JOBS.iter().position(|j| *j == name).unwrap();
    RunId::new(format!("{:032x}", 0x9f00 + i))
}

pub fn vertex(name: &str) -> VertexId {
    let i = ["source", "window", "sink"].iter().position(|v| *v == name).unwrap();
    VertexId::new(format!("{:032x}", 0xbc00 + i))
}

fn start(name: &str) -> Millis {
    NOW - Span::secs(if name == "dwd-order-stats" { 6 * 86_400 } else { 9000 })
}

pub fn estate() -> (Estate, Vec<Change>) {
    let mut estate = Estate::default();
    let mut changes = Vec::new();
    let seen = NOW - Span::secs(2);
    for fact in facts() {
        changes.extend(estate.apply(fact, seen));
    }
    (estate, changes)
}

fn facts() -> Vec<Fact> {
    let mut facts = vec![
        Fact::FlinkOverview(FlinkOverview {
            cluster: flink(),
            version: "1.20.5".into(),
            commit: None,
            taskmanagers: 2,
            slots_total: 8,
            slots_available: 2,
            jobmanager_started: Some(NOW - Span::secs(6 * 86_400 + 60)),
        }),
        Fact::Jobs { cluster: flink(), jobs: JOBS.iter().map(|j| summary(j)).collect() },
        Fact::TaskManagers {
            cluster: flink(),
            list: vec![taskmanager("tm-1"), taskmanager("tm-2")],
        },
        detail("dwd-order-stats"),
        config("dwd-order-stats"),
        checkpoints("dwd-order-stats"),
        exceptions("dwd-order-stats"),
    ];
    facts.extend(kafka_facts());
    facts
}

fn summary(name: &str) -> JobSummary {
    JobSummary {
        run: run(name),
        name: name.into(),
        state: if name == "audit-log" { JobState::Restarting } else { JobState::Running },
        start: start(name),
        end: None,
        last_modification: None,
        tasks: BTreeMap::from([("running".into(), 5)]),
    }
}

fn taskmanager(id: &str) -> TaskManager {
    TaskManager {
        id: TaskManagerId::new(id),
        host: Some("127.0.0.1".into()),
        rpc: Some("127.0.0.1:40122".into()),
        data_port: Some(40123),
        slots: Some(4),
        free_slots: Some(1),
        last_heartbeat: Some(NOW),
        cpu_cores: Some(2.0),
        physical_memory: Some(8 << 30),
    }
}

fn detail(name: &str) -> Fact {
    let v = |id: &str, name: &str, parallelism, inputs| Vertex {
        id: vertex(id),
        name: name.into(),
        parallelism,
        max_parallelism: Some(128),
        status: "RUNNING".into(),
        description: name.into(),
        inputs,
        tasks: BTreeMap::new(),
    };
    let from = |id: &str, ship: &str| vec![VertexInput { from: vertex(id), ship: ship.into() }];
    Fact::JobDetail(JobDetail {
        cluster: flink(),
        run: run(name),
        name: name.into(),
        state: JobState::Running,
        start: start(name),
        now: Some(NOW),
        max_parallelism: Some(128),
        scheduler: Some("Adaptive".into()),
        vertices: vec![
            v("source", "Source: orders", 1, vec![]),
            v("window", "Window(TumblingEventTimeWindows(5000))", 2, from("source", "HASH")),
            v("sink", "order-stats: Writer", 1, from("window", "REBALANCE")),
        ],
        plan_hash: "5d41402a".into(),
    })
}

fn config(name: &str) -> Fact {
    let entries = [
        ("execution.checkpointing.interval", "10 s"),
        ("execution.checkpointing.mode", "AT_LEAST_ONCE"),
        ("pipeline.max-parallelism", "128"),
    ];
    let entries = entries.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    Fact::JobConfig { cluster: flink(), run: run(name), entries }
}

fn checkpoints(name: &str) -> Fact {
    let chk = |id: u64, status: &str, ago: i64, failure: Option<&str>| Checkpoint {
        id,
        status: status.into(),
        savepoint: false,
        triggered: NOW - Span::secs(ago),
        latest_ack: None,
        duration_ms: Some(412),
        state_size: Some(1_204_112),
        checkpointed_size: Some(98_000),
        acknowledged: Some(4),
        subtasks: Some(4),
        external_path: (status == "COMPLETED").then(|| format!("file:/chk/chk-{id}").into()),
        failure: failure.map(Into::into),
        unaligned: Some(false),
    };
    Fact::Checkpoints(CheckpointStats {
        cluster: flink(),
        run: run(name),
        completed: Some(4710),
        failed: Some(1),
        in_progress: Some(0),
        restored: Some(0),
        history: vec![
            chk(4711, "COMPLETED", 6, None),
            chk(4710, "FAILED", 16, Some("Checkpoint expired before completing.")),
            chk(4709, "COMPLETED", 26, None),
        ],
        latest_completed: Some(chk(4711, "COMPLETED", 6, None)),
        latest_restored: None,
    })
}

fn exceptions(name: &str) -> Fact {
    Fact::Exceptions {
        cluster: flink(),
        run: run(name),
        entries: vec![ExceptionEntry {
            at: NOW - Span::secs(5 * 86_400),
            class: "java.lang.RuntimeException".into(),
            stack: "java.lang.RuntimeException: <b>bad</b> record\n\tat Enrich.map(Enrich.java:31)"
                .into(),
            task: Some("Window (2/2)".into()),
            endpoint: Some("127.0.0.1:40123".into()),
            taskmanager: Some(TaskManagerId::new("tm-1")),
            concurrent: Vec::new(),
        }],
    }
}

fn kafka_facts() -> Vec<Fact> {
    let partition = |id| PartitionFact {
        id,
        leader: Some(1),
        replicas: vec![1],
        isr: vec![1],
        producers: None,
    };
    let topic = |name: &str, retention: Option<&str>| TopicFact {
        name: name.into(),
        id: None,
        partitions: vec![partition(0), partition(1)],
        config: retention.map(|r| ("retention.ms".to_owned(), r.to_owned())).into_iter().collect(),
    };
    let group = |group: &str, topics: &[&str]| GroupFact {
        group: group.into(),
        state: "Stable".into(),
        members: Some(1),
        topics: topics.iter().map(|t| Name::from(*t)).collect(),
    };
    vec![
        Fact::KafkaCluster(KafkaOverview {
            cluster: kafka(),
            kafka_id: Some("4L6g3nShT-eMCtK--X86sw".into()),
            controller: Some(1),
            brokers: vec![Broker { id: 1, host: "127.0.0.1".into(), port: 9092, rack: None }],
            kraft: None,
            release: None,
        }),
        Fact::Topics {
            cluster: kafka(),
            topics: TOPICS.iter().map(|(n, r)| topic(n, *r)).collect(),
        },
        Fact::Groups {
            cluster: kafka(),
            groups: vec![
                group("dwd-order-stats-group", &["orders"]),
                group("ads-risk-group", &["order-stats"]),
                group("console-consumer-7", &["orders", "other"]),
            ],
        },
    ]
}

pub fn earlier_changes() -> Vec<Change> {
    let change = |ago: i64, name: &str, kind, what: Option<&str>, from: &str, to: &str| Change {
        at: NOW - Span::secs(ago),
        seen: NOW - Span::secs(ago - 1),
        entity: Entity::Job { job: job(name) },
        kind,
        what: what.map(Into::into),
        from: Some(from.into()),
        to: Some(to.into()),
    };
    let interval = Some("execution.checkpointing.interval");
    vec![
        change(3000, "ods-orders", ChangeKind::Parallelism, Some("Source: gen"), "1", "2"),
        change(2400, "dwd-order-stats", ChangeKind::Configuration, interval, "30 s", "10 s"),
        change(214, "audit-log", ChangeKind::JobState, None, "RUNNING", "RESTARTING"),
        Change {
            entity: Entity::Partition { topic: topic("orders"), partition: 1 },
            ..change(1000, "", ChangeKind::PartitionsAdded, None, "1", "2")
        },
    ]
}
