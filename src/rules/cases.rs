//! The tests beside the rules.

use super::Files;
use crate::config::{Problem, RuleText};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use streamwarden_core::rules::testing::{Case, Moment, Recorded, Scene, build, cases, judge};
use streamwarden_core::rules::{Mistakes, Node, Rule, RuleSet, Truth};

/// One case as it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub file: String,
    pub line: usize,
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
    /// Rules that lack one of the three kinds of case: cause, which.
    pub untested: Vec<(String, Vec<Truth>)>,
    /// Causes whose rule fires on a recording, as a case of it says.
    pub proven: BTreeSet<String>,
}

impl Tested {
    pub fn fine(&self) -> bool {
        self.problems.is_empty() && self.outcomes.iter().all(|o| o.failed.is_none())
    }
}

/// Who has recorded worlds: brings the moment of each to its judge, by its number in the list, in
/// any order; or why it cannot.
pub type Bundles<'b> = &'b dyn Fn(&[&Recorded], Judge<'_>);
pub type Judge<'j> = &'j (dyn Fn(usize, Result<Moment<'_>, String>) + Sync);

/// Runs `x.test.yaml` against the rule of `x.yaml` for every test in `files`.
pub fn test(files: &Files, set: &RuleSet, bundles: Bundles<'_>) -> Tested {
    let mut out = Tested::default();
    let mut all: Vec<(&Rule, Case)> = Vec::new();
    for (name, text) in files.tests() {
        let rule_file = name.replace(".test.yaml", ".yaml");
        let Some(rule) = set.rules().iter().find(|r| *r.file == *rule_file) else {
            let message = format!("no rule stands beside this test: {rule_file}");
            out.problems.push(Problem::of_file(
                name,
                message,
                "name them alike: x.yaml and x.test.yaml",
            ));
            continue;
        };
        let read = match RuleText::read(name, text) {
            Ok(read) => read,
            Err(found) => {
                out.problems.extend(found);
                continue;
            }
        };
        let mut mistakes = Mistakes::of(&read.file.name);
        for case in cases(&read.file.root, &mut mistakes) {
            let failed = match &case.scene {
                Scene::Given(given) => by_hand(rule, &case, given, &mut mistakes),
                Scene::Bundle(_) => None,
            };
            out.outcomes.push(Outcome {
                file: name.to_owned(),
                line: case.at.line,
                cause: rule.cause.to_string(),
                case: case.name.to_string(),
                failed,
            });
            all.push((rule, case));
        }
        // what all cases share is read for each of them
        for problem in mistakes.found.iter().map(|m| read.problem(m)) {
            if !out.problems.contains(&problem) {
                out.problems.push(problem);
            }
        }
    }
    recorded(&all, &mut out.outcomes, bundles);
    for ((rule, case), outcome) in all.iter().zip(&out.outcomes) {
        let fires = case.expect == Truth::True && matches!(case.scene, Scene::Bundle(_));
        if fires && outcome.failed.is_none() {
            out.proven.insert(rule.cause.to_string());
        }
    }
    for rule in set.rules().iter().filter(|r| files.texts.contains_key(&*r.file)) {
        let has = |t: &Truth| all.iter().any(|(r, c)| r.cause == rule.cause && c.expect == *t);
        let missing: Vec<Truth> =
            [Truth::True, Truth::False, Truth::Unknown].into_iter().filter(|t| !has(t)).collect();
        if !missing.is_empty() {
            out.untested.push((rule.cause.to_string(), missing));
        }
    }
    out
}

fn by_hand(rule: &Rule, case: &Case, given: &Node, mistakes: &mut Mistakes) -> Option<String> {
    let Some(world) = build(given, mistakes) else {
        return Some("its world has mistakes".to_owned());
    };
    let onset = |_: &_| world.onset;
    let moment = Moment { snapshot: &world.snapshot, onset: &onset, struck: &|_| Vec::new() };
    judge(rule, case, &moment)
}

/// All cases on recordings at once, so that each recording is played once.
fn recorded(all: &[(&Rule, Case)], outcomes: &mut [Outcome], bundles: Bundles<'_>) {
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
        let why = case.map(|(rule, case)| match moment {
            Ok(moment) => judge(rule, case, &moment),
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
