//! Days before a recording, made up: a bed lives for minutes, and what is usual at a time of day
//! takes days to know. Whoever plays with them says so.

use super::{Bundle, Derive, Player};
use std::collections::BTreeMap;
use std::sync::Arc;
use streamwarden_core::estate::{DayFlow, Entity, Fact, Millis, Span, TopicId};
use streamwarden_core::signals::Signal;

const DAY: Span = Span::secs(86_400);
/// Before a fault each topic got as much as on the days before it.
const BEFORE: Span = Span::secs(30);

/// Two days on which each topic got as much as before the fault; where nothing is wrong, as much as
/// in the recording itself: then it is so every day.
pub fn made_up(bundle: &Arc<Bundle>) -> Vec<Fact> {
    let Some((story, injected)) = bundle.header.story.as_ref().and_then(|s| Some((s, s.injected?)))
    else {
        return Vec::new();
    };
    let (from, to) = match story.cause {
        Some(_) => (injected - BEFORE, injected),
        None => (injected, story.healed.unwrap_or(bundle.header.to)),
    };
    let flows = rates(bundle, from, to).into_iter().map(|(topic, rate)| Fact::DayFlows {
        topic,
        flows: vec![
            DayFlow { at: injected - DAY - DAY, rate },
            DayFlow { at: injected - DAY, rate },
        ],
    });
    flows.collect()
}

/// Records per second into each topic.
fn rates(bundle: &Arc<Bundle>, from: Millis, to: Millis) -> BTreeMap<TopicId, f64> {
    let mut seen: BTreeMap<(TopicId, i32), [(Millis, f64); 2]> = BTreeMap::new();
    let mut player = Player::new(bundle.clone(), Derive::default());
    while let Some(look) = player.step() {
        for sample in look.into_iter().flat_map(|l| l.samples) {
            if sample.signal != Signal::EndOffset || sample.at < from || sample.at > to {
                continue;
            }
            if let Entity::Partition { topic, partition } = sample.entity {
                let point = (sample.at, sample.value);
                seen.entry((topic, partition)).or_insert([point; 2])[1] = point;
            }
        }
    }
    let mut rates = BTreeMap::new();
    for ((topic, _), [(t0, v0), (t1, v1)]) in seen {
        let seconds = (t1 - t0).as_secs();
        if seconds > 0.0 {
            *rates.entry(topic).or_insert(0.0) += (v1 - v0).max(0.0) / seconds;
        }
    }
    rates
}
