//! The journal of actions. Nothing is sent to the estate that does not stand here first.
//!
//! A call that ran out of time may have been carried out: `append` may be repeated with the same
//! entry, and an action that was begun so is found by [`Db::open_actions`].

mod declined;
mod ledger;
mod read;
mod said;
#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;

pub use read::{FoundAction, OpenActions, Unreadable};
pub use said::Thrown;

use super::audit::kept::{ACTION, END, ENTRY, EPOCH, OFF};
use super::audit::{self, Deed};
use super::{Db, Error, open, planned, rows};
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteConnection;
use std::sync::atomic::Ordering;
use streamwarden_core::action::{ActionState, End, Entry, action_id};
use streamwarden_core::case::{Hold, Plan, Scope};
use streamwarden_core::estate::{JobKey, Millis, Name, Span};
use streamwarden_core::plan::{EndKind, Ledger};

/// Two failures of a playbook within so long switch it off (safety: a second failing repair of the
/// same kind stops the kind).
const FAILURES_WITHIN: Span = Span::secs(86_400);
const FAILURES: i64 = 2;
/// Entries of one action. A machine that goes round and round must not fill the disk.
pub const ENTRIES_MAX: u32 = 10_000;

/// Why the journal did not take it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    #[error("{} guards hold it", .0.len())]
    Held(Vec<Hold>),
    #[error("the database may lose what it takes: {0}")]
    Unsound(Name),
    #[error("another process has taken over (epoch {theirs}, ours is {ours})")]
    Fenced { ours: u64, theirs: u64 },
    #[error("no action {0} is known")]
    NoAction(Name),
    #[error("entry {n} stands there already and says something else")]
    Conflict { n: u32 },
    #[error("entry {n} comes before entry {next} is there")]
    Early { n: u32, next: u32 },
    #[error("the action is over")]
    Over,
    #[error("an action has at most {ENTRIES_MAX} entries")]
    TooMany,
}

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("refused: {0}")]
    Refused(Refusal),
    #[error("database: {0}")]
    Db(#[from] Error),
}

impl From<Refusal> for JournalError {
    fn from(refusal: Refusal) -> JournalError {
        JournalError::Refused(refusal)
    }
}

/// What is to begin.
#[derive(Clone, Copy, Debug)]
pub struct Beginning<'a> {
    pub plan: &'a Plan,
    pub failure_domain: &'a str,
    /// Who let it: a person, or the policy.
    pub by: &'a str,
}

type Asked<T> = Result<Result<T, Refusal>, sqlx::Error>;

