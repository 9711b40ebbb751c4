//! What every detector looks at: the snapshot, with the lineage found by job.

use crate::estate::*;
use crate::lineage::{Edge, EdgeKind, Node, NodeRef};
use crate::signals::Signal;
use crate::snapshot::Snapshot;
use std::collections::BTreeMap;

/// A cancel and a restore take 3 s (measured); who is down longer by an action of ours is told as
/// down.
const REPAIR: Span = Span::secs(60);

pub struct Scene<'a> {
    pub s: &'a Snapshot,
    nodes: BTreeMap<&'a JobKey, &'a Node>,
    reads: BTreeMap<&'a JobKey, Vec<(&'a TopicId, &'a Edge)>>,
    writes: BTreeMap<&'a JobKey, Vec<(&'a TopicId, &'a Edge)>>,
    changes: BTreeMap<&'a Entity, Vec<&'a Change>>,
    late: BTreeMap<(ClusterId, RunId), Vec<&'a Row>>,
}

impl<'a> Scene<'a> {
    pub fn new(s: &'a Snapshot) -> Scene<'a> {
        let mut scene = Scene {
            s,
            nodes: BTreeMap::new(),
            reads: BTreeMap::new(),
            writes: BTreeMap::new(),
            changes: BTreeMap::new(),
            late: BTreeMap::new(),
        };
        for node in &s.lineage.nodes {
            if let NodeRef::Job { job } = &node.node {
                scene.nodes.insert(job, node);
            }
        }
        for edge in &s.lineage.edges {
            match (&edge.kind, &edge.from, &edge.to) {
                (EdgeKind::Reads, NodeRef::Topic { topic }, NodeRef::Job { job }) => {
                    scene.reads.entry(job).or_default().push((topic, edge));
                }
                (EdgeKind::Writes, NodeRef::Job { job }, NodeRef::Topic { topic }) => {
                    scene.writes.entry(job).or_default().push((topic, edge));
                }
                _ => {}
            }
        }
        for row in s.signals.rows() {
            if let Entity::Operator { cluster, run, .. } = &*row.entity
                && row.get(Signal::LateRecordsDropped).is_some()
            {
                scene.late.entry((cluster.clone(), run.clone())).or_default().push(row);
            }
        }
        for change in s.changes.iter() {
            scene.changes.entry(&change.entity).or_default().push(change);
        }
        scene
    }

    pub fn at(&self) -> Millis {
        self.s.at
    }

    /// `n` times between two looks, but at least so long: what must be seen twice at any tick.
    pub fn ticks(&self, n: i64, least: Span) -> Span {
        Span(self.s.tick.0.saturating_mul(n)).max(least)
    }

    /// Older than this is unknown.
    pub fn fresh(&self) -> Span {
        Span(self.s.tick.0.saturating_mul(3))
    }

    pub fn jobs(&self) -> impl Iterator<Item = &'a Job> {
        self.s.estate.jobs.values()
    }

