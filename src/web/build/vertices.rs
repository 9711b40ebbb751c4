//! The operators of one run, with figures per subtask.

use super::{STALE, WINDOW};
use crate::web::view::{SubtaskView, VertexView};
use std::collections::{BTreeMap, HashMap};
use streamwarden_core::estate::{ClusterId, Entity, Job, Millis, RunId, Vertex, VertexId};
use streamwarden_core::signals::{Signal, derive};
use streamwarden_core::snapshot::Snapshot;

pub fn vertices(s: &Snapshot, job: &Job) -> Vec<VertexView> {
    let Some((at, detail)) = &job.run.detail else { return Vec::new() };
    let run = Run { s, cluster: &job.key.cluster, run: &job.run.id };
    let operators = run.operators();
    let view = |v: &Vertex| {
        let last = !detail.vertices.iter().any(|w| w.inputs.iter().any(|i| i.from == v.id));
        run.vertex(v, last, operators.get(&v.id).map_or(&[], |o| o), *at)
    };
    detail.vertices.iter().map(view).collect()
}

/// When the newest figure of an operator was read: the plan is read once, its figures each tick.
/// `Window of dwd-orders` that works hardest of all that runs, and which share of its time (0 to 1).
pub fn busiest(s: &Snapshot) -> Option<(String, f64)> {
    let running =
        s.estate.jobs.values().filter(|j| j.gone.is_none() && s.at - j.last_seen <= STALE);
    let of = |job: &Job| {
        let named = |v: VertexView| {
            let busy = v.busy?;
            Some((format!("{} of {}", v.name, job.name), busy))
        };
        vertices(s, job).into_iter().filter_map(named).collect::<Vec<_>>()
    };
    running.flat_map(of).max_by(|a, b| a.1.total_cmp(&b.1))
}

pub fn read_at(s: &Snapshot, job: &Job) -> Option<Millis> {
    let run = Run { s, cluster: &job.key.cluster, run: &job.run.id };
    let (_, detail) = job.run.detail.as_ref()?;
    detail.vertices.iter().filter_map(|v| run.read_at(v)).max()
}

struct Run<'a> {
    s: &'a Snapshot,
    cluster: &'a ClusterId,
    run: &'a RunId,
}

impl<'a> Run<'a> {
    /// Operators of the run that have metrics, by vertex: a source counts its records there.
    fn operators(&self) -> HashMap<&'a VertexId, Vec<&'a Entity>> {
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for row in self.s.signals.rows() {
            if let Entity::Operator { cluster, run, vertex, .. } = &*row.entity
                && cluster == self.cluster
                && run == self.run
            {
                found.entry(vertex).or_default().push(&*row.entity);
            }
        }
        found
    }

    fn vertex(&self, v: &Vertex, last: bool, operators: &[&Entity], at: Millis) -> VertexView {
        let subtasks: Vec<_> =
            (0..v.parallelism).map(|i| self.subtask(v, last, operators, i)).collect();
        let max = |f: fn(&SubtaskView) -> Option<f64>| {
            subtasks.iter().filter_map(f).max_by(f64::total_cmp)
        };
        let records: Vec<_> = subtasks.iter().map(|t| t.records_in).collect();
        VertexView {
            id: v.id.to_string(),
            name: v.name.to_string(),
            description: v.description.to_string(),
            status: v.status.to_string(),
            parallelism: v.parallelism,
            max_parallelism: v.max_parallelism,
            busy: max(|t| t.busy),
            back_pressure: max(|t| t.back_pressure),
            idle: max(|t| t.idle),
            records_in: sum(&subtasks, |t| t.records_in),
            records_out: sum(&subtasks, |t| t.records_out),
            skew: derive::skew(&records).map(|(_, ratio)| ratio),
            watermark_lag: max(|t| t.watermark_lag),
            subtasks,
            at: Some(self.read_at(v).unwrap_or(at).0),
        }
    }

