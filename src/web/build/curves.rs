//! Curves of a node from history. Time is cut into steps; a step without a value stays empty.

use super::graph::resolve;
use super::{Error, as_of};
use crate::web::view::{Curves, SeriesView};
use std::collections::BTreeMap;
use streamwarden_core::estate::{
    Entity, Job, JobKey, Millis, Series, Span, TopicId, Vertex, VertexId,
};
use streamwarden_core::lineage::{EdgeKind, NodeRef};
use streamwarden_core::signals::Signal;
use streamwarden_core::snapshot::Snapshot;

pub const MAX_POINTS: usize = 2000;
/// Curves of one answer: a job with hundreds of vertices is not read as hundreds of curves.
const MAX_SERIES: usize = 60;

#[derive(Clone, Copy, Debug)]
pub struct CurveQuery {
    pub from: Millis,
    pub to: Millis,
    pub max_points: usize,
    /// Time between two values of a series.
    pub tick: Span,
}

/// Of a job: its ages, records in and out, busy and back pressure of each vertex, checkpoints. Of
/// a topic: what is written to it and how late its readers are.
pub fn curves(s: &Snapshot, id: &str, q: &CurveQuery) -> Result<Curves, Error> {
    let node = resolve(&s.lineage, "node", id, |_| true)?;
    let length = (q.to - q.from).0.max(1);
    let points = q.max_points.clamp(1, MAX_POINTS) as i64;
    let step = Span((length.saturating_add(points - 1) / points).max(q.tick.0).max(1));
    let b = Builder { s, q, step };
    let mut series = b.ages(&node);
    series.extend(match &node {
        NodeRef::Job { job } => b.job(job),
        NodeRef::Topic { topic } => b.topic(topic),
        NodeRef::Base { .. } => Vec::new(),
    });
    series.retain(|c| !c.points.is_empty());
    series.truncate(MAX_SERIES);
    Ok(Curves { at: s.at.0, from: q.from.0, to: q.to.0, step_ms: step.0, series })
}

struct Builder<'a> {
    s: &'a Snapshot,
    q: &'a CurveQuery,
    step: Span,
}

/// How the values of one step become one.
type Join = fn(&[f64]) -> f64;

fn worst(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::MIN, f64::max)
}
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Growth per second between each point and the one before, at the later one. A fall is a new life
/// of the counter: what lies across it is not known.
fn growth(series: &Series, from: Millis, to: Millis) -> impl Iterator<Item = (Millis, f64)> {
    let mut before: Option<(Millis, f64)> = None;
    series.range(from, to).filter_map(move |(t, v)| {
        let (t0, v0) = before.replace((t, v))?;
        (v >= v0).then(|| (t, (v - v0) / (t - t0).as_secs()))
    })
}

/// By index of the step.
type Steps = BTreeMap<i64, f64>;

impl<'a> Builder<'a> {
    fn steps(&self, points: impl Iterator<Item = (Millis, f64)>, join: Join) -> Steps {
        let mut cut: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
        for (t, v) in points {
            cut.entry(t.0.div_euclid(self.step.0)).or_default().push(v);
        }
        cut.into_iter().map(|(i, values)| (i, join(&values))).collect()
    }

    fn gauge(&self, entity: &Entity, signal: Signal) -> Steps {
        let series = self.s.signals.get(entity, signal);
        let points = series.into_iter().flat_map(|s| s.range(self.q.from, self.q.to));
        self.steps(points, worst)
    }

    fn rate(&self, series: &Series) -> Steps {
        // one tick more in front: a rate needs two points
        let from = self.q.from - self.q.tick;
        let points = growth(series, from, self.q.to).filter(|(t, _)| *t >= self.q.from);
        self.steps(points, mean)
    }

    /// A step is known where all of them are: a part would look like the whole.
    fn sum(&self, all: &[&Series]) -> Steps {
        self.join(all.iter().map(|s| self.rate(s)).collect(), |values| values.iter().sum())
    }

