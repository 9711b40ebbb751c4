//! The job is still the one that was observed (S4): the same run, and nothing has moved it since.

use super::{Case, Stage};
use crate::case::Hold;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let (seen, known) = (c.view.job.generation, c.ledger.generation);
    let same = match c.stage {
        // its own beginning took one
        Stage::First | Stage::Effect => {
            let own = c.plan.generation.saturating_add(1);
            known == own && (c.plan.generation..=own).contains(&seen)
        }
        _ => known == c.plan.generation && seen == c.plan.generation,
    };
    let run = match &c.view.job.run {
        Some(run) => *run == c.plan.run,
        // a job that its JobManager forgot can only be started, not asked for anything
        None => c.plan.resumes(),
    };
    (!same || !run).then_some(Hold::GenerationMoved)
}

#[cfg(test)]
mod tests {
    use crate::case::Step;
    use crate::estate::RunId;
    use crate::plan::guard::Stage;
    use crate::plan::testing::Bench;

    #[test]
    fn another_run_or_generation_holds() {
        let mut b = Bench::new();
        assert_eq!(b.name("generation"), "");
        b.view.job.run = Some(RunId::new("r2"));
        assert_eq!(b.name("generation"), "generation_moved");
        let mut b = Bench::new();
        b.ledger.generation = 4;
        assert_eq!(b.name("generation"), "generation_moved");
        b.stage = Stage::Effect;
        assert_eq!(b.name("generation"), "", "its own beginning");
        b.ledger.generation = 5;
        assert_eq!(b.name("generation"), "generation_moved");
    }

    #[test]
    fn a_forgotten_run_can_only_be_started() {
        let mut b = Bench::new();
        b.view.job.run = None;
        assert_eq!(b.name("generation"), "generation_moved", "it would have to be stopped");
        b.plan.steps.retain(|s| !matches!(s, Step::Stop { .. } | Step::Checkpoint { .. }));
        assert_eq!(b.name("generation"), "");
    }
}
