//! One failure domain at a time (S6b), and a while after the last one.

use super::Case;
use crate::case::Hold;
use crate::plan::EndKind;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let mine = &c.view.cluster.failure_domain;
    let wait = c.policy.policy.limits.budgets.domain;
    let open = c.ledger.open.iter().map(|o| &o.failure_domain);
    let just = c.ledger.past.iter().filter(|p| p.end != EndKind::Held);
    let just = just.filter(|p| c.ledger.now - p.ended < wait).map(|p| &p.failure_domain);
    let busy = open.chain(just).find(|d| *d != mine)?;
    Some(Hold::FailureDomain { busy: busy.clone() })
}

#[cfg(test)]
mod tests {
    use crate::case::Hold;
    use crate::estate::{ClusterId, JobKey, Span};
    use crate::plan::EndKind;
    use crate::plan::testing::{Bench, open, past};

    #[test]
    fn another_domain_holds_while_it_is_worked_on_and_a_minute_after() {
        let mut b = Bench::new();
        let busy = Some(Hold::FailureDomain { busy: "d".into() });
        b.ledger.open = vec![open(JobKey::new(&ClusterId::new("x"), "x"), "c")];
        assert_eq!(b.ask("failure_domain"), None, "its own");
        b.ledger.open[0].failure_domain = "d".into();
        assert_eq!(b.ask("failure_domain"), busy);
        b.ledger.open.clear();
        let mut ask = |ago, end| {
            let mut p = past("x", Span::secs(ago), end);
            p.failure_domain = "d".into();
            b.ledger.past = vec![p];
            b.ask("failure_domain")
        };
        assert_eq!(ask(59, EndKind::Helped), busy);
        assert_eq!(ask(59, EndKind::Held), None);
        assert_eq!(ask(60, EndKind::Helped), None);
    }
}
