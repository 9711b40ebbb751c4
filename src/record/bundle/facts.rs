//! Facts as JSON that says what changed. A patch is `null` (the same), `{"=": value}` (instead),
//! `{"o": {key: patch}, "-": [keys gone]}` (an object) or `{"a": [[index, patch]]}` (a list of the
//! same length). Long texts are written once and stand as `{"\u{1}": id}`.

use serde_json::{Map, Value, json};
use std::collections::HashMap;
use streamwarden_core::estate::{Fact, Name};

/// Shorter ones cost less than a reference.
const LONG: usize = 80;
const TEXT: &str = "\u{1}";
/// What we write is never deeper: a fact has five levels.
const MAX_DEPTH: u8 = 32;

/// What every fact is, in the words of [`kind`].
pub const KINDS: [&str; 28] = [
    "flink_overview",
    "jobs",
    "job_detail",
    "job_config",
    "checkpoints",
    "exceptions",
    "taskmanagers",
    "placement",
    "kafka_address",
    "kafka_cluster",
    "topics",
    "groups",
    "transactions",
    "offsets_at",
    "day_flows",
    "broker_answers",
    "taskmanager_answers",
    "topics_hidden",
    "thread_dump",
    "flame_graph",
    "checkpoint_detail",
    "log_tail",
    "topic",
    "cluster_config",
    "log_dirs",
    "base",
    "applications",
    "host",
];

pub fn kind(fact: &Fact) -> &'static str {
    match fact {
        Fact::FlinkOverview(_) => "flink_overview",
        Fact::Jobs { .. } => "jobs",
        Fact::JobDetail(_) => "job_detail",
        Fact::JobConfig { .. } => "job_config",
        Fact::Checkpoints(_) => "checkpoints",
        Fact::Exceptions { .. } => "exceptions",
        Fact::TaskManagers { .. } => "taskmanagers",
        Fact::Placement { .. } => "placement",
        Fact::KafkaAddress { .. } => "kafka_address",
        Fact::KafkaCluster(_) => "kafka_cluster",
        Fact::Topics { .. } => "topics",
        Fact::Groups { .. } => "groups",
        Fact::Transactions { .. } => "transactions",
        Fact::OffsetsAt { .. } => "offsets_at",
        Fact::DayFlows { .. } => "day_flows",
        Fact::BrokerAnswers { .. } => "broker_answers",
        Fact::TaskManagerAnswers { .. } => "taskmanager_answers",
        Fact::TopicsHidden { .. } => "topics_hidden",
        Fact::ThreadDump(_) => "thread_dump",
        Fact::FlameGraph(_) => "flame_graph",
        Fact::CheckpointDetail(_) => "checkpoint_detail",
        Fact::LogTail(_) => "log_tail",
        Fact::Topic(_) => "topic",
        Fact::ClusterConfig { .. } => "cluster_config",
        Fact::LogDirs { .. } => "log_dirs",
        Fact::Base(_) => "base",
        Fact::Applications { .. } => "applications",
        Fact::Host(_) => "host",
    }
}

/// What a fact is about: a later one with the same key replaces it.
pub fn key(fact: &Fact) -> String {
    match fact {
        Fact::FlinkOverview(o) => format!("overview {}", o.cluster),
        Fact::Jobs { cluster, .. } => format!("jobs {cluster}"),
        Fact::JobDetail(d) => format!("detail {} {}", d.cluster, d.run),
        Fact::JobConfig { cluster, run, .. } => format!("config {cluster} {run}"),
        Fact::Checkpoints(c) => format!("checkpoints {} {}", c.cluster, c.run),
        Fact::Exceptions { cluster, run, .. } => format!("exceptions {cluster} {run}"),
        Fact::TaskManagers { cluster, .. } => format!("taskmanagers {cluster}"),
        Fact::Placement { cluster, run, vertex, index, .. } => {
            format!("placement {cluster} {run} {vertex} {index}")
        }
        Fact::KafkaAddress { cluster, bootstrap, .. } => format!("address {cluster} {bootstrap}"),
        Fact::KafkaCluster(o) => format!("kafka {}", o.cluster),
        Fact::Topics { cluster, .. } => format!("topics {cluster}"),
        Fact::Groups { cluster, .. } => format!("groups {cluster}"),
        Fact::Transactions { cluster, .. } => format!("transactions {cluster}"),
        Fact::OffsetsAt { topic, partition, .. } => format!("offsets {topic} {partition}"),
        Fact::DayFlows { topic, .. } => format!("days {topic}"),
        Fact::BrokerAnswers { cluster, .. } => format!("brokers {cluster}"),
        Fact::TaskManagerAnswers { cluster, taskmanagers, .. } => {
            let ids: Vec<&str> = taskmanagers.iter().map(|t| t.as_str()).collect();
            format!("answers {cluster} {}", ids.join(" "))
        }
        Fact::TopicsHidden { cluster, .. } => format!("hidden {cluster}"),
        Fact::ThreadDump(d) => format!("threads {} {}", d.cluster, d.taskmanager),
        Fact::FlameGraph(f) => format!("flame {} {} {}", f.cluster, f.run, f.vertex),
        Fact::CheckpointDetail(c) => format!("checkpoint {} {} {}", c.cluster, c.run, c.id),
        Fact::LogTail(l) => format!("log {} {}", l.cluster, l.taskmanager),
        Fact::Topic(t) => format!("topic {}", t.topic),
        Fact::ClusterConfig { cluster, .. } => format!("cluster config {cluster}"),
        Fact::LogDirs { cluster, .. } => format!("log dirs {cluster}"),
        Fact::Base(b) => format!("base {}", b.cluster),
        Fact::Applications { cluster, .. } => format!("applications {cluster}"),
        Fact::Host(h) => format!("host {}", h.host),
    }
}

