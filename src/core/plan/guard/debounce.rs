//! It has been so for long enough (S5): four looks at least, and the configured time.

use super::Case;
use crate::case::Hold;
use crate::estate::Span;

const LOOKS: i64 = 4;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let held = c.view.at - c.view.evidence_since;
    let needs = Span(c.view.tick.0.saturating_mul(LOOKS)).max(c.policy.policy.limits.debounce);
    (held < needs).then(|| Hold::Debounce { held_s: held.as_secs(), needs_s: needs.as_secs() })
}

#[cfg(test)]
mod tests {
    use crate::case::Hold;
    use crate::estate::Span;
    use crate::plan::testing::{Bench, NOW};

    #[test]
    fn the_longer_of_the_two_counts() {
        let mut b = Bench::new();
        let mut ask = |held, tick| {
            b.view.evidence_since = NOW - Span::secs(held);
            b.view.tick = Span::secs(tick);
            b.ask("debounce")
        };
        assert_eq!(ask(60, 5), None);
        assert_eq!(ask(59, 5), Some(Hold::Debounce { held_s: 59.0, needs_s: 60.0 }));
        assert_eq!(ask(79, 20), Some(Hold::Debounce { held_s: 79.0, needs_s: 80.0 }));
        // since a moment to come: not understood
        assert!(ask(-10, 5).is_some());
    }
}
