//! One rule file: read, checked, compiled. Reading goes on after a mistake, so that all of them
//! are told at once.

mod inspection;
mod parts;

pub use inspection::{INSPECTION_KEYS, inspection};

use super::ast::Expr;
use super::check::{Checker, Let};
use super::lex::Fault;
use super::parse;
use super::rule::*;
use super::template::Slots;
use super::text::{At, Mistake, Mistakes, Node, SourceFile, Value, did_you_mean};
use crate::estate::{Name, SubjectKind};
use serde::Deserialize;

/// Keys of a rule.
pub const RULE_KEYS: [&str; 19] = [
    "cause",
    "layer",
    "role",
    "family",
    "at",
    "place",
    "when",
    "let",
    "needs",
    "against",
    "lookalikes",
    "explains",
    "says",
    "advice",
    "never",
    "cures",
    "probes",
    "proof",
    "source",
];

/// Entries of one list or block: far over what a person reads.
const MAX_ENTRIES: usize = 64;

/// One file; None where it has mistakes.
pub fn compile(file: &SourceFile) -> Result<Rule, Vec<Mistake>> {
    let kind = SubjectKind::Job;
    let mut r = Reader {
        out: Mistakes::of(&file.name),
        lets: Vec::new(),
        kind,
        placed: false,
        weeks: false,
    };
    let rule = r.rule(file);
    match rule {
        Some(rule) if r.out.found.is_empty() => Ok(rule),
        _ => Err(r.out.found),
    }
}

/// The named conditions of one block of a file that is no rule, asked of a subject of that kind.
///
/// # Errors
/// Every mistake in them.
pub fn conditions(
    file: &SourceFile,
    key: &str,
    kind: SubjectKind,
) -> Result<Vec<Condition>, Vec<Mistake>> {
    let mut r = Reader {
        out: Mistakes::of(&file.name),
        lets: Vec::new(),
        kind,
        placed: true,
        weeks: false,
    };
    let found = match file.root.get(key) {
        Some(_) => r.conditions(&file.root, key),
        None => Vec::new(),
    };
    if r.out.found.is_empty() { Ok(found) } else { Err(r.out.found) }
}

struct Reader {
    out: Mistakes,
    lets: Vec<Let>,
    kind: SubjectKind,
    /// Of what the rule is asked is known. Where it is not, what does not fit it says nothing.
    placed: bool,
    weeks: bool,
}

impl Reader {
    fn rule(&mut self, file: &SourceFile) -> Option<Rule> {
        let root = &file.root;
        let Value::Map(entries) = &root.value else {
            self.out.add(root.at, "a rule is a block of keys", "begin with `cause: …`");
            return None;
        };
        for (key, _) in entries {
            let name = key.text().unwrap_or_default();
            if !RULE_KEYS.contains(&name) {
                let message = format!("unknown key `{name}` in a rule");
                self.out.add(key.at, message, did_you_mean(name, RULE_KEYS));
            }
        }
        let filter = self.place(root);
        self.read_lets(root);
        let cause = self.need(root, "cause").and_then(|n| self.cause(n));
        let layer = self.word(root, "layer", None);
        let role = self.word(root, "role", Some(Role::Root));
        let proof = self.word(root, "proof", Some(Proof::None));
        let family = root.get("family").and_then(|n| self.plain(n));
        let bottleneck = self.bottleneck(root);
        let when = self.when(root);
        let needs = self.conditions(root, "needs");
        if needs.is_empty() && root.get("needs").is_none() {
            self.out.add(root.at, "a rule has no `needs`", "add at least one named condition");
        }
        let against = self.conditions(root, "against");
        self.twice(&needs, &against, root);
        let mut names = Vec::new();
        let lookalikes = self.lookalikes(root, &mut names);
        let explains = self.names(root, "explains", &mut names);
        let says = self.need(root, "says").and_then(|n| self.sentence(n, Slots::None));
        let advice = self.sentences(root, "advice");
        let never = self.sentences(root, "never");
        let cures = self.cures(root);
        let probes = self.probes(root);
        let source = root.get("source").and_then(|n| self.plain(n)).unwrap_or_else(|| "".into());
        Some(Rule {
            file: file.name.clone(),
            cause: cause?,
            layer: layer?,
            role: role?,
            family,
            at: self.kind,
            filter,
            bottleneck,
            when,
            lets: std::mem::take(&mut self.lets),
            needs,
            against,
            lookalikes,
            explains,
            says: says?,
            advice,
            never,
            cures,
            probes,
            proof: proof?,
            source,
            names,
        })
    }

