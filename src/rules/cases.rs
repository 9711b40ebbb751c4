//! The tests beside the rules, the checks and the playbooks.

use super::{Files, Loaded};
use crate::config::{Problem, RuleText};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use streamwarden_core::plan::{self, Books};
use streamwarden_core::rules::testing::{
    Case, Moment, Recorded, Scene, World, build, cases, judge, judge_check,
};
use streamwarden_core::rules::{Inspection, Mistakes, Node, Rule, RuleSet, Truth};

/// One case as it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub file: String,
    pub line: usize,
    /// The rule's, the check's or the playbook's name.
    pub cause: String,
    pub case: String,
    /// Why it failed; None: it holds.
    pub failed: Option<String>,
}

/// What all tests came to.
#[derive(Clone, Debug, Default)]
pub struct Tested {
    pub outcomes: Vec<Outcome>,
    /// Mistakes in the tests themselves.
    pub problems: Vec<Problem>,
    /// Rules and playbooks that lack one of the three kinds of case, checks that lack one that fires
    /// or one that does not: which.
    pub untested: Vec<(String, Vec<Truth>)>,
    /// Causes whose rule fires on a recording, as a case of it says.
    pub proven: BTreeSet<String>,
}

impl Tested {
    /// Notes the kinds of case that are missing.
    fn lacks<'c>(
        &mut self,
        of: &str,
        wanted: &[Truth],
        cases: impl Iterator<Item = &'c Case> + Clone,
    ) {
        let missing: Vec<Truth> =
            wanted.iter().copied().filter(|t| !cases.clone().any(|c| c.expect == *t)).collect();
        if !missing.is_empty() {
            self.untested.push((of.to_owned(), missing));
        }
    }

    /// These and others.
    pub fn and(mut self, other: Tested) -> Tested {
        self.outcomes.extend(other.outcomes);
        self.problems.extend(other.problems);
        self.untested.extend(other.untested);
        self.proven.extend(other.proven);
        self
    }

    pub fn fine(&self) -> bool {
        self.problems.is_empty() && self.outcomes.iter().all(|o| o.failed.is_none())
    }
}

