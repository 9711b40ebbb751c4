//! Durable records in SQLite: jobs, their runs, what changed; incidents and messages about them;
//! work that was announced; reports of inspections; the journal of actions and the audit log. The SQL is plain, with `$n`.

pub mod audit;
mod error;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod faults_tests;
mod held;
mod incidents;
#[cfg(test)]
mod incidents_tests;
mod inspections;
pub mod journal;
mod open;
mod outbox;
mod planned;
mod remembered;
mod rows;
#[cfg(test)]
mod tests;
mod waivers;

pub use error::Error;
#[cfg(test)]
pub use faults::Fault;
pub use held::HeldPlan;
pub use incidents::{Batch, ClosedFilter, Findable, Found, HappenedSince, Short, Troubled};
pub use inspections::{INSPECTIONS_MAX, InspectionHead};
pub(super) use open::bring_up;
pub use outbox::Outgoing;
pub use remembered::RememberedJob;
pub use rows::{StoredJob, StoredRun};

use sqlx::sqlite::{SqliteConnection, SqlitePool};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use streamwarden_core::estate::{Change, EARLIER_RUNS, Estate, JobKey, Millis, Span};
use tokio::sync::Mutex;

/// A call that takes longer has failed for us. A disk that stalls for seconds still passes.
pub const DEADLINE: Duration = Duration::from_secs(10);
/// Changes beyond so many go, oldest first: years of a calm estate, a week of a wild one.
pub const CHANGES_MAX: i64 = 100_000;
/// Runs of one job beyond so many go, oldest first (a batch job each minute makes 1440 a day).
const RUNS_MAX: i64 = 100;
/// Jobs that are gone, and runs that ended, are kept so long.
pub const KEEP_GONE: Span = Span::secs(90 * 86_400);
/// How often what is too old is looked for.
const PRUNE_EVERY: Span = Span::secs(3600);

#[derive(Debug)]
pub struct Db {
    path: PathBuf,
    /// Device and number of the file that was opened.
    file: Option<(u64, u64)>,
    pool: SqlitePool,
    written: Mutex<Written>,
    remembered: Mutex<remembered::Written>,
    /// Under which the journal is written; 0: not yet.
    epoch: AtomicU64,
    /// Of the audit log's end.
    known: Mutex<audit::Known>,
    #[cfg(test)]
    pub faults: faults::Faults,
}

/// Jobs as they stand in the database, so that an idle estate writes nothing.
#[derive(Debug, Default)]
struct Written {
    jobs: BTreeMap<JobKey, StoredJob>,
    pruned: Option<Millis>,
}

/// What a call of [`Db::record`] wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    pub jobs: usize,
    pub changes: u64,
}

impl Db {
    /// Opens or makes the file, checks its pragmas by reading them back, and migrates it.
    ///
    /// # Errors
    /// Locked, read-only, full, not a database, of a newer version, with wrong pragmas: see
    /// [`Error`]. Then nothing was changed.
    pub async fn open(path: &Path) -> Result<Db, Error> {
        let pool = within(path, "open it", open::open(path)).await?;
        let db = Db {
            path: path.to_path_buf(),
            file: identity(path),
            pool,
            written: Mutex::default(),
            remembered: Mutex::default(),
            epoch: AtomicU64::new(0),
            known: Mutex::default(),
            #[cfg(test)]
            faults: faults::Faults::of(path),
        };
        let jobs = db.load_jobs().await?.into_iter().map(|mut job| {
            job.runs.retain(|run| run.id == job.run);
            (job.key.clone(), job)
        });
        db.written.lock().await.jobs = jobs.collect();
        Ok(db)
    }

