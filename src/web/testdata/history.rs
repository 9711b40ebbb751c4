//! Forty minutes of history, healthy at first: `dwd-order-stats` has been falling behind for 100 s.

use super::facts::{run, vertex};
use super::{NOW, TICK, flink, job, topic};
use streamwarden_core::estate::{Entity, Millis, SeriesTable, Span};
use streamwarden_core::signals::Signal;

const SINCE: Span = Span::secs(2400);

/// Seconds that `orders` waits for `dwd-order-stats` at a moment.
fn slow(at: Millis) -> f64 {
    0.3 + (at - (NOW - Span::secs(102))).as_secs().max(0.0) * 0.92
}

fn ticks() -> impl Iterator<Item = Millis> {
    (0..=SINCE.0 / TICK.0).map(|i| NOW - SINCE + Span(i * TICK.0))
}

pub fn table() -> SeriesTable {
    let mut t = SeriesTable::default();
    derived(&mut t);
    subtasks(&mut t);
    offsets(&mut t);
    t
}

fn derived(t: &mut SeriesTable) {
    let read = |tp, j| Entity::EdgeRead { topic: topic(tp), job: job(j) };
    let inside = |j| Entity::EdgeInside { job: job(j) };
    let whole = |j| Entity::Job { job: job(j) };
    for at in ticks() {
        let (stats, risk) = ("dwd-order-stats", "ads-risk");
        t.record(&read("orders", stats), Signal::EdgeAge, at, slow(at));
        t.record(&read("orders", stats), Signal::TopicWait, at, (slow(at) - 3.1).max(0.2));
        t.record(&read("order-stats", risk), Signal::EdgeAge, at, 1.2);
        t.record(&read("order-stats", risk), Signal::TopicWait, at, 0.8);
        t.record(&inside(stats), Signal::InsideWait, at, slow(at).min(3.1));
        t.record(&whole(stats), Signal::OutputAge, at, slow(at) + 0.2);
        t.record(&inside(risk), Signal::InsideWait, at, 0.4);
        t.record(&whole(risk), Signal::OutputAge, at, slow(at) + 1.5);
        t.record(&Entity::Path { id: "p-6f1c2a".into() }, Signal::PathAge, at, slow(at) + 1.6);
        // the job stopped telling 214 s ago
        if at < NOW - Span::secs(214) {
            t.record(&read("audit-in", "audit-log"), Signal::EdgeAge, at, 0.9);
        }
    }
}

/// ms of each second that a subtask is idle and back pressured.
const SUBTASKS: [(&str, u32, f64, f64); 4] = [
    ("source", 0, 10.0, 970.0),
    ("window", 0, 100.0, 0.0),
    ("window", 1, 400.0, 0.0),
    ("sink", 0, 970.0, 0.0),
];

fn subtasks(t: &mut SeriesTable) {
    let (cluster, run) = (flink(), run("dwd-order-stats"));
    let task = |v: &str, index| Entity::Subtask {
        cluster: cluster.clone(),
        run: run.clone(),
        vertex: vertex(v),
        index,
    };
    let whole = Entity::Run { cluster: cluster.clone(), run: run.clone() };
    for at in ticks() {
        let s = (at - (NOW - SINCE)).as_secs();
        for (v, i, idle, pressed) in SUBTASKS {
            t.record(&task(v, i), Signal::IdleTime, at, s * idle);
            t.record(&task(v, i), Signal::BackPressuredTime, at, s * pressed);
            t.record(&task(v, i), Signal::BusyTime, at, s * (1000.0 - idle - pressed));
        }
        t.record(&task("source", 0), Signal::RecordsOut, at, s * 2000.0);
        for (i, rate) in [(0, 1600.0), (1, 400.0)] {
            t.record(&task("window", i), Signal::RecordsIn, at, s * rate);
            t.record(&task("window", i), Signal::RecordsOut, at, s * 20.0);
            t.record(&task("window", i), Signal::InputWatermark, at, at.0 as f64 - slow(at) * 1e3);
        }
        t.record(&task("sink", 0), Signal::RecordsIn, at, s * 40.0);
        t.record(&whole, Signal::LastCheckpointDuration, at, 412.0);
        t.record(&whole, Signal::Restarts, at, 1.0);
    }
}

fn offsets(t: &mut SeriesTable) {
    for (name, per_second) in [("orders", 2000.0), ("order-stats", 40.0), ("audit-in", 0.0)] {
        for partition in [0, 1] {
            let p = Entity::Partition { topic: topic(name), partition };
            for at in ticks() {
                let s = (at - (NOW - SINCE)).as_secs();
                t.record(&p, Signal::EndOffset, at, 1000.0 + s * per_second / 2.0);
                t.record(&p, Signal::BeginOffset, at, 0.0);
            }
        }
    }
}
