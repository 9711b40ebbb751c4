//! Texts into a rule set, every mistake of every file at once.

use super::Files;
use crate::config::{Problem, RuleText};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use streamwarden_core::estate::Name;
use streamwarden_core::rules::{Checks, Mistake, Node, RuleSet, SourceFile, did_you_mean};

/// A set, and what it was made of.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub set: RuleSet,
    /// Of the daily inspection.
    pub checks: Checks,
    /// Rules and checks of ours that a file of the folder stands instead of.
    pub replaced: usize,
}

/// Our rules and checks, with those of a folder added or instead, by cause or name.
///
/// # Errors
/// Every mistake of every file.
pub fn load(folder: Option<&Path>) -> Result<Loaded, Vec<Problem>> {
    load_files(&Files::embedded(), &folder.map(Files::of).unwrap_or_default())
}

/// As [`load`], of texts that are read already.
///
/// # Errors
/// Every mistake of every file.
pub fn load_files(ours: &Files, theirs: &Files) -> Result<Loaded, Vec<Problem>> {
    let mut problems = theirs.unread.clone();
    let (known, families) = catalogue(ours, &mut problems);
    let rules = both(ours.rules(), theirs.rules(), "cause", &mut problems);
    let checks = both(ours.checks(), theirs.checks(), "inspection", &mut problems);
    problems.extend(rules.texts.iter().filter_map(|t| lone_family(t, &rules.texts, &families)));
    let set = RuleSet::compile(&rules.files(), &known);
    // with a mistake in a rule nobody can say which causes there are
    let causes = set.as_ref().map_or(Vec::new(), |set| with_rules(known, set));
    let read = Checks::compile(&checks.files(), &causes);
    let replaced = rules.replaced + checks.replaced;
    match (set, read) {
        (Ok(set), Ok(checks)) if problems.is_empty() => Ok(Loaded { set, checks, replaced }),
        (set, read) => {
            problems.extend(told(&rules.texts, &set.err().unwrap_or_default()));
            problems.extend(told(&checks.texts, &read.err().unwrap_or_default()));
            problems.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
            Err(problems)
        }
    }
}

/// Texts of one kind, ours and theirs.
struct Both {
    texts: Vec<RuleText>,
    /// Of ours, by theirs.
    replaced: usize,
}

impl Both {
    fn files(&self) -> Vec<SourceFile> {
        self.texts.iter().map(|t| t.file.clone()).collect()
    }
}

/// `key`: what a file of theirs stands instead of one of ours by.
fn both<'t>(
    ours: impl Iterator<Item = (&'t str, &'t str)>,
    theirs: impl Iterator<Item = (&'t str, &'t str)>,
    key: &str,
    problems: &mut Vec<Problem>,
) -> Both {
    let name = |t: &RuleText| t.file.root.get(key).and_then(Node::text).map(str::to_owned);
    let mut read = |(file, text): (&str, &str)| {
        RuleText::read(file, text).map_err(|found| problems.extend(found)).ok()
    };
    let theirs: Vec<RuleText> = theirs.filter_map(&mut read).collect();
    let names: BTreeSet<String> = theirs.iter().filter_map(name).collect();
    let (replaced, ours): (Vec<RuleText>, Vec<RuleText>) =
        ours.filter_map(&mut read).partition(|t| name(t).is_some_and(|name| names.contains(&name)));
    Both { texts: ours.into_iter().chain(theirs).collect(), replaced: replaced.len() }
}

/// Our rules, with those of a folder that have no mistake: who watches goes on watching.
///
/// # Errors
/// Ours have mistakes.
pub fn load_good(folder: Option<&Path>) -> Result<(Loaded, Vec<Problem>), Vec<Problem>> {
    let (ours, mut theirs) = (Files::embedded(), folder.map(Files::of).unwrap_or_default());
    let mut all = Vec::new();
    // each time one at least is left out
    for _ in 0..=theirs.texts.len() + 1 {
        let problems = match load_files(&ours, &theirs) {
            Ok(loaded) => return Ok((loaded, all)),
            Err(problems) => problems,
        };
        let before = theirs.texts.len() + theirs.unread.len();
        theirs.unread.clear();
        theirs.texts.retain(|name, _| problems.iter().all(|p| p.file != *name));
        if theirs.texts.len() == before {
            // ours contradict them: without theirs
            theirs = Files::default();
        }
        all.extend(problems);
    }
    load_files(&ours, &Files::default()).map(|loaded| (loaded, all))
}

pub(super) fn told(texts: &[RuleText], mistakes: &[Mistake]) -> Vec<Problem> {
    let by_name: BTreeMap<&Name, &RuleText> = texts.iter().map(|t| (&t.file.name, t)).collect();
    let of = |m: &Mistake| match by_name.get(&m.file) {
        Some(text) => text.problem(m),
        None => Problem::of_file(&m.file, m.message.clone(), m.todo.clone()),
    };
    mistakes.iter().map(of).collect()
}

/// Every cause that is known by name: of the catalogue, and of the rules in force.
pub fn causes(set: &RuleSet) -> Vec<Name> {
    let (all, _) = catalogue(&Files::embedded(), &mut Vec::new());
    with_rules(all, set)
}

fn with_rules(mut all: Vec<Name>, set: &RuleSet) -> Vec<Name> {
    all.extend(set.rules().iter().map(|r| r.cause.clone()));
    all.sort();
    all.dedup();
    all
}

/// A family is named by the catalogue or by two rules at least: one alone is a slip.
fn lone_family(text: &RuleText, all: &[RuleText], families: &[Name]) -> Option<Problem> {
    let of = |t: &RuleText| t.file.root.get("family").and_then(Node::text).map(str::to_owned);
    let node = text.file.root.get("family")?;
    let family = node.text()?;
    let others: Vec<String> =
        all.iter().filter(|t| t.file.name != text.file.name).filter_map(of).collect();
    let known = || families.iter().map(|f| &**f).chain(others.iter().map(String::as_str));
    if known().any(|f| f == family) {
        return None;
    }
    let once: BTreeSet<&str> = known().collect();
    let todo = format!("{}; one of your own stands in two rules", did_you_mean(family, once));
    let message = format!("no family is called `{family}`");
    Some(text.problem(&Mistake { file: text.file.name.clone(), at: node.at, message, todo }))
}

/// Causes and families of the catalogue: `- { id: code.slow_udf_cpu, family: operator_slow, … }`.
fn catalogue(files: &Files, problems: &mut Vec<Problem>) -> (Vec<Name>, Vec<Name>) {
    let Some((name, text)) = files.catalogue() else { return (Vec::new(), Vec::new()) };
    match RuleText::read(name, text) {
        Ok(read) => {
            let all = |key: &str| -> Vec<Name> {
                let items = read.file.root.items().iter();
                items.filter_map(|n| n.get(key)?.text().map(Name::from)).collect()
            };
            (all("id"), all("family"))
        }
        Err(found) => {
            problems.extend(found);
            (Vec::new(), Vec::new())
        }
    }
}
