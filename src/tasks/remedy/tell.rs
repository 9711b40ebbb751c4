//! Messages about plans and actions, in the same spool as those about incidents.

use super::{Finding, Remedy, held};
use crate::notify::Happened;
use crate::repair::Told;
use crate::web::casebook::{CaseError, Casebook};
use crate::web::view_incident::TextView;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;
use streamwarden_core::action::{ActionState, End, Entry, Why, say};
use streamwarden_core::case::{Figures, Hold, IncidentId, Mode, Plan};
use streamwarden_core::estate::{
    JobKey, Millis, Name, PlannedWork, Subject, hushed_on, job_name, plain,
};
use streamwarden_core::plan::{OpenAction, say as plan_say};
use streamwarden_core::rules::Words;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A message that cannot be written is tried again so often, so many times: what stands open is
/// seen on the page all the same.
const AGAIN: Duration = Duration::from_secs(5);
const TRIES: u32 = 12;
/// An action that cannot be written down for so long is told: a database that restarts is back
/// before, and who is called hears of it within 60 s.
const STALLED: Duration = Duration::from_secs(20);
/// Holds that a message names.
const NAMED: usize = 4;
/// Digits of an incident's id that name it.
const SHORT: usize = 8;

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
        figures: Option<Figures>,
    },
    /// The action goes on, and a person should look.
    Paged {
        action: Name,
        plan: Plan,
        why: Why,
    },
    /// It cannot be written down, and waits.
    Stalled {
        action: Name,
        plan: Plan,
        why: String,
    },
    /// Nobody goes on with it here.
    LetGo {
        action: Name,
        plan: Plan,
        why: Words,
    },
    /// Nobody can, for what stands in the journal cannot be read.
    Unreadable {
        open: OpenAction,
    },
}

/// Why nobody goes on with an action that cannot be read.
pub(super) fn unreadable() -> Words {
    Words {
        en: "what was written down of it cannot be read: it is damaged, or of another version; look at its job, which is left alone".into(),
        zh: "其记录无法读取：已损坏或由另一版本写入；请查看该作业，本系统不会再操作它".into(),
    }
}

impl News {
    fn plan(&self) -> Option<&Plan> {
        match self {
            News::Held { plan, .. }
            | News::Begun { plan, .. }
            | News::Ended { plan, .. }
            | News::Paged { plan, .. }
            | News::Stalled { plan, .. }
            | News::LetGo { plan, .. } => Some(plan),
            News::Unreadable { .. } => None,
        }
    }

    fn job(&self) -> &JobKey {
        match self {
            News::Unreadable { open } => &open.job,
            News::Held { plan, .. }
            | News::Begun { plan, .. }
            | News::Ended { plan, .. }
            | News::Paged { plan, .. }
            | News::Stalled { plan, .. }
            | News::LetGo { plan, .. } => &plan.job,
        }
    }

    fn incident(&self) -> IncidentId {
        match (self, self.plan()) {
            (News::Unreadable { open }, _) => IncidentId(open.incident.clone()),
            (_, plan) => plan.map_or_else(|| IncidentId("".into()), |p| p.incident.clone()),
        }
    }

    /// A person has to look.
    fn calls(&self) -> bool {
        match self {
            News::Ended { end, .. } => matches!(end, End::Stuck { .. }),
            News::Paged { .. }
            | News::Stalled { .. }
            | News::LetGo { .. }
            | News::Unreadable { .. } => true,
            News::Held { .. } | News::Begun { .. } => false,
        }
    }
}

/// Somebody works there or wants quiet: on the job itself, or where its incident's root is.
pub(super) fn hushed(
    planned: &[PlannedWork],
    job: &JobKey,
    root: Option<&Subject>,
    at: Millis,
) -> bool {
    let job = Subject::Job { job: job.clone() };
    let on = |s: &Subject| hushed_on(planned, s, at).is_some();
    on(&job) || root.is_some_and(on)
}

/// What drivers tell: to the log, and to people, each thing once.
pub struct Teller {
    news: mpsc::Sender<News>,
    /// By action, why a person was called last.
    paged: Mutex<BTreeMap<Name, Why>>,
    /// Actions that stand still: since when, and whether that was told.
    stalled: Mutex<BTreeMap<Name, (Instant, bool)>>,
    /// Actions that nobody goes on with here: why, as it was told.
    let_go: Mutex<BTreeMap<Name, Words>>,
}

