//! Opening: pragmas set and read back, migrations run, each refusal with its reason.

use super::Error;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{Connection, Row, SqlSafeStr};
use std::path::Path;
use std::time::Duration;

/// How long SQLite itself waits for another process to let go.
const BUSY_TIMEOUT: Duration = Duration::from_secs(3);

/// What must hold on every connection, in SQLite's own words.
const PRAGMAS: [(&str, &str, &str); 3] = [
    ("journal_mode", "PRAGMA journal_mode", "wal"),
    // 2: FULL
    ("synchronous", "PRAGMA synchronous", "2"),
    ("foreign_keys", "PRAGMA foreign_keys", "1"),
];

/// How a database of this version is made.
pub(super) fn migrator() -> Migrator {
    Migrator::with_migrations(migrations())
}

fn migrations() -> Vec<Migration> {
    let migration = |version, name: &'static str, sql: &'static str| {
        let sql = sql.into_sql_str();
        Migration::new(version, name.into(), MigrationType::Simple, sql, false)
    };
    vec![
        migration(1, "jobs and changes", include_str!("../migrations/0001_jobs_and_changes.sql")),
        migration(2, "incidents", include_str!("../migrations/0002_incidents.sql")),
        migration(3, "planned work", include_str!("../migrations/0003_planned_work.sql")),
        migration(4, "journal", include_str!("../migrations/0004_journal.sql")),
        migration(5, "held plans", include_str!("../migrations/0005_held_plans.sql")),
        migration(6, "waves", include_str!("../migrations/0006_waves.sql")),
        migration(7, "remembered jobs", include_str!("../migrations/0007_remembered_jobs.sql")),
        migration(8, "declined", include_str!("../migrations/0008_declined.sql")),
        migration(9, "answered for", include_str!("../migrations/0009_answered_for.sql")),
        migration(10, "silences", include_str!("../migrations/0010_silences.sql")),
        migration(11, "answered for, too", include_str!("../migrations/0011_answered_for_too.sql")),
        migration(12, "lessons", include_str!("../migrations/0012_lessons.sql")),
        migration(13, "inspections", include_str!("../migrations/0013_inspections.sql")),
    ]
}

/// One connection: there is one writer, and reads are rare.
pub(super) async fn open(path: &Path) -> Result<SqlitePool, Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .busy_timeout(BUSY_TIMEOUT);
    stranger(&options, path).await?;
    let options = options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true);
    let failed = |e| Error::of("open it", path, e);
    let mut first = SqliteConnection::connect_with(&options).await.map_err(failed)?;
    check(&mut first, path).await?;
    migrate(&mut first, path, migrations()).await?;
    first.close().await.map_err(failed)?;
    let ours = path.to_path_buf();
    SqlitePoolOptions::new()
        .max_connections(1)
        // a full disk makes SQLite roll back by itself, and then sqlx's own ROLLBACK fails: for
        // sqlx that transaction goes on, and all that follows would be part of it, never committed
        .before_acquire(|connection, _| {
            let clean = !connection.is_in_transaction();
            Box::pin(async move { Ok(clean) })
        })
        // a later connection, should this one break, is held to the same
        .after_connect(move |connection, _| {
            let path = ours.clone();
            Box::pin(async move {
                check(connection, &path).await.map_err(|e| sqlx::Error::Configuration(e.into()))
            })
        })
        .connect_with(options)
        .await
        .map_err(failed)
}

/// Reads the pragmas back: a file system without shared memory silently has no WAL.
async fn check(connection: &mut SqliteConnection, path: &Path) -> Result<(), Error> {
    match unsound(connection).await {
        Ok(None) => Ok(()),
        Ok(Some((name, got, want))) => {
            Err(Error::Pragma { path: path.to_path_buf(), name, got, want })
        }
        Err(e) => Err(Error::of("read its pragmas", path, e)),
    }
}

