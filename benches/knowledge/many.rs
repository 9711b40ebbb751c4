//! Generated jobs (no recording: made up, so that the size is right): what a pass costs.

use std::collections::BTreeMap;
use std::sync::Arc;
use streamwarden::record::{Bundle, Column, Derive, Header, Recent, Seen};
use streamwarden::tasks::{Replay, Watcher};
use streamwarden_core::estate::*;
use streamwarden_core::inspect::inspect;
use streamwarden_core::lineage::{DeclaredEdge, Settings};
use streamwarden_core::past::{HOUR, Hour, KEPT, Past};
use streamwarden_core::rules::{Inspection, RuleSet, all_of, weeks};
use streamwarden_core::signals::Signal;
use streamwarden_core::snapshot::Snapshot;
use tokio::time::Instant;

/// Jobs, and of how many in a hundred one vertex cannot keep up.
const ESTATES: [(usize, usize); 6] =
    [(250, 0), (250, 30), (1000, 0), (1000, 30), (2000, 0), (2000, 30)];
const SUBTASKS: u32 = 2;
const SECONDS: i64 = 300;
const TICK: i64 = 5;
const T0: i64 = 1_795_240_000_000;

#[derive(Clone, Copy)]
struct Size {
    jobs: usize,
    ill_of_100: usize,
}

impl Size {
    /// Spread evenly: of the readers as of the writers.
    fn ill(self, job: usize) -> bool {
        job * 7 % 100 < self.ill_of_100
    }
}

pub fn jobs(rules: &RuleSet) {
    println!(
        "\n| generated jobs in chains of two | ill | series | symptoms | incidents | pass: CPU, mean of the last ten | worst | taking in and lineage: CPU | memory in the end |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (jobs, ill_of_100) in ESTATES {
        row(Size { jobs, ill_of_100 }, rules);
    }
}

fn row(size: Size, rules: &RuleSet) {
    let bundle = Arc::new(estate(size));
    let series = bundle.series.len();
    let mut replay = Replay::new(bundle, Derive::default());
    let mut watcher = Watcher::new(rules.clone());
    let (mut lineage, mut pass): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    let (mut open, mut symptoms) = (0, 0);
    loop {
        let begun = cpu();
        let Some(snapshot) = replay.step() else { break };
        let middle = cpu();
        let told = watcher.pass(&snapshot);
        lineage.push(middle - begun);
        pass.push(cpu() - middle);
        (open, symptoms) = (told.book.incidents.len(), told.seen.symptoms.len());
    }
    let last = |v: &[f64]| v.iter().rev().take(10).sum::<f64>() / 10.0 * 1e3;
    let worst = pass.iter().copied().fold(0.0, f64::max) * 1e3;
    println!(
        "| {} | {} % | {series} | {symptoms} | {open} | {:.0} ms | {worst:.0} ms | {:.0} ms | {:.0} MB |",
        size.jobs,
        size.ill_of_100,
        last(&pass),
        last(&lineage),
        rss_mb(),
    );
}

/// An inspection of generated jobs in health, with generated weeks behind them.
pub fn inspection(jobs: usize, rules: &RuleSet, checks: &[Inspection]) {
    let mut replay = Replay::new(Arc::new(estate(Size { jobs, ill_of_100: 0 })), Derive::default());
    let mut watcher = Watcher::new(rules.clone());
    let mut last = None;
    while let Some(snapshot) = replay.step() {
        watcher.pass(&snapshot);
        last = Some(snapshot);
    }
    let Some(snapshot) = last else { return };
    let before = rss_mb();
    let snapshot = Snapshot { past: Arc::new(weeks_of(&snapshot, checks)), ..snapshot };
    let weeks = rss_mb() - before;
    let begun = (cpu(), Instant::now());
    let report = inspect(checks, &snapshot, None, &[], &|_| None);
    let took = (cpu() - begun.0, begun.1.elapsed());
    println!(
        "\n| inspection of generated jobs | judged | not to be judged | findings | CPU | wall | memory of the weeks | memory in the end |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    println!(
        "| {jobs} | {} | {} | {} | {:.1} s | {:.1} s | {weeks:.0} MB | {:.0} MB |",
        report.judged,
        report.blind.iter().map(|b| b.subjects).sum::<u32>(),
        report.findings.len() as u64 + report.left_out,
        took.0,
        took.1.as_secs_f64(),
        rss_mb(),
    );
}

