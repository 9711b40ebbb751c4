//! The verdict.

use super::After;
use crate::case::{Before, Cure, SymptomKind};
use crate::plan::Bar;

/// Flink's autoscaler calls a scaling ineffective that brought less than a tenth of what it should;
/// a tenth is also what rates wander by themselves.
const MATTERS: f64 = 0.1;
/// Restarts under the watch: one may be a straggler, two are a job that does not run.
const FAILS: u32 = 2;
/// Delays below this are no delays: a fetch and a look, s.
const NOTHING_S: f64 = 3.0;

/// None: too early to say. Whoever gets None until the watch is over cannot tell.
pub fn judge(before: &Before, after: &After, bar: &Bar) -> Option<Cure> {
    let late = after.watched >= bar.patience;
    if after.restarts >= FAILS && !had(before, SymptomKind::Restarted) {
        return Some(Cure::Worse);
    }
    if after.running.is_none_or(|up| up < bar.running) {
        return None;
    }
    if bar.checkpoints > 0 && after.checkpoints.is_none_or(|n| n < bar.checkpoints) {
        return None;
    }
    let there = |want| after.symptoms.iter().any(|s| s.there == want);
    let known = !there(None) && after.symptoms.len() == before.symptoms.len();
    let gone = known && !there(Some(true)) && !before.symptoms.is_empty();
    if gone && caught_up(before, after) && !fails_anew(before, after) {
        return Some(Cure::Cured);
    }
    if !late {
        return None;
    }
    if !known {
        return Some(Cure::CannotTell);
    }
    if catching_up(after) && !fails_anew(before, after) && after.watched < bar.catch_up {
        return None;
    }
    Some(by_figures(before, after, gone))
}

/// The way to in time is through being late: what falls is a cure under way.
fn catching_up(after: &After) -> bool {
    after.trend.is_some_and(|t| t < 0.0) && after.delay_s.is_none_or(|d| d > NOTHING_S)
}

fn had(before: &Before, kind: SymptomKind) -> bool {
    before.symptoms.iter().any(|s| s.kind == kind)
}

fn fails_anew(before: &Before, after: &After) -> bool {
    after.failures.iter().any(|kind| !had(before, *kind))
}

/// What waited has gone; where the plan knew no delay, there was none to be seen.
fn caught_up(before: &Before, after: &After) -> bool {
    match (before.delay_s, after.delay_s) {
        (_, Some(now)) if now <= NOTHING_S => true,
        (Some(then), Some(now)) => now <= then * MATTERS,
        // the job did not read: nobody knew how late it was
        (None, Some(_)) => false,
        (Some(_), None) => false,
        (None, None) => true,
    }
}

fn by_figures(before: &Before, after: &After, gone: bool) -> Cure {
    let grows = after.trend.is_some_and(|t| t > 0.0);
    let through = before.throughput.zip(after.throughput);
    let more = through.is_some_and(|(then, now)| now >= then * (1.0 + MATTERS));
    let less = through.is_some_and(|(then, now)| now < then * (1.0 - MATTERS));
    let later = before.delay_s.zip(after.delay_s).is_some_and(|(then, now)| now > then);
    if fails_anew(before, after) || (later && grows && less) {
        return Cure::Worse;
    }
    let better = match much_later(before, after) {
        // on the way back, and faster than before: nothing less
        true => catching_up(after) && more,
        false => gone || catching_up(after) || (more && !grows) || fewer(after),
    };
    if better {
        return Cure::Improved;
    }
    if after.delay_s.is_none() && after.throughput.is_none() {
        return Cure::CannotTell;
    }
    Cure::NoChange
}

/// More waits than when the plan was made, by more than rates wander.
fn much_later(before: &Before, after: &After) -> bool {
    let worse = |(then, now): (f64, f64)| now > NOTHING_S && now > then * (1.0 + MATTERS);
    before.delay_s.zip(after.delay_s).is_some_and(worse)
}

/// Some of its symptoms are gone, all that are left are known.
fn fewer(after: &After) -> bool {
    after.symptoms.iter().any(|s| s.there == Some(false))
}