    /// When the newest figure of its subtasks was read. None: there are no figures, only the plan.
    fn read_at(&self, v: &Vertex) -> Option<Millis> {
        let last = |index| {
            let task = self.task(&v.id, index);
            [Signal::BusyTime, Signal::RecordsIn, Signal::RecordsOut]
                .into_iter()
                .filter_map(|signal| self.s.signals.get(&task, signal)?.last())
                .map(|(at, _)| at)
                .max()
        };
        (0..v.parallelism).filter_map(last).max()
    }

    fn subtask(&self, v: &Vertex, last: bool, operators: &[&Entity], index: u32) -> SubtaskView {
        let task = self.task(&v.id, index);
        let (table, at) = (&self.s.signals, self.s.at);
        let rate = |signal| self.rate(&task, signal);
        let records_in = match v.inputs.is_empty() {
            true => self.of_operators(operators, index, Signal::OperatorRecordsIn),
            false => rate(Signal::RecordsIn),
        };
        // a task counts nothing into its source and nothing out of its sink: its 0 is no rate
        let sent = self.of_operators(operators, index, Signal::RecordsSent);
        SubtaskView {
            index,
            taskmanager: self.taskmanager(&v.id, index),
            busy: derive::busy(table, &task, at, WINDOW),
            back_pressure: derive::back_pressure(table, &task, at, WINDOW),
            idle: derive::idle(table, &task, at, WINDOW),
            records_in,
            records_out: sent.or_else(|| rate(Signal::RecordsOut).filter(|_| !last)),
            watermark_lag: derive::watermark_lag(table, &task, at, STALE).map(|l| l.as_secs()),
        }
    }

    fn taskmanager(&self, vertex: &VertexId, index: u32) -> Option<String> {
        let placements = &self.s.estate.flink.get(self.cluster)?.placements;
        placements.get(&(self.run.clone(), vertex.clone(), index)).map(ToString::to_string)
    }

    fn rate(&self, entity: &Entity, signal: Signal) -> Option<f64> {
        derive::rate(self.s.signals.get(entity, signal)?, self.s.at, WINDOW)
    }

    fn task(&self, vertex: &VertexId, index: u32) -> Entity {
        Entity::Subtask {
            cluster: self.cluster.clone(),
            run: self.run.clone(),
            vertex: vertex.clone(),
            index,
        }
    }

    /// The largest of the operators of one subtask: chained ones count the same records.
    fn of_operators(&self, operators: &[&Entity], index: u32, signal: Signal) -> Option<f64> {
        let here = |e: &&&Entity| matches!(e, Entity::Operator { index: i, .. } if *i == index);
        operators.iter().filter(here).filter_map(|e| self.rate(e, signal)).max_by(f64::total_cmp)
    }
}

/// None unless all are known: a part of the sum would look like all of it.
fn sum(subtasks: &[SubtaskView], f: fn(&SubtaskView) -> Option<f64>) -> Option<f64> {
    subtasks.iter().map(f).sum::<Option<f64>>().filter(|_| !subtasks.is_empty())
}

/// Names of vertices by id.
pub fn names(job: &Job) -> BTreeMap<&VertexId, &str> {
    let detail = job.run.detail.iter().flat_map(|(_, d)| &d.vertices);
    detail.map(|v| (&v.id, &*v.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata;

    #[test]
    fn busy_back_pressure_and_skew_per_vertex() {
        let s = testdata::snapshot();
        let v = vertices(&s, &s.estate.jobs[&testdata::job("dwd-order-stats")]);
        let near = |got: Option<f64>, want: f64| {
            assert!(got.is_some_and(|g| (g - want).abs() < 1e-3), "{got:?} is not {want}");
        };
        near(v[0].back_pressure, 0.97);
        near(v[1].busy, 0.9);
        near(v[1].skew, 4.0);
        near(v[1].records_in, 2000.0);
        assert_eq!(v[0].skew, None);
        assert_eq!(v[0].records_in, None, "a source without operator metrics is unknown");
    }
}
