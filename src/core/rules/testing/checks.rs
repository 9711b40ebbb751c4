//! Cases of checks: as those of rules, asked of everything of the check's kind.

use super::weeks::lay;
use super::{Case, Moment, figures, is_called, word};
use crate::estate::{Subject, display};
use crate::rules::ctx::Ctx;
use crate::rules::evidence::Truth;
use crate::rules::inspection::{Inspection, Level, Verdict};
use crate::rules::places::all_of;
use crate::snapshot::Snapshot;

/// Why the case fails; None: it holds.
pub fn judge_check(check: &Inspection, case: &Case, moment: &Moment<'_>) -> Option<String> {
    let snapshot = match lay(&case.past, &case.incidents, moment.snapshot) {
        Ok(snapshot) => snapshot,
        Err(why) => return Some(why),
    };
    let found = find(check, case, &snapshot);
    let Some((place, verdict)) = found else {
        let none = case.subject.is_some() || case.expect != Truth::False;
        return none.then(|| "the check concerns nothing there".to_owned());
    };
    let (truth, level) = outcome(&verdict);
    let place = display(&place, &snapshot.estate);
    let mut wrong = Vec::new();
    if truth != case.expect || case.level.is_some_and(|l| Some(l) != level) {
        let wanted = case.level.map_or(word(case.expect), name);
        wrong.push(format!("{} at {place}, not {wanted}", level.map_or(word(truth), name)));
    }
    match &verdict {
        Verdict::CannotTell { missing } if truth != case.expect => {
            wrong.push(format!("  not seen: {missing}"));
        }
        Verdict::Risk { evidence, says, advice, .. } => {
            let failed = !wrong.is_empty();
            for e in evidence.iter().filter(|_| failed) {
                wrong.push(format!("  {} is {}: {}{}", e.name, word(e.truth), e.expr, figures(e)));
            }
            // a risk is told with figures: one that is not known has no place in its words
            let words = advice.iter().chain([says]);
            for w in words.filter(|w| w.en.contains("unknown") || w.zh.contains("未知")) {
                wrong.push(format!("a figure is not known in its words: {}", w.en));
            }
            for wanted in case.says.iter().filter(|t| !told(says, advice, t)) {
                let all: Vec<&str> = advice.iter().chain([says]).map(|w| &*w.en).collect();
                wrong.push(format!("nowhere it says `{wanted}`: {}", all.join(" | ")));
            }
        }
        _ => {}
    }
    (!wrong.is_empty()).then(|| wrong.join("\n"))
}

fn told(says: &crate::rules::Words, advice: &[crate::rules::Words], text: &str) -> bool {
    advice.iter().chain([says]).any(|w| w.en.contains(text) || w.zh.contains(text))
}

/// At the place that the case names, else wherever it is worst.
fn find(check: &Inspection, case: &Case, snapshot: &Snapshot) -> Option<(Subject, Verdict)> {
    let ctx = Ctx::new(snapshot);
    let mut all = all_of(snapshot, check.at);
    all.retain(|s| case.subject.as_deref().is_none_or(|wanted| is_called(&ctx, s, wanted)));
    let judged = all.into_iter().filter_map(|s| match check.stands_at(&ctx, &s) {
        Some(true) => Some((check.judge(&ctx, &s), s)),
        Some(false) => None,
        None => Some((Verdict::CannotTell { missing: "whether it concerns it".into() }, s)),
    });
    let rank = |v: &Verdict| match v {
        Verdict::Risk { level, .. } => 2 + u8::from(*level == Level::High),
        Verdict::CannotTell { .. } => 1,
        Verdict::Fine => 0,
    };
    judged.max_by_key(|(v, _)| rank(v)).map(|(v, s)| (s, v))
}

fn outcome(v: &Verdict) -> (Truth, Option<Level>) {
    match v {
        Verdict::Risk { level, .. } => (Truth::True, Some(*level)),
        Verdict::CannotTell { .. } => (Truth::Unknown, None),
        Verdict::Fine => (Truth::False, None),
    }
}

fn name(level: Level) -> &'static str {
    match level {
        Level::High => "high",
        Level::Low => "low",
    }
}