impl Db {
    /// Takes the right to write the journal: who had it before is refused from here on. To be
    /// called once at a start, before any other call of the journal.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn take_epoch(&self, who: &str) -> Result<u64, Error> {
        const DOING: &str = "take the right to act";
        let (epoch, head) = self.call(DOING, self.write_epoch(who)).await?;
        self.epoch.store(epoch, Ordering::SeqCst);
        self.note_head(&head).await;
        Ok(epoch)
    }

    async fn write_epoch(&self, who: &str) -> Result<(u64, audit::Head), sqlx::Error> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let epoch = epoch(&mut tx).await? + 1;
        let sql = "INSERT INTO journal_epochs (epoch, at_ms, who) VALUES ($1, $2, $3)";
        let at = db_now(&mut tx).await?;
        sqlx::query(sql).bind(whole(epoch)).bind(at.0).bind(who).execute(&mut *tx).await?;
        let covers = EPOCH.of(&mut tx, "epoch = $1", &[&epoch.to_string()]).await?;
        let detail = json!({ "epoch": epoch });
        let deed = Deed { who, what: "journal.taken", detail, covers };
        let head = self.put_audit(&mut tx, deed).await?;
        tx.commit().await?;
        Ok((epoch, head))
    }

    /// Begins an action, in one transaction that nobody else can write beside: `guards` are asked
    /// with what the journal knows then. After an error nothing may be sent.
    ///
    /// # Errors
    /// What holds it, or why the journal cannot be trusted.
    pub async fn begin<F>(
        &self,
        what: Beginning<'_>,
        guards: F,
    ) -> Result<ActionState, JournalError>
    where
        F: FnOnce(&Ledger) -> Result<(), Vec<Hold>>,
    {
        let (state, head) = self.call("begin an action", self.write_begin(what, guards)).await??;
        self.note_head(&head).await;
        Ok(state)
    }

    async fn write_begin<F>(
        &self,
        what: Beginning<'_>,
        guards: F,
    ) -> Asked<(ActionState, audit::Head)>
    where
        F: FnOnce(&Ledger) -> Result<(), Vec<Hold>>,
    {
        let plan = what.plan;
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let ledger = ledger::read(&mut tx, &plan.job).await?;
        if let Err(refusal) = self.may_begin(&ledger, plan, guards) {
            return Ok(Err(refusal));
        }
        let generation = ledger.generation + 1;
        put_generation(&mut tx, &plan.job, generation).await?;
        let id = action_id(&plan.job, generation, ledger.now);
        let sql = "INSERT INTO actions (id, cluster, key, playbook, failure_domain, incident,
                       generation, epoch, who, began, plan, plan_hash, resumes)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        sqlx::query(sql)
            .bind(&*id)
            .bind(plan.job.cluster.as_str())
            .bind(&*plan.job.key)
            .bind(&*plan.playbook)
            .bind(what.failure_domain)
            .bind(&*plan.incident.0)
            .bind(whole(generation))
            .bind(whole(ledger.epoch))
            .bind(what.by)
            .bind(ledger.now.0)
            .bind(json_of(plan)?)
            .bind(&*plan.hash())
            .bind(i64::from(plan.resumes()))
            .execute(&mut *tx)
            .await?;
        let detail = json!({ "action": id, "job": plan.job, "playbook": plan.playbook,
            "incident": plan.incident, "plan": plan.hash(), "generation": generation });
        let covers = ACTION.of(&mut tx, "id = $1", &[&id]).await?;
        let deed = Deed { who: what.by, what: "action.begun", detail, covers };
        let head = self.put_audit(&mut tx, deed).await?;
        tx.commit().await?;
        Ok(Ok((ActionState::begun(id, plan.clone(), generation, ledger.now), head)))
    }

    /// The guards decide; what the journal itself could not bear is refused whatever they say.
    fn may_begin<F>(&self, ledger: &Ledger, plan: &Plan, guards: F) -> Result<(), Refusal>
    where
        F: FnOnce(&Ledger) -> Result<(), Vec<Hold>>,
    {
        self.unfenced(ledger.epoch)?;
        if let Some(why) = &ledger.unsound {
            return Err(Refusal::Unsound(why.clone()));
        }
        guards(ledger).map_err(Refusal::Held)?;
        match ledger.open.iter().any(|o| o.job == plan.job) {
            true => {
                let scope = Scope::Job { job: plan.job.clone() };
                Err(Refusal::Held(vec![Hold::ActionOpen { scope }]))
            }
            false => Ok(()),
        }
    }

    fn unfenced(&self, theirs: u64) -> Result<(), Refusal> {
        let ours = self.epoch.load(Ordering::SeqCst);
        if ours == 0 || ours != theirs { Err(Refusal::Fenced { ours, theirs }) } else { Ok(()) }
    }

    /// The `n`-th entry (from 0) of an action; the same may be written again.
    ///
    /// # Errors
    /// After a database error it may stand there or not: repeat the same.
    pub async fn append(
        &self,
        action: &str,
        n: u32,
        at: Millis,
        entry: &Entry,
    ) -> Result<(), JournalError> {
        let write = self.write_entry(action, n, at, entry);
        if let Some(head) = self.call("write the journal", write).await?? {
            self.note_head(&head).await;
        }
        Ok(())
    }

    async fn write_entry(
        &self,
        action: &str,
        n: u32,
        at: Millis,
        entry: &Entry,
    ) -> Asked<Option<audit::Head>> {
        let body = json_of(entry)?;
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let theirs = epoch(&mut tx).await?;
        if let Err(refusal) = self.unfenced(theirs) {
            return Ok(Err(refusal));
        }
        match place(&mut tx, action, n, entry, &body).await? {
            Err(refusal) => return Ok(Err(refusal)),
            Ok(Place::There) => return Ok(Ok(None)),
            Ok(Place::Free) => {}
        }
        let sql = "INSERT INTO action_entries (action, n, at_ms, epoch, body)
                   VALUES ($1, $2, $3, $4, $5)";
        sqlx::query(sql)
            .bind(action)
            .bind(n)
            .bind(at.0)
            .bind(whole(theirs))
            .bind(&body)
            .execute(&mut *tx)
            .await?;
        let mut covers =
            ENTRY.of(&mut tx, "action = $1 AND n = $2", &[action, &n.to_string()]).await?;
        if let Entry::Closed { end } = entry {
            close(&mut tx, action, end).await?;
            covers.extend(END.of(&mut tx, "id = $1", &[action]).await?);
            covers.extend(OFF.of(&mut tx, "action = $1", &[action]).await?);
        }
        let detail = json!({ "action": action, "n": n, "entry": entry });
        let deed = Deed { who: "streamwarden", what: word_of(entry), detail, covers };
        let head = self.put_audit(&mut tx, deed).await?;
        tx.commit().await?;
        Ok(Ok(Some(head)))
    }
}

enum Place {
    Free,
    There,
}

