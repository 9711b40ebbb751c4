//! Risks that somebody has taken.

use super::audit::said;
use super::{Db, Error, KEEP_GONE};
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use streamwarden_core::estate::{EndedEarly, Millis};
use streamwarden_core::inspect::Waiver;

impl Db {
    /// On disk when it returns, and in the audit log; the same may be written again. What was over
    /// long ago goes.
    ///
    /// # Errors
    /// See [`Error`]: then the risk counts as before.
    pub async fn waive(&self, w: &Waiver) -> Result<(), Error> {
        let write = async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let sql = "INSERT INTO waivers
                       (id, name, subject, owner, reason, made, until_ms, ended, ended_by)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING";
            sqlx::query(sql)
                .bind(&*w.id)
                .bind(&*w.check)
                .bind(&*w.subject)
                .bind(&*w.owner)
                .bind(&*w.reason)
                .bind(w.made.0)
                .bind(w.until.0)
                .bind(w.ended.as_ref().map(|e| e.at.0))
                .bind(w.ended.as_ref().map(|e| &*e.by))
                .execute(&mut *tx)
                .await?;
            let old = "DELETE FROM waivers WHERE until_ms < $1";
            sqlx::query(old).bind((w.made - KEEP_GONE).0).execute(&mut *tx).await?;
            let detail = json!({ "id": w.id, "check": w.check, "subject": w.subject,
                "until": w.until, "why": w.reason });
            let head = self.put_audit(&mut tx, said(&w.owner, "waiver.added", detail)).await?;
            tx.commit().await?;
            Ok(head)
        };
        let head = self.call("record a waiver", write).await?;
        self.note_head(&head).await;
        Ok(())
    }

    /// On disk when it returns. Who took it back first stays.
    ///
    /// # Errors
    /// See [`Error`]: then it goes on.
    pub async fn end_waiver(&self, id: &str, ended: &EndedEarly) -> Result<(), Error> {
        let write = async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let sql = "UPDATE waivers SET ended = $2, ended_by = $3
                       WHERE id = $1 AND ended IS NULL";
            let query = sqlx::query(sql).bind(id).bind(ended.at.0).bind(&*ended.by);
            if query.execute(&mut *tx).await?.rows_affected() == 0 {
                return Ok(None);
            }
            let deed = said(&ended.by, "waiver.ended", json!({ "id": id }));
            let head = self.put_audit(&mut tx, deed).await?;
            tx.commit().await?;
            Ok(Some(head))
        };
        if let Some(head) = self.call("end a waiver", write).await? {
            self.note_head(&head).await;
        }
        Ok(())
    }

    /// What is not over, the next to end first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn waivers(&self, now: Millis) -> Result<Vec<Waiver>, Error> {
        let sql = "SELECT * FROM waivers WHERE until_ms > $1 AND ended IS NULL
                   ORDER BY until_ms, id";
        let rows = sqlx::query(sql).bind(now.0).fetch_all(&self.pool);
        let rows = self.call("read waivers", rows).await?;
        let read: Result<Vec<_>, _> = rows.iter().map(read).collect();
        read.map_err(|e| Error::of("read waivers", &self.path, e))
    }
}

fn read(row: &SqliteRow) -> Result<Waiver, sqlx::Error> {
    let text = |name: &str| row.try_get::<String, _>(name).map(Into::into);
    let by: Option<String> = row.try_get("ended_by")?;
    let at: Option<i64> = row.try_get("ended")?;
    Ok(Waiver {
        id: text("id")?,
        check: text("name")?,
        subject: text("subject")?,
        owner: text("owner")?,
        reason: text("reason")?,
        made: Millis(row.try_get("made")?),
        until: Millis(row.try_get("until_ms")?),
        ended: at.zip(by).map(|(at, by)| EndedEarly { at: Millis(at), by: by.into() }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamwarden_core::estate::Span;

    const NOW: Millis = Millis(1_763_700_000_000);

    fn waiver(id: &str, days: i64) -> Waiver {
        Waiver {
            id: id.into(),
            check: "kafka.retention".into(),
            subject: "topic:pay/'; DROP TABLE waivers; --".into(),
            owner: "李伟".into(),
            reason: "moves\nnext week".into(),
            made: NOW,
            until: NOW + Span::secs(days * 86_400),
            ended: None,
        }
    }

    #[tokio::test]
    async fn what_was_taken_on_survives_ends_and_stands_in_the_audit_log() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("streamwarden.db");
        let db = Db::open(&path).await.unwrap();
        for w in [waiver("late", 9), waiver("soon", 1), waiver("back", 3)] {
            db.waive(&w).await.unwrap();
        }
        let ended = |by: &str| EndedEarly { at: NOW + Span::secs(5), by: by.into() };
        db.end_waiver("back", &ended("chen")).await.unwrap();
        db.end_waiver("back", &ended("somebody else")).await.unwrap();
        std::mem::forget(db);

        let db = Db::open(&path).await.unwrap();
        let now = db.waivers(NOW).await.unwrap();
        assert_eq!(now, [waiver("soon", 1), waiver("late", 9)]);
        assert_eq!(db.waivers(NOW + Span::secs(2 * 86_400)).await.unwrap(), [waiver("late", 9)]);
        let rows = db.audit_rows(0, 10).await.unwrap();
        let told: Vec<_> = rows.iter().map(|r| (&*r.who, &*r.what)).collect();
        let added = ("李伟", "waiver.added");
        assert_eq!(told, [added, added, added, ("chen", "waiver.ended")]);
    }
}