/// Who has recorded worlds: brings the moment of each to its judge, by its number in the list, in
/// any order; or why it cannot.
pub type Bundles<'b> = &'b dyn Fn(&[&Recorded], Judge<'_>);
pub type Judge<'j> = &'j (dyn Fn(usize, Result<Moment<'_>, String>) + Sync);

const THREE: [Truth; 3] = [Truth::True, Truth::False, Truth::Unknown];

/// What a test stands beside.
#[derive(Clone, Copy)]
enum Tests<'a> {
    Rule(&'a Rule),
    Check(&'a Inspection),
}

impl<'a> Tests<'a> {
    /// What is in the file that the test is named after.
    fn of(loaded: &'a Loaded, file: &str) -> Option<Tests<'a>> {
        let rule = loaded.set.rules().iter().find(|r| *r.file == *file).map(Tests::Rule);
        rule.or_else(|| loaded.checks.iter().find(|c| *c.file == *file).map(Tests::Check))
    }

    fn name(self) -> &'a str {
        match self {
            Tests::Rule(rule) => &rule.cause,
            Tests::Check(check) => &check.name,
        }
    }

    fn judge(self, case: &Case, moment: &Moment<'_>) -> Option<String> {
        match self {
            Tests::Rule(rule) => judge(rule, case, moment),
            Tests::Check(check) => judge_check(check, case, moment),
        }
    }
}

/// Runs `x.test.yaml` against the rule or check of `x.yaml` for every test in `files`.
pub fn test(files: &Files, loaded: &Loaded, bundles: Bundles<'_>) -> Tested {
    let mut out = Tested::default();
    let mut all: Vec<(Tests<'_>, Case)> = Vec::new();
    for (name, text) in files.tests() {
        let file = name.replace(".test.yaml", ".yaml");
        let Some(tests) = Tests::of(loaded, &file) else {
            let message = format!("no rule and no check stands beside this test: {file}");
            out.problems.push(Problem::of_file(
                name,
                message,
                "name them alike: x.yaml and x.test.yaml",
            ));
            continue;
        };
        let judge = |case: &Case, mistakes: &mut Mistakes| match &case.scene {
            Scene::Given(given) => by_hand(given, mistakes, |world| {
                let (snapshot, onset) = (&world.snapshot, &|_: &_| world.onset);
                tests.judge(case, &Moment { snapshot, onset, struck: &|_| Vec::new() })
            }),
            Scene::Bundle(_) => None,
        };
        let cases = one_file(name, text, tests.name(), &mut out, judge);
        all.extend(cases.into_iter().map(|case| (tests, case)));
    }
    recorded(&all, &mut out.outcomes, bundles);
    for ((tests, case), outcome) in all.iter().zip(&out.outcomes) {
        let fires = case.expect == Truth::True && matches!(case.scene, Scene::Bundle(_));
        if let (Tests::Rule(rule), true, None) = (tests, fires, &outcome.failed) {
            out.proven.insert(rule.cause.to_string());
        }
    }
    for rule in loaded.set.rules().iter().filter(|r| files.texts.contains_key(&*r.file)) {
        out.lacks(&rule.cause, &THREE, of(&all, &rule.cause));
    }
    for check in loaded.checks.iter().filter(|c| files.texts.contains_key(&*c.file)) {
        out.lacks(&check.name, &[Truth::True, Truth::False], of(&all, &check.name));
    }
    out
}

fn of<'c>(all: &'c [(Tests<'_>, Case)], name: &'c str) -> impl Iterator<Item = &'c Case> + Clone {
    all.iter().filter(move |(t, _)| t.name() == name).map(|(_, c)| c)
}

/// Runs `x.test.yaml` against the playbook of `x.yaml`, for all playbooks of `files` that ask for
/// anything.
pub fn test_books(files: &Files, books: &Books, set: &RuleSet) -> Tested {
    let mut out = Tested::default();
    let here = books.iter().filter(|b| files.texts.contains_key(&*b.file));
    for book in here.filter(|b| !b.asks.is_empty() || !b.needs.is_empty()) {
        let name = book.file.replace(".yaml", ".test.yaml");
        let judge = |case: &Case, mistakes: &mut Mistakes| match &case.scene {
            Scene::Given(given) => {
                by_hand(given, mistakes, |world| plan::judge(book, set, case, world))
            }
            Scene::Bundle(_) => Some("a playbook is tested on worlds by hand: `given`".to_owned()),
        };
        let text = files.texts.get(&name);
        let cases = text.map(|text| one_file(&name, text, &book.name, &mut out, judge));
        out.lacks(&book.name, &THREE, cases.unwrap_or_default().iter());
    }
    out
}

/// Every case of one file, as it went.
fn one_file(
    name: &str,
    text: &str,
    of: &str,
    out: &mut Tested,
    judge: impl Fn(&Case, &mut Mistakes) -> Option<String>,
) -> Vec<Case> {
    let read = match RuleText::read(name, text) {
        Ok(read) => read,
        Err(found) => {
            out.problems.extend(found);
            return Vec::new();
        }
    };
    let mut mistakes = Mistakes::of(&read.file.name);
    let all = cases(&read.file.root, &mut mistakes);
    for case in &all {
        out.outcomes.push(Outcome {
            file: name.to_owned(),
            line: case.at.line,
            cause: of.to_owned(),
            case: case.name.to_string(),
            failed: judge(case, &mut mistakes),
        });
    }
    // what all cases share is read for each of them
    for problem in mistakes.found.iter().map(|m| read.problem(m)) {
        if !out.problems.contains(&problem) {
            out.problems.push(problem);
        }
    }
    all
}

fn by_hand(
    given: &Node,
    mistakes: &mut Mistakes,
    judge: impl Fn(&World) -> Option<String>,
) -> Option<String> {
    match build(given, mistakes) {
        Some(world) => judge(&world),
        None => Some("its world has mistakes".to_owned()),
    }
}

/// All cases on recordings at once, so that each recording is played once.
fn recorded(all: &[(Tests<'_>, Case)], outcomes: &mut [Outcome], bundles: Bundles<'_>) {
    let scenes = all.iter().enumerate().filter_map(|(i, (_, c))| match &c.scene {
        Scene::Bundle(recorded) => Some((i, recorded)),
        Scene::Given(_) => None,
    });
    let (which, wanted): (Vec<usize>, Vec<&Recorded>) = scenes.unzip();
    if wanted.is_empty() {
        return;
    }
    let failed = Mutex::new(vec![Some("nobody played it".to_owned()); wanted.len()]);
    bundles(&wanted, &|n, moment| {
        let case = which.get(n).and_then(|i| all.get(*i));
        let why = case.map(|(tests, case)| match moment {
            Ok(moment) => tests.judge(case, &moment),
            Err(why) => Some(why),
        });
        let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(why), Some(slot)) = (why, failed.get_mut(n)) {
            *slot = why;
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    for (i, why) in which.into_iter().zip(failed) {
        if let Some(outcome) = outcomes.get_mut(i) {
            outcome.failed = why;
        }
    }
}
