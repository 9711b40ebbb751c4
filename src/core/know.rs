//! One pass from a snapshot to what is said of it: the same in the running process, in a replay and
//! in a back-test.

use crate::case::{Assessment, IncidentEvent, Symptom, SymptomKind};
use crate::detect::{Seen, detect};
use crate::diagnose::diagnose;
use crate::estate::{Millis, Span};
use crate::incident::{Book, fold};
use crate::rules::RuleSet;
use crate::snapshot::Snapshot;

/// What one pass brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pass {
    pub seen: Seen,
    pub assessment: Assessment,
    pub events: Vec<IncidentEvent>,
    pub book: Book,
}

/// Symptoms, their causes, and the incidents after it.
pub fn pass(rules: &RuleSet, snapshot: &Snapshot, book: &Book) -> Pass {
    said(rules, snapshot, book, detect(snapshot))
}

/// Longer than any patience with trouble that has just begun.
const BEFORE_WE_CAME: Span = Span::secs(60);
/// So much of the past is asked for at a cold start.
const PAST: Span = Span::secs(3600);
/// Slower growth tells nothing of the beginning: half as fast is twice as long ago.
const GROWS_BY: f64 = 0.1;

/// The same for somebody who has just come and does not stay: what was so at the first look began
/// before it, and is not waited for as if it had begun then.
pub fn glance(rules: &RuleSet, snapshot: &Snapshot, book: &Book) -> Pass {
    let mut seen = detect(snapshot);
    for s in seen.symptoms.iter_mut().filter(|s| s.onset_at_least) {
        s.onset = s.onset.min(began(s, snapshot.at));
    }
    said(rules, snapshot, book, seen)
}

/// What is so late and grows so fast was in time so long ago; else it is merely older than our look.
fn began(s: &Symptom, at: Millis) -> Millis {
    use SymptomKind::*;
    let grows = s.trend.filter(|t| *t >= GROWS_BY);
    match (s.kind, s.value.zip(grows)) {
        (Late | EdgeLate | PathLate | LagGrows, Some((late, by))) => {
            at - Span::from_secs(late / by).min(PAST)
        }
        _ => s.onset - BEFORE_WE_CAME,
    }
}

fn said(rules: &RuleSet, snapshot: &Snapshot, book: &Book, seen: Seen) -> Pass {
    let assessment = diagnose(rules, snapshot, &seen);
    let (book, events) = fold(book, &assessment, snapshot.tick);
    Pass { seen, assessment, events, book }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Against;
    use crate::estate::{ClusterId, JobKey, Subject};

    #[test]
    fn what_was_so_already_is_dated_by_how_it_grows() {
        let job = JobKey::new(&ClusterId::new("c"), "j");
        let mut s = Symptom {
            kind: SymptomKind::LagGrows,
            subject: Subject::Job { job },
            job: None,
            what: None,
            onset: Millis(1_000_000),
            onset_at_least: true,
            value: Some(90.0),
            threshold: None,
            usual: None,
            season: None,
            against: Against::Baseline,
            trend: Some(0.9),
        };
        let at = Millis(1_030_000);
        assert_eq!(began(&s, at), Millis(930_000));
        s.trend = Some(0.01);
        assert_eq!(began(&s, at), Millis(940_000), "it stands: older than our look");
        s.trend = Some(0.2);
        s.value = Some(1e9);
        assert_eq!(began(&s, at), at - PAST);
    }
}
