//! Jobs, runs and changes as they stand in tables.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use streamwarden_core::estate::{Change, ClusterId, Job, JobKey, JobState, Millis, Name, RunId};
use streamwarden_core::text::hex;

/// A job as it was last written.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredJob {
    pub key: JobKey,
    pub name: Name,
    pub ambiguous: bool,
    pub first_seen: Millis,
    /// When there was last news of it; an idle job is not written.
    pub last_seen: Millis,
    pub gone: Option<Millis>,
    pub run: RunId,
    /// Its runs, newest first, the current one among them.
    pub runs: Vec<StoredRun>,
}

/// A run as it was last written.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRun {
    pub id: RunId,
    pub state: JobState,
    pub start: Millis,
    pub end: Option<Millis>,
    pub plan_hash: Option<Name>,
    /// Of the widest vertex.
    pub parallelism: Option<u32>,
}

impl StoredJob {
    /// With the current run only.
    pub(super) fn of(job: &Job) -> StoredJob {
        let detail = job.run.detail.as_ref().map(|(_, d)| d);
        let run = StoredRun {
            id: job.run.id.clone(),
            state: job.run.state.clone(),
            start: job.run.start,
            end: job.run.end,
            plan_hash: detail.map(|d| d.plan_hash.clone()),
            parallelism: detail.and_then(|d| d.vertices.iter().map(|v| v.parallelism).max()),
        };
        StoredJob {
            key: job.key.clone(),
            name: job.name.clone(),
            ambiguous: job.ambiguous,
            first_seen: job.first_seen,
            last_seen: job.last_seen,
            gone: job.gone,
            run: run.id.clone(),
            runs: vec![run],
        }
    }

    /// Takes over what the newer look cannot tell: when it was first seen, and a plan that is not
    /// read yet.
    pub(super) fn after(mut self, old: &StoredJob) -> StoredJob {
        self.first_seen = self.first_seen.min(old.first_seen);
        if let (Some(run), Some(known)) =
            (self.runs.first_mut(), old.runs.first().filter(|r| r.id == old.run))
            && run.id == known.id
        {
            run.plan_hash = run.plan_hash.take().or_else(|| known.plan_hash.clone());
            run.parallelism = run.parallelism.or(known.parallelism);
        }
        self
    }

    /// Whether there is nothing to write: all but the time of the look is the same.
    pub(super) fn same(&self, old: &StoredJob) -> bool {
        let core =
            |j: &StoredJob| (j.name.clone(), j.ambiguous, j.first_seen, j.gone, j.run.clone());
        core(self) == core(old) && self.runs.first() == old.runs.first()
    }

    pub(super) fn read(row: &SqliteRow) -> Result<StoredJob, sqlx::Error> {
        let cluster = ClusterId::new(row.try_get::<String, _>("cluster")?);
        Ok(StoredJob {
            key: JobKey::new(&cluster, row.try_get::<String, _>("key")?),
            name: row.try_get::<String, _>("name")?.into(),
            ambiguous: row.try_get::<i64, _>("ambiguous")? != 0,
            first_seen: Millis(row.try_get("first_seen")?),
            last_seen: Millis(row.try_get("last_seen")?),
            gone: row.try_get::<Option<i64>, _>("gone")?.map(Millis),
            run: RunId::new(row.try_get::<String, _>("run")?),
            runs: Vec::new(),
        })
    }
}

impl StoredRun {
    /// With the job it belongs to.
    pub(super) fn read(row: &SqliteRow) -> Result<(JobKey, StoredRun), sqlx::Error> {
        let cluster = ClusterId::new(row.try_get::<String, _>("cluster")?);
        let state: String = row.try_get("state")?;
        let run = StoredRun {
            id: RunId::new(row.try_get::<String, _>("run")?),
            state: from_word(&state).unwrap_or_else(|| JobState::Unknown(state.into())),
            start: Millis(row.try_get("start_at")?),
            end: row.try_get::<Option<i64>, _>("end_at")?.map(Millis),
            plan_hash: row.try_get::<Option<String>, _>("plan_hash")?.map(Name::from),
            parallelism: row.try_get::<Option<u32>, _>("parallelism")?,
        };
        Ok((JobKey::new(&cluster, row.try_get::<String, _>("key")?), run))
    }
}

/// What a change is, apart from when we saw it: seen again, it is the same change.
pub(super) fn change_id(change: &Change, entity: &str) -> String {
    let at = change.at.0.to_string();
    let kind = word(&change.kind);
    let mut hash = Sha256::new();
    for part in [Some(&at), Some(&entity.to_owned()), Some(&kind), change.what.as_ref()]
        .into_iter()
        .chain([change.from.as_ref(), change.to.as_ref()])
    {
        // the length parts "ab","c" from "a","bc", and nothing from ""
        let len = part.map_or(u64::MAX, |p| p.len() as u64);
        hash.update(len.to_le_bytes());
        hash.update(part.map_or("", |p| p));
    }
    hex(&hash.finalize()[..16])
}

/// None: of a kind that this version does not know.
pub(super) fn read_change(row: &SqliteRow) -> Result<Option<Change>, sqlx::Error> {
    let entity = serde_json::from_str(row.try_get("entity")?);
    let kind = from_word(row.try_get("kind")?);
    let (Ok(entity), Some(kind)) = (entity, kind) else { return Ok(None) };
    Ok(Some(Change {
        at: Millis(row.try_get("at_ms")?),
        seen: Millis(row.try_get("seen_ms")?),
        entity,
        kind,
        what: row.try_get("what")?,
        from: row.try_get("from_value")?,
        to: row.try_get("to_value")?,
    }))
}

/// A unit variant by its serde name.
pub(super) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
fn from_word<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}
