//! `backtest`: what changed rules would say of what was recorded, beside the rules that ship.

use super::progress::Played;
use super::say::Lang;
use super::{Exit, Failure, Output, recordings};
use crate::clock;
use crate::record::{Bundle, Derive, Outcome, Score, Story, tally};
use crate::rules::{self, Files, Scored};
use crate::tasks::{Tale, Watcher, tell};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use streamwarden_core::case::Verdict;
use streamwarden_core::estate::{Span, display, plain};
use streamwarden_core::rules::RuleSet;

/// As most estates are looked at.
const TICK: Span = Span::secs(5);

/// One recording under both sets of rules.
#[derive(Debug, Serialize)]
struct Tested {
    recording: String,
    /// Against what is known to have happened; None: nobody knows.
    before: Option<Outcome>,
    after: Option<Outcome>,
    said_before: Vec<String>,
    said_after: Vec<String>,
    /// By our rules.
    #[serde(skip)]
    scored: Option<(Story, Score)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Turn {
    Worse,
    Better,
    /// Something else is said, and nobody knows what is right, or it is as right.
    Other,
    Same,
}

impl Tested {
    fn turn(&self) -> Turn {
        match (self.before, self.after) {
            (Some(before), Some(after)) if after > before => Turn::Worse,
            (Some(before), Some(after)) if after < before => Turn::Better,
            _ if self.said_before != self.said_after => Turn::Other,
            _ => Turn::Same,
        }
    }
}

pub struct How {
    /// A folder of rules beside or instead of ours.
    pub changed: Option<PathBuf>,
    pub bundles: PathBuf,
    /// Where the counts of each rule are written.
    pub record: Option<PathBuf>,
}

pub fn run(how: &How, out: &Output) -> Result<Exit, Failure> {
    let ours = rules::load(None)?.set;
    let theirs = how.changed.as_deref().map(|folder| rules::load(Some(folder))).transpose()?;
    let theirs = theirs.map(|loaded| loaded.set);
    let files = recordings::bundles(&how.bundles)?;
    let played = Played::start(out, files.len());
    let Done { all, damaged } = all(&files, &ours, theirs.as_ref(), &played)?;
    played.end();
    let changed = theirs.is_some();
    if let Some(file) = &how.record {
        record(&all, file)?;
    }
    if out.json {
        let rows: Vec<_> =
            all.iter().map(|t| serde_json::json!({ "turn": t.turn(), "of": t })).collect();
        out.json(&serde_json::json!({ "recordings": rows, "damaged": damaged }));
    } else {
        out.text(&(render(&all, changed, out.lang) + &left_out(&damaged, out.lang)));
    }
    Ok(match exit(&all, changed) {
        Exit::Fine if !damaged.is_empty() => Exit::CannotTell,
        exit => exit,
    })
}

/// What was played, and what could not be read.
#[derive(Debug, Default)]
struct Done {
    all: Vec<Tested>,
    damaged: Vec<String>,
}

fn left_out(damaged: &[String], lang: Lang) -> String {
    if damaged.is_empty() {
        return String::new();
    }
    let words =
        lang.say("{n} could not be read and were left out:\n", "{n} 份无法读取，已略过：\n");
    let list: String = damaged.iter().map(|d| format!("  {}\n", plain(d))).collect();
    words.replace("{n}", &damaged.len().to_string()) + &list
}

/// By name; as many at a time as there are processors.
fn all(
    files: &[PathBuf],
    ours: &RuleSet,
    theirs: Option<&RuleSet>,
    played: &Played,
) -> Result<Done, Failure> {
    let left = Mutex::new(files.iter());
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        let mut done = Done::default();
        while let Some(file) = next() {
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            match super::replay::open(file) {
                Ok(bundle) => done.all.push(test(name, &Arc::new(bundle), ours, theirs)),
                Err(failure) => done.damaged.push(failure.error().to_owned()),
            }
            played.one();
        }
        done
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut out = Done::default();
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for thread in running {
            let broken = |_| Failure::new("a replay broke down", "this is a bug: tell us which");
            let done = thread.join().map_err(broken)?;
            out.all.extend(done.all);
            out.damaged.extend(done.damaged);
        }
        Ok::<_, Failure>(())
    })?;
    out.all.sort_by(|a, b| a.recording.cmp(&b.recording));
    out.damaged.sort();
    Ok(out)
}

