//! One turn: who moved, what would be done, what is begun, what was held.

use super::tell::News;
use super::weigh::{Weighed, weigh};
use super::{Finding, RECENT, Remedy, held};
use crate::clock;
use crate::store::db::HeldPlan;
use crate::store::db::journal::{Beginning, JournalError, Refusal};
use crate::web::repairs::{Proposal, applies};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use streamwarden_core::case::{Hold, Mode, Plan, PlanReport, Scope};
use streamwarden_core::estate::{JobKey, Millis, Name, Span};
use streamwarden_core::plan::guard::{Case, Stage, holds};
use streamwarden_core::plan::{Ledger, Switch, View};

/// What is held is written again this often; what changes of it, at once.
const KEEP_EVERY: Span = Span::secs(60);

/// What holds a plan is told once it has held it for so long: most of it passes.
const PATIENCE: Span = Span::secs(30);
/// Messages about what holds one plan; after these, one that changes again (of a job that flaps, each
/// time it starts) is told only so long after the last, as long as a yes would have counted.
const MOST_TOLD: u32 = 3;
const TOLD_AGAIN: Span = Span::secs(900);

/// By incident, job and playbook.
type Of = (Name, JobKey, Name);

/// What was written and shown last.
#[derive(Debug, Default)]
pub struct Notes {
    kept: BTreeMap<Of, Kept>,
    /// What the kill-switch file stopped when it was last written down.
    stops: Vec<Switch>,
}

#[derive(Debug)]
struct Kept {
    hash: Name,
    holds: BTreeSet<&'static str>,
    first: Millis,
    written: Millis,
    /// Since when these hold it.
    since: Millis,
    told: bool,
    messages: Messages,
}

/// How many went out about one plan, and when the last did.
#[derive(Clone, Copy, Debug, Default)]
struct Messages {
    sent: u32,
    last: Option<Millis>,
}

impl Messages {
    fn may_go(self, now: Millis) -> bool {
        self.sent < MOST_TOLD || self.last.is_none_or(|last| now - last >= TOLD_AGAIN)
    }

    fn and(self, now: Millis) -> Messages {
        Messages { sent: self.sent.saturating_add(1), last: Some(now) }
    }
}

impl Remedy {
    /// What came of it, for the board.
    ///
    /// # Errors
    /// The planning broke down.
    pub(super) async fn turn(&self, finding: &Arc<Finding>) -> Result<String, String> {
        let now = clock::now();
        let read = match self.read(finding, now).await {
            Ok(read) => read,
            Err(error) => {
                tracing::error!(%error, "the journal cannot be read: nothing begins");
                return Ok(format!("the journal cannot be read: {error}"));
            }
        };
        let (remedy, looked) = (self.clone(), Arc::clone(finding));
        let mut busy: BTreeSet<JobKey> = read.0.open.iter().map(|o| o.job.clone()).collect();
        let work = move || {
            let inner = &remedy.0;
            let facts = remedy.facts();
            weigh(&looked, &inner.books, &inner.allowed, &facts, &read.0, &read.1)
        };
        let all = tokio::task::spawn_blocking(work).await;
        let all = all.map_err(|e| format!("the planning broke down: {e}"))?;
        self.ask_ahead(&all, now).await;
        let mut begun = 0;
        let mut proposals = Vec::new();
        let mut kept = Vec::new();
        for mut weighed in all {
            let (requests, refused) = self.requests(&weighed);
            weighed.report.holds.extend(refused.map(|why| Hold::CannotSubmit { why }));
            if weighed.report.holds.is_empty()
                && weighed.report.plan.as_ref().is_some_and(Plan::resumes)
                && let Some(feeder) = weighed.feeders.iter().find(|j| busy.contains(*j))
            {
                let scope = Scope::Job { job: feeder.clone() };
                weighed.report.holds.push(Hold::ActionOpen { scope });
            }
            if weighed.report.holds.is_empty()
                && let (Some(plan), Some(view)) = (&weighed.report.plan, &weighed.view)
            {
                match self.begin(&weighed, plan, view).await {
                    Ok(()) => {
                        begun += 1;
                        busy.insert(weighed.job.clone());
                    }
                    Err(holds) => weighed.report.holds = holds,
                }
            }
            kept.extend(self.worth_keeping(&weighed, finding, now));
            proposals.push(Proposal {
                incident: weighed.incident.id.clone(),
                job: weighed.job.clone(),
                at: finding.snapshot.at,
                hash: weighed.hash(),
                mode: weighed.mode(),
                requests,
                report: weighed.report,
            });
        }
        self.forget(&proposals);
        let planned = proposals.iter().filter(|p| p.report.plan.is_some()).count();
        self.0.proposals.store(Arc::new(proposals));
        if !kept.is_empty()
            && let Err(error) = self.db().keep_held(&kept, now).await
        {
            tracing::error!(%error, "what was not done cannot be kept");
        }
        let running = self.0.crew.running().len();
        Ok(format!("{planned} plans, {begun} begun, {running} under way"))
    }

