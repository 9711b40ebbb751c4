//! A small world out of a test's `given`: facts, series tick by tick, and the lineage that our own
//! assessment makes of them.

use super::curve::{Curve, curve, span};
use super::facts::{self, FLINK, KAFKA, START, flink, kafka, run};
use crate::estate::*;
use crate::lineage::{DeclaredEdge, Inferred, Input, Lineage, Settings, assess};
use crate::rules::text::{Mistakes, Node, Value, did_you_mean};
use crate::signals::{Shape, Signal};
use crate::snapshot::Snapshot;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A snapshot to test on.
pub struct World {
    pub snapshot: Snapshot,
    pub onset: Option<Millis>,
}

const KEYS: [&str; 10] = [
    "tick",
    "from",
    "until",
    "onset",
    "jobs",
    "taskmanagers",
    "topics",
    "brokers",
    "series",
    "changes",
];
/// Looks of one world.
const MAX_TICKS: i64 = 2000;

/// One line of `series`, ready to be written tick by tick.
struct Line {
    entity: Entity,
    signal: Signal,
    curve: Curve,
    /// Values are growth per second of a count that starts here; None: the value itself.
    count: Option<f64>,
}

struct Builder<'m> {
    out: &'m mut Mistakes,
    estate: Estate,
    settings: Settings,
    lines: Vec<Line>,
    /// Shares of thread time by subtask: busy, back-pressured.
    threads: BTreeMap<Entity, (Option<Curve>, Option<Curve>)>,
    jobs: Vec<(String, Vec<Vertex>)>,
    taskmanagers: Vec<TaskManagerId>,
}

/// None where something in it is wrong; `out` says what.
pub fn build(given: &Node, out: &mut Mistakes) -> Option<World> {
    let before = out.found.len();
    for (k, _) in given.entries() {
        let word = k.text().unwrap_or_default();
        let known: Vec<&str> = KEYS.into_iter().chain(["gaps", "listed_brokers"]).collect();
        if !known.contains(&word) {
            let message = format!("unknown key `{word}` in a world");
            out.add(k.at, message, did_you_mean(word, known));
        }
    }
    let mut time = |key: &str, default: i64| {
        given.get(key).and_then(|n| span(n, out)).unwrap_or(Span::secs(default))
    };
    let (tick, from, until) = (time("tick", 5), time("from", 0), time("until", 120));
    let onset = given.get("onset").and_then(|n| span(n, out)).map(|s| START + s);
    if tick.0 <= 0 || (until.0 - from.0) / tick.0.max(1) > MAX_TICKS {
        out.add(
            given.at,
            "too many looks",
            format!("at most {MAX_TICKS} ticks between from and until"),
        );
        return None;
    }
    let mut b = Builder {
        out,
        estate: Estate::default(),
        settings: Settings { fresh: Span(tick.0 * 3), ..Settings::default() },
        lines: Vec::new(),
        threads: BTreeMap::new(),
        jobs: Vec::new(),
        taskmanagers: Vec::new(),
    };
    b.facts(given, START + until);
    for (key, value) in given.get("series").map(Node::entries).unwrap_or_default() {
        b.series(key, value);
    }
    let changes = b.changes(given.get("changes"));
    let gaps = b.gaps(given.get("gaps"), START + until);
    let (table, lineage) = b.run(tick, from, until);
    let Builder { estate, out, .. } = b;
    if out.found.len() > before {
        return None;
    }
    let snapshot = Snapshot {
        at: START + until,
        tick,
        estate: Arc::new(estate),
        signals: table,
        lineage: Arc::new(lineage),
        changes: Arc::new(changes),
        gaps: Arc::new(gaps),
        planned: Arc::default(),
    };
    Some(World { snapshot, onset })
}

