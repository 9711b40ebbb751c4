//! Which of what is remembered a check asks, and how far back: so much is read for an inspection,
//! and no more.

use super::asked::{Asked, Walk};
use super::check::LetIs;
use super::inspection::Inspection;
use super::rule::Sentence;
use crate::estate::{Name, Span};
use std::collections::BTreeMap;

/// By name in [`crate::past::KEPT`]: how long before now the oldest of it lies.
pub type Weeks = BTreeMap<Name, Span>;

/// Over a day unless it is said.
const DAY: Span = Span::secs(86_400);

/// What all of them ask.
pub fn weeks(checks: &[Inspection]) -> Weeks {
    let mut found = Weeks::new();
    let mut put = |asked: Asked<'_>| {
        if let Asked::Measure { measure, arg: Some(name), window, ago } = asked
            && measure.past.is_some()
        {
            let far = found.entry(name.clone()).or_default();
            *far = (*far).max(Span(window.unwrap_or(DAY).0 + ago.0));
        }
    };
    let mut walk = Walk(&mut put);
    checks.iter().for_each(|c| of_check(c, &mut walk));
    found
}

fn of_check(check: &Inspection, walk: &mut Walk<'_>) {
    check.filter.iter().for_each(|e| walk.expr(e));
    for l in &check.lets {
        match &l.is {
            LetIs::Value(e) => walk.expr(e),
            LetIs::Subjects(s) => walk.selector(s),
        }
    }
    for condition in check.high.iter().chain(&check.low) {
        walk.expr(&condition.expr);
        condition.says.iter().for_each(|s| of_sentence(s, walk));
    }
    std::iter::once(&check.says).chain(&check.advice).for_each(|s| of_sentence(s, walk));
}

fn of_sentence(s: &Sentence, walk: &mut Walk<'_>) {
    for template in [&s.en, &s.zh] {
        template.expressions(&mut |e| walk.expr(e));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::node;
    use crate::rules::{SourceFile, read_inspection};
    use serde_json::json;

    #[test]
    fn as_far_back_as_the_farthest_asks_and_only_what_is_asked() {
        let root = node(&json!({
            "inspection": "flink.x", "component": "flink", "at": "job", "looks_at": "delay over 7d",
            "let": { "old": "peak(\"state_size\") over 7d ago 14d" },
            "high": { "late": "peak(\"delay\") over 7d > 2 * usual(\"delay\") and total(\"restarts\") > 3" },
            "low": { "grew": "max(peak(\"delay\") over 3d of upstream) > 1m or old > 5MB" },
            "says": { "en": "[[{floor(\"heap_floor\") over 2d:percent}]]" },
            "source": "a test"
        }));
        let check = read_inspection(&SourceFile { name: "x.yaml".into(), root });
        let found = weeks(&[check.unwrap_or_else(|m| panic!("{m:?}"))]);
        let days: Vec<_> = found.iter().map(|(n, s)| (&**n, s.0 / DAY.0)).collect();
        assert_eq!(days, [("delay", 7), ("heap_floor", 2), ("restarts", 1), ("state_size", 21)]);
    }
}
