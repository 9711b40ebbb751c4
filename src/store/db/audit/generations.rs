//! A job's generation only counts up, and ids of actions come of it. The log tells it with each
//! action; what somebody else's changes added since then is not in it, and does no harm: a smaller one,
//! or none, would let an id come again.

use super::chain::Fault;
use super::row::AuditRow;
use serde::Deserialize;
use sqlx::Row;
use sqlx::sqlite::SqliteConnection;
use std::collections::BTreeMap;
use streamwarden_core::estate::JobKey;

/// By job: the last that the log told, and its row.
#[derive(Debug, Default)]
pub(super) struct Generations(BTreeMap<JobKey, (i64, i64)>);

#[derive(Deserialize)]
struct Begun {
    job: JobKey,
    generation: i64,
}

impl Generations {
    pub fn hear(&mut self, row: &AuditRow) {
        if row.what == "action.begun"
            && let Ok(begun) = serde_json::from_str::<Begun>(&row.detail)
        {
            self.0.insert(begun.job, (begun.generation, row.n));
        }
    }

    /// Those that stand before what was told of them.
    pub async fn back(self, tx: &mut SqliteConnection) -> Result<Vec<Fault>, sqlx::Error> {
        let mut faults = Vec::new();
        for (job, (told, n)) in self.0 {
            let sql = "SELECT generation FROM generations WHERE cluster = $1 AND key = $2";
            let query = sqlx::query(sql).bind(job.cluster.as_str()).bind(&*job.key);
            let there = match query.fetch_optional(&mut *tx).await? {
                Some(row) => row.try_get("generation").unwrap_or(0),
                None => 0,
            };
            if there < told {
                faults.push(Fault::Gone { n, what: format!("generation of job {job}") });
            }
        }
        Ok(faults)
    }
}
