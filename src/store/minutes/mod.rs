//! Weeks of derived signals: a value a minute, in compressed blocks of two hours per series, and
//! hours of it for what looks at the whole estate. In a database of its own: it may be lost and
//! costs nothing but memory of the past.

mod fill;
mod frame;
mod open;
mod read;
mod seal;
#[cfg(test)]
mod tests;

pub use fill::{Filled, Filling, Told};

use super::db::Error;
use frame::DAY;
use sqlx::sqlite::SqlitePool;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;
use streamwarden_core::estate::{Millis, Span};
use streamwarden_core::keep::Minute;
use streamwarden_core::past::{Limits, MINUTE};
use tokio::sync::Mutex;

/// One block of a series.
pub const BLOCK: Span = Span::secs(2 * 3600);
/// Hours are kept for what is told over 90 days.
const KEEP_HOURS: Span = Span::secs(100 * 86_400);
/// What is beyond so many series is left out and counted: ten thousand jobs.
pub const MAX_SERIES: usize = 300_000;
/// Sealing two hours of a large estate writes them in parts; each has this deadline.
const DEADLINE: Duration = Duration::from_secs(30);

/// What went to stay within the limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    pub blocks: u64,
    pub bytes: u64,
}

#[derive(Debug)]
pub struct Minutes {
    path: PathBuf,
    pool: SqlitePool,
    limits: Limits,
    state: Mutex<State>,
}

/// What is not in blocks yet.
#[derive(Debug, Default)]
struct State {
    /// Number of a series, by subject and name.
    ids: HashMap<(String, String), i64>,
    /// Minutes of blocks that are not over, by block and series.
    open: BTreeMap<Millis, BTreeMap<i64, Vec<(Millis, f64)>>>,
    /// The newest minute that was written.
    newest: Option<Millis>,
    left_out: u64,
}

pub(super) fn block_of(at: Millis) -> Millis {
    Millis(at.0.div_euclid(BLOCK.0) * BLOCK.0)
}

fn day_of(at: Millis) -> Millis {
    Millis(at.0.div_euclid(DAY.0) * DAY.0)
}

impl Minutes {
    /// Opens or makes the file, migrates it, and takes up the minutes whose block is not over.
    ///
    /// # Errors
    /// See [`Error`]; then nothing was changed.
    pub async fn open(path: &Path, limits: Limits) -> Result<Minutes, Error> {
        let pool = open::open(path).await?;
        let minutes = Minutes { path: path.to_path_buf(), pool, limits, state: Mutex::default() };
        minutes.take_up().await?;
        Ok(minutes)
    }

    /// Writes the minute that ends at `at` (rounded down to one), in one transaction. One that is
    /// no newer than the newest is not written: the clock went back. Blocks that are over are
    /// sealed, and what is too old or too much goes.
    ///
    /// # Errors
    /// See [`Error`]; the minute is lost, what was before it stays.
    pub async fn write(&self, at: Millis, points: &[Minute]) -> Result<Dropped, Error> {
        let minute = Millis(at.0.div_euclid(MINUTE.0) * MINUTE.0);
        let mut state = self.state.lock().await;
        if state.newest.is_some_and(|newest| minute <= newest) {
            return Ok(Dropped::default());
        }
        self.add(&mut state, minute, points).await?;
        if state.open.keys().next().is_some_and(|oldest| *oldest < block_of(minute)) {
            self.seal_before(&mut state, block_of(minute)).await?;
            return self.trim(&mut state, minute).await;
        }
        Ok(Dropped::default())
    }

    async fn add(&self, state: &mut State, minute: Millis, points: &[Minute]) -> Result<(), Error> {
        let mut numbered = Vec::with_capacity(points.len());
        let mut unknown = Vec::new();
        for p in points {
            let key = (p.of.to_string(), p.name.to_owned());
            match state.ids.get(&key) {
                Some(id) => numbered.push((*id, p.value)),
                None if state.ids.len() + unknown.len() < MAX_SERIES => {
                    unknown.push((key, p.value));
                }
                None => state.left_out += 1,
            }
        }
        let known = self
            .within("write a minute", async {
                let mut tx = self.pool.begin().await?;
                let mut known = Vec::with_capacity(unknown.len());
                for (key, value) in unknown {
                    let sql = "INSERT INTO series (subject, name, last_day) VALUES ($1, $2, $3)
                               ON CONFLICT DO UPDATE SET last_day = $3 RETURNING id";
                    let id: i64 = sqlx::query_scalar(sql)
                        .bind(&key.0)
                        .bind(&key.1)
                        .bind(day_of(minute).0)
                        .fetch_one(&mut *tx)
                        .await?;
                    numbered.push((id, value));
                    known.push((key, id));
                }
                let bytes = frame::pack(&numbered).map_err(sqlx::Error::Io)?;
                sqlx::query("INSERT OR REPLACE INTO fresh (minute, points) VALUES ($1, $2)")
                    .bind(minute.0)
                    .bind(bytes)
                    .execute(&mut *tx)
                    .await?;
                tx.commit().await?;
                Ok(known)
            })
            .await?;
        state.ids.extend(known);
        state.newest = Some(minute);
        state.take(minute, numbered);
        Ok(())
    }

    /// Bytes in use, on disk.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn bytes(&self) -> Result<u64, Error> {
        self.within("measure it", async {
            let sql = "SELECT (p.page_count - f.freelist_count) * s.page_size
                       FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s";
            let bytes: i64 = sqlx::query_scalar(sql).fetch_one(&self.pool).await?;
            Ok(bytes.unsigned_abs())
        })
        .await
    }

    async fn within<T>(
        &self,
        doing: &'static str,
        call: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, Error> {
        match tokio::time::timeout(DEADLINE, call).await {
            Ok(done) => done.map_err(|e| Error::of(doing, &self.path, e)),
            Err(_) => {
                let (path, after_s) = (self.path.clone(), DEADLINE.as_secs());
                Err(Error::TimedOut { path, doing, after_s })
            }
        }
    }
}

impl State {
    fn take(&mut self, minute: Millis, points: Vec<(i64, f64)>) {
        let block = self.open.entry(block_of(minute)).or_default();
        for (series, value) in points {
            block.entry(series).or_default().push((minute, value));
        }
    }
}
