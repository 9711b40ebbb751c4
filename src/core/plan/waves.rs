//! How jobs that one root took down are started again: upstream first, one, then two, then four at
//! once, so that a cure that harms is seen on one job.

use super::take::{reads, writes};
use super::{EndKind, Ledger, Past};
use crate::case::{Plan, jitter};
use crate::estate::{JobKey, Millis, Name, Span, TopicId};
use crate::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};

/// Jobs of one wave at most.
const WIDEST: usize = 8;
/// The jobs of a wave begin within so long: what they depend on has only just come back.
const SPREAD: Span = Span::secs(5);

/// Whether another job of the plan's root may be started again beside those that are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn<'a> {
    /// There is room in the wave that is under way, or the next one may begin.
    Goes,
    /// Its moment within the wave comes after so long.
    Comes(Span),
    /// So many are under way, and have to prove themselves first.
    Waits(usize),
    /// This one was started again and is not the better for it, and nobody has looked.
    Stopped(&'a Past),
}

/// An action is of the plan's waves: the same root, the same playbook.
pub fn beside(plan: &Plan, incident: &Name, playbook: &Name, resumes: bool) -> bool {
    resumes && plan.resumes() && *incident == plan.incident.0 && *playbook == plan.playbook
}

/// A wave begins once every action of the one before it helped. After one that did not, and that a
/// person has looked at, they begin with one job again.
pub fn turn<'a>(plan: &Plan, ledger: &'a Ledger) -> Turn<'a> {
    let mine: Vec<&Past> = ledger
        .past
        .iter()
        .filter(|p| beside(plan, &p.incident, &p.playbook, p.resumes) && p.end != EndKind::Held)
        .collect();
    let bad = || mine.iter().filter(|p| p.end != EndKind::Helped);
    if let Some(worse) = bad().find(|p| p.seen_by.is_none()) {
        return Turn::Stopped(worse);
    }
    let since = bad().map(|p| p.ended).max().unwrap_or(Millis(i64::MIN));
    let proved = mine.iter().filter(|p| p.end == EndKind::Helped && p.began >= since).count();
    let same = ledger.open.iter().filter(|o| beside(plan, &o.incident, &o.playbook, o.resumes));
    let open = same.count();
    if proved < begins(proved + open) {
        return Turn::Waits(open);
    }
    // the first wave is one job, and nothing was before it
    let last = mine.iter().map(|p| p.ended).max();
    let own = jitter(&format!("wave|{}|{}", plan.incident.0, plan.job), SPREAD);
    match last.map(|last| last + own - ledger.now) {
        Some(left) if left.0 > 0 => Turn::Comes(left),
        _ => Turn::Goes,
    }
}

/// Jobs of all waves before the one that the `nth` job (from 0) belongs to.
fn begins(nth: usize) -> usize {
    let (mut first, mut width) = (0, 1);
    while nth >= first + width {
        first += width;
        width = (width * 2).min(WIDEST);
    }
    first
}

/// By job those of `jobs` that write what it reads.
pub fn feeders<'j>(
    s: &Snapshot,
    jobs: &'j BTreeSet<JobKey>,
) -> BTreeMap<&'j JobKey, BTreeSet<&'j JobKey>> {
    let mut writers: BTreeMap<&TopicId, Vec<&JobKey>> = BTreeMap::new();
    for job in jobs {
        for (topic, _) in writes(s, job) {
            writers.entry(topic).or_default().push(job);
        }
    }
    let of = |job: &'j JobKey| {
        let from = reads(s, job).flat_map(|(t, _)| writers.get(t).into_iter().flatten());
        (job, from.copied().filter(|f| *f != job).collect())
    };
    jobs.iter().map(of).collect()
}

