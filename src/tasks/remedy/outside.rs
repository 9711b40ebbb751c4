//! What page, API and command line ask and say.

use super::{Remedy, held};
use crate::store::db::Error;
use crate::store::db::journal::{self, FoundAction, Thrown};
use crate::web::repairs::*;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use streamwarden_core::action::ActionRecord;
use streamwarden_core::case::Scope;
use streamwarden_core::estate::{Millis, Name};
use streamwarden_core::plan::{EndKind, Switch};

type Asked<'a, T> = BoxFuture<'a, Result<T, RepairError>>;

fn broken(e: Error) -> RepairError {
    tracing::error!(error = %e, "the journal cannot be used");
    RepairError::Store(e.to_string())
}

/// A kill switch counts within a second.
const PATIENCE: Duration = Duration::from_millis(700);
/// More that wait for the database is a script gone wild; the file has them all.
const MOST_FILED: usize = 500;

impl Remedy {
    /// What works without a database, and is read before every effect.
    async fn file_it(
        &self,
        s: NewSwitch,
        said: Millis,
        error: &str,
    ) -> Result<Stands, RepairError> {
        tracing::error!(error, "a kill switch goes into the file");
        let (kill, filed) = (self.0.kill.clone(), s.clone());
        let add = move || kill.add(&s.scope, s.hard, s.until, &format!("{} ({})", s.why, s.by));
        match tokio::task::spawn_blocking(add).await {
            Ok(Ok(())) => {
                let mut all = held(&self.0.filed);
                if all.len() < MOST_FILED {
                    all.push((filed, said));
                } else {
                    let NewSwitch { scope, by, why, .. } = &filed;
                    tracing::error!(?scope, %by, %why, "this switch stands in the file alone: too many wait for the audit log");
                }
                Ok(Stands::File)
            }
            Ok(Err(e)) => Err(RepairError::Store(format!("{error}; the kill-switch file: {e}"))),
            Err(e) => Err(RepairError::Store(format!("{error}; the kill-switch file: {e}"))),
        }
    }
}

impl Remedy {
    /// What went into the file while the database was not there, once: by whom, and since when.
    pub(super) async fn write_filed(&self) {
        let filed = held(&self.0.filed).clone();
        for (s, said) in filed {
            let NewSwitch { scope, by, why, until, hard } = &s;
            let (until, hard, filed) = (*until, *hard, true);
            let thrown = Thrown { scope, by, why, until, hard, said, filed };
            if let Err(error) = self.db().throw_switch(&thrown).await {
                tracing::warn!(%error, "a kill switch stands in the file, and not yet in the database");
                return;
            }
            held(&self.0.filed).retain(|one| *one != (s.clone(), said));
        }
    }
}

impl Repairs for Remedy {
    fn reach(&self) -> Reach {
        let allowed = &self.0.allowed;
        Reach {
            a: allowed.policy.a,
            b: allowed.policy.b,
            c: allowed.policy.c,
            clusters: allowed.clusters().cloned().collect(),
            kill_file: allowed.kill_file.clone(),
            calls: allowed.calls,
        }
    }

    fn proposals(&self) -> Arc<Vec<Proposal>> {
        self.0.proposals.load_full()
    }

    fn held<'a>(&'a self, incident: Option<&'a str>, limit: u32) -> Asked<'a, Vec<Held>> {
        Box::pin(async move {
            let all = self.db().held_plans(incident, limit).await.map_err(broken)?;
            let one = |h: crate::store::db::HeldPlan| Held {
                incident: h.incident,
                job: h.job,
                playbook: h.playbook,
                hash: h.hash,
                first: h.first,
                last: h.last,
                report: h.report,
            };
            Ok(all.into_iter().map(one).collect())
        })
    }

