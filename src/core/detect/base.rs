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
        let (since, at_least, why) = match standing(&ctx, id, base) {
            Standing::Well => continue,
            Standing::Ill { since, at_least, why }
                if scene.at() - since >= scene.ticks(2, LASTS) =>
            {
                (since, at_least, why)
            }
            // not seen, or seen again for a moment only: what it had is not gone
            Standing::Ill { .. } | Standing::Unknown => {
                seen.unsure.insert(base.subject(id));
                continue;
            }
        };
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

#[cfg(test)]
mod tests {
    use crate::detect::detect;
    use crate::rules::tests::world;
    use serde_json::{Value as Json, json};

    /// Symptoms, and of how many components it is not known how they are.
    fn seen(load: Json) -> (usize, usize) {
        let s = world(json!({
            "until": "300s",
            "taskmanagers": ["tm-1"],
            "jobs": { "a": { "plan": "src(1) -> out(1 hash)" } },
            "bases": { "ck": { "kind": "component", "jobs": ["a"], "health": ["metric(\"load\") < 2"] } },
            "series": { "metric ck load": load }
        }))
        .snapshot;
        let seen = detect(&s);
        (seen.symptoms.len(), seen.unsure.len())
    }

    #[test]
    fn a_figure_that_is_not_told_any_more_is_neither_ill_nor_well() {
        assert_eq!(seen(json!(30)), (1, 0));
        assert_eq!(seen(json!(1)), (0, 0));
        assert_eq!(seen(json!({ "0s..200s": 30 })), (0, 1), "stale");
        assert_eq!(seen(json!({ "0s..295s": 1, "295s..": 30 })), (0, 1), "for a moment only");
    }
}