impl Builder<'_> {
    fn apply(&mut self, fact: Fact, at: Millis) {
        self.estate.apply(fact, at);
    }

    fn facts(&mut self, given: &Node, at: Millis) {
        let (ids, fact) = match given.get("taskmanagers") {
            Some(n) => facts::taskmanagers(n, at, self.out),
            None => {
                let one = TaskManagerId::new("tm-1");
                (vec![one], Fact::TaskManagers { cluster: flink(), list: Vec::new() })
            }
        };
        if given.get("taskmanagers").is_some() {
            self.apply(fact, at);
        }
        let mut summaries = Vec::new();
        let mut rest = Vec::new();
        for (key, n) in given.get("jobs").map(Node::entries).unwrap_or_default() {
            let name = key.text().unwrap_or_default();
            for fact in facts::job(name, n, &ids, at, self.out) {
                match fact {
                    Fact::Jobs { jobs, .. } => summaries.extend(jobs),
                    other => rest.push(other),
                }
            }
            for (word, writes) in [("reads", false), ("writes", true)] {
                for topic in n.get(word).map(Node::items).unwrap_or_default() {
                    let (job, topic) =
                        (Name::from(name), Name::from(topic.text().unwrap_or_default()));
                    self.settings.declared.push(DeclaredEdge {
                        job,
                        operator: None,
                        topic,
                        writes,
                    });
                }
            }
            let vertices = n.get("plan").map(|p| facts::plan(p, n, self.out)).unwrap_or_default();
            self.jobs.push((name.to_owned(), vertices));
        }
        self.taskmanagers = ids;
        self.apply(Fact::Jobs { cluster: flink(), jobs: summaries }, at);
        for fact in rest {
            self.apply(fact, at);
        }
        if let Some(topics) = given.get("topics") {
            let brokers = facts::brokers(given.get("brokers"));
            let listed = given
                .get("listed_brokers")
                .map_or_else(|| brokers.clone(), |n| facts::brokers(Some(n)));
            self.apply(facts::kafka_overview(&listed), at);
            let list = topics.entries().iter();
            let topics =
                list.filter_map(|(k, n)| Some(facts::topic(k.text()?, n, &brokers))).collect();
            self.apply(Fact::Topics { cluster: kafka(), topics }, at);
        }
    }

    /// `<kind> <path> <signal>: <values>`
    fn series(&mut self, key: &Node, value: &Node) {
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

    fn changes(&mut self, n: Option<&Node>) -> Vec<Change> {
        let mut all = Vec::new();
        for n in n.map(Node::items).unwrap_or_default() {
            let text = |key: &str| n.get(key).and_then(Node::text).map(str::to_owned);
            let kind = text("kind")
                .and_then(|k| serde_json::from_value(serde_json::Value::String(k)).ok());
            let at = n.get("at").and_then(|a| span(a, self.out));
            let of = text("of").unwrap_or_default();
            let (Some(kind), Some(at), Some(entity)) = (kind, at, entity_of(&of)) else {
                let todo = "write { at: 30s, kind: plan, of: job risk }; of: taskmanager tm-1, cluster, kafka";
                self.out.add(n.at, "this is no change", todo);
                continue;
            };
            let at = START + at;
            let (what, from, to) = (text("what"), text("from"), text("to"));
            all.push(Change { at, seen: at, entity, kind, what, from, to });
        }
        all.sort_by_key(|c| c.at);
        all
    }

    /// `flink`, `kafka`, `broker 2`: each does not answer; `flink since 60s`.
    fn gaps(&mut self, n: Option<&Node>, at: Millis) -> Vec<Gap> {
        let mut all = Vec::new();
        for n in n.map(Node::items).unwrap_or_default() {
            let text = n.text().unwrap_or_default();
            let (what, since) = text.split_once(" since ").unwrap_or((text, ""));
            let since = super::curve::number(since).map_or(at, |s| START + Span::from_secs(s));
            let target =
                |name: &str, kind| Target { name: name.into(), kind, address: "there:1".into() };
            let (target, what) = match what.split_once(' ') {
                None if what == "flink" => {
                    (target(FLINK, TargetKind::FlinkRest), "/jobs/overview".to_owned())
                }
                None if what == "kafka" => {
                    (target(KAFKA, TargetKind::Kafka), "metadata".to_owned())
                }
                Some(("broker", id)) => {
                    (target(KAFKA, TargetKind::Kafka), format!("broker {id} at there:1"))
                }
                _ => {
                    self.out.add(
                        n.at,
                        "this is no gap",
                        "flink, kafka or `broker 2`, perhaps `since 60s`",
                    );
                    continue;
                }
            };
            let reason = GapReason::Unreachable { detail: "connection refused".into() };
            all.push(Gap { target, what: what.into(), at: since, reason });
        }
        all
    }

    /// Writes every series tick by tick, and assesses at each.
    fn run(&mut self, tick: Span, from: Span, until: Span) -> (SeriesTable, Lineage) {
        let mut table = SeriesTable::default();
        let (inferred, mut lineage) = (Inferred::default(), Lineage::default());
        let mut clocks: BTreeMap<Entity, (f64, f64)> = BTreeMap::new();
        let step = tick.as_secs();
        let mut t = from;
        while t.0 <= until.0 {
            let at = START + t;
            for line in &mut self.lines {
                let Some(value) = line.curve.at(t, until) else { continue };
                let value = match &mut line.count {
                    Some(count) => {
                        *count += value * step;
                        *count
                    }
                    None => value,
                };
                table.record(&line.entity, line.signal, at, value);
            }
            for (entity, (busy, held)) in &self.threads {
                let share = |c: &Option<Curve>| c.as_ref().map_or(Some(0.0), |c| c.at(t, until));
                let (busy, held) = (share(busy), share(held));
                let clock = clocks.entry(entity.clone()).or_default();
                let (Some(busy), Some(held)) = (busy, held) else { continue };
                clock.0 += (1.0 - busy - held).max(0.0) * step * 1000.0;
                clock.1 += held * step * 1000.0;
                table.record(entity, Signal::IdleTime, at, clock.0);
                table.record(entity, Signal::BackPressuredTime, at, clock.1);
                table.record(entity, Signal::BusyTime, at, 0.0);
            }
            lineage = self.look(&mut table, &inferred, at);
            t = t + tick;
        }
        (table, lineage)
    }

    fn look(&self, table: &mut SeriesTable, inferred: &Inferred, at: Millis) -> Lineage {
        let input =
            Input { at, estate: &self.estate, signals: table, settings: &self.settings, inferred };
        let done = assess(&input);
        for s in &done.samples {
            table.record(&s.entity, s.signal, s.at, s.value);
        }
        done.lineage
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

fn entity_of(text: &str) -> Option<Entity> {
    let cluster = flink();
    Some(match text.split_once(' ') {
        Some(("job", name)) => Entity::Job { job: JobKey::new(&cluster, name) },
        Some(("taskmanager", id)) => Entity::TaskManager { cluster, id: TaskManagerId::new(id) },
        None if text == "cluster" => Entity::FlinkCluster { cluster },
        None if text == "kafka" => Entity::KafkaCluster { cluster: kafka() },
        _ => return None,
    })
}
