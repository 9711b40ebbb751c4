//! What people say to the journal: switches, approvals, looks. Each stands in the audit log too.

use super::{Db, Error, db_now, generation, json_of, put_generation};
use crate::store::db::audit::Deed;
use crate::store::db::audit::kept::{LOOK, ON, OVER, PLACE, RELEASE, SWITCH, WORD};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnection;
use streamwarden_core::case::{Plan, Scope, digest};
use streamwarden_core::estate::{JobKey, Millis, Name};
use streamwarden_core::plan::Switch;

/// A switch that is thrown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thrown<'a> {
    pub scope: &'a Scope,
    pub by: &'a str,
    pub why: &'a str,
    /// None: until somebody takes it back.
    pub until: Option<Millis>,
    pub hard: bool,
    /// When it was said, as its sayer's clock has it: with this the same is written once.
    pub said: Millis,
    /// It stands in the file since then: the database could not take it.
    pub filed: bool,
}

impl Db {
    /// On disk when it returns, with its id; the same may be written again.
    ///
    /// # Errors
    /// See [`Error`]: then it may not be on; the kill-switch file works without a database.
    pub async fn throw_switch(&self, s: &Thrown<'_>) -> Result<Name, Error> {
        let write = async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let at = if s.filed { s.said } else { db_now(&mut tx).await? };
            let (said, place) = (s.said.0, json_of(s.scope)?);
            let until = s.until.map(|t| t.0);
            let same = json!([said, place, s.by, s.why, until, s.hard]);
            let id = digest(&format!("switch|{same}"));
            let sql = "INSERT INTO kill_switches (id, scope, who, why, at_ms, until_ms, hard)
                       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
            let written = sqlx::query(sql)
                .bind(&*id)
                .bind(place)
                .bind(s.by)
                .bind(s.why)
                .bind(at.0)
                .bind(until)
                .bind(i64::from(s.hard))
                .execute(&mut *tx)
                .await?;
            if written.rows_affected() == 0 {
                return Ok((id, None));
            }
            let covers = SWITCH.of(&mut tx, "id = $1", &[&id]).await?;
            let filed = s.filed.then_some(s.said);
            let detail = json!({ "scope": s.scope, "why": s.why, "until": s.until,
                "hard": s.hard, "in_the_file_since": filed });
            let deed = Deed { who: s.by, what: "kill_switch.on", detail, covers };
            let head = self.put_audit(&mut tx, deed).await?;
            tx.commit().await?;
            Ok((id, Some(head)))
        };
        let (id, head) = self.call("throw a kill switch", write).await?;
        if let Some(head) = head {
            self.note_head(&head).await;
        }
        Ok(id)
    }

    /// Takes back every switch of exactly this scope; how many there were.
    ///
    /// # Errors
    /// See [`Error`]: then they stay on.
    pub async fn end_switch(&self, scope: &Scope, by: &str) -> Result<u64, Error> {
        let write = async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let at = db_now(&mut tx).await?;
            let sql = "UPDATE kill_switches SET ended = $2, ended_by = $3
                       WHERE scope = $1 AND ended IS NULL";
            let query = sqlx::query(sql).bind(json_of(scope)?).bind(at.0).bind(by);
            let ended = query.execute(&mut *tx).await?.rows_affected();
            let which = "scope = $1 AND ended = $2";
            let binds = [&*json_of(scope)?, &at.0.to_string()];
            let covers = RELEASE.of(&mut tx, which, &binds).await?;
            let detail = json!({ "scope": scope, "switches": ended });
            let deed = Deed { who: by, what: "kill_switch.off", detail, covers };
            let head = self.put_audit(&mut tx, deed).await?;
            tx.commit().await?;
            Ok((ended, head))
        };
        let (ended, head) = self.call("take back a kill switch", write).await?;
        self.note_head(&head).await;
        Ok(ended)
    }

    /// What the kill-switch file stops now: it is written by hand, and this is when it was seen.
    ///
    /// # Errors
    /// See [`Error`]: then it is not recorded.
    pub async fn file_stops(&self, stops: &[Switch]) -> Result<(), Error> {
        let detail = json!({ "stops": stops });
        let what = "kill_switch.file";
        let none = async |_: &mut SqliteConnection, _| Ok(Vec::new());
        self.spoken("record the kill-switch file", Switch::FILE, what, detail, none).await
    }

    /// A person's yes to exactly this plan, or their no to all that comes to the same.
    ///
    /// # Errors
    /// See [`Error`]: then it is not recorded.
    pub async fn approve(&self, plan: &Plan, by: &str, yes: bool) -> Result<(), Error> {
        let what = if yes { "plan.approved" } else { "plan.declined" };
        let hash = plan.hash();
        let detail = json!({ "plan": hash, "incident": plan.incident, "job": plan.job,
            "playbook": plan.playbook });
        self.spoken("record an approval", by, what, detail, async |tx, at| {
            let sql = "INSERT INTO approvals
                       (plan, at_ms, who, yes, incident, cluster, key, playbook, nth)
                       SELECT $1, $2, $3, $4, $5, $6, $7, $8, COALESCE(MAX(nth), 0) + 1
                       FROM approvals";
            let query = sqlx::query(sql).bind(&*hash).bind(at.0).bind(by).bind(i64::from(yes));
            let query = query.bind(&*plan.incident.0).bind(plan.job.cluster.as_str());
            query.bind(&*plan.job.key).bind(&*plan.playbook).execute(&mut *tx).await?;
            let which = "nth = (SELECT MAX(nth) FROM approvals)";
            let mut covers = WORD.of(tx, which, &[]).await?;
            covers.extend(PLACE.of(tx, which, &[]).await?);
            // over before anybody said no to it
            covers.extend(OVER.of(tx, "id = $1", &[&plan.incident.0]).await?);
            Ok(covers)
        })
        .await
    }

    /// A person has looked at what became of an action.
    ///
    /// # Errors
    /// See [`Error`]: then it is not recorded.
    pub async fn look_at(&self, action: &str, by: &str, note: &str) -> Result<(), Error> {
        let detail = json!({ "action": action, "note": note });
        self.spoken("record who looked", by, "action.seen", detail, async |tx, at| {
            let sql = "INSERT INTO action_looks (action, at_ms, who, note) VALUES ($1, $2, $3, $4)";
            let query = sqlx::query(sql).bind(action).bind(at.0).bind(by).bind(note);
            query.execute(&mut *tx).await?;
            let which = "action = $1 AND at_ms = $2 AND who = $3";
            LOOK.of(tx, which, &[action, &at.0.to_string(), by]).await
        })
        .await
    }

    /// A person has looked at a playbook that failed twice, and at what it failed with: it may be
    /// used again. Jobs that it left stuck stay so until somebody looks at each.
    ///
    /// # Errors
    /// See [`Error`]: then it stays off.
    pub async fn playbook_on(&self, playbook: &str, by: &str, note: &str) -> Result<(), Error> {
        let detail = json!({ "playbook": playbook, "note": note });
        self.spoken("switch a playbook on", by, "playbook.on", detail, async |tx, at| {
            let sql = "UPDATE playbooks_off SET seen = $2, seen_by = $3, note = $4
                       WHERE playbook = $1 AND seen IS NULL";
            let query = sqlx::query(sql).bind(playbook).bind(at.0).bind(by).bind(note);
            query.execute(&mut *tx).await?;
            let sql = "INSERT INTO action_looks (action, at_ms, who, note)
                       SELECT id, $2, $3, $4 FROM actions WHERE playbook = $1
                       AND end_kind IN ('failed', 'no_change', 'rolled_back')
                       AND NOT EXISTS (SELECT 1 FROM action_looks WHERE action = id)";
            let query = sqlx::query(sql).bind(playbook).bind(at.0).bind(by).bind(note);
            query.execute(&mut *tx).await?;
            let at = at.0.to_string();
            let mut covers = ON.of(tx, "playbook = $1 AND seen = $2", &[playbook, &at]).await?;
            covers.extend(LOOK.of(tx, "at_ms = $1 AND who = $2", &[&at, by]).await?);
            Ok(covers)
        })
        .await
    }

    /// The job changed, and not by us: what was decided before is about another job.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn job_changed(&self, job: &JobKey) -> Result<u64, Error> {
        let write = async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let next = generation(&mut tx, job).await? + 1;
            put_generation(&mut tx, job, next).await?;
            tx.commit().await?;
            Ok(next)
        };
        self.call("count a job's change", write).await
    }

    async fn spoken(
        &self,
        doing: &'static str,
        by: &str,
        what: &str,
        detail: Value,
        // digests of what it wrote
        put: impl AsyncFnOnce(&mut SqliteConnection, Millis) -> Result<Vec<String>, sqlx::Error>,
    ) -> Result<(), Error> {
        let write = async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let at = db_now(&mut tx).await?;
            let covers = put(&mut tx, at).await?;
            let deed = Deed { who: by, what, detail, covers };
            let head = self.put_audit(&mut tx, deed).await?;
            tx.commit().await?;
            Ok(head)
        };
        let head = self.call(doing, write).await?;
        self.note_head(&head).await;
        Ok(())
    }
}
