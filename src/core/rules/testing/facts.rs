//! Jobs, TaskManagers, topics and brokers of a test's world.

use super::curve::{number, span};
use crate::estate::*;
use crate::rules::text::{Mistakes, Node, Value};
use std::collections::BTreeMap;

/// The names of the two clusters of a test's world.
pub const FLINK: &str = "flink";
pub const KAFKA: &str = "kafka";

/// Moment 0s of a test.
pub const START: Millis = Millis(1_700_000_000_000);

pub fn flink() -> ClusterId {
    ClusterId::new(FLINK)
}

pub fn kafka() -> ClusterId {
    ClusterId::new(KAFKA)
}

pub fn run(job: &str) -> RunId {
    RunId::new(format!("run-{job}"))
}

fn moment(n: Option<&Node>, default: i64, out: &mut Mistakes) -> Millis {
    START + n.and_then(|n| span(n, out)).unwrap_or(Span::secs(default))
}

fn text(n: &Node, key: &str) -> Option<Name> {
    n.get(key).and_then(Node::text).map(Name::from)
}

fn count(n: &Node, key: &str) -> Option<u32> {
    n.get(key).and_then(Node::text).and_then(number).map(|v| v as u32)
}

pub fn strings(n: Option<&Node>) -> BTreeMap<String, String> {
    let entries = n.map(Node::entries).unwrap_or_default().iter();
    entries.filter_map(|(k, v)| Some((k.text()?.to_owned(), v.text()?.to_owned()))).collect()
}

/// `src(2) -> agg(4 hash) -> sink(2 forward)`, or a list of such chains: a vertex that is named
/// again is the same.
pub fn plan(n: &Node, details: &Node, out: &mut Mistakes) -> Vec<Vertex> {
    let mut vertices: Vec<Vertex> = Vec::new();
    for chain in n.items() {
        let mut before: Option<VertexId> = None;
        for step in chain.text().unwrap_or_default().split("->") {
            let (name, rest) = match step.split_once('(') {
                Some((name, rest)) => (name.trim(), Some(rest.trim_end().trim_end_matches(')'))),
                None => (step.trim(), None),
            };
            if name.is_empty() {
                out.add(
                    chain.at,
                    "this is no plan",
                    "write it like: src(2) -> agg(4 hash) -> sink(2)",
                );
                return vertices;
            }
            let mut words = rest.unwrap_or("1").split_whitespace();
            let parallelism = words.next().and_then(|p| p.trim_end_matches(',').parse().ok());
            let ship = words.next().unwrap_or("forward").to_uppercase();
            if !vertices.iter().any(|v| v.id.as_str() == name) {
                vertices.push(vertex(name, parallelism.unwrap_or(1), details));
            }
            if let (Some(from), Some(v)) =
                (before, vertices.iter_mut().find(|v| v.id.as_str() == name))
            {
                v.inputs.push(VertexInput { from, ship: ship.into() });
            }
            before = Some(VertexId::new(name));
        }
    }
    vertices
}

fn vertex(name: &str, parallelism: u32, details: &Node) -> Vertex {
    let of = |key: &str| details.get(key).and_then(|n| n.get(name));
    let texts = |key: &str| of(key).and_then(Node::text);
    Vertex {
        id: VertexId::new(name),
        name: name.into(),
        parallelism,
        max_parallelism: texts("max_parallelism").and_then(|t| t.parse().ok()).or(Some(128)),
        status: texts("status").unwrap_or("RUNNING").into(),
        description: texts("describe").unwrap_or(name).into(),
        inputs: Vec::new(),
        tasks: BTreeMap::from([("running".to_owned(), parallelism)]),
    }
}

fn state(n: &Node, out: &mut Mistakes) -> JobState {
    let Some(word) = n.get("state") else { return JobState::Running };
    let text = word.text().unwrap_or_default().to_uppercase();
    serde_json::from_value(serde_json::Value::String(text)).unwrap_or_else(|_| {
        out.add(word.at, "this is no state of a job", "RUNNING, RESTARTING, FAILED …");
        JobState::Running
    })
}