    fn join(&self, all: Vec<Steps>, join: Join) -> Steps {
        let mut values: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
        let wanted = all.len();
        all.into_iter().flatten().for_each(|(i, v)| values.entry(i).or_default().push(v));
        let whole = values.into_iter().filter(|(_, v)| v.len() == wanted);
        whole.map(|(i, v)| (i, join(&v))).collect()
    }

    fn view(
        &self,
        name: String,
        label: String,
        unit: &str,
        source: &str,
        steps: Steps,
    ) -> SeriesView {
        // the moment of a step is its end, cut at `to`
        let end = |i: i64| i.saturating_add(1).saturating_mul(self.step.0).min(self.q.to.0);
        SeriesView {
            name,
            label,
            unit: unit.into(),
            source: source.into(),
            points: steps.into_iter().map(|(i, v)| (end(i), v)).collect(),
        }
    }

    /// Delays of the edges that the job reads or that read the topic, and inside the job.
    fn ages(&self, node: &NodeRef) -> Vec<SeriesView> {
        let mut found = Vec::new();
        if let NodeRef::Job { job } = node {
            let whole = self.gauge(&Entity::Job { job: job.clone() }, Signal::OutputAge);
            let inside = self.gauge(&Entity::EdgeInside { job: job.clone() }, Signal::InsideWait);
            let mut push = |n: &str, label: &str, steps| {
                found.push(self.view(n.into(), label.into(), "s", "assessment", steps));
            };
            push("total", "age of the data when it leaves", whole);
            push("inside", "inside the job", inside);
        }
        let edges = self.s.lineage.edges.iter();
        let mine = edges.filter(|e| match e.kind {
            EdgeKind::Reads => e.to == *node || e.from == *node,
            EdgeKind::Writes => e.from == *node,
        });
        found.extend(mine.filter_map(|e| {
            let signal = match e.kind {
                EdgeKind::Reads => Signal::EdgeAge,
                EdgeKind::Writes => Signal::CommitWait,
            };
            let steps = self.gauge(&as_of::edge_entity(e)?, signal);
            let label = format!("{} → {}", e.from.name(), e.to.name());
            let id = format!("age:{}", super::convert::edge_id(e));
            Some(self.view(id, label, "s", "assessment", steps))
        }));
        found
    }

    fn topic(&self, topic: &TopicId) -> Vec<SeriesView> {
        let kafka = self.s.estate.kafka.get(&topic.cluster);
        let partitions = kafka.and_then(|k| k.topics.get(&topic.topic)).map(|t| &t.partitions);
        let series: Option<Vec<_>> = partitions
            .into_iter()
            .flatten()
            .map(|p| {
                let e = Entity::Partition { topic: topic.clone(), partition: p.id };
                self.s.signals.get(&e, Signal::EndOffset)
            })
            .collect();
        let steps = self.sum(&series.unwrap_or_default());
        vec![self.view(
            "rate".into(),
            "records written".into(),
            "records/s",
            "Kafka end offsets",
            steps,
        )]
    }

    fn job(&self, key: &JobKey) -> Vec<SeriesView> {
        let Some(job) = self.s.estate.jobs.get(key) else { return Vec::new() };
        let vertices = job.run.detail.iter().flat_map(|(_, d)| &d.vertices);
        let run = Entity::Run { cluster: key.cluster.clone(), run: job.run.id.clone() };
        let mut found = vec![self.view(
            "checkpoint".into(),
            "checkpoint duration".into(),
            "ms",
            "Flink metrics",
            self.gauge(&run, Signal::LastCheckpointDuration),
        )];
        found.extend(vertices.flat_map(|v| self.vertex(job, v)));
        found
    }

