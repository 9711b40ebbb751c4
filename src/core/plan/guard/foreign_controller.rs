//! Hands off what somebody else owns, or has changed a moment ago (S13).

use super::Case;
use crate::case::Hold;
use crate::plan::Ownership;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    if let Ownership::Foreign(who) = &c.view.job.owner {
        return Some(Hold::ForeignController { who: who.clone(), at: None });
    }
    let (at, who) = c.view.job.foreign_change.as_ref()?;
    let lately = c.view.at - *at < c.policy.policy.limits.hands_off;
    lately.then(|| Hold::ForeignController { who: who.clone(), at: Some(*at) })
}

#[cfg(test)]
mod tests {
    use crate::estate::Span;
    use crate::plan::Ownership;
    use crate::plan::testing::{Bench, NOW};

    #[test]
    fn an_owner_holds_for_good_and_a_change_for_a_quarter_of_an_hour() {
        let mut b = Bench::new();
        let mut ask = |ago| {
            b.view.job.foreign_change = Some((NOW - Span::secs(ago), "new run".into()));
            b.name("foreign_controller")
        };
        assert_eq!(ask(899), "foreign_controller");
        assert_eq!(ask(900), "");
        // by a clock that is ahead of ours
        assert_eq!(ask(-5), "foreign_controller");
        b.view.job.foreign_change = None;
        assert_eq!(b.name("foreign_controller"), "");
        b.view.job.owner = Ownership::Foreign("Kubernetes operator".into());
        assert_eq!(b.name("foreign_controller"), "foreign_controller");
    }
}
