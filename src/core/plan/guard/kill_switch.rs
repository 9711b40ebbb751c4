//! Somebody has switched us off here (S11).

use super::Case;
use crate::case::Hold;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let (now, playbook) = (c.ledger.now, &c.plan.playbook);
    let on = c.ledger.switches.iter().find(|s| s.is_on(now, &c.plan.job, playbook))?;
    Some(Hold::KillSwitch { scope: on.scope.clone(), by: on.by.clone(), why: on.why.clone() })
}

#[cfg(test)]
mod tests {
    use crate::case::Scope;
    use crate::estate::Span;
    use crate::plan::Switch;
    use crate::plan::testing::{Bench, NOW, job};

    #[test]
    fn a_switch_holds_what_it_covers_until_it_ends() {
        let mut b = Bench::new();
        let mut said = |scope, until| {
            let (by, why) = ("li.wei".into(), "migration".into());
            b.ledger.switches = vec![Switch { scope, by, why, at: NOW, until, hard: false }];
            b.name("kill_switch")
        };
        for scope in [
            Scope::Estate,
            Scope::Cluster { cluster: "c".into() },
            Scope::Playbook { playbook: "restart-from-checkpoint".into() },
            Scope::Job { job: job("j") },
        ] {
            assert_eq!(said(scope, None), "kill_switch");
        }
        assert_eq!(said(Scope::Estate, Some(NOW + Span::secs(1))), "kill_switch");
        assert_eq!(said(Scope::Estate, Some(NOW)), "");
        assert_eq!(said(Scope::Cluster { cluster: "d".into() }, None), "");
        assert_eq!(said(Scope::Job { job: job("k") }, None), "");
    }
}