    /// Ledger and generations, after what somebody else moved is counted.
    async fn read(
        &self,
        finding: &Finding,
        now: Millis,
    ) -> Result<(Ledger, BTreeMap<JobKey, u64>), crate::store::db::Error> {
        let db = self.db();
        let busy = !self.0.crew.running().is_empty();
        if self.0.busy.swap(busy, Ordering::Relaxed) || busy {
            let actions = db.actions(None, 0, RECENT).await?;
            self.facts().took(&actions, now);
        }
        let moved = self.facts().moved(&finding.snapshot);
        for job in &moved {
            db.job_changed(job).await?;
        }
        self.facts().looked(&finding.snapshot);
        self.note_file().await?;
        let nobody = JobKey::new(&streamwarden_core::estate::ClusterId::new(""), "");
        let mut ledger = db.ledger(&nobody).await?;
        ledger.switches.extend(self.0.kill.read());
        Ok((ledger, db.generations().await?))
    }

    /// Who writes into the file asks nobody: what it stops is in the audit log from when it is seen.
    async fn note_file(&self) -> Result<(), crate::store::db::Error> {
        let stops = self.0.kill.read();
        let noted = held(&self.0.notes).stops.clone();
        if !differ(&noted, &stops) {
            return Ok(());
        }
        self.db().file_stops(&stops).await?;
        held(&self.0.notes).stops = stops;
        Ok(())
    }

    async fn begin(&self, weighed: &Weighed, plan: &Plan, view: &View) -> Result<(), Vec<Hold>> {
        let crew = &self.0.crew;
        let unsound = |why: String| vec![Hold::JournalUnsound { why: why.into() }];
        let slot = crew.reserve().await.map_err(|e| unsound(e.to_string()))?;
        let by = self.by(plan).await;
        let domain = &view.cluster.failure_domain;
        let what = Beginning { plan, failure_domain: domain, by: &by };
        let guards = |ledger: &Ledger| {
            let mut ledger = ledger.clone();
            // last of all, and from the file itself
            ledger.switches.extend(self.0.kill.read());
            let (policy, stage) = (&weighed.policy, Stage::Begin);
            let found = holds(&Case { plan, view, ledger: &ledger, policy, stage });
            if found.is_empty() { Ok(()) } else { Err(found) }
        };
        let state = self.db().begin(what, guards).await.map_err(|e| match e {
            JournalError::Refused(Refusal::Held(holds)) => holds,
            other => {
                tracing::error!(error = %other, job = %plan.job, "an action cannot begin");
                unsound(other.to_string())
            }
        })?;
        tracing::info!(action = %state.id, job = %plan.job, playbook = %plan.playbook, %by,
            incident = %plan.incident.0, "an action begins");
        held(&self.0.begun_for).insert(state.id.clone(), weighed.incident.clone());
        let news = News::Begun { action: state.id.clone(), by: by.clone(), plan: plan.clone() };
        self.tell(news);
        if let Err(error) = crew.start(slot, state).await {
            // it stands in the journal: the next resume tries again
            tracing::error!(%error, job = %plan.job, "an action waits for its driver");
        }
        Ok(())
    }

    /// Who let it: the last yes to exactly this plan, else the policy.
    async fn by(&self, plan: &Plan) -> Name {
        let hash = plan.hash();
        let ledger = self.db().ledger(&plan.job).await.ok();
        let said = ledger.and_then(|l| {
            let yes = l.approvals.into_iter().filter(|a| a.plan == hash && a.yes);
            yes.max_by_key(|a| a.at)
        });
        said.map_or_else(|| "policy".into(), |a| a.by)
    }

    fn tell(&self, news: News) {
        if self.0.news.try_send(news).is_err() {
            tracing::error!("too many messages about actions wait: one is lost");
        }
    }

