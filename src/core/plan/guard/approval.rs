//! A person's yes to exactly this plan, and not an old one (S12). The last word counts, and a no
//! counts in every mode.

use super::Case;
use crate::case::{Hold, Mode};

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let asks = c.policy.mode(c.plan.risk) == Mode::Approve;
    if c.ledger.approvals.is_empty() && !asks {
        return None;
    }
    let plan = c.plan.hash();
    let said = c.ledger.approvals.iter().filter(|a| a.plan == plan).max_by_key(|a| (a.at, !a.yes));
    let may = match said {
        Some(a) if !a.yes => false,
        _ if !asks => true,
        // one that is dated in the future is not understood
        Some(a) => (0..=c.policy.policy.limits.approval.0).contains(&(c.ledger.now - a.at).0),
        None => false,
    };
    (!may).then_some(Hold::NeedsApproval { plan })
}

#[cfg(test)]
mod tests {
    use crate::case::Mode;
    use crate::estate::{Name, Span};
    use crate::plan::Approval;
    use crate::plan::testing::{Bench, NOW};

    fn said(plan: &Name, ago_s: i64, yes: bool) -> Approval {
        Approval { plan: plan.clone(), by: "chen".into(), at: NOW - Span::secs(ago_s), yes }
    }

    #[test]
    fn a_yes_is_for_one_plan_and_for_a_quarter_of_an_hour() {
        let mut b = Bench::new();
        b.policy.policy.b = Mode::Approve;
        let hash = b.plan.hash();
        let mut ask = |all: Vec<Approval>| {
            b.ledger.approvals = all;
            b.name("approval")
        };
        assert_eq!(ask(vec![]), "needs_approval");
        assert_eq!(ask(vec![said(&hash, 900, true)]), "");
        assert_eq!(ask(vec![said(&hash, 901, true)]), "needs_approval");
        assert_eq!(ask(vec![said(&hash, -1, true)]), "needs_approval");
        assert_eq!(ask(vec![said(&"other".into(), 1, true)]), "needs_approval");
        assert_eq!(ask(vec![said(&hash, 60, true), said(&hash, 1, false)]), "needs_approval");
        assert_eq!(ask(vec![said(&hash, 1, true), said(&hash, 60, false)]), "");
    }

    #[test]
    fn a_no_counts_in_auto_too() {
        let mut b = Bench::new();
        assert_eq!(b.name("approval"), "");
        b.ledger.approvals = vec![said(&b.plan.hash(), 3600, false)];
        assert_eq!(b.name("approval"), "needs_approval");
    }
}