impl Teller {
    pub fn new(news: mpsc::Sender<News>) -> Teller {
        Teller {
            news,
            paged: Mutex::default(),
            stalled: Mutex::default(),
            let_go: Mutex::default(),
        }
    }

    pub fn heard(&self, state: &ActionState, told: &Told<'_>) {
        let (action, job) = (&state.id, &state.plan.job);
        match told {
            Told::Recorded(entry) => {
                tracing::info!(%action, %job, entry = %plain(&brief(entry)), "an action moves");
            }
            Told::Sending(request) => {
                tracing::info!(%action, %job, request = %plain(&brief(request)), "an action sends");
            }
            Told::Replied(_, reply) => {
                tracing::info!(%action, %job, reply = %plain(&format!("{reply:?}")), "an answer");
            }
            Told::Stalled(why) => {
                tracing::error!(%action, %job, why, "an action stands still: it cannot be written down");
            }
            Told::LetGo(why) => {
                tracing::error!(%action, %job, why = %why.en, "an action is let go: a person has to look");
            }
        }
        if let Some(tell) = self.worth_telling(state, told, Instant::now()) {
            self.send(action, tell);
        }
    }

    /// Once.
    pub fn unreadable(&self, open: &OpenAction) {
        let (action, job, why) = (&open.action, &open.job, unreadable());
        let before = held(&self.let_go).insert(action.clone(), why.clone());
        if before.as_ref() != Some(&why) {
            tracing::error!(%action, %job, why = %why.en, "nobody can go on with an action here");
            self.send(action, News::Unreadable { open: open.clone() });
        }
    }

    fn send(&self, action: &Name, news: News) {
        if self.news.try_send(news).is_err() {
            tracing::error!(%action, "too many messages about actions wait: one is lost");
        }
    }

    fn worth_telling(&self, state: &ActionState, told: &Told<'_>, now: Instant) -> Option<News> {
        let (action, plan) = (state.id.clone(), state.plan.clone());
        if let Told::Recorded(_) | Told::LetGo(_) = told {
            held(&self.stalled).remove(&action);
        }
        match told {
            Told::Recorded(Entry::Closed { end }) => {
                // called for the same before the end could be written down
                let paged = held(&self.paged).remove(&action);
                let same = matches!(end, End::Stuck { why } if paged.as_ref() == Some(why));
                let figures = state.measured;
                (!same).then(|| News::Ended { action, plan, end: end.clone(), figures })
            }
            Told::Recorded(Entry::Paged { why }) => {
                held(&self.paged).insert(action.clone(), why.clone());
                Some(News::Paged { action, plan, why: why.clone() })
            }
            Told::Stalled(why) => {
                let mut stalled = held(&self.stalled);
                let (since, told) = stalled.entry(action.clone()).or_insert((now, false));
                let due = !*told && now - *since >= STALLED;
                *told |= due;
                due.then(|| News::Stalled { action, plan, why: (*why).to_owned() })
            }
            Told::LetGo(why) => {
                held(&self.paged).remove(&action);
                // it is tried again and again: one reason calls once
                let before = held(&self.let_go).insert(action.clone(), (*why).clone());
                let new = before.as_ref() != Some(*why);
                new.then(|| News::LetGo { action, plan, why: (*why).clone() })
            }
            _ => None,
        }
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
        for n in 0.. {
            match remedy.announce(&news).await {
                Ok(()) => break,
                Err(error) => tracing::error!(%error, "a message about an action waits"),
            }
            // who has to look is called when it works again, however long it takes
            if n + 1 >= TRIES && !news.calls() {
                break;
            }
            tokio::select! {
                () = tokio::time::sleep(AGAIN) => {}
                () = stop.cancelled() => return,
            }
        }
    }
}

impl Remedy {
    /// Messages wait there. What repair did meanwhile stands in the journal and on the page; what is
    /// held still is told when it is over.
    pub(super) fn is_quiet(&self, plan: &Plan, finding: &Finding, at: Millis) -> bool {
        let book = self.0.cases.book();
        let open = book.open.iter().find(|r| r.incident.id == plan.incident);
        let root = open.map(|r| &r.incident.diagnosis.subject);
        hushed(&finding.snapshot.planned, &plan.job, root, at)
    }

