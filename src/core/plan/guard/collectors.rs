//! Our own eyes fail (S6): what is seen then is not what is there.

use super::Case;
use crate::case::Hold;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let (failing, targets) = (c.view.failing_targets, c.view.targets);
    let most = (1.0 - c.policy.policy.limits.fresh_share) * f64::from(targets);
    // a hair for what 1 - 0.8 is not
    let blind = targets == 0 || f64::from(failing) > most + 1e-9;
    blind.then_some(Hold::CollectorsFail { failing, targets })
}

#[cfg(test)]
mod tests {
    use crate::plan::testing::Bench;

    #[test]
    fn one_in_five_may_fail_and_no_target_at_all_is_blind() {
        let mut b = Bench::new();
        let mut ask = |failing, targets| {
            (b.view.failing_targets, b.view.targets) = (failing, targets);
            b.name("collectors")
        };
        assert_eq!(ask(2, 10), "");
        assert_eq!(ask(3, 10), "collectors_fail");
        assert_eq!(ask(0, 0), "collectors_fail");
    }
}
