//! What a check says that it looks at, held against what it asks: two checks of one signal and
//! window count as one, so it must be so.

use super::asked::{Asked, Walk};
use super::ast::{Kind, duration};
use super::check::{Let, LetIs};
use super::parse;
use super::rule::Condition;
use super::text::did_you_mean;
use crate::estate::{Name, Span};
use std::collections::{BTreeMap, BTreeSet};

const DAY: Span = Span::secs(86_400);

/// Signals that are asked, each with the windows it is asked over; None: as it is now.
type Signals = BTreeMap<String, BTreeSet<Option<Span>>>;

fn signals<'c>(lets: &[Let], conditions: impl Iterator<Item = &'c Condition>) -> Signals {
    let mut found = Signals::new();
    let mut put = |asked: Asked<'_>| {
        let (name, window) = match asked {
            // of weeks, and of a configuration, the bracket names it
            Asked::Measure { measure, arg: Some(arg), window, .. } => {
                let day = measure.past.map(|_| DAY);
                (arg.to_string(), window.or(day))
            }
            Asked::Measure { measure, window, .. } => (measure.name.to_owned(), window),
            Asked::Relation(name) => (name.to_owned(), None),
        };
        found.entry(name).or_default().insert(window);
    };
    let mut walk = Walk(&mut put);
    for l in lets {
        match &l.is {
            LetIs::Value(e) => walk.expr(e),
            LetIs::Subjects(s) => walk.selector(s),
        }
    }
    conditions.for_each(|c| walk.expr(&c.expr));
    found
}

/// `14d`, `24h`, `5m`: the same for the same time, however it was written.
fn window(d: Span) -> String {
    match d.0 / DAY.0 {
        days if days >= 2 && d.0 % DAY.0 == 0 => format!("{days}d"),
        _ => duration(d),
    }
}

fn told(signal: &str, over: Option<Span>) -> String {
    over.map_or_else(|| signal.to_owned(), |d| format!("{signal} over {}", window(d)))
}

/// The signal and its window, as `looks_at` names them.
///
/// # Errors
/// The check asks no such signal, or over another window: message and what to do.
pub fn looks_at<'c>(
    text: &str,
    lets: &[Let],
    conditions: impl Iterator<Item = &'c Condition>,
) -> Result<Name, (String, String)> {
    let all = signals(lets, conditions);
    let (signal, over) = match text.split_once(" over ") {
        Some((signal, over)) => (signal.trim(), Some(over)),
        None => (text.trim(), None),
    };
    let Some(windows) = all.get(signal) else {
        let message = format!("`looks_at` names `{signal}`, and the check does not ask it");
        let near = did_you_mean(signal, all.keys().map(String::as_str));
        return Err((message, format!("name one signal of its conditions; {near}")));
    };
    // as a measure of weeks has it: up to 35 days
    let over = match over.map(|d| parse::expression(&format!("peak(\"x\") over {d}"), &[])) {
        None => Some(None),
        Some(Ok(e)) => match e.kind {
            Kind::Over(_, d) => Some(Some(d)),
            _ => None,
        },
        Some(Err(_)) => None,
    };
    match over.filter(|over| windows.contains(over)) {
        Some(over) => Ok(told(signal, over).into()),
        None => {
            let asked: Vec<String> =
                windows.iter().map(|w| format!("`{}`", told(signal, *w))).collect();
            let message =
                format!("`looks_at` is `{}`, and the check does not ask that", text.trim());
            Err((message, format!("it asks {}", asked.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::node;
    use crate::rules::{SourceFile, read_inspection};
    use serde_json::json;

    /// What `looks_at` comes to, or what is wrong with it.
    fn read(looks_at: &str) -> String {
        let root = node(&json!({
            "inspection": "flink.x", "component": "flink", "at": "job", "looks_at": looks_at,
            "let": { "most": "max(heap_floor over 1h of taskmanagers)" },
            "high": { "late": "peak(\"delay\") over 7d > 1m and usual(\"delay\") > 1m" },
            "low": {
                "full": "most > 0.5 or config(\"restart-strategy\") = \"\" or count(outputs) > 3"
            },
            "says": { "en": "{floor(\"lag\") over 2d}" }, "source": "a test"
        }));
        match read_inspection(&SourceFile { name: "x.yaml".into(), root }) {
            Ok(check) => check.looks_at.to_string(),
            Err(found) => {
                let all = found.iter().map(|m| format!("{} ({})", m.message, m.todo));
                all.collect::<Vec<_>>().join("; ")
            }
        }
    }

    #[test]
    fn a_check_looks_at_what_its_conditions_ask() {
        for (said, is) in [
            ("delay over 7d", "delay over 7d"),
            ("delay over 168h", "delay over 7d"),
            ("delay over 1d", "delay over 24h"),
            ("heap_floor over 60m", "heap_floor over 1h"),
            ("restart-strategy", "restart-strategy"),
            ("outputs", "outputs"),
        ] {
            assert_eq!(read(said), is, "{said}");
        }
        let window = read("delay over 14d");
        assert!(window.contains("it asks `delay over 24h`, `delay over 7d`"), "{window}");
        assert!(read("delay").contains("the check does not ask that"));
        assert!(read("delay over soon").contains("the check does not ask that"));
        assert!(read("delai over 7d").contains("did you mean `delay`?"));
        assert!(read("lag over 2d").contains("does not ask it"), "words are no condition");
    }
}
