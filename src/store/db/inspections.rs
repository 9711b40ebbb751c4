//! Reports of inspections: whole, compressed, bounded; and for which times they were made.

use super::outbox::{Outgoing, put};
use super::{Db, Error};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use std::io::{Read, Write};
use streamwarden_core::estate::{Millis, Name, Span};
use streamwarden_core::inspect::{Inspected, Summary};

/// More than a year of mornings.
pub const INSPECTIONS_MAX: u32 = 400;
/// Of all of them, compressed; the oldest go first.
const BYTES_MAX: i64 = 256_000_000;
/// Of one, unpacked: the largest that can be made is a tenth of it.
const REPORT_MAX: u64 = 256 << 20;
/// A time that was answered for and lies further ahead comes of a clock that was wrong.
const AHEAD: Span = Span::secs(3600);

/// What a list tells of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InspectionHead {
    pub at: Millis,
    pub due: Option<Millis>,
    pub by: Option<Name>,
    pub summary: Summary,
    pub took_ms: u64,
}

impl InspectionHead {
    pub fn of(i: &Inspected) -> InspectionHead {
        let summary = i.report.summary();
        let (at, due, by, took_ms) = (i.report.at, i.due, i.by.clone(), i.took_ms);
        InspectionHead { at, due, by, summary, took_ms }
    }
}

impl Db {
    /// The time that was answered for last. Where there is none yet, `first` is it: what was due
    /// before we were there was not missed.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn inspection_due(&self, first: Millis) -> Result<Millis, Error> {
        let ask = async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let sql = "INSERT INTO inspections_due (one, due_ms) VALUES (1, $1)
                       ON CONFLICT DO NOTHING";
            sqlx::query(sql).bind(first.0).execute(&mut *tx).await?;
            let sql = "SELECT due_ms FROM inspections_due";
            let due: i64 = sqlx::query_scalar(sql).fetch_one(&mut *tx).await?;
            tx.commit().await?;
            Ok(Millis(due))
        };
        self.call("ask what is due", ask).await
    }

    /// On disk when it returns, with the message about it. False: its time was answered for
    /// already, and nothing was written. What is over the limits goes, the oldest first.
    ///
    /// # Errors
    /// See [`Error`]: then nothing was written.
    pub async fn keep_inspection(
        &self,
        new: &Inspected,
        tell: Option<&Outgoing>,
    ) -> Result<bool, Error> {
        let failed = |e| Error::of("pack an inspection", &self.path, e);
        let body = pack(new).map_err(sqlx::Error::Io).map_err(failed)?;
        let head = serde_json::to_string(&InspectionHead::of(new));
        let head = head.map_err(|e| failed(sqlx::Error::Encode(e.into())))?;
        self.call("keep an inspection", self.write_inspection(new, head, body, tell)).await
    }

    async fn write_inspection(
        &self,
        new: &Inspected,
        head: String,
        body: Vec<u8>,
        tell: Option<&Outgoing>,
    ) -> Result<bool, sqlx::Error> {
        let at = new.report.at;
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        if let Some(due) = new.due
            && !claim(&mut tx, due, at).await?
        {
            return Ok(false);
        }
        let sql = "INSERT INTO inspections (at_ms, due_ms, head, body) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (at_ms) DO UPDATE SET head = $3, body = $4,
                       due_ms = COALESCE($2, due_ms)";
        let query = sqlx::query(sql).bind(at.0).bind(new.due.map(|d| d.0)).bind(head).bind(body);
        query.execute(&mut *tx).await?;
        if let Some(tell) = tell {
            put(&mut tx, tell).await?;
        }
        let sql = "DELETE FROM inspections WHERE at_ms IN (SELECT at_ms FROM (SELECT at_ms,
                       ROW_NUMBER() OVER (ORDER BY at_ms DESC) AS nth,
                       SUM(LENGTH(body)) OVER (ORDER BY at_ms DESC) AS bytes FROM inspections)
                   WHERE nth > $1 OR (nth > 1 AND bytes > $2))";
        sqlx::query(sql).bind(INSPECTIONS_MAX).bind(BYTES_MAX).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn inspections(&self, limit: u32) -> Result<Vec<InspectionHead>, Error> {
        let sql = "SELECT head FROM inspections ORDER BY at_ms DESC LIMIT $1";
        let rows = sqlx::query(sql).bind(limit).fetch_all(&self.pool);
        let rows = self.call("list inspections", rows).await?;
        let read: Result<Vec<_>, _> = rows.iter().map(head).collect();
        read.map_err(|e| Error::of("list inspections", &self.path, e))
    }

    /// The newest that was made at `at` or before; `of_the_day`: for a time that was due.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn inspection(
        &self,
        at: Millis,
        of_the_day: bool,
    ) -> Result<Option<Inspected>, Error> {
        let sql = "SELECT body FROM inspections WHERE at_ms <= $1 AND (due_ms IS NOT NULL OR $2)
                   ORDER BY at_ms DESC LIMIT 1";
        let row = sqlx::query(sql).bind(at.0).bind(!of_the_day).fetch_optional(&self.pool);
        let Some(row) = self.call("read an inspection", row).await? else { return Ok(None) };
        let failed = |e| Error::of("read an inspection", &self.path, e);
        let body: Vec<u8> = row.try_get("body").map_err(failed)?;
        unpack(&body).map(Some).map_err(|e| failed(sqlx::Error::Io(e)))
    }
}

