//! One action of a job at a time (S1), and few at once (S6).

use super::Case;
use crate::case::{Hold, Scope};

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let (open, job) = (&c.ledger.open, &c.plan.job);
    let budgets = &c.policy.policy.limits.budgets;
    let there = open.iter().filter(|o| o.job.cluster == job.cluster).count();
    let scope = if open.iter().any(|o| o.job == *job) {
        Scope::Job { job: job.clone() }
    } else if there >= budgets.open_per_cluster as usize {
        Scope::Cluster { cluster: job.cluster.0.clone() }
    } else if open.len() >= budgets.open_per_estate as usize {
        Scope::Estate
    } else {
        return None;
    };
    Some(Hold::ActionOpen { scope })
}

#[cfg(test)]
mod tests {
    use crate::case::{Hold, Scope};
    use crate::estate::{ClusterId, JobKey};
    use crate::plan::testing::{Bench, job, open};

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
}
