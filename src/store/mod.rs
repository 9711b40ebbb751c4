//! History and durable records: what a start finds again, also after `kill -9`.

pub mod db;
pub mod history;
mod lock;
pub mod minutes;
#[cfg(test)]
pub mod tests;

use db::{Db, RememberedJob, StoredJob};
use history::History;
use lock::Lock;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use streamwarden_core::estate::{Change, Estate, JobKey, Millis, SeriesTable, Span};
use streamwarden_core::lineage::Inferred;

/// How far back history is kept unless configured otherwise, in memory and on disk.
pub const WINDOW: Span = Span::secs(2 * 3600);
/// Changes that are read back at a start.
const CHANGES_BACK: u32 = 2000;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} is in use by another Streamwarden{}: stop that one, or choose another data directory", .dir.display(), pid_words(.pid))]
    InUse { dir: PathBuf, pid: Option<u32> },
    #[error("data directory: {0}")]
    Dir(history::Error),
    #[error("history: {0}")]
    History(#[from] history::Error),
    #[error("database: {0}")]
    Db(#[from] db::Error),
    #[error("the task that {doing} ended early")]
    Task { doing: &'static str, source: tokio::task::JoinError },
}

fn pid_words(pid: &Option<u32>) -> String {
    pid.map_or(String::new(), |pid| format!(" (process {pid})"))
}

/// What a start finds again.
#[derive(Debug)]
pub struct Restored {
    pub table: SeriesTable,
    /// Oldest first.
    pub changes: Vec<Change>,
    pub jobs: Vec<StoredJob>,
    pub remembered: BTreeMap<JobKey, RememberedJob>,
    pub report: history::Report,
}

/// How the store is, for the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreStatus {
    pub path: PathBuf,
    /// History and database.
    pub disk_bytes: u64,
    /// When the oldest history on disk was begun.
    pub oldest: Option<Millis>,
    pub last_flush: Option<Millis>,
    /// Of the last flush and of the last record, where it failed: what was wrong, what to do.
    pub flush_error: Option<String>,
    pub record_error: Option<String>,
}

#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    db: Db,
    history: Arc<Mutex<History>>,
    status: Mutex<StoreStatus>,
    _lock: Lock,
}

impl Store {
    /// Opens the data directory (made if it is missing) and reads back what it holds of the last
    /// `window`.
    ///
    /// # Errors
    /// Another process has it, or it cannot be read or written: each says which file and what to
    /// do. Then nothing was changed.
    pub async fn open(dir: &Path, now: Millis, window: Span) -> Result<(Store, Restored), Error> {
        let at = dir.to_path_buf();
        let lock = blocking("locks the data directory", move || {
            let made = std::fs::create_dir_all(&at);
            made.map_err(|e| Error::Dir(history::Error::of("create", &at)(e)))?;
            Lock::take(&at)
        });
        let lock = lock.await?;
        let db = Db::open(&dir.join("streamwarden.db")).await?;
        let at = dir.join("history");
        let read = move || Ok(History::open(&at, now, window)?);
        let (history, table, report) = blocking("reads history", read).await?;
        let changes = db.load_changes(Millis(i64::MIN), CHANGES_BACK).await?;
        let jobs = db.load_jobs().await?;
        let remembered = db.remembered().await?;
        let store = Store {
            dir: dir.to_path_buf(),
            db,
            history: Arc::new(Mutex::new(history)),
            status: Mutex::new(StoreStatus { path: dir.to_path_buf(), ..StoreStatus::default() }),
            _lock: lock,
        };
        Ok((store, Restored { table, changes, jobs, remembered, report }))
    }

    /// Appends what is new in the table to the history on disk. To be called each minute; after
    /// an error the next call writes what this one could not.
    ///
    /// # Errors
    /// The disk is full, read-only or broken. Also in [`Store::status`].
    pub async fn flush(&self, table: &SeriesTable, now: Millis) -> Result<history::Flushed, Error> {
        let (history, table) = (self.history.clone(), table.clone());
        let flush = move || Ok(held(&history).flush(&table, now)?);
        let flushed = blocking("writes history", flush).await;
        let mut status = held(&self.status);
        status.flush_error = flushed.as_ref().err().map(ToString::to_string);
        if flushed.is_ok() {
            status.last_flush = Some(now);
        }
        flushed
    }

    /// Writes changes and the estate's jobs, all or nothing; an idle estate writes nothing.
    ///
    /// # Errors
    /// The database cannot be written: the caller keeps the changes and calls again; what is
    /// known already is not written twice. Also in [`Store::status`].
    pub async fn record(
        &self,
        changes: &[Change],
        estate: &Estate,
        now: Millis,
    ) -> Result<db::Recorded, Error> {
        let recorded = self.db.record(changes, estate, now).await.map_err(Error::Db);
        held(&self.status).record_error = recorded.as_ref().err().map(ToString::to_string);
        recorded
    }

    /// What a plan needs of each job, for a start after which the job cannot be asked.
    ///
    /// # Errors
    /// The database cannot be written: the same again later. Also in [`Store::status`].
    pub async fn remember(
        &self,
        estate: &Estate,
        inferred: &Inferred,
        now: Millis,
    ) -> Result<usize, Error> {
        let done = self.db.remember(estate, inferred, now).await.map_err(Error::Db);
        if let Err(e) = &done {
            held(&self.status).record_error = Some(e.to_string());
        }
        done
    }

    /// Changes seen at `since` or later, oldest first; of more than `limit` the newest.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn changes(&self, since: Millis, limit: u32) -> Result<Vec<Change>, Error> {
        Ok(self.db.load_changes(since, limit).await?)
    }

    /// Incidents, their messages and what people say of them.
    pub fn incidents(&self) -> &Db {
        &self.db
    }

    /// The journal of actions, the audit log, switches and approvals.
    pub fn journal(&self) -> &Db {
        &self.db
    }

    /// Looks at sizes of files; waits for a flush that is under way.
    pub async fn status(&self) -> StoreStatus {
        let mut status = held(&self.status).clone();
        let (history, dir) = (self.history.clone(), self.dir.clone());
        let size = move || {
            let file = |name| dir.join(name).metadata().map_or(0, |m| m.len());
            let bytes = file("streamwarden.db") + file("streamwarden.db-wal");
            let history = held(&history);
            Ok((bytes + history.disk_bytes(), history.oldest()))
        };
        if let Ok(found) = blocking("measures files", size).await {
            (status.disk_bytes, status.oldest) = found;
        }
        // where nothing is new nothing is written, and nothing fails
        if let Err(e) = self.db.in_place() {
            status.record_error = Some(e.to_string());
        }
        status
    }

    /// For an orderly end; without it nothing is lost that was flushed and recorded.
    pub async fn close(&self) {
        self.db.close().await;
    }
}

async fn blocking<T: Send + 'static>(
    doing: &'static str,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|source| Error::Task { doing, source })?
}

/// Nothing panics while it holds one of these; if it did, what it left is still whole.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
