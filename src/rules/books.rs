//! The playbooks that are in the binary, read and held against the rules; and their tests.

use super::load::told;
use super::{Files, Tested, is_test, test_books};
use crate::config::{Problem, RuleText};
use rust_embed::RustEmbed;
use std::collections::BTreeSet;
use streamwarden_core::plan::Books;
use streamwarden_core::rules::{Node, RuleSet, SourceFile};

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

/// Runs the tests beside other playbooks, each instead of ours of its name.
///
/// # Errors
/// See [`books`].
pub fn tested_instead(theirs: &Files, rules: &RuleSet) -> Result<Tested, Vec<Problem>> {
    Ok(test_books(theirs, &instead(theirs, rules)?, rules))
}

/// # Errors
/// Every mistake of every playbook; a rule that names a playbook which does not name its cause is
/// one, and the other way round: only both together let a cure be tried.
pub fn books(rules: &RuleSet) -> Result<Books, Vec<Problem>> {
    instead(&Files::default(), rules)
}

fn instead(theirs: &Files, rules: &RuleSet) -> Result<Books, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut read = |files: &Files| -> Vec<RuleText> {
        let all = files.texts.iter().filter(|(name, _)| !is_test(name));
        let read = all.filter_map(|(name, text)| {
            RuleText::read(name, text).map_err(|found| problems.extend(found)).ok()
        });
        read.collect()
    };
    let name = |t: &RuleText| t.file.root.get("playbook").and_then(Node::text).map(str::to_owned);
    let mut texts = read(theirs);
    let names: BTreeSet<String> = texts.iter().filter_map(name).collect();
    let ours = read(&files()).into_iter();
    texts.extend(ours.filter(|t| name(t).is_none_or(|name| !names.contains(&name))));
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

    /// A file of a playbook is checked against the rules, and its tests are run on it.
    #[test]
    fn another_stands_instead_of_ours_and_is_tested() {
        let rules = load_files(&Files::embedded(), &Files::default()).expect("rules").set;
        let with = |change: &dyn Fn(&str) -> String| {
            let ours = files().texts;
            let text = |name: &str| ours.get(&format!("playbooks/{name}")).expect("ours").clone();
            let (book, test) = (change(&text("rescale.yaml")), text("rescale.test.yaml"));
            let texts = [("p/rescale.yaml", book), ("p/rescale.test.yaml", test)];
            let texts = texts.map(|(name, text)| (name.to_owned(), text)).into();
            let (books, others) = Files { texts, unread: Vec::new() }.apart();
            assert_eq!((books.texts.len(), others.texts.len()), (2, 0));
            tested_instead(&books, &rules)
        };
        let fine = with(&str::to_owned).expect("as ours");
        assert!(fine.fine() && fine.untested.is_empty() && fine.outcomes.len() > 2);
        let blind = with(&|text| text.replace("< 100ms/s", "< 999ms/s")).expect("sound");
        assert!(!blind.fine(), "its own tests, on this one");
        let told = with(&|text| text.replace("risk: B", "risk: D")).expect_err("a mistake");
        let place = (told[0].file.as_str(), told[0].line);
        assert_eq!((told.len(), place), (1, ("p/rescale.yaml", 2)), "{}", told[0]);
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