    async fn announce(&self, news: &News) -> Result<(), String> {
        let finding = self.0.latest.load_full().ok_or("nothing was looked at yet")?;
        let (at, estate) = (crate::clock::now(), &finding.snapshot.estate);
        let quiet = |plan: &Plan| self.is_quiet(plan, &finding, at);
        if !news.calls() && news.plan().is_some_and(quiet) {
            return Ok(());
        }
        let (happened, text) = match news {
            News::Held { plan, holds } => (Happened::Held, why_not(plan, holds, at, estate)),
            News::Begun { action, by, plan } => {
                let text = TextView {
                    en: format!("{by} lets it: {} (action {action})", plan.says.en),
                    zh: format!("{by} 批准执行：{}（操作 {action}）", plan.says.zh),
                };
                (Happened::RepairBegun, text)
            }
            News::Ended { action, plan, end, figures } => {
                let happened =
                    if news.calls() { Happened::RepairStuck } else { Happened::RepairEnded };
                let mut said = say::end(end, at, estate);
                if let Some(figures) = figures {
                    let figures = say::measured(figures, &plan.before);
                    said.en = format!("{}: {}", said.en, figures.en);
                    said.zh = format!("{}：{}", said.zh, figures.zh);
                }
                (happened, ended(plan, action, &said))
            }
            News::Paged { action, plan, why } => {
                (Happened::RepairStuck, ended(plan, action, &say::paged(why, at, estate)))
            }
            News::Stalled { action, plan, why } => {
                let why = Words {
                    en: format!("it stands still, for it cannot be written down: {why}"),
                    zh: format!("无法写入日志，操作停在原处：{why}"),
                };
                (Happened::RepairStuck, ended(plan, action, &why))
            }
            News::LetGo { action, plan, why } => {
                (Happened::RepairStuck, ended(plan, action, &let_go(why)))
            }
            News::Unreadable { open } => {
                let why = let_go(&unreadable());
                let (action, job) = (&open.action, job_name(&open.job, estate));
                let text = TextView {
                    en: format!("{} on {job}: {} (action {action})", open.playbook, why.en),
                    zh: format!("{job} 上的 {}：{}（操作 {action}）", open.playbook, why.zh),
                };
                (Happened::RepairStuck, text)
            }
        };
        let (cases, incident) = (&self.0.cases, news.incident());
        match cases.announce((&incident, news.job()), happened, &text, &finding.snapshot).await {
            // those that come after it would wait for ever
            Err(CaseError::NotFound) => {
                tracing::error!(incident = %incident.0, text = %text.en,
                    "nobody is told: the incident is not known any more");
                Ok(())
            }
            told => told.map_err(|e| format!("{e:?}")),
        }
    }
}

fn let_go(why: &Words) -> Words {
    Words {
        en: format!("a person has to look, nobody goes on with it here: {}", why.en),
        zh: format!("需要人工处理，此处无人继续执行：{}", why.zh),
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
            en: format!("To be approved: {}. `streamwarden approve {hash} --by NAME`", says.en),
            zh: format!("待批准：{}。`streamwarden approve {hash} --by NAME`", says.zh),
        };
    }
    // to suggest is what this mode is for: not doing it needs no reason
    let only = |h: &&Hold| !matches!(h, Hold::ModeForbids { mode: Mode::Suggest, .. });
    let suggests = holds.iter().any(|h| !only(&h));
    let why: Vec<Words> =
        holds.iter().filter(only).take(NAMED).map(|h| plan_say::hold(h, at, estate)).collect();
    let join =
        |pick: fn(&Words) -> &str, by: &str| why.iter().map(pick).collect::<Vec<_>>().join(by);
    if suggests {
        let id: String = plan.incident.0.chars().take(SHORT).collect();
        let (mut en, mut zh) = (String::new(), String::new());
        if !why.is_empty() {
            en = format!(". First look at: {}", join(|w| &w.en, "; "));
            zh = format!("。执行前请确认：{}", join(|w| &w.zh, "；"));
        }
        return TextView {
            en: format!(
                "Suggested: {}. How, request by request: `streamwarden plan {id}`{en}",
                says.en
            ),
            zh: format!("建议：{}。具体步骤与请求见 `streamwarden plan {id}`{zh}", says.zh),
        };
    }
    TextView {
        en: format!("Not done: {}. Why: {}", says.en, join(|w| &w.en, "; ")),
        zh: format!("未执行：{}。原因：{}", says.zh, join(|w| &w.zh, "；")),
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) use tests::state as begun;
