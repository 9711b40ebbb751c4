//! Hands off what somebody else owns, or has changed a moment ago (S13).

use super::Case;
use crate::case::Hold;
use crate::estate::Millis;
use crate::plan::Ownership;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    if let Ownership::Foreign(who) = &c.view.job.owner {
        return Some(Hold::ForeignController { who: who.clone(), at: None, until: None });
    }
    let (at, who) = c.view.job.foreign_change.as_ref()?;
    if meant(c, *at) {
        return None;
    }
    let hands_off = c.policy.policy.limits.hands_off;
    let (lately, until) = (c.view.at - *at < hands_off, Some(*at + hands_off));
    lately.then(|| Hold::ForeignController { who: who.clone(), at: Some(*at), until })
}

/// It is down, and a person who knows that says yes to starting it again.
fn meant(c: &Case<'_>, since: Millis) -> bool {
    let said = c.ledger.approvals.iter().filter(|a| a.yes && a.at >= since);
    c.plan.resumes() && said.map(|a| &a.plan).any(|plan| *plan == c.plan.hash())
}

#[cfg(test)]
mod tests {
    use crate::estate::Span;
    use crate::plan::testing::{Bench, NOW, resume};
    use crate::plan::{Approval, Ownership};

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

    #[test]
    fn a_job_that_somebody_ended_is_started_by_a_yes_that_came_later() {
        let mut b = Bench::new();
        b.view.job.foreign_change = Some((NOW - Span::secs(300), "somebody ended it".into()));
        let yes = |b: &Bench, ago| Approval {
            plan: b.plan.hash(),
            by: "chen".into(),
            at: NOW - Span::secs(ago),
            yes: true,
        };
        b.ledger.approvals = vec![yes(&b, 10)];
        assert_eq!(b.name("foreign_controller"), "foreign_controller", "of a job that runs");
        b.plan.steps = resume();
        assert_eq!(b.name("foreign_controller"), "foreign_controller", "to another plan");
        b.ledger.approvals = vec![yes(&b, 301)];
        assert_eq!(b.name("foreign_controller"), "foreign_controller", "before it was ended");
        b.ledger.approvals = vec![yes(&b, 10)];
        assert_eq!(b.name("foreign_controller"), "");
        b.view.job.owner = Ownership::Foreign("Kubernetes operator".into());
        assert_eq!(b.name("foreign_controller"), "foreign_controller");
    }
}