    fn vertex(&self, job: &Job, v: &Vertex) -> Vec<SeriesView> {
        let of = |signal| self.subtasks(job, &v.id, v.parallelism, signal);
        let sum = |signal| of(signal).map_or_else(Steps::new, |s| self.sum(&s));
        // a task counts nothing into its source
        let (label, signal) = match v.inputs.is_empty() {
            true => ("records out", Signal::RecordsOut),
            false => ("records in", Signal::RecordsIn),
        };
        let (idle, pressed) = (of(Signal::IdleTime), of(Signal::BackPressuredTime));
        // without it Flink cannot tell busy from idle (legacy sources)
        let told = of(Signal::BusyTime);
        let busy =
            told.and(idle).zip(pressed.clone()).map(|(idle, pressed)| self.busy(&idle, &pressed));
        let pressed = pressed.map(|s| {
            let shares = s.iter().map(|s| scaled(self.rate(s), |ms| ms / 1000.0)).collect();
            self.join(shares, worst)
        });
        let source = "Flink metrics";
        let view = |kind: &str, label: &str, unit: &str, steps: Steps| {
            let name = format!("{kind}:{}", v.id);
            self.view(name, format!("{} {label}", v.name), unit, source, steps)
        };
        vec![
            view("records", label, "records/s", sum(signal)),
            view("busy", "busy (max)", "ratio", busy.unwrap_or_default()),
            view("back_pressure", "back pressure (max)", "ratio", pressed.unwrap_or_default()),
        ]
    }

    /// The busiest subtask of each step.
    fn busy(&self, idle: &[&Series], pressed: &[&Series]) -> Steps {
        let rest = |(i, p): (&&Series, &&Series)| {
            let both = self.join(vec![self.rate(i), self.rate(p)], |v| v.iter().sum());
            scaled(both, |ms| 1.0 - ms / 1000.0)
        };
        self.join(idle.iter().zip(pressed).map(rest).collect(), worst)
    }

    /// The series of all subtasks; None where one has none.
    fn subtasks(
        &self,
        job: &Job,
        vertex: &VertexId,
        parallelism: u32,
        signal: Signal,
    ) -> Option<Vec<&'a Series>> {
        let entity = |index| Entity::Subtask {
            cluster: job.key.cluster.clone(),
            run: job.run.id.clone(),
            vertex: vertex.clone(),
            index,
        };
        (0..parallelism).map(|i| self.s.signals.get(&entity(i), signal)).collect()
    }
}

/// A share of time out of ms per second.
fn scaled(steps: Steps, share: impl Fn(f64) -> f64) -> Steps {
    steps.into_iter().map(|(i, ms)| (i, share(ms).clamp(0.0, 1.0))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata::{self, NOW, TICK};

    fn ask(id: &str, secs: i64, max_points: usize) -> Curves {
        let q = CurveQuery { from: NOW - Span::secs(secs), to: NOW, max_points, tick: TICK };
        curves(&testdata::snapshot(), id, &q).unwrap()
    }
    fn find<'a>(c: &'a Curves, label: &str) -> &'a SeriesView {
        c.series.iter().find(|s| s.label == label).unwrap_or_else(|| panic!("no {label}"))
    }

    #[test]
    fn few_points_keep_the_worst_age() {
        let c = ask("job:demo/dwd-order-stats", 2400, 10);
        let age = find(&c, "orders → dwd-order-stats");
        assert!(age.points.len() <= 11);
        assert!(age.points.last().unwrap().1 > 90.0);
        assert!(
            (find(&c, "Window(TumblingEventTimeWindows(5000)) busy (max)").points[1].1 - 0.9).abs()
                < 1e-3
        );
    }

    #[test]
    fn a_hole_stays_a_hole() {
        let c = ask("topic:pay-1/audit-in", 600, 1000);
        let age = find(&c, "audit-in → audit-log");
        assert!(age.points.last().unwrap().0 < NOW.0 - 200_000);
        assert_eq!(c.step_ms, TICK.0);
        assert!(find(&c, "records written").points.iter().all(|p| p.1 == 0.0));
    }

    #[test]
    fn a_counter_that_starts_anew_leaves_a_hole() {
        let mut s = Series::default();
        for (t, v) in [(0, 10.0), (1000, 30.0), (2000, 5.0), (3000, 15.0)] {
            s.push(Millis(t), v);
        }
        let got: Vec<_> = growth(&s, Millis(0), Millis(9000)).collect();
        assert_eq!(got, [(Millis(1000), 20.0), (Millis(3000), 10.0)]);
    }

    #[test]
    fn partitions_add_up() {
        let c = ask("topic:pay-1/orders", 600, 50);
        assert!(find(&c, "records written").points.iter().all(|p| (p.1 - 2000.0).abs() < 1e-6));
    }
}
