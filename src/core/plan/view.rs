//! What guards look at: the part of a snapshot that speaks of one job, its cluster and what it
//! depends on. Taken from a snapshot when a plan is made, and again before the first effect.

use super::Jar;
use crate::case::{RestorePoint, Uncertain};
use crate::estate::{JobKey, JobState, Millis, Name, RunId, Span, Subject, VertexId};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// When it was observed; by the clock that decides.
    pub at: Millis,
    pub tick: Span,
    pub job: JobView,
    pub cluster: ClusterView,
    /// What the job reads, writes, keeps its state on; nearest first.
    pub dependencies: Vec<Dependency>,
    /// Evidence on which the diagnosis rests: since when it holds, what of it is unknown now.
    pub evidence_since: Millis,
    pub evidence_missing: Vec<Name>,
    /// Why the diagnosis may not be acted on, where so.
    pub uncertain: Option<Uncertain>,
    /// Targets of the whole estate that fail, of all.
    pub failing_targets: u32,
    pub targets: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct JobView {
    pub key: JobKey,
    /// Several runs share its name.
    pub ambiguous: bool,
    /// The run that counts. None: its JobManager forgot it.
    pub run: Option<RunId>,
    pub state: Option<JobState>,
    /// Counts up with every run and state change that was seen, and with every action of ours that
    /// begins: [`crate::plan::Ledger::generation`] as it was when this was looked at.
    pub generation: u64,
    /// Runs of the same name that have not ended, as listed.
    pub live_runs: u32,
    pub adaptive: Option<bool>,
    pub parallelism: BTreeMap<VertexId, u32>,
    /// What a submission has to ask for so that it comes back like this: [`super::own`].
    pub own: Option<u32>,
    /// Vertices without an input.
    pub sources: BTreeSet<VertexId>,
    /// The least of its vertices'.
    pub max_parallelism: Option<u32>,
    /// Partitions of the topics that it reads: the most that can be read at once.
    pub partitions: Option<u32>,
    pub sink: SinkLimit,
    /// A run of ours asked for a parallelism and got another.
    pub fixes_parallelism: bool,
    /// Checkpoints outlive a cancel.
    pub retained: Option<bool>,
    /// Newest usable first.
    pub restore: Vec<RestorePoint>,
    pub owner: Ownership,
    pub jar: Jar,
    pub way: Option<Name>,
    /// The last change that was not ours: a new run, another parallelism or configuration.
    pub foreign_change: Option<(Millis, Name)>,
}

/// Whether what lies behind the job limits it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SinkLimit {
    /// The bottleneck lies elsewhere.
    No,
    /// By the sink's name.
    Yes(Name),
    Unknown,
}

/// Who starts and stops it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// We were told how it is submitted.
    Submitter(Name),
    /// Another controller: the Kubernetes operator, an autoscaler.
    Foreign(Name),
    /// Nobody has said.
    Unknown,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ClusterView {
    pub fresh_targets: u32,
    pub targets: u32,
    pub jobs: u32,
    /// Unhealthy jobs, victims of one named root counted once.
    pub ill_roots: u32,
    pub free_slots: Option<u32>,
    pub slots_seen: Option<Millis>,
    /// See [`super::Told::insecure`].
    pub insecure: bool,
    /// What fails together with it: the cluster itself where nothing else is declared.
    pub failure_domain: Name,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    pub subject: Subject,
    /// None: nobody can tell, which holds as well.
    pub ill: Option<bool>,
}
