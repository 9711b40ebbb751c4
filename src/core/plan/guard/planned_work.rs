//! Somebody works there, or on what the job depends on, and said so (S13).

use super::Case;
use crate::case::Hold;
use crate::estate::{Subject, work_on};

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let mut places = places(c);
    let work = places.find_map(|place| work_on(&c.ledger.planned, &place, c.ledger.now))?;
    Some(Hold::PlannedWork { until: work.over(), by: work.who.clone(), why: work.why.clone() })
}

/// The job, and what it depends on.
pub(super) fn places<'a>(c: &Case<'a>) -> impl Iterator<Item = Subject> + use<'a> {
    let job = Subject::Job { job: c.plan.job.clone() };
    c.view.dependencies.iter().map(|d| d.subject.clone()).chain([job])
}

#[cfg(test)]
mod tests {
    use crate::estate::{ClusterId, PlannedWork, Scope, Span};
    use crate::plan::testing::{Bench, NOW, job};

    #[test]
    fn it_holds_from_its_beginning_to_its_end() {
        let mut b = Bench::new();
        let mut ask = |scope, from, until| {
            let (from, until) = (NOW + Span::secs(from), NOW + Span::secs(until));
            let (id, who, why) = ("w".into(), "li.wei".into(), "upgrade".into());
            let (made, ended, silence) = (NOW, None, None);
            let work = PlannedWork { id, scope, from, until, who, why, made, ended, silence };
            b.ledger.planned = vec![work];
            b.name("planned_work")
        };
        assert_eq!(ask(Scope::Estate, 0, 1), "planned_work");
        assert_eq!(ask(Scope::Job { job: job("j") }, -10, 10), "planned_work");
        let kafka = Scope::Cluster { cluster: ClusterId::new("k") };
        assert_eq!(ask(kafka, -10, 10), "planned_work", "what the job reads");
        assert_eq!(ask(Scope::Estate, 1, 10), "");
        assert_eq!(ask(Scope::Estate, -10, 0), "");
        assert_eq!(ask(Scope::Job { job: job("k") }, -10, 10), "");
    }
}
