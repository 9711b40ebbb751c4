//! The lines of `series`: which entity and signal each means.

use super::{Builder, Line};
use crate::estate::*;
use crate::rules::testing::curve::{Curve, curve};
use crate::rules::testing::facts::{flink, kafka, run};
use crate::rules::text::{Node, Value, did_you_mean};
use crate::signals::{Shape, Signal};

impl Builder<'_> {
    /// `<kind> <path> <signal>: <values>`
    pub(super) fn series(&mut self, key: &Node, value: &Node) {
        if matches!(value.value, Value::Null) {
            return;
        }
        let words: Vec<&str> = key.text().unwrap_or_default().split_whitespace().collect();
        let [kind, path, signal] = words.as_slice() else {
            let todo = "write it like `subtask agg/0 busy` or `partition orders/1 rate`";
            self.out.add(key.at, "this names no series", todo);
            return;
        };
        let Some(curve) = curve(value, self.out) else { return };
        let parts: Vec<&str> = path.split('/').collect();
        match *kind {
            "subtask" => self.subtask(key, &parts, signal, &curve),
            "job" => self.job(key, path, signal, curve),
            "vertex" => self.vertex(key, &parts, signal, curve),
            "taskmanager" => self.processes(key, path, signal, &curve),
            "partition" => self.partition(key, &parts, signal, &curve),
            "position" => self.position(key, &parts, signal, &curve),
            "committed" => self.committed(key, &parts, curve),
            "edge" => self.edge(key, &parts, signal, curve),
            "cluster" => {
                let entity = Entity::FlinkCluster { cluster: flink() };
                self.plain(key, entity, signal, curve);
            }
            "base" => {
                let entity = Entity::Base { cluster: ClusterId::new(*path) };
                self.plain(key, entity, signal, curve);
            }
            "member" => match path.split_once('/') {
                Some((cluster, member)) => {
                    let (cluster, member) = (ClusterId::new(cluster), member.into());
                    self.plain(key, Entity::Member { cluster, member }, signal, curve);
                }
                None => self.nobody(key, "member"),
            },
            "host" => self.plain(key, Entity::Host { host: (*path).into() }, signal, curve),
            // `h1/data`: where it is mounted begins at the slash
            "mount" => match path.find('/').and_then(|i| path.split_at_checked(i)) {
                Some((host, mount)) => {
                    let (host, mount) = (host.into(), mount.into());
                    self.plain(key, Entity::Mount { host, mount }, signal, curve);
                }
                None => self.nobody(key, "mount"),
            },
            "metric" => {
                let (cluster, name) = (ClusterId::new(*path), (*signal).into());
                self.plain(key, Entity::Metric { cluster, name }, "value", curve);
            }
            other => {
                let kinds = [
                    "subtask",
                    "vertex",
                    "job",
                    "taskmanager",
                    "partition",
                    "position",
                    "committed",
                    "edge",
                    "cluster",
                    "base",
                    "member",
                    "host",
                    "mount",
                    "metric",
                ];
                let message = format!("series hang on no `{other}`");
                self.out.add(key.at, message, did_you_mean(other, kinds));
            }
        }
    }

    fn nobody(&mut self, key: &Node, what: &str) {
        let message = format!("this world has no such {what}");
        self.out.add(
            key.at,
            message,
            "name one that is in it; `*` stands for all, where a number or a TaskManager stands",
        );
    }

    /// By `vertex/index` or `job/vertex/index`; `*` for all.
    fn subtasks(&self, parts: &[&str]) -> Vec<(String, Vertex, u32)> {
        let (job, vertex, index) = match parts {
            [job, vertex, index] => (Some(*job), *vertex, *index),
            [vertex, index] => (None, *vertex, *index),
            _ => return Vec::new(),
        };
        let mut found = Vec::new();
        for (name, vertices) in &self.jobs {
            if job.is_some_and(|j| j != name) {
                continue;
            }
            for v in vertices.iter().filter(|v| vertex == "*" || v.id.as_str() == vertex) {
                let all = 0..v.parallelism;
                let of = all.filter(|i| index == "*" || index.parse() == Ok(*i));
                found.extend(of.map(|i| (name.clone(), v.clone(), i)));
            }
        }
        found
    }

    fn subtask(&mut self, key: &Node, parts: &[&str], signal: &str, curve: &Curve) {
        let found = self.subtasks(parts);
        if found.is_empty() {
            return self.nobody(key, "subtask");
        }
        for (job, v, index) in found {
            let entity =
                Entity::Subtask { cluster: flink(), run: run(&job), vertex: v.id.clone(), index };
            let fed = self.jobs.iter().filter(|(n, _)| *n == job).flat_map(|(_, all)| all);
            let sink = !fed.flat_map(|v| &v.inputs).any(|i| i.from == v.id);
            let operator = |operator: String| Entity::Operator {
                cluster: flink(),
                run: run(&job),
                vertex: v.id.clone(),
                operator: operator.into(),
                index,
            };
            let (entity, signal) = match signal {
                "busy" | "bp" => {
                    let thread = self.threads.entry(entity).or_default();
                    let slot = if signal == "busy" { &mut thread.0 } else { &mut thread.1 };
                    *slot = Some(curve.clone());
                    continue;
                }
                "rate_in" if v.inputs.is_empty() => {
                    (operator(format!("Source: {}", v.id)), "operator_records_in")
                }
                "rate_in" => (entity, "records_in"),
                "rate_out" if sink => (operator(format!("{}: Writer", v.id)), "records_sent"),
                "rate_out" => (entity, "records_out"),
                other if OF_OPERATORS.contains(&other) => (operator(v.id.to_string()), other),
                other => (entity, other),
            };
            self.plain(key, entity, signal, curve.clone());
        }
    }

    fn job(&mut self, key: &Node, name: &str, signal: &str, curve: Curve) {
        if !self.jobs.iter().any(|(known, _)| known == name) {
            return self.nobody(key, "job");
        }
        let job = JobKey::new(&flink(), name);
        let stable = Entity::Job { job: job.clone() };
        match signal {
            "age" => self.plain(key, stable, "output_age", curve),
            "inside_wait" | "window_wait" => {
                self.plain(key, Entity::EdgeInside { job }, signal, curve);
            }
            _ => {
                let entity = Entity::Run { cluster: flink(), run: run(name) };
                self.plain(key, entity, signal, curve);
            }
        }
    }

    fn vertex(&mut self, key: &Node, parts: &[&str], signal: &str, curve: Curve) {
        let (job, vertex) = match parts {
            [job, vertex] => ((*job).to_owned(), *vertex),
            [vertex] => (self.jobs.first().map(|j| j.0.clone()).unwrap_or_default(), *vertex),
            _ => return self.nobody(key, "vertex"),
        };
        let of = self.jobs.iter().filter(|(name, _)| *name == job).flat_map(|(_, all)| all);
        if !of.into_iter().any(|v| v.id.as_str() == vertex) {
            return self.nobody(key, "vertex");
        }
        let entity =
            Entity::Vertex { cluster: flink(), run: run(&job), vertex: VertexId::new(vertex) };
        let signal = if signal == "queue_age" { "edge_age" } else { signal };
        self.plain(key, entity, signal, curve);
    }

    /// `*` for all.
    fn processes(&mut self, key: &Node, name: &str, signal: &str, curve: &Curve) {
        let all = self.taskmanagers.iter();
        let found: Vec<_> = all.filter(|id| name == "*" || id.as_str() == name).cloned().collect();
        if found.is_empty() {
            return self.nobody(key, "TaskManager");
        }
        for id in found {
            self.process(key, id, signal, curve.clone());
        }
    }

    fn process(&mut self, key: &Node, id: TaskManagerId, signal: &str, curve: Curve) {
        let entity = Entity::TaskManager { cluster: flink(), id };
        // ms of CPU or of collecting per second, shares of a heap of 1
        let share = |this: &mut Self, used: Signal, most: Signal, curve: Curve| {
            let one = Curve::constant(1.0);
            this.put(Line { entity: entity.clone(), signal: most, curve: one, count: None });
            this.put(Line { entity: entity.clone(), signal: used, curve, count: None });
        };
        let rate = |this: &mut Self, signal: Signal, curve: Curve| {
            let curve = curve.times(1000.0);
            this.put(Line { entity: entity.clone(), signal, curve, count: Some(0.0) });
        };
        match signal {
            "cpu_cores" => rate(self, Signal::CpuTime, curve),
            "gc" => rate(self, Signal::GcTime, curve),
            "heap_share" => share(self, Signal::HeapUsed, Signal::HeapMax, curve),
            "metaspace_share" => share(self, Signal::MetaspaceUsed, Signal::MetaspaceMax, curve),
            "managed_share" => {
                share(self, Signal::ManagedMemoryUsed, Signal::ManagedMemoryTotal, curve);
            }
            _ => self.plain(key, entity.clone(), signal, curve),
        }
    }

    fn partition(&mut self, key: &Node, parts: &[&str], signal: &str, curve: &Curve) {
        let [topic, partition] = parts else { return self.nobody(key, "partition") };
        let id = TopicId::new(&kafka(), *topic);
        let found = self.partitions(topic, partition);
        if found.is_empty() {
            return self.nobody(key, "partition");
        }
        for partition in found {
            let entity = Entity::Partition { topic: id.clone(), partition };
            match signal {
                "rate" => {
                    let count = Some(OFFSETS);
                    let (signal, curve) = (Signal::EndOffset, curve.clone());
                    self.put(Line { entity, signal, curve, count });
                }
                _ => self.plain(key, entity, signal, curve.clone()),
            }
        }
    }

    fn partitions(&self, topic: &str, partition: &str) -> Vec<i32> {
        if let Ok(one) = partition.parse() {
            return vec![one];
        }
        let known = self.estate.kafka.get(&kafka()).and_then(|k| k.topics.get(topic));
        known.map(|t| t.partitions.iter().map(|p| p.id).collect()).unwrap_or_default()
    }

    /// `topic/partition` or `job/topic/partition`: the first source of the (first) job stands there.
    fn position(&mut self, key: &Node, parts: &[&str], signal: &str, curve: &Curve) {
        let (job, topic, partition) = match parts {
            [job, topic, p] => (Some(*job), *topic, *p),
            [topic, p] => (None, *topic, *p),
            _ => return self.nobody(key, "position"),
        };
        let found = self.jobs.iter().find(|(name, _)| job.is_none_or(|j| j == name));
        let source = found.and_then(|(name, all)| {
            all.iter().find(|v| v.inputs.is_empty()).map(|v| (name.clone(), v.id.clone()))
        });
        let Some((job, vertex)) = source else { return self.nobody(key, "source") };
        let found = self.partitions(topic, partition);
        if found.is_empty() {
            return self.nobody(key, "partition");
        }
        for partition in found {
            let entity = Entity::Position {
                cluster: flink(),
                run: run(&job),
                vertex: vertex.clone(),
                topic: topic.into(),
                partition,
            };
            match signal {
                "rate" => {
                    let (signal, curve) = (Signal::SourcePosition, curve.clone());
                    self.put(Line { entity, signal, curve, count: Some(OFFSETS) });
                }
                _ => self.plain(key, entity, signal, curve.clone()),
            }
        }
    }

    /// `group/topic/partition`: growth per second.
    fn committed(&mut self, key: &Node, parts: &[&str], curve: Curve) {
        let [group, topic, partition] = parts else { return self.nobody(key, "group") };
        let Ok(partition) = partition.parse() else { return self.nobody(key, "partition") };
        let group = GroupId::new(&kafka(), *group);
        let entity = Entity::Committed { group, topic: (*topic).into(), partition };
        let signal = Signal::CommittedOffset;
        self.put(Line { entity, signal, curve, count: Some(OFFSETS) });
    }

    fn edge(&mut self, key: &Node, parts: &[&str], signal: &str, curve: Curve) {
        let [topic, job] = parts else { return self.nobody(key, "edge") };
        let topic = TopicId::new(&kafka(), *topic);
        let entity = Entity::EdgeRead { topic, job: JobKey::new(&flink(), *job) };
        let signal = match signal {
            "lag" => "edge_records",
            "age" => "edge_age",
            other => other,
        };
        self.plain(key, entity, signal, curve);
    }

    /// A signal by its own name; of a counter the values are its growth per second.
    fn plain(&mut self, key: &Node, entity: Entity, signal: &str, curve: Curve) {
        let Some(signal) = Signal::parse(signal) else {
            let known = Signal::ALL.iter().map(|s| s.name());
            let words = ["busy", "bp", "rate_in", "rate_out", "rate", "age", "lag"];
            let message = format!("no signal is called `{signal}`");
            let todo = did_you_mean(signal, known.chain(words));
            self.out.add(key.at, message, todo);
            return;
        };
        let count = (signal.shape() == Shape::Counter).then_some(0.0);
        self.put(Line { entity, signal, curve, count });
    }

    /// A later line counts: `agg/*`, then `agg/2`.
    fn put(&mut self, line: Line) {
        self.lines.retain(|l| (&l.entity, l.signal) != (&line.entity, line.signal));
        self.lines.push(line);
    }
}

/// Offsets of a test's topics begin here.
const OFFSETS: f64 = 1000.0;

/// Signals that hang on an operator, not on its task.
const OF_OPERATORS: [&str; 19] = [
    "operator_records_in",
    "operator_records_out",
    "output_watermark",
    "records_sent",
    "records_send_errors",
    "late_records_dropped",
    "source_idle_time",
    "emit_event_time_lag",
    "commits_succeeded",
    "commits_failed",
    "consumer_connections",
    "consumer_bytes",
    "fetch_throttle_time",
    "assigned_partitions",
    "producer_connections",
    "producer_retries",
    "producer_errors",
    "produce_throttle_time",
    "requests_in_flight",
];
