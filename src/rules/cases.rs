//! The tests beside the rules.

use super::Files;
use crate::config::{Problem, RuleText};
use streamwarden_core::estate::Millis;
use streamwarden_core::rules::testing::{Case, Scene, build, cases, judge};
use streamwarden_core::rules::{Mistakes, RuleSet, Truth};
use streamwarden_core::snapshot::Snapshot;

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
}

impl Tested {
    pub fn fine(&self) -> bool {
        self.problems.is_empty() && self.outcomes.iter().all(|o| o.failed.is_none())
    }
}

/// Who has recorded worlds: by name, at a moment from its beginning, without some signals; with
/// the onset that belongs to it.
pub type Bundles<'b> = &'b dyn Fn(&Scene) -> Result<(Snapshot, Option<Millis>), String>;

/// Runs `x.test.yaml` against the rule of `x.yaml` for every test in `files`.
pub fn test(files: &Files, set: &RuleSet, bundles: Bundles<'_>) -> Tested {
    let mut out = Tested::default();
    let mut seen: Vec<(String, Truth)> = Vec::new();
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
            seen.push((rule.cause.to_string(), case.expect));
            let scene = scene(&case, &mut mistakes, bundles);
            let failed = match scene {
                Ok((snapshot, onset)) => judge(rule, &case, &snapshot, onset),
                Err(why) => Some(why),
            };
            out.outcomes.push(Outcome {
                file: name.to_owned(),
                line: case.at.line,
                cause: rule.cause.to_string(),
                case: case.name.to_string(),
                failed,
            });
        }
        out.problems.extend(mistakes.found.iter().map(|m| read.problem(m)));
    }
    for rule in set.rules().iter().filter(|r| files.texts.contains_key(&*r.file)) {
        let has = |t: &Truth| seen.iter().any(|(c, e)| **c == *rule.cause && e == t);
        let missing: Vec<Truth> =
            [Truth::True, Truth::False, Truth::Unknown].into_iter().filter(|t| !has(t)).collect();
        if !missing.is_empty() {
            out.untested.push((rule.cause.to_string(), missing));
        }
    }
    out
}

fn scene(
    case: &Case,
    mistakes: &mut Mistakes,
    bundles: Bundles<'_>,
) -> Result<(Snapshot, Option<Millis>), String> {
    match &case.scene {
        Scene::Given(given) => match build(given, mistakes) {
            Some(world) => Ok((world.snapshot, world.onset)),
            None => Err("its world has mistakes".to_owned()),
        },
        recorded => bundles(recorded),
    }
}
