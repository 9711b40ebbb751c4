//! An earlier action of the job ended in something that nobody understood: the job is a person's
//! until one has looked (S9).

use super::Case;
use crate::case::Hold;
use crate::plan::EndKind;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let mine = c.ledger.past.iter().filter(|p| p.job == c.plan.job);
    let stuck = mine.into_iter().find(|p| p.end == EndKind::Stuck && p.seen_by.is_none())?;
    Some(Hold::Stuck { since: stuck.ended })
}

#[cfg(test)]
mod tests {
    use crate::estate::Span;
    use crate::plan::EndKind;
    use crate::plan::testing::{Bench, past};

    #[test]
    fn however_long_ago_until_a_person_has_looked() {
        let mut b = Bench::new();
        assert_eq!(b.name("stuck"), "");
        b.ledger.past = vec![past("j", Span::secs(900_000), EndKind::Stuck)];
        assert_eq!(b.name("stuck"), "stuck");
        b.ledger.past[0].seen_by = Some("chen".into());
        assert_eq!(b.name("stuck"), "");
        b.ledger.past = vec![past("x", Span::secs(60), EndKind::Stuck)];
        assert_eq!(b.name("stuck"), "", "another job's");
    }
}
