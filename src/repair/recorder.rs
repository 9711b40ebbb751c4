//! Makes entries durable: the local file first, then the database. So the file never knows less
//! than the database, and whoever takes the action up with the database dead goes on from the same
//! entry.
//!
//! An entry of which a write was begun is not given up for another: it may stand somewhere already.

use super::local::LocalFile;
use super::{Database, Error, Lost, TakenUp};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use streamwarden_core::action::{Durable, Entry};
use streamwarden_core::estate::{Millis, Name};

/// A disk that stalls for seconds still passes.
const FILE_DEADLINE: Duration = Duration::from_secs(5);
const DB_DEADLINE: Duration = Duration::from_secs(12);
/// While the job is down nobody waits for the database.
const DB_GLANCE: Duration = Duration::from_millis(500);
/// Between two tries to bring the database up to date.
const DB_AGAIN_MS: i64 = 5000;

/// Why an entry is not durable yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotYet {
    /// Another process acts now.
    Fenced,
    /// Nobody may go on from here.
    Conflict(String),
    /// The same again later.
    Later(String),
}

pub(super) struct Recorder {
    action: Name,
    database: Arc<dyn Database>,
    file: Arc<Mutex<Option<LocalFile>>>,
    /// In order; the last one may not be durable yet.
    entries: Vec<(Millis, Entry)>,
    durable: usize,
    in_file: usize,
    in_db: usize,
    tried_db: Option<Millis>,
}

impl Recorder {
    /// `file`: with so many of the entries in it. The database is asked for each entry again.
    pub fn new(
        database: Arc<dyn Database>,
        file: Option<LocalFile>,
        in_file: usize,
        taken: &TakenUp,
    ) -> Recorder {
        Recorder {
            action: taken.id.clone(),
            database,
            file: Arc::new(Mutex::new(file)),
            durable: taken.entries.len(),
            entries: taken.entries.clone(),
            in_file,
            in_db: 0,
            tried_db: None,
        }
    }

    /// The entry that is durable now: this one, or the one that was begun before it.
    pub async fn record(
        &mut self,
        at: Millis,
        entry: &Entry,
        durable: Durable,
    ) -> Result<Entry, NotYet> {
        if self.durable == self.entries.len() {
            self.entries.push((at, entry.clone()));
        }
        let file = self.fill_file().await;
        match (durable, &file) {
            (Durable::Both, Err(e)) => return Err(NotYet::Later(e.to_string())),
            (Durable::Both, Ok(())) => self.fill_database(DB_DEADLINE).await?,
            // one of them is enough; the database gets it when it is back
            (Durable::Local, Ok(())) => self.glance(at).await?,
            (Durable::Local, Err(_)) => self.fill_database(DB_DEADLINE).await?,
        }
        self.durable = self.entries.len();
        let last = self.entries.last().map(|(_, entry)| entry.clone());
        last.ok_or_else(|| NotYet::Later("nothing was to be recorded".into()))
    }

    /// Brings the database up to date where it lacks something; never for long, and not often.
    pub async fn glance(&mut self, now: Millis) -> Result<(), NotYet> {
        let due = self.tried_db.is_none_or(|at| (now - at).0 >= DB_AGAIN_MS);
        if self.whole() || !due {
            return Ok(());
        }
        match self.fill_database(DB_GLANCE).await {
            Err(NotYet::Later(_)) => {
                self.tried_db = Some(now);
                Ok(())
            }
            other => other,
        }
    }

    /// Until the database has every entry, also what an earlier process left in its file alone.
    pub async fn settle(&mut self) -> Result<(), NotYet> {
        self.fill_database(DB_DEADLINE).await
    }

    /// The database has every entry.
    pub fn whole(&self) -> bool {
        self.in_db == self.entries.len()
    }

    /// The action is over and the database has all of it: the file has done its work.
    pub fn finish(&mut self) {
        if let Some(file) = held(&self.file).take()
            && let Err(e) = file.remove()
        {
            tracing::warn!("the local file of action {} stays: {e}", self.action);
        }
    }

    async fn fill_file(&mut self) -> Result<(), Error> {
        while let Some((at, entry)) = self.entries.get(self.in_file).cloned() {
            let (file, n) = (self.file.clone(), self.in_file as u32);
            let append = move || match held(&file).as_mut() {
                Some(file) => file.append(n, at, &entry),
                None => Ok(()),
            };
            let path = || held_path(&self.file, &self.action);
            let write = tokio::task::spawn_blocking(append);
            match tokio::time::timeout(FILE_DEADLINE, write).await {
                Ok(Ok(done)) => done?,
                Ok(Err(e)) => {
                    let source = std::io::Error::other(e);
                    return Err(Error::Local { path: path(), doing: "write it", source });
                }
                // not through the lock, which the write holds
                Err(_) => {
                    let path = self.action.to_string().into();
                    return Err(Error::TimedOut { path, after_s: FILE_DEADLINE.as_secs() });
                }
            }
            self.in_file += 1;
        }
        Ok(())
    }

    async fn fill_database(&mut self, deadline: Duration) -> Result<(), NotYet> {
        while let Some((at, entry)) = self.entries.get(self.in_db) {
            let n = self.in_db as u32;
            let append = self.database.append(&self.action, n, *at, entry);
            match tokio::time::timeout(deadline, append).await {
                Ok(Ok(())) => self.in_db += 1,
                Ok(Err(Lost::Fenced)) => return Err(NotYet::Fenced),
                Ok(Err(Lost::Conflict(what))) => return Err(NotYet::Conflict(what)),
                Ok(Err(Lost::Down(why))) => return Err(NotYet::Later(why)),
                Err(_) => return Err(NotYet::Later("the database does not answer".into())),
            }
        }
        Ok(())
    }
}

fn held(file: &Mutex<Option<LocalFile>>) -> std::sync::MutexGuard<'_, Option<LocalFile>> {
    file.lock().unwrap_or_else(PoisonError::into_inner)
}

fn held_path(file: &Mutex<Option<LocalFile>>, action: &str) -> std::path::PathBuf {
    held(file).as_ref().map_or_else(|| action.into(), |f| f.path.clone())
}