/// Texts that were written, by content.
#[derive(Debug, Default)]
pub struct Texts(HashMap<String, usize>);

impl Texts {
    /// Long texts become references; `new` gets those that were not written yet.
    pub fn take_out(&mut self, value: Value, new: &mut Vec<String>) -> Value {
        match value {
            Value::String(s) if s.len() >= LONG => {
                let next = self.0.len();
                let id = *self.0.entry(s).or_insert_with_key(|s| {
                    new.push(s.clone());
                    next
                });
                json!({ TEXT: id })
            }
            Value::Array(list) => list.into_iter().map(|v| self.take_out(v, new)).collect(),
            Value::Object(map) => {
                map.into_iter().map(|(k, v)| (k, self.take_out(v, new))).collect()
            }
            other => other,
        }
    }
}

/// The other way round; None: a text that was never written.
pub fn put_in(value: &Value, texts: &[Name]) -> Option<Value> {
    Some(match value {
        Value::Array(list) => {
            Value::Array(list.iter().map(|v| put_in(v, texts)).collect::<Option<_>>()?)
        }
        Value::Object(map) => {
            if let (1, Some(id)) = (map.len(), map.get(TEXT)) {
                let text = texts.get(usize::try_from(id.as_u64()?).ok()?)?;
                return Some(Value::String(text.to_string()));
            }
            let mut out = Map::new();
            for (k, v) in map {
                out.insert(k.clone(), put_in(v, texts)?);
            }
            Value::Object(out)
        }
        other => other.clone(),
    })
}

/// What turns `old` into `new`.
pub fn diff(old: &Value, new: &Value) -> Value {
    if old == new {
        return Value::Null;
    }
    let whole = json!({ "=": new });
    let parts = match (old, new) {
        (Value::Object(a), Value::Object(b)) => objects(a, b),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => lists(a, b),
        _ => return whole,
    };
    if parts.to_string().len() < whole.to_string().len() { parts } else { whole }
}

fn objects(a: &Map<String, Value>, b: &Map<String, Value>) -> Value {
    let mut changed = Map::new();
    for (k, v) in b {
        let patch = a.get(k).map_or_else(|| json!({ "=": v }), |old| diff(old, v));
        if !patch.is_null() {
            changed.insert(k.clone(), patch);
        }
    }
    let gone: Vec<&String> = a.keys().filter(|k| !b.contains_key(*k)).collect();
    if gone.is_empty() { json!({ "o": changed }) } else { json!({ "o": changed, "-": gone }) }
}

fn lists(a: &[Value], b: &[Value]) -> Value {
    let changed = a.iter().zip(b).enumerate().filter_map(|(i, (x, y))| {
        let patch = diff(x, y);
        (!patch.is_null()).then(|| json!([i, patch]))
    });
    json!({ "a": changed.collect::<Vec<Value>>() })
}

/// Changes `value` as a patch says; None: it does not fit.
pub fn apply(value: &mut Value, patch: &Value) -> Option<()> {
    apply_at(value, patch, MAX_DEPTH)
}

fn apply_at(value: &mut Value, patch: &Value, depth: u8) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    let patch = match patch {
        Value::Null => return Some(()),
        Value::Object(patch) => patch,
        _ => return None,
    };
    if let Some(whole) = patch.get("=") {
        *value = whole.clone();
        return Some(());
    }
    if let Some(list) = patch.get("a") {
        for change in list.as_array()? {
            let i = usize::try_from(change.get(0)?.as_u64()?).ok()?;
            apply_at(value.as_array_mut()?.get_mut(i)?, change.get(1)?, depth)?;
        }
        return Some(());
    }
    let map = value.as_object_mut()?;
    for (k, change) in patch.get("o")?.as_object()? {
        apply_at(map.entry(k.clone()).or_insert(Value::Null), change, depth)?;
    }
    for gone in patch.get("-").and_then(Value::as_array).into_iter().flatten() {
        map.remove(gone.as_str()?);
    }
    Some(())
}
