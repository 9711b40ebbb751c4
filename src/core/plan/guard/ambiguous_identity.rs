//! Which run is the job, is known; and where one is to be started, none is there (S1).

use super::Case;
use crate::case::{Hold, Step};

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let job = &c.view.job;
    let stops = c.plan.steps.iter().any(|s| matches!(s, Step::Stop { .. }));
    let submits = c.plan.steps.iter().any(|s| matches!(s, Step::Submit { .. }));
    let most = if submits && !stops { 0 } else { 1 };
    (job.ambiguous || job.live_runs > most).then_some(Hold::AmbiguousIdentity)
}

#[cfg(test)]
mod tests {
    use crate::case::Step;
    use crate::plan::testing::Bench;

    #[test]
    fn two_runs_hold_and_one_does_where_another_would_be_started() {
        let mut b = Bench::new();
        assert_eq!(b.name("ambiguous_identity"), "");
        b.view.job.live_runs = 2;
        assert_eq!(b.name("ambiguous_identity"), "ambiguous_identity");
        b.view.job.live_runs = 1;
        b.plan.steps.retain(|s| !matches!(s, Step::Stop { .. }));
        assert_eq!(b.name("ambiguous_identity"), "ambiguous_identity");
        b.view.job.live_runs = 0;
        assert_eq!(b.name("ambiguous_identity"), "");
        b.view.job.ambiguous = true;
        assert_eq!(b.name("ambiguous_identity"), "ambiguous_identity");
    }
}
