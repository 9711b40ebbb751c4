//! Nothing is stopped that nobody told us how to start.

use super::Case;
use crate::case::{Hold, Step};
use crate::plan::Ownership;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let submits = |s: &Step| matches!(s, Step::Stop { .. } | Step::Submit { .. });
    let known = matches!(c.view.job.owner, Ownership::Submitter(_));
    (!known && c.plan.steps.iter().any(submits)).then_some(Hold::NoSubmitter)
}

#[cfg(test)]
mod tests {
    use crate::plan::Ownership;
    use crate::plan::testing::{Bench, scale};

    #[test]
    fn in_place_needs_none() {
        let mut b = Bench::new();
        assert_eq!(b.name("submitter"), "");
        b.view.job.owner = Ownership::Unknown;
        assert_eq!(b.name("submitter"), "no_submitter");
        b.plan.steps = scale();
        assert_eq!(b.name("submitter"), "");
    }
}
