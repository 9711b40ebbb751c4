//! A small world out of a test's `given`: facts, series tick by tick, and the lineage that our own
//! assessment makes of them.

mod bases;
mod series;

use super::curve::{Curve, span};
use super::facts::{self, FLINK, KAFKA, START, flink, kafka};
use crate::estate::*;
use crate::lineage::{DeclaredEdge, Inferred, Input, Lineage, Settings, assess};
use crate::past::{MINUTE, PRODUCED, Season, Seasons};
use crate::rules::text::{Mistakes, Node, did_you_mean};
use crate::signals::Signal;
use crate::snapshot::Snapshot;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A snapshot to test on.
pub struct World {
    pub snapshot: Snapshot,
    pub onset: Option<Millis>,
}

const KEYS: [&str; 16] = [
    "tick",
    "from",
    "until",
    "onset",
    "jobs",
    "taskmanagers",
    "topics",
    "brokers",
    "bases",
    "hosts",
    "series",
    "changes",
    "config",
    "controller",
    "disks",
    "groups",
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
        let known: Vec<&str> =
            KEYS.into_iter().chain(["gaps", "listed_brokers", "remembered", "usual"]).collect();
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
    let seasons = b.seasons(given.get("usual"), START + until);
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
        past: Arc::default(),
        seasons: Arc::new(seasons),
        planned: Arc::default(),
        repairs: Arc::default(),
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
        let remembered = given.get("remembered").map(Node::items).unwrap_or_default();
        for name in remembered.iter().filter_map(Node::text) {
            self.remember(name, at);
        }
        // a JobManager that only remembered jobs ran on has not been heard of
        if remembered.is_empty() || !summaries.is_empty() {
            self.apply(Fact::Jobs { cluster: flink(), jobs: summaries }, at);
        }
        for fact in rest {
            self.apply(fact, at);
        }
        for (name, mounts) in given.get("hosts").map(Node::entries).unwrap_or_default() {
            self.apply(bases::host(name.text().unwrap_or_default(), mounts), at);
        }
        for (name, n) in given.get("bases").map(Node::entries).unwrap_or_default() {
            let so_for = n.get("for").and_then(|n| span(n, self.out));
            for fact in bases::facts(name.text().unwrap_or_default(), n, self.out) {
                if let Some(so_for) = so_for {
                    self.apply(fact.clone(), at - so_for);
                }
                self.apply(fact, at);
            }
        }
        if let Some(topics) = given.get("topics") {
            let brokers = facts::brokers(given.get("brokers"));
            let listed = given
                .get("listed_brokers")
                .map_or_else(|| brokers.clone(), |n| facts::brokers(Some(n)));
            let named = given.get("controller").and_then(Node::text) != Some("none");
            self.apply(facts::kafka_overview(&listed, named), at);
            let list = topics.entries().iter();
            let topics =
                list.filter_map(|(k, n)| Some(facts::topic(k.text()?, n, &brokers))).collect();
            self.apply(Fact::Topics { cluster: kafka(), topics }, at);
        }
        if let Some(config) = given.get("config") {
            let entries = facts::strings(Some(config));
            self.apply(Fact::ClusterConfig { cluster: flink(), entries }, at);
        }
        if let Some(disks) = given.get("disks") {
            let brokers = facts::disks(disks);
            self.apply(Fact::LogDirs { cluster: kafka(), brokers }, at);
        }
        if let Some(groups) = given.get("groups") {
            let groups = facts::groups(groups);
            self.apply(Fact::Groups { cluster: kafka(), groups }, at);
        }
    }

    /// A job that ran when the process ran last.
    fn remember(&mut self, name: &str, at: Millis) {
        let run = JobSummary {
            run: RunId::new(format!("run-{name}")),
            name: name.into(),
            state: JobState::Running,
            start: START,
            end: None,
            last_modification: None,
            tasks: BTreeMap::new(),
        };
        self.estate.recall(JobKey::new(&flink(), name), name.into(), (START, at, None), &[run]);
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

    /// `flink`, `kafka`, `broker 2`: each does not answer; `flink since 60s`. `flink /jobs/risk/config`,
    /// `kafka disks`: one question of ours.
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
                Some(("flink", asked)) => {
                    (target(&format!("flink {FLINK}"), TargetKind::FlinkRest), asked.to_owned())
                }
                Some(("kafka", asked)) => {
                    (target(&format!("kafka {KAFKA}"), TargetKind::Kafka), asked.to_owned())
                }
                _ => {
                    self.out.add(
                        n.at,
                        "this is no gap",
                        "flink, kafka, `broker 2` or `kafka disks`, perhaps `since 60s`",
                    );
                    continue;
                }
            };
            let reason = GapReason::Unreachable { detail: "connection refused".into() };
            all.push(Gap { target, what: what.into(), at: since, reason });
        }
        all
    }

    /// `usual: { topic orders: 600 }`: so many records a second in each minute of three days before.
    fn seasons(&mut self, n: Option<&Node>, at: Millis) -> Seasons {
        let mut seasons = Seasons::default();
        for (key, value) in n.map(Node::entries).unwrap_or_default() {
            let topic = key.text().and_then(|k| k.strip_prefix("topic "));
            let rate = value.text().and_then(super::curve::number);
            let (Some(topic), Some(rate)) = (topic, rate) else {
                self.out.add(key.at, "this is nothing usual", "write { topic orders: 600 }");
                continue;
            };
            let minutes: Vec<(Millis, f64)> =
                (1..=4 * 1440).rev().map(|m| (at - Span(m * MINUTE.0), rate)).collect();
            let season = Season::of(&minutes, &seasons.local, &[], at);
            let topic = TopicId::new(&kafka(), topic);
            seasons.put(Subject::Topic { topic }, PRODUCED, season);
        }
        seasons
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
