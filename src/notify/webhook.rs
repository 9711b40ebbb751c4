//! The webhook: one message at a time, in order, within a budget; what fails is tried again.

use super::message::{Happened, Language, More, message_id};
use super::post::{Error, PostClient};
use crate::secret::Secret;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

/// A person who gets more in an hour reads none of them; one who has to look at a repair is called
/// all the same.
pub const PER_HOUR: u32 = 60;
/// Incidents that a sum names.
const NAMED: usize = 20;
/// Pauses after failures: doubled from the first up to the last.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// Between two tries of a receiver that does not work: who is called has to hear of it within 60 s
/// of its return.
pub const DOWN_PAUSE: Duration = Duration::from_secs(30);

/// Where messages go.
#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    pub url: String,
    pub token: Option<Secret>,
    pub ca_file: Option<PathBuf>,
    /// Which are sent; all of them unless it is said.
    pub only: BTreeSet<Happened>,
    pub language: Language,
    /// Where people reach our page, without a slash at its end; empty: nobody has said.
    pub page: String,
}

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub id: String,
    pub incident: String,
    pub kind: String,
    pub body: String,
    pub tries: u32,
    /// Its time has come.
    pub due: bool,
}

impl Waiting {
    /// A person is called: it waits for nothing else.
    fn calls(&self) -> bool {
        self.kind == Happened::RepairStuck.name()
    }
}

/// What to do with what waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing to send now.
    Rest,
    Send(Waiting),
    /// So many wait that one message stands for all of them.
    SumUp(Vec<Waiting>),
    /// So many were sent within the hour that the rest waits.
    Hold,
}

/// `waiting`: oldest first; `sent`: within the last hour; `skip`: incidents whose message has just
/// been refused, so that what follows it does not overtake it.
pub fn next(waiting: &[Waiting], sent: u32, skip: &BTreeSet<String>) -> Next {
    if waiting.is_empty() {
        return Next::Rest;
    }
    let (calls, rest): (Vec<&Waiting>, Vec<&Waiting>) = waiting.iter().partition(|w| w.calls());
    if let Some(call) = calls.iter().find(|w| w.due) {
        return Next::Send((*call).clone());
    }
    if rest.is_empty() {
        return Next::Rest;
    }
    if sent >= PER_HOUR {
        return Next::Hold;
    }
    if sent + 1 == PER_HOUR && rest.len() > 1 {
        return Next::SumUp(rest.into_iter().cloned().collect());
    }
    let mut held: BTreeSet<&str> = skip.iter().map(String::as_str).collect();
    for w in rest {
        if held.contains(w.incident.as_str()) {
            continue;
        }
        if w.due {
            return Next::Send(w.clone());
        }
        held.insert(&w.incident);
    }
    Next::Rest
}

/// One message for many.
pub fn sum_up(many: &[Waiting], at: i64, language: Language) -> More {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for w in many {
        *counts.entry(w.kind.as_str()).or_default() += 1;
    }
    let count = |h: Happened| counts.get(h.name()).copied().unwrap_or(0);
    let ids: BTreeSet<&str> = many.iter().map(|w| w.incident.as_str()).collect();
    let (n, of) = (many.len(), ids.len());
    let en = format!(
        "{n} more messages about {of} incidents within the hour: see the page or `streamwarden incidents`."
    );
    let zh = format!(
        "一小时内另有 {n} 条消息，涉及 {of} 个故障：请查看网页或 `streamwarden incidents`。"
    );
    let parts: Vec<&str> = many.iter().map(|w| w.id.as_str()).collect();
    More {
        id: message_id(&parts),
        event: "more".to_owned(),
        at,
        text: language.pick(&en, &zh),
        opened: count(Happened::Opened),
        revised: count(Happened::Revised),
        resolved: count(Happened::Resolved),
        held: count(Happened::Held),
        repair_begun: count(Happened::RepairBegun),
        repair_ended: count(Happened::RepairEnded),
        incidents: ids.into_iter().take(NAMED).map(str::to_owned).collect(),
    }
}

