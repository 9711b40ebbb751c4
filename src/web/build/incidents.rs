//! The list of incidents: open ones in order of harm, then closed ones.

use super::convert::word;
use super::incident::text;
use super::planned::{planned, silence_of, work_of};
use super::subject::{Scene, Tab};
use super::{harm, repaired};
use crate::web::state::{FlinkUrls, IncidentBook};
use crate::web::view_incident::*;
use streamwarden_core::case::{Ack, Calm, CauseRole, Incident, IncidentState, NoTrouble};
use streamwarden_core::case::{Record, Symptom, SymptomKind, Verdict};
use streamwarden_core::diagnose::{calm_usual, symptom_usual};
use streamwarden_core::estate::Millis;
use streamwarden_core::inspect::{Incidents, Occurred};
use streamwarden_core::rules::Words;
use streamwarden_core::snapshot::Snapshot;

pub const MAX_LIMIT: usize = 1000;

/// Which incidents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncidentFilter {
    pub state: Which,
    /// A job's node id, key or name.
    pub job: Option<String>,
    /// A cause or a family.
    pub cause: Option<String>,
    /// Part of id, place, cause or sentence; case does not count.
    pub text: Option<String>,
    pub offset: usize,
    pub limit: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    #[default]
    Open,
    Closed,
    All,
}

