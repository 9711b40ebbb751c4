//! What the administrator allows.

use crate::case::{Mode, Risk};
use crate::estate::{Name, Span};
use serde::{Deserialize, Serialize};

/// How much a job matters. Closed; `critical` never goes beyond approval unless it is said so.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    Critical,
    #[default]
    Standard,
    BestEffort,
}

/// Bounds of what is done at all; the defaults are safety.md's S5 to S10.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The evidence must have held for so long, and over four looks.
    pub debounce: Span,
    /// A decision older than this, by the clock of the database, is refused.
    pub decision_age: Span,
    /// Share of a cluster's targets that must be fresh.
    pub fresh_share: f64,
    /// From this share of ill jobs on (and at least `breadth_jobs`) it is no local trouble.
    pub breadth_share: f64,
    pub breadth_jobs: u32,
    pub approval: Span,
    /// How long an action's effect is watched once the job runs and checkpoints again, before it
    /// is judged.
    pub verify: Span,
    /// Hands off after somebody else's change.
    pub hands_off: Span,
    /// A restore point may be so old.
    pub restore_age: Span,
    /// What is said of slots may be so old.
    pub slots_age: Span,
    pub min_parallelism: u32,
    pub max_parallelism: u32,
    /// At most so much in one step.
    pub factor_up: f64,
    pub factor_down: f64,
    pub budgets: Budgets,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budgets {
    pub job_hour: u32,
    pub job_day: u32,
    pub cluster_hour: u32,
    pub estate_hour: u32,
    pub open_per_cluster: u32,
    pub open_per_estate: u32,
    /// After the first action of a job; doubled with each within a day.
    pub back_off: Span,
    /// After an action that failed.
    pub after_failure: Span,
    /// Another failure domain waits so long after one was worked on.
    pub domain: Span,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            debounce: Span::secs(60),
            decision_age: Span::secs(5),
            fresh_share: 0.8,
            breadth_share: 0.3,
            breadth_jobs: 5,
            approval: Span::secs(15 * 60),
            verify: Span::secs(5 * 60),
            hands_off: Span::secs(15 * 60),
            restore_age: Span::secs(3600),
            slots_age: Span::secs(30),
            min_parallelism: 1,
            max_parallelism: 128,
            factor_up: 2.0,
            factor_down: 0.6,
            budgets: Budgets {
                job_hour: 2,
                job_day: 5,
                cluster_hour: 6,
                estate_hour: 20,
                open_per_cluster: 1,
                open_per_estate: 3,
                back_off: Span::secs(5 * 60),
                after_failure: Span::secs(3600),
                domain: Span::secs(60),
            },
        }
    }
}

/// Modes by risk; a critical job is one step more careful, class A never goes beyond approval.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    pub c: Mode,
    pub b: Mode,
    pub a: Mode,
    pub limits: Limits,
}

/// The policy for one job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobPolicy {
    pub tier: Tier,
    pub policy: Policy,
    /// The job may be started without its state.
    pub stateless: bool,
    /// Restore points lie below one of these; empty: wherever Flink says.
    pub roots: Vec<Name>,
}

impl JobPolicy {
    pub fn mode(&self, risk: Risk) -> Mode {
        let allowed = match risk {
            Risk::C => self.policy.c,
            Risk::B => self.policy.b,
            Risk::A => self.policy.a.min(Mode::Approve),
        };
        match self.tier {
            Tier::Critical if risk != Risk::C => allowed.min(Mode::Approve),
            _ => allowed,
        }
    }
}
