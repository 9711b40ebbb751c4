//! What was said of a recording, held against what is known to have happened.

use super::Story;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use streamwarden_core::case::{
    CauseRole, CloseReason, Diagnosis, EventKind, IncidentEvent, IncidentId, Verdict,
};
use streamwarden_core::estate::{Estate, Millis, Name, Subject};

/// Worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Root and place; of a control: nothing was said.
    Right,
    /// The family, at the place.
    Family,
    Undetermined,
    /// A fault, and nothing was said.
    Nothing,
    /// Another root, or elsewhere; of a control: that something is wrong.
    Wrong,
    /// What must not be named.
    Decoy,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    pub outcome: Outcome,
    /// Seconds from the injection until a right root was said, and the family or the root.
    pub root_s: Option<f64>,
    pub family_s: Option<f64>,
    /// Incidents that opened while nothing was wrong.
    pub false_alarms: u32,
    /// The decoy or the wrong root was said at some time, even if it was revised.
    pub worst: Outcome,
    /// Causes that stood as a root in the end, and what each was worth.
    pub named: Vec<(Name, Outcome)>,
}

/// How often what a rule names was right on recordings whose answer is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub right: u32,
    /// It was named, and it was something else or elsewhere.
    pub wrong: u32,
    /// It was the cause and was not named.
    pub undetermined: u32,
}

/// By cause, over scored recordings.
pub fn tally<'a>(all: impl Iterator<Item = (&'a Story, &'a Score)>) -> BTreeMap<Name, Counts> {
    let mut out: BTreeMap<Name, Counts> = BTreeMap::new();
    for (story, score) in all {
        for (cause, outcome) in &score.named {
            let counts = out.entry(cause.clone()).or_default();
            counts.right += u32::from(*outcome == Outcome::Right);
            counts.wrong += u32::from(*outcome >= Outcome::Wrong);
        }
        let missed = !score.named.iter().any(|n| n.1 == Outcome::Right);
        if let Some(cause) = story.cause.as_ref().filter(|_| missed) {
            out.entry(cause.clone()).or_default().undetermined += 1;
        }
    }
    out
}

/// A verdict with its place, as it stood.
#[derive(Clone)]
struct Stands {
    verdict: Verdict,
    subject: Subject,
    role: CauseRole,
}

/// `events` of the whole recording, oldest first; `estate` for names.
pub fn score(story: &Story, events: &[IncidentEvent], estate: &Estate) -> Score {
    let injected = story.injected.unwrap_or_default();
    let mut standing: BTreeMap<IncidentId, Stands> = BTreeMap::new();
    let mut confirmed: BTreeSet<IncidentId> = BTreeSet::new();
    let (mut root_s, mut family_s, mut false_alarms) = (None, None, 0);
    let mut worst = Outcome::Right;
    // what is said after the cure is about its consequences
    let until = story.healed.unwrap_or(Millis(i64::MAX));
    for event in events.iter().filter(|e| e.at <= until || is_end(&e.what)) {
        let said = match &event.what {
            EventKind::Opened { incident } => {
                false_alarms += u32::from(story.cause.is_none() || event.at < injected);
                Some(&incident.diagnosis)
            }
            EventKind::Revised { diagnosis, .. } => Some(&**diagnosis),
            EventKind::Confirmed => {
                confirmed.insert(event.id.clone());
                None
            }
            // a root that was sure was read and acted on, whatever became of it
            EventKind::Merged { .. }
            | EventKind::Closed { why: CloseReason::Merged | CloseReason::NoTrouble } => {
                let root = |s: &Stands| matches!(s.verdict, Verdict::Root { .. });
                if !confirmed.contains(&event.id) || !standing.get(&event.id).is_some_and(root) {
                    standing.remove(&event.id);
                }
                None
            }
            // over before it was injected: it was about something else
            EventKind::Closed { .. } if event.at < injected => {
                standing.remove(&event.id);
                None
            }
            _ => None,
        };
        let Some(diagnosis) = said else { continue };
        let stands = Stands::of(diagnosis);
        if event.at >= injected
            && let Some(outcome) = outcome(story, &stands, estate)
        {
            let after = (event.at - injected).as_secs();
            if outcome == Outcome::Right {
                root_s.get_or_insert(after);
            }
            if outcome <= Outcome::Family {
                family_s.get_or_insert(after);
            }
            worst = worst.max(outcome);
        }
        standing.insert(event.id.clone(), stands);
    }
    let each: Vec<(&Stands, Outcome)> =
        standing.values().filter_map(|s| Some((s, outcome(story, s, estate)?))).collect();
    let outcomes: Vec<Outcome> = each.iter().map(|e| e.1).collect();
    let outcome = whole(story, &outcomes);
    let named = each.iter().filter_map(|(s, outcome)| match &s.verdict {
        Verdict::Root { cause } => Some((cause.clone(), *outcome)),
        _ => None,
    });
    let (named, worst) = (named.collect(), worst.max(outcome));
    Score { outcome, root_s, family_s, false_alarms, worst, named }
}

fn is_end(what: &EventKind) -> bool {
    matches!(what, EventKind::Merged { .. } | EventKind::Closed { .. })
}

/// One wrong answer spoils it; beside a right one an open question does not.
fn whole(story: &Story, each: &[Outcome]) -> Outcome {
    if story.cause.is_none() {
        return if each.is_empty() { Outcome::Right } else { Outcome::Wrong };
    }
    match (each.iter().max(), each.iter().min()) {
        (Some(worst), _) if *worst >= Outcome::Wrong => *worst,
        (_, Some(best)) => *best,
        _ => Outcome::Nothing,
    }
}

/// None: it says that nothing is wrong yet.
fn outcome(story: &Story, said: &Stands, estate: &Estate) -> Option<Outcome> {
    if story.cause.is_none() {
        return (!said.calm()).then_some(Outcome::Wrong);
    }
    let right = |cause: &Name| story.cause.iter().chain(&story.or_causes).any(|c| c == cause);
    let here = story.place.iter().chain(&story.or_places).any(|p| p.is(&said.subject, estate));
    let victim = said.subject.job().is_some_and(|job| {
        let name = estate.jobs.get(job).map_or(&job.key, |j| &j.name);
        story.victims.contains(name)
    });
    let not_here = story.decoy_places.iter().any(|p| p.is(&said.subject, estate)) || victim;
    match &said.verdict {
        Verdict::Root { cause } if right(cause) && here => Some(Outcome::Right),
        Verdict::Root { cause } if story.decoys.contains(cause) => Some(Outcome::Decoy),
        Verdict::Undetermined { .. } => Some(Outcome::Undetermined),
        _ if not_here && !here => Some(Outcome::Decoy),
        _ if said.calm() => None,
        Verdict::Family { family, between }
            if here && (story.family.as_ref() == Some(family) || between.iter().any(right)) =>
        {
            Some(Outcome::Family)
        }
        Verdict::Root { .. } | Verdict::Family { .. } => Some(Outcome::Wrong),
    }
}

impl Stands {
    fn of(d: &Diagnosis) -> Stands {
        Stands { verdict: d.verdict.clone(), subject: d.subject.clone(), role: d.role }
    }

    fn calm(&self) -> bool {
        matches!(self.role, CauseRole::Hazard | CauseRole::NotAFault)
    }
}

#[cfg(test)]
mod tests;
