//! One recording, looked at in one way.

use super::peers::{self, Alerts, Worth};
use super::ways::Way;
use std::collections::BTreeSet;
use std::sync::Arc;
use streamwarden::record::{Bundle, Outcome};
use streamwarden::tasks::{Watcher, tell_beside};
use streamwarden_core::case::Verdict;
use streamwarden_core::estate::{Subject, display};
use streamwarden_core::rules::RuleSet;

pub struct Run {
    /// `hot-key.2`
    pub recording: String,
    pub fault: String,
    pub way: &'static str,
    pub control: bool,
    pub outcome: Outcome,
    pub worst: Outcome,
    pub false_alarms: u32,
    pub symptom_s: Option<f64>,
    pub family_s: Option<f64>,
    pub root_s: Option<f64>,
    pub stood: String,
    pub alerts: Worth,
    pub deepest: Worth,
}

pub fn run(name: &str, bundle: &Arc<Bundle>, way: &Way, rules: &RuleSet) -> Run {
    let story = bundle.header.story.clone().unwrap();
    let until = story.healed.unwrap_or(bundle.header.to);
    let mut alerts = Alerts::default();
    let (mut fired, mut deepest) = (BTreeSet::new(), BTreeSet::new());
    let watcher = Watcher::new(rules.clone());
    let tale = tell_beside(bundle.clone(), (way.how)(bundle), watcher, |snapshot| {
        if way.stress {
            return;
        }
        let now = alerts.look(snapshot);
        if story.injected.is_some_and(|t| snapshot.at >= t) && snapshot.at <= until {
            fired.extend(now);
            let named = peers::deepest(snapshot);
            if !named.is_empty() {
                deepest = named;
            }
        }
    });
    let score = tale.score().unwrap();
    let named = |(verdict, place): (Verdict, Subject)| {
        let place = display(&place, &tale.estate);
        match verdict {
            Verdict::Root { cause } => format!("{cause} @ {place}"),
            Verdict::Family { family, .. } => format!("{family} (family) @ {place}"),
            Verdict::Undetermined { between } => format!("? {} @ {place}", between.join(" or ")),
        }
    };
    let stood: Vec<String> = tale.stood().into_iter().map(named).collect();
    Run {
        recording: name.to_owned(),
        way: way.word,
        control: story.cause.is_none(),
        outcome: score.outcome,
        worst: score.worst,
        false_alarms: score.false_alarms,
        symptom_s: tale.symptom_s(),
        family_s: score.family_s,
        root_s: score.root_s,
        stood: stood.join("; "),
        alerts: peers::alerts_worth(&story, &fired, &tale.estate),
        deepest: peers::deepest_worth(&story, &deepest, &tale.estate),
        fault: story.fault,
    }
}
