//! Somebody works there, and said so (S13).

use super::Case;
use crate::case::Hold;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let (now, playbook) = (c.ledger.now, &c.plan.playbook);
    let on = |w: &&crate::plan::PlannedWork| {
        w.from <= now && now < w.until && w.scope.covers(&c.plan.job, playbook)
    };
    let work = c.ledger.planned.iter().filter(on).max_by_key(|w| w.until)?;
    Some(Hold::PlannedWork { until: work.until, by: work.by.clone(), why: work.why.clone() })
}

#[cfg(test)]
mod tests {
    use crate::case::Scope;
    use crate::estate::Span;
    use crate::plan::PlannedWork;
    use crate::plan::testing::{Bench, NOW, job};

    #[test]
    fn it_holds_from_its_beginning_to_its_end() {
        let mut b = Bench::new();
        let mut ask = |scope, from, until| {
            let (from, until) = (NOW + Span::secs(from), NOW + Span::secs(until));
            let (by, why) = ("li.wei".into(), "upgrade".into());
            b.ledger.planned = vec![PlannedWork { scope, from, until, by, why }];
            b.name("planned_work")
        };
        assert_eq!(ask(Scope::Estate, 0, 1), "planned_work");
        assert_eq!(ask(Scope::Job { job: job("j") }, -10, 10), "planned_work");
        assert_eq!(ask(Scope::Estate, 1, 10), "");
        assert_eq!(ask(Scope::Estate, -10, 0), "");
        assert_eq!(ask(Scope::Job { job: job("k") }, -10, 10), "");
    }
}