/// What our rules were worth, for `diagnostics/record.json`.
fn record(all: &[Tested], file: &Path) -> Result<(), Failure> {
    let known = || all.iter().filter_map(|t| t.scored.as_ref());
    let scored = Scored {
        at: clock::now(),
        recordings: u32::try_from(known().count()).unwrap_or(u32::MAX),
        rules: Files::embedded().digest(),
        causes: tally(known().map(|(story, score)| (story, score))),
    };
    let failed = |e: &dyn std::fmt::Display| {
        Failure::new(format!("{}: {e}", file.display()), "name a file that can be written")
    };
    let text = serde_json::to_string_pretty(&scored).map_err(|e| failed(&e))?;
    std::fs::write(file, text + "\n").map_err(|e| failed(&e))
}

fn exit(all: &[Tested], changed: bool) -> Exit {
    if all.is_empty() {
        return Exit::CannotTell;
    }
    let named_wrong = |t: &&Tested| t.after.is_some_and(|o| o >= Outcome::Wrong);
    let bad = match changed {
        true => all.iter().any(|t| t.turn() == Turn::Worse),
        false => all.iter().any(|t| named_wrong(&t)),
    };
    if bad { Exit::Over } else { Exit::Fine }
}

fn test(
    recording: String,
    bundle: &Arc<Bundle>,
    ours: &RuleSet,
    theirs: Option<&RuleSet>,
) -> Tested {
    let of = |rules: &RuleSet| {
        let how = Derive { tick: Some(TICK), days: true, ..Derive::default() };
        let tale = tell(bundle.clone(), how, Watcher::new(rules.clone()));
        (tale.story.clone().zip(tale.score()), said(&tale))
    };
    let (scored, said_before) = of(ours);
    let before = scored.as_ref().map(|s| s.1.outcome);
    let (after, said_after) = match theirs {
        None => (before, said_before.clone()),
        Some(rules) => {
            let (scored, said) = of(rules);
            (scored.map(|s| s.1.outcome), said)
        }
    };
    Tested { recording, before, after, said_before, said_after, scored }
}

/// What stood at the end, with its place.
fn said(tale: &Tale) -> Vec<String> {
    let word = |verdict: &Verdict| match verdict {
        Verdict::Root { cause } => cause.to_string(),
        Verdict::Family { family, .. } => family.to_string(),
        Verdict::Undetermined { .. } => "?".to_owned(),
    };
    tale.stood()
        .iter()
        .map(|(verdict, place)| format!("{} @ {}", word(verdict), display(place, &tale.estate)))
        .collect()
}

fn render(all: &[Tested], changed: bool, lang: Lang) -> String {
    let count = |of: fn(&Tested) -> Option<Outcome>| {
        all.iter().filter(|t| of(t) == Some(Outcome::Right)).count().to_string()
    };
    let head = match changed {
        true => lang.say(
            "{n} recordings: {b} right with our rules, {a} with the changed ones\n",
            "共 {n} 份记录：现行规则判对 {b} 份，修改后判对 {a} 份\n",
        ),
        false => lang.say("{n} recordings: {b} right\n", "共 {n} 份记录：判对 {b} 份\n"),
    };
    let mut text = head
        .replace("{n}", &all.len().to_string())
        .replace("{b}", &count(|t| t.before))
        .replace("{a}", &count(|t| t.after));
    for t in all.iter().filter(|t| !changed || t.turn() != Turn::Same) {
        text += &line(t, changed, lang);
    }
    text
}

fn line(t: &Tested, changed: bool, lang: Lang) -> String {
    let said = |all: &[String]| match all {
        [] => lang.say("nothing", "无结论").to_owned(),
        all => plain(&all.join("; ")).into_owned(),
    };
    let name = plain(&t.recording);
    let after = format!("{} · {}", outcome(t.after, lang), said(&t.said_after));
    if !changed {
        return format!("{name}: {after}\n");
    }
    let turn = match t.turn() {
        Turn::Worse => lang.say("worse", "变差"),
        Turn::Better => lang.say("better", "变好"),
        Turn::Other | Turn::Same => lang.say("other", "不同"),
    };
    let before = format!("{} · {}", outcome(t.before, lang), said(&t.said_before));
    format!("{turn}  {name}\n       {before}\n    -> {after}\n")
}

fn outcome(of: Option<Outcome>, lang: Lang) -> &'static str {
    match of {
        Some(Outcome::Right) => lang.say("right", "正确"),
        Some(Outcome::Family) => lang.say("family", "同类"),
        Some(Outcome::Undetermined) => lang.say("undetermined", "无法判定"),
        Some(Outcome::Nothing) => lang.say("nothing said", "未作结论"),
        Some(Outcome::Wrong) => lang.say("WRONG", "错误"),
        Some(Outcome::Decoy) => lang.say("DECOY", "误判"),
        None => lang.say("not known", "未知"),
    }
}

#[cfg(test)]
mod tests;
