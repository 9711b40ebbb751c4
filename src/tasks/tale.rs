//! What a recording tells: which symptoms came when, and what was said of them.

use super::{Replay, Watcher};
use crate::record::{Bundle, Derive, Score, Since, Story, score};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use streamwarden_core::case::{
    Calm, CloseReason, EventKind, Incident, IncidentEvent, IncidentId, NoTrouble, Symptom,
    SymptomKind, Verdict,
};
use streamwarden_core::estate::{Estate, Millis, Name, Span, Subject, display};
use streamwarden_core::snapshot::Snapshot;

/// The whole of it.
#[derive(Debug, Serialize)]
pub struct Tale {
    /// What is known to have happened.
    pub story: Option<Story>,
    pub from: Millis,
    pub to: Millis,
    pub tick: Span,
    /// The moment from which its seconds are counted.
    pub zero: Millis,
    pub since: Since,
    /// Why it ends before its end.
    pub cut: Option<String>,
    pub told: Vec<Told>,
    /// Open at the end.
    pub open: Vec<Incident>,
    /// As it was known at the end: for names.
    #[serde(skip)]
    pub estate: Arc<Estate>,
}

#[derive(Debug, Serialize)]
pub struct Told {
    pub at: Millis,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Debug, Serialize)]
#[serde(tag = "told", rename_all = "snake_case")]
pub enum What {
    /// Seen for the first time.
    Symptom {
        symptom: Symptom,
        place: String,
    },
    /// Looks like trouble and is none; for the first time.
    Calm {
        calm: NoTrouble,
        place: String,
    },
    Event {
        event: IncidentEvent,
        place: String,
    },
}

/// Symptoms and calm that were told already.
#[derive(Default)]
struct Known {
    symptoms: BTreeSet<(SymptomKind, Subject, Option<Name>)>,
    calm: BTreeSet<(Calm, Subject)>,
}

/// Replays it all. `watcher` is fresh.
pub fn tell(bundle: Arc<Bundle>, how: Derive, watcher: Watcher) -> Tale {
    tell_beside(bundle, how, watcher, |_| ())
}

/// The same, with somebody else who looks at each snapshot.
pub fn tell_beside(
    bundle: Arc<Bundle>,
    how: Derive,
    mut watcher: Watcher,
    mut look: impl FnMut(&Snapshot),
) -> Tale {
    let header = &bundle.header;
    let (story, from, to) = (header.story.clone(), header.from, header.to);
    let mut replay = Replay::new(bundle.clone(), how);
    let tick = replay.tick();
    let mut known = Known::default();
    let (zero, since) = header.zero();
    let mut tale = Tale {
        story,
        from,
        to,
        tick,
        zero,
        since,
        cut: bundle.cut.clone(),
        told: Vec::new(),
        open: Vec::new(),
        estate: Arc::default(),
    };
    while let Some(snapshot) = replay.step() {
        look(&snapshot);
        let pass = watcher.pass(&snapshot);
        let place = |subject: &Subject| display(subject, &snapshot.estate);
        let mut say = |what| tale.told.push(Told { at: snapshot.at, what });
        for symptom in pass.seen.symptoms {
            let key = (symptom.kind, symptom.subject.clone(), symptom.what.clone());
            if known.symptoms.insert(key) {
                let place = place(&symptom.subject);
                say(What::Symptom { symptom, place });
            }
        }
        for calm in pass.assessment.calm {
            if known.calm.insert((calm.why, calm.subject.clone())) {
                let place = place(&calm.subject);
                say(What::Calm { calm, place });
            }
        }
        for event in pass.events {
            let place = about(&event, &watcher).map(|s| place(&s)).unwrap_or_default();
            say(What::Event { event, place });
        }
        tale.estate = snapshot.estate;
    }
    tale.open = watcher.book().incidents.values().cloned().collect();
    tale
}

impl Tale {
    pub fn events(&self) -> Vec<IncidentEvent> {
        let events = self.told.iter().filter_map(|t| match &t.what {
            What::Event { event, .. } => Some(event.clone()),
            _ => None,
        });
        events.collect()
    }

    /// Against what is known to have happened; None: nobody knows.
    pub fn score(&self) -> Option<Score> {
        Some(score(self.story.as_ref()?, &self.events(), &self.estate))
    }

    /// The last that was said of each incident that was not taken back, by incident.
    pub fn stood(&self) -> Vec<(Verdict, Subject)> {
        let mut standing = BTreeMap::new();
        for event in self.events() {
            match event.what {
                EventKind::Opened { incident } => {
                    let d = incident.diagnosis;
                    standing.insert(event.id, (d.verdict, d.subject));
                }
                EventKind::Revised { diagnosis, .. } => {
                    standing.insert(event.id, (diagnosis.verdict, diagnosis.subject));
                }
                EventKind::Merged { .. }
                | EventKind::Closed { why: CloseReason::Merged | CloseReason::NoTrouble } => {
                    standing.remove(&event.id);
                }
                _ => {}
            }
        }
        standing.into_values().collect()
    }

    /// Seconds from the injection to the first symptom after it.
    pub fn symptom_s(&self) -> Option<f64> {
        let injected = self.story.as_ref()?.injected?;
        let symptom = |t: &&Told| matches!(t.what, What::Symptom { .. }) && t.at >= injected;
        self.told.iter().find(symptom).map(|t| (t.at - injected).as_secs())
    }
}

/// The place that an event is about; of a closed incident it is gone from the book.
fn about(event: &IncidentEvent, watcher: &Watcher) -> Option<Subject> {
    let of = |id: &IncidentId| watcher.book().incidents.get(id);
    match &event.what {
        EventKind::Opened { incident } => Some(incident.diagnosis.subject.clone()),
        EventKind::Revised { diagnosis, .. } => Some(diagnosis.subject.clone()),
        _ => of(&event.id).map(|i| i.diagnosis.subject.clone()),
    }
}
