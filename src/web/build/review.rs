//! What months of incidents tell.

use crate::web::view_review::*;
use streamwarden_core::estate::{Millis, Name, Subject};
use streamwarden_core::learn::{Group, Lesson, learn};
use streamwarden_core::lineage::{PatternKind, Settings};

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
) -> ReviewView {
    let is = |want: &Option<String>, got: Option<&Name>| {
        want.as_ref().is_none_or(|want| got.is_some_and(|got| **got == **want))
    };
    let with_team = |l: Lesson| Lesson { team: team(settings, &l.place), ..l };
    let of = |l: &Lesson| {
        is(&f.cluster, l.cluster.as_ref())
            && is(&f.team, l.team.as_ref())
            && (is(&f.place, Some(&l.place)) || is(&f.place, Some(&l.place_name)))
    };
    let lessons: Vec<Lesson> = lessons.into_iter().map(with_team).filter(of).collect();
    let learned = learn(&lessons, to);
    let groups = |all: Vec<Group>| all.into_iter().map(group).collect();
    ReviewView {
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
