//! The parts of a rule that are written in the language: `let`, conditions, sentences.

use super::{MAX_ENTRIES, Reader};
use crate::estate::Name;
use crate::rules::ast::{Expr, Kind, Pick, Selector};
use crate::rules::check::{Checker, Let, LetIs};
use crate::rules::lex::{Fault, Range};
use crate::rules::rule::{Condition, Sentence};
use crate::rules::template::{Slots, Template, template};
use crate::rules::text::{Node, Value, did_you_mean};
use crate::rules::types::{Base, Ty};
use crate::rules::{measures, parse, relation::Relation};

impl Reader {
    pub(super) fn read_lets(&mut self, root: &Node) {
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
            let (is, sound, faults) = self.read_let(&text);
            // one that is wrong is still known by its name: told once, not wherever it is used
            self.lets.push(Let { name, is, sound });
            self.all_told(value, faults);
        }
    }

    /// Whether it is known what it comes to, and what is wrong with it.
    fn read_let(&self, text: &str) -> (LetIs, bool, Vec<Fault>) {
        let lets = &self.lets;
        let mut checker = Checker { lets, weeks: self.weeks, faults: Vec::new() };
        let any = || LetIs::Subjects(Selector::new(Pick::This, Range::default()));
        if parse::is_selector(text, lets) {
            return match parse::selector(text, lets) {
                Ok(mut s) => {
                    let sound = checker.selector(&mut s, self.kind).is_some();
                    (LetIs::Subjects(s), sound, checker.faults)
                }
                Err(f) => (any(), false, vec![*f]),
            };
        }
        match parse::expression(text, lets) {
            Ok(mut e) => {
                let sound = checker.expr(&mut e, self.kind).is_some();
                (LetIs::Value(e), sound, checker.faults)
            }
            Err(f) => (placeholder(), false, vec![*f]),
        }
    }

    fn free_name(&mut self, key: &Node) -> Option<Name> {
        let name = self.plain(key)?;
        let legal = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && name.starts_with(|c: char| c.is_ascii_lowercase());
        let taken = parse::RESERVED.contains(&&*name)
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

    pub(super) fn conditions(&mut self, root: &Node, key: &str) -> Vec<Condition> {
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
        let Value::Map(entries) = &value.value else {
            let text = self.plain(value)?;
            let expr = self.truth(value, &text)?;
            return Some(Condition { name, text, expr, says: None });
        };
        for (k, _) in entries {
            let word = k.text().unwrap_or_default();
            if !["is", "en", "zh"].contains(&word) {
                let message = format!("unknown key `{word}` in a condition");
                self.out.add(k.at, message, did_you_mean(word, ["is", "en", "zh"]));
            }
        }
        let text = value.get("is").and_then(|is| self.plain(is));
        let expr = value.get("is").zip(text.as_ref()).and_then(|(is, text)| self.truth(is, text));
        let slots = match &expr {
            Some(e) if joins(e) => Slots::OfSeveral,
            _ => Slots::OfOne,
        };
        let said = value.entries().iter().any(|(k, _)| matches!(k.text(), Some("en" | "zh")));
        let says = if said { self.sentence(value, slots) } else { None };
        if value.get("is").is_none() {
            self.out.add(value.at, "a condition has no `is`", "add `is: …`");
        }
        Some(Condition { name, text: text?, expr: expr?, says })
    }

    fn truth(&mut self, node: &Node, text: &str) -> Option<Expr> {
        let mut e = match parse::expression(text, &self.lets) {
            Ok(e) => e,
            Err(f) => {
                self.told(node, *f);
                return None;
            }
        };
        let mut checker = Checker { lets: &self.lets, weeks: self.weeks, faults: Vec::new() };
        checker.truth(&mut e, self.kind);
        let faults = checker.faults;
        let sound = faults.is_empty();
        self.all_told(node, faults);
        sound.then_some(e)
    }

    pub(super) fn sentences(&mut self, root: &Node, key: &str) -> Vec<Sentence> {
        let items = root.get(key).map(Node::items).unwrap_or_default();
        items.iter().take(MAX_ENTRIES).filter_map(|n| self.sentence(n, Slots::None)).collect()
    }

    /// In English, and in Chinese where it is said so too.
    pub(super) fn sentence(&mut self, node: &Node, slots: Slots) -> Option<Sentence> {
        for (key, value) in node.entries() {
            let word = key.text().unwrap_or_default();
            let known = ["en", "zh"].contains(&word);
            if !known && slots == Slots::None {
                let message = format!("unknown key `{word}` in a sentence");
                self.out.add(key.at, message, did_you_mean(word, ["en", "zh"]));
            }
            if known
                && (node.get(word).is_none() || value.text().is_some_and(|t| t.trim().is_empty()))
            {
                let todo = "say it; `zh` may be left away, then the English stands in its place";
                self.out.add(key.at, format!("`{word}` is empty"), todo);
            }
        }
        let Some(en) = node.get("en") else {
            if !node.entries().iter().any(|(k, _)| k.text() == Some("en")) {
                self.out.add(node.at, "`en` is missing", "write { en: \"…\", zh: \"…\" }");
            }
            return None;
        };
        let en = self.template(en, slots)?;
        let zh = match node.get("zh") {
            Some(zh) => self.template(zh, slots)?,
            None => en.clone(),
        };
        Some(Sentence { en, zh })
    }

    fn template(&mut self, text: &Node, slots: Slots) -> Option<Template> {
        let plain = self.plain(text)?;
        let (made, faults) = template(&plain, &self.lets, self.kind, slots);
        self.all_told(text, faults);
        Some(made)
    }
}

/// Several comparisons, of which none is the one that decides.
fn joins(e: &Expr) -> bool {
    match &e.kind {
        Kind::And(_) | Kind::Or(_) => true,
        Kind::Not(inner) | Kind::Held(inner, _) => joins(inner),
        _ => false,
    }
}

fn placeholder() -> LetIs {
    let mut e = Expr::new(Kind::Truth(false), Range::default());
    e.ty = Ty::one(Base::Truth);
    LetIs::Value(e)
}
