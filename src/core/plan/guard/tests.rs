use super::*;
use crate::plan::testing::Bench;
use std::collections::BTreeSet;

#[test]
fn a_case_without_fault_passes_all() {
    let mut b = Bench::new();
    for stage in [Stage::Show, Stage::Begin] {
        b.stage = stage;
        assert_eq!(holds(&b.case()), []);
    }
    b.stage = Stage::Effect;
    b.ledger.generation += 1;
    assert_eq!(holds(&b.case()), []);
}

/// A job that got well, and a mode that was taken back, before anything was changed.
#[test]
fn what_the_job_says_counts_until_it_is_changed() {
    use crate::case::{Mode, Uncertain};
    let mut b = Bench::new();
    b.ledger.generation += 1;
    b.view.uncertain = Some(Uncertain::Recovering);
    b.policy.policy.b = Mode::Observe;
    b.stage = Stage::First;
    let names: Vec<_> = holds(&b.case()).iter().map(Hold::name).collect();
    assert_eq!(names, ["not_certain", "mode_forbids"]);
    b.stage = Stage::Effect;
    assert_eq!(holds(&b.case()), []);
}

#[test]
fn names_are_unique_and_each_file_is_listed() {
    let names: BTreeSet<&str> = GUARDS.iter().map(|g| g.name).collect();
    assert_eq!(names.len(), GUARDS.len());
    let files = include_str!("mod.rs").lines().filter_map(|l| l.strip_prefix("mod ")).count();
    assert_eq!(files, GUARDS.len() + 1, "and this one");
}

#[test]
fn before_an_effect_its_own_action_does_not_count() {
    let mut b = Bench::new();
    b.ledger.open = vec![crate::plan::testing::open(b.plan.job.clone(), "c")];
    assert_eq!(holds(&b.case()).len(), 1);
    (b.stage, b.ledger.generation) = (Stage::Effect, 4);
    assert_eq!(holds(&b.case()), []);
    b.view.dependencies[0].ill = Some(true);
    assert_eq!(holds(&b.case()).len(), 1);
    assert_eq!(holds_without(&b.case(), &["shared_dependency"]).next(), None);
}
