//! Somebody wants quiet there, or on what the job depends on, and nothing repaired meanwhile (S13).

use super::Case;
use super::planned_work::places;
use crate::case::Hold;
use crate::estate::{PlannedWork, Silence, silence_on};

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let strict = |w: &&PlannedWork| w.silence == Some(Silence::NoRemediate);
    let all = || c.ledger.planned.iter().filter(strict);
    let found = places(c).find_map(|place| silence_on(all(), &place, c.ledger.now))?;
    Some(Hold::Silenced { until: found.over(), by: found.who.clone(), why: found.why.clone() })
}

#[cfg(test)]
mod tests {
    use crate::estate::{ClusterId, PlannedWork, Scope, Silence, Span};
    use crate::plan::testing::{Bench, NOW, job};

    #[test]
    fn it_holds_only_where_nothing_is_to_be_repaired_and_until_it_is_over() {
        let mut b = Bench::new();
        let mut ask = |scope, until, silence| {
            let (from, until) = (NOW - Span::secs(10), NOW + Span::secs(until));
            let (id, who, why) = ("s".into(), "li.wei".into(), "known".into());
            let (made, ended, silence) = (NOW, None, Some(silence));
            let quiet = PlannedWork { id, scope, from, until, who, why, made, ended, silence };
            b.ledger.planned = vec![quiet];
            b.name("silenced")
        };
        use Silence::*;
        assert_eq!(ask(Scope::Estate, 1, NoRemediate), "silenced");
        assert_eq!(ask(Scope::Job { job: job("j") }, 1, NoRemediate), "silenced");
        let kafka = || Scope::Cluster { cluster: ClusterId::new("k") };
        assert_eq!(ask(kafka(), 1, NoRemediate), "silenced", "what the job reads");
        assert_eq!(ask(Scope::Estate, 0, NoRemediate), "");
        assert_eq!(ask(Scope::Job { job: job("k") }, 1, NoRemediate), "");
        assert_eq!(ask(Scope::Estate, 1, Messages), "", "messages wait, repair does not");
        assert_eq!(b.name("planned_work"), "");
    }
}
