//! Nothing is stopped that nobody told us how to start.

use super::Case;
use crate::case::{Hold, Step};
use crate::plan::{Jar, Ownership};

const CHANGED: &str = "how it is submitted was changed since the plan was made";

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let submits = |s: &Step| matches!(s, Step::Stop { .. } | Step::Submit { .. });
    let known = matches!(c.view.job.owner, Ownership::Submitter(_));
    if !c.plan.steps.iter().any(submits) {
        return None;
    }
    match &c.view.job.jar {
        _ if !known => Some(Hold::NoSubmitter),
        Jar::Unknown(hold) => Some(hold.clone()),
        // another than was to be seen when the plan was made
        Jar::Runs(id) if c.plan.jar.as_deref() != Some(id) => Some(Hold::GenerationMoved),
        _ if c.plan.way != c.view.job.way => Some(Hold::CannotSubmit { why: CHANGED.into() }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::case::{Hold, NoJar};
    use crate::plan::testing::{Bench, scale};
    use crate::plan::{Jar, Ownership};

    #[test]
    fn the_jar_is_the_one_that_runs() {
        let mut b = Bench::new();
        let hold = Hold::NoJar { jar: "o.jar".into(), why: NoJar::Newer };
        b.view.job.jar = Jar::Unknown(hold.clone());
        assert_eq!(b.ask("submitter"), Some(hold));
        b.view.job.jar = Jar::Runs("2_o.jar".into());
        assert_eq!(b.name("submitter"), "generation_moved", "of a plan that names none");
        let before = b.plan.hash();
        b.plan.jar = Some("2_o.jar".into());
        assert_eq!(b.name("submitter"), "");
        assert_ne!(b.plan.hash(), before, "a yes is to this jar");
    }

    #[test]
    fn the_rule_is_the_one_that_the_plan_was_made_with() {
        let mut b = Bench::new();
        b.view.job.way = Some("arguments".into());
        assert_eq!(b.name("submitter"), "cannot_submit");
        let before = b.plan.hash();
        b.plan.way = Some("arguments".into());
        assert_eq!(b.name("submitter"), "");
        assert_ne!(b.plan.hash(), before, "a yes is to these arguments");
    }

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
