//! The language's words as tables, for `diagnostics/README.md`; a test keeps that page true.

use super::measures::{self, Of};
use super::relation::Relation;
use super::types::Base;
use crate::past::KEPT;
use std::fmt::Write;

/// Every measure: name, of whom, unit, default window, what it says.
pub fn measure_table() -> String {
    let mut out = String::from("| measure | of | unit | over | |\n|---|---|---|---|---|\n");
    for m in measures::all() {
        let on: Vec<&str> = m.on.iter().map(|k| k.name()).collect();
        let unit = match m.base {
            Base::Number { dim, .. } => dim.unit(),
            Base::Moment => "moment",
            Base::Text => "text",
            Base::Truth => "truth",
        };
        let unit = match m.past {
            Some(Of::Value) => "as named",
            Some(Of::Growth) => "of it a second",
            _ => unit,
        };
        let window = m.window.map(super::ast::duration).unwrap_or_default();
        let name = if m.arg { format!("{}(\"…\")", m.name) } else { m.name.to_owned() };
        let now = if m.now_only { " (only as it is now)" } else { "" };
        let now = if m.past.is_some() { " (of weeks: in an inspection only)" } else { now };
        let _ =
            writeln!(out, "| `{name}` | {} | {unit} | {window} | {}{now} |", on.join(", "), m.doc);
    }
    out
}

/// What is remembered for weeks: of whom, in which unit, and what a minute's value is.
pub fn kept_table() -> String {
    let mut out =
        String::from("| name | of | unit | in the rules' language |\n|---|---|---|---|\n");
    for k in KEPT {
        let _ = writeln!(out, "| `{}` | {} | {} | `{}` |", k.name, k.of.name(), k.unit, k.ask);
    }
    out
}

/// Every way from one subject to others.
pub fn relation_table() -> String {
    let mut out = String::from("| word | from → to | |\n|---|---|---|\n");
    for r in Relation::ALL {
        let ways: Vec<String> =
            r.ways().iter().map(|(a, b)| format!("{} → {}", a.name(), b.name())).collect();
        let _ = writeln!(out, "| `{}` | {} | {} |", r.name(), ways.join(", "), r.doc());
    }
    out
}
