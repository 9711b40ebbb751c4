//! A database that does not do as it is told.

use super::Error;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePool};
use sqlx::{AssertSqlSafe, Connection, Executor};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::Mutex;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No call comes through.
    Killed,
    /// Another process holds the lock, and keeps it.
    Locked,
    /// The file may not grow.
    Full,
    ReadOnly,
    /// Each call takes so long, one after the other.
    Slow(Duration),
    /// Each call is carried out, and its answer is lost.
    Mute,
}

impl Fault {
    pub const ALL: [Fault; 6] = [
        Fault::Killed,
        Fault::Locked,
        Fault::Full,
        Fault::ReadOnly,
        Fault::Slow(Duration::from_secs(5)),
        Fault::Mute,
    ];

    /// Makes SQLite itself do it, where it can.
    fn pragma(self) -> &'static str {
        match self {
            Fault::Locked => "PRAGMA busy_timeout = 30",
            // what there is already
            Fault::Full => "PRAGMA max_page_count = 1",
            Fault::ReadOnly => "PRAGMA query_only = 1",
            Fault::Killed | Fault::Slow(_) | Fault::Mute => "",
        }
    }
}

const WELL: &str =
    "PRAGMA busy_timeout = 3000; PRAGMA max_page_count = 1073741823; PRAGMA query_only = 0";

#[derive(Debug)]
pub struct Faults {
    path: PathBuf,
    /// One call at a time, as over the one connection.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    fault: Option<Fault>,
    /// Something was done to the connection.
    marked: bool,
    /// Holds the lock.
    other: Option<SqliteConnection>,
}

impl Faults {
    pub fn of(path: &Path) -> Faults {
        Faults { path: path.to_path_buf(), state: Mutex::default() }
    }

    pub async fn set(&self, fault: Option<Fault>) {
        let mut state = self.state.lock().await;
        state.fault = fault;
        if let Some(other) = state.other.take() {
            other.close().await.unwrap();
        }
        if fault == Some(Fault::Locked) {
            let options = SqliteConnectOptions::new().filename(&self.path);
            let options = options.busy_timeout(Duration::from_secs(5));
            let mut other = SqliteConnection::connect_with(&options).await.unwrap();
            other.execute("BEGIN IMMEDIATE").await.unwrap();
            state.other = Some(other);
        }
    }

    pub(super) async fn around<T>(
        &self,
        pool: &SqlitePool,
        doing: &'static str,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let mut state = self.state.lock().await;
        let Some(fault) = state.fault else {
            if state.marked {
                pool.execute(sqlx::raw_sql(WELL)).await.unwrap();
                state.marked = false;
            }
            // as it is without this file: calls beside each other
            drop(state);
            return call.await;
        };
        let path = &self.path;
        match fault {
            Fault::Killed => return Err(Error::of(doing, path, sqlx::Error::WorkerCrashed)),
            Fault::Slow(time) => tokio::time::sleep(time).await,
            Fault::Locked | Fault::Full | Fault::ReadOnly => {
                let pragma = sqlx::raw_sql(AssertSqlSafe(fault.pragma().to_owned()));
                // none is free where this call is one of several within a transaction
                let free = tokio::time::timeout(Duration::from_millis(300), pool.acquire()).await;
                if let Ok(connection) = free {
                    connection.unwrap().execute(pragma).await.unwrap();
                }
                state.marked = true;
            }
            Fault::Mute => {
                call.await?;
                return Err(Error::TimedOut { path: path.clone(), doing, after_s: 10 });
            }
        }
        call.await
    }
}
