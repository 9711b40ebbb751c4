//! Who did what, as a chain: a row that was changed, taken out, moved or cut off is found, and so is
//! what was done to the journal that it tells of.
//!
//! Each row's hash covers the row before it. The newest one's stands in a file beside the database
//! and is looked for before each row that is added: where it is not there any more the log says so
//! itself, for good. Whoever can write both can still make up another history: export
//! [`Db::audit_head`] to a place of its own, and give it to [`Db::audit_verify`].

mod chain;
mod generations;
mod head;
pub(super) mod kept;
mod row;
mod schema;
#[cfg(test)]
mod tamper;
#[cfg(test)]
mod tests;

pub use chain::{Altered, AuditReport, Fault};
pub(super) use head::Known;
pub(super) use row::newest;
pub use row::{AuditRow, Head};

use super::{Db, Error};
use chain::{BROKEN, Chain};
use generations::Generations;
use kept::Answers;
use row::Line;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnection;

/// Rows that are read in one go.
const PAGE: u32 = 1000;
/// The longest detail that is kept, bytes.
const DETAIL: usize = 16 << 10;
const READING: &str = "read the audit log";

/// What somebody did.
#[derive(Debug)]
pub(super) struct Deed<'a> {
    pub who: &'a str,
    pub what: &'a str,
    pub detail: Value,
    /// Digests of what is written with it.
    pub covers: Vec<String>,
}

/// By a person, of what may be forgotten one day: the row itself is all that is left of it then.
pub(super) fn said<'a>(who: &'a str, what: &'a str, detail: Value) -> Deed<'a> {
    Deed { who, what, detail, covers: Vec::new() }
}

impl Db {
    /// In the transaction of what it tells of. Once that is committed: [`Db::note_head`].
    pub(super) async fn put_audit(
        &self,
        tx: &mut SqliteConnection,
        deed: Deed<'_>,
    ) -> Result<Head, sqlx::Error> {
        let at = super::journal::db_now(tx).await?;
        let mut last = newest(tx).await?;
        let mut known = self.known.lock().await;
        self.know_head(&mut known).await;
        if !known.follows(tx, &last).await? {
            let detail = json!({ "left": known.noted(), "found": last }).to_string();
            let (who, covers) = ("streamwarden", String::new());
            let row = AuditRow::after(&last, Line { at, who, what: BROKEN, detail, covers });
            row.insert(tx).await?;
            last = row.head();
            known.found_broken(last.n);
        }
        let Deed { who, what, detail, covers } = deed;
        let mut detail = detail.to_string();
        if detail.len() > DETAIL {
            detail = json!({ "cut": detail.len() }).to_string();
        }
        let line = Line { at, who, what, detail, covers: covers.join(" ") };
        let row = AuditRow::after(&last, line);
        row.insert(tx).await?;
        known.wrote(&row.head());
        Ok(row.head())
    }

    /// Rows after `n`, oldest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn audit_rows(&self, after: i64, limit: u32) -> Result<Vec<AuditRow>, Error> {
        let read = async { rows(&mut *self.pool.acquire().await?, after, limit).await };
        self.call(READING, read).await
    }

    /// Reads the whole log, and what it answers for. `exported`: heads that were kept elsewhere.
    ///
    /// # Errors
    /// See [`Error`]: then nothing is said of it.
    pub async fn audit_verify(&self, exported: &[Head]) -> Result<AuditReport, Error> {
        let beside = self.read_head().await;
        let known: Vec<Head> = beside.iter().chain(exported).cloned().collect();
        // one look at all of it, whatever is written meanwhile
        let mut tx = self.call(READING, self.pool.begin()).await?;
        let mut chain = Chain::new(&known);
        let altered = self.call(READING, schema::altered(&mut tx)).await?;
        altered.into_iter().for_each(|f| chain.fault(f));
        let mut answers = self.call(READING, Answers::read(&mut tx)).await?;
        let mut generations = Generations::default();
        loop {
            let page = self.call(READING, rows(&mut tx, chain.head.n, PAGE)).await?;
            for row in &page {
                chain.take(row);
                generations.hear(row);
                if !answers.meet(&row.covers) {
                    chain.fault(Fault::Gone { n: row.n, what: row.what.clone() });
                }
            }
            if page.len() < PAGE as usize {
                break;
            }
        }
        answers.untold().for_each(|f| chain.fault(f));
        let back = self.call(READING, generations.back(&mut tx)).await?;
        back.into_iter().for_each(|f| chain.fault(f));
        if beside.is_none() {
            chain.fault(Fault::NoHead);
        }
        Ok(chain.end())
    }
}

async fn rows(
    tx: &mut SqliteConnection,
    after: i64,
    limit: u32,
) -> Result<Vec<AuditRow>, sqlx::Error> {
    let sql = "SELECT * FROM audit WHERE n > $1 ORDER BY n LIMIT $2";
    let rows = sqlx::query(sql).bind(after).bind(limit).fetch_all(tx).await?;
    rows.iter().map(AuditRow::read).collect()
}

#[cfg(test)]
impl Db {
    /// A line that stands for itself.
    pub async fn audit(&self, who: &str, what: &str, detail: &Value) -> Result<Head, Error> {
        let write = async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let deed = Deed { who, what, detail: detail.clone(), covers: Vec::new() };
            let head = self.put_audit(&mut tx, deed).await?;
            tx.commit().await?;
            Ok(head)
        };
        let head = self.call("write the audit log", write).await?;
        self.note_head(&head).await;
        Ok(head)
    }
}
