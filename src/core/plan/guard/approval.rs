//! A person's yes to exactly this plan, and not an old one (S12). The last word counts; a no counts
//! in every mode, for every plan that comes to the same, and until the first effect.

use super::{Case, Stage};
use crate::case::{Hold, Mode};

pub fn check(c: &Case<'_>) -> Option<Hold> {
    if let Some(no) = c.ledger.declined.iter().find(|d| d.covers(c.plan)) {
        return Some(Hold::Declined { by: no.by.clone(), at: no.at });
    }
    // what began with a yes that was young goes on when it is old
    if c.stage >= Stage::First {
        return None;
    }
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
    use crate::plan::guard::Stage;
    use crate::plan::testing::{Bench, NOW};
    use crate::plan::{Approval, Declined};

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

    #[test]
    fn a_no_holds_whatever_comes_to_the_same_and_nothing_else() {
        let mut b = Bench::new();
        let no = Declined {
            incident: b.plan.incident.0.clone(),
            job: b.plan.job.clone(),
            playbook: b.plan.playbook.clone(),
            by: "chen".into(),
            at: NOW - Span::secs(7200),
        };
        b.ledger.declined = vec![no.clone()];
        // another checkpoint, another generation
        b.plan.generation = 9;
        b.plan.secured = None;
        for stage in [Stage::Show, Stage::Begin, Stage::Effect] {
            b.stage = stage;
            assert_eq!(b.name("approval"), "declined", "{stage:?}");
        }
        b.stage = Stage::Begin;
        for other in [
            Declined { incident: "next".into(), ..no.clone() },
            Declined { playbook: "rescale".into(), ..no.clone() },
            Declined { job: crate::plan::testing::job("k"), ..no },
        ] {
            b.ledger.declined = vec![other];
            assert_eq!(b.name("approval"), "");
        }
    }

    #[test]
    fn an_old_yes_does_not_end_what_it_began() {
        let mut b = Bench::new();
        b.policy.policy.b = Mode::Approve;
        b.ledger.approvals = vec![said(&b.plan.hash(), 1200, true)];
        assert_eq!(b.name("approval"), "needs_approval");
        b.stage = Stage::Effect;
        assert_eq!(b.name("approval"), "");
    }
}
