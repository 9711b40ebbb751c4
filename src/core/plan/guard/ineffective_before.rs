//! It was done for this incident, and did not help: the same again is no plan.

use super::Case;
use crate::case::Hold;
use crate::plan::EndKind;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let before = c.ledger.past.iter().rev().find(|p| {
        p.job == c.plan.job
            && p.playbook == c.plan.playbook
            && p.incident == c.plan.incident.0
            && p.seen_by.is_none()
            && matches!(p.end, EndKind::NoChange | EndKind::RolledBack | EndKind::Stuck)
    })?;
    let stuck = before.end == EndKind::Stuck;
    Some(Hold::IneffectiveBefore { playbook: before.playbook.clone(), at: before.ended, stuck })
}

#[cfg(test)]
mod tests {
    use crate::estate::Span;
    use crate::plan::EndKind;
    use crate::plan::testing::{Bench, past};

    #[test]
    fn for_the_same_incident_until_a_person_has_looked() {
        let mut b = Bench::new();
        assert_eq!(b.name("ineffective_before"), "");
        b.ledger.past = vec![past("j", Span::secs(7200), EndKind::NoChange)];
        assert_eq!(b.name("ineffective_before"), "ineffective_before");
        b.ledger.past[0].incident = "another".into();
        assert_eq!(b.name("ineffective_before"), "");
        b.ledger.past = vec![past("j", Span::secs(7200), EndKind::Helped)];
        assert_eq!(b.name("ineffective_before"), "", "it helped, and came again");
        b.ledger.past = vec![past("j", Span::secs(7200), EndKind::Stuck)];
        b.ledger.past[0].seen_by = Some("chen".into());
        assert_eq!(b.name("ineffective_before"), "");
    }
}