pub fn job(
    name: &str,
    n: &Node,
    tms: &[TaskManagerId],
    at: Millis,
    out: &mut Mistakes,
) -> Vec<Fact> {
    let vertices = n.get("plan").map(|p| plan(p, n, out)).unwrap_or_default();
    let state = state(n, out);
    let start = moment(n.get("started"), -3600, out);
    let total: u32 = vertices.iter().map(|v| v.parallelism).sum();
    let tasks = match n.get("tasks") {
        Some(t) => {
            strings(Some(t)).into_iter().filter_map(|(k, v)| Some((k, v.parse().ok()?))).collect()
        }
        None => BTreeMap::from([("running".to_owned(), total)]),
    };
    let summary = JobSummary {
        run: run(name),
        name: name.into(),
        state: state.clone(),
        start,
        end: None,
        last_modification: None,
        tasks,
    };
    let mut facts = vec![Fact::Jobs { cluster: flink(), jobs: vec![summary] }];
    let mut spread = tms.iter().cycle();
    for v in &vertices {
        for index in 0..v.parallelism {
            let place = format!("{}/{index}", v.id);
            let told = n.get("on").and_then(|on| on.get(&place).or_else(|| on.get("*")));
            let told = told.and_then(Node::text).map(TaskManagerId::new);
            let Some(taskmanager) = told.or_else(|| spread.next().cloned()) else { continue };
            let (cluster, run, vertex) = (flink(), run(name), v.id.clone());
            facts.push(Fact::Placement { cluster, run, vertex, index, taskmanager });
        }
    }
    if n.get("plan").is_some() {
        facts.push(Fact::JobDetail(JobDetail {
            cluster: flink(),
            run: run(name),
            name: name.into(),
            state,
            start,
            now: Some(at),
            max_parallelism: None,
            scheduler: None,
            vertices,
            plan_hash: "plan".into(),
        }));
    }
    for (vertex, shares) in n.get("flames").map(Node::entries).unwrap_or_default() {
        let Some(vertex) = vertex.text() else { continue };
        let share = |word: &str| shares.get(word).and_then(Node::text).and_then(number);
        facts.push(Fact::FlameGraph(FlameGraph {
            cluster: flink(),
            run: run(name),
            vertex: VertexId::new(vertex),
            sampled: at,
            samples: 1000,
            user: 1.0,
            idle: 0.0,
            off_cpu: share("off_cpu"),
            on_cpu: share("on_cpu"),
            top: None,
        }));
    }
    if n.get("config").is_some() {
        let entries = strings(n.get("config"));
        facts.push(Fact::JobConfig { cluster: flink(), run: run(name), entries });
    }
    if let Some(c) = n.get("checkpoints") {
        facts.push(Fact::Checkpoints(checkpoints(name, c, out)));
    }
    if let Some(list) = n.get("exceptions") {
        let entries = list.items().iter().map(|e| exception(e, out)).collect();
        facts.push(Fact::Exceptions { cluster: flink(), run: run(name), entries });
    }
    facts
}

fn exception(n: &Node, out: &mut Mistakes) -> ExceptionEntry {
    let stack = text(n, "text").unwrap_or_else(|| "java.lang.RuntimeException".into());
    ExceptionEntry {
        at: moment(n.get("at"), 0, out),
        class: stack.split([':', '\n']).next().unwrap_or_default().into(),
        stack,
        task: text(n, "task"),
        endpoint: text(n, "endpoint"),
        taskmanager: text(n, "taskmanager").map(TaskManagerId),
        concurrent: n
            .get("concurrent")
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .map(|c| exception(c, out))
            .collect(),
    }
}

fn checkpoints(name: &str, n: &Node, out: &mut Mistakes) -> CheckpointStats {
    let list = n.get("history").map(Node::items).unwrap_or_default();
    let mut history: Vec<Checkpoint> =
        list.iter().enumerate().map(|(i, c)| checkpoint(i as u64 + 1, c, out)).collect();
    history.sort_by_key(|c| std::cmp::Reverse(c.triggered));
    let completed = history.iter().filter(|c| &*c.status == "COMPLETED").count() as u64;
    let failed = history.iter().filter(|c| &*c.status == "FAILED").count() as u64;
    CheckpointStats {
        cluster: flink(),
        run: run(name),
        completed: count(n, "completed").map(u64::from).or(Some(completed)),
        failed: count(n, "failed").map(u64::from).or(Some(failed)),
        in_progress: None,
        restored: None,
        latest_completed: history.iter().find(|c| &*c.status == "COMPLETED").cloned(),
        latest_restored: n.get("restored").map(|r| RestoredCheckpoint {
            id: 1,
            at: moment(r.get("at"), 0, out),
            savepoint: r.get("savepoint").and_then(Node::text) == Some("true"),
            external_path: None,
        }),
        history,
    }
}

fn checkpoint(id: u64, n: &Node, out: &mut Mistakes) -> Checkpoint {
    let took = n.get("took").and_then(|t| span(t, out));
    let triggered = moment(n.get("at"), 0, out);
    let status = text(n, "status").unwrap_or_else(|| "COMPLETED".into());
    let size = n.get("size").and_then(Node::text).and_then(number).map(|v| v as u64);
    Checkpoint {
        id,
        savepoint: n.get("savepoint").and_then(Node::text) == Some("true"),
        triggered,
        latest_ack: took.map(|t| triggered + t),
        duration_ms: took.map(|t| t.0.unsigned_abs()),
        state_size: size,
        checkpointed_size: size,
        acknowledged: count(n, "acked"),
        subtasks: count(n, "of"),
        external_path: text(n, "path"),
        failure: text(n, "failure"),
        unaligned: None,
        status,
    }
}

