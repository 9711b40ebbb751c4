//! Weeks that a case makes up: an hour each, laid over what is remembered in the world it is judged
//! in.

use super::curve::{Curve, curve, stretch};
use super::is_called;
use crate::estate::{Millis, Name, Span, SubjectKind};
use crate::past::{HOUR, Hour, KEPT, Kept, Limits, Past, Trouble};
use crate::rules::ctx::Ctx;
use crate::rules::places::all_of;
use crate::rules::text::{Mistakes, Node, did_you_mean};
use crate::snapshot::Snapshot;
use std::sync::Arc;

/// One measure of one subject, or of all of a kind.
#[derive(Clone, Debug)]
pub struct Week {
    kept: &'static Kept,
    /// `*`: all of the kind.
    path: Name,
    /// From the moment that is judged: before it.
    curve: Curve,
}

/// `past: { job risk state_size: { -14d..0s: 1GB->6GB } }`
pub fn weeks(n: Option<&Node>, out: &mut Mistakes) -> Vec<Week> {
    let entries = n.map(Node::entries).unwrap_or_default();
    entries.iter().filter_map(|(key, value)| week(key, value, out)).collect()
}

fn week(key: &Node, value: &Node, out: &mut Mistakes) -> Option<Week> {
    let words: Vec<&str> = key.text().unwrap_or_default().split_whitespace().collect();
    let [kind, path, name] = words.as_slice() else {
        let todo = "write it like `job risk state_size` or `topic * produce_rate`";
        out.add(key.at, "this names nothing that is remembered", todo);
        return None;
    };
    let kinds = || KEPT.iter().map(|k| k.of.name());
    let Some(of) = KEPT.iter().map(|k| k.of).find(|k| k.name() == *kind) else {
        out.add(
            key.at,
            format!("nothing is remembered of a `{kind}`"),
            did_you_mean(kind, kinds()),
        );
        return None;
    };
    let Some(kept) = Kept::find(of, name) else {
        let names = KEPT.iter().filter(|k| k.of == of).map(|k| k.name);
        out.add(
            key.at,
            format!("`{name}` of a {kind} is not remembered"),
            did_you_mean(name, names),
        );
        return None;
    };
    Some(Week { kept, path: (*path).into(), curve: curve(value, out)? })
}

/// Every job of the world was in it.
#[derive(Clone, Debug)]
pub struct Incident {
    cause: Name,
    /// From the moment that is judged.
    from: Span,
    to: Span,
}

/// `incidents: { code.slow_udf_cpu: -30h..-29h }`
pub fn incidents(n: Option<&Node>, out: &mut Mistakes) -> Vec<Incident> {
    let entries = n.map(Node::entries).unwrap_or_default();
    let one = |(key, value): &(Node, Node)| {
        let (from, to) = stretch(value, out)?;
        Some(Incident { cause: key.text()?.into(), from: from?, to: to? })
    };
    entries.iter().filter_map(one).collect()
}

/// The snapshot with these weeks in it.
///
/// # Errors
/// Nobody there is called so.
pub fn lay(
    weeks: &[Week],
    incidents: &[Incident],
    snapshot: &Snapshot,
) -> Result<Snapshot, String> {
    let ctx = Ctx::new(snapshot);
    let mut past = Past::clone(&snapshot.past);
    for Incident { cause, from, to } in incidents {
        let (from, to, cause) = (snapshot.at + *from, snapshot.at + *to, Some(cause.clone()));
        for job in snapshot.estate.jobs.keys() {
            past.was_in(job.clone(), Trouble { from, to, cause: cause.clone() });
        }
    }
    for week in weeks {
        let mut all = all_of(snapshot, week.kept.of);
        let kind: SubjectKind = week.kept.of;
        all.retain(|s| {
            &*week.path == "*" || is_called(&ctx, s, &format!("{} {}", kind.name(), week.path))
        });
        if all.is_empty() {
            return Err(format!("no {} is called `{}` there", kind.name(), week.path));
        }
        let hours = hours(&week.curve, snapshot.at);
        all.into_iter().for_each(|s| past.put(s, week.kept.name, hours.clone()));
    }
    Ok(Snapshot { past: Arc::new(past), ..snapshot.clone() })
}

/// The full hours before a moment, as long as any are kept.
fn hours(curve: &Curve, at: Millis) -> Vec<Hour> {
    let now = at.0.div_euclid(HOUR.0);
    let all = (1..=Limits::default().keep.0 / HOUR.0).rev();
    let hour = |ago: i64| {
        let v = curve.at(Span(-ago * HOUR.0), Span(0))?;
        let start = Millis((now - ago) * HOUR.0);
        Some(Hour { start, known: 60, min: v, mean: v, max: v, last: v })
    };
    all.filter_map(hour).collect()
}
