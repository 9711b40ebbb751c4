//! Messages about what happened to incidents.

use super::cases::Telling;
use crate::notify::{Happened, Message, message_id};
use crate::store::db::Outgoing;
use crate::web::build::{self, IT_WAS, Scene};
use crate::web::state::IncidentBook;
use crate::web::view_incident::{IncidentRow, TextView};
use std::collections::BTreeMap;
use std::sync::Arc;
use streamwarden_core::case::{
    CloseReason, EventKind, IncidentEvent, IncidentId, IncidentState, Record,
};
use streamwarden_core::estate::{JobKey, Millis, hushed_on};
use streamwarden_core::text::Tongue;

/// Victims that a message names.
const NAMED: usize = 20;

/// What was not told of open incidents because somebody works there or wants quiet.
pub type Hushed = BTreeMap<IncidentId, Happened>;

pub fn hushed(kept: BTreeMap<IncidentId, String>) -> Hushed {
    let known = |word: &str| Happened::ALL.iter().find(|(n, _)| *n == word).map(|(_, h)| *h);
    kept.into_iter().filter_map(|(id, word)| Some((id, known(&word)?))).collect()
}

/// What a pass brought.
pub struct News<'a> {
    pub book: &'a IncidentBook,
    pub ended: &'a [Arc<Record>],
    pub events: &'a [IncidentEvent],
}

/// Changes of what is hushed, to be written down.
type Noted = Vec<(IncidentId, Option<&'static str>)>;

/// One for each incident and what happened to it; the last revision of a pass counts. Where
/// somebody works or wants quiet nothing is told until that is over, and then only of what is open still.
pub fn messages(
    scene: &Scene,
    telling: &Telling,
    news: &News,
    hushed: &mut Hushed,
) -> (Vec<Outgoing>, Noted) {
    let open = &news.book.open;
    let records: BTreeMap<&IncidentId, &Arc<Record>> =
        open.iter().chain(news.ended).map(|r| (&r.incident.id, r)).collect();
    let planned =
        |r: &Record, at| hushed_on(scene.s.planned.iter(), &r.incident.diagnosis.subject, at);
    let (mut all, mut noted) = (Vec::new(), Noted::new());
    for event in news.events {
        let (Some(happened), Some(r)) = (happened(event), records.get(&event.id)) else { continue };
        let waits = hushed.get(&event.id).copied();
        let tell = match happened {
            Happened::Resolved => {
                if hushed.remove(&event.id).is_some() {
                    noted.push((event.id.clone(), None));
                }
                // whoever was never told of it need not be told of its end
                waits != Some(Happened::Opened)
            }
            _ if planned(r, event.at).is_some() => {
                let kind = *hushed.entry(event.id.clone()).or_insert(happened);
                noted.push((event.id.clone(), Some(kind.name())));
                false
            }
            // told below, as it stands now
            _ => waits.is_none(),
        };
        if tell && telling.only.contains(&happened) {
            let text = text(&build::record_row(scene, r), event);
            all.extend(outgoing(scene, telling, r, (happened, event.at), &text));
        }
    }
    for r in open.iter().filter(|r| hurts(r)) {
        let (id, at) = (&r.incident.id, news.book.at);
        if planned(r, at).is_some() {
            continue;
        }
        if let Some(happened) = hushed.remove(id) {
            noted.push((id.clone(), None));
            if telling.only.contains(&happened) {
                let text = after_work(scene, r, at);
                all.extend(outgoing(scene, telling, r, (happened, at), &text));
            }
        }
    }
    (all, noted)
}

fn happened(event: &IncidentEvent) -> Option<Happened> {
    match &event.what {
        EventKind::Opened { .. } => Some(Happened::Opened),
        EventKind::Revised { .. } => Some(Happened::Revised),
        EventKind::Closed { .. } => Some(Happened::Resolved),
        _ => None,
    }
}

/// What recovers is over in a minute, or it comes back and is told then.
fn hurts(r: &Record) -> bool {
    r.incident.state != IncidentState::Recovering
}

/// What was over there last kept it back.
fn after_work(scene: &Scene, r: &Record, at: Millis) -> TextView {
    let says = build::record_row(scene, r).sentence;
    let subject = &r.incident.diagnosis.subject;
    let all = scene.s.planned.iter().filter(|w| w.scope.holds(subject) && w.over() <= at);
    let (en, zh) = match all.max_by_key(|w| w.over()).is_some_and(|w| w.silence.is_some()) {
        true => ("The silence", "静默"),
        false => ("Planned work", "计划内的工作"),
    };
    TextView {
        en: format!("{en} there is over, and it goes on: {}", says.en),
        zh: format!("{zh}已结束，问题仍在：{}", says.zh),
    }
}

pub fn outgoing(
    scene: &Scene,
    telling: &Telling,
    r: &Record,
    (happened, made): (Happened, Millis),
    text: &TextView,
) -> Option<Outgoing> {
    let row = build::record_row(scene, r);
    let at = made.0;
    let id = message_id(&[&row.id, happened.name(), &at.to_string()]);
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
        page: format!("{}/#/incident/{}", telling.page, row.id),
    };
    sealed(message, made)
}

/// Of a repair whose incident nobody knows any more: the database was lost, or put back.
pub fn of_nobody(
    scene: &Scene,
    telling: &Telling,
    (incident, job): (&IncidentId, &JobKey),
    (happened, made): (Happened, Millis),
    text: &TextView,
) -> Option<Outgoing> {
    let incident = incident.0.to_string();
    let job = scene.job(job);
    let message = Message {
        id: message_id(&[&incident, happened.name(), &made.0.to_string()]),
        event: happened.name().to_owned(),
        at: made.0,
        incident,
        state: build::word(&IncidentState::Closed),
        text: telling.language.pick(&text.en, &text.zh),
        verdict: "undetermined".to_owned(),
        causes: Vec::new(),
        family: None,
        subject: job.id,
        subject_name: job.name.clone(),
        onset: made.0,
        breach: false,
        victims: vec![job.name],
        page: format!("{}/#/repairs", telling.page),
    };
    sealed(message, made)
}

fn sealed(message: Message, made: Millis) -> Option<Outgoing> {
    Some(Outgoing {
        body: serde_json::to_string(&message).ok()?,
        id: message.id,
        incident: message.incident,
        kind: message.event,
        made,
        tries: 0,
        due: made,
    })
}

fn text(row: &IncidentRow, event: &IncidentEvent) -> TextView {
    let one = |tongue: Tongue| {
        let says = tongue.say(&row.sentence.en, &row.sentence.zh);
        // the end says it already
        let says = says.strip_prefix(tongue.say(IT_WAS.0, IT_WAS.1)).unwrap_or(says);
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
