//! Tables and triggers that keep rows as they are: whoever wants to change one drops them first.

use super::chain::{Altered, Fault};
use crate::store::db::open;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Row};
use std::collections::BTreeMap;

/// By kind and name the words that made it.
type Made = BTreeMap<String, String>;

async fn made(connection: &mut SqliteConnection) -> Result<Made, sqlx::Error> {
    let sql =
        "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite~_%' ESCAPE '~'";
    let rows = sqlx::query(sql).fetch_all(connection).await?;
    let one = |row: &sqlx::sqlite::SqliteRow| {
        let (kind, name): (String, String) = (row.try_get("type")?, row.try_get("name")?);
        let sql: Option<String> = row.try_get("sql")?;
        Ok((format!("{kind} {name}"), sql.unwrap_or_default()))
    };
    rows.iter().map(one).collect()
}

/// What is not as a new database of this version has it.
pub(super) async fn altered(tx: &mut SqliteConnection) -> Result<Vec<Fault>, sqlx::Error> {
    let mut fresh = SqliteConnection::connect("sqlite::memory:").await?;
    open::migrator()
        .run_direct(None, &mut fresh, false)
        .await
        .map_err(|e| sqlx::Error::Migrate(Box::new(e)))?;
    let (wanted, found) = (made(&mut fresh).await?, made(tx).await?);
    fresh.close().await?;
    let mut faults = Vec::new();
    let mut say = |name: &String, how| faults.push(Fault::Schema { name: name.clone(), how });
    for (name, sql) in &wanted {
        match found.get(name) {
            None => say(name, Altered::Missing),
            Some(other) if other != sql => say(name, Altered::Changed),
            Some(_) => {}
        }
    }
    found.keys().filter(|name| !wanted.contains_key(*name)).for_each(|n| say(n, Altered::Added));
    Ok(faults)
}
