//! Plans that were made and not carried out: what healing would have done while it was off.

use super::{Db, Error};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use streamwarden_core::case::PlanReport;
use streamwarden_core::estate::{ClusterId, JobKey, Millis, Name, Span};

/// Older ones go.
const KEEP: Span = Span::secs(90 * 86_400);

/// One, as it was last seen.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldPlan {
    pub incident: Name,
    pub job: JobKey,
    pub playbook: Name,
    pub hash: Name,
    pub first: Millis,
    pub last: Millis,
    pub report: PlanReport,
}

impl Db {
    /// Each as it is now; when this very plan was first seen stays.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn keep_held(&self, held: &[HeldPlan], now: Millis) -> Result<(), Error> {
        let write = async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let sql = "INSERT INTO held_plans VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                       ON CONFLICT (incident, cluster, key, playbook) DO UPDATE
                       SET plan_hash = $5, first_ms = CASE WHEN plan_hash = $5 THEN first_ms ELSE $6 END,
                           last_ms = $7, report = $8";
            for h in held {
                let report = serde_json::to_string(&h.report);
                sqlx::query(sql)
                    .bind(&*h.incident)
                    .bind(h.job.cluster.as_str())
                    .bind(&*h.job.key)
                    .bind(&*h.playbook)
                    .bind(&*h.hash)
                    .bind(h.first.0)
                    .bind(h.last.0)
                    .bind(report.map_err(|e| sqlx::Error::Encode(e.into()))?)
                    .execute(&mut *tx)
                    .await?;
            }
            let old = sqlx::query("DELETE FROM held_plans WHERE last_ms < $1").bind((now - KEEP).0);
            old.execute(&mut *tx).await?;
            tx.commit().await
        };
        self.call("keep what was not done", write).await
    }

    /// Newest first; of one incident where it is named.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn held_plans(
        &self,
        incident: Option<&str>,
        limit: u32,
    ) -> Result<Vec<HeldPlan>, Error> {
        const DOING: &str = "read what was not done";
        // what was held until it was let is no plan that was not done
        let sql = "SELECT h.* FROM held_plans AS h WHERE ($1 IS NULL OR h.incident = $1)
                   AND NOT EXISTS (SELECT 1 FROM actions AS a WHERE a.incident = h.incident
                       AND a.cluster = h.cluster AND a.key = h.key
                       AND a.playbook = h.playbook AND a.began >= h.last_ms)
                   ORDER BY last_ms DESC, incident, key LIMIT $2";
        let query = sqlx::query(sql).bind(incident).bind(limit);
        let rows = self.call(DOING, query.fetch_all(&self.pool)).await?;
        let read: Result<Vec<_>, _> = rows.iter().filter_map(|r| one(r).transpose()).collect();
        read.map_err(|e| Error::of(DOING, &self.path, e))
    }
}

/// None: written by a version that says it otherwise.
fn one(row: &SqliteRow) -> Result<Option<HeldPlan>, sqlx::Error> {
    let text = |column: &str| row.try_get::<String, _>(column);
    let Ok(report) = serde_json::from_str(&text("report")?) else { return Ok(None) };
    let cluster = ClusterId::new(text("cluster")?);
    Ok(Some(HeldPlan {
        incident: text("incident")?.into(),
        job: JobKey::new(&cluster, text("key")?),
        playbook: text("playbook")?.into(),
        hash: text("plan_hash")?.into(),
        first: Millis(row.try_get("first_ms")?),
        last: Millis(row.try_get("last_ms")?),
        report,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn since_when_a_very_plan_is_seen_stays_and_the_rest_is_as_it_was_last() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("x.db")).await.unwrap();
        let held = |incident: &str, at: i64, hash: &str| HeldPlan {
            incident: incident.into(),
            job: JobKey::new(&ClusterId::new("c"), "j"),
            playbook: "rescale".into(),
            hash: hash.into(),
            first: Millis(at),
            last: Millis(at),
            report: PlanReport::default(),
        };
        let now = Millis(KEEP.0);
        db.keep_held(&[held("a", 1000, "x"), held("b", 1500, "x")], now).await.unwrap();
        db.keep_held(&[held("a", 2000, "x"), held("b", 1900, "y")], now).await.unwrap();
        let all = db.held_plans(None, 10).await.unwrap();
        let brief: Vec<_> = all.iter().map(|h| (&*h.incident, h.first.0, &*h.hash)).collect();
        assert_eq!(brief, [("a", 1000, "x"), ("b", 1900, "y")]);
        assert_eq!(db.held_plans(Some("b"), 10).await.unwrap().len(), 1);
        db.keep_held(&[], Millis(KEEP.0 + 1950)).await.unwrap();
        assert_eq!(db.held_plans(None, 10).await.unwrap().len(), 1, "old ones go");
    }

    #[tokio::test]
    async fn what_was_held_and_then_carried_out_is_not_named() {
        use crate::store::db::journal::testing::{begin, plan};
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("x.db")).await.unwrap();
        db.take_epoch("one").await.unwrap();
        let done = plan("orders", "rescale");
        let held = |job: &str| HeldPlan {
            incident: done.incident.0.clone(),
            job: JobKey::new(&done.job.cluster, job),
            playbook: done.playbook.clone(),
            hash: done.hash(),
            first: Millis(1000),
            last: Millis(2000),
            report: PlanReport::default(),
        };
        db.keep_held(&[held("orders"), held("risk")], Millis(2000)).await.unwrap();
        begin(&db, &done).await.unwrap();
        let all = db.held_plans(None, 10).await.unwrap();
        let jobs: Vec<&str> = all.iter().map(|h| &*h.job.key).collect();
        assert_eq!(jobs, ["risk"]);
    }
}