/// As much as the checks ask for, each hour known.
fn weeks_of(s: &Snapshot, checks: &[Inspection]) -> Past {
    let mut past = Past::default();
    for (name, far) in weeks(checks) {
        for kept in KEPT.iter().filter(|k| *k.name == *name) {
            for (n, subject) in all_of(s, kept.of).into_iter().enumerate() {
                let hour = |h: i64| {
                    let mean = 0.2 + (h % 24) as f64 / 100.0 + (n % 7) as f64 / 50.0;
                    let start = s.at - Span(h * HOUR.0);
                    Hour { start, known: 60, min: mean * 0.8, mean, max: mean * 1.4, last: mean }
                };
                past.put(subject, &name, (1..=far.0 / HOUR.0).rev().map(hour).collect());
            }
        }
    }
    past
}

/// What the answers of an hour take, as the bed gave them with a second between two looks.
pub fn recent(bundle: &Bundle) {
    let before = rss_mb();
    let mut recent = Recent::default();
    let (from, to) = (bundle.header.from, bundle.header.to);
    let round = to - from + Span::secs(1);
    for n in 0..3600 / (round.0 / 1000).max(1) + 1 {
        for look in &bundle.looks {
            let later = |t: Millis| t + Span(round.0 * n);
            let facts: Vec<_> =
                look.facts.iter().map(|(t, f)| (later(*t), (**f).clone())).collect();
            let Some(target) = bundle.targets.get(look.target) else { continue };
            recent.note(target, later(look.at), 1.0, &facts, &look.gaps, &look.seen);
        }
    }
    println!(
        "\n| answers of an hour, 4 jobs, 1 s | {} looks | {:.1} MB counted | {:.1} MB of memory |",
        recent.looks().count(),
        recent.bytes() as f64 / 1e6,
        rss_mb() - before
    );
}

fn estate(size: Size) -> Bundle {
    let flink = ClusterId::new("many");
    let kafka = ClusterId::new("log");
    let target = |name: &str, kind| Target { name: name.into(), kind, address: name.into() };
    let mut settings = Settings { fresh: Span::secs(3 * TICK), ..Settings::default() };
    settings.kafka_of.insert(flink.clone(), kafka.clone());
    // even jobs read a topic of their own and feed the odd ones
    for i in (0..size.jobs).step_by(2) {
        settings.declared.push(DeclaredEdge {
            job: job_name(i).into(),
            operator: None,
            topic: topic_name(i + 1).into(),
            writes: true,
        });
    }
    let mut header = Header::new(TICK as u64 * 1000, settings, Vec::new());
    (header.from, header.to) = (Millis(T0), Millis(T0 + SECONDS * 1000));
    let mut looks = Vec::new();
    for s in (0..=SECONDS).step_by(TICK as usize) {
        let at = Millis(T0 + s * 1000);
        let facts =
            if s == 0 { facts(size, &flink, &kafka, at) } else { vec![jobs_at(size, &flink, at)] };
        for (target, facts) in [(0, facts), (1, Vec::new())] {
            looks.push(Seen {
                target,
                at,
                took_ms: 1.0,
                facts: facts.into_iter().map(|f| (at, Arc::new(f))).collect(),
                gaps: Vec::new(),
                seen: vec!["/jobs/overview".into()],
            });
        }
    }
    let mut out = Bundle {
        header,
        targets: vec![
            target("flink", TargetKind::FlinkRest),
            target("metrics", TargetKind::Prometheus),
        ],
        looks,
        series: Vec::new(),
        cut: None,
    };
    let times = Arc::new((0..=SECONDS / TICK).map(|n| T0 + n * TICK * 1000 - 10).collect());
    for i in 0..size.jobs {
        series(&mut out, (&flink, &kafka), i, size.ill(i), &times);
    }
    out
}

fn job_name(i: usize) -> String {
    format!("job-{i:04}")
}

fn topic_name(i: usize) -> String {
    format!("topic-{i:04}")
}

fn run(i: usize) -> RunId {
    RunId::new(format!("{i:032x}"))
}

fn jobs_at(size: Size, flink: &ClusterId, at: Millis) -> Fact {
    let summary = |i: usize| JobSummary {
        run: run(i),
        name: job_name(i).into(),
        state: JobState::Running,
        start: Millis(at.0.min(T0) - 3_600_000),
        end: None,
        last_modification: None,
        tasks: BTreeMap::from([("running".to_owned(), 3 * SUBTASKS)]),
    };
    Fact::Jobs { cluster: flink.clone(), jobs: (0..size.jobs).map(summary).collect() }
}