    pub fn node(&self, job: &JobKey) -> Option<&'a Node> {
        self.nodes.get(job).copied()
    }

    pub fn reads(&self, job: &JobKey) -> &[(&'a TopicId, &'a Edge)] {
        self.reads.get(job).map_or(&[], Vec::as_slice)
    }

    pub fn writes(&self, job: &JobKey) -> &[(&'a TopicId, &'a Edge)] {
        self.writes.get(job).map_or(&[], Vec::as_slice)
    }

    /// Jobs that write what it reads.
    pub fn feeders(&self, job: &JobKey) -> impl Iterator<Item = &'a JobKey> {
        let read: Vec<&TopicId> = self.reads(job).iter().map(|(topic, _)| *topic).collect();
        let writes = self.writes.iter();
        writes.filter(move |(_, all)| all.iter().any(|(t, _)| read.contains(t))).map(|(j, _)| *j)
    }

    pub fn cluster_of(&self, job: &JobKey) -> Subject {
        Subject::FlinkCluster { cluster: job.cluster.clone() }
    }

    /// Changes of an entity, oldest first.
    pub fn changes(&self, entity: &Entity) -> &[&'a Change] {
        self.changes.get(entity).map_or(&[], Vec::as_slice)
    }

    pub fn job_changes(&self, job: &JobKey) -> &[&'a Change] {
        self.changes(&Entity::Job { job: job.clone() })
    }

    pub fn series(&self, entity: &Entity, signal: Signal) -> Option<&'a Series> {
        self.s.signals.get(entity, signal)
    }

    /// The last value, if it is not older than three ticks.
    pub fn now(&self, entity: &Entity, signal: Signal) -> Option<f64> {
        self.s.signals.fresh(entity, signal, self.at(), self.fresh()).map(|p| p.1)
    }

    pub fn run(&self, job: &Job) -> Entity {
        Entity::Run { cluster: job.key.cluster.clone(), run: job.run.id.clone() }
    }

    pub fn partitions(&self, topic: &TopicId) -> impl Iterator<Item = Entity> + use<'_, 'a> {
        let known =
            self.s.estate.kafka.get(&topic.cluster).and_then(|k| k.topics.get(&topic.topic));
        let topic = topic.clone();
        known
            .into_iter()
            .flat_map(|t| &t.partitions)
            .map(move |p| Entity::Partition { topic: topic.clone(), partition: p.id })
    }

    /// Where a source of the job stands in a partition of a topic: one entity per source vertex.
    pub fn positions(&self, job: &Job, topic: &Name, partition: i32) -> Vec<Entity> {
        let now = |e: &Entity| matches!(e, Entity::Position { run, .. } if *run == job.run.id);
        let mut all = job.positions_in(topic, partition);
        all.retain(|e| now(e) && self.s.signals.row(e).is_some());
        all
    }

    /// Whether records came into the topic within `window`: an end offset grew. None: not seen.
    pub fn topic_moves(&self, topic: &TopicId, window: Span) -> Option<bool> {
        let mut seen = false;
        for partition in self.partitions(topic) {
            let Some(series) = self.series(&partition, Signal::EndOffset) else { continue };
            let Some((last, end)) = series.last() else { continue };
            if self.at() - last > self.fresh() {
                continue;
            }
            let Some((_, before)) = series.at_or_before(self.at() - window) else { continue };
            seen = true;
            if end > before {
                return Some(true);
            }
        }
        seen.then_some(false)
    }

    /// When records came into the topic since `from`, in order: each look at which an end offset
    /// had grown.
    pub fn moves(&self, topic: &TopicId, from: Millis) -> Vec<Millis> {
        let mut moves = Vec::new();
        for partition in self.partitions(topic) {
            let Some(series) = self.series(&partition, Signal::EndOffset) else { continue };
            let mut before: Option<f64> = None;
            for (t, v) in series.range(from, self.at()) {
                if before.is_some_and(|b| v > b) {
                    moves.push(t);
                }
                before = Some(v);
            }
        }
        moves.sort_unstable();
        moves
    }

    /// When the topic was looked at since `from`, in order.
    pub fn looks(&self, topic: &TopicId, from: Millis) -> Vec<Millis> {
        let mut looks: Vec<Millis> = self
            .partitions(topic)
            .filter_map(|p| self.series(&p, Signal::EndOffset))
            .flat_map(|s| s.range(from, self.at()).map(|p| p.0).collect::<Vec<_>>())
            .collect();
        looks.sort_unstable();
        looks
    }

    /// When the job began to run as it runs now: its run, or its last restart in it.
    pub fn began(&self, job: &Job) -> Option<Millis> {
        let restarted = |c: &&&Change| c.kind == ChangeKind::Restarted;
        let last = self.job_changes(&job.key).iter().filter(restarted).map(|c| c.at).max();
        last.max(Some(job.run.start))
    }

    /// Rows of one run that count records dropped as late. Few operators have windows.
    pub fn late_rows(&self, cluster: &ClusterId, run: &RunId) -> impl Iterator<Item = &'a Row> {
        let wanted = (cluster.clone(), run.clone());
        self.late.get(&wanted).into_iter().flatten().copied()
    }

    /// Went down under work that was announced. What fails by itself is no plan, and what was down
    /// before the work began is trouble still.
    pub fn announced(&self, job: &Job) -> Option<Millis> {
        use JobState::*;
        let subject = Subject::Job { job: job.key.clone() };
        let work = work_on(self.s.planned.iter(), &subject, self.at())?;
        let down = job.gone.is_some() || job.run.state != Running;
        let failed = matches!(job.run.state, Failed | Failing | Restarting);
        let told = |c: &&&Change| matches!(c.kind, ChangeKind::JobState | ChangeKind::NewRun);
        let changed = self.job_changes(&job.key).iter().rev().find(told).map(|c| c.at);
        let since = job.gone.or(changed).unwrap_or(job.run.start);
        (down && !failed && since >= work.from).then_some(since)
    }

    /// A person or a platform ended the run before (CANCELED, FINISHED), or ends it now; or it is
    /// down under announced work.
    pub fn planned(&self, job: &Job) -> Option<Millis> {
        self.announced(job).or_else(|| self.ended_by_somebody(job))
    }

    /// Since when it is down by an action of ours, and which.
    pub fn stopped_by_us(&self, job: &Job) -> Option<(Millis, &'a UnderRepair)> {
        let mut ours = self.s.repairs.iter().filter(|r| r.job == job.key);
        let ours = ours.find(|r| ended(job) && r.ended(&job.run.id))?;
        let told = |c: &&&Change| c.kind == ChangeKind::JobState;
        let changed = self.job_changes(&job.key).iter().rev().find(told).map(|c| c.at);
        Some((job.run.end.or(changed).unwrap_or(job.last_seen), ours))
    }

    /// An action of ours has stopped it a moment ago, and is at it.
    pub fn under_repair(&self, job: &Job) -> Option<Millis> {
        let (since, ours) = self.stopped_by_us(job)?;
        (ours.let_go.is_none() && self.at() - since < REPAIR).then_some(since)
    }

    fn ended_by_somebody(&self, job: &Job) -> Option<Millis> {
        if ended(job) {
            let end = job.run.end.unwrap_or(job.last_seen);
            return self.stopped_by_us(job).is_none().then_some(end);
        }
        let changes = self.job_changes(&job.key);
        let began = changes.iter().rposition(|c| c.kind == ChangeKind::NewRun)?;
        let change = changes.get(began)?;
        // how the run before ended: its last state, where it was seen
        let before = changes.iter().take(began + 1).rev().find(|c| c.kind == ChangeKind::JobState);
        let ended = before.and_then(|c| c.to.as_deref());
        let restored = job
            .run
            .checkpoints
            .as_ref()
            .is_some_and(|(_, c)| c.run == job.run.id && c.latest_restored.is_some());
        match ended {
            Some("FAILED" | "FAILING" | "RESTARTING") => None,
            Some("CANCELED" | "CANCELLING" | "FINISHED") => Some(change.at),
            // its end was not seen: a savepoint or checkpoint that it began with speaks for a plan
            _ => restored.then_some(change.at),
        }
    }
}

/// Without a failure.
fn ended(job: &Job) -> bool {
    matches!(job.run.state, JobState::Canceled | JobState::Finished | JobState::Cancelling)
}
