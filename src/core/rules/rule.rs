//! One rule file: read, checked, compiled. Reading goes on after a mistake, so that all of them
//! are told at once.

use super::ast::{Expr, show};
use super::check::{Checker, Let, LetIs};
use super::evidence::Words;
use super::lex::Fault;
use super::measures;
use super::parse::{self, RESERVED};
use super::relation::Relation;
use super::template::{Template, selector_let, template};
use super::text::{At, Mistake, Mistakes, Node, SourceFile, Value, did_you_mean};
use super::types::{Base, Ty};
use crate::estate::{Name, SubjectKind};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    Code,
    Config,
    Resource,
    Cluster,
    Link,
    Data,
    Deploy,
    Observability,
}

/// Role of a cause in the catalogue (`diagnostics/README.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Root,
    /// Points at another job's root.
    Relation,
    /// Has a root elsewhere.
    Consequence,
    /// Nothing is wrong yet.
    Hazard,
    NotAFault,
}

/// What would tell what is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeKind {
    ThreadDump,
    FlameGraph,
    CheckpointDetail,
    LogTail,
    DescribeTopic,
}

/// What stands behind a rule. Without proof it may advise, never act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// A recorded incident.
    Recorded,
    /// A fault of the test bed.
    Bed,
    None,
}

/// Symptoms for which a rule is considered, in the words of the API.
pub const SYMPTOMS: [&str; 17] = [
    "late",
    "edge_late",
    "path_late",
    "lag_grows",
    "watermark_stalled",
    "throughput_dropped",
    "restarted",
    "not_running",
    "checkpoint_old",
    "checkpoints_fail",
    "partitions_unread",
    "input_lost",
    "input_stopped",
    "control_lost",
    "kafka_silent",
    "records_dropped",
    "hazard",
];

/// The same sentence in both languages.
#[derive(Clone, Debug, Default)]
pub struct Sentence {
    pub en: Template,
    pub zh: Template,
}

/// A named condition.
#[derive(Clone, Debug)]
pub struct Condition {
    pub name: Name,
    /// As the rule writes it.
    pub text: Name,
    pub expr: Expr,
    pub says: Option<Sentence>,
}

/// The evidence that tells a look-alike apart: `not` turns its sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookalike {
    pub cause: Name,
    pub by: Name,
    pub not: bool,
}

/// A cause, how it is recognised, and what to do about it.
#[derive(Clone, Debug)]
pub struct Rule {
    pub file: Name,
    pub cause: Name,
    pub layer: Layer,
    pub role: Role,
    pub family: Option<Name>,
    pub at: SubjectKind,
    pub filter: Option<Expr>,
    /// Only at vertices that the diagnosis has found to be the bottleneck.
    pub bottleneck: bool,
    /// Empty: any symptom.
    pub when: Vec<Name>,
    pub lets: Vec<Let>,
    pub needs: Vec<Condition>,
    pub against: Vec<Condition>,
    pub lookalikes: Vec<Lookalike>,
    /// Causes, or globs of them, that follow from this one on the same or a covered place.
    pub explains: Vec<Name>,
    pub says: Sentence,
    pub advice: Vec<Sentence>,
    pub never: Vec<Sentence>,
    pub cures: Vec<Name>,
    pub probes: Vec<ProbeKind>,
    pub proof: Proof,
    pub source: Name,
    /// Where `lookalikes` and `explains` name causes: checked over all files.
    pub(super) names: Vec<(Name, At)>,
}

const KEYS: [&str; 19] = [
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
    let mut r = Reader { out: Mistakes::of(&file.name), lets: Vec::new(), kind: SubjectKind::Job };
    let rule = r.rule(file);
    match rule {
        Some(rule) if r.out.found.is_empty() => Ok(rule),
        _ => Err(r.out.found),
    }
}

