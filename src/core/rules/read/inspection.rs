//! One file of `diagnostics/inspections`.

use super::Reader;
use crate::estate::SubjectKind;
use crate::rules::evidence::Words;
use crate::rules::inspection::Inspection;
use crate::rules::looks::looks_at as looks_at_of;
use crate::rules::template::Slots;
use crate::rules::text::{Mistake, Mistakes, Node, SourceFile, Value, did_you_mean};

/// Keys of a check.
pub const INSPECTION_KEYS: [&str; 12] = [
    "inspection",
    "component",
    "at",
    "looks_at",
    "let",
    "high",
    "low",
    "says",
    "advice",
    "prevents",
    "leaves_out",
    "source",
];

/// # Errors
/// Every mistake in it.
pub fn inspection(file: &SourceFile) -> Result<Inspection, Vec<Mistake>> {
    let kind = SubjectKind::Job;
    let mut r = Reader {
        out: Mistakes::of(&file.name),
        lets: Vec::new(),
        kind,
        placed: false,
        weeks: true,
    };
    match r.inspection(file) {
        Some(found) if r.out.found.is_empty() => Ok(found),
        _ => Err(r.out.found),
    }
}

impl Reader {
    /// Words without figures: one text, or one in each language.
    fn words(&mut self, node: &Node) -> Option<Words> {
        if let Value::Map(_) = &node.value {
            return self.sentence(node, Slots::None).map(|s| s.written());
        }
        let text = self.plain(node)?;
        Some(Words { en: text.to_string(), zh: text.to_string() })
    }

    fn inspection(&mut self, file: &SourceFile) -> Option<Inspection> {
        let root = &file.root;
        let Value::Map(entries) = &root.value else {
            self.out.add(root.at, "a check is a block of keys", "begin with `inspection: …`");
            return None;
        };
        for (key, _) in entries {
            let name = key.text().unwrap_or_default();
            if !INSPECTION_KEYS.contains(&name) {
                let message = format!("unknown key `{name}` in a check");
                self.out.add(key.at, message, did_you_mean(name, INSPECTION_KEYS));
            }
        }
        let filter = self.place(root);
        self.read_lets(root);
        let name = self.need(root, "inspection").and_then(|n| self.cause(n));
        let component = self.word(root, "component", None);
        let looks_at = self.need(root, "looks_at").and_then(|n| Some((n.at, self.plain(n)?)));
        let high = self.conditions(root, "high");
        let low = self.conditions(root, "low");
        if root.get("high").is_none() && root.get("low").is_none() {
            let todo = "add `high:` or `low:` with a named condition";
            self.out.add(root.at, "a check has neither `high` nor `low`", todo);
        }
        // with a mistake in them nobody can say what the conditions ask
        let looks_at = looks_at.and_then(|(at, text)| {
            if !self.out.found.is_empty() {
                return Some(text);
            }
            match looks_at_of(&text, &self.lets, high.iter().chain(&low)) {
                Ok(looks_at) => Some(looks_at),
                Err((message, todo)) => {
                    self.out.add(at, message, todo);
                    None
                }
            }
        });
        let says = self.need(root, "says").and_then(|n| self.sentence(n, Slots::None));
        let advice = self.sentences(root, "advice");
        let mut names = Vec::new();
        let prevents = self.names(root, "prevents", &mut names);
        let leaves_out = root.get("leaves_out").and_then(|n| self.closed(n));
        let source = self.need(root, "source").and_then(|n| self.words(n));
        Some(Inspection {
            file: file.name.clone(),
            name: name?,
            component: component?,
            at: self.kind,
            filter,
            looks_at: looks_at?,
            lets: std::mem::take(&mut self.lets),
            high,
            low,
            says: says?,
            advice,
            prevents,
            leaves_out,
            names,
            source: source?,
        })
    }
}