/// Before the next try, after so many.
pub fn pause(tries: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << tries.min(16)).min(LONGEST_PAUSE)
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Taken,
    /// This message is refused; another may be taken.
    Refused(String),
    /// The receiver does not work: no use in sending more now.
    Down(String),
}

/// Sends one.
pub async fn send(client: &PostClient, url: &str, id: &str, json: String) -> Outcome {
    match client.post(url, Some(id), json).await {
        Ok(answer) if (200..300).contains(&answer.status) => Outcome::Taken,
        Ok(answer) => {
            let status = answer.status;
            let why = format!("the webhook answered {status}: {}", remedy(status));
            match status {
                400 | 409 | 413 | 422 => Outcome::Refused(why),
                _ => Outcome::Down(why),
            }
        }
        Err(e @ (Error::TimedOut | Error::Unreachable(_) | Error::Broke(_))) => {
            Outcome::Down(format!("the webhook cannot be reached: {e}"))
        }
        Err(e) => Outcome::Down(e.to_string()),
    }
}

fn remedy(status: u16) -> &'static str {
    match status {
        300..=399 => "a redirect is not followed: give the final address",
        401 | 403 => "check `token` of the webhook",
        404 | 405 => "check `url` of the webhook",
        429 => "it asks for fewer messages; they wait",
        400..=499 => "it does not take this message",
        _ => "look at its log; the message waits",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(n: usize) -> Vec<Waiting> {
        let one = |i: usize| Waiting {
            id: format!("m{i}"),
            incident: format!("i{}", i % 3),
            kind: if i < 3 { "opened" } else { "resolved" }.into(),
            body: "{}".into(),
            tries: 0,
            due: true,
        };
        (0..n).map(one).collect()
    }

    #[test]
    fn what_is_over_sixty_an_hour_becomes_one_message() {
        let none = BTreeSet::new();
        assert_eq!(next(&waiting(0), 0, &none), Next::Rest);
        assert!(matches!(next(&waiting(500), 58, &none), Next::Send(w) if w.id == "m0"));
        assert!(matches!(next(&waiting(1), 59, &none), Next::Send(_)));
        assert!(matches!(next(&waiting(5), 59, &none), Next::SumUp(all) if all.len() == 5));
        assert_eq!(next(&waiting(5), 60, &none), Next::Hold);
        let more = sum_up(&waiting(5), 7, Language::En);
        assert_eq!((more.opened, more.revised, more.resolved), (3, 0, 2));
        assert!(more.text.starts_with("5 more messages about 3 incidents"));
        assert_eq!(more.id, sum_up(&waiting(5), 9, Language::Zh).id);
    }

    #[test]
    fn who_has_to_look_is_called_whatever_else_waits() {
        let none = BTreeSet::new();
        let mut list = waiting(500);
        list[400].kind = Happened::RepairStuck.name().into();
        for sent in [0, 59, 60, 90] {
            assert!(matches!(next(&list, sent, &none), Next::Send(w) if w.id == "m400"));
        }
        list[400].due = false;
        assert_eq!(next(&list, 60, &none), Next::Hold);
        assert!(matches!(next(&list, 59, &none), Next::SumUp(all) if all.len() == 499));
        assert_eq!(next(&list[400..401], 60, &none), Next::Rest);
    }

    #[test]
    fn what_happened_later_does_not_overtake() {
        let mut list = waiting(5);
        list[0].due = false;
        let none = BTreeSet::new();
        assert!(matches!(next(&list, 0, &none), Next::Send(w) if w.id == "m1"));
        let skip = BTreeSet::from(["i1".to_owned(), "i2".to_owned()]);
        assert_eq!(next(&list, 0, &skip), Next::Rest, "m3 is of the incident of m0");
    }

    #[test]
    fn pauses_grow_and_stop_growing() {
        assert_eq!([0, 1, 5, 40].map(|n| pause(n).as_secs()), [1, 2, 32, 300]);
    }
}