/// The first pragma that is not what it must be: its name, its value, the one that is needed.
pub(super) async fn unsound(
    connection: &mut SqliteConnection,
) -> Result<Option<(&'static str, String, &'static str)>, sqlx::Error> {
    for (name, sql, want) in PRAGMAS {
        let row = sqlx::query(sql).fetch_one(&mut *connection).await?;
        let got = match row.try_get::<i64, _>(0) {
            Ok(number) => number.to_string(),
            Err(_) => row.try_get(0)?,
        };
        if got != want {
            return Ok(Some((name, got, want)));
        }
    }
    Ok(None)
}

/// Makes another file of ours, or brings its schema up.
pub(in crate::store) async fn bring_up(
    options: &SqliteConnectOptions,
    path: &Path,
    migrations: Vec<Migration>,
) -> Result<(), Error> {
    stranger(options, path).await?;
    let failed = |e| Error::of("open it", path, e);
    let mut first = SqliteConnection::connect_with(options).await.map_err(failed)?;
    migrate(&mut first, path, migrations).await?;
    first.close().await.map_err(failed)
}

/// Refuses a database that somebody else's tables are in, before anything is set in it.
async fn stranger(options: &SqliteConnectOptions, path: &Path) -> Result<(), Error> {
    let sql = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
               HAVING SUM(name = '_sqlx_migrations') = 0";
    let look = async {
        let mut connection = SqliteConnection::connect_with(options).await?;
        let tables = sqlx::query_scalar(sql).fetch_optional(&mut connection).await;
        connection.close().await?;
        tables
    };
    let tables: Option<i64> = look.await.map_err(|e| Error::of("look at its tables", path, e))?;
    match tables {
        Some(n) if n > 0 => Err(Error::NotADatabase { path: path.to_path_buf() }),
        _ => Ok(()),
    }
}

async fn migrate(
    connection: &mut SqliteConnection,
    path: &Path,
    migrations: Vec<Migration>,
) -> Result<(), Error> {
    let migrator = Migrator::with_migrations(migrations);
    let known = migrator.iter().map(|m| m.version).max().unwrap_or(0);
    let file = path.to_path_buf();
    migrator.run_direct(None, connection, false).await.map_err(|e| match e {
        MigrateError::VersionMissing(schema) => Error::Newer { path: file, schema, known },
        MigrateError::VersionMismatch(schema) | MigrateError::Dirty(schema) => {
            Error::Different { path: file, schema }
        }
        MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => {
            Error::of("migrate it", path, e)
        }
        other => Error::of("migrate it", path, sqlx::Error::Migrate(Box::new(other))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::db::Db;
    use streamwarden_core::text::hex;

    /// What was released is in people's files: it never changes.
    #[test]
    fn released_migrations_stay_as_they_are() {
        let sum = |m: &Migration| hex(&m.checksum[..6]);
        let sums: Vec<String> = migrations().iter().take(2).map(sum).collect();
        assert_eq!(sums, ["2d513a89866a", "25f3a87ec9c3"]);
    }

    #[tokio::test]
    async fn a_file_of_each_earlier_schema_is_taken_up_with_what_is_in_it() {
        for known in 1..migrations().len() {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("streamwarden.db");
            let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
            let mut old = SqliteConnection::connect_with(&options).await.unwrap();
            let earlier = migrations().into_iter().take(known).collect();
            let earlier = Migrator::with_migrations(earlier);
            earlier.run_direct(None, &mut old, false).await.unwrap();
            let row = "INSERT INTO changes (id, at_ms, seen_ms, entity, kind)
                       VALUES ('c', 1, 1, '{\"kind\":\"flink\",\"cluster\":\"prod\"}', 'plan')";
            sqlx::query(row).execute(&mut old).await.unwrap();
            old.close().await.unwrap();

            let db = Db::open(&path).await.unwrap();
            let sql = "SELECT COUNT(*) FROM changes WHERE id = 'c'";
            let kept: i64 = sqlx::query_scalar(sql).fetch_one(&db.pool).await.unwrap();
            assert_eq!(kept, 1, "schema {known}");
            assert!(
                db.planned_work(streamwarden_core::estate::Millis(0)).await.unwrap().is_empty()
            );
            assert!(db.hushed().await.unwrap().is_empty());
            assert!(db.inspections(1).await.unwrap().is_empty());
        }
    }
}
