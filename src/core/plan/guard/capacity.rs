//! The slots that it will need are free, as far as was seen a moment ago (S8). Vertices share
//! slots, so a job takes as many as its widest vertex.

use super::Case;
use crate::case::{Hold, Step};
use crate::estate::JobState;
use crate::plan::{peak, wanted};

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let starts = |s: &Step| matches!(s, Step::Submit { .. } | Step::Scale { .. });
    if !c.plan.steps.iter().any(starts) {
        return None;
    }
    let job = &c.view.job;
    let now = peak(job);
    let aim = wanted(c.plan, job).iter().map(|w| w.wanted).max().max(now);
    let Some(aim) = aim else {
        // how wide it was is not known
        return Some(Hold::NoSlots { needs: 1, free: None });
    };
    let held = match job.state {
        Some(JobState::Running) if job.run.is_some() => now.unwrap_or(0),
        _ => 0,
    };
    let needs = aim.saturating_sub(held);
    if needs == 0 {
        return None;
    }
    let age = c.view.cluster.slots_seen.map(|seen| c.view.at - seen);
    let young = age.is_some_and(|age| age <= c.policy.policy.limits.slots_age);
    let free = c.view.cluster.free_slots.filter(|_| young);
    free.is_none_or(|free| free < needs).then_some(Hold::NoSlots { needs, free })
}

#[cfg(test)]
mod tests {
    use crate::case::Hold;
    use crate::estate::Span;
    use crate::plan::testing::{Bench, NOW, scale};

    #[test]
    fn a_running_job_brings_its_own_slots() {
        let mut b = Bench::new();
        b.view.cluster.free_slots = Some(0);
        assert_eq!(b.ask("capacity"), None, "restarted as wide as it is");
        b.plan.steps = scale();
        let none = |needs, free| Some(Hold::NoSlots { needs, free });
        assert_eq!(b.ask("capacity"), none(2, Some(0)));
        b.view.cluster.free_slots = Some(2);
        assert_eq!(b.ask("capacity"), None);
        b.view.cluster.slots_seen = Some(NOW - Span::secs(31));
        assert_eq!(b.ask("capacity"), none(2, None), "seen too long ago");
    }

    #[test]
    fn a_lost_job_needs_them_all() {
        let mut b = Bench::new();
        b.view.job.run = None;
        b.view.cluster.free_slots = Some(1);
        assert_eq!(b.ask("capacity"), Some(Hold::NoSlots { needs: 2, free: Some(1) }));
        b.view.job.parallelism.clear();
        assert_eq!(b.ask("capacity"), Some(Hold::NoSlots { needs: 1, free: None }));
    }
}
