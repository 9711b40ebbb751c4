//! `backtest`: what changed rules would say of what was recorded, beside the rules that ship.

use super::say::Lang;
use super::{Exit, Failure, Output};
use crate::record::{Bundle, Derive, Outcome};
use crate::rules;
use crate::tasks::{Tale, Watcher, tell};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
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

/// `changed`: a folder of rules beside or instead of ours.
pub fn run(changed: Option<&Path>, bundles: &Path, out: &Output) -> Result<Exit, Failure> {
    let ours = rules::load(None)?.set;
    let theirs = changed.map(|folder| rules::load(Some(folder))).transpose()?;
    let theirs = theirs.map_or_else(|| ours.clone(), |loaded| loaded.set);
    let files = recordings(bundles)?;
    let mut all = Vec::new();
    for file in &files {
        let bundle = Arc::new(super::replay::open(file)?);
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        all.push(test(name, &bundle, &ours, changed.map(|_| &theirs)));
    }
    if out.json {
        let rows: Vec<_> =
            all.iter().map(|t| serde_json::json!({ "turn": t.turn(), "of": t })).collect();
        out.json(&rows);
    } else {
        out.text(&render(&all, changed.is_some(), out.lang));
    }
    Ok(exit(&all, changed.is_some()))
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

/// By name.
fn recordings(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let read = std::fs::read_dir(folder).map_err(|e| {
        let todo = "name the folder with `--bundles`; incidents are kept in <data_dir>/incidents";
        Failure::new(format!("{}: {e}", folder.display()), todo)
    })?;
    let mut files: Vec<PathBuf> = read
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "bundle"))
        .collect();
    files.sort();
    Ok(files)
}

fn test(
    recording: String,
    bundle: &Arc<Bundle>,
    ours: &RuleSet,
    theirs: Option<&RuleSet>,
) -> Tested {
    let of = |rules: &RuleSet| {
        let how = Derive { tick: Some(TICK), ..Derive::default() };
        let tale = tell(bundle.clone(), how, Watcher::new(rules.clone()));
        (tale.score().map(|s| s.outcome), said(&tale))
    };
    let (before, said_before) = of(ours);
    let (after, said_after) = theirs.map_or_else(|| (before, said_before.clone()), of);
    Tested { recording, before, after, said_before, said_after }
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
