//! Symptoms into causes. The generic causality is here: lineage first (who is only late because an
//! upstream is), then the shared layer below, then the place inside the job; the expert's "why" at
//! a place is a rule. Where the discriminator is missing the answer is a family, or undetermined.

mod aside;
mod bottleneck;
mod candidates;
mod choose;
mod conclude;
mod kin;
mod parts;
#[cfg(test)]
mod tests;
mod trouble;
mod usual;
mod words;

pub use bottleneck::{Load, bottlenecks, loads};
pub use candidates::Candidate;
pub use usual::{calm_usual, symptom_usual};
pub use words::headline_and_cause;

use crate::case::Assessment;
use crate::detect::Seen;
use crate::rules::{Ctx, RuleSet};
use crate::snapshot::Snapshot;
use candidates::candidates;
use choose::choose;
use kin::Kin;
use trouble::Troubles;

/// What is the matter at `s.at`, as far as the evidence goes. Pure.
pub fn diagnose(rules: &RuleSet, s: &Snapshot, seen: &Seen) -> Assessment {
    if seen.symptoms.is_empty() {
        let (calm, unsure) = (seen.calm.clone(), seen.unsure.clone());
        return Assessment { at: s.at, calm, unsure, ..Assessment::default() };
    }
    let ctx = Ctx::new(s);
    let kin = Kin::of(&s.lineage);
    let troubles = Troubles::of(s, &kin, seen);
    let candidates = candidates(rules, &ctx, &kin, &troubles);
    let chosen = choose(candidates, &kin, &troubles);
    conclude::conclude(&ctx, &kin, &troubles, chosen, seen)
}

/// Every rule at every place where it was asked, with what it came to: what an expert looks at when
/// a rule does not speak.
pub fn asked<'r>(rules: &'r RuleSet, s: &Snapshot, seen: &Seen) -> Vec<Candidate<'r>> {
    let (ctx, kin) = (Ctx::new(s), Kin::of(&s.lineage));
    candidates(rules, &ctx, &kin, &Troubles::of(s, &kin, seen))
}
