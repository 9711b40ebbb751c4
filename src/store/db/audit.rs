//! Who did what, as a chain: a row that was changed, taken out, moved or cut off is found.
//!
//! Each row's hash covers the row before it; the newest one's stands in a file beside the
//! database, so that a log that was cut short is found too. Whoever can write both can still make
//! up another history: export [`Db::audit_head`] to a place of its own, and give it to
//! [`Db::audit_verify`].

use super::{Db, Error};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use std::path::{Path, PathBuf};
use streamwarden_core::estate::Millis;
use streamwarden_core::text::hex;

/// Rows that are read in one go.
const PAGE: i64 = 1000;
/// Faults that are told; one shows that something was done to it.
const FAULTS: usize = 20;
/// What a start writes where the log is not the one that it left.
const BROKEN: &str = "audit.broken";
/// The longest detail that is kept, bytes.
const DETAIL: usize = 16 << 10;

/// Which row is the newest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// 0: none yet.
    pub n: i64,
    pub hash: String,
}

impl Head {
    fn none() -> Head {
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
    pub prev: String,
    pub hash: String,
}

impl AuditRow {
    fn after(head: &Head, at: Millis, who: &str, what: &str, detail: String) -> AuditRow {
        let (who, what) = (who.to_owned(), what.to_owned());
        let (n, prev) = (head.n + 1, head.hash.clone());
        let mut row = AuditRow { n, at, who, what, detail, prev, hash: String::new() };
        row.hash = row.seal();
        row
    }

    /// SHA-256 over its fields, each with its length in front.
    fn seal(&self) -> String {
        let mut hash = Sha256::new();
        let (n, at) = (self.n.to_string(), self.at.0.to_string());
        for part in [&n, &at, &self.who, &self.what, &self.detail, &self.prev] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hex(&hash.finalize())
    }

    fn read(row: &SqliteRow) -> Result<AuditRow, sqlx::Error> {
        Ok(AuditRow {
            n: row.try_get("n")?,
            at: Millis(row.try_get("at_ms")?),
            who: row.try_get("who")?,
            what: row.try_get("what")?,
            detail: row.try_get("detail")?,
            prev: row.try_get("prev")?,
            hash: row.try_get("hash")?,
        })
    }
}

/// What is wrong with the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// The row is not as it was written, or does not follow the row before it.
    Changed { n: i64 },
    /// Rows between these two are not there.
    Missing { after: i64, before: i64 },
    /// A row that was there once is not the one that is there now.
    CutShort { head: i64, rows: i64 },
    /// The file beside the database that names the newest row is gone or unreadable.
    NoHead,
    /// Found at a start, when this row was written.
    FoundBroken { n: i64 },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    pub rows: i64,
    pub head: Head,
    /// At most twenty; none: the log is whole.
    pub faults: Vec<Fault>,
}

/// Walks the rows in order.
#[derive(Debug)]
struct Chain<'a> {
    head: Head,
    rows: i64,
    /// Rows that are known from elsewhere.
    known: &'a [Head],
    met: usize,
    faults: Vec<Fault>,
}

impl<'a> Chain<'a> {
    fn new(known: &'a [Head]) -> Chain<'a> {
        let none = known.iter().filter(|h| h.n == 0).count();
        Chain { head: Head::none(), rows: 0, known, met: none, faults: Vec::new() }
    }

    fn fault(&mut self, fault: Fault) {
        if self.faults.len() < FAULTS {
            self.faults.push(fault);
        }
    }

    fn take(&mut self, row: &AuditRow) {
        let follows = row.n == self.head.n + 1;
        if !follows {
            self.fault(Fault::Missing { after: self.head.n, before: row.n });
        }
        if row.seal() != row.hash || (follows && row.prev != self.head.hash) {
            self.fault(Fault::Changed { n: row.n });
        }
        if row.what == BROKEN {
            self.fault(Fault::FoundBroken { n: row.n });
        }
        self.head = Head { n: row.n, hash: row.hash.clone() };
        self.rows += 1;
        self.met += self.known.iter().filter(|h| **h == self.head).count();
    }

    fn end(mut self) -> AuditReport {
        if self.met < self.known.len() {
            let head = self.known.iter().map(|h| h.n).max().unwrap_or(0);
            self.fault(Fault::CutShort { head, rows: self.rows });
        }
        AuditReport { rows: self.rows, head: self.head, faults: self.faults }
    }
}

impl Db {
    /// Writes a line that stands for itself; what the journal does is written with it.
    ///
    /// # Errors
    /// See [`Error`]: then it is not recorded.
    pub async fn audit(
        &self,
        who: &str,
        what: &str,
        detail: &serde_json::Value,
    ) -> Result<Head, Error> {
        let head = self.call("write the audit log", self.write_audit(who, what, detail)).await?;
        self.note_head(&head).await;
        Ok(head)
    }

