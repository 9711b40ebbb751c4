//! Recordings of a folder, and the moments of them that tests of rules ask for.

use super::Failure;
use crate::record::{Bundle, Derive, Place, Story};
use crate::rules::Judge;
use crate::tasks::Replay;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use streamwarden_core::case::Symptom;
use streamwarden_core::detect::detect;
use streamwarden_core::estate::{JobKey, Millis, Name, Span, Subject};
use streamwarden_core::rules::testing::{Moment, Recorded};
use streamwarden_core::snapshot::Snapshot;

/// Where recordings are, unless it is said.
pub const FOLDER: &str = "tests/incidents";

/// How often Flink is asked in the recordings as rules see them: the tick that most estates have.
pub(super) const TICK: Span = Span::secs(5);

/// The moments of cases, on the recordings `<folder>/<name>.bundle`: each is played once for all
/// cases that see as much of it. `told` hears how many are to be played, at first and after each.
pub fn moments(
    folder: &Path,
    wanted: &[&Recorded],
    judge: Judge<'_>,
    told: &(dyn Fn(usize) + Sync),
) {
    let mut plays: BTreeMap<(&Name, &[Name], Span), Vec<usize>> = BTreeMap::new();
    for (n, r) in wanted.iter().enumerate() {
        plays.entry((&r.name, &r.without, r.tick.unwrap_or(TICK))).or_default().push(n);
    }
    let all = plays.len();
    told(all);
    let left = Mutex::new(plays.into_iter().collect::<Vec<_>>());
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).pop();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(((name, without, tick), cases)) = next() {
                    let cases = cases.iter().filter_map(|n| Some((*n, *wanted.get(*n)?)));
                    let cases: Vec<(usize, &Recorded)> = cases.collect();
                    let path = folder.join(format!("{name}.bundle"));
                    if let Err(why) = play(&path, without, tick, &cases, judge) {
                        cases.iter().for_each(|(n, _)| judge(*n, Err(why.clone())));
                    }
                    told(all);
                }
            });
        }
    });
}

fn play(
    path: &Path,
    without: &[Name],
    tick: Span,
    cases: &[(usize, &Recorded)],
    judge: Judge<'_>,
) -> Result<(), String> {
    let bundle = Bundle::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let bundle = Arc::new(bundle);
    let mut how = Derive { tick: Some(tick), days: true, ..Derive::default() };
    for word in without {
        if !how.leave_out(word) {
            return Err(format!("no signal and no kind of fact is called `{word}`"));
        }
    }
    let story = bundle.header.story.clone().unwrap_or_default();
    let (zero, _) = bundle.header.zero();
    let last = story.healed.map_or(bundle.header.to, |at| at - tick);
    let mut left: Vec<(Millis, usize, &Recorded)> =
        cases.iter().map(|(n, r)| (r.at.map_or(last, |at| zero + at), *n, *r)).collect();
    left.sort_by_key(|(at, ..)| *at);
    let mut left = left.into_iter().peekable();
    let mut replay = Replay::new(bundle, how);
    while left.peek().is_some()
        && let Some(snapshot) = replay.step()
    {
        let mut seen = None;
        while let Some((_, n, case)) = left.next_if(|(at, ..)| snapshot.at >= *at) {
            let symptoms = &seen.get_or_insert_with(|| detect(&snapshot)).symptoms;
            let told = case.onset.map(|s| zero + s);
            let onset = |job: &JobKey| told.or_else(|| began(symptoms, job));
            let struck = |places| struck(&story, places, &snapshot);
            judge(n, Ok(Moment { snapshot: &snapshot, onset: &onset, struck: &struck }));
        }
    }
    left.for_each(|(_, n, _)| judge(n, Err("the recording ends before that".to_owned())));
    Ok(())
}

/// The earliest symptom of a job; of a healthy one that of all.
fn began(symptoms: &[Symptom], job: &JobKey) -> Option<Millis> {
    let own = symptoms.iter().filter(|s| s.job.as_ref() == Some(job)).map(|s| s.onset).min();
    own.or_else(|| symptoms.iter().map(|s| s.onset).min())
}

/// Where the fault struck: the places of its story; of a rule about another kind of place those
/// in the same job, or all.
fn struck(story: &Story, all: Vec<Subject>, snapshot: &Snapshot) -> Vec<Subject> {
    let estate = &snapshot.estate;
    let known: Vec<&Place> = story.place.iter().chain(&story.or_places).collect();
    let there = |s: &Subject| known.iter().any(|p| p.is(s, estate));
    let job = |s: &Subject| {
        s.job().is_some_and(|job| {
            let jobs = known.iter().filter_map(|p| p.job());
            jobs.map(|job| Place::Job { job: job.clone() })
                .any(|p| p.is(&Subject::Job { job: job.clone() }, estate))
        })
    };
    let exact: Vec<Subject> = all.iter().filter(|s| there(s)).cloned().collect();
    if !exact.is_empty() {
        return exact;
    }
    let of_job: Vec<Subject> = all.iter().filter(|s| job(s)).cloned().collect();
    if of_job.is_empty() { all } else { of_job }
}

/// Recordings of a folder, by name.
pub(super) fn bundles(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|e| {
        let todo = "name a folder of recordings: files that end in .bundle";
        Failure::new(format!("{}: {e}", folder.display()), todo)
    })?;
    let paths = entries.flatten().map(|e| e.path());
    let mut bundles: Vec<PathBuf> =
        paths.filter(|p| p.extension().is_some_and(|e| e == "bundle")).collect();
    bundles.sort();
    Ok(bundles)
}
