//! Opening it, and taking up what was not sealed.

use super::{Minutes, frame};
use crate::store::db::{Error, bring_up};
use sqlx::migrate::{Migration, MigrationType};
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{Connection, Row, SqlSafeStr};
use std::path::Path;
use std::time::Duration;
use streamwarden_core::estate::Millis;

const BUSY_TIMEOUT: Duration = Duration::from_secs(3);

pub fn migrations() -> Vec<Migration> {
    let minutes = include_str!("migrations/0001_minutes.sql").into_sql_str();
    let filled = include_str!("migrations/0002_filled.sql").into_sql_str();
    let of = |n, name: &'static str, sql| {
        Migration::new(n, name.into(), MigrationType::Simple, sql, false)
    };
    vec![of(1, "minutes", minutes), of(2, "filled", filled)]
}

/// What a power cut may take of it is the last minutes: it is not synced at each commit.
pub async fn open(path: &Path) -> Result<SqlitePool, Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .busy_timeout(BUSY_TIMEOUT)
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal);
    bring_up(&options, path, migrations()).await?;
    let clean = SqlitePoolOptions::new().max_connections(1).before_acquire(|connection, _| {
        let clean = !connection.is_in_transaction();
        Box::pin(async move { Ok(clean) })
    });
    clean.connect_with(options).await.map_err(|e| Error::of("open it", path, e))
}

impl Minutes {
    /// Reads names and open minutes. A minute that is damaged is left out.
    pub(super) async fn take_up(&self) -> Result<(), Error> {
        let (series, fresh) = self
            .within("read its open minutes", async {
                let series = sqlx::query("SELECT id, subject, name FROM series")
                    .fetch_all(&self.pool)
                    .await?;
                let fresh = sqlx::query("SELECT minute, points FROM fresh ORDER BY minute")
                    .fetch_all(&self.pool)
                    .await?;
                Ok((series, fresh))
            })
            .await?;
        let mut state = self.state.lock().await;
        for row in series {
            state.ids.insert((row.get("subject"), row.get("name")), row.get("id"));
        }
        for row in fresh {
            let minute = Millis(row.get("minute"));
            match frame::unpack(row.get("points")) {
                Some(points) => state.take(minute, points),
                None => tracing::warn!(minute = minute.0, "a minute of history is damaged"),
            }
            state.newest = Some(minute);
        }
        if state.newest.is_none() {
            // what was sealed is not written again
            state.newest = self.newest_sealed().await?;
        }
        Ok(())
    }
}
