//! How far it may go by itself: observe and suggest never act.

use super::Case;
use crate::case::{Hold, Mode};

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let mode = c.policy.mode(c.plan.risk);
    (mode < Mode::Approve).then_some(Hold::ModeForbids { mode, risk: c.plan.risk })
}

#[cfg(test)]
mod tests {
    use crate::case::{Hold, Mode, Risk};
    use crate::plan::testing::Bench;

    #[test]
    fn observe_and_suggest_never_act() {
        let mut b = Bench::new();
        let mut said = |mode| {
            b.policy.policy.b = mode;
            b.ask("mode")
        };
        let held = |mode| Some(Hold::ModeForbids { mode, risk: Risk::B });
        assert_eq!(said(Mode::Observe), held(Mode::Observe));
        assert_eq!(said(Mode::Suggest), held(Mode::Suggest));
        assert_eq!([said(Mode::Approve), said(Mode::Auto)], [None, None]);
        // nothing was configured
        b.policy = Default::default();
        assert_eq!(b.ask("mode"), held(Mode::Observe));
    }
}
