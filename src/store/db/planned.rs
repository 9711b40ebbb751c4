//! Work that somebody announced, and what was not told because of it.

use super::audit::kept::{WORK, WORK_END};
use super::audit::{Deed, Head};
use super::{Db, Error};
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use std::collections::BTreeMap;
use streamwarden_core::case::IncidentId;
use streamwarden_core::estate::{EndedEarly, Millis, PlannedWork, Scope, Silence};

/// Read back at most so many that are over.
const OVER_MAX: u32 = 200;

impl Db {
    /// On disk when it returns; the same may be written again.
    ///
    /// # Errors
    /// See [`Error`]: then it is not recorded.
    pub async fn plan(&self, w: &PlannedWork) -> Result<(), Error> {
        let head = self.call("record planned work", self.write_work(w)).await?;
        self.note_head(&head).await;
        Ok(())
    }

    async fn write_work(&self, w: &PlannedWork) -> Result<Head, sqlx::Error> {
        let scope = serde_json::to_string(&w.scope).map_err(|e| sqlx::Error::Encode(e.into()))?;
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let sql = "INSERT INTO planned_work
                   (id, scope, from_ms, until_ms, who, why, made, ended, ended_by, silence)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING";
        sqlx::query(sql)
            .bind(&*w.id)
            .bind(scope)
            .bind(w.from.0)
            .bind(w.until.0)
            .bind(&*w.who)
            .bind(&*w.why)
            .bind(w.made.0)
            .bind(w.ended.as_ref().map(|e| e.at.0))
            .bind(w.ended.as_ref().map(|e| &*e.by))
            .bind(w.silence.map(word))
            .execute(&mut *tx)
            .await?;
        let detail = json!({ "id": w.id, "scope": w.scope, "from": w.from, "until": w.until,
            "why": w.why, "no_remediate": w.silence.map(|s| s == Silence::NoRemediate) });
        let what = deed(w.silence.is_some(), "planned_work.added", "silence.added");
        let covers = WORK.of(&mut tx, "id = $1", &[&w.id]).await?;
        let head = self.put_audit(&mut tx, Deed { who: &w.who, what, detail, covers }).await?;
        tx.commit().await?;
        Ok(head)
    }

    /// On disk when it returns. Who ended it first stays.
    ///
    /// # Errors
    /// See [`Error`]: then it goes on.
    pub async fn end_work(&self, id: &str, ended: &EndedEarly) -> Result<(), Error> {
        let write = async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let sql = "UPDATE planned_work SET ended = $2, ended_by = $3
                       WHERE id = $1 AND ended IS NULL RETURNING silence";
            let query = sqlx::query(sql).bind(id).bind(ended.at.0).bind(&*ended.by);
            let Some(row) = query.fetch_optional(&mut *tx).await? else { return Ok(None) };
            let silence: Option<String> = row.try_get("silence")?;
            let what = deed(silence.is_some(), "planned_work.ended", "silence.ended");
            let (who, detail) = (&*ended.by, json!({ "id": id }));
            let covers = WORK_END.of(&mut tx, "id = $1", &[id]).await?;
            let head = self.put_audit(&mut tx, Deed { who, what, detail, covers }).await?;
            tx.commit().await?;
            Ok(Some(head))
        };
        if let Some(head) = self.call("end planned work", write).await? {
            self.note_head(&head).await;
        }
        Ok(())
    }

    /// What is not over at `now`, the next to begin first; then what is, newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn planned_work(&self, now: Millis) -> Result<Vec<PlannedWork>, Error> {
        let open = "SELECT * FROM planned_work WHERE until_ms > $1 AND ended IS NULL
                    ORDER BY from_ms, id";
        let over = "SELECT * FROM planned_work WHERE until_ms <= $1 OR ended IS NOT NULL
                    ORDER BY COALESCE(ended, until_ms) DESC, id LIMIT $2";
        let open = sqlx::query(open).bind(now.0).fetch_all(&self.pool);
        let open = self.call("read planned work", open).await?;
        let over = sqlx::query(over).bind(now.0).bind(OVER_MAX).fetch_all(&self.pool);
        let over = self.call("read planned work", over).await?;
        let read: Result<Vec<_>, _> = open.iter().chain(&over).map(|r| read(r, None)).collect();
        let read = read.map_err(|e| Error::of("read planned work", &self.path, e))?;
        Ok(read.into_iter().flatten().collect())
    }

    /// Open incidents with what was not told of them.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn hushed(&self) -> Result<BTreeMap<IncidentId, String>, Error> {
        let rows = sqlx::query("SELECT incident, kind FROM hushed").fetch_all(&self.pool);
        let rows = self.call("read what was not told", rows).await?;
        let one = |row: &SqliteRow| {
            let id: String = row.try_get("incident").ok()?;
            Some((IncidentId(id.into()), row.try_get("kind").ok()?))
        };
        Ok(rows.iter().filter_map(one).collect())
    }
}

