//! Actions as the journal tells them.

use super::ledger::{self, job, name};
use super::{Db, Error, db_now};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use std::collections::BTreeMap;
use streamwarden_core::action::ActionRecord;
use streamwarden_core::case::Plan;
use streamwarden_core::estate::{JobKey, Millis, Name};
use streamwarden_core::plan::{EndKind, Ledger, OpenAction, Past, Switch};

/// Open, and damaged or written by a version that this one does not understand: nobody can go on
/// with it here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub open: OpenAction,
    /// Who let it.
    pub by: Name,
    /// Who has looked at it, and what they said.
    pub seen: Vec<(Millis, Name, Name)>,
}

/// What an id or the beginning of one stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum FoundAction {
    /// Not there, or of a later version.
    None,
    One(Box<ActionRecord>),
    Several(Vec<String>),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenActions {
    pub actions: Vec<ActionRecord>,
    /// They keep their jobs all the same.
    pub unreadable: Vec<Unreadable>,
}

impl Db {
    /// What the journal knows, for guards that are asked outside of a begin.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn ledger(&self, job: &JobKey) -> Result<Ledger, Error> {
        let read = async {
            let mut tx = self.pool.begin().await?;
            ledger::read(&mut tx, job).await
        };
        self.call("read the journal", read).await
    }

    /// Of the last 24 hours, and what nobody has looked at; newest last.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn past_24h(&self) -> Result<Vec<Past>, Error> {
        let read = async {
            let mut tx = self.pool.begin().await?;
            let now = db_now(&mut tx).await?;
            ledger::past(&mut tx, now).await
        };
        self.call("read the journal", read).await
    }

    /// Switches that are on.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn switches(&self) -> Result<Vec<Switch>, Error> {
        let read = async {
            let mut tx = self.pool.begin().await?;
            let now = db_now(&mut tx).await?;
            ledger::switches(&mut tx, now).await
        };
        self.call("read the kill switches", read).await
    }

    /// Of every job that ever moved.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn generations(&self) -> Result<BTreeMap<JobKey, u64>, Error> {
        let sql = "SELECT cluster, key, generation FROM generations";
        let rows = self.call("read the journal", sqlx::query(sql).fetch_all(&self.pool)).await?;
        let one = |row: &SqliteRow| {
            let generation: i64 = row.try_get("generation")?;
            Ok((job(row)?, u64::try_from(generation).unwrap_or(0)))
        };
        let read: Result<_, sqlx::Error> = rows.iter().map(one).collect();
        read.map_err(|e| Error::of("read the journal", &self.path, e))
    }

    /// How often each playbook ended how.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn playbook_ends(&self) -> Result<Vec<(Name, EndKind, u32)>, Error> {
        let sql = "SELECT playbook, end_kind, COUNT(*) AS n FROM actions
                   WHERE ended IS NOT NULL GROUP BY playbook, end_kind ORDER BY playbook";
        let rows = self.call("read the journal", sqlx::query(sql).fetch_all(&self.pool)).await?;
        let one = |row: &SqliteRow| {
            let end = ledger::word(&row.try_get::<String, _>("end_kind")?);
            let n = u32::try_from(row.try_get::<i64, _>("n")?).unwrap_or(u32::MAX);
            Ok((name(row, "playbook")?, end.unwrap_or(EndKind::Stuck), n))
        };
        let read: Result<_, sqlx::Error> = rows.iter().map(one).collect();
        read.map_err(|e| Error::of("read the journal", &self.path, e))
    }

    /// What was begun and is not over: to be taken up at a start.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn open_actions(&self) -> Result<OpenActions, Error> {
        self.call("read open actions", self.read_open()).await
    }

    async fn read_open(&self) -> Result<OpenActions, sqlx::Error> {
        let mut tx = self.pool.begin().await?;
        let mut found = OpenActions::default();
        for open in ledger::open_actions(&mut tx).await? {
            match read_action(&mut tx, &open.action).await? {
                Some(record) => found.actions.push(record),
                None => {
                    let sql = "SELECT who FROM actions WHERE id = $1";
                    let by: String =
                        sqlx::query_scalar(sql).bind(&*open.action).fetch_one(&mut *tx).await?;
                    let seen = looks(&mut tx, &open.action).await?;
                    found.unreadable.push(Unreadable { open, by: by.into(), seen });
                }
            }
        }
        Ok(found)
    }

    /// One by its id or the beginning of it.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn action(&self, id: &str) -> Result<FoundAction, Error> {
        let read = async {
            let mut tx = self.pool.begin().await?;
            let sql = "SELECT id FROM actions WHERE substr(id, 1, length($1)) = $1
                       ORDER BY began DESC, id LIMIT 8";
            let ids: Vec<String> = sqlx::query_scalar(sql).bind(id).fetch_all(&mut *tx).await?;
            match ids.as_slice() {
                [] => Ok(FoundAction::None),
                [one] => {
                    let found = read_action(&mut tx, one).await?;
                    Ok(found.map_or(FoundAction::None, |r| FoundAction::One(Box::new(r))))
                }
                _ => Ok(FoundAction::Several(ids)),
            }
        };
        self.call("read an action", read).await
    }

    /// Newest first; those of one incident where it is named.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn actions(
        &self,
        incident: Option<&str>,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<ActionRecord>, Error> {
        let read = async {
            let mut tx = self.pool.begin().await?;
            let sql = "SELECT id FROM actions WHERE $1 IS NULL OR incident = $1
                       ORDER BY began DESC, id LIMIT $2 OFFSET $3";
            let query = sqlx::query_scalar::<_, String>(sql).bind(incident);
            let ids = query.bind(limit).bind(offset).fetch_all(&mut *tx).await?;
            let mut found = Vec::new();
            for id in ids {
                found.extend(read_action(&mut tx, &id).await?);
            }
            Ok(found)
        };
        self.call("list actions", read).await
    }
}

