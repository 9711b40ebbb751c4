//! The minute that is remembered: each measure of [`KEPT`], asked of everything that is there.

#[cfg(test)]
mod tests;

use crate::availability;
use crate::estate::{Millis, Name, Span, SubjectKind};
use crate::past::{Fold, KEPT, Kept, MINUTE, rounded};
use crate::rules::{Ctx, Question, all_of, standing};
use crate::snapshot::Snapshot;

/// Looks at one minute, where a measure has no window of its own.
const LOOKS: i64 = 12;

/// One value of a minute.
#[derive(Clone, Debug, PartialEq)]
pub struct Minute {
    /// Id of a subject, or what [`crate::availability::minute`] judges.
    pub of: Name,
    /// The name in [`KEPT`], or of the availability's own.
    pub name: &'static str,
    pub value: f64,
}

/// The measures, read once.
#[derive(Debug)]
pub struct Keeper {
    asked: Vec<(Kept, Question)>,
}

impl Default for Keeper {
    fn default() -> Keeper {
        let read = |k: &Kept| Some((*k, Question::of(k.ask, k.of).ok()?));
        Keeper { asked: KEPT.iter().filter_map(read).collect() }
    }
}

impl Keeper {
    /// The minute that ends at the snapshot's moment, of everything that is there. What is not
    /// known has no value.
    pub fn minute(&self, s: &Snapshot) -> Vec<Minute> {
        let ctx = Ctx::new(s);
        let mut out = Vec::new();
        for kind in KINDS {
            let subjects = all_of(s, kind);
            for (kept, question) in self.asked.iter().filter(|(k, _)| k.of == kind) {
                for subject in &subjects {
                    let values = looks(&ctx, kept).filter_map(|at| question.at(&ctx, subject, at));
                    if let Some(value) = kept.fold.of(values.collect()) {
                        let (of, value) = (subject.to_string().into(), rounded(value));
                        out.push(Minute { of, name: kept.name, value });
                    }
                }
            }
        }
        for (id, base) in &s.estate.bases {
            out.extend(standing::within(&ctx, id, base).map(|within| Minute {
                of: base.subject(id).to_string().into(),
                name: availability::WITHIN,
                value: f64::from(within),
            }));
        }
        for judged in availability::minute(s) {
            let of = &judged.of;
            let within = f64::from(judged.within);
            out.push(Minute { of: of.clone(), name: availability::WITHIN, value: within });
            let planned = Minute { of: of.clone(), name: availability::PLANNED, value: 1.0 };
            out.extend(judged.planned.then_some(planned));
            out.extend(judged.p95.map(|p95| Minute {
                of: of.clone(),
                name: availability::DELAY,
                value: rounded(p95),
            }));
        }
        out
    }
}

/// Moments at which a measure is asked within the minute that ends now.
fn looks(ctx: &Ctx<'_>, kept: &Kept) -> impl Iterator<Item = Millis> + use<> {
    let (end, tick) = (ctx.at, ctx.tick().0.max(1));
    let n = if kept.fold == Fold::Now { 1 } else { (MINUTE.0 / tick).clamp(1, LOOKS) };
    (0..n).map(move |i| end - Span(i * MINUTE.0 / n))
}

const KINDS: [SubjectKind; 10] = [
    SubjectKind::Job,
    SubjectKind::FlinkCluster,
    SubjectKind::Topic,
    SubjectKind::KafkaCluster,
    SubjectKind::Broker,
    SubjectKind::Zookeeper,
    SubjectKind::Hdfs,
    SubjectKind::Yarn,
    SubjectKind::Component,
    SubjectKind::Host,
];
