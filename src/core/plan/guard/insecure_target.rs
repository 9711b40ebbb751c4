//! Whoever could speak for the JobManager would decide (T15): nothing goes by itself over plain http
//! to another machine, unless the administrator said that nobody else is on that network.

use super::Case;
use crate::case::{Hold, Mode};

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let alone = c.policy.mode(c.plan.risk) == Mode::Auto;
    (alone && c.view.cluster.insecure).then_some(Hold::InsecureTarget)
}

#[cfg(test)]
mod tests {
    use crate::case::Mode;
    use crate::plan::testing::Bench;

    #[test]
    fn it_takes_a_person() {
        let mut b = Bench::new();
        assert_eq!(b.name("insecure_target"), "");
        b.view.cluster.insecure = true;
        assert_eq!(b.name("insecure_target"), "insecure_target");
        b.policy.policy.b = Mode::Approve;
        assert_eq!(b.name("insecure_target"), "");
    }
}