impl Which {
    pub const ALL: [(&'static str, Which); 3] =
        [("open", Which::Open), ("closed", Which::Closed), ("all", Which::All)];
}

/// The open ones that fit, worst first. Whoever asks adds closed ones and cuts the list.
pub fn open_rows(scene: &Scene, book: &IncidentBook, f: &IncidentFilter) -> Vec<IncidentRow> {
    let fitting = book.open.iter().filter(|r| fits(scene, &r.incident, f));
    let mut rows: Vec<_> = fitting.map(|r| row(scene, &r.incident, r.acks.last())).collect();
    rows.sort_by(|a, b| {
        let by_plan = a.planned.is_some().cmp(&b.planned.is_some());
        let by_state = by_plan.then(recovering(a).cmp(&recovering(b)));
        by_state.then(harm::worst_first(&a.harm, &b.harm)).then(a.onset.cmp(&b.onset))
    });
    rows
}

/// As a report tells them.
pub fn since(s: &Snapshot, from: Millis, all: u32, open: u32, first: &[Incident]) -> Incidents {
    // a report is read elsewhere too: it has no links to Flink's pages
    let scene = Scene { s, flink: &FlinkUrls::new() };
    let one = |i: &Incident| {
        let says = row(&scene, i, None).sentence;
        let says = Words { en: says.en, zh: says.zh };
        Occurred { id: i.id.clone(), onset: i.onset, closed: i.closed, says }
    };
    Incidents { from, all, open, told: first.iter().map(one).collect() }
}

/// What is over already comes after what still hurts; what somebody works on, last.
fn recovering(row: &IncidentRow) -> bool {
    row.state == IncidentStage::Recovering
}

/// The whole list without closed ones.
pub fn list(
    scene: &Scene,
    book: &IncidentBook,
    rows: Vec<IncidentRow>,
    total: u32,
) -> IncidentList {
    IncidentList {
        at: scene.s.at.0,
        total,
        open: u32::try_from(book.open.len()).unwrap_or(u32::MAX),
        incidents: rows,
        calm: book.calm.iter().filter(|n| !told(book, n)).map(|n| calm(scene, n)).collect(),
        pending: book.pending.iter().map(|s| symptom(scene, s)).collect(),
    }
}

/// What an open incident already tells of is not called harmless beside it.
fn told(book: &IncidentBook, n: &NoTrouble) -> bool {
    let of = |i: &Incident| n.subject.job().is_some_and(|job| harm::jobs(i).contains(&job));
    n.why == Calm::CatchingUp && book.open.iter().any(|r| of(&r.incident))
}

fn fits(scene: &Scene, i: &Incident, f: &IncidentFilter) -> bool {
    let of_job = |want: &String| {
        harm::jobs(i).into_iter().any(|job| {
            let view = scene.job(job);
            view.node.as_ref() == Some(want) || *job.key == **want || view.name == *want
        })
    };
    let of_cause = |want: &String| {
        let family = match &i.diagnosis.verdict {
            Verdict::Family { family, .. } => Some(family),
            _ => None,
        };
        i.diagnosis.verdict.causes().iter().chain(family).any(|c| **c == **want)
    };
    let has = |part: &String| words(scene, i).to_lowercase().contains(&part.to_lowercase());
    f.job.as_ref().is_none_or(of_job)
        && f.cause.as_ref().is_none_or(of_cause)
        && f.text.as_ref().is_none_or(has)
}

/// What a search looks in.
fn words(scene: &Scene, i: &Incident) -> String {
    let causes: Vec<&str> = i.diagnosis.verdict.causes().iter().map(|c| &**c).collect();
    let says = &i.diagnosis.says;
    let place = scene.subject(&i.diagnosis.subject);
    let jobs: Vec<String> = harm::jobs(i).into_iter().map(|j| scene.job(j).name).collect();
    let (causes, jobs) = (causes.join(" "), jobs.join(" "));
    format!("{} {causes} {} {} {} {jobs}", i.id.0, says.en, says.zh, place.name)
}

pub fn row(scene: &Scene, i: &Incident, ack: Option<&Ack>) -> IncidentRow {
    let harm = harm::harm(scene, i);
    let end = i.closed.unwrap_or(scene.s.at);
    let repair = repaired::of_incident(scene.s, i);
    IncidentRow {
        id: i.id.0.to_string(),
        state: stage(i.state),
        sentence: repaired::told(harm::sentence(scene, i, &harm), repair.as_ref()),
        verdict: verdict(&i.diagnosis.verdict),
        role: role(i.diagnosis.role),
        subject: scene.subject_at(&i.diagnosis.subject, tab(&i.diagnosis.symptoms)),
        onset: i.onset.0,
        opened: i.opened.0,
        closed: i.closed.map(|t| t.0),
        last_seen: i.last_seen.0,
        duration_s: (end - i.onset).as_secs().max(0.0),
        harm,
        acked: ack.map(self::ack),
        planned: work_of(scene.s, i).map(|w| planned(&scene.s.estate, w, scene.s.at)),
        silenced: silence_of(scene.s, i).map(|w| planned(&scene.s.estate, w, scene.s.at)),
        repair,
    }
}

pub fn record_row(scene: &Scene, r: &Record) -> IncidentRow {
    row(scene, &r.incident, r.acks.last())
}

/// The page of Flink that shows what is the matter.
fn tab(symptoms: &[Symptom]) -> Tab {
    use SymptomKind::*;
    match symptoms.first().map(|s| s.kind) {
        Some(Restarted | NotRunning) => Tab::Exceptions,
        Some(CheckpointOld | CheckpointsFail) => Tab::Checkpoints,
        _ => Tab::Overview,
    }
}

fn stage(s: IncidentState) -> IncidentStage {
    match s {
        IncidentState::Provisional => IncidentStage::Provisional,
        IncidentState::Confirmed => IncidentStage::Confirmed,
        IncidentState::Recovering => IncidentStage::Recovering,
        IncidentState::Closed => IncidentStage::Closed,
    }
}

pub fn role(r: CauseRole) -> String {
    word(&r)
}

pub fn verdict(v: &Verdict) -> VerdictView {
    let (kind, family) = match v {
        Verdict::Root { .. } => (VerdictKind::Root, None),
        Verdict::Family { family, .. } => (VerdictKind::Family, Some(family.to_string())),
        Verdict::Undetermined { .. } => (VerdictKind::Undetermined, None),
    };
    VerdictView { kind, causes: v.causes().iter().map(|c| c.to_string()).collect(), family }
}

pub fn ack(a: &Ack) -> AckView {
    AckView { at: a.at.0, by: a.by.to_string(), note: a.note.as_ref().map(|n| n.to_string()) }
}

fn calm(scene: &Scene, n: &NoTrouble) -> CalmView {
    CalmView {
        subject: scene.subject(&n.subject),
        why: word(&n.why),
        since: n.since.0,
        eta_s: n.eta_s,
        usual: calm_usual(n).as_ref().map(text),
    }
}

pub fn symptom(scene: &Scene, s: &Symptom) -> SymptomView {
    SymptomView {
        kind: word(&s.kind),
        subject: scene.subject(&s.subject),
        what: s.what.as_ref().map(|w| w.to_string()),
        onset: s.onset.0,
        onset_at_least: s.onset_at_least,
        value: s.value,
        threshold: s.threshold,
        unit: s.unit().to_owned(),
        against: word(&s.against),
        trend: s.trend,
        usual: symptom_usual(s).as_ref().map(text),
    }
}

#[cfg(test)]
mod tests;
