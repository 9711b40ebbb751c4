//! Another parallelism stays in its bounds and goes one step at a time (S8). Never down: a plan
//! comes from an incident, and an ill job is not made smaller.

use super::Case;
use crate::case::Hold;
use crate::plan::wanted;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let limits = &c.policy.policy.limits;
    let wanted = wanted(c.plan, &c.view.job);
    if !wanted.is_empty() && c.view.job.max_parallelism.is_none() {
        return Some(Hold::MissingEvidence { what: vec!["max parallelism".into()] });
    }
    if !wanted.is_empty() && c.view.job.fixes_parallelism {
        return Some(Hold::ParallelismFixedInProgram);
    }
    wanted.iter().find_map(|w| {
        // what it is now is not known: nothing is in bounds
        let was = w.was.unwrap_or(0);
        let step = (f64::from(was) * limits.factor_up).floor();
        let most = c.view.job.max_parallelism.unwrap_or(0).min(limits.max_parallelism);
        let max = f64::from(most).min(step) as u32;
        let min = was.max(limits.min_parallelism);
        let held = !(min..=max).contains(&w.wanted);
        held.then_some(Hold::Bounds { wanted: w.wanted, min, max })
    })
}

#[cfg(test)]
mod tests {
    use crate::case::{Hold, Step};
    use crate::plan::testing::{Bench, scale};

    #[test]
    fn at_most_twice_as_wide_and_never_narrower() {
        let mut b = Bench::new();
        assert_eq!(b.ask("bounds"), None, "as wide as it was");
        let mut ask = |parallelism| {
            b.plan.steps = vec![Step::Submit { parallelism: Some(parallelism), wait_s: 1 }];
            b.ask("bounds")
        };
        assert_eq!([ask(2), ask(3), ask(4)], [None, None, None]);
        assert_eq!(ask(5), Some(Hold::Bounds { wanted: 5, min: 2, max: 4 }));
        assert_eq!(ask(1), Some(Hold::Bounds { wanted: 1, min: 2, max: 4 }));
    }

    #[test]
    fn the_jobs_own_limit_counts_and_an_unknown_one_holds() {
        let mut b = Bench::new();
        b.plan.steps = scale();
        assert_eq!(b.ask("bounds"), None);
        b.policy.policy.limits.max_parallelism = 3;
        assert_eq!(b.ask("bounds"), Some(Hold::Bounds { wanted: 4, min: 2, max: 3 }));
        b.view.job.max_parallelism = None;
        assert_eq!(b.name("bounds"), "missing_evidence");
        let mut b = Bench::new();
        b.plan.steps = scale();
        b.view.job.parallelism.clear();
        assert_eq!(b.name("bounds"), "bounds", "what it is now is not known");
        b.view.job.fixes_parallelism = true;
        assert_eq!(b.name("bounds"), "parallelism_fixed_in_program");
    }
}
