//! The file beside the database that names the newest row: whoever cuts the log short, and lets it
//! be written on, has changed a row that it names.

use super::row::{Head, newest};
use crate::store::db::Db;
use sqlx::sqlite::SqliteConnection;
use std::path::{Path, PathBuf};

/// What this process knows of the log's end.
#[derive(Debug, Default)]
pub(in crate::store::db) struct Known {
    /// In the file; None: not read yet, or there is none.
    noted: Option<Head>,
    read: bool,
    /// The newest that this process wrote, committed or not.
    last: Option<Head>,
    /// The log was found broken at this row: the file may go back to it.
    broken: Option<i64>,
}

impl Known {
    pub fn noted(&self) -> Option<&Head> {
        self.noted.as_ref()
    }

    pub fn wrote(&mut self, head: &Head) {
        self.last = Some(head.clone());
    }

    pub fn found_broken(&mut self, at: i64) {
        self.broken = Some(at);
    }

    /// Whether what stands in the database is what was left there.
    pub async fn follows(
        &self,
        tx: &mut SqliteConnection,
        last: &Head,
    ) -> Result<bool, sqlx::Error> {
        if self.last.as_ref() == Some(last) {
            return Ok(true);
        }
        let Some(noted) = &self.noted else {
            // killed before it could name the very first
            return Ok(last.n <= 1);
        };
        let sql = "SELECT hash FROM audit WHERE n = $1";
        let hash: Option<String> = sqlx::query_scalar(sql).bind(noted.n).fetch_optional(tx).await?;
        Ok(hash.as_ref() == Some(&noted.hash))
    }
}

impl Db {
    /// The newest row: to be kept where whoever can write here cannot.
    ///
    /// # Errors
    /// See [`crate::store::db::Error`].
    pub async fn audit_head(&self) -> Result<Head, crate::store::db::Error> {
        let read = async { newest(&mut *self.pool.acquire().await?).await };
        self.call("read the audit log", read).await
    }

    /// Read once: later it is ours.
    pub(super) async fn know_head(&self, known: &mut Known) {
        if !known.read {
            known.noted = self.read_head().await;
            known.read = true;
        }
    }

    fn head_path(&self) -> PathBuf {
        self.path.with_file_name("audit.head")
    }

    pub(super) async fn read_head(&self) -> Option<Head> {
        let path = self.head_path();
        let read = move || std::fs::read(path).ok().and_then(|b| serde_json::from_slice(&b).ok());
        tokio::task::spawn_blocking(read).await.ok().flatten()
    }

    /// The row is committed already: that the file stays behind by one is no fault.
    pub(in crate::store::db) async fn note_head(&self, head: &Head) {
        let mut known = self.known.lock().await;
        let newer = known.noted.as_ref().is_none_or(|h| h.n < head.n);
        if !newer && known.broken.is_none_or(|at| head.n < at) {
            return;
        }
        let (path, json) = (self.head_path(), serde_json::to_vec(head).unwrap_or_default());
        let done = tokio::task::spawn_blocking(move || replace(&path, &json)).await;
        match done.map_err(std::io::Error::other).flatten() {
            Ok(()) => (known.noted, known.broken) = (Some(head.clone()), None),
            Err(e) => tracing::warn!("the audit log's newest row cannot be noted: {e}"),
        }
    }
}

fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let new = path.with_extension("head.new");
    let mut file = std::fs::File::create(&new)?;
    std::io::Write::write_all(&mut file, bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    match path.parent() {
        Some(dir) => std::fs::File::open(dir)?.sync_all(),
        None => Ok(()),
    }
}