    /// Writes changes and whatever is new of the estate's jobs, in one transaction: all or
    /// nothing. A change that is known already is not written again; nothing new writes nothing.
    ///
    /// # Errors
    /// See [`Error`]. The same call may be made again later.
    pub async fn record(
        &self,
        changes: &[Change],
        estate: &Estate,
        now: Millis,
    ) -> Result<Recorded, Error> {
        let mut written = self.written.lock().await;
        let news: Vec<StoredJob> = estate
            .jobs
            .values()
            .filter_map(|job| {
                let job = StoredJob::of(job);
                match written.jobs.get(&job.key) {
                    Some(old) => Some(job.after(old)).filter(|job| !job.same(old)),
                    None => Some(job),
                }
            })
            .collect();
        if news.is_empty() && changes.is_empty() {
            return Ok(Recorded::default());
        }
        let prune = written.pruned.is_none_or(|at| now - at >= PRUNE_EVERY);
        let recorded = self.call("record changes", self.write(changes, &news, prune, now)).await?;
        if prune {
            written.pruned = Some(now);
            written.jobs.retain(|_, job| job.gone.is_none_or(|gone| gone >= now - KEEP_GONE));
        }
        written.jobs.extend(news.into_iter().map(|job| (job.key.clone(), job)));
        Ok(recorded)
    }

    async fn write(
        &self,
        changes: &[Change],
        jobs: &[StoredJob],
        prune: bool,
        now: Millis,
    ) -> Result<Recorded, sqlx::Error> {
        let mut tx = self.pool.begin().await?;
        let mut recorded = Recorded { jobs: jobs.len(), changes: 0 };
        for job in jobs {
            put_job(&mut tx, job).await?;
        }
        for change in changes {
            recorded.changes += put_change(&mut tx, change).await?;
        }
        if prune {
            prune_old(&mut tx, now - KEEP_GONE).await?;
        }
        tx.commit().await?;
        Ok(recorded)
    }

    /// Changes seen at `since` or later, oldest first; of more than `limit` the newest.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn load_changes(&self, since: Millis, limit: u32) -> Result<Vec<Change>, Error> {
        let sql = "SELECT at_ms, seen_ms, entity, kind, what, from_value, to_value FROM changes
                   WHERE seen_ms >= $1 ORDER BY seen_ms DESC, at_ms DESC, id LIMIT $2";
        let query = sqlx::query(sql).bind(since.0).bind(limit);
        let rows = self.call("load changes", query.fetch_all(&self.pool)).await?;
        let changes: Result<Vec<_>, _> = rows.iter().rev().map(rows::read_change).collect();
        let changes = changes.map_err(|e| Error::of("load changes", &self.path, e))?;
        Ok(changes.into_iter().flatten().collect())
    }

    /// Every job that is known, with its newest runs (the current one and [`EARLIER_RUNS`]).
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn load_jobs(&self) -> Result<Vec<StoredJob>, Error> {
        const DOING: &str = "load jobs";
        let failed = |e| Error::of(DOING, &self.path, e);
        let jobs = sqlx::query("SELECT * FROM jobs ORDER BY cluster, key").fetch_all(&self.pool);
        let jobs: Result<Vec<_>, _> =
            self.call(DOING, jobs).await?.iter().map(StoredJob::read).collect();
        let mut jobs: BTreeMap<JobKey, StoredJob> =
            jobs.map_err(failed)?.into_iter().map(|job| (job.key.clone(), job)).collect();
        let runs = sqlx::query(NEWEST_RUNS).bind(EARLIER_RUNS as i64 + 1).fetch_all(&self.pool);
        for row in &self.call(DOING, runs).await? {
            let (key, run) = StoredRun::read(row).map_err(failed)?;
            if let Some(job) = jobs.get_mut(&key) {
                job.runs.push(run);
            }
        }
        Ok(jobs.into_values().collect())
    }

    /// Lets go of the file.
    pub async fn close(&self) {
        let _ = tokio::time::timeout(DEADLINE, self.pool.close()).await;
    }

    /// SQLite goes on writing into a file that was removed, and says yes.
    ///
    /// # Errors
    /// [`Error::Gone`]: its name leads to no file, or to another one.
    pub fn in_place(&self) -> Result<(), Error> {
        match identity(&self.path) {
            Some(now) if Some(now) == self.file => Ok(()),
            _ => Err(Error::Gone { path: self.path.clone() }),
        }
    }

    /// Every call of the database but the opening goes this way.
    async fn call<T>(
        &self,
        doing: &'static str,
        call: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, Error> {
        let named = async {
            self.in_place()?;
            call.await.map_err(|e| Error::of(doing, &self.path, e))
        };
        #[cfg(test)]
        let named = self.faults.around(&self.pool, doing, named);
        within(&self.path, doing, named).await
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    let file = path.metadata().ok()?;
    Some((file.dev(), file.ino()))
}

/// sqlx has no deadline of its own.
async fn within<T>(
    path: &Path,
    doing: &'static str,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    tokio::time::timeout(DEADLINE, call).await.unwrap_or_else(|_| {
        Err(Error::TimedOut { path: path.to_path_buf(), doing, after_s: DEADLINE.as_secs() })
    })
}

