//! Messages about plans and actions, in the same spool as those about incidents.

use super::Remedy;
use crate::notify::Happened;
use crate::repair::Told;
use crate::web::view_incident::TextView;
use std::time::Duration;
use streamwarden_core::action::{ActionState, End, Entry, Why, say};
use streamwarden_core::case::{Hold, Plan};
use streamwarden_core::estate::{Millis, Name, plain};
use streamwarden_core::plan::say as held;
use streamwarden_core::rules::Words;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A message that cannot be written is tried again so often, so many times: what stands open is
/// seen on the page all the same.
const AGAIN: Duration = Duration::from_secs(5);
const TRIES: u32 = 12;
/// Holds that a message names.
const NAMED: usize = 4;

/// Something of repair that a person should hear of.
#[derive(Clone, Debug)]
pub enum News {
    /// A plan stands and is not carried out.
    Held {
        plan: Plan,
        holds: Vec<Hold>,
    },
    Begun {
        action: Name,
        by: Name,
        plan: Plan,
    },
    Ended {
        action: Name,
        plan: Plan,
        end: End,
    },
    /// The action goes on, and a person should look.
    Paged {
        action: Name,
        plan: Plan,
        why: Why,
    },
    /// Nobody goes on with it here.
    LetGo {
        action: Name,
        plan: Plan,
        why: String,
    },
}

/// What a driver tells: to the log, and to people.
pub fn heard(news: &mpsc::Sender<News>, state: &ActionState, told: &Told<'_>) {
    let (action, job) = (&state.id, &state.plan.job);
    let (id, plan) = (action.clone(), state.plan.clone());
    let tell = match told {
        Told::Recorded(entry) => {
            tracing::info!(%action, %job, entry = %plain(&brief(entry)), "an action moves");
            match entry {
                Entry::Closed { end } => Some(News::Ended { action: id, plan, end: end.clone() }),
                Entry::Paged { why } => Some(News::Paged { action: id, plan, why: why.clone() }),
                _ => None,
            }
        }
        Told::Sending(request) => {
            tracing::info!(%action, %job, request = %plain(&brief(request)), "an action sends");
            None
        }
        Told::Replied(_, reply) => {
            tracing::info!(%action, %job, reply = %plain(&format!("{reply:?}")), "an answer");
            None
        }
        Told::Stalled(why) => {
            tracing::error!(%action, %job, why, "an action stands still: it cannot be written down");
            None
        }
        Told::LetGo(why) => {
            tracing::error!(%action, %job, why, "an action is let go: a person has to look");
            Some(News::LetGo { action: id, plan, why: (*why).to_owned() })
        }
    };
    if let Some(tell) = tell
        && news.try_send(tell).is_err()
    {
        tracing::error!(%action, "too many messages about actions wait: one is lost");
    }
}

fn brief(what: &impl serde::Serialize) -> String {
    serde_json::to_string(what).unwrap_or_default()
}

/// Writes what is heard into the spool, until `stop`.
pub async fn tell_loop(remedy: Remedy, mut heard: mpsc::Receiver<News>, stop: CancellationToken) {
    loop {
        let news = tokio::select! {
            news = heard.recv() => news,
            () = stop.cancelled() => return,
        };
        let Some(news) = news else { return };
        for _ in 0..TRIES {
            match remedy.announce(&news).await {
                Ok(()) => break,
                Err(error) => tracing::error!(%error, "a message about an action waits"),
            }
            tokio::select! {
                () = tokio::time::sleep(AGAIN) => {}
                () = stop.cancelled() => return,
            }
        }
    }
}

impl Remedy {
    async fn announce(&self, news: &News) -> Result<(), String> {
        let finding = self.0.latest.load_full().ok_or("nothing was looked at yet")?;
        let (at, estate) = (crate::clock::now(), &finding.snapshot.estate);
        let (happened, plan, text) = match news {
            News::Held { plan, holds } => (Happened::Held, plan, why_not(plan, holds, at, estate)),
            News::Begun { action, by, plan } => {
                let text = TextView {
                    en: format!("{by} lets it: {} (action {action})", plan.says.en),
                    zh: format!("{by} 批准执行：{}（操作 {action}）", plan.says.zh),
                };
                (Happened::RepairBegun, plan, text)
            }
            News::Ended { action, plan, end } => {
                let stuck = matches!(end, End::Stuck { .. });
                let happened = if stuck { Happened::RepairStuck } else { Happened::RepairEnded };
                (happened, plan, ended(plan, action, &say::end(end, at, estate)))
            }
            News::Paged { action, plan, why } => {
                (Happened::RepairStuck, plan, ended(plan, action, &say::why(why, at, estate)))
            }
            News::LetGo { action, plan, why } => {
                let why = Words { en: why.clone(), zh: why.clone() };
                (Happened::RepairStuck, plan, ended(plan, action, &why))
            }
        };
        let cases = &self.0.cases;
        let told = cases.announce(&plan.incident, happened, &text, &finding.snapshot).await;
        told.map_err(|e| format!("{e:?}"))
    }
}

fn ended(plan: &Plan, action: &Name, what: &Words) -> TextView {
    TextView {
        en: format!("{}: {} (action {action})", plan.says.en, what.en),
        zh: format!("{}：{}（操作 {action}）", plan.says.zh, what.zh),
    }
}

fn why_not(
    plan: &Plan,
    holds: &[Hold],
    at: Millis,
    estate: &streamwarden_core::estate::Estate,
) -> TextView {
    let hash = plan.hash();
    let says = &plan.says;
    if let [Hold::NeedsApproval { .. }] = holds {
        return TextView {
            en: format!("To be approved: {}. `streamwarden approve {hash}`", says.en),
            zh: format!("待批准：{}。`streamwarden approve {hash}`", says.zh),
        };
    }
    let why: Vec<Words> = holds.iter().take(NAMED).map(|h| held::hold(h, at, estate)).collect();
    let join =
        |pick: fn(&Words) -> &str, by: &str| why.iter().map(pick).collect::<Vec<_>>().join(by);
    TextView {
        en: format!("Not done: {}. Why: {}", says.en, join(|w| &w.en, "; ")),
        zh: format!("未执行：{}。原因：{}", says.zh, join(|w| &w.zh, "；")),
    }
}