    fn actions<'a>(
        &'a self,
        incident: Option<&'a str>,
        offset: u32,
        limit: u32,
    ) -> Asked<'a, Vec<ActionRecord>> {
        Box::pin(async move { self.db().actions(incident, offset, limit).await.map_err(broken) })
    }

    fn action<'a>(&'a self, id: &'a str) -> Asked<'a, ActionRecord> {
        Box::pin(async move {
            match self.db().action(id).await.map_err(broken)? {
                FoundAction::One(found) => Ok(*found),
                FoundAction::None => Err(RepairError::NotFound),
                FoundAction::Several(ids) => Err(RepairError::Several(ids)),
            }
        })
    }

    fn unreadable(&self) -> Asked<'_, Vec<Unreadable>> {
        Box::pin(async move {
            let open = self.db().open_actions().await.map_err(broken)?;
            let one = |u: journal::Unreadable| Unreadable { open: u.open, by: u.by, seen: u.seen };
            Ok(open.unreadable.into_iter().map(one).collect())
        })
    }

    fn answer<'a>(&'a self, plan: &'a str, by: Name, yes: bool) -> Asked<'a, Proposal> {
        Box::pin(async move {
            let all = self.proposals();
            let hash = |p: &Proposal| p.hash.clone();
            let Some(found) = all.iter().find(|p| p.hash.as_deref() == Some(plan)).cloned() else {
                return Err(RepairError::Stale { now: all.iter().filter_map(hash).collect() });
            };
            let Some(meant) = &found.report.plan else { return Err(RepairError::NotFound) };
            self.db().approve(meant, &by, yes).await.map_err(broken)?;
            tracing::info!(%plan, %by, yes, job = %found.job, "a person answered a plan");
            Ok(found)
        })
    }

    fn switches(&self) -> Asked<'_, Vec<Switch>> {
        Box::pin(async move {
            let mut all = self.db().switches().await.map_err(broken)?;
            all.extend(self.0.kill.read());
            Ok(all)
        })
    }

    fn switches_of_file(&self) -> Vec<Switch> {
        self.0.kill.read()
    }

    fn throw(&self, s: NewSwitch) -> Asked<'_, Stands> {
        Box::pin(async move {
            let NewSwitch { scope, by, why, until, hard } = &s;
            let said = crate::clock::now();
            let (until, hard, filed) = (*until, *hard, false);
            let thrown = Thrown { scope, by, why, until, hard, said, filed };
            let written = tokio::time::timeout(PATIENCE, self.db().throw_switch(&thrown)).await;
            let stands = match written {
                Ok(Ok(_)) => Stands::Journal,
                Ok(Err(e)) => self.file_it(s.clone(), said, &e.to_string()).await?,
                Err(_) => self.file_it(s.clone(), said, "the database does not answer").await?,
            };
            tracing::warn!(%by, %why, hard, scope = ?scope, ?stands, "a kill switch is on");
            Ok(stands)
        })
    }

    fn release<'a>(&'a self, scope: &'a Scope, by: Name) -> Asked<'a, u64> {
        Box::pin(async move {
            let n = self.db().end_switch(scope, &by).await.map_err(broken)?;
            tracing::warn!(%by, n, scope = ?scope, "kill switches are taken back");
            Ok(n)
        })
    }

    fn look_at<'a>(&'a self, action: &'a str, by: Name, note: Name) -> Asked<'a, ()> {
        Box::pin(async move { self.db().look_at(action, &by, &note).await.map_err(broken) })
    }

    fn playbooks(&self) -> Asked<'_, Vec<Book>> {
        Box::pin(async move {
            let ends = self.db().playbook_ends().await.map_err(broken)?;
            let nobody = streamwarden_core::estate::ClusterId::new("");
            let nobody = streamwarden_core::estate::JobKey::new(&nobody, "");
            let off = self.db().ledger(&nobody).await.map_err(broken)?.playbooks_off;
            let book = |playbook: &streamwarden_core::plan::Playbook| {
                let mut record = Record::default();
                for (_, end, n) in ends.iter().filter(|(name, _, _)| *name == playbook.name) {
                    *of(&mut record, *end) += n;
                }
                let off = off.iter().find(|(name, _)| *name == playbook.name);
                let off_since = off.map(|(_, at)| *at);
                Book { playbook: playbook.clone(), record, off_since }
            };
            Ok(self.0.books.iter().map(book).collect())
        })
    }

    fn playbook_on<'a>(&'a self, playbook: &'a str, by: Name, note: Name) -> Asked<'a, ()> {
        Box::pin(async move {
            if !self.0.books.iter().any(|b| &*b.name == playbook) {
                return Err(RepairError::NotFound);
            }
            self.db().playbook_on(playbook, &by, &note).await.map_err(broken)
        })
    }

    fn audit(&self, after: i64, limit: u32) -> Asked<'_, Vec<AuditLine>> {
        Box::pin(async move {
            let rows = self.db().audit_rows(after, limit).await.map_err(broken)?;
            let line = |r: crate::store::db::audit::AuditRow| AuditLine {
                n: r.n,
                at: r.at,
                who: r.who,
                what: r.what,
                detail: r.detail,
            };
            Ok(rows.into_iter().map(line).collect())
        })
    }
}

fn of(record: &mut Record, end: EndKind) -> &mut u32 {
    match end {
        EndKind::Helped => &mut record.helped,
        EndKind::NoChange => &mut record.no_change,
        EndKind::Held => &mut record.held,
        EndKind::Failed => &mut record.failed,
        EndKind::RolledBack => &mut record.rolled_back,
        EndKind::Stuck => &mut record.stuck,
    }
}
