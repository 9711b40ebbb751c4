//! Rule files as text: from the binary or from a folder.

use crate::config::{Problem, read_text};
use crate::record::Counts;
use rust_embed::RustEmbed;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use streamwarden_core::estate::{Millis, Name};
use streamwarden_core::rules::{INSPECTION_KEYS, RULE_KEYS};
use streamwarden_core::text::hex;

/// Ours, as they were when the binary was built.
#[derive(RustEmbed)]
#[folder = "diagnostics"]
struct Embedded;

/// A rule is a page, not a book.
pub const MAX_FILE: u64 = 64 * 1024;
const CHECK: &str = "check it and its rights";
/// Files of one folder.
const MAX_FILES: usize = 2000;
/// Folders below one another.
const MAX_DEPTH: usize = 4;

/// Texts by the name that people find them under.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    pub texts: BTreeMap<String, String>,
    /// What could not be read, and why.
    pub unread: Vec<Problem>,
}

pub fn is_test(name: &str) -> bool {
    name.ends_with(".test.yaml")
}

fn is_data(name: &str) -> bool {
    name.ends_with(".yaml") && !is_test(name) && !name.ends_with("catalogue.yaml")
}

/// Keys at the left edge of a text, whatever else is wrong with it.
fn keys(text: &str) -> impl Iterator<Item = &str> {
    text.trim_start_matches('\u{feff}').lines().filter_map(|l| {
        let (key, _) = l.split_once(':')?;
        (!key.is_empty() && !key.starts_with([' ', '\t', '#', '-'])).then_some(key.trim_end())
    })
}

/// Is this text meant to be a check of an inspection, and no rule? By the keys that only one of
/// them has.
fn is_check(text: &str) -> bool {
    let only =
        |key: &str, one: &[&str], other: &[&str]| one.contains(&key) && !other.contains(&key);
    let checks = keys(text).filter(|k| only(k, &INSPECTION_KEYS, &RULE_KEYS)).count();
    checks > keys(text).filter(|k| only(k, &RULE_KEYS, &INSPECTION_KEYS)).count()
}

/// Is this text meant to be a playbook?
fn is_book(text: &str) -> bool {
    let has = |wanted: &str| keys(text).any(|k| k == wanted);
    has("playbook") && !has("cause") && !has("inspection")
}

/// Is this file meant to be a rule, a check or a playbook? By most of its first keys, whatever is
/// wrong with it, so that it is told what is.
pub fn speaks_of_a_cause(path: &Path) -> bool {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|f| f.take(MAX_FILE).read_to_end(&mut bytes));
    let text = String::from_utf8_lossy(&bytes);
    let known = |k: &&str| RULE_KEYS.contains(k) || INSPECTION_KEYS.contains(k);
    let (ours, others): (Vec<&str>, Vec<&str>) = keys(&text).partition(known);
    read.is_ok() && (ours.len() > others.len() || is_book(&text))
}

/// What the rules were worth on recordings, as `backtest --record diagnostics/record.json` wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scored {
    /// When they were scored.
    pub at: Millis,
    pub recordings: u32,
    /// [`Files::digest`] of the rules that were.
    pub rules: String,
    /// A cause that was in no recording and was never named is not there.
    pub causes: BTreeMap<Name, Counts>,
}

/// The last scoring of ours; None: never.
pub fn scored() -> Option<Scored> {
    serde_json::from_slice(&Embedded::get("record.json")?.data).ok()
}

impl Files {
    /// Those in the binary, named as in the repository.
    pub fn embedded() -> Files {
        let mut out = Files::default();
        let wanted = |n: &str| n.ends_with(".yaml");
        for name in Embedded::iter().filter(|n| wanted(n)) {
            if let Some(text) =
                Embedded::get(&name).and_then(|f| String::from_utf8(f.data.into()).ok())
            {
                out.texts.insert(format!("diagnostics/{name}"), text);
            }
        }
        out
    }

    /// Every `.yaml` in a folder and those below it, or one file.
    pub fn of(path: &Path) -> Files {
        let mut out = Files::default();
        if path.is_dir() {
            out.folder(path, 0);
        } else {
            out.file(path);
        }
        out
    }

    /// As [`Files::of`]; of one file also the test beside it, or what it is the test of.
    pub fn with_test(path: &Path) -> Files {
        let mut out = Files::of(path);
        let name = path.to_string_lossy();
        let beside = match name.strip_suffix(".test.yaml") {
            Some(stem) => Some(format!("{stem}.yaml")),
            None => name.strip_suffix(".yaml").map(|stem| format!("{stem}.test.yaml")),
        };
        if let Some(beside) = beside.filter(|b| Path::new(b).is_file()) {
            out.file(Path::new(&beside));
        }
        out
    }

    /// The playbooks among them with the tests beside those, and all others.
    pub fn apart(self) -> (Files, Files) {
        let Files { texts, unread } = self;
        let book = |name: &str| texts.get(name).is_some_and(|text| is_book(text));
        let of_book = |name: &str| match name.strip_suffix(".test.yaml") {
            Some(stem) => book(&format!("{stem}.yaml")),
            None => book(name),
        };
        let (books, others): (Vec<_>, Vec<_>) = texts.iter().partition(|(name, _)| of_book(name));
        let files = |all: Vec<(&String, &String)>| {
            all.into_iter().map(|(name, text)| (name.clone(), text.clone())).collect()
        };
        let books = Files { texts: files(books), unread: Vec::new() };
        (books, Files { texts: files(others), unread })
    }

    fn folder(&mut self, dir: &Path, depth: usize) {
        let entries = match std::fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(e) => {
                let name = dir.display().to_string();
                let message = format!("cannot read {name}: {e}");
                return self.unread.push(Problem::of_file(&name, message, CHECK));
            }
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).take(MAX_FILES).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() && depth < MAX_DEPTH {
                self.folder(&path, depth + 1);
            } else if path.extension().is_some_and(|e| e == "yaml") {
                self.file(&path);
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let name = path.display().to_string();
        match read_text(path, MAX_FILE, CHECK) {
            Ok(text) => {
                self.texts.insert(name, text);
            }
            Err(problem) => self.unread.push(problem),
        }
    }

    pub fn rules(&self) -> impl Iterator<Item = (&str, &str)> {
        self.data().filter(|(_, text)| !is_check(text))
    }

    /// Of inspections.
    pub fn checks(&self) -> impl Iterator<Item = (&str, &str)> {
        self.data().filter(|(_, text)| is_check(text))
    }

    fn data(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().filter(|(n, _)| is_data(n)).map(|(n, t)| (n.as_str(), t.as_str()))
    }

    /// Of all rules: another one for other rules.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for (name, text) in self.rules() {
            hash.update(format!("{} {} {name} {text}", name.len(), text.len()));
        }
        hex(&hash.finalize()[..8])
    }

    pub fn tests(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().filter(|(n, _)| is_test(n)).map(|(n, t)| (n.as_str(), t.as_str()))
    }

    /// Causes that are known by name, with or without a rule.
    pub fn catalogue(&self) -> Option<(&str, &str)> {
        let found = self.texts.iter().find(|(n, _)| n.ends_with("catalogue.yaml"));
        found.map(|(n, t)| (n.as_str(), t.as_str()))
    }
}
