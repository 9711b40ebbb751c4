//! What an evaluation looks at: one snapshot, one moment, and an index over it that is built when
//! it is first needed, once per pass.

use super::links::Links;
use super::stand::Stands;
use crate::estate::{
    ClusterId, Entity, Estate, Job, JobDetail, JobKey, Millis, Name, RunId, Series, Span, Subject,
    Vertex, VertexId,
};
use crate::lineage::Index;
use crate::signals::Signal;
use crate::snapshot::Snapshot;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// A pass over one snapshot. Clones share the index.
#[derive(Clone)]
pub struct Ctx<'a> {
    pub snapshot: &'a Snapshot,
    /// The moment that is asked for; the snapshot's own unless [`Ctx::at`] says otherwise.
    pub at: Millis,
    /// Since when the symptom is there; `before(…)` looks at what was before it.
    pub onset: Option<Millis>,
    /// Weeks without the hours in which a job was in an incident of another cause than these.
    pub calm_but_for: Option<Arc<[Name]>>,
    shared: Arc<Shared<'a>>,
}

struct Shared<'a> {
    tick: OnceLock<Span>,
    index: OnceLock<Index<'a>>,
    runs: OnceLock<HashMap<(ClusterId, RunId), JobKey>>,
    links: OnceLock<Links<'a>>,
    stands: OnceLock<Stands>,
}

/// Ticks of the data outside these are odd readings.
const TICKS: (Span, Span) = (Span::secs(1), Span::secs(60));
/// Series that the tick is taken from.
const TICK_SAMPLES: usize = 64;
/// A value is never called old before this: Kafka and REST are read at their own pace.
const FRESH_MIN: Span = Span::secs(15);
/// Base clusters and machines are looked at up to every 15 s, whatever our tick is.
pub const RECENT: Span = Span::secs(60);

impl<'a> Ctx<'a> {
    pub fn new(snapshot: &'a Snapshot) -> Ctx<'a> {
        let shared = Shared {
            tick: OnceLock::new(),
            index: OnceLock::new(),
            runs: OnceLock::new(),
            links: OnceLock::new(),
            stands: OnceLock::new(),
        };
        Ctx { snapshot, at: snapshot.at, onset: None, calm_but_for: None, shared: Arc::new(shared) }
    }

    pub fn with_onset(&self, onset: Millis) -> Ctx<'a> {
        Ctx { onset: Some(onset), ..self.clone() }
    }

    /// The same by weeks without those hours (of `calm_but_for`); None: by all of them.
    pub fn calm_but_for(&self, causes: Option<Arc<[Name]>>) -> Ctx<'a> {
        Ctx { calm_but_for: causes, ..self.clone() }
    }

    /// The same at another moment; facts stay as they are now.
    pub fn at(&self, at: Millis) -> Ctx<'a> {
        Ctx { at, ..self.clone() }
    }

    pub fn estate(&self) -> &'a Estate {
        &self.snapshot.estate
    }

    pub fn index(&self) -> &Index<'a> {
        self.shared.index.get_or_init(|| Index::of(&self.snapshot.signals, &self.snapshot.estate))
    }

    pub fn links(&self) -> &Links<'a> {
        self.shared.links.get_or_init(|| Links::of(self.snapshot))
    }

    /// What everything stands on.
    pub fn stands(&self) -> &Stands {
        self.shared.stands.get_or_init(|| Stands::of(self.snapshot))
    }

    /// How often the data comes: the usual distance between the last two points of Flink's series,
    /// and no less than our own tick: metrics may come more rarely than we look.
    pub fn tick(&self) -> Span {
        *self.shared.tick.get_or_init(|| {
            let mut gaps: Vec<Span> = self
                .snapshot
                .signals
                .rows()
                .filter(|r| {
                    matches!(&*r.entity, Entity::Subtask { .. } | Entity::TaskManager { .. })
                })
                .filter_map(|r| r.iter().next().map(|(_, s)| s))
                .filter_map(last_gap)
                .take(TICK_SAMPLES)
                .collect();
            gaps.sort_unstable();
            let usual = gaps.get(gaps.len() / 2).copied().unwrap_or(Span::secs(5));
            usual.clamp(TICKS.0, TICKS.1).max(self.snapshot.tick)
        })
    }

    /// A value older than this is unknown: three ticks.
    pub fn fresh(&self) -> Span {
        Span(self.tick().0 * 3).max(FRESH_MIN)
    }

    /// Whether what was last seen then of a base cluster or a machine still counts.
    pub fn is_recent(&self, seen: Millis) -> bool {
        self.snapshot.at - seen <= self.fresh().max(RECENT)
    }

    pub fn job(&self, key: &JobKey) -> Option<&'a Job> {
        self.snapshot.estate.jobs.get(key)
    }

    pub fn job_of_run(&self, cluster: &ClusterId, run: &RunId) -> Option<&JobKey> {
        let runs = self.shared.runs.get_or_init(|| {
            let of = |j: &'a Job| {
                j.runs()
                    .map(|r| ((j.key.cluster.clone(), r.clone()), j.key.clone()))
                    .collect::<Vec<_>>()
            };
            self.snapshot.estate.jobs.values().flat_map(of).collect()
        });
        runs.get(&(cluster.clone(), run.clone()))
    }

    /// The plan: of the present run, else of the run before.
    pub fn plan(&self, job: &JobKey) -> Option<&'a JobDetail> {
        self.job(job)?.run.detail.as_ref().map(|(_, d)| d)
    }

    pub fn vertex(&self, job: &JobKey, vertex: &VertexId) -> Option<&'a Vertex> {
        self.plan(job)?.vertices.iter().find(|v| v.id == *vertex)
    }

    pub fn series(&self, entity: &Entity, signal: Signal) -> Option<&'a Series> {
        self.snapshot.signals.get(entity, signal)
    }

    /// The name that people know the subject by.
    pub fn label(&self, subject: &Subject) -> String {
        match subject {
            Subject::Job { job } => job.key.to_string(),
            Subject::Vertex { job, vertex } => match self.vertex(job, vertex) {
                Some(v) => shortened(&v.name),
                None => vertex.to_string(),
            },
            Subject::Subtask { index, .. } => index.to_string(),
            Subject::TaskManager { id, .. } => id.to_string(),
            Subject::FlinkCluster { cluster }
            | Subject::KafkaCluster { cluster }
            | Subject::Base { cluster, .. } => cluster.to_string(),
            Subject::Member { member, .. } => member.to_string(),
            Subject::Topic { topic } => topic.topic.to_string(),
            Subject::Partition { partition, .. } => partition.to_string(),
            Subject::Broker { id, .. } => id.to_string(),
            Subject::Host { host } => host.to_string(),
        }
    }
}

/// Chained operators make names of hundreds of letters.
const LABEL: usize = 80;

fn shortened(name: &str) -> String {
    if name.chars().count() <= LABEL {
        return name.to_owned();
    }
    name.chars().take(LABEL - 1).chain(['…']).collect()
}

fn last_gap(series: &Series) -> Option<Span> {
    let (last, _) = series.last()?;
    let before = series.at_or_before(last - Span(1))?.0;
    Some(last - before)
}
