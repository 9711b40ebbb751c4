//! The playbooks that are in the binary, read and held against the rules; and their tests.

use super::load::told;
use super::{Files, Tested, is_test, test_books};
use crate::config::{Problem, RuleText};
use rust_embed::RustEmbed;
use streamwarden_core::plan::Books;
use streamwarden_core::rules::{RuleSet, SourceFile};

#[derive(RustEmbed)]
#[folder = "playbooks"]
struct Embedded;

/// Ours, as they were when the binary was built, and the tests beside them.
fn files() -> Files {
    let mut out = Files::default();
    for name in Embedded::iter().filter(|n| n.ends_with(".yaml")) {
        let file = Embedded::get(&name);
        let text = file.and_then(|f| String::from_utf8(f.data.into()).ok()).unwrap_or_default();
        out.texts.insert(format!("playbooks/{name}"), text);
    }
    out
}

/// Runs the tests beside our playbooks.
///
/// # Errors
/// The playbooks themselves have mistakes.
pub fn tested(rules: &RuleSet) -> Result<Tested, Vec<Problem>> {
    Ok(test_books(&files(), &books(rules)?, rules))
}

/// # Errors
/// Every mistake of every playbook; a rule that names a playbook which does not name its cause is
/// one, and the other way round: only both together let a cure be tried.
pub fn books(rules: &RuleSet) -> Result<Books, Vec<Problem>> {
    let (mut texts, mut problems) = (Vec::new(), Vec::new());
    for (name, text) in files().texts.iter().filter(|(n, _)| !is_test(n)) {
        match RuleText::read(name, text) {
            Ok(text) => texts.push(text),
            Err(found) => problems.extend(found),
        }
    }
    let files: Vec<SourceFile> = texts.iter().map(|t| t.file.clone()).collect();
    match Books::compile(&files, rules) {
        Ok(books) if problems.is_empty() => Ok(books),
        Ok(_) => Err(problems),
        Err(mistakes) => {
            problems.extend(told(&texts, &mistakes));
            Err(problems)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::load_files;
    use streamwarden_core::rules::PLAYBOOKS;

    #[test]
    fn ours_are_sound_and_each_has_a_file() {
        let rules = load_files(&Files::embedded(), &Files::default()).expect("rules").set;
        let books = books(&rules).unwrap_or_else(|p| {
            panic!("{}", p.iter().map(|p| format!("{p}\n\n")).collect::<String>())
        });
        let names: Vec<&str> = books.iter().map(|b| &*b.name).collect();
        let mut wanted = PLAYBOOKS.to_vec();
        wanted.sort_unstable();
        assert_eq!(names, wanted);
        let eased: Vec<&str> = books.iter().filter(|b| b.eased()).map(|b| &*b.name).collect();
        assert_eq!(eased, ["reuse-checkpoint"], "what is told of A carried out as B");
    }

    #[test]
    fn each_is_tested_where_it_may_where_it_may_not_and_where_nobody_knows() {
        let rules = load_files(&Files::embedded(), &Files::default()).expect("rules").set;
        let tested = tested(&rules).expect("playbooks");
        let failed: Vec<_> = tested.outcomes.iter().filter(|o| o.failed.is_some()).collect();
        assert!(tested.fine(), "{failed:#?} {:?}", tested.problems);
        assert!(tested.untested.is_empty(), "{:?}", tested.untested);
        assert!(tested.outcomes.len() >= 14);
    }
}