    /// A plan that is held: when it is new, when something of it changed, and from time to time.
    fn worth_keeping(&self, weighed: &Weighed, finding: &Finding, now: Millis) -> Option<HeldPlan> {
        let PlanReport { plan: Some(plan), holds, .. } = &weighed.report else { return None };
        let first = holds.first()?;
        // something is being done: that is told, and not that nothing is
        if holds.iter().any(|h| ours(h, &weighed.job)) {
            return None;
        }
        let names: BTreeSet<&'static str> = holds.iter().map(Hold::name).collect();
        let (hash, job) = (plan.hash(), plan.job.clone());
        let of: Of = (plan.incident.0.clone(), job.clone(), plan.playbook.clone());
        let mut notes = held(&self.0.notes);
        let kept = notes.kept.entry(of).or_insert_with(|| Kept {
            hash: hash.clone(),
            holds: BTreeSet::new(),
            first: now,
            written: Millis(0),
            since: now,
            told: false,
            messages: Messages::default(),
        });
        let same = kept.hash == hash && kept.holds == names;
        if kept.hash != hash {
            kept.first = now;
        }
        if !same {
            tracing::debug!(%job, playbook = %plan.playbook, hold = first.name(), "a plan is held");
            (kept.hash, kept.holds, kept.since, kept.told) = (hash.clone(), names, now, false);
        }
        let waits = matches!(holds.as_slice(), [Hold::NeedsApproval { .. }]);
        let due = waits || now - kept.since >= PATIENCE;
        let worth = match weighed.mode() {
            Mode::Observe => false,
            // nobody is to be told to do what is not for this
            Mode::Suggest => applies(holds),
            Mode::Approve | Mode::Auto => true,
        };
        let tells = worth && due && !kept.told && kept.messages.may_go(now);
        if tells && !self.is_quiet(plan, finding, now) {
            (kept.told, kept.messages) = (true, kept.messages.and(now));
            self.tell(News::Held { plan: plan.clone(), holds: holds.clone() });
        }
        if same && now - kept.written < KEEP_EVERY {
            return None;
        }
        kept.written = now;
        Some(HeldPlan {
            incident: plan.incident.0.clone(),
            job,
            playbook: plan.playbook.clone(),
            hash,
            first: kept.first,
            last: now,
            report: weighed.report.clone(),
        })
    }

    /// Notes of what is over.
    fn forget(&self, proposals: &[Proposal]) {
        let mut notes = held(&self.0.notes);
        let hashes: BTreeSet<&Name> = proposals.iter().filter_map(|p| p.hash.as_ref()).collect();
        held(&self.0.ahead).forget(&hashes);
        let incidents: BTreeSet<&Name> = proposals.iter().map(|p| &p.incident.0).collect();
        notes.kept.retain(|(incident, _, _), _| incidents.contains(incident));
    }
}

/// An action of ours on the same job.
fn ours(hold: &Hold, job: &JobKey) -> bool {
    matches!(hold, Hold::ActionOpen { scope: Scope::Job { job: of } } if of == job)
}

/// Another line, whatever else was touched in the file.
fn differ(a: &[Switch], b: &[Switch]) -> bool {
    let line = |s: &Switch| Switch { at: Millis(0), ..s.clone() };
    !a.iter().map(line).eq(b.iter().map(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_changes_all_the_time_is_told_three_times_and_then_each_quarter_of_an_hour() {
        let mut messages = Messages::default();
        let told = (0..60).filter(|minute| {
            let now = Millis(minute * 60_000);
            let goes = messages.may_go(now);
            messages = if goes { messages.and(now) } else { messages };
            goes
        });
        assert_eq!(told.collect::<Vec<_>>(), [0, 1, 2, 17, 32, 47]);
    }

    #[test]
    fn what_the_file_stops_is_written_down_when_a_line_comes_or_goes() {
        let line = |why: &str, at| Switch {
            scope: Scope::Estate,
            by: Switch::FILE.into(),
            why: why.into(),
            at: Millis(at),
            until: None,
            hard: false,
        };
        assert!(!differ(&[], &[]));
        assert!(differ(&[], &[line("storm", 1)]) && differ(&[line("storm", 1)], &[]));
        assert!(!differ(&[line("storm", 1)], &[line("storm", 2)]), "the file was only touched");
        assert!(differ(&[line("storm", 1)], &[line("calm", 1)]));
    }
}
