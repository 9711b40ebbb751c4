//! Two actions of a playbook failed within a day: it is off for everybody until a person has
//! looked (S10).

use super::Case;
use crate::case::Hold;
use crate::estate::Span;
use crate::plan::EndKind;

const FAILURES: usize = 2;
const WITHIN: Span = Span::secs(86_400);

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let playbook = &c.plan.playbook;
    let off = |since| Hold::PlaybookOff { playbook: playbook.clone(), since };
    if let Some((_, since)) = c.ledger.playbooks_off.iter().find(|(name, _)| name == playbook) {
        return Some(off(*since));
    }
    let failed = |end| !matches!(end, EndKind::Helped | EndKind::Held);
    let mut ends: Vec<_> = c
        .ledger
        .past
        .iter()
        .filter(|p| p.playbook == *playbook && p.seen_by.is_none() && failed(p.end))
        .map(|p| p.ended)
        .filter(|ended| c.ledger.now - *ended < WITHIN)
        .collect();
    ends.sort_unstable();
    ends.get(FAILURES - 1).map(|at| off(*at))
}

#[cfg(test)]
mod tests {
    use crate::estate::Span;
    use crate::plan::EndKind::{self, *};
    use crate::plan::testing::{Bench, NOW, past};

    #[test]
    fn the_second_failure_of_a_day_switches_it_off_for_all_jobs() {
        let mut b = Bench::new();
        let mut ask = |all: &[(i64, EndKind)]| {
            b.ledger.past = all.iter().map(|(s, end)| past("x", Span::secs(*s), *end)).collect();
            b.name("playbook_off")
        };
        assert_eq!(ask(&[(100, NoChange)]), "");
        assert_eq!(ask(&[(900, Failed), (100, RolledBack)]), "playbook_off");
        assert_eq!(ask(&[(90_000, Stuck), (100, RolledBack)]), "");
        assert_eq!(ask(&[(900, Helped), (100, Held)]), "");
        b.ledger.playbooks_off = vec![("restart-from-checkpoint".into(), NOW)];
        assert_eq!(b.name("playbook_off"), "playbook_off");
    }

    #[test]
    fn one_that_a_person_has_seen_counts_no_more() {
        let mut b = Bench::new();
        b.ledger.past = vec![past("x", Span::secs(60), Stuck); 2];
        b.ledger.past[0].seen_by = Some("chen".into());
        assert_eq!(b.name("playbook_off"), "");
    }
}
