//! Rules on recorded incidents: what a test asks of one moment, and what a rule would have said.

use super::replay;
use super::{Exit, Failure, Output};
use crate::record::{Bundle, Derive, Place, Story};
use crate::rules::{self, Files, Judge};
use crate::tasks::Replay;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use streamwarden_core::case::Symptom;
use streamwarden_core::detect::detect;
use streamwarden_core::estate::{JobKey, Millis, Name, Span, Subject, plain};
use streamwarden_core::rules::testing::{Moment, Recorded};
use streamwarden_core::rules::{Ctx, Rule, Truth};
use streamwarden_core::snapshot::Snapshot;

/// Where recordings are, unless it is said.
pub const FOLDER: &str = "tests/incidents";

/// How often Flink is asked in the recordings as rules see them: the tick that most estates have.
const TICK: Span = Span::secs(5);

/// The moments of cases, on the recordings `<folder>/<name>.bundle`: each is played once for all
/// cases that see as much of it.
pub fn moments(folder: &Path, wanted: &[&Recorded], judge: Judge<'_>) {
    let mut plays: BTreeMap<(&Name, &[Name], Span), Vec<usize>> = BTreeMap::new();
    for (n, r) in wanted.iter().enumerate() {
        plays.entry((&r.name, &r.without, r.tick.unwrap_or(TICK))).or_default().push(n);
    }
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
    let zero = zero(&bundle);
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

/// When the fault began; where nobody says, when the recording does.
fn zero(bundle: &Bundle) -> Millis {
    let story = bundle.header.story.as_ref();
    story.and_then(|s| s.injected).unwrap_or(bundle.header.from)
}

/// What one rule came to on one recording.
#[derive(Debug, Default, Serialize)]
struct Seen {
    recording: String,
    /// What was done there, where it is known.
    cause: Option<Name>,
    held: Vec<Held>,
    /// Looks at which it could not tell, and what was missing most lately.
    unknown: usize,
    missing: Option<String>,
    looks: usize,
}

/// A stretch of time over which it held at a place, s from the fault.
#[derive(Debug, Serialize)]
struct Held {
    place: String,
    from_s: f64,
    to_s: f64,
    says: String,
}

/// What a rule would have said on the recordings of a folder.
pub(super) fn preview(file: &Path, folder: &Path, out: &Output) -> Result<Exit, Failure> {
    let mut files = Files::of(file);
    files.texts.retain(|name, _| !rules::is_test(name));
    let name = files.rules().next().map(|(n, _)| n.to_owned());
    let loaded = rules::load_files(&Files::embedded(), &files)?;
    let rule = loaded.set.rules().iter().find(|r| Some(&*r.file) == name.as_deref());
    let Some(rule) = rule else {
        let todo = "give one rule: a .yaml file that begins with `cause:`";
        return Err(Failure::new(format!("{} is no rule", file.display()), todo));
    };
    let mut bundles: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(|e| {
            let todo = "name a folder of recordings with --recordings";
            Failure::new(format!("{}: {e}", folder.display()), todo)
        })?
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "bundle"))
        .collect();
    bundles.sort();
    for path in bundles {
        let seen = one(rule, &path)?;
        if out.json {
            out.json_line(&serde_json::to_value(&seen).unwrap_or_default());
        } else {
            out.text(&told(&seen, out));
        }
    }
    Ok(Exit::Fine)
}

fn one(rule: &Rule, path: &Path) -> Result<Seen, Failure> {
    let bundle = replay::open(path)?;
    let zero = zero(&bundle);
    let recording = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let cause = bundle.header.story.as_ref().and_then(|s| s.cause.clone());
    let mut seen = Seen { recording, cause, ..Seen::default() };
    let how = Derive { tick: Some(TICK), ..Derive::default() };
    let mut replay = Replay::new(Arc::new(bundle), how);
    while let Some(snapshot) = replay.step() {
        look(rule, &snapshot, zero, &mut seen);
    }
    Ok(seen)
}

/// The places that a diagnosis would ask at: those of jobs with a symptom that the rule is for.
fn look(rule: &Rule, snapshot: &Snapshot, zero: Millis, seen: &mut Seen) {
    let symptoms = detect(snapshot).symptoms;
    let ctx = Ctx::new(snapshot);
    seen.looks += 1;
    let mut unknown = false;
    for (job, onset) in suffering(rule, &symptoms) {
        let ctx = ctx.with_onset(onset);
        for place in rule.subjects(&ctx, &job) {
            match rule.holds(&ctx, &place) {
                Truth::False => {}
                Truth::Unknown => {
                    let found = rule.evaluate(&ctx, &place);
                    seen.missing = found.missing.first().map(|(n, what)| format!("{n}: {what}"));
                    unknown = true;
                }
                Truth::True => {
                    let at = (snapshot.at - zero).as_secs();
                    let label = place.to_string();
                    let gap = snapshot.tick.as_secs() * 1.5;
                    let open =
                        seen.held.iter_mut().find(|h| h.place == label && at - h.to_s <= gap);
                    match open {
                        Some(held) => held.to_s = at,
                        None => seen.held.push(Held {
                            says: rule.evaluate(&ctx, &place).says.en,
                            place: label,
                            from_s: at,
                            to_s: at,
                        }),
                    }
                }
            }
        }
    }
    seen.unknown += usize::from(unknown);
}

fn suffering(rule: &Rule, symptoms: &[Symptom]) -> Vec<(JobKey, Millis)> {
    let mut out: Vec<(JobKey, Millis)> = Vec::new();
    for s in symptoms {
        let kind = serde_json::to_value(s.kind).unwrap_or_default();
        let wanted = rule.when.is_empty() || rule.when.iter().any(|w| kind == **w);
        if let Some(job) = s.job.clone().filter(|_| wanted) {
            match out.iter_mut().find(|(j, _)| *j == job) {
                Some((_, onset)) => *onset = s.onset.min(*onset),
                None => out.push((job, s.onset)),
            }
        }
    }
    out
}

fn told(seen: &Seen, out: &Output) -> String {
    let cause = seen.cause.as_deref().unwrap_or("-");
    let mut text = format!("{} ({})\n", plain(&seen.recording), plain(cause));
    for h in &seen.held {
        text += &format!(
            "  {:+.0} … {:+.0} s  {}\n    {}\n",
            h.from_s,
            h.to_s,
            plain(&h.place),
            plain(&h.says)
        );
    }
    if seen.held.is_empty() {
        text += out.lang.say("  never\n", "  从未成立\n");
    }
    if let Some(missing) = &seen.missing {
        let words = out
            .lang
            .say("  could not tell at {n} of {all} looks: ", "  {all} 次观察中有 {n} 次无法判断：");
        text += &words
            .replace("{n}", &seen.unknown.to_string())
            .replace("{all}", &seen.looks.to_string());
        text += &format!("{}\n", plain(missing));
    }
    text
}
