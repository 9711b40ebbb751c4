//! One action of a job at a time (S1), and few at once (S6): jobs that one root took down go
//! together, as wide as their wave.

use super::Case;
use crate::case::{Hold, Scope};
use crate::plan::OpenAction;
use crate::plan::waves::{Turn, beside, turn};

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let job = &c.plan.job;
    let budgets = &c.policy.policy.limits.budgets;
    let open = |scope| Some(Hold::ActionOpen { scope });
    if c.ledger.open.iter().any(|o| o.job == *job) {
        return open(Scope::Job { job: job.clone() });
    }
    let wave = |o: &&OpenAction| beside(c.plan, &o.incident, &o.playbook, o.resumes);
    let others: Vec<&OpenAction> = c.ledger.open.iter().filter(|o| !wave(o)).collect();
    let there = others.iter().filter(|o| o.job.cluster == job.cluster).count();
    if there >= budgets.open_per_cluster as usize {
        return open(Scope::Cluster { cluster: job.cluster.0.clone() });
    }
    if others.len() >= budgets.open_per_estate as usize {
        return open(Scope::Estate);
    }
    if !c.plan.resumes() {
        return None;
    }
    match turn(c.plan, c.ledger) {
        Turn::Goes => None,
        Turn::Comes(left) => Some(Hold::BackOff { left_s: left.as_secs() }),
        Turn::Waits(open) => {
            Some(Hold::WaveUnderWay { open: u32::try_from(open).unwrap_or(u32::MAX) })
        }
        Turn::Stopped(p) => {
            Some(Hold::WaveStopped { job: p.job.clone(), action: p.action.clone() })
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::case::{Hold, Scope};
    use crate::estate::Span;
    use crate::estate::{ClusterId, JobKey};
    use crate::plan::testing::{Bench, job, open, past, resume};
    use crate::plan::{EndKind, OpenAction, Past};

    #[test]
    fn by_job_by_cluster_and_over_the_estate() {
        let mut b = Bench::new();
        let at = |c: &str| open(JobKey::new(&ClusterId::new(c), "x"), c);
        let mut ask = |open| {
            b.ledger.open = open;
            match b.ask("one_open_action") {
                Some(Hold::ActionOpen { scope }) => Some(scope),
                None => None,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(ask(vec![]), None);
        assert_eq!(ask(vec![open(job("j"), "c")]), Some(Scope::Job { job: job("j") }));
        assert_eq!(ask(vec![at("c")]), Some(Scope::Cluster { cluster: "c".into() }));
        assert_eq!(ask(vec![at("d"), at("e")]), None);
        assert_eq!(ask(vec![at("d"), at("e"), at("f")]), Some(Scope::Estate));
    }

    #[test]
    fn a_wave_goes_side_by_side_and_alone() {
        let mut b = Bench::new();
        b.plan.steps = resume();
        let playbook = b.plan.playbook.clone();
        let wave = |of: &str| OpenAction {
            incident: "i".into(),
            playbook: playbook.clone(),
            resumes: true,
            ..open(job(of), "c")
        };
        b.ledger.open = vec![wave("x")];
        assert_eq!(b.ask("one_open_action"), Some(Hold::WaveUnderWay { open: 1 }));
        let proved = Past { resumes: true, ..past("w", Span::secs(60), EndKind::Helped) };
        b.ledger.past = vec![proved.clone()];
        assert_eq!(b.ask("one_open_action"), None, "the second wave has two");
        b.ledger.open.push(open(job("y"), "c"));
        assert_eq!(b.name("one_open_action"), "action_open", "beside something else it waits");
        b.ledger.open = vec![wave("j")];
        assert_eq!(b.name("one_open_action"), "action_open", "the same job");
        b.ledger.open = vec![wave("x")];
        b.plan.steps.insert(0, crate::case::Step::Stop { wait_s: 60 });
        assert_eq!(b.name("one_open_action"), "action_open", "one that runs is no part of it");
        b.plan.steps.remove(0);
        b.ledger.past.push(Past { end: EndKind::NoChange, ..proved });
        assert_eq!(b.name("one_open_action"), "wave_stopped");
    }
}