/// Where the `n`-th entry would go.
async fn place(
    tx: &mut SqliteConnection,
    action: &str,
    n: u32,
    entry: &Entry,
    body: &str,
) -> Result<Result<Place, Refusal>, sqlx::Error> {
    let sql = "SELECT ended, (SELECT COUNT(*) FROM action_entries WHERE action = id) AS entries,
                   (SELECT body FROM action_entries WHERE action = id AND n = $2) AS body
               FROM actions WHERE id = $1";
    let Some(row) = sqlx::query(sql).bind(action).bind(n).fetch_optional(tx).await? else {
        return Ok(Err(Refusal::NoAction(action.into())));
    };
    let there: Option<String> = row.try_get("body")?;
    let next = u32::try_from(row.try_get::<i64, _>("entries")?).unwrap_or(u32::MAX);
    let ended: Option<i64> = row.try_get("ended")?;
    Ok(match there {
        // one that was read back may differ in the last digit of a figure, as text
        Some(there) if there == body => Ok(Place::There),
        Some(there) if serde_json::from_str(&there).is_ok_and(|e: Entry| e == *entry) => {
            Ok(Place::There)
        }
        Some(_) => Err(Refusal::Conflict { n }),
        None if ended.is_some() => Err(Refusal::Over),
        None if n != next => Err(Refusal::Early { n, next }),
        None if n >= ENTRIES_MAX => Err(Refusal::TooMany),
        None => Ok(Place::Free),
    })
}

async fn close(tx: &mut SqliteConnection, action: &str, end: &End) -> Result<(), sqlx::Error> {
    let now = db_now(tx).await?;
    let sql = "UPDATE actions SET ended = $2, end_kind = $3, end_body = $4 WHERE id = $1";
    sqlx::query(sql)
        .bind(action)
        .bind(now.0)
        .bind(rows::word(&end.kind()))
        .bind(json_of(end)?)
        .execute(&mut *tx)
        .await?;
    if !failed(end.kind()) {
        return Ok(());
    }
    // two failures within a day that nobody has looked at, since it was let go on
    let sql = "INSERT INTO playbooks_off (playbook, since, action)
               SELECT playbook, $2, $1 FROM actions AS a WHERE id = $1 AND
                   (SELECT COUNT(*) FROM actions AS b WHERE b.playbook = a.playbook
                    AND b.ended > $3 AND b.ended >= COALESCE((SELECT MAX(seen) FROM playbooks_off
                        WHERE playbook = a.playbook), 0) AND b.end_kind IN ('failed', 'no_change', 'rolled_back', 'stuck')
                    AND NOT EXISTS (SELECT 1 FROM action_looks WHERE action = b.id)) >= $4
               ON CONFLICT DO NOTHING";
    sqlx::query(sql)
        .bind(action)
        .bind(now.0)
        .bind((now - FAILURES_WITHIN).0)
        .bind(FAILURES)
        .execute(tx)
        .await?;
    Ok(())
}

/// It was carried out, or tried, and the job is not better for it.
fn failed(end: EndKind) -> bool {
    match end {
        EndKind::Helped | EndKind::Held => false,
        EndKind::NoChange | EndKind::Failed | EndKind::RolledBack | EndKind::Stuck => true,
    }
}

/// As the audit log names it.
fn word_of(entry: &Entry) -> &'static str {
    match entry {
        Entry::Intent { .. } => "action.intent",
        Entry::Done { .. } => "action.done",
        Entry::Without { .. } => "action.without",
        Entry::Failed { .. } => "action.failed",
        Entry::Dropped => "action.dropped",
        Entry::Chosen { .. } => "action.chosen",
        Entry::Turned { .. } => "action.turned",
        Entry::Paged { .. } => "action.paged",
        Entry::Narrower { .. } => "action.narrower",
        Entry::Measured { .. } => "action.measured",
        Entry::Closed { .. } => "action.closed",
    }
}

/// The clock of the database: in a transaction it is read once the lock is held, so that a begin
/// that waited knows that it did.
pub(super) async fn db_now(tx: &mut SqliteConnection) -> Result<Millis, sqlx::Error> {
    let sql = "SELECT CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER)";
    sqlx::query_scalar(sql).fetch_one(tx).await.map(Millis)
}

async fn epoch(tx: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let sql = "SELECT COALESCE(MAX(epoch), 0) FROM journal_epochs";
    let epoch: i64 = sqlx::query_scalar(sql).fetch_one(tx).await?;
    Ok(u64::try_from(epoch).unwrap_or(0))
}

async fn generation(tx: &mut SqliteConnection, job: &JobKey) -> Result<u64, sqlx::Error> {
    let sql = "SELECT generation FROM generations WHERE cluster = $1 AND key = $2";
    let query = sqlx::query_scalar::<_, i64>(sql).bind(job.cluster.as_str()).bind(&*job.key);
    Ok(query.fetch_optional(tx).await?.map_or(0, |g| u64::try_from(g).unwrap_or(0)))
}

async fn put_generation(
    tx: &mut SqliteConnection,
    job: &JobKey,
    generation: u64,
) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO generations (cluster, key, generation) VALUES ($1, $2, $3)
               ON CONFLICT (cluster, key) DO UPDATE SET generation = $3";
    let query = sqlx::query(sql).bind(job.cluster.as_str()).bind(&*job.key);
    query.bind(whole(generation)).execute(tx).await.map(|_| ())
}

fn whole(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn json_of(value: &impl serde::Serialize) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|e| sqlx::Error::Encode(e.into()))
}
