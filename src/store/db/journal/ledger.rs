//! What the journal knows, read in the transaction that begins an action.

use super::{db_now, declined, epoch, generation, open, planned};
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use streamwarden_core::estate::{ClusterId, JobKey, Millis, Name, Span};
use streamwarden_core::plan::{Approval, EndKind, Ledger, OpenAction, Past, Switch};

const DAY: Span = Span::secs(86_400);
/// Budgets let twenty begin in an hour; so many rows are never there.
const ROWS_MAX: i64 = 10_000;

pub(super) async fn read(tx: &mut SqliteConnection, job: &JobKey) -> Result<Ledger, sqlx::Error> {
    let now = db_now(tx).await?;
    Ok(Ledger {
        now,
        epoch: epoch(tx).await?,
        generation: generation(tx, job).await?,
        open: open_actions(tx).await?,
        past: past(tx, now).await?,
        switches: switches(tx, now).await?,
        planned: planned::in_force(tx, now).await?,
        approvals: approvals(tx, now).await?,
        declined: declined::read(tx).await?,
        playbooks_off: playbooks_off(tx).await?,
        unsound: open::unsound(tx)
            .await?
            .map(|(name, got, want)| format!("{name} is {got}, and {want} is needed").into()),
    })
}

pub(super) async fn open_actions(
    tx: &mut SqliteConnection,
) -> Result<Vec<OpenAction>, sqlx::Error> {
    let sql = "SELECT id, cluster, key, playbook, failure_domain, incident, began, resumes
               FROM actions WHERE ended IS NULL ORDER BY began, id";
    let one = |row: &SqliteRow| {
        Ok(OpenAction {
            action: name(row, "id")?,
            job: job(row)?,
            playbook: name(row, "playbook")?,
            failure_domain: name(row, "failure_domain")?,
            incident: name(row, "incident")?,
            began: Millis(row.try_get("began")?),
            resumes: row.try_get::<i64, _>("resumes")? != 0,
        })
    };
    sqlx::query(sql).fetch_all(tx).await?.iter().map(one).collect()
}

/// Of the last day, and what a person has to look at however old it is.
pub(super) async fn past(tx: &mut SqliteConnection, now: Millis) -> Result<Vec<Past>, sqlx::Error> {
    let sql = "SELECT id, cluster, key, playbook, failure_domain, incident, began, ended, end_kind, resumes,
                   (SELECT who FROM action_looks WHERE action = id ORDER BY at_ms LIMIT 1) AS seen
               FROM actions WHERE ended >= $1 OR (end_kind = 'stuck' AND seen IS NULL)
               ORDER BY ended DESC, id LIMIT $2";
    let rows = sqlx::query(sql).bind((now - DAY).0).bind(ROWS_MAX).fetch_all(tx).await?;
    let one = |row: &SqliteRow| {
        Ok(Past {
            action: name(row, "id")?,
            job: job(row)?,
            playbook: name(row, "playbook")?,
            failure_domain: name(row, "failure_domain")?,
            incident: name(row, "incident")?,
            began: Millis(row.try_get("began")?),
            ended: Millis(row.try_get("ended")?),
            // a word of a later version: a person has to look
            end: word(&row.try_get::<String, _>("end_kind")?).unwrap_or(EndKind::Stuck),
            resumes: row.try_get::<i64, _>("resumes")? != 0,
            seen_by: row.try_get::<Option<String>, _>("seen")?.map(Name::from),
        })
    };
    rows.iter().rev().map(one).collect()
}

pub(super) async fn switches(
    tx: &mut SqliteConnection,
    now: Millis,
) -> Result<Vec<Switch>, sqlx::Error> {
    let sql = "SELECT * FROM kill_switches WHERE ended IS NULL
               AND (until_ms IS NULL OR until_ms > $1) ORDER BY at_ms, id LIMIT $2";
    let rows = sqlx::query(sql).bind(now.0).bind(ROWS_MAX).fetch_all(tx).await?;
    rows.iter().map(switch).collect()
}

pub(super) fn switch(row: &SqliteRow) -> Result<Switch, sqlx::Error> {
    let scope: String = row.try_get("scope")?;
    Ok(Switch {
        // a scope of a later version: everything is off
        scope: serde_json::from_str(&scope).unwrap_or(streamwarden_core::case::Scope::Estate),
        by: name(row, "who")?,
        why: name(row, "why")?,
        at: Millis(row.try_get("at_ms")?),
        until: row.try_get::<Option<i64>, _>("until_ms")?.map(Millis),
        hard: row.try_get::<i64, _>("hard")? != 0,
    })
}

async fn approvals(tx: &mut SqliteConnection, now: Millis) -> Result<Vec<Approval>, sqlx::Error> {
    let sql = "SELECT * FROM approvals WHERE at_ms >= $1 ORDER BY nth DESC, at_ms DESC LIMIT $2";
    let rows = sqlx::query(sql).bind((now - DAY).0).bind(ROWS_MAX).fetch_all(tx).await?;
    let one = |row: &SqliteRow| {
        Ok(Approval {
            plan: name(row, "plan")?,
            by: name(row, "who")?,
            at: Millis(row.try_get("at_ms")?),
            yes: row.try_get::<i64, _>("yes")? != 0,
        })
    };
    rows.iter().rev().map(one).collect()
}

async fn playbooks_off(tx: &mut SqliteConnection) -> Result<Vec<(Name, Millis)>, sqlx::Error> {
    let sql = "SELECT playbook, since FROM playbooks_off WHERE seen IS NULL ORDER BY playbook";
    let one = |row: &SqliteRow| Ok((name(row, "playbook")?, Millis(row.try_get("since")?)));
    sqlx::query(sql).fetch_all(tx).await?.iter().map(one).collect()
}

pub(super) fn name(row: &SqliteRow, column: &str) -> Result<Name, sqlx::Error> {
    row.try_get::<String, _>(column).map(Name::from)
}

pub(super) fn job(row: &SqliteRow) -> Result<JobKey, sqlx::Error> {
    let cluster = ClusterId::new(row.try_get::<String, _>("cluster")?);
    Ok(JobKey::new(&cluster, row.try_get::<String, _>("key")?))
}

pub(super) fn word<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}
