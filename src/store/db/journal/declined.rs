//! What a person said no to: it holds until its incident is over, or somebody says yes.

use super::ledger::{job, name};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use std::collections::BTreeMap;
use streamwarden_core::case::Incident;
use streamwarden_core::estate::{Millis, Name};
use streamwarden_core::plan::Declined;

/// Far more than people say of incidents that are open.
const ROWS_MAX: i64 = 10_000;
/// An incident that was merged into one that was merged …
const HOPS: usize = 8;

pub(super) async fn read(tx: &mut SqliteConnection) -> Result<Vec<Declined>, sqlx::Error> {
    // an incident that is not known was opened while the database was not there
    let sql = "SELECT a.* FROM approvals AS a LEFT JOIN incidents AS i ON i.id = a.incident
               WHERE a.incident IS NOT NULL AND (i.state IS NULL OR i.state <> 'closed'
                   OR i.body LIKE '%\"merged_into\":\"%')
               ORDER BY a.nth DESC, a.at_ms DESC LIMIT $1";
    let rows = sqlx::query(sql).bind(ROWS_MAX).fetch_all(&mut *tx).await?;
    let mut last: BTreeMap<_, (bool, Declined)> = BTreeMap::new();
    for row in &rows {
        let (yes, mut said) = one(row)?;
        let Some(incident) = lasting(tx, &said.incident).await? else { continue };
        said.incident = incident;
        let of = (said.incident.clone(), said.job.clone(), said.playbook.clone());
        // newest first
        last.entry(of).or_insert((yes, said));
    }
    Ok(last.into_values().filter(|(yes, _)| !yes).map(|(_, no)| no).collect())
}

fn one(row: &SqliteRow) -> Result<(bool, Declined), sqlx::Error> {
    let said = Declined {
        incident: name(row, "incident")?,
        job: job(row)?,
        playbook: name(row, "playbook")?,
        by: name(row, "who")?,
        at: Millis(row.try_get("at_ms")?),
    };
    Ok((row.try_get::<i64, _>("yes")? != 0, said))
}

/// The incident that it became a part of, or itself; None: that is over.
async fn lasting(tx: &mut SqliteConnection, id: &Name) -> Result<Option<Name>, sqlx::Error> {
    let mut id = id.clone();
    for _ in 0..HOPS {
        let sql = "SELECT body FROM incidents WHERE id = $1 AND state = 'closed'";
        let closed: Option<String> =
            sqlx::query_scalar(sql).bind(&*id).fetch_optional(&mut *tx).await?;
        let Some(body) = closed else { return Ok(Some(id)) };
        let into = serde_json::from_str::<Incident>(&body).ok().and_then(|i| i.merged_into);
        let Some(into) = into else { return Ok(None) };
        id = into.0;
    }
    Ok(None)
}
