//! A row of the log, and the hash that holds it to the one before.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use streamwarden_core::estate::Millis;
use streamwarden_core::text::hex;

/// Which row is the newest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// 0: none yet.
    pub n: i64,
    pub hash: String,
}

impl Head {
    pub(super) fn none() -> Head {
        Head { n: 0, hash: "0".repeat(64) }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    pub n: i64,
    pub at: Millis,
    pub who: String,
    pub what: String,
    /// JSON.
    pub detail: String,
    /// Digests of what was written with it ([`super::kept`]), one after the other with a blank.
    pub covers: String,
    pub prev: String,
    pub hash: String,
}

/// What a row is to say.
pub(super) struct Line<'a> {
    pub at: Millis,
    pub who: &'a str,
    pub what: &'a str,
    pub detail: String,
    pub covers: String,
}

impl AuditRow {
    pub(super) fn after(head: &Head, line: Line<'_>) -> AuditRow {
        let Line { at, who, what, detail, covers } = line;
        let (who, what) = (who.to_owned(), what.to_owned());
        let (n, prev) = (head.n + 1, head.hash.clone());
        let mut row = AuditRow { n, at, who, what, detail, covers, prev, hash: String::new() };
        row.hash = row.seal();
        row
    }

    /// SHA-256 over its fields, each with its length in front.
    pub(super) fn seal(&self) -> String {
        let mut hash = Sha256::new();
        let (n, at) = (self.n.to_string(), self.at.0.to_string());
        for part in [&n, &at, &self.who, &self.what, &self.detail, &self.covers, &self.prev] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hex(&hash.finalize())
    }

    pub(super) fn head(&self) -> Head {
        Head { n: self.n, hash: self.hash.clone() }
    }

    pub(super) fn read(row: &SqliteRow) -> Result<AuditRow, sqlx::Error> {
        Ok(AuditRow {
            n: row.try_get("n")?,
            at: Millis(row.try_get("at_ms")?),
            who: row.try_get("who")?,
            what: row.try_get("what")?,
            detail: row.try_get("detail")?,
            covers: row.try_get("covers")?,
            prev: row.try_get("prev")?,
            hash: row.try_get("hash")?,
        })
    }

    pub(super) async fn insert(&self, tx: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let sql = "INSERT INTO audit (n, at_ms, who, what, detail, covers, prev, hash)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let query = sqlx::query(sql).bind(self.n).bind(self.at.0).bind(&self.who).bind(&self.what);
        let query = query.bind(&self.detail).bind(&self.covers).bind(&self.prev).bind(&self.hash);
        query.execute(tx).await.map(|_| ())
    }
}

pub(in crate::store::db) async fn newest(tx: &mut SqliteConnection) -> Result<Head, sqlx::Error> {
    let sql = "SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1";
    match sqlx::query(sql).fetch_optional(tx).await? {
        None => Ok(Head::none()),
        Some(row) => Ok(Head { n: row.try_get("n")?, hash: row.try_get("hash")? }),
    }
}
