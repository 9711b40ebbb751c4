//! Announced work: where it is, as a person names it and as we keep it.

use super::Error;
use crate::web::view_planned::{PlannedList, PlannedView};
use std::collections::BTreeSet;
use streamwarden_core::case::Incident;
use streamwarden_core::estate::{
    ClusterId, Estate, Millis, PlannedWork, Scope, Silence, TopicId, job_name, silence_on, work_on,
};
use streamwarden_core::snapshot::Snapshot;

/// How many near names an error offers.
const NEAREST: usize = 3;

pub fn planned_list(s: &Snapshot, all: &[PlannedWork], now: Millis) -> PlannedList {
    let views = |over: bool| {
        let wanted = all.iter().filter(|w| (now >= w.over()) == over);
        wanted.map(|w| planned(&s.estate, w, now)).collect()
    };
    PlannedList { at: now.0, open: views(false), over: views(true) }
}

pub fn planned(estate: &Estate, w: &PlannedWork, now: Millis) -> PlannedView {
    let (kind, name) = match &w.scope {
        Scope::Estate => ("estate", "estate".to_owned()),
        Scope::Cluster { cluster } => ("cluster", cluster.to_string()),
        Scope::Job { job } => ("job", job_name(job, estate)),
        Scope::Topic { topic } => ("topic", topic.topic.to_string()),
    };
    let state = match () {
        () if now >= w.over() => "over",
        () if now < w.from => "coming",
        () => "now",
    };
    PlannedView {
        id: w.id.to_string(),
        kind: kind.into(),
        scope: scope_id(&w.scope),
        name,
        from: w.from.0,
        until: w.until.0,
        who: w.who.to_string(),
        why: w.why.to_string(),
        made: w.made.0,
        ended: w.ended.as_ref().map(|e| e.at.0),
        ended_by: w.ended.as_ref().map(|e| e.by.to_string()),
        state: state.into(),
        silence: w.silence.is_some(),
        no_remediate: w.silence == Some(Silence::NoRemediate),
    }
}

fn scope_id(scope: &Scope) -> String {
    match scope {
        Scope::Estate => "estate".to_owned(),
        Scope::Cluster { cluster } => format!("cluster:{cluster}"),
        Scope::Job { job } => format!("job:{job}"),
        Scope::Topic { topic } => format!("topic:{topic}"),
    }
}

/// The work that an incident is a part of: now, or for as long as it was open.
pub fn work_of<'a>(s: &'a Snapshot, i: &Incident) -> Option<&'a PlannedWork> {
    let at = |t| work_on(s.planned.iter(), &i.diagnosis.subject, t);
    match i.closed {
        None => at(s.at),
        Some(closed) => at(i.opened).and(at(closed)),
    }
}

/// The silence that it falls under, while it is open.
pub fn silence_of<'a>(s: &'a Snapshot, i: &Incident) -> Option<&'a PlannedWork> {
    let open = i.closed.is_none();
    silence_on(s.planned.iter(), &i.diagnosis.subject, s.at).filter(|_| open)
}

/// By its id, or by its bare name where only one thing has it. Nothing stands for the estate but
/// its name.
///
/// # Errors
/// Nothing is called so, or several are.
/// `known`: clusters that are configured. One that never answered is named by what we miss of it, too.
pub fn scope_of(s: &Snapshot, known: &[ClusterId], text: &str) -> Result<Scope, Error> {
    let missed = s.gaps.iter().filter_map(|g| g.target.cluster());
    let known: BTreeSet<ClusterId> = known.iter().cloned().chain(missed).collect();
    pick(&scopes(&s.estate, &known), "job, topic or cluster", text)
}

/// Of id, name and what they mean.
pub fn pick<T: Clone>(
    all: &[(String, String, T)],
    what: &'static str,
    text: &str,
) -> Result<T, Error> {
    if let Some((_, _, found)) = all.iter().find(|(id, _, _)| id == text) {
        return Ok(found.clone());
    }
    let named: Vec<_> = all.iter().filter(|(_, name, _)| name == text).collect();
    match named.as_slice() {
        [(_, _, found)] => Ok(found.clone()),
        [] => Err(Error::NotFound { what, id: text.to_owned(), nearest: nearest(all, text) }),
        several => {
            let ids = several.iter().take(NEAREST + 1).map(|(id, _, _)| id.clone());
            Err(Error::Ambiguous { id: text.to_owned(), candidates: ids.collect() })
        }
    }
}