/// False: this time, or a later one, was answered for.
async fn claim(tx: &mut SqliteConnection, due: Millis, now: Millis) -> Result<bool, sqlx::Error> {
    let sql = "INSERT INTO inspections_due (one, due_ms) VALUES (1, $1)
               ON CONFLICT DO UPDATE SET due_ms = $1 WHERE due_ms < $1 OR due_ms > $2";
    let claimed = sqlx::query(sql).bind(due.0).bind((now + AHEAD).0).execute(&mut *tx).await?;
    if claimed.rows_affected() == 0 {
        return Ok(false);
    }
    let sql = "SELECT COUNT(*) FROM inspections WHERE due_ms = $1";
    let made: i64 = sqlx::query_scalar(sql).bind(due.0).fetch_one(tx).await?;
    Ok(made == 0)
}

fn head(row: &SqliteRow) -> Result<InspectionHead, sqlx::Error> {
    let text: String = row.try_get("head")?;
    serde_json::from_str(&text).map_err(|e| sqlx::Error::Decode(e.into()))
}

fn pack(i: &Inspected) -> std::io::Result<Vec<u8>> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(&serde_json::to_vec(i)?)?;
    gz.finish()
}

fn unpack(bytes: &[u8]) -> std::io::Result<Inspected> {
    let mut text = Vec::new();
    GzDecoder::new(bytes).take(REPORT_MAX).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamwarden_core::inspect::Report;

    const NOW: Millis = Millis(1_763_700_000_000);
    const DAY: Span = Span::secs(86_400);

    fn made(at: Millis, due: Option<Millis>) -> Inspected {
        let report = Report { at, checks: 40, ..Report::default() };
        Inspected { report, estate: "e".into(), zone: "UTC".into(), due, ..Inspected::default() }
    }

    fn message() -> Outgoing {
        let (id, incident) = ("m1".to_owned(), String::new());
        let (kind, body) = ("inspection".to_owned(), "{}".to_owned());
        Outgoing { id, incident, kind, made: NOW, body, tries: 0, due: NOW }
    }

    #[tokio::test]
    async fn a_time_is_answered_for_once_whoever_is_slow_or_started_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("streamwarden.db");
        let db = Db::open(&path).await.unwrap();
        let yesterday = NOW - DAY;
        assert_eq!(db.inspection_due(yesterday).await.unwrap(), yesterday, "nothing was missed");
        assert_eq!(db.inspection_due(NOW).await.unwrap(), yesterday);

        let tell = message();
        let first = made(NOW + Span::secs(40), Some(NOW));
        assert!(db.keep_inspection(&first, Some(&tell)).await.unwrap());
        let second = made(NOW + Span::secs(50), Some(NOW));
        let late = Outgoing { id: "m2".into(), ..message() };
        assert!(!db.keep_inspection(&second, Some(&late)).await.unwrap());
        let earlier = made(NOW + Span::secs(60), Some(NOW - Span::secs(3600)));
        assert!(!db.keep_inspection(&earlier, None).await.unwrap());
        assert!(db.keep_inspection(&made(NOW + Span::secs(99), None), None).await.unwrap());
        // as kill -9 leaves it
        std::mem::forget(db);

        let db = Db::open(&path).await.unwrap();
        assert_eq!(db.inspection_due(Millis(0)).await.unwrap(), NOW);
        let at: Vec<i64> =
            db.inspections(10).await.unwrap().iter().map(|h| h.at.0 - NOW.0).collect();
        assert_eq!(at, [99_000, 40_000]);
        assert_eq!(db.outgoing(10).await.unwrap(), [tell], "one message");
        let asked = |at, of_the_day| db.inspection(at, of_the_day);
        assert_eq!(asked(NOW + DAY, true).await.unwrap(), Some(first.clone()));
        assert_eq!(asked(NOW + DAY, false).await.unwrap().unwrap().due, None);
        assert_eq!(asked(NOW + Span::secs(50), false).await.unwrap(), Some(first));
        assert_eq!(asked(NOW, false).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_clock_that_was_a_year_ahead_stops_no_inspection() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("streamwarden.db")).await.unwrap();
        let wrong = NOW + Span(365 * DAY.0);
        assert!(db.keep_inspection(&made(wrong, Some(wrong)), None).await.unwrap());
        assert!(db.keep_inspection(&made(NOW, Some(NOW)), None).await.unwrap());
    }

    #[tokio::test]
    async fn the_oldest_of_too_many_go() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("streamwarden.db")).await.unwrap();
        for n in 0..i64::from(INSPECTIONS_MAX) + 3 {
            db.keep_inspection(&made(NOW + Span(n), None), None).await.unwrap();
        }
        let all = db.inspections(1000).await.unwrap();
        assert_eq!(all.len(), INSPECTIONS_MAX as usize);
        assert_eq!(all.last().unwrap().at, NOW + Span(3));
    }
}
