//! A playbook's file into a playbook; all mistakes are told at once.

use super::{Ask, Bar, Playbook, What, Word};
use crate::case::Risk;
use crate::estate::{Name, Span, SubjectKind};
use crate::rules::{
    At, Mistake, Mistakes, Node, PLAYBOOKS, RuleSet, SourceFile, Value, Words, conditions,
    did_you_mean,
};
use std::collections::BTreeMap;

const KEYS: [&str; 12] = [
    "playbook", "risk", "target", "says", "cures", "needs", "asks", "steps", "rollback",
    "in_place", "verify", "source",
];
const RISKS: [(&str, Risk); 3] = [("A", Risk::A), ("B", Risk::B), ("C", Risk::C)];
/// Far over what a playbook has.
const MOST_STEPS: usize = 16;
/// A step may take so long, s.
const LONGEST: u32 = 3600;
/// Where a playbook does not say how long its effect is watched, the administrator's word counts.
const MOST_PATIENCE: Span = Span::secs(86_400);

pub fn compile(files: &[SourceFile], rules: &RuleSet) -> Result<Vec<Playbook>, Vec<Mistake>> {
    let (mut found, mut wrong) = (Vec::<Playbook>::new(), Vec::new());
    for file in files {
        let mut reader = Reader { out: Mistakes::of(&file.name) };
        let book = reader.book(file);
        if let Some(book) = &book {
            reader.both_ways(file, book, rules);
        }
        match book {
            Some(book) if reader.out.found.is_empty() => match twice(&found, &book) {
                Some(other) => {
                    let message = format!("`{}` is already in {other}", book.name);
                    reader.out.add(file.root.at, message, "keep one of the two");
                }
                None => found.push(book),
            },
            _ => {}
        }
        wrong.extend(reader.out.found);
    }
    if wrong.is_empty() {
        wrong.extend(unanswered(&found, rules));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

fn twice(found: &[Playbook], book: &Playbook) -> Option<Name> {
    found.iter().find(|b| b.name == book.name).map(|b| b.file.clone())
}

/// Rules that name a playbook which does not know their cause, or is not there.
fn unanswered(books: &[Playbook], rules: &RuleSet) -> Vec<Mistake> {
    let by_name: BTreeMap<&Name, &Playbook> = books.iter().map(|b| (&b.name, b)).collect();
    let mut out = Vec::new();
    for rule in rules.rules() {
        for cure in &rule.cures {
            let message = match by_name.get(cure) {
                None => format!("`{cure}` cures {}, and there is no such playbook", rule.cause),
                Some(b) if !b.cures.contains(&rule.cause) => {
                    format!("`{cure}` does not say that it cures {}", rule.cause)
                }
                Some(_) => continue,
            };
            let todo =
                format!("add it to the playbook, or take it out of `cures` of {}", rule.cause);
            let at = At { line: 1, column: 1, len: 1 };
            out.push(Mistake { file: rule.file.clone(), at, message, todo });
        }
    }
    out
}

struct Reader {
    out: Mistakes,
}

impl Reader {
    fn book(&mut self, file: &SourceFile) -> Option<Playbook> {
        let root = &file.root;
        let Value::Map(entries) = &root.value else {
            self.out.add(root.at, "a playbook is a block of keys", "begin with `playbook: …`");
            return None;
        };
        for (key, _) in entries {
            let name = key.text().unwrap_or_default();
            if !KEYS.contains(&name) {
                let message = format!("unknown key `{name}` in a playbook");
                self.out.add(key.at, message, did_you_mean(name, KEYS));
            }
        }
        let name = self.one_of(root, "playbook", &PLAYBOOKS.map(|p| (p, Name::from(p))));
        let risk = self.one_of(root, "risk", &RISKS);
        self.one_of(root, "target", &[("job", ())]);
        let says = self.says(root);
        let needs = match conditions(file, "needs", SubjectKind::Job) {
            Ok(needs) => needs,
            Err(found) => {
                self.out.found.extend(found);
                Vec::new()
            }
        };
        let asks = self.asks(root);
        let steps = self.steps(root, "steps");
        let rollback = self.steps(root, "rollback");
        let in_place = root.get("in_place").map(|n| {
            self.keys(n, &["steps", "rollback"]);
            (self.steps(n, "steps"), self.steps(n, "rollback"))
        });
        let changes = |w: &Word| {
            matches!(w.what, What::Stop | What::Submit | What::SubmitWider | What::Scale)
        };
        if let (Some(Risk::C), Some(node)) = (risk, root.get("risk"))
            && steps.iter().any(changes)
        {
            let todo = "B, or A where state may be lost or data doubled";
            self.out.add(node.at, "what stops, starts or rescales a job is not harmless", todo);
        }
        let bar = self.bar(root);
        self.ordered(root, "steps", &steps);
        self.ordered(root, "rollback", &rollback);
        if let (Some(node), Some((steps, back))) = (root.get("in_place"), &in_place) {
            self.ordered(node, "steps", steps);
            self.ordered(node, "rollback", back);
        }
        let text = |n: &Node| n.text().map(Name::from);
        Some(Playbook {
            file: file.name.clone(),
            name: name?,
            risk: risk?,
            says: says?,
            cures: root.get("cures").map_or(&[][..], Node::items).iter().filter_map(text).collect(),
            needs,
            asks,
            steps,
            rollback,
            in_place,
            bar,
            source: root.get("source").and_then(text).unwrap_or_else(|| "".into()),
        })
    }

    fn keys(&mut self, node: &Node, known: &[&'static str]) {
        for (key, _) in node.entries() {
            let name = key.text().unwrap_or_default();
            if !known.contains(&name) {
                let todo = did_you_mean(name, known.iter().copied());
                self.out.add(key.at, format!("unknown key `{name}`"), todo);
            }
        }
    }

    fn need<'n>(&mut self, root: &'n Node, key: &str) -> Option<&'n Node> {
        let found = root.get(key);
        if found.is_none() {
            self.out.add(root.at, format!("a playbook has no `{key}`"), format!("add `{key}: …`"));
        }
        found
    }

    fn one_of<T: Clone>(&mut self, root: &Node, key: &str, all: &[(&str, T)]) -> Option<T> {
        let node = self.need(root, key)?;
        self.word(node, node.text().unwrap_or_default(), all)
    }

    fn word<T: Clone>(&mut self, node: &Node, word: &str, all: &[(&str, T)]) -> Option<T> {
        let found = all.iter().find(|(w, _)| *w == word);
        if found.is_none() {
            let todo = did_you_mean(word, all.iter().map(|(w, _)| *w));
            self.out.add(node.at, format!("`{word}` is none of the words for this"), todo);
        }
        found.map(|(_, t)| t.clone())
    }

    fn says(&mut self, root: &Node) -> Option<Words> {
        let node = self.need(root, "says")?;
        self.keys(node, &["en", "zh"]);
        let mut get = |key: &str| {
            let text = self.need(node, key)?;
            let said = text.text().unwrap_or_default().to_owned();
            let rest = SLOTS.iter().fold(said.clone(), |s, slot| s.replace(slot, ""));
            if rest.contains(['{', '}']) {
                let message = "a slot that nobody fills";
                self.out.add(text.at, message, "one of {job}, {from}, {to}");
            }
            Some(said)
        };
        Some(Words { en: get("en")?, zh: get("zh")? })
    }

    fn asks(&mut self, root: &Node) -> Vec<Ask> {
        let items = root.get("asks").map_or(&[][..], Node::items);
        items.iter().filter_map(|n| self.word(n, n.text().unwrap_or_default(), &Ask::ALL)).collect()
    }

    fn steps(&mut self, root: &Node, key: &str) -> Vec<Word> {
        let items = root.get(key).map_or(&[][..], Node::items);
        if items.len() > MOST_STEPS {
            self.out.add(root.at, "too many steps", format!("at most {MOST_STEPS}"));
        }
        items.iter().take(MOST_STEPS).filter_map(|n| self.step(n)).collect()
    }

    /// `stop 60s`; `choose` and `watch` have no time of their own.
    fn step(&mut self, node: &Node) -> Option<Word> {
        let text = node.text().unwrap_or_default();
        let (word, time) = text.split_once(' ').unwrap_or((text, ""));
        let what = self.word(node, word, &What::ALL)?;
        let timeless = matches!(what, What::Choose | What::Watch);
        let wait_s = match seconds(time.trim()) {
            None if timeless && time.is_empty() => 0,
            Some(s) if !timeless && (1..=LONGEST).contains(&s) => s,
            _ => {
                let todo = if timeless {
                    format!("write `{word}`")
                } else {
                    format!("write `{word} 60s`")
                };
                self.out.add(node.at, format!("`{text}`: not so long"), todo);
                return None;
            }
        };
        Some(Word { what, wait_s })
    }

    fn bar(&mut self, root: &Node) -> Bar {
        let (patience, catch_up) = (MOST_PATIENCE, Span(0));
        let mut bar = Bar { running: Span::secs(60), checkpoints: 2, patience, catch_up };
        let Some(node) = root.get("verify") else { return bar };
        self.keys(node, &["running", "checkpoints", "patience"]);
        for (key, time) in [("running", &mut bar.running), ("patience", &mut bar.patience)] {
            let Some(n) = node.get(key) else { continue };
            match n.text().and_then(seconds) {
                Some(s) => *time = Span::secs(i64::from(s)),
                None => self.out.add(n.at, "this is no time", "write it like 60s"),
            }
        }
        if let Some(n) = node.get("checkpoints") {
            match n.text().and_then(|t| t.parse().ok()) {
                Some(c) => bar.checkpoints = c,
                None => self.out.add(n.at, "this is no count", "write a number"),
            }
        }
        bar
    }

    /// What is stopped is started from what was chosen after the stop; what is changed is watched.
    fn ordered(&mut self, root: &Node, key: &str, steps: &[Word]) {
        let node = root.get(key).map_or(root.at, |n| n.at);
        let (mut down, mut chosen, mut changes) = (false, false, false);
        for step in steps {
            match step.what {
                What::Stop => (down, chosen) = (true, false),
                What::Choose => chosen = true,
                What::Submit | What::SubmitWider => {
                    if !chosen {
                        let todo = "write stop, choose, submit in this order";
                        let message = "nothing is chosen between the stop and the start";
                        self.out.add(node, message, todo);
                    }
                    (down, chosen, changes) = (false, false, true);
                }
                What::Scale | What::ScaleBack => changes = true,
                What::Checkpoint | What::Savepoint | What::Watch => {}
            }
        }
        if down {
            self.out.add(node, "the job is stopped and not started again", "add `submit 120s`");
        }
        let last = steps.last().map(|s| s.what);
        if changes && last != Some(What::Watch) {
            self.out.add(node, "nobody looks whether it helped", "end with `watch`");
        }
    }

    /// Each cause that it cures has a rule that says so too.
    fn both_ways(&mut self, file: &SourceFile, book: &Playbook, rules: &RuleSet) {
        for node in file.root.get("cures").map_or(&[][..], Node::items) {
            let cause = node.text().unwrap_or_default();
            match rules.get(cause) {
                None => {
                    let todo = did_you_mean(cause, rules.rules().iter().map(|r| &*r.cause));
                    self.out.add(node.at, format!("no rule for `{cause}`"), todo);
                }
                Some(rule) if !rule.cures.contains(&book.name) => {
                    let message = format!("the rule of {cause} does not name `{}`", book.name);
                    let todo = format!("add it to `cures` in {}, or take it out here", rule.file);
                    self.out.add(node.at, message, todo);
                }
                Some(_) => {}
            }
        }
    }
}

pub(in crate::plan) const SLOTS: [&str; 3] = ["{job}", "{from}", "{to}"];

/// `90s` or `5m`.
fn seconds(text: &str) -> Option<u32> {
    let (number, by) = match text.strip_suffix('s') {
        Some(n) => (n, 1),
        None => (text.strip_suffix('m')?, 60),
    };
    number.parse::<u32>().ok()?.checked_mul(by)
}
