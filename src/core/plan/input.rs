//! What a plan is made from.

use super::{Jar, JobPolicy, Ledger, Ownership};
use crate::case::{Incident, RestorePoint};
use crate::estate::{JobKey, Millis, Name, RunId};
use crate::know::Pass;
use crate::rules::RuleSet;
use crate::snapshot::Snapshot;
use std::collections::BTreeSet;

/// One incident, and the one job of it that something may be done to ([`super::targets`]).
#[derive(Clone, Copy, Debug)]
pub struct PlanInput<'a> {
    pub snapshot: &'a Snapshot,
    /// Of the same snapshot: what is wrong elsewhere counts too.
    pub pass: &'a Pass,
    pub rules: &'a RuleSet,
    pub incident: &'a Incident,
    pub job: &'a JobKey,
    pub ledger: &'a Ledger,
    pub policy: &'a JobPolicy,
    pub told: &'a Told,
}

/// What is known of the job beside the snapshot: by configuration, journal and store.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub owner: Ownership,
    /// The journal's generation of the job when the snapshot was taken.
    pub generation: u64,
    /// Runs that we started: no change of anybody else.
    pub ours: BTreeSet<RunId>,
    /// When actions of ours were under way on it: what changed then is our doing.
    pub worked: Vec<(Millis, Millis)>,
    /// The parallelism that we last asked for and got for this run, by a submission or in place (there
    /// the highest).
    pub asked_parallelism: Option<u32>,
    /// A run of ours asked for a parallelism and got another.
    pub fixes_parallelism: bool,
    /// Restore points known otherwise: told before by a JobManager that has forgotten since, or
    /// found by listing the job's directory.
    pub points: Vec<RestorePoint>,
    /// When that directory was last listed as a whole; None: never.
    pub listed: Option<Millis>,
    /// What it runs, where a submission needs to know.
    pub jar: Jar,
    /// Digest of how its rule submits it; None: there is no rule.
    pub way: Option<Name>,
    /// Its JobManager is asked over plain http on another machine, and nobody said that this is safe
    /// there.
    pub insecure: bool,
    /// None: the cluster itself.
    pub failure_domain: Option<Name>,
    /// The cluster's scheduler is the adaptive one, as the administrator or its configuration says;
    /// None: ask the job (Flink 2 tells it).
    pub adaptive: Option<bool>,
    /// The JobManager recovers its jobs by itself after it died (`high-availability.type` of
    /// `/jobmanager/config` is there and not NONE). None: not known.
    pub ha: Option<bool>,
}

impl Default for Told {
    fn default() -> Told {
        Told {
            owner: Ownership::Unknown,
            generation: 0,
            ours: BTreeSet::new(),
            worked: Vec::new(),
            asked_parallelism: None,
            fixes_parallelism: false,
            points: Vec::new(),
            listed: None,
            jar: Jar::Said,
            way: None,
            insecure: false,
            failure_domain: None,
            adaptive: None,
            ha: None,
        }
    }
}
