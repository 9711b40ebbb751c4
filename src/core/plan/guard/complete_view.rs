//! Absent is never zero (S5): what the decision needs is known, and the cluster is seen.

use super::Case;
use crate::case::Hold;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    if !c.view.evidence_missing.is_empty() {
        return Some(Hold::MissingEvidence { what: c.view.evidence_missing.clone() });
    }
    let (fresh, targets) = (c.view.cluster.fresh_targets, c.view.cluster.targets);
    let share = c.policy.policy.limits.fresh_share;
    let seen = targets > 0 && f64::from(fresh) >= share * f64::from(targets);
    (!seen).then_some(Hold::IncompleteView { fresh, targets })
}

#[cfg(test)]
mod tests {
    use crate::case::Hold;
    use crate::plan::testing::Bench;

    #[test]
    fn four_of_five_targets_are_enough_and_none_of_none_is_not() {
        let mut b = Bench::new();
        let mut ask = |fresh, targets| {
            (b.view.cluster.fresh_targets, b.view.cluster.targets) = (fresh, targets);
            b.ask("complete_view")
        };
        assert_eq!(ask(4, 5), None);
        assert_eq!(ask(3, 5), Some(Hold::IncompleteView { fresh: 3, targets: 5 }));
        assert_eq!(ask(0, 0), Some(Hold::IncompleteView { fresh: 0, targets: 0 }));
    }

    #[test]
    fn evidence_that_is_unknown_now_holds() {
        let mut b = Bench::new();
        b.view.evidence_missing = vec!["busy time".into()];
        assert_eq!(b.name("complete_view"), "missing_evidence");
    }
}
