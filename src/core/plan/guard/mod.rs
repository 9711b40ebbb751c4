//! What may hold a plan. A guard is a pure function from the case to a hold; the same functions
//! are asked when a plan is shown, in the transaction that begins it, and before its first effect.
//! What a guard needs and nobody knows is a hold.

mod ambiguous_identity;
mod approval;
mod back_off;
mod bounds;
mod breadth;
mod budgets;
mod capacity;
mod collectors;
mod complete_view;
mod debounce;
mod evidence;
mod failure_domain;
mod foreign_controller;
mod freshness;
mod generation;
mod ineffective_before;
mod insecure_target;
mod journal;
mod kill_switch;
mod mode;
mod one_open_action;
mod partition_cap;
mod planned_work;
mod playbook_off;
mod preconditions;
mod restore_point;
mod shared_dependency;
mod silenced;
mod sink_limit;
mod stuck;
mod submitter;
#[cfg(test)]
mod tests;

use super::{JobPolicy, Ledger, View};
use crate::case::{Hold, Plan};

/// Everything that a guard may read.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    pub plan: &'a Plan,
    pub view: &'a View,
    pub ledger: &'a Ledger,
    pub policy: &'a JobPolicy,
    pub stage: Stage,
}

/// When it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// A plan is shown: everything that would hold it.
    Show,
    /// In the transaction that begins it.
    Begin,
    /// Before an effect, as long as nothing of the job was changed: what the job itself says counts
    /// again, too. Its own open action, budget and back-off do not.
    First,
    /// Before an effect, as long as nothing has been stopped.
    Effect,
}

/// What a person has to know first stands first.
pub const GUARDS: &[Guard] = &[
    again("kill_switch", kill_switch::check),
    again("planned_work", planned_work::check),
    again("silenced", silenced::check),
    again("journal", journal::check),
    once("stuck", stuck::check),
    once("playbook_off", playbook_off::check),
    once("ineffective_before", ineffective_before::check),
    first("evidence", evidence::check),
    once("preconditions", preconditions::check),
    once("ambiguous_identity", ambiguous_identity::check),
    again("generation", generation::check),
    again("foreign_controller", foreign_controller::check),
    once("submitter", submitter::check),
    once("restore_point", restore_point::check),
    again("breadth", breadth::check),
    again("shared_dependency", shared_dependency::check),
    again("collectors", collectors::check),
    once("complete_view", complete_view::check),
    again("freshness", freshness::check),
    once("debounce", debounce::check),
    once("bounds", bounds::check),
    once("partition_cap", partition_cap::check),
    once("sink_limit", sink_limit::check),
    once("capacity", capacity::check),
    once("one_open_action", one_open_action::check),
    once("failure_domain", failure_domain::check),
    once("budgets", budgets::check),
    once("back_off", back_off::check),
    once("insecure_target", insecure_target::check),
    first("mode", mode::check),
    again("approval", approval::check),
];

pub struct Guard {
    /// As mutants, metrics and documents name it.
    pub name: &'static str,
    pub check: fn(&Case<'_>) -> Option<Hold>,
    /// From which stage on it is not asked any more; None: before each effect.
    pub until: Option<Stage>,
}

const fn once(name: &'static str, check: fn(&Case<'_>) -> Option<Hold>) -> Guard {
    Guard { name, check, until: Some(Stage::First) }
}

/// Asked again until something of the job is changed: after that it speaks of what we did.
const fn first(name: &'static str, check: fn(&Case<'_>) -> Option<Hold>) -> Guard {
    Guard { name, check, until: Some(Stage::Effect) }
}

const fn again(name: &'static str, check: fn(&Case<'_>) -> Option<Hold>) -> Guard {
    Guard { name, check, until: None }
}

/// Every hold that stands, in the order of [`GUARDS`].
pub fn holds(case: &Case<'_>) -> Vec<Hold> {
    holds_without(case, &[]).collect()
}

/// The same with some guards off, one after the other: only a test of the guards may ask so.
pub fn holds_without(case: &Case<'_>, off: &[&str]) -> impl Iterator<Item = Hold> {
    GUARDS
        .iter()
        .filter(|g| g.until.is_none_or(|until| case.stage < until))
        .filter(|g| !off.contains(&g.name))
        .filter_map(|g| (g.check)(case))
}
