//! Decided a moment ago, by what was seen a moment ago (S4). An age below zero is a clock that
//! nobody understands.

use super::{Case, Stage};
use crate::case::Hold;
use crate::estate::Span;

/// An observation may be so many ticks old.
const TICKS: i64 = 2;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let stale = |age: Span, limit: Span| {
        let held = age.0 < -limit.0 || age > limit;
        held.then_some(Hold::StaleSnapshot { age_s: age.as_secs(), limit_s: limit.as_secs() })
    };
    let seen = stale(c.ledger.now - c.view.at, Span(c.view.tick.0.saturating_mul(TICKS)));
    match c.stage {
        // the decision was fresh when it began; since then only what is seen has to be
        Stage::First | Stage::Effect => seen,
        _ => stale(c.ledger.now - c.plan.made, c.policy.policy.limits.decision_age).or(seen),
    }
}

#[cfg(test)]
mod tests {
    use crate::estate::Span;
    use crate::plan::guard::Stage;
    use crate::plan::testing::{Bench, NOW};

    #[test]
    fn an_old_decision_and_an_old_look_hold() {
        let mut b = Bench::new();
        let mut ask = |made_s, seen_s, stage| {
            b.plan.made = NOW - Span::secs(made_s);
            b.view.at = NOW - Span::secs(seen_s);
            b.stage = stage;
            b.name("freshness")
        };
        assert_eq!(ask(5, 10, Stage::Begin), "");
        assert_eq!(ask(6, 0, Stage::Begin), "stale_snapshot");
        assert_eq!(ask(0, 11, Stage::Begin), "stale_snapshot");
        // the clock of the database was set back
        assert_eq!(ask(-6, 0, Stage::Begin), "stale_snapshot");
        assert_eq!(ask(60, 10, Stage::Effect), "");
        assert_eq!(ask(60, 11, Stage::Effect), "stale_snapshot");
    }
}
