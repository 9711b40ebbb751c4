//! The jobs of the simulated estate: what is peculiar about each, and what ails it.

use crate::rng::Rng;
use crate::sim::{CLUSTERS, T};
use streamwarden_core::case::{Mode, Uncertain};
use streamwarden_core::estate::{ClusterId, JobKey, Name, RunId, Span};
use streamwarden_core::plan::{JobPolicy, Limits, Policy};

/// Why nobody may lay hands on a job, or not in every way. One each, so that a guard that is off
/// has nothing else that covers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quirk {
    None,
    /// Two runs of one name live side by side.
    Ambiguous,
    /// Its checkpoints go with a cancel.
    NotRetained,
    NoSubmitter,
    /// Another controller owns it.
    Foreign,
    SinkLimited,
    FewPartitions,
    FixedParallelism,
    AtMaxParallelism,
    Observed,
    ByApproval,
    /// No checkpoint completes any more.
    OldState,
    /// Its checkpoints lie outside of the allowed roots.
    OutsideRoots,
    Uncertain,
    EvidenceMissing,
    Precondition,
    Insecure,
}

const QUIRKS: [Quirk; 16] = [
    Quirk::Ambiguous,
    Quirk::NotRetained,
    Quirk::NoSubmitter,
    Quirk::Foreign,
    Quirk::SinkLimited,
    Quirk::FewPartitions,
    Quirk::FixedParallelism,
    Quirk::AtMaxParallelism,
    Quirk::Observed,
    Quirk::ByApproval,
    Quirk::OldState,
    Quirk::OutsideRoots,
    Quirk::Uncertain,
    Quirk::EvidenceMissing,
    Quirk::Precondition,
    Quirk::Insecure,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ill {
    /// Too slow for its input: twice the parallelism cures it.
    Slow,
    /// It runs and does nothing: another run cures it.
    Wedged,
    /// Nothing that we do cures it.
    Incurable,
}

#[derive(Clone, Debug)]
pub struct Sick {
    pub kind: Ill,
    pub since: T,
    /// The run that is wedged.
    pub run: RunId,
}

#[derive(Debug)]
pub struct Job {
    pub cluster: usize,
    pub key: JobKey,
    pub quirk: Quirk,
    pub parallelism: u32,
    pub sick: Option<Sick>,
    /// In truth, since when.
    pub ill_since: Option<T>,
    pub well_since: Option<T>,
    /// A moment of health that nobody can have seen is none.
    pub ill_before: Option<T>,
    pub policy: JobPolicy,
    /// Since when nothing may be done to it any more: its mode was taken back.
    pub observed: Option<T>,
    /// What the store keeps of it: its last run, and the newest restore points that were told.
    pub known: Known,
}

#[derive(Clone, Debug, Default)]
pub struct Known {
    pub run: Option<RunId>,
    pub points: Vec<streamwarden_core::case::RestorePoint>,
}

impl Job {
    pub fn root(&self) -> &'static str {
        if self.quirk == Quirk::OutsideRoots { "s3://elsewhere" } else { "s3://state" }
    }

    pub fn max_parallelism(&self) -> u32 {
        if self.quirk == Quirk::AtMaxParallelism { self.parallelism } else { 128 }
    }

    pub fn partitions(&self) -> u32 {
        if self.quirk == Quirk::FewPartitions { self.parallelism } else { 16 }
    }

    pub fn uncertain(&self) -> Option<Uncertain> {
        (self.quirk == Quirk::Uncertain).then_some(Uncertain::Undetermined)
    }
}

/// Clusters 0 and 1 fail together.
pub fn domain(cluster: usize) -> Name {
    if cluster < 2 { "east".into() } else { "west".into() }
}

/// `per_cluster` jobs in each cluster; half a dozen of them have a quirk.
pub fn estate(rng: &mut Rng, per_cluster: usize, quirks: bool, debounce: Span) -> Vec<Job> {
    let count = per_cluster * CLUSTERS;
    let mut given = vec![Quirk::None; count];
    if quirks {
        for _ in 0..8 {
            let (job, quirk) = (rng.below(count), QUIRKS[rng.below(QUIRKS.len())]);
            given[job] = quirk;
        }
    }
    let job = |(i, quirk): (usize, Quirk)| {
        let cluster = i / per_cluster;
        let mode = match quirk {
            Quirk::Observed => Mode::Observe,
            Quirk::ByApproval => Mode::Approve,
            _ => Mode::Auto,
        };
        let limits = Limits { debounce, ..Limits::default() };
        Job {
            cluster,
            key: JobKey::new(&ClusterId::new(format!("c{cluster}")), format!("job-{i}")),
            quirk,
            parallelism: 2,
            sick: None,
            ill_since: None,
            well_since: Some(-3_600_000),
            ill_before: None,
            policy: JobPolicy {
                policy: Policy { c: mode, b: mode, a: Mode::Approve, limits },
                roots: vec!["s3://state".into()],
                ..JobPolicy::default()
            },
            observed: None,
            known: Known::default(),
        }
    };
    given.into_iter().enumerate().map(job).collect()
}
