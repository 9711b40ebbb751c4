//! One incident with its evidence, its timeline and what else was considered.

use super::convert::word;
use super::incidents::{ack, record_row, symptom, verdict};
use super::subject::Scene;
use super::{harm, harm_path};
use crate::web::view_incident::*;
use std::collections::BTreeSet;
use streamwarden_core::case::*;
use streamwarden_core::estate::{JobKey, Millis};
use streamwarden_core::rules::{self, Check, Evidence, Figure, Words};

pub fn incident(scene: &Scene, r: &Record) -> IncidentView {
    let i = &r.incident;
    let d = &i.diagnosis;
    let open = i.state != IncidentState::Closed;
    IncidentView {
        at: scene.s.at.0,
        row: record_row(scene, r),
        says: text(&d.says),
        support: d.support,
        timeline: timeline(scene, r),
        path: harm_path::path(scene, i),
        evidence: d.evidence.iter().map(|e| evidence(scene, e)).collect(),
        considered: d.considered.iter().map(|c| considered(scene, c)).collect(),
        missing: d.missing.iter().map(missing).collect(),
        consequences: d.consequences.iter().map(|f| finding(scene, f)).collect(),
        victims: d
            .victims
            .iter()
            .map(|v| harm::victim(scene, &v.job, v.late_s, v.target_s, open))
            .collect(),
        symptoms: d.symptoms.iter().map(|s| symptom(scene, s)).collect(),
        advice: d.advice.iter().map(text).collect(),
        never: d.never.iter().map(text).collect(),
        cures: d.cures.iter().map(|c| c.to_string()).collect(),
        said: i.said.iter().map(|s| said(scene, s)).collect(),
        corrections: r.corrections.iter().map(correction).collect(),
        merged_into: i.merged_into.as_ref().map(|id| id.0.to_string()),
        split_from: i.split_from.as_ref().map(|id| id.0.to_string()),
        recording: None,
    }
}

/// A diagnosis that no incident has been made of: of one look, or of a replay.
pub fn of_diagnosis(scene: &Scene, d: &Diagnosis) -> IncidentView {
    let incident = Incident {
        id: IncidentId("".into()),
        state: IncidentState::Provisional,
        opened: scene.s.at,
        closed: None,
        onset: d.onset,
        diagnosis: d.clone(),
        last_seen: scene.s.at,
        said: Vec::new(),
        merged_into: None,
        split_from: None,
    };
    let (events, acks, corrections) = (Vec::new(), Vec::new(), Vec::new());
    self::incident(scene, &Record { incident, events, acks, corrections })
}

pub fn text(w: &Words) -> TextView {
    TextView { en: w.en.clone(), zh: w.zh.clone() }
}

pub fn truth(t: rules::Truth) -> Truth {
    match t {
        rules::Truth::True => Truth::True,
        rules::Truth::False => Truth::False,
        rules::Truth::Unknown => Truth::Unknown,
    }
}

pub fn figure(f: &Figure) -> FigureView {
    match f {
        Figure::Number { value, unit } => FigureView {
            // JSON has no NaN: what is none is absent
            value: Some(*value).filter(|v| v.is_finite()),
            unit: Some(unit.to_string()),
            ..FigureView::default()
        },
        Figure::Text { text } => {
            FigureView { text: Some(text.to_string()), ..FigureView::default() }
        }
        Figure::Truth { truth } => FigureView { truth: Some(*truth), ..FigureView::default() },
    }
}

pub fn evidence(scene: &Scene, e: &Evidence) -> EvidenceView {
    EvidenceView {
        name: e.name.to_string(),
        truth: truth(e.truth),
        words: e.words.as_ref().map(text),
        expr: e.expr.to_string(),
        at: e.at.0,
        checks: e.checks.iter().map(|c| check(scene, c)).collect(),
    }
}

pub fn check(scene: &Scene, c: &Check) -> CheckView {
    CheckView {
        truth: truth(c.truth),
        subject: scene.subject(&c.subject),
        expr: c.expr.to_string(),
        value: c.value.as_ref().map(figure),
        op: c.op.as_ref().map(|o| o.to_string()),
        threshold: c.threshold.as_ref().map(figure),
        held_s: c.held_s,
        missing: c.missing.as_ref().map(|m| m.to_string()),
    }
}

fn considered(scene: &Scene, c: &Considered) -> ConsideredView {
    let mut seen: Vec<EvidenceView> = c.evidence.iter().map(|e| evidence(scene, e)).collect();
    let prefix = match c.why_not {
        WhyNot::NeedFails => Some(("not so: ", "不成立：")),
        WhyNot::Unknown => Some(("not known: ", "未知：")),
        _ => None,
    };
    // rules say what holds; of what does not, that is to be said first
    for (words, (en, zh)) in seen.iter_mut().filter_map(|e| Some((e.words.as_mut()?, prefix?))) {
        words.en.insert_str(0, en);
        words.zh.insert_str(0, zh);
    }
    ConsideredView {
        cause: c.cause.to_string(),
        subject: scene.subject(&c.subject),
        why_not: word(&c.why_not),
        evidence: seen,
    }
}

fn missing(m: &Missing) -> MissingView {
    let probe = m.probe.as_ref().map(|p| match p {
        Probe::ThreadDump { .. } => "thread_dump",
        Probe::FlameGraph { .. } => "flame_graph",
        Probe::CheckpointDetail { .. } => "checkpoint_detail",
        Probe::LogTail { .. } => "log_tail",
        Probe::DescribeTopic { .. } => "describe_topic",
    });
    MissingView {
        name: m.name.to_string(),
        cause: m.cause.to_string(),
        what: m.what.to_string(),
        probe: probe.map(str::to_owned),
    }
}

