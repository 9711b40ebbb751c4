//! Messages about what happened to incidents.

use super::cases::Telling;
use crate::notify::{Happened, Message, message_id};
use crate::store::db::Outgoing;
use crate::web::build::{self, Scene};
use crate::web::state::IncidentBook;
use crate::web::view_incident::{IncidentRow, TextView};
use std::collections::BTreeMap;
use std::sync::Arc;
use streamwarden_core::case::{CloseReason, EventKind, IncidentEvent, IncidentId, Record};
use streamwarden_core::text::Tongue;

/// Victims that a message names.
const NAMED: usize = 20;

/// One for each incident and what happened to it; the last revision of a pass counts.
pub fn messages(
    scene: &Scene,
    telling: &Telling,
    book: &IncidentBook,
    ended: &[Arc<Record>],
    events: &[IncidentEvent],
) -> Vec<Outgoing> {
    let records: BTreeMap<&IncidentId, &Arc<Record>> =
        book.open.iter().chain(ended).map(|r| (&r.incident.id, r)).collect();
    let mut all = Vec::new();
    for event in events {
        let happened = match &event.what {
            EventKind::Opened { .. } => Happened::Opened,
            EventKind::Revised { .. } => Happened::Revised,
            EventKind::Closed { .. } => Happened::Resolved,
            _ => continue,
        };
        if !telling.only.contains(&happened) {
            continue;
        }
        let record = records.get(&event.id).copied();
        all.extend(record.and_then(|r| outgoing(scene, telling, r, event, happened)));
    }
    all
}

fn outgoing(
    scene: &Scene,
    telling: &Telling,
    r: &Record,
    event: &IncidentEvent,
    happened: Happened,
) -> Option<Outgoing> {
    let row = build::record_row(scene, r);
    let at = event.at.0;
    let id = message_id(&[&row.id, happened.name(), &at.to_string()]);
    let text = text(&row, event);
    let victims = r.incident.diagnosis.victims.iter().take(NAMED);
    let message = Message {
        id: id.clone(),
        event: happened.name().to_owned(),
        at,
        incident: row.id.clone(),
        state: build::word(&row.state),
        text: telling.language.pick(&text.en, &text.zh),
        verdict: build::word(&row.verdict.kind),
        causes: row.verdict.causes,
        family: row.verdict.family,
        subject: row.subject.id,
        subject_name: row.subject.name,
        onset: row.onset,
        breach: row.harm.breach,
        victims: victims.map(|v| scene.job(&v.job).name).collect(),
        page: format!("/#/incident/{}", row.id),
    };
    Some(Outgoing {
        id,
        incident: row.id,
        kind: happened.name().to_owned(),
        made: event.at,
        body: serde_json::to_string(&message).ok()?,
        tries: 0,
        due: event.at,
    })
}

fn text(row: &IncidentRow, event: &IncidentEvent) -> TextView {
    let one = |tongue: Tongue| {
        let says = tongue.say(&row.sentence.en, &row.sentence.zh);
        let lasted = tongue.seconds(row.duration_s);
        let (en, zh) = match &event.what {
            EventKind::Revised { .. } => ("Revised: ".to_owned(), "修正：".to_owned()),
            EventKind::Closed { why: CloseReason::Over } => {
                (format!("Over after {lasted}. It was: "), format!("已恢复，历时 {lasted}。原为："))
            }
            EventKind::Closed { why: CloseReason::NoTrouble } => {
                ("No trouble after all. It was: ".to_owned(), "并非故障。原判断：".to_owned())
            }
            EventKind::Closed { why: CloseReason::Merged } => (
                "Its root was found elsewhere. It was: ".to_owned(),
                "根因在别处。原判断：".to_owned(),
            ),
            EventKind::Closed { why: CloseReason::Gone } => (
                "What it was about is gone. It was: ".to_owned(),
                "对象已不存在。原为：".to_owned(),
            ),
            _ => (String::new(), String::new()),
        };
        format!("{}{says}", tongue.say(&en, &zh))
    };
    TextView { en: one(Tongue::En), zh: one(Tongue::Zh) }
}