/// What is not over: guards ask in the transaction that begins an action.
pub(super) async fn in_force(
    tx: &mut SqliteConnection,
    now: Millis,
) -> Result<Vec<PlannedWork>, sqlx::Error> {
    let sql = "SELECT * FROM planned_work WHERE until_ms > $1 AND ended IS NULL";
    let rows = sqlx::query(sql).bind(now.0).fetch_all(tx).await?;
    // of a scope that this version does not understand: the whole estate
    let one = |row: &SqliteRow| read(row, Some(Scope::Estate));
    rows.iter().map(one).filter_map(Result::transpose).collect()
}

/// None: of a scope that this version does not understand, unless it counts as `else_scope`.
fn read(row: &SqliteRow, else_scope: Option<Scope>) -> Result<Option<PlannedWork>, sqlx::Error> {
    let text = |name: &str| row.try_get::<String, _>(name);
    let scope = serde_json::from_str(&text("scope")?).ok().or(else_scope);
    let Some(scope) = scope else { return Ok(None) };
    let by: Option<String> = row.try_get("ended_by")?;
    let at: Option<i64> = row.try_get("ended")?;
    Ok(Some(PlannedWork {
        id: text("id")?.into(),
        scope,
        from: Millis(row.try_get("from_ms")?),
        until: Millis(row.try_get("until_ms")?),
        who: text("who")?.into(),
        why: text("why")?.into(),
        made: Millis(row.try_get("made")?),
        ended: at.zip(by).map(|(at, by)| EndedEarly { at: Millis(at), by: by.into() }),
        silence: row.try_get::<Option<String>, _>("silence")?.map(|word| of_word(&word)),
    }))
}

fn word(silence: Silence) -> &'static str {
    match silence {
        Silence::Messages => "messages",
        Silence::NoRemediate => "no_remediate",
    }
}

/// What this version does not understand holds back most.
fn of_word(word: &str) -> Silence {
    if word == "messages" { Silence::Messages } else { Silence::NoRemediate }
}

fn deed(silence: bool, work: &'static str, quiet: &'static str) -> &'static str {
    if silence { quiet } else { work }
}

/// Some: this was not told; None: nothing is left untold.
pub(super) async fn hush(
    tx: &mut SqliteConnection,
    id: &IncidentId,
    kind: Option<&str>,
) -> Result<(), sqlx::Error> {
    let sql = match kind {
        Some(_) => {
            "INSERT INTO hushed (incident, kind) SELECT id, $2 FROM incidents WHERE id = $1
             ON CONFLICT (incident) DO UPDATE SET kind = $2"
        }
        None => "DELETE FROM hushed WHERE incident = $1",
    };
    sqlx::query(sql).bind(&*id.0).bind(kind).execute(tx).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamwarden_core::estate::{ClusterId, JobKey, Span};

    const NOW: Millis = Millis(1_763_700_000_000);

    fn work(id: &str, from_s: i64) -> PlannedWork {
        let job = JobKey::new(&ClusterId::new("prod"), "'; DROP TABLE planned_work; --");
        PlannedWork {
            id: id.into(),
            scope: Scope::Job { job },
            from: NOW + Span::secs(from_s),
            until: NOW + Span::secs(from_s + 60),
            who: "李伟".into(),
            why: "new version\nand more".into(),
            made: NOW,
            ended: None,
            silence: (id == "late").then_some(Silence::NoRemediate),
        }
    }

    async fn ids(db: &Db, at_s: i64) -> String {
        let all = db.planned_work(NOW + Span::secs(at_s)).await.unwrap();
        all.iter().map(|w| &*w.id).collect::<Vec<_>>().join(" ")
    }

    #[tokio::test]
    async fn what_was_announced_survives_and_who_ended_it_too() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("streamwarden.db");
        let db = Db::open(&path).await.unwrap();
        for w in [work("late", 100), work("soon", 10), work("now", 0)] {
            db.plan(&w).await.unwrap();
        }
        let ended = |by: &str| EndedEarly { at: NOW + Span::secs(5), by: by.into() };
        db.end_work("now", &ended("chen")).await.unwrap();
        db.end_work("now", &ended("somebody else")).await.unwrap();
        // as kill -9 leaves it
        std::mem::forget(db);

        let db = Db::open(&path).await.unwrap();
        assert_eq!(ids(&db, 20).await, "soon late now");
        assert_eq!(ids(&db, 70).await, "late soon now", "what is over comes last, newest first");
        let all = db.planned_work(NOW).await.unwrap();
        assert_eq!(all[..2], [work("soon", 10), work("late", 100)]);
        assert_eq!(all[2], PlannedWork { ended: Some(ended("chen")), ..work("now", 0) });
    }
}
