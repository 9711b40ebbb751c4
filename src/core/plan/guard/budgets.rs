//! So many actions in so long, by job, cluster and estate (S6). One that ended before it touched
//! anything costs nothing here; [`super::back_off`] counts it. The waves of one root are one of a
//! cluster's or the estate's.

use super::Case;
use crate::case::{Hold, Scope};
use crate::estate::{JobKey, Millis, Name, Span};
use crate::plan::EndKind;
use crate::plan::waves::beside;
use std::collections::BTreeSet;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let job = &c.plan.job;
    let b = &c.policy.policy.limits.budgets;
    let cluster = Scope::Cluster { cluster: job.cluster.0.clone() };
    let mine = |j: &JobKey| j == job;
    let near = |j: &JobKey| j.cluster == job.cluster;
    spent(c, Scope::Job { job: job.clone() }, 1, b.job_hour, &mine)
        .or_else(|| spent(c, Scope::Job { job: job.clone() }, 24, b.job_day, &mine))
        .or_else(|| spent(c, cluster, 1, b.cluster_hour, &near))
        .or_else(|| spent(c, Scope::Estate, 1, b.estate_hour, &|_| true))
}

fn spent(
    c: &Case<'_>,
    scope: Scope,
    hours: u32,
    limit: u32,
    of: &dyn Fn(&JobKey) -> bool,
) -> Option<Hold> {
    let since = c.ledger.now - Span::secs(i64::from(hours) * 3600);
    let counts = |job: &JobKey, began: Millis| of(job) && began > since;
    let past = c.ledger.past.iter().filter(|p| p.end != EndKind::Held && counts(&p.job, p.began));
    let open = c.ledger.open.iter().filter(|o| counts(&o.job, o.began));
    let all = past
        .map(|p| (&p.incident, &p.playbook, p.resumes))
        .chain(open.map(|o| (&o.incident, &o.playbook, o.resumes)));
    let alone = matches!(scope, Scope::Job { .. });
    let mut waves: BTreeSet<(&Name, &Name)> = BTreeSet::new();
    let mut used = 0;
    for (incident, playbook, resumes) in all {
        if alone || !resumes {
            used += 1;
        } else if !beside(c.plan, incident, playbook, resumes) {
            waves.insert((incident, playbook));
        }
    }
    let used = u32::try_from(used + waves.len()).unwrap_or(u32::MAX);
    (used >= limit).then_some(Hold::BudgetSpent { scope, used, limit, hours })
}

#[cfg(test)]
mod tests {
    use crate::case::{Hold, Scope};
    use crate::estate::{ClusterId, JobKey, Span};
    use crate::plan::testing::{Bench, job, past, resume};
    use crate::plan::{EndKind, Past};

    #[test]
    fn what_was_done_counts_by_the_hour_and_by_the_day() {
        let mut b = Bench::new();
        let (hour, early) = (Span::secs(600), Span::secs(7200));
        let mut ask = |all: &[(&str, Span, EndKind)]| {
            b.ledger.past = all.iter().map(|(j, ago, end)| past(j, *ago, *end)).collect();
            b.ask("budgets")
        };
        let helped = EndKind::Helped;
        let scope = Scope::Job { job: job("j") };
        let spent = |used, limit, hours| {
            Some(Hold::BudgetSpent { scope: scope.clone(), used, limit, hours })
        };
        assert_eq!(ask(&[("j", hour, helped)]), None);
        assert_eq!(ask(&[("j", hour, helped); 2]), spent(2, 2, 1));
        assert_eq!(ask(&[("j", hour, EndKind::Held); 2]), None);
        assert_eq!(ask(&[("j", early, helped); 4]), None);
        assert_eq!(ask(&[("j", early, helped); 5]), spent(5, 5, 24));
    }

    #[test]
    fn others_count_too() {
        let mut b = Bench::new();
        b.ledger.past = vec![past("x", Span::secs(60), EndKind::Helped); 6];
        assert_eq!(b.name("budgets"), "budget_spent", "of the cluster");
        for p in &mut b.ledger.past {
            p.job = JobKey::new(&ClusterId::new("d"), "x");
        }
        assert_eq!(b.name("budgets"), "");
        b.ledger.past = vec![b.ledger.past.remove(0); 20];
        assert_eq!(b.name("budgets"), "budget_spent", "of the estate");
    }

    #[test]
    fn the_waves_of_one_root_are_one() {
        let mut b = Bench::new();
        let wave = |of: &str, incident: &str| Past {
            resumes: true,
            incident: incident.into(),
            ..past(of, Span::secs(60), EndKind::Helped)
        };
        b.ledger.past = (0..27).map(|n| wave(&format!("x{n}"), "i")).collect();
        assert_eq!(b.name("budgets"), "", "for another plan they are one");
        b.plan.steps = resume();
        assert_eq!(b.name("budgets"), "", "it is theirs");
        b.ledger.past.extend(["1", "2", "3", "4", "5", "6"].map(|i| wave("x", i)));
        assert_eq!(b.name("budgets"), "budget_spent", "six other roots");
        b.ledger.past = vec![wave("j", "i"); 2];
        assert_eq!(b.name("budgets"), "budget_spent", "of one job each counts");
    }
}