    async fn write_audit(
        &self,
        who: &str,
        what: &str,
        detail: &serde_json::Value,
    ) -> Result<Head, sqlx::Error> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let head = put(&mut tx, who, what, detail).await?;
        tx.commit().await?;
        Ok(head)
    }

    /// The newest row: to be kept where whoever can write here cannot.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn audit_head(&self) -> Result<Head, Error> {
        let read = async { newest(&mut *self.pool.acquire().await?).await };
        self.call("read the audit log", read).await
    }

    /// Rows after `n`, oldest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn audit_rows(&self, after: i64, limit: u32) -> Result<Vec<AuditRow>, Error> {
        let read = async {
            let sql = "SELECT * FROM audit WHERE n > $1 ORDER BY n LIMIT $2";
            let rows = sqlx::query(sql).bind(after).bind(limit).fetch_all(&self.pool).await?;
            rows.iter().map(AuditRow::read).collect()
        };
        self.call("read the audit log", read).await
    }

    /// Reads the whole log. `exported`: heads that were kept elsewhere.
    ///
    /// # Errors
    /// See [`Error`]: then nothing is said of it.
    pub async fn audit_verify(&self, exported: &[Head]) -> Result<AuditReport, Error> {
        let beside = self.read_head().await;
        let known: Vec<Head> = beside.iter().chain(exported).cloned().collect();
        let mut chain = Chain::new(&known);
        loop {
            let rows = self.audit_rows(chain.head.n, PAGE as u32).await?;
            rows.iter().for_each(|row| chain.take(row));
            if (rows.len() as i64) < PAGE {
                break;
            }
        }
        if beside.is_none() {
            chain.fault(Fault::NoHead);
        }
        Ok(chain.end())
    }

    /// At a start: is the log the one that was left? If not it says so itself, for good.
    pub(super) async fn resume_audit(&self, tx: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let last = newest(tx).await?;
        let left = self.read_head().await;
        let whole = match &left {
            None => last.n == 0,
            Some(head) if head.n == 0 => true,
            Some(head) => {
                let sql = "SELECT hash FROM audit WHERE n = $1";
                let hash: Option<String> =
                    sqlx::query_scalar(sql).bind(head.n).fetch_optional(&mut *tx).await?;
                hash.as_ref() == Some(&head.hash)
            }
        };
        if !whole {
            put(tx, "streamwarden", BROKEN, &serde_json::json!({ "left": left, "found": last }))
                .await?;
        }
        Ok(())
    }

    fn head_path(&self) -> PathBuf {
        self.path.with_file_name("audit.head")
    }

    async fn read_head(&self) -> Option<Head> {
        let path = self.head_path();
        let read = move || std::fs::read(path).ok().and_then(|b| serde_json::from_slice(&b).ok());
        tokio::task::spawn_blocking(read).await.ok().flatten()
    }

    /// The row is committed already: that the file stays behind by one is no fault.
    pub(super) async fn note_head(&self, head: &Head) {
        let mut noted = self.head_noted.lock().await;
        if *noted >= head.n {
            return;
        }
        let (path, json) = (self.head_path(), serde_json::to_vec(head).unwrap_or_default());
        let done = tokio::task::spawn_blocking(move || replace(&path, &json)).await;
        match done.map_err(std::io::Error::other).flatten() {
            Ok(()) => *noted = head.n,
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

async fn newest(tx: &mut SqliteConnection) -> Result<Head, sqlx::Error> {
    let sql = "SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1";
    match sqlx::query(sql).fetch_optional(tx).await? {
        None => Ok(Head::none()),
        Some(row) => Ok(Head { n: row.try_get("n")?, hash: row.try_get("hash")? }),
    }
}

/// In the transaction of what it tells of.
pub(super) async fn put(
    tx: &mut SqliteConnection,
    who: &str,
    what: &str,
    detail: &serde_json::Value,
) -> Result<Head, sqlx::Error> {
    let at = super::journal::db_now(tx).await?;
    let mut detail = detail.to_string();
    if detail.len() > DETAIL {
        detail = serde_json::json!({ "cut": detail.len() }).to_string();
    }
    let row = AuditRow::after(&newest(tx).await?, at, who, what, detail);
    let sql = "INSERT INTO audit (n, at_ms, who, what, detail, prev, hash)
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    sqlx::query(sql)
        .bind(row.n)
        .bind(row.at.0)
        .bind(&row.who)
        .bind(&row.what)
        .bind(&row.detail)
        .bind(&row.prev)
        .bind(&row.hash)
        .execute(tx)
        .await?;
    Ok(Head { n: row.n, hash: row.hash })
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
