//! Whether a base cluster is well, as far as can be told: what symptom and page both go by.

use super::ask::Question;
use super::ctx::Ctx;
use super::measures::ailing;
use crate::estate::{BaseCluster, BaseKind, ClusterId, Millis, Name, Span, Subject};

/// Looks back in which the moment is sought at which a condition failed: 20 minutes of looks every
/// 5 s. What failed for longer is told as "at least".
const LOOKS: i64 = 240;

#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    Well,
    Ill {
        since: Millis,
        /// It was so at the first look that is known, or that was looked back to.
        at_least: bool,
        why: Why,
    },
    /// It is not seen, or what is seen does not tell.
    Unknown,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// No member does the work.
    NotServing,
    /// In HDFS's own words. Hostile.
    SafeMode(Name),
    /// A condition of its configuration does not hold.
    Condition(Name),
}

pub fn standing(ctx: &Ctx<'_>, id: &ClusterId, base: &BaseCluster) -> Standing {
    if !ctx.is_recent(base.looked) {
        return Standing::Unknown;
    }
    if base.serves == Some(false) {
        let why = base.notes.get("safe_mode").cloned().map_or(Why::NotServing, Why::SafeMode);
        return Standing::Ill { since: base.serves_since, at_least: false, why };
    }
    if base.base != BaseKind::Component {
        return if base.serves == Some(true) { Standing::Well } else { Standing::Unknown };
    }
    let subject = base.subject(id);
    match ailing(ctx, &subject, ctx.at) {
        (Some(false), Some(text)) => {
            let (since, at_least) = fails_since(ctx, &subject, text);
            Standing::Ill { since, at_least, why: Why::Condition(text.clone()) }
        }
        (Some(true), _) => Standing::Well,
        _ => Standing::Unknown,
    }
}

/// Age of the oldest record that waits in it, s, by the figure that was declared for that. None:
/// unknown, or nothing is declared.
pub fn own_delay(ctx: &Ctx<'_>, id: &ClusterId, base: &BaseCluster) -> Option<f64> {
    let delay = base.place.delay.as_ref()?;
    let subject = base.subject(id);
    let question = Question::of(&delay.ask, subject.kind()).ok()?;
    question.at(ctx, &subject, ctx.at).filter(|s| s.is_finite() && *s >= 0.0)
}

/// Whether it is well, and its own delay within its target. None: one of both is not known, and
/// nothing is wrong with the other.
pub fn within(ctx: &Ctx<'_>, id: &ClusterId, base: &BaseCluster) -> Option<bool> {
    let late = match base.place.delay.as_ref().and_then(|d| d.target) {
        None => Some(false),
        Some(target) => own_delay(ctx, id, base).map(|s| s > target.as_secs()),
    };
    match (standing(ctx, id, base), late) {
        (Standing::Ill { .. }, _) | (_, Some(true)) => Some(false),
        (Standing::Well, Some(false)) => Some(true),
        _ => None,
    }
}

/// The first look of the unbroken row of looks at which that condition does not hold, and whether
/// it may have failed before.
fn fails_since(ctx: &Ctx<'_>, subject: &Subject, text: &Name) -> (Millis, bool) {
    let mut since = ctx.at;
    for n in 1..=LOOKS {
        let at = ctx.at - Span(ctx.tick().0 * n);
        match ailing(ctx, subject, at) {
            (Some(false), Some(failing)) if failing == text => since = at,
            (Some(_), _) => return (since, false),
            (None, _) => break,
        }
    }
    (since, true)
}
