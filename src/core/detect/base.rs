//! Base clusters that do not do their work. One that is not seen is not ill.

use super::Seen;
use super::scene::Scene;
use crate::case::{Against, Symptom, SymptomKind};
use crate::estate::Span;
use crate::rules::Ctx;
use crate::rules::standing::{Standing, Why, standing};

/// ZooKeeper elects a new leader within seconds, an HDFS pair hands over in as many: less is none.
const LASTS: Span = Span::secs(10);

pub fn look(scene: &Scene<'_>, seen: &mut Seen) {
    if scene.s.estate.bases.is_empty() {
        return;
    }
    let ctx = Ctx::new(scene.s);
    for (id, base) in &scene.s.estate.bases {
        let Standing::Ill { since, at_least, why } = standing(&ctx, id, base) else { continue };
        if scene.at() - since < scene.ticks(2, LASTS) {
            continue;
        }
        seen.symptoms.push(Symptom {
            kind: SymptomKind::BaseIll,
            subject: base.subject(id),
            job: None,
            what: match why {
                Why::Condition(text) => Some(text),
                Why::SafeMode(_) | Why::NotServing => None,
            },
            onset: since,
            onset_at_least: at_least,
            value: Some((scene.at() - since).as_secs()),
            threshold: None,
            usual: None,
            season: None,
            against: Against::Bound,
            trend: None,
        });
    }
}
