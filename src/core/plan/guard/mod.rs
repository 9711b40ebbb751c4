//! What may hold a plan. A guard is a pure function from the case to a hold; the same functions
//! are asked when a plan is shown, in the transaction that begins it, and before its first effect.

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
    /// Before an effect, as long as nothing has been stopped. Its own open action, budget and
    /// back-off do not count.
    Effect,
}

pub const GUARDS: &[Guard] = &[];

pub struct Guard {
    /// As mutants, metrics and documents name it.
    pub name: &'static str,
    pub check: fn(&Case<'_>) -> Option<Hold>,
    /// Asked again before each effect.
    pub again: bool,
}

/// Every hold that stands, in the order of [`GUARDS`].
pub fn holds(case: &Case<'_>) -> Vec<Hold> {
    holds_without(case, &[])
}

/// The same with some guards off: only a test of the guards may ask so.
pub fn holds_without(case: &Case<'_>, off: &[&str]) -> Vec<Hold> {
    GUARDS
        .iter()
        .filter(|g| case.stage != Stage::Effect || g.again)
        .filter(|g| !off.contains(&g.name))
        .filter_map(|g| (g.check)(case))
        .collect()
}