fn facts(size: Size, flink: &ClusterId, kafka: &ClusterId, at: Millis) -> Vec<Fact> {
    let mut out = vec![jobs_at(size, flink, at)];
    let vertex = |n: usize| Vertex {
        id: VertexId::new(format!("v{n}")),
        name: ["Source: in", "Enrich", "Sink: out"][n].into(),
        parallelism: SUBTASKS,
        max_parallelism: Some(128),
        status: "RUNNING".into(),
        description: "".into(),
        inputs: (n > 0)
            .then(|| VertexInput {
                from: VertexId::new(format!("v{}", n - 1)),
                ship: "HASH".into(),
            })
            .into_iter()
            .collect(),
        tasks: BTreeMap::from([("running".to_owned(), SUBTASKS)]),
    };
    for i in 0..size.jobs {
        out.push(Fact::JobDetail(JobDetail {
            cluster: flink.clone(),
            run: run(i),
            name: job_name(i).into(),
            state: JobState::Running,
            start: Millis(T0 - 3_600_000),
            now: Some(at),
            max_parallelism: None,
            scheduler: None,
            vertices: (0..3).map(vertex).collect(),
            plan_hash: "plan".into(),
        }));
    }
    let topic = |i: usize| TopicFact {
        name: topic_name(i).into(),
        id: None,
        partitions: (0..SUBTASKS as i32)
            .map(|id| PartitionFact {
                id,
                leader: Some(1),
                replicas: vec![1],
                isr: vec![1],
                producers: None,
            })
            .collect(),
        config: BTreeMap::new(),
    };
    let topics = (0..size.jobs).map(topic).collect();
    out.push(Fact::Topics { cluster: kafka.clone(), topics });
    out
}

/// 1,000 records a second; the ill ones do 700 from the second minute on.
fn series(
    out: &mut Bundle,
    (flink, kafka): (&ClusterId, &ClusterId),
    i: usize,
    ill: bool,
    times: &Arc<Vec<i64>>,
) {
    let done = |t: i64| {
        let s = (t - T0) as f64 / 1000.0;
        if ill && s > 60.0 { 60_000.0 + (s - 60.0) * 700.0 } else { s * 1000.0 }
    };
    let mut put = |target: usize, entity: Entity, signal: Signal, of: &dyn Fn(i64) -> f64| {
        let values = times.iter().map(|t| of(*t)).collect();
        out.series.push(Column { target, entity, signal, times: times.clone(), values });
    };
    let share = f64::from(SUBTASKS);
    for n in 0..3 {
        for index in 0..SUBTASKS {
            let vertex = VertexId::new(format!("v{n}"));
            let entity = Entity::Subtask { cluster: flink.clone(), run: run(i), vertex, index };
            let slow = ill && n == 1;
            put(1, entity.clone(), Signal::RecordsIn, &|t| (done(t) / share).round());
            put(1, entity.clone(), Signal::RecordsOut, &|t| (done(t) / share).round());
            put(1, entity.clone(), Signal::BusyTime, &|t| (t - T0) as f64 * 0.4);
            put(1, entity.clone(), Signal::IdleTime, &|t| {
                (t - T0) as f64 * if slow { 0.01 } else { 0.6 }
            });
            put(1, entity.clone(), Signal::BackPressuredTime, &|t| {
                (t - T0) as f64 * if ill && n == 0 { 0.9 } else { 0.0 }
            });
            put(1, entity, Signal::OutPoolUsage, &|_| if ill && n == 0 { 1.0 } else { 0.1 });
        }
    }
    let topic = TopicId::new(kafka, topic_name(i));
    for partition in 0..SUBTASKS as i32 {
        let position = Entity::Position {
            cluster: flink.clone(),
            run: run(i),
            vertex: VertexId::new("v0"),
            topic: topic.topic.clone(),
            partition,
        };
        put(1, position, Signal::SourcePosition, &|t| (done(t) / share).round());
        let end = Entity::Partition { topic: topic.clone(), partition };
        put(1, end, Signal::EndOffset, &|t| ((t - T0) as f64 / share).round());
    }
}

fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn rss_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
