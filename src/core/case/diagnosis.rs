use super::{NoTrouble, Symptom};
use crate::estate::{ClusterId, JobKey, Millis, Name, Subject};
pub use crate::rules::Role as CauseRole;
use crate::rules::{Evidence, Words};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is the matter, as far as the evidence goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// One cause of the catalogue, e.g. `code.slow_udf_cpu`.
    Root { cause: Name },
    /// One of a family that share their cure; what tells them apart is missing.
    Family { family: Name, between: Vec<Name> },
    /// Cannot be decided between these; empty: nothing that we know fits.
    Undetermined { between: Vec<Name> },
}

impl Verdict {
    /// The causes that it leaves open; one for a root.
    pub fn causes(&self) -> &[Name] {
        match self {
            Verdict::Root { cause } => std::slice::from_ref(cause),
            Verdict::Family { between, .. } | Verdict::Undetermined { between } => between,
        }
    }
}

/// One root with everything that hangs on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    pub verdict: Verdict,
    /// Where it sits.
    pub subject: Subject,
    pub role: CauseRole,
    /// When it began, by the earliest of its symptoms and evidence.
    pub onset: Millis,
    /// One sentence: what is the matter, with figures.
    pub says: Words,
    /// Everything that holds (and what does not, beside it), most telling first.
    pub evidence: Vec<Evidence>,
    pub considered: Vec<Considered>,
    /// What would settle it: named evidence that is unknown, and why.
    pub missing: Vec<Missing>,
    /// Other things that were found and follow from this: cause and place.
    pub consequences: Vec<Finding>,
    /// Jobs that suffer and are not at fault, nearest first.
    pub victims: Vec<Victim>,
    /// Flink clusters of all jobs that its root touches, those that are well with them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub touches: BTreeSet<ClusterId>,
    /// The symptoms that it explains.
    pub symptoms: Vec<Symptom>,
    pub advice: Vec<Words>,
    pub never: Vec<Words>,
    /// Playbooks that cure it, by name.
    pub cures: Vec<Name>,
    /// 0 to 1: share of the rule's needed evidence that was seen to hold.
    pub support: f64,
}

/// A cause that fitted the place and was not taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Considered {
    pub cause: Name,
    pub subject: Subject,
    pub why_not: WhyNot,
    /// The evidence that decided.
    pub evidence: Vec<Evidence>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyNot {
    /// A need does not hold.
    NeedFails,
    /// Something speaks against it.
    SpokenAgainst,
    /// It holds, and another explains it.
    ExplainedAway,
    /// What it needs is not known.
    Unknown,
    /// It began after what it should have caused.
    TooLate,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The evidence's name in the rule of `cause`.
    pub name: Name,
    pub cause: Name,
    /// Which series, rights or probe would tell.
    pub what: Name,
    pub probe: Option<Probe>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub cause: Name,
    pub subject: Subject,
    pub says: Words,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Victim {
    pub job: JobKey,
    /// Delay of what it hands on, s.
    pub late_s: Option<f64>,
    pub target_s: Option<f64>,
}

/// Questions to the estate that cost something: off by default, asked once, read-only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "probe", rename_all = "snake_case")]
pub enum Probe {
    /// `/taskmanagers/:id/thread-dump` of the TaskManager that the subtask is on.
    ThreadDump { subject: Subject },
    /// `/jobs/:id/vertices/:vid/flamegraph`.
    FlameGraph { subject: Subject },
    /// `/jobs/:id/checkpoints/details/:cp` with its subtasks.
    CheckpointDetail { subject: Subject },
    /// The last 64 KiB of a TaskManager's log.
    LogTail { subject: Subject },
    /// DescribeConfigs and metadata of one topic, asked anew.
    DescribeTopic { subject: Subject },
}

/// What one pass found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    pub at: Millis,
    pub found: Vec<Diagnosis>,
    /// Looks like trouble and is none.
    pub calm: Vec<NoTrouble>,
    /// Base clusters and components of which it is not known whether they are well: what they had
    /// is not gone.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unsure: BTreeSet<Subject>,
    /// Symptoms that no diagnosis explains yet, too young to be called undetermined.
    pub pending: Vec<Symptom>,
    pub wanted: Vec<Probe>,
}