/// Every job once. A job comes after those that feed it, as far as no cycle forbids; else in the
/// order of names.
pub fn waves(s: &Snapshot, jobs: &BTreeSet<JobKey>) -> Vec<Vec<JobKey>> {
    let feeds = feeders(s, jobs);
    let mut left: BTreeSet<&JobKey> = jobs.iter().collect();
    let mut out = Vec::new();
    let mut width = 1;
    while !left.is_empty() {
        let free = |job: &&&JobKey| {
            feeds.get(**job).is_none_or(|from| from.iter().all(|f| !left.contains(f)))
        };
        let mut wave: Vec<&JobKey> = left.iter().filter(free).take(width).copied().collect();
        if wave.is_empty() {
            // a cycle: somebody has to begin
            wave.extend(left.first().copied());
        }
        for job in &wave {
            left.remove(job);
        }
        out.push(wave.into_iter().cloned().collect());
        width = (width * 2).min(WIDEST);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{Bench, NOW, job, open, past, resume};

    fn bench(ends: &[EndKind], open_now: usize) -> Bench {
        let mut b = Bench::new();
        b.plan.steps = resume();
        let one = |(n, end): (usize, &EndKind)| Past {
            resumes: true,
            ..past(&format!("p{n}"), Span::secs(3600 - 100 * n as i64), *end)
        };
        b.ledger.past = ends.iter().enumerate().map(one).collect();
        b.ledger.open = (0..open_now)
            .map(|n| crate::plan::OpenAction {
                incident: "i".into(),
                playbook: b.plan.playbook.clone(),
                resumes: true,
                ..open(job(&format!("o{n}")), "c")
            })
            .collect();
        b
    }

    fn goes(ends: &[EndKind], open: usize) -> bool {
        let b = bench(ends, open);
        turn(&b.plan, &b.ledger) == Turn::Goes
    }

    #[test]
    fn one_then_two_then_four_each_after_the_last_one_was_proved() {
        use EndKind::{Held, Helped};
        let helped = [Helped; 40];
        // by jobs that were proved: the most that may be under way beside each other
        let most = |proved: usize| (0..20).find(|o| !goes(&helped[..proved], *o)).unwrap();
        assert_eq!([0, 1, 3, 7, 15, 23].map(most), [1, 2, 4, 8, 8, 8]);
        // in the middle of a wave only its own rest
        assert_eq!([2, 4, 6, 8].map(most), [1, 3, 1, 7]);
        assert!(!goes(&[Held], 1), "what touched nothing proves nothing");
        assert!(goes(&[Held], 0));
    }

    #[test]
    fn the_jobs_of_a_wave_do_not_begin_in_one_moment() {
        let mut b = bench(&[EndKind::Helped], 0);
        b.ledger.past[0].ended = NOW;
        let left = |b: &Bench| match turn(&b.plan, &b.ledger) {
            Turn::Comes(left) => left,
            other => panic!("{other:?}"),
        };
        let all: BTreeSet<i64> = (0..8)
            .map(|n| {
                b.plan.job = job(&format!("j{n}"));
                left(&b).0
            })
            .collect();
        assert!(all.len() > 6 && all.iter().all(|ms| (1..=SPREAD.0).contains(ms)), "{all:?}");
        b.ledger.past[0].ended = NOW - SPREAD;
        assert_eq!(turn(&b.plan, &b.ledger), Turn::Goes);
    }

    #[test]
    fn one_that_is_not_better_stops_the_rest_until_a_person_has_looked() {
        use EndKind::{Failed, Helped, NoChange, RolledBack, Stuck};
        for end in [NoChange, Failed, RolledBack, Stuck] {
            let b = bench(&[Helped, end, Helped], 0);
            assert!(matches!(turn(&b.plan, &b.ledger), Turn::Stopped(p) if *p.job.key == *"p1"));
        }
        let mut b = bench(&[Helped, Helped, NoChange], 0);
        b.ledger.past[2].seen_by = Some("chen".into());
        assert_eq!(turn(&b.plan, &b.ledger), Turn::Goes);
        b.ledger.open = bench(&[], 1).ledger.open;
        assert_eq!(turn(&b.plan, &b.ledger), Turn::Waits(1), "with one job again");
        b.plan.incident.0 = "another".into();
        assert_eq!(turn(&b.plan, &b.ledger), Turn::Goes, "another root's");
    }
}
