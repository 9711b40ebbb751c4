//! Jobs as a plan needs to know them, for a start after which they cannot be asked any more. Small
//! and bounded: four parts a job, each written when it changed.

use super::{Db, Error};
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::collections::BTreeMap;
use streamwarden_core::estate::{ClusterId, Estate, JobKey, Millis, Remembered, Span, TopicId};
use streamwarden_core::lineage::{Inferred, Match, Reader};
use xxhash_rust::xxh3::xxh3_64;

/// When a part was last told is written again this often, and once more when the job is gone.
const AGAIN: Span = Span::secs(600);
/// A larger part is that of no job that somebody wrote by hand: it is left out.
const MOST_BYTES: usize = 256 << 10;

const PLAN: &str = "plan";
const POINTS: &str = "points";
const WRITES: &str = "writes";
const READS: &str = "reads";

/// What is written of a part: a hash of it, and when it was told.
pub(super) type Written = BTreeMap<(JobKey, &'static str), (u64, Millis)>;

/// One job, as it was last told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RememberedJob {
    pub what: Remembered,
    /// Topics that its sinks were found to write, by rates.
    pub writes: Vec<(TopicId, Match)>,
    /// Topics that it read, and its consumer groups there.
    pub reads: Vec<(TopicId, Reader)>,
}

struct Part {
    job: JobKey,
    part: &'static str,
    seen: Millis,
    body: String,
    hash: u64,
}

impl Db {
    /// Writes what is new of each job; where nothing is, nothing is written.
    ///
    /// # Errors
    /// See [`Error`]. The same call may be made again later.
    pub async fn remember(
        &self,
        estate: &Estate,
        inferred: &Inferred,
        now: Millis,
    ) -> Result<usize, Error> {
        let mut written = self.remembered.lock().await;
        let parts: Vec<Part> = parts(estate, inferred, now)
            .into_iter()
            .filter(|p| {
                let gone = estate.jobs.get(&p.job).is_some_and(|j| j.gone.is_some());
                written.get(&(p.job.clone(), p.part)).is_none_or(|(hash, seen)| {
                    *hash != p.hash || p.seen - *seen >= AGAIN || (gone && *seen < p.seen)
                })
            })
            .collect();
        if parts.is_empty() {
            return Ok(0);
        }
        self.call("remember jobs", self.write_parts(&parts)).await?;
        written.retain(|(job, _), _| estate.jobs.contains_key(job));
        let count = parts.len();
        written.extend(parts.into_iter().map(|p| ((p.job, p.part), (p.hash, p.seen))));
        Ok(count)
    }

    async fn write_parts(&self, parts: &[Part]) -> Result<(), sqlx::Error> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let sql = "INSERT INTO remembered_jobs (cluster, key, part, seen_ms, body)
                   VALUES ($1, $2, $3, $4, $5)
                   ON CONFLICT (cluster, key, part) DO UPDATE SET seen_ms = $4, body = $5";
        for p in parts {
            sqlx::query(sql)
                .bind(p.job.cluster.as_str())
                .bind(&*p.job.key)
                .bind(p.part)
                .bind(p.seen.0)
                .bind(&p.body)
                .execute(&mut *tx)
                .await?;
        }
        let old = "DELETE FROM remembered_jobs WHERE NOT EXISTS (SELECT 1 FROM jobs
                   WHERE jobs.cluster = remembered_jobs.cluster AND jobs.key = remembered_jobs.key)";
        sqlx::query(old).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// What a version wrote that this one does not understand is left out.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn remembered(&self) -> Result<BTreeMap<JobKey, RememberedJob>, Error> {
        const DOING: &str = "recall jobs";
        let sql = "SELECT cluster, key, part, seen_ms, body FROM remembered_jobs";
        let rows = self.call(DOING, sqlx::query(sql).fetch_all(&self.pool)).await?;
        let mut out: BTreeMap<JobKey, RememberedJob> = BTreeMap::new();
        for row in &rows {
            read(row, &mut out).map_err(|e| Error::of(DOING, &self.path, e))?;
        }
        Ok(out)
    }
}

fn parts(estate: &Estate, inferred: &Inferred, now: Millis) -> Vec<Part> {
    let mut writes: BTreeMap<&JobKey, Vec<(&TopicId, &Match)>> = BTreeMap::new();
    for ((job, topic), m) in inferred.matches() {
        writes.entry(job).or_default().push((topic, m));
    }
    let mut out = Vec::new();
    for (key, job) in &estate.jobs {
        let Remembered { detail, config, checkpoints } = Remembered::of(job);
        let mut add = |part: &'static str, seen: Millis, body: Option<String>| {
            let Some(body) = body.filter(|b| b.len() <= MOST_BYTES) else { return };
            let hash = xxh3_64(body.as_bytes());
            out.push(Part { job: key.clone(), part, seen, body, hash });
        };
        if let Some((seen, detail)) = detail {
            let config = config.map(|(_, config)| config);
            add(PLAN, seen, serde_json::to_string(&(detail, config)).ok());
        }
        if let Some((seen, stats)) = checkpoints {
            add(POINTS, seen, serde_json::to_string(&stats).ok());
        }
        if let Some(writes) = writes.get(key) {
            let seen = job.gone.unwrap_or(now);
            add(WRITES, seen, serde_json::to_string(writes).ok());
        }
        let reads: Vec<_> = inferred.read_by(key).collect();
        if !reads.is_empty() {
            add(READS, job.gone.unwrap_or(now), serde_json::to_string(&reads).ok());
        }
    }
    out
}

fn read(row: &SqliteRow, out: &mut BTreeMap<JobKey, RememberedJob>) -> Result<(), sqlx::Error> {
    let cluster = ClusterId::new(row.try_get::<String, _>("cluster")?);
    let key = JobKey::new(&cluster, row.try_get::<String, _>("key")?);
    let seen = Millis(row.try_get("seen_ms")?);
    let body: String = row.try_get("body")?;
    let job = out.entry(key).or_default();
    match row.try_get::<String, _>("part")?.as_str() {
        PLAN => {
            if let Some((detail, config)) = parsed(&body) {
                job.what.detail = Some((seen, detail));
                job.what.config = Option::map(config, |c| (seen, c));
            }
        }
        POINTS => job.what.checkpoints = parsed(&body).map(|stats| (seen, stats)),
        WRITES => job.writes = parsed(&body).unwrap_or_default(),
        READS => job.reads = parsed(&body).unwrap_or_default(),
        _ => {}
    }
    Ok(())
}

fn parsed<T: DeserializeOwned>(body: &str) -> Option<T> {
    serde_json::from_str(body).ok()
}