/// Everything that somebody may work on: id, name.
fn scopes(estate: &Estate, known: &BTreeSet<ClusterId>) -> Vec<(String, String, Scope)> {
    let mut all = vec![Scope::Estate];
    let clusters: BTreeSet<&ClusterId> =
        estate.flink.keys().chain(estate.kafka.keys()).chain(known).collect();
    all.extend(clusters.iter().map(|c| Scope::Cluster { cluster: (*c).clone() }));
    all.extend(estate.jobs.keys().map(|job| Scope::Job { job: job.clone() }));
    for (cluster, kafka) in &estate.kafka {
        let topics = kafka.topics.keys().map(|t| TopicId::new(cluster, t.clone()));
        all.extend(topics.map(|topic| Scope::Topic { topic }));
    }
    let name = |scope: &Scope| match scope {
        Scope::Estate => "estate".to_owned(),
        Scope::Cluster { cluster } => cluster.to_string(),
        Scope::Job { job } => {
            estate.jobs.get(job).map_or_else(|| job.key.to_string(), |j| j.name.to_string())
        }
        Scope::Topic { topic } => topic.topic.to_string(),
    };
    all.into_iter().map(|scope| (scope_id(&scope), name(&scope), scope)).collect()
}

fn nearest<T>(all: &[(String, String, T)], text: &str) -> Vec<String> {
    let bare = text.rsplit('/').next().unwrap_or(text);
    nearest_of(all.iter().map(|(id, name, _)| (id.as_str(), name.as_str())), bare)
}

/// Of ids, each with the name that it is known by.
pub fn nearest_of<'a>(all: impl Iterator<Item = (&'a str, &'a str)>, text: &str) -> Vec<String> {
    let mut scored: Vec<_> = all
        .map(|(id, name)| (strsim::jaro_winkler(name, text), id))
        .filter(|(score, _)| *score > 0.7)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(NEAREST).map(|(_, id)| id.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata::{self, NOW, job, topic};

    #[test]
    fn a_place_is_found_by_id_or_by_name_and_never_guessed() {
        let s = testdata::snapshot();
        let of = |text: &str| scope_of(&s, &[ClusterId::new("pay")], text);
        let pay = Scope::Cluster { cluster: ClusterId::new("pay") };
        assert_eq!(of("cluster:pay"), Ok(pay), "configured, and never seen");
        assert_eq!(of("estate"), Ok(Scope::Estate));
        assert_eq!(of("ads-risk"), Ok(Scope::Job { job: job("ads-risk") }));
        assert_eq!(of("job:demo/ads-risk"), Ok(Scope::Job { job: job("ads-risk") }));
        assert_eq!(of("orders"), Ok(Scope::Topic { topic: topic("orders") }));
        assert_eq!(of("demo"), Ok(Scope::Cluster { cluster: testdata::flink() }));
        for nothing in ["", "*", "all"] {
            assert!(matches!(of(nothing), Err(Error::NotFound { .. })), "{nothing:?}");
        }
        let Err(Error::NotFound { nearest, .. }) = of("ads-rsik") else { panic!() };
        assert_eq!(nearest[0], "job:demo/ads-risk");
    }

    #[test]
    fn a_list_tells_what_is_on_what_comes_and_what_is_over() {
        let s = testdata::snapshot();
        let list = planned_list(&s, &testdata::planned(), NOW);
        let open: Vec<_> = list.open.iter().map(|w| (&*w.state, &*w.scope)).collect();
        let now = ["job:demo/ods-orders", "job:demo/dwd-order-stats"].map(|s| ("now", s));
        assert_eq!(open, [now[0], now[1], ("coming", "cluster:pay-1")]);
        assert_eq!(
            (&*list.over[0].state, list.over[0].ended_by.as_deref()),
            ("over", Some("chen"))
        );
    }
}
