//! What months of incidents tell.

use super::Scene;
use super::known::no_place;
use crate::web::view_review::*;
use std::collections::BTreeSet;
use streamwarden_core::estate::{Millis, Name, Subject};
use streamwarden_core::learn::{Group, Lesson, learn};
use streamwarden_core::lineage::{PatternKind, Settings};
use streamwarden_core::rules::did_you_mean;

/// Of which incidents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewFilter {
    pub cluster: Option<String>,
    pub team: Option<String>,
    /// Id or name of where the root sits.
    pub place: Option<String>,
}

pub fn review(
    settings: &Settings,
    lessons: Vec<Lesson>,
    f: &ReviewFilter,
    (from, to): (Millis, Millis),
    zone: &str,
) -> ReviewView {
    let is = |want: &Option<String>, got: Option<&Name>| {
        want.as_ref().is_none_or(|want| got.is_some_and(|got| **got == **want))
    };
    let with_team = |l: Lesson| Lesson { team: team(settings, &l.place), ..l };
    let of = |l: &Lesson| {
        is(&f.cluster, l.cluster.as_ref())
            && is(&f.team, l.team.as_ref())
            && f.place.as_ref().is_none_or(|place| sits(l, place))
    };
    let lessons: Vec<Lesson> = lessons.into_iter().map(with_team).filter(of).collect();
    let learned = learn(&lessons, to);
    let groups = |all: Vec<Group>| all.into_iter().map(group).collect();
    ReviewView {
        zone: zone.to_owned(),
        from: from.0,
        to: to.0,
        all: group(learned.all),
        causes: groups(learned.causes),
        places: groups(learned.places),
        clusters: groups(learned.clusters),
        teams: groups(learned.teams),
        again: learned
            .again
            .into_iter()
            .map(|a| ReviewAgain {
                place: a.place.to_string(),
                place_name: a.place_name.to_string(),
                cause: a.cause.to_string(),
                times: a.times,
                trouble_s: a.trouble_s,
                incident: a.last.to_string(),
                last: a.last_at.0,
            })
            .collect(),
    }
}

/// What was asked for, and what to do, where nothing is called so: neither now nor in the incidents
/// of this time.
pub fn unknown(
    settings: &Settings,
    scene: &Scene,
    lessons: &[Lesson],
    f: &ReviewFilter,
) -> Option<(String, String)> {
    let estate = &scene.s.estate;
    let one = |asked: &Option<String>, what: &str, known: BTreeSet<&str>| {
        let asked = asked.as_deref().filter(|a| !known.contains(a))?;
        let todo = did_you_mean(asked, known.iter().copied());
        Some((format!("no {what} {asked:?} is known"), todo))
    };
    let now = estate.flink.keys().chain(estate.kafka.keys()).chain(estate.bases.keys());
    let then = lessons.iter().filter_map(|l| l.cluster.as_deref());
    let clusters = now.map(|c| c.as_str()).chain(then).collect();
    let teams = settings.groups.iter().map(|g| &*g.name).collect();
    let place = || {
        let asked = f.place.as_deref().filter(|a| !lessons.iter().any(|l| sits(l, a)))?;
        let todo = no_place(scene, asked)?;
        Some((format!("no place {asked:?} is known"), todo))
    };
    one(&f.cluster, "cluster", clusters).or_else(|| one(&f.team, "team", teams)).or_else(place)
}

/// By its id, the name that is shown, or its bare name: `ck` of `component:ck`.
fn sits(l: &Lesson, place: &str) -> bool {
    let bare = l.place.split_once(':').map(|(_, bare)| bare);
    *l.place == *place || *l.place_name == *place || bare == Some(place)
}

/// By what the configuration calls the job or topic in which it sits.
fn team(settings: &Settings, place: &str) -> Option<Name> {
    match place.parse::<Subject>().ok()? {
        Subject::Topic { topic } | Subject::Partition { topic, .. } => {
            settings.group(PatternKind::Topic, &topic.topic)
        }
        place => settings.group(PatternKind::Job, &place.job()?.key),
    }
}

fn group(g: Group) -> ReviewGroup {
    ReviewGroup {
        name: g.name.to_string(),
        incidents: g.incidents,
        open: g.open,
        detect_p50_s: g.detect.p50,
        detect_p95_s: g.detect.p95,
        recover_p50_s: g.recover.p50,
        recover_p95_s: g.recover.p95,
        trouble_s: g.trouble_s,
        last: g.last.map(|t| t.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata::{self, NOW};
    use streamwarden_core::estate::Span;

    fn of(place: &str) -> ReviewFilter {
        ReviewFilter { place: Some(place.into()), ..ReviewFilter::default() }
    }

    #[test]
    fn a_component_is_found_by_its_bare_name_and_an_unknown_name_is_an_error() {
        let s = testdata::with_warehouse(&testdata::snapshot());
        let flink = Default::default();
        let scene = Scene { s: &s, flink: &flink };
        let settings = testdata::settings();
        let mut lessons = testdata::lessons();
        lessons[0].place = "component:ck".into();
        lessons[0].place_name = "clickhouse ck".into();
        let time = (NOW - Span::secs(90 * 86_400), NOW);
        for place in ["ck", "component:ck", "clickhouse ck"] {
            let found = review(&settings, lessons.clone(), &of(place), time, "UTC");
            assert_eq!(found.all.incidents, 1, "{place}");
        }
        let no = |f: &ReviewFilter| unknown(&settings, &scene, &lessons, f);
        // nothing happened there, and it is there
        for place in ["ck", "audit-log", "topic:pay-1/orders"] {
            assert_eq!(no(&of(place)), None, "{place}");
        }
        let (error, todo) = no(&of("adsrisk")).expect("unknown");
        assert!(error.contains("adsrisk") && todo.contains("ads-risk"), "{error}: {todo}");
        let cluster = ReviewFilter { cluster: Some("nope".into()), ..ReviewFilter::default() };
        let (_, todo) = no(&cluster).expect("unknown");
        assert!(todo.contains("`demo`") && todo.contains("`pay-1`"), "{todo}");
        let team = ReviewFilter { team: Some("nope".into()), ..ReviewFilter::default() };
        assert_eq!(no(&team).expect("unknown").1, "there is none");
    }
}
