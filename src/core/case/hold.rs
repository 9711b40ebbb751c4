//! Why a plan is not carried out. Closed: each is shown in the reader's language, on page, command
//! line and in messages.

use super::{Mode, Risk};
use crate::estate::{JobKey, Millis, Name, Subject};
use serde::{Deserialize, Serialize};

/// What a switch, a budget or an open action is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "scope", rename_all = "snake_case")]
pub enum Scope {
    Estate,
    /// A Flink cluster.
    Cluster {
        cluster: Name,
    },
    Playbook {
        playbook: Name,
    },
    Job {
        job: JobKey,
    },
}

impl Scope {
    /// An action of this playbook on this job falls under it.
    pub fn covers(&self, job: &JobKey, playbook: &str) -> bool {
        match self {
            Scope::Estate => true,
            Scope::Cluster { cluster } => **cluster == *job.cluster.as_str(),
            Scope::Playbook { playbook: p } => &**p == playbook,
            Scope::Job { job: j } => j == job,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "hold", rename_all = "snake_case")]
pub enum Hold {
    /// The mode for this risk and tier does not let it act.
    ModeForbids {
        mode: Mode,
        risk: Risk,
    },
    /// A person's yes to exactly this plan is missing, was for another plan, or is too old.
    NeedsApproval {
        plan: Name,
    },
    /// A person said no to this playbook for this job in this incident, and nobody yes since.
    Declined {
        by: Name,
        at: Millis,
    },
    KillSwitch {
        scope: Scope,
        by: Name,
        why: Name,
    },
    /// What it was decided by is older than it may be.
    StaleSnapshot {
        age_s: f64,
        limit_s: f64,
    },
    /// Signals that the decision needs are unknown.
    MissingEvidence {
        what: Vec<Name>,
    },
    /// Too few of the cluster's targets are seen.
    IncompleteView {
        fresh: u32,
        targets: u32,
    },
    /// The evidence has not held for long enough yet.
    Debounce {
        held_s: f64,
        needs_s: f64,
    },
    /// The cause is not sure enough to act on.
    NotCertain {
        why: Uncertain,
    },
    /// The journal cannot be trusted to keep what it is told.
    JournalUnsound {
        why: Name,
    },
    /// The job is not the one that was observed: another run or generation.
    GenerationMoved,
    /// Something of ours is under way there.
    ActionOpen {
        scope: Scope,
    },
    /// So many of its root's jobs are being started again: the next wave waits until they have
    /// proved themselves.
    WaveUnderWay {
        open: u32,
    },
    /// A job of its root was started again and is not the better for it: no other one is until a
    /// person has looked.
    WaveStopped {
        job: JobKey,
        action: Name,
    },
    BudgetSpent {
        scope: Scope,
        used: u32,
        limit: u32,
        hours: u32,
    },
    /// So long until it may be tried again.
    BackOff {
        left_s: f64,
    },
    /// Too much is ill at once for a local cause.
    BlastRadius {
        ill: u32,
        jobs: u32,
        limit: f64,
    },
    /// Our own collectors fail.
    CollectorsFail {
        failing: u32,
        targets: u32,
    },
    /// What the job depends on is ill itself, or nobody knows yet that it is well.
    DependencyIll {
        subject: Subject,
        #[serde(default)]
        unseen: bool,
    },
    /// Another failure domain is being worked on, or was a moment ago.
    FailureDomain {
        busy: Name,
    },
    PlannedWork {
        until: Millis,
        by: Name,
        why: Name,
    },
    /// Somebody wants quiet there, and nothing repaired meanwhile.
    Silenced {
        until: Millis,
        by: Name,
        why: Name,
    },
    /// Somebody else changed the job, or owns it.
    ForeignController {
        who: Name,
        at: Option<Millis>,
        /// When it holds no longer by itself.
        #[serde(default)]
        until: Option<Millis>,
    },
    /// More slots are needed than are free, or it is not known how many are.
    NoSlots {
        needs: u32,
        free: Option<u32>,
    },
    /// The parallelism would leave its bounds.
    Bounds {
        wanted: u32,
        min: u32,
        max: u32,
    },
    /// More subtasks than partitions: they would have nothing to do.
    PartitionCap {
        partitions: u32,
        wanted: u32,
    },
    /// What limits the job is behind it: more of it would only push harder.
    SinkLimited {
        sink: Name,
    },
    NoRestorePoint {
        why: NoRestore,
    },
    /// Nobody has said how this job is submitted.
    NoSubmitter,
    /// Its rule names a jar by its name, and which upload of that name it runs is not known.
    NoJar {
        jar: Name,
        why: NoJar,
    },
    /// Its submission would be refused before it is sent: a jar that is not there, a checkpoint
    /// outside the roots.
    CannotSubmit {
        why: Name,
    },
    /// The program sets its parallelism itself.
    ParallelismFixedInProgram,
    AmbiguousIdentity,
    /// It was tried for this, and did not help, or got stuck on its way.
    IneffectiveBefore {
        playbook: Name,
        at: Millis,
        #[serde(default)]
        stuck: bool,
    },
    /// Two actions of the playbook failed within a day: a person has to look.
    PlaybookOff {
        playbook: Name,
        since: Millis,
    },
    /// The verdict on an earlier action still stands open: the job is left to a person.
    Stuck {
        since: Millis,
    },
    /// A precondition of the playbook does not hold, or is unknown.
    Precondition {
        name: Name,
        unknown: bool,
    },
    /// Its JobManager is asked over plain http.
    InsecureTarget,
    /// Not the scheduler or deployment that the playbook is for.
    NotForThis {
        why: Name,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Uncertain {
    /// Several causes are left, and they do not share this cure.
    Undetermined,
    /// Said only a moment ago.
    Provisional,
    /// No recorded or injected proof stands beside the rule: it may advise only.
    Unproven,
    /// All evidence is told by the job itself.
    OnlyItsOwnWord,
    /// The incident recovers by itself.
    Recovering,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoJar {
    /// Its JobManager has not told what lies there since the run was seen.
    NotTold,
    /// None of that name lies there.
    None,
    /// All of that name were uploaded after the run was started: they may never have run.
    Newer,
    /// What our own action started it from does not lie there any more.
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoRestore {
    /// None completed, or none is known.
    None,
    /// The newest is older than the limit.
    TooOld,
    /// It goes with the job: `delete_on_cancellation`.
    NotRetained,
    /// It is not known whether it outlives a cancel.
    Unknown,
    /// Its metadata cannot be read, or its path leaves the roots.
    Unreadable,
}

impl Hold {
    /// Its name in API, metrics and tests.
    pub fn name(&self) -> &'static str {
        match self {
            Hold::ModeForbids { .. } => "mode_forbids",
            Hold::NeedsApproval { .. } => "needs_approval",
            Hold::Declined { .. } => "declined",
            Hold::KillSwitch { .. } => "kill_switch",
            Hold::StaleSnapshot { .. } => "stale_snapshot",
            Hold::MissingEvidence { .. } => "missing_evidence",
            Hold::IncompleteView { .. } => "incomplete_view",
            Hold::Debounce { .. } => "debounce",
            Hold::NotCertain { .. } => "not_certain",
            Hold::JournalUnsound { .. } => "journal_unsound",
            Hold::GenerationMoved => "generation_moved",
            Hold::ActionOpen { .. } => "action_open",
            Hold::WaveUnderWay { .. } => "wave_under_way",
            Hold::WaveStopped { .. } => "wave_stopped",
            Hold::BudgetSpent { .. } => "budget_spent",
            Hold::BackOff { .. } => "back_off",
            Hold::BlastRadius { .. } => "blast_radius",
            Hold::CollectorsFail { .. } => "collectors_fail",
            Hold::DependencyIll { .. } => "dependency_ill",
            Hold::FailureDomain { .. } => "failure_domain",
            Hold::PlannedWork { .. } => "planned_work",
            Hold::Silenced { .. } => "silenced",
            Hold::ForeignController { .. } => "foreign_controller",
            Hold::NoSlots { .. } => "no_slots",
            Hold::Bounds { .. } => "bounds",
            Hold::PartitionCap { .. } => "partition_cap",
            Hold::SinkLimited { .. } => "sink_limited",
            Hold::NoRestorePoint { .. } => "no_restore_point",
            Hold::NoSubmitter => "no_submitter",
            Hold::NoJar { .. } => "no_jar",
            Hold::CannotSubmit { .. } => "cannot_submit",
            Hold::ParallelismFixedInProgram => "parallelism_fixed_in_program",
            Hold::AmbiguousIdentity => "ambiguous_identity",
            Hold::IneffectiveBefore { .. } => "ineffective_before",
            Hold::PlaybookOff { .. } => "playbook_off",
            Hold::Stuck { .. } => "stuck",
            Hold::Precondition { .. } => "precondition",
            Hold::InsecureTarget => "insecure_target",
            Hold::NotForThis { .. } => "not_for_this",
        }
    }
}
