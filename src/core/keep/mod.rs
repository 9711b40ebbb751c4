//! The minute that is remembered: each measure of [`KEPT`], asked of everything that is there.

#[cfg(test)]
mod tests;

use crate::estate::{Millis, Span, Subject, SubjectKind};
use crate::past::{Fold, KEPT, Kept, MINUTE, rounded};
use crate::rules::{Ctx, Question};
use crate::snapshot::Snapshot;

/// Looks at one minute, where a measure has no window of its own.
const LOOKS: i64 = 12;

/// One value of a minute.
#[derive(Clone, Debug, PartialEq)]
pub struct Minute {
    pub subject: Subject,
    /// The name in [`KEPT`].
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
                        let (subject, value) = (subject.clone(), rounded(value));
                        out.push(Minute { subject, name: kept.name, value });
                    }
                }
            }
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

const KINDS: [SubjectKind; 5] = [
    SubjectKind::Job,
    SubjectKind::FlinkCluster,
    SubjectKind::Topic,
    SubjectKind::KafkaCluster,
    SubjectKind::Broker,
];

/// Everything of a kind that is there now; of kinds whose names do not last, nothing.
pub fn all_of(s: &Snapshot, kind: SubjectKind) -> Vec<Subject> {
    let estate = &s.estate;
    match kind {
        SubjectKind::Job => {
            let there = estate.jobs.values().filter(|j| j.gone.is_none());
            there.map(|j| Subject::Job { job: j.key.clone() }).collect()
        }
        SubjectKind::FlinkCluster => {
            estate.flink.keys().map(|c| Subject::FlinkCluster { cluster: c.clone() }).collect()
        }
        SubjectKind::KafkaCluster => {
            estate.kafka.keys().map(|c| Subject::KafkaCluster { cluster: c.clone() }).collect()
        }
        SubjectKind::Topic => {
            let topic = |c: &crate::estate::ClusterId, t: &crate::estate::Name| Subject::Topic {
                topic: crate::estate::TopicId { cluster: c.clone(), topic: t.clone() },
            };
            let all = estate.kafka.iter().flat_map(|(c, k)| k.topics.keys().map(move |t| (c, t)));
            all.map(|(c, t)| topic(c, t)).collect()
        }
        SubjectKind::Broker => {
            let listed = estate.kafka.iter().filter_map(|(c, k)| Some((c, k.overview.as_ref()?)));
            listed
                .flat_map(|(c, (_, o))| {
                    o.brokers.iter().map(|b| Subject::Broker { cluster: c.clone(), id: b.id })
                })
                .collect()
        }
        _ => Vec::new(),
    }
}
