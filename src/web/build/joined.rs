//! The lineage with what somebody placed in it beside jobs and topics.

use std::borrow::Cow;
use std::sync::Arc;
use streamwarden_core::estate::{BaseCluster, ClusterId};
use streamwarden_core::lineage::{self, Delay, Method, Reading, Status, Why};
use streamwarden_core::rules::Ctx;
use streamwarden_core::rules::standing::{Standing, own_delay, standing};
use streamwarden_core::snapshot::Snapshot;

/// Of the past nothing is known of them: their figures are of now.
pub fn with_components(s: &Snapshot, historic: bool) -> Cow<'_, Snapshot> {
    if !lineage::any_placed(&s.estate) {
        return Cow::Borrowed(s);
    }
    let ctx = Ctx::new(s);
    let told = |id: &ClusterId, base: &BaseCluster| match historic {
        true => (Status::Unknown, Delay::unknown(Why::NotKept)),
        false => (status(&ctx, id, base), delay(&ctx, id, base)),
    };
    let lineage = Arc::new(lineage::joined(&s.lineage, &s.estate, told));
    Cow::Owned(Snapshot { lineage, ..s.clone() })
}

/// Well or ill; and how late it is, where that was declared.
pub fn status(ctx: &Ctx<'_>, id: &ClusterId, base: &BaseCluster) -> Status {
    let stands = match standing(ctx, id, base) {
        Standing::Well => Status::Normal,
        Standing::Ill { .. } => Status::Over,
        Standing::Unknown => Status::Unknown,
    };
    let late = base.place.delay.as_ref().map(|_| delay(ctx, id, base).status);
    lineage::worst([stands].into_iter().chain(late))
}

/// By its own figure.
pub fn delay(ctx: &Ctx<'_>, id: &ClusterId, base: &BaseCluster) -> Delay {
    let Some(declared) = &base.place.delay else { return Delay::unknown(Why::NoMeasure) };
    let target_s = declared.target.map(|t| t.as_secs());
    let Some(seconds) = own_delay(ctx, id, base) else {
        return Delay { target_s, ..Delay::unknown(Why::NoFigure) };
    };
    Delay {
        now: Some(Reading { at: base.looked, seconds, at_least: false }),
        method: Some(Method::Own),
        unknown: None,
        status: lineage::judge_against(seconds, target_s),
        target_s,
        ..Delay::unknown(Why::NoMeasure)
    }
}
