//! Which of what is remembered a check asks, and how far back: so much is read for an inspection,
//! and no more.

use super::ast::{Expr, Kind, Pick, Selector};
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
    let mut found = Found::default();
    checks.iter().for_each(|c| found.check(c));
    found.0
}

#[derive(Default)]
struct Found(Weeks);

impl Found {
    fn check(&mut self, check: &Inspection) {
        let here = (DAY, Span(0));
        check.filter.iter().for_each(|e| self.expr(e, here));
        for l in &check.lets {
            match &l.is {
                LetIs::Value(e) => self.expr(e, here),
                LetIs::Subjects(s) => self.selector(s, here),
            }
        }
        for condition in check.high.iter().chain(&check.low) {
            self.expr(&condition.expr, here);
            condition.says.iter().for_each(|s| self.sentence(s));
        }
        std::iter::once(&check.says).chain(&check.advice).for_each(|s| self.sentence(s));
    }

    fn sentence(&mut self, s: &Sentence) {
        for template in [&s.en, &s.zh] {
            template.expressions(&mut |e| self.expr(e, (DAY, Span(0))));
        }
    }

    /// `at`: the window in force, and how long ago it ends.
    fn expr(&mut self, e: &Expr, (window, ago): (Span, Span)) {
        let at = (window, ago);
        match &e.kind {
            Kind::Measure { measure, arg: Some(name), .. } if measure.past.is_some() => {
                let far = self.0.entry(name.clone()).or_default();
                *far = (*far).max(Span(window.0 + ago.0));
            }
            Kind::Over(inner, d) => self.expr(inner, (*d, ago)),
            Kind::Ago(inner, d) => self.expr(inner, (window, Span(ago.0 + d.0))),
            Kind::Of(inner, s) => {
                self.expr(inner, at);
                self.selector(s, at);
            }
            Kind::CountOf(s) => self.selector(s, at),
            Kind::Before(i)
            | Kind::Fold(_, i)
            | Kind::Negative(i)
            | Kind::Matches(i, ..)
            | Kind::Known(i, _)
            | Kind::Not(i)
            | Kind::Held(i, _) => self.expr(i, at),
            Kind::Arith(_, l, r) | Kind::Compare(_, l, r) => {
                self.expr(l, at);
                self.expr(r, at);
            }
            Kind::And(all) | Kind::Or(all) => all.iter().for_each(|e| self.expr(e, at)),
            _ => {}
        }
    }

    fn selector(&mut self, s: &Selector, at: (Span, Span)) {
        match &s.kind {
            Pick::Step { base: Some(of), .. } | Pick::Named { of, .. } | Pick::Others(of) => {
                self.selector(of, at);
            }
            Pick::Best { by: e, of, .. } | Pick::Where { filter: e, of } => {
                self.expr(e, at);
                self.selector(of, at);
            }
            Pick::This | Pick::Let(_) | Pick::Step { base: None, .. } => {}
        }
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