pub fn taskmanagers(n: &Node, seen: Millis, out: &mut Mistakes) -> (Vec<TaskManagerId>, Fact) {
    let mut list = Vec::new();
    let items: Vec<(&str, Option<&Node>)> = match &n.value {
        Value::Map(entries) => {
            entries.iter().filter_map(|(k, v)| Some((k.text()?, Some(v)))).collect()
        }
        _ => n.items().iter().filter_map(|i| Some((i.text()?, None))).collect(),
    };
    for (name, v) in &items {
        let get = |key: &str| v.and_then(|v| v.get(key));
        let whole = |key: &str| get(key).and_then(Node::text).and_then(number);
        list.push(TaskManager {
            id: TaskManagerId::new(*name),
            host: Some(get("host").and_then(Node::text).unwrap_or(name).into()),
            data_port: None,
            slots: whole("slots").map(|v| v as u32).or(Some(4)),
            free_slots: whole("free").map(|v| v as u32).or(Some(0)),
            last_heartbeat: get("heartbeat").and_then(|h| span(h, out)).map(|s| seen - s),
            cpu_cores: whole("cores"),
            rpc: None,
            physical_memory: None,
        });
    }
    // one that is gone is still where subtasks were placed
    let gone = |name: &str| {
        items.iter().any(|(n, v)| *n == name && v.is_some_and(|v| v.get("gone").is_some()))
    };
    let ids = list.iter().map(|t| t.id.clone()).collect();
    list.retain(|t| !gone(t.id.as_str()));
    (ids, Fact::TaskManagers { cluster: flink(), list })
}

pub fn brokers(n: Option<&Node>) -> Vec<i32> {
    let items = n.map(Node::items).unwrap_or_default();
    let all: Vec<i32> = items.iter().filter_map(|i| i.text()?.parse().ok()).collect();
    if n.is_none() { vec![1] } else { all }
}

pub fn topic(name: &str, n: &Node, brokers: &[i32]) -> TopicFact {
    let partitions = count(n, "partitions").unwrap_or(1);
    let list = |key: &str| n.get(key).map(Node::items);
    let id = |n: &Node| n.text().and_then(|t| t.parse::<i32>().ok());
    let replicas: Vec<i32> =
        list("replicas").map_or_else(|| brokers.to_vec(), |r| r.iter().filter_map(id).collect());
    let isr: Vec<i32> =
        list("isr").map_or_else(|| replicas.clone(), |r| r.iter().filter_map(id).collect());
    let partition = |i: u32| PartitionFact {
        id: i as i32,
        leader: match list("leaders") {
            Some(all) => all.get(i as usize).and_then(id),
            None => brokers.get(i as usize % brokers.len().max(1)).copied(),
        },
        replicas: replicas.clone(),
        isr: isr.clone(),
        producers: None,
    };
    TopicFact {
        id: None,
        name: name.into(),
        partitions: (0..partitions).map(partition).collect(),
        config: strings(n.get("config")),
    }
}

/// `named`: it names a controller; else it is one with ZooKeeper that names none.
pub fn kafka_overview(listed: &[i32], named: bool) -> Fact {
    Fact::KafkaCluster(KafkaOverview {
        cluster: kafka(),
        kafka_id: None,
        controller: listed.first().copied().filter(|_| named),
        kraft: (!named).then_some(false),
        release: None,
        brokers: listed
            .iter()
            .map(|id| Broker { id: *id, host: format!("k{id}").into(), port: 9092, rack: None })
            .collect(),
    })
}

/// `disks: { 1: { total: 100GB, free: 5GB, error: KAFKA_STORAGE_ERROR, topics: { orders: 90GB } } }`
pub fn disks(n: &Node) -> Vec<BrokerDirs> {
    let bytes = |n: &Node| n.text().and_then(number).map(|b| b as u64);
    let broker = |(id, of): &(Node, Node)| {
        let topics = of.get("topics").map(Node::entries).unwrap_or_default().iter();
        Some(BrokerDirs {
            id: id.text()?.parse().ok()?,
            dirs: vec![LogDir {
                path: "/data".into(),
                error: text(of, "error"),
                total: of.get("total").and_then(bytes),
                free: of.get("free").and_then(bytes),
            }],
            topics: topics.filter_map(|(t, b)| Some((t.text()?.into(), bytes(b)?))).collect(),
        })
    };
    n.entries().iter().filter_map(broker).collect()
}

/// `groups: { old: [orders] }`: without members, with the topics that they have offsets in.
pub fn groups(n: &Node) -> Vec<GroupFact> {
    let group = |(name, topics): &(Node, Node)| {
        Some(GroupFact {
            group: name.text()?.into(),
            state: "Empty".into(),
            members: Some(0),
            topics: topics.items().iter().filter_map(Node::text).map(Name::from).collect(),
        })
    };
    n.entries().iter().filter_map(group).collect()
}
