//! Not again at once (S6, S10, L6): each action of a job within a day doubles the wait, and one
//! that did not help blocks the job for an hour.

use super::Case;
use crate::case::{Hold, jitter};
use crate::estate::Span;
use crate::plan::EndKind;

/// Doubled at most so often: a day at the default is reached before.
const MOST_DOUBLED: u32 = 10;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let budgets = &c.policy.policy.limits.budgets;
    let day = c.ledger.now - Span::secs(86_400);
    let mine = || c.ledger.past.iter().filter(|p| p.job == c.plan.job && p.ended > day);
    let doubled = u32::try_from(mine().count()).unwrap_or(u32::MAX).saturating_sub(1);
    let wait = Span(budgets.back_off.0.saturating_mul(1 << doubled.min(MOST_DOUBLED)));
    // a tenth more at most, so that jobs that were repaired together do not come again together
    let wait = wait + jitter(&format!("back off|{}|{doubled}", c.plan.job), Span(wait.0 / 10));
    let until = mine().map(|p| match p.end {
        EndKind::Helped | EndKind::Held => p.ended + wait,
        _ => p.ended + wait.max(budgets.after_failure),
    });
    let left = until.max()? - c.ledger.now;
    (left.0 > 0).then(|| Hold::BackOff { left_s: left.as_secs() })
}

#[cfg(test)]
mod tests {
    use crate::case::Hold;
    use crate::estate::Span;
    use crate::plan::EndKind::{self, *};
    use crate::plan::testing::{Bench, past};

    #[test]
    fn doubled_with_each_and_an_hour_after_a_failure() {
        let mut b = Bench::new();
        let mut left = |all: &[(i64, EndKind)]| {
            b.ledger.past = all.iter().map(|(s, end)| past("j", Span::secs(*s), *end)).collect();
            match b.ask("back_off") {
                Some(Hold::BackOff { left_s }) => left_s,
                _ => 0.0,
            }
        };
        assert_eq!(left(&[]), 0.0);
        let mut about = |all: &[(i64, EndKind)], wait: f64, ago: f64| {
            let left = left(all);
            assert!((wait - ago..=1.1 * wait - ago).contains(&left), "{left} s of {wait} s");
        };
        about(&[(100, Helped)], 300.0, 100.0);
        about(&[(7200, Helped), (3600, Held), (100, Helped)], 1200.0, 100.0);
        assert_eq!(left(&[(330, Helped)]), 0.0);
        assert_eq!(left(&[(100, NoChange)]), 3500.0);
        assert_eq!(left(&[(100, RolledBack)]), 3500.0);
        assert_eq!(left(&[(90_000, Helped); 9]), 0.0);
        // another job's
        b.ledger.past = vec![past("x", Span::secs(1), Stuck)];
        assert_eq!(b.ask("back_off"), None);
    }
}
