//! Rules on recorded incidents: what a test asks of one moment, and what a rule would have said.

use super::replay;
use super::{Exit, Failure, Output};
use crate::record::{Bundle, Derive};
use crate::rules::{self, Files};
use crate::tasks::Replay;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use streamwarden_core::detect::detect;
use streamwarden_core::estate::{JobKey, Millis, Name, plain};
use streamwarden_core::rules::testing::Scene;
use streamwarden_core::rules::{Ctx, Rule, Truth};
use streamwarden_core::signals::Signal;
use streamwarden_core::snapshot::Snapshot;

/// Where recordings are, unless it is said.
pub const FOLDER: &str = "tests/incidents";

/// The moment of a case, on the recording `<folder>/<name>.bundle`.
pub fn scene(folder: &Path, scene: &Scene) -> Result<(Snapshot, Option<Millis>), String> {
    let Scene::Bundle { name, without, at, onset } = scene else {
        return Err("not a recording".to_owned());
    };
    let path = folder.join(format!("{name}.bundle"));
    let bundle = Bundle::open(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut how = Derive::default();
    for word in without {
        let signal = Signal::parse(word).ok_or_else(|| format!("no signal is called `{word}`"))?;
        how.without.insert(signal);
    }
    let zero = zero(&bundle);
    let until = at.map_or(bundle.header.to, |at| zero + at);
    let told = onset.map(|s| zero + s);
    let mut last = None;
    let mut replay = Replay::new(Arc::new(bundle), how);
    while let Some(snapshot) = replay.step() {
        let over = snapshot.at >= until;
        last = Some(snapshot);
        if over {
            break;
        }
    }
    let snapshot = last.ok_or_else(|| format!("{name} ends before it begins"))?;
    let onset = told.or_else(|| detect(&snapshot).symptoms.iter().map(|s| s.onset).min());
    Ok((snapshot, onset))
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
pub fn preview(file: &Path, folder: &Path, out: &Output) -> Result<Exit, Failure> {
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
    let mut replay = Replay::new(Arc::new(bundle), Derive::default());
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

fn suffering(rule: &Rule, symptoms: &[streamwarden_core::case::Symptom]) -> Vec<(JobKey, Millis)> {
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