    fn need<'n>(&mut self, root: &'n Node, key: &str) -> Option<&'n Node> {
        let found = root.get(key);
        if found.is_none() {
            let what = if self.weeks { "check" } else { "rule" };
            self.out.add(root.at, format!("a {what} has no `{key}`"), format!("add `{key}: …`"));
        }
        found
    }

    fn plain(&mut self, n: &Node) -> Option<Name> {
        match n.text() {
            Some(t) => Some(t.trim().into()),
            None => {
                let message = format!("a single value is wanted here, not {}", n.kind());
                self.out.add(n.at, message, "write one value after the colon");
                None
            }
        }
    }

    /// `code.slow_udf_cpu`
    fn cause(&mut self, n: &Node) -> Option<Name> {
        let text = self.plain(n)?;
        let part = |p: &str| {
            !p.is_empty()
                && p.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        if text.split_once('.').is_some_and(|(a, b)| part(a) && part(b)) {
            return Some(text);
        }
        let todo = "write it like code.data_skew_hot_key: small letters, one dot";
        self.out.add(n.at, format!("`{text}` is not the name of a cause"), todo);
        None
    }

    /// A word of a closed list.
    fn word<T: for<'d> Deserialize<'d> + Closed>(
        &mut self,
        root: &Node,
        key: &str,
        default: Option<T>,
    ) -> Option<T> {
        let node = match (root.get(key), default) {
            (None, Some(default)) => return Some(default),
            (None, None) => self.need(root, key)?,
            (Some(node), _) => node,
        };
        self.closed(node)
    }

    fn closed<T: for<'d> Deserialize<'d> + Closed>(&mut self, node: &Node) -> Option<T> {
        let text = self.plain(node)?;
        let found = serde_json::from_value(serde_json::Value::String(text.to_string())).ok();
        if found.is_none() {
            let message = format!("`{text}` is none of the words for this");
            self.out.add(node.at, message, did_you_mean(&text, T::WORDS.iter().copied()));
        }
        found
    }

    fn place(&mut self, root: &Node) -> Option<Expr> {
        let node = self.need(root, "at")?;
        let text = self.plain(node)?;
        let ((word, range), filter) = match parse::place(&text) {
            Ok(found) => found,
            Err(f) => {
                self.told(node, *f);
                return None;
            }
        };
        let known = KINDS.iter().find(|k| k.name() == word);
        let Some(kind) = known else {
            let todo = did_you_mean(&word, KINDS.iter().map(|k| k.name()));
            let fault = Fault::new(range, format!("`{word}` is no kind of subject"), todo);
            self.told(node, *fault);
            return None;
        };
        self.kind = *kind;
        self.placed = true;
        let mut filter = filter?;
        let mut checker = Checker { lets: &[], weeks: self.weeks, faults: Vec::new() };
        checker.truth(&mut filter, *kind);
        let faults = checker.faults;
        self.all_told(node, faults);
        Some(filter)
    }

    fn bottleneck(&mut self, root: &Node) -> bool {
        let Some(node) = root.get("place") else { return false };
        if node.text() == Some("bottleneck") {
            if self.kind != SubjectKind::Vertex {
                let todo = "write `at: vertex`, or leave `place` away";
                self.out.add(node.at, "only a vertex can be the bottleneck", todo);
            }
            return true;
        }
        self.out.add(node.at, "the only place is `bottleneck`", "leave it away for anywhere");
        false
    }

    fn when(&mut self, root: &Node) -> Vec<Name> {
        let mut out = Vec::new();
        for node in root.get("when").map(Node::items).unwrap_or_default() {
            let Some(text) = self.plain(node) else { continue };
            if SYMPTOMS.contains(&&*text) {
                out.push(text);
            } else {
                let message = format!("no symptom is called `{text}`");
                self.out.add(node.at, message, did_you_mean(&text, SYMPTOMS));
            }
        }
        out
    }

    fn twice(&mut self, needs: &[Condition], against: &[Condition], root: &Node) {
        for c in against {
            if needs.iter().any(|n| n.name == c.name) {
                let at = root.get("against").map_or(root.at, |n| n.at);
                let message = format!("`{}` is both needed and against", c.name);
                self.out.add(at, message, "rename one");
            }
        }
    }

    fn lookalikes(&mut self, root: &Node, named: &mut Vec<(Name, At)>) -> Vec<Lookalike> {
        let mut out = Vec::new();
        // those with mistakes too: they are told once
        let blocks = ["needs", "against"].into_iter().filter_map(|key| root.get(key));
        let keys = blocks.flat_map(Node::entries).filter_map(|(k, _)| k.text());
        let known: Vec<&str> = keys.collect();
        for (key, value) in root.get("lookalikes").map(Node::entries).unwrap_or_default() {
            let (Some(cause), Some(text)) = (self.cause(key), self.plain(value)) else { continue };
            let (not, by) = match text.strip_prefix("not ") {
                Some(by) => (true, by.trim()),
                None => (false, &*text),
            };
            if known.contains(&by) {
                named.push((cause.clone(), key.at));
                out.push(Lookalike { cause, by: by.into(), not });
            } else {
                let message = format!("no need and nothing against is called `{by}`");
                self.out.add(value.at, message, did_you_mean(by, known.iter().copied()));
            }
        }
        out
    }

    fn names(&mut self, root: &Node, key: &str, named: &mut Vec<(Name, At)>) -> Vec<Name> {
        let items = root.get(key).map(Node::items).unwrap_or_default();
        let mut out = Vec::new();
        for node in items.iter().take(MAX_ENTRIES) {
            if let Some(name) = self.plain(node) {
                named.push((name.clone(), node.at));
                out.push(name);
            }
        }
        out
    }

    fn probes(&mut self, root: &Node) -> Vec<ProbeKind> {
        let items = root.get("probes").map(Node::items).unwrap_or_default();
        items.iter().filter_map(|n| self.closed(n)).collect()
    }

    /// Playbooks, by name.
    fn cures(&mut self, root: &Node) -> Vec<Name> {
        let items = root.get("cures").map(Node::items).unwrap_or_default();
        let mut out = Vec::new();
        for node in items.iter().take(MAX_ENTRIES) {
            let Some(name) = self.plain(node) else { continue };
            if !PLAYBOOKS.contains(&&*name) {
                let message = format!("no playbook is called `{name}`");
                self.out.add(node.at, message, did_you_mean(&name, PLAYBOOKS));
            }
            out.push(name);
        }
        out
    }

    fn all_told(&mut self, node: &Node, faults: Vec<Fault>) {
        for f in faults.into_iter().filter(|_| self.placed).collect::<Vec<_>>() {
            self.told(node, f);
        }
    }

    /// A fault inside a value, at its place in the file. What is quoted begins one later; where a
    /// value goes over several lines only its beginning is known.
    fn told(&mut self, node: &Node, f: Fault) {
        let at = inside(node, &f);
        self.out.add(at, f.message, f.todo);
    }
}

pub(super) fn inside(node: &Node, f: &Fault) -> At {
    let written = node.text().map_or(0, |t| t.chars().count());
    let skip = match node.at.len {
        len if len == written => 0,
        len if len == written + 2 => 1,
        _ => return node.at,
    };
    At { line: node.at.line, column: node.at.column + skip + f.at.from, len: f.at.len.max(1) }
}