struct Reader {
    out: Mistakes,
    lets: Vec<Let>,
    kind: SubjectKind,
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
            if !KEYS.contains(&name) {
                let message = format!("unknown key `{name}` in a rule");
                self.out.add(key.at, message, did_you_mean(name, KEYS));
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
        let lookalikes = self.lookalikes(root, &needs, &against, &mut names);
        let explains = self.names(root, "explains", &mut names);
        let says = self.need(root, "says").and_then(|n| self.sentence(n, false));
        let advice = self.sentences(root, "advice");
        let never = self.sentences(root, "never");
        let cures = self.names(root, "cures", &mut Vec::new());
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
            self.out.add(root.at, format!("a rule has no `{key}`"), format!("add `{key}: …`"));
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
        let mut filter = filter?;
        let mut checker = Checker { lets: &[], faults: Vec::new() };
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

    fn read_lets(&mut self, root: &Node) {
        let Some(node) = root.get("let") else { return };
        let Value::Map(entries) = &node.value else {
            self.out.add(
                node.at,
                "`let` is a block of names",
                "write `let: { hot: subtask with max(busy) }`",
            );
            return;
        };
        for (key, value) in entries.iter().take(MAX_ENTRIES) {
            let (Some(name), Some(text)) = (self.free_name(key), self.plain(value)) else {
                continue;
            };
            let selectors = |w: &str| selector_let(&self.lets, w);
            let mut checker = Checker { lets: &self.lets, faults: Vec::new() };
            let is = if parse::is_selector(&text, &selectors) {
                parse::selector(&text, &selectors).map(|mut s| {
                    checker.selector(&mut s, self.kind);
                    LetIs::Subjects(s)
                })
            } else {
                parse::expression(&text, &selectors).map(|mut e| {
                    checker.expr(&mut e, self.kind);
                    LetIs::Value(e)
                })
            };
            let faults = checker.faults;
            let sound = faults.is_empty();
            self.all_told(value, faults);
            match is {
                // one that is wrong is still known by its name: told once, not wherever it is used
                Ok(is) if sound => self.lets.push(Let { name, is }),
                Ok(_) => self.lets.push(Let { name, is: placeholder() }),
                Err(f) => {
                    self.told(value, *f);
                    self.lets.push(Let { name, is: placeholder() });
                }
            }
        }
    }

    fn free_name(&mut self, key: &Node) -> Option<Name> {
        let name = self.plain(key)?;
        let legal = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && name.starts_with(|c: char| c.is_ascii_lowercase());
        let taken = RESERVED.contains(&&*name)
            || measures::find(&name).is_some()
            || Relation::parse(&name).is_some()
            || Relation::plural(&name).is_some()
            || ["value", "threshold", "input"].contains(&&*name);
        if !legal {
            self.out.add(
                key.at,
                format!("`{name}` is not a name"),
                "small letters, digits and `_`",
            );
            return None;
        }
        if taken {
            self.out.add(
                key.at,
                format!("`{name}` is a word of the language"),
                "choose another name",
            );
            return None;
        }
        Some(name)
    }

    fn conditions(&mut self, root: &Node, key: &str) -> Vec<Condition> {
        let Some(node) = root.get(key) else { return Vec::new() };
        let Value::Map(entries) = &node.value else {
            let todo = "write `name: condition` pairs";
            self.out.add(node.at, format!("`{key}` is a block of named conditions"), todo);
            return Vec::new();
        };
        entries.iter().take(MAX_ENTRIES).filter_map(|(k, v)| self.condition(k, v)).collect()
    }

    fn condition(&mut self, key: &Node, value: &Node) -> Option<Condition> {
        let name = self.plain(key)?;
        let (is, says) = match &value.value {
            Value::Map(entries) => {
                for (k, _) in entries {
                    let word = k.text().unwrap_or_default();
                    if !["is", "en", "zh"].contains(&word) {
                        let message = format!("unknown key `{word}` in a condition");
                        self.out.add(k.at, message, did_you_mean(word, ["is", "en", "zh"]));
                    }
                }
                let said = value.get("en").is_some() || value.get("zh").is_some();
                let says = if said { self.sentence(value, true) } else { None };
                let Some(is) = value.get("is") else {
                    self.out.add(value.at, "a condition has no `is`", "add `is: …`");
                    return None;
                };
                (is, says)
            }
            _ => (value, None),
        };
        let text = self.plain(is)?;
        let expr = self.truth(is, &text)?;
        Some(Condition { name, text, expr, says })
    }

    fn truth(&mut self, node: &Node, text: &str) -> Option<Expr> {
        let selectors = |w: &str| selector_let(&self.lets, w);
        match parse::expression(text, &selectors) {
            Ok(mut e) => {
                let mut checker = Checker { lets: &self.lets, faults: Vec::new() };
                checker.truth(&mut e, self.kind);
                let faults = checker.faults;
                let sound = faults.is_empty();
                self.all_told(node, faults);
                sound.then_some(e)
            }
            Err(f) => {
                self.told(node, *f);
                None
            }
        }
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

    fn lookalikes(
        &mut self,
        root: &Node,
        needs: &[Condition],
        against: &[Condition],
        named: &mut Vec<(Name, At)>,
    ) -> Vec<Lookalike> {
        let mut out = Vec::new();
        for (key, value) in root.get("lookalikes").map(Node::entries).unwrap_or_default() {
            let (Some(cause), Some(text)) = (self.cause(key), self.plain(value)) else { continue };
            let (not, by) = match text.strip_prefix("not ") {
                Some(by) => (true, by.trim()),
                None => (false, &*text),
            };
            let known: Vec<&str> = needs.iter().chain(against).map(|c| &*c.name).collect();
            if known.contains(&by) {
                named.push((cause.clone(), key.at));
                out.push(Lookalike { cause, by: by.into(), not });
            } else {
                let message = format!("no need and nothing against is called `{by}`");
                self.out.add(value.at, message, did_you_mean(by, known));
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

    fn sentences(&mut self, root: &Node, key: &str) -> Vec<Sentence> {
        let items = root.get(key).map(Node::items).unwrap_or_default();
        items.iter().take(MAX_ENTRIES).filter_map(|n| self.sentence(n, false)).collect()
    }

    fn sentence(&mut self, node: &Node, of_check: bool) -> Option<Sentence> {
        let mut both = Vec::new();
        for lang in ["en", "zh"] {
            let Some(text) = node.get(lang) else {
                self.out.add(node.at, format!("`{lang}` is missing"), "say it in both languages");
                continue;
            };
            let Some(plain) = self.plain(text) else { continue };
            let (made, faults) = template(&plain, &self.lets, self.kind, of_check);
            self.all_told(text, faults);
            both.push(made);
        }
        for (key, _) in node.entries().iter().filter(|_| !of_check) {
            let word = key.text().unwrap_or_default();
            if !["en", "zh"].contains(&word) {
                let message = format!("unknown key `{word}` in a sentence");
                self.out.add(key.at, message, did_you_mean(word, ["en", "zh"]));
            }
        }
        let mut both = both.into_iter();
        Some(Sentence { en: both.next()?, zh: both.next()? })
    }

    fn all_told(&mut self, node: &Node, faults: Vec<Fault>) {
        for f in faults {
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

fn placeholder() -> LetIs {
    let kind = super::ast::Kind::Truth(false);
    let mut e = Expr::new(kind, super::lex::Range::default());
    e.ty = Ty::one(Base::Truth);
    LetIs::Value(e)
}

pub const KINDS: [SubjectKind; 10] = [
    SubjectKind::Job,
    SubjectKind::Vertex,
    SubjectKind::Subtask,
    SubjectKind::TaskManager,
    SubjectKind::FlinkCluster,
    SubjectKind::Topic,
    SubjectKind::Partition,
    SubjectKind::Broker,
    SubjectKind::KafkaCluster,
    SubjectKind::Host,
];

/// The words of a closed list, for "did you mean".
pub trait Closed {
    const WORDS: &'static [&'static str];
}
impl Closed for Layer {
    const WORDS: &'static [&'static str] =
        &["code", "config", "resource", "cluster", "link", "data", "deploy", "observability"];
}
impl Closed for Role {
    const WORDS: &'static [&'static str] =
        &["root", "relation", "consequence", "hazard", "not_a_fault"];
}
impl Closed for Proof {
    const WORDS: &'static [&'static str] = &["recorded", "bed", "none"];
}
impl Closed for ProbeKind {
    const WORDS: &'static [&'static str] =
        &["thread_dump", "flame_graph", "checkpoint_detail", "log_tail", "describe_topic"];
}

impl Rule {
    /// Where it is asked, in the language's words.
    pub fn place(&self) -> String {
        let mut text = self.at.name().to_owned();
        if let Some(filter) = &self.filter {
            text.push_str(&format!(" where {}", show(filter, &|_| String::new())));
        }
        if self.bottleneck {
            text.push_str(", the bottleneck");
        }
        text
    }
}

impl Sentence {
    /// With its slots, as the rule has it.
    pub fn written(&self) -> Words {
        Words { en: self.en.written().to_owned(), zh: self.zh.written().to_owned() }
    }

    pub fn words(&self, m: &super::eval::Machine<'_, '_>, check: Option<&super::Check>) -> Words {
        Words { en: self.en.render(m, check, false), zh: self.zh.render(m, check, true) }
    }
}
