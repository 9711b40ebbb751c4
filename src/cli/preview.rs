//! `rules preview`: what one rule would have said on recorded incidents.

use super::progress::Played;
use super::{Exit, Failure, Output, recordings, replay};
use crate::record::Derive;
use crate::rules::{self, Files};
use crate::tasks::Replay;
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;
use streamwarden_core::case::Symptom;
use streamwarden_core::detect::detect;
use streamwarden_core::estate::{JobKey, Millis, Name, display, plain};
use streamwarden_core::rules::{Ctx, Rule, RuleSet, Truth, Words, did_you_mean};
use streamwarden_core::snapshot::Snapshot;

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
    says: Words,
}

/// What a rule would have said on the recordings of a folder. `named`: a file, or a cause.
pub fn run(named: &Path, folder: &Path, out: &Output) -> Result<Exit, Failure> {
    let (set, cause) = named_rule(named)?;
    let Some(rule) = set.get(&cause) else {
        return Err(Failure::new(format!("{} is no rule", named.display()), NO_RULE).wrong());
    };
    let bundles = recordings::bundles(folder)?;
    let played = Played::start(out, bundles.len());
    let mut damaged = 0;
    for path in bundles {
        let seen = one(rule, &path);
        played.end();
        match seen {
            Ok(seen) if out.json => out.json_line(&serde_json::to_value(&seen).unwrap_or_default()),
            Ok(seen) => out.text(&told(&seen, out)),
            Err(failure) => {
                damaged += 1;
                eprintln!("{}", failure.error());
            }
        }
        played.one();
    }
    played.end();
    Ok(if damaged == 0 { Exit::Fine } else { Exit::CannotTell })
}

const NO_RULE: &str = "give a .yaml file that begins with `cause:`, or the name of a cause";

/// All rules with the one that is meant.
fn named_rule(named: &Path) -> Result<(RuleSet, String), Failure> {
    if named.exists() {
        let mut files = Files::of(named);
        files.texts.retain(|name, _| !rules::is_test(name));
        let name = files.rules().next().map(|(n, _)| n.to_owned());
        let set = rules::load_files(&Files::embedded(), &files)?.set;
        let rule = set.rules().iter().find(|r| Some(&*r.file) == name.as_deref());
        let cause = rule.map(|r| r.cause.to_string()).unwrap_or_default();
        return Ok((set, cause));
    }
    let (set, cause) = (rules::load(None)?.set, named.display().to_string());
    if set.get(&cause).is_some() {
        return Ok((set, cause));
    }
    let near = did_you_mean(&cause, set.rules().iter().map(|r| &*r.cause));
    let error = format!("no file and no rule is called `{cause}`");
    Err(Failure::new(error, near).wrong())
}

fn one(rule: &Rule, path: &Path) -> Result<Seen, Failure> {
    let bundle = replay::open(path)?;
    let (zero, _) = bundle.header.zero();
    let recording = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let cause = bundle.header.story.as_ref().and_then(|s| s.cause.clone());
    let mut seen = Seen { recording, cause, ..Seen::default() };
    let how = Derive { tick: Some(recordings::TICK), ..Derive::default() };
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
                    let label = display(&place, &snapshot.estate);
                    let gap = snapshot.tick.as_secs() * 1.5;
                    let open =
                        seen.held.iter_mut().find(|h| h.place == label && at - h.to_s <= gap);
                    match open {
                        Some(held) => held.to_s = at,
                        None => seen.held.push(Held {
                            says: rule.evaluate(&ctx, &place).says,
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
            "  {:+.0} … {:+.0} {}  {}\n    {}\n",
            h.from_s,
            h.to_s,
            out.lang.say("s", "秒"),
            plain(&h.place),
            plain(out.lang.say(&h.says.en, &h.says.zh))
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