fn finding(scene: &Scene, f: &Finding) -> FindingView {
    FindingView {
        cause: f.cause.to_string(),
        subject: scene.subject(&f.subject),
        says: text(&f.says),
    }
}

fn said(scene: &Scene, s: &Said) -> SaidView {
    SaidView {
        at: s.at.0,
        verdict: verdict(&s.verdict),
        subject: scene.subject(&s.subject),
        says: text(&s.says),
    }
}

pub fn correction(c: &Correction) -> CorrectionView {
    let text = |t: &Option<streamwarden_core::estate::Name>| t.as_ref().map(|t| t.to_string());
    CorrectionView {
        at: c.at.0,
        by: c.by.to_string(),
        right: c.right,
        cause: text(&c.cause),
        subject: text(&c.subject),
        note: text(&c.note),
    }
}

/// From its onset on: what was said when, and what people did about it.
fn timeline(scene: &Scene, r: &Record) -> Vec<EventView> {
    let mut list = vec![moment(r.incident.onset.0, "onset")];
    let mut known = BTreeSet::new();
    let news = r.events.iter().filter(|e| spreads_anew(e, &mut known));
    list.extend(news.map(|e| event(scene, e)));
    list.extend(r.acks.iter().map(|a| {
        let AckView { at, by, note } = ack(a);
        EventView { by: Some(by), note, ..moment(at, "acknowledged") }
    }));
    list.extend(r.corrections.iter().map(|c| {
        let view = correction(c);
        let why = if view.right { "right" } else { "wrong" };
        let (by, note) = (Some(view.by), view.note);
        EventView { by, note, why: Some(why.to_owned()), ..moment(view.at, "corrected") }
    }));
    list.extend(eased(scene, r));
    // events of the same moment stay in the order in which they happened
    list.sort_by_key(|e| e.at);
    list
}

/// False for a spread to those who were said to suffer before: who swings around a bound would be
/// told each time.
fn spreads_anew(e: &IncidentEvent, known: &mut BTreeSet<(String, String)>) -> bool {
    let EventKind::Spread { consequences, .. } = &e.what else { return true };
    let mut anew = false;
    for f in consequences {
        anew |= known.insert((f.cause.to_string(), f.subject.to_string()));
    }
    for v in suffered(e).into_iter().flat_map(|(_, victims)| victims) {
        anew |= known.insert((String::new(), v.job.to_string()));
    }
    anew
}

/// Jobs that were said to suffer and were not any more, when that was said anew; of an open
/// incident, also what holds now.
fn eased(scene: &Scene, r: &Record) -> Vec<EventView> {
    let mut hurt: BTreeSet<&JobKey> = BTreeSet::new();
    let mut list = Vec::new();
    let open = r.incident.state != IncidentState::Closed;
    let now = (r.incident.last_seen, &r.incident.diagnosis.victims);
    for (at, victims) in r.events.iter().filter_map(suffered).chain(open.then_some(now)) {
        let victims: BTreeSet<&JobKey> = victims.iter().map(|v| &v.job).collect();
        let gone: Vec<String> = hurt.difference(&victims).map(|j| scene.job(j).name).collect();
        if !gone.is_empty() {
            list.push(EventView { victims: gone, ..moment(at.0, "eased") });
        }
        hurt = victims;
    }
    list
}

fn suffered(e: &IncidentEvent) -> Option<(Millis, &Vec<Victim>)> {
    match &e.what {
        EventKind::Opened { incident } => Some((e.at, &incident.diagnosis.victims)),
        EventKind::Revised { diagnosis, .. } => Some((e.at, &diagnosis.victims)),
        EventKind::Spread { victims, .. } => Some((e.at, victims)),
        _ => None,
    }
}

fn moment(at: i64, event: &str) -> EventView {
    EventView {
        at,
        event: event.to_owned(),
        says: None,
        from: None,
        victims: Vec::new(),
        other: None,
        why: None,
        by: None,
        note: None,
    }
}

fn event(scene: &Scene, e: &IncidentEvent) -> EventView {
    let plain = |name| moment(e.at.0, name);
    let says = |d: &Diagnosis| {
        Some(SaidView {
            at: e.at.0,
            verdict: verdict(&d.verdict),
            subject: scene.subject(&d.subject),
            says: text(&d.says),
        })
    };
    let other = |id: &IncidentId| Some(id.0.to_string());
    match &e.what {
        EventKind::Opened { incident } => {
            EventView { says: says(&incident.diagnosis), ..plain("opened") }
        }
        EventKind::Revised { from, diagnosis } => {
            let from = Some(said(scene, from));
            EventView { says: says(diagnosis), from, ..plain("revised") }
        }
        EventKind::Confirmed => plain("confirmed"),
        EventKind::Spread { victims, .. } => {
            let victims = victims.iter().map(|v| scene.job(&v.job).name).collect();
            EventView { victims, ..plain("spread") }
        }
        EventKind::Recovering => plain("recovering"),
        EventKind::Relapsed => plain("relapsed"),
        EventKind::Merged { into } => EventView { other: other(into), ..plain("merged") },
        EventKind::Split { from } => EventView { other: other(from), ..plain("split") },
        EventKind::Closed { why } => EventView { why: Some(word(why)), ..plain("closed") },
    }
}

#[cfg(test)]
mod tests;