async fn put_job(tx: &mut SqliteConnection, job: &StoredJob) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO jobs (cluster, key, name, ambiguous, first_seen, last_seen, gone, run)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
               ON CONFLICT (cluster, key) DO UPDATE SET name = $3, ambiguous = $4,
                   first_seen = $5, last_seen = $6, gone = $7, run = $8";
    sqlx::query(sql)
        .bind(job.key.cluster.as_str())
        .bind(&*job.key.key)
        .bind(&*job.name)
        .bind(i64::from(job.ambiguous))
        .bind(job.first_seen.0)
        .bind(job.last_seen.0)
        .bind(job.gone.map(|t| t.0))
        .bind(job.run.as_str())
        .execute(&mut *tx)
        .await?;
    let sql =
        "INSERT INTO runs (cluster, run, key, state, start_at, end_at, plan_hash, parallelism)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
               ON CONFLICT (cluster, run) DO UPDATE SET key = $3, state = $4, start_at = $5,
                   end_at = $6, plan_hash = $7, parallelism = $8";
    for run in &job.runs {
        sqlx::query(sql)
            .bind(job.key.cluster.as_str())
            .bind(run.id.as_str())
            .bind(&*job.key.key)
            .bind(rows::word(&run.state))
            .bind(run.start.0)
            .bind(run.end.map(|t| t.0))
            .bind(run.plan_hash.as_deref())
            .bind(run.parallelism)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

const NEWEST_RUNS: &str = "SELECT * FROM (SELECT runs.*, ROW_NUMBER() OVER
         (PARTITION BY cluster, key ORDER BY start_at DESC, run) AS nth FROM runs) AS ordered
     WHERE nth <= $1 ORDER BY start_at DESC, run";

/// How many rows it made: 0 when the change is known.
async fn put_change(tx: &mut SqliteConnection, change: &Change) -> Result<u64, sqlx::Error> {
    let entity =
        serde_json::to_string(&change.entity).map_err(|e| sqlx::Error::Encode(e.into()))?;
    let sql = "INSERT INTO changes (id, at_ms, seen_ms, entity, kind, what, from_value, to_value)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING";
    let done = sqlx::query(sql)
        .bind(rows::change_id(change, &entity))
        .bind(change.at.0)
        .bind(change.seen.0)
        .bind(&entity)
        .bind(rows::word(&change.kind))
        .bind(change.what.as_deref())
        .bind(change.from.as_deref())
        .bind(change.to.as_deref())
        .execute(tx)
        .await?;
    Ok(done.rows_affected())
}

async fn prune_old(tx: &mut SqliteConnection, before: Millis) -> Result<(), sqlx::Error> {
    let changes = "DELETE FROM changes WHERE seen_ms <=
                   (SELECT seen_ms FROM changes ORDER BY seen_ms DESC LIMIT 1 OFFSET $1)";
    sqlx::query(changes).bind(CHANGES_MAX).execute(&mut *tx).await?;
    let jobs = "DELETE FROM jobs WHERE gone < $1";
    sqlx::query(jobs).bind(before.0).execute(&mut *tx).await?;
    let runs = "DELETE FROM runs WHERE COALESCE(end_at, start_at) < $1 AND NOT EXISTS
                (SELECT 1 FROM jobs WHERE jobs.cluster = runs.cluster AND jobs.run = runs.run)";
    sqlx::query(runs).bind(before.0).execute(&mut *tx).await?;
    let many = "DELETE FROM runs WHERE (cluster, run) IN (SELECT cluster, run FROM
                (SELECT cluster, run, ROW_NUMBER() OVER
                    (PARTITION BY cluster, key ORDER BY start_at DESC, run) AS nth FROM runs)
                AS ordered WHERE nth > $1)";
    sqlx::query(many).bind(RUNS_MAX).execute(&mut *tx).await?;
    Ok(())
}