async fn read_action(
    tx: &mut SqliteConnection,
    id: &str,
) -> Result<Option<ActionRecord>, sqlx::Error> {
    let sql = "SELECT * FROM actions WHERE id = $1";
    let Some(row) = sqlx::query(sql).bind(id).fetch_optional(&mut *tx).await? else {
        return Ok(None);
    };
    let entries = "SELECT at_ms, body FROM action_entries WHERE action = $1 ORDER BY n";
    let entries = sqlx::query(entries).bind(id).fetch_all(&mut *tx).await?;
    whole(&row, &entries, looks(tx, id).await?)
}

async fn looks(
    tx: &mut SqliteConnection,
    id: &str,
) -> Result<Vec<(Millis, Name, Name)>, sqlx::Error> {
    let seen = "SELECT at_ms, who, note FROM action_looks WHERE action = $1 ORDER BY at_ms";
    let seen = sqlx::query(seen).bind(id).fetch_all(tx).await?;
    let look = |r: &SqliteRow| Ok((Millis(r.try_get("at_ms")?), name(r, "who")?, name(r, "note")?));
    seen.iter().map(look).collect()
}

fn whole(
    row: &SqliteRow,
    entries: &[SqliteRow],
    seen: Vec<(Millis, Name, Name)>,
) -> Result<Option<ActionRecord>, sqlx::Error> {
    let Ok(plan) = serde_json::from_str::<Plan>(row.try_get("plan")?) else { return Ok(None) };
    let mut read = Vec::new();
    for entry in entries {
        let Ok(body) = serde_json::from_str(entry.try_get("body")?) else { return Ok(None) };
        read.push((Millis(entry.try_get("at_ms")?), body));
    }
    let end: Option<String> = row.try_get("end_body")?;
    debug_assert_eq!(plan.job, job(row)?);
    Ok(Some(ActionRecord {
        id: name(row, "id")?,
        plan,
        plan_hash: name(row, "plan_hash")?,
        failure_domain: name(row, "failure_domain")?,
        generation: u64::try_from(row.try_get::<i64, _>("generation")?).unwrap_or(0),
        by: name(row, "who")?,
        began: Millis(row.try_get("began")?),
        ended: row.try_get::<Option<i64>, _>("ended")?.map(Millis),
        end: end.and_then(|text| serde_json::from_str(&text).ok()),
        entries: read,
        seen,
    }))
}
