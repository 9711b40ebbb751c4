//! Messages that are to be sent: a spool that survives whatever ends the process.

use super::{Db, Error};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use streamwarden_core::estate::{Millis, Span};

/// What could not be delivered for so long is of no use to anybody any more.
const GIVE_UP: Span = Span::secs(86_400);
/// Waiting ones beyond so many go, oldest first.
const WAITING_MAX: i64 = 10_000;

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The same whenever it is sent.
    pub id: String,
    pub incident: String,
    pub kind: String,
    pub made: Millis,
    /// JSON.
    pub body: String,
    pub tries: u32,
    /// Not before this.
    pub due: Millis,
}

impl Db {
    /// What waits, oldest first; who is called stands before all others.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn outgoing(&self, limit: u32) -> Result<Vec<Outgoing>, Error> {
        let sql = "SELECT id, incident, kind, made, body, tries, due FROM outbox
                   WHERE done IS NULL ORDER BY kind <> 'repair_stuck', nth LIMIT $1";
        let query = sqlx::query(sql).bind(limit);
        let rows = self.call("read the outbox", query.fetch_all(&self.pool)).await?;
        let read: Result<Vec<_>, _> = rows.iter().map(read).collect();
        read.map_err(|e| Error::of("read the outbox", &self.path, e))
    }

    /// To be sent.
    ///
    /// # Errors
    /// See [`Error`]: then they may not be.
    pub async fn queue(&self, messages: &[Outgoing]) -> Result<(), Error> {
        let write = async {
            let mut tx = self.pool.begin().await?;
            for m in messages {
                put(&mut tx, m).await?;
            }
            tx.commit().await
        };
        self.call("queue a message", write).await
    }

    /// How many went out at `since` or later, and when the first of them did.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn sent_since(&self, since: Millis) -> Result<u32, Error> {
        let sql = "SELECT COUNT(*) FROM outbox WHERE done >= $1 AND sent = 1";
        let query = sqlx::query_scalar::<_, i64>(sql).bind(since.0);
        let count = self.call("read the outbox", query.fetch_one(&self.pool)).await?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// They are done with: sent, or summed up in the message `with`, which was sent.
    ///
    /// # Errors
    /// See [`Error`]: then they will be sent again.
    pub async fn done(
        &self,
        ids: &[String],
        with: Option<&Outgoing>,
        now: Millis,
    ) -> Result<(), Error> {
        self.call("note what was sent", self.write_done(ids, with, now)).await
    }

    async fn write_done(
        &self,
        ids: &[String],
        with: Option<&Outgoing>,
        now: Millis,
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.pool.begin().await?;
        let sql = "UPDATE outbox SET done = $2, sent = $3 WHERE id = $1";
        for id in ids {
            let query = sqlx::query(sql).bind(id).bind(now.0).bind(i64::from(with.is_none()));
            query.execute(&mut *tx).await?;
        }
        if let Some(sum) = with {
            put(&mut tx, sum).await?;
            sqlx::query(sql).bind(&sum.id).bind(now.0).bind(1).execute(&mut *tx).await?;
        }
        let old = "DELETE FROM outbox WHERE done < $1";
        sqlx::query(old).bind((now - GIVE_UP).0).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// It did not arrive: again at `due`, unless it is too old for that.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn again(&self, id: &str, due: Millis, now: Millis) -> Result<(), Error> {
        let sql = "UPDATE outbox SET tries = tries + 1, due = $2,
                   done = CASE WHEN made < $3 THEN $4 ELSE NULL END WHERE id = $1";
        let query = sqlx::query(sql).bind(id).bind(due.0).bind((now - GIVE_UP).0).bind(now.0);
        self.call("note what was not sent", query.execute(&self.pool)).await.map(|_| ())
    }
}

fn read(row: &SqliteRow) -> Result<Outgoing, sqlx::Error> {
    Ok(Outgoing {
        id: row.try_get("id")?,
        incident: row.try_get("incident")?,
        kind: row.try_get("kind")?,
        made: Millis(row.try_get("made")?),
        body: row.try_get("body")?,
        tries: u32::try_from(row.try_get::<i64, _>("tries")?).unwrap_or(u32::MAX),
        due: Millis(row.try_get("due")?),
    })
}

/// A revision that nobody was told of yet gives way to the newer one.
pub(super) async fn put(tx: &mut SqliteConnection, m: &Outgoing) -> Result<(), sqlx::Error> {
    let stale = "DELETE FROM outbox WHERE incident = $1 AND kind = $2 AND kind = 'revised'
                 AND done IS NULL AND tries = 0 AND id <> $3";
    sqlx::query(stale).bind(&m.incident).bind(&m.kind).bind(&m.id).execute(&mut *tx).await?;
    let sql = "INSERT INTO outbox (id, nth, incident, kind, made, body, tries, due, done, sent)
               SELECT $1, COALESCE(MAX(nth), 0) + 1, $2, $3, $4, $5, $6, $7, NULL, 0 FROM outbox
               WHERE true ON CONFLICT (id) DO NOTHING";
    sqlx::query(sql)
        .bind(&m.id)
        .bind(&m.incident)
        .bind(&m.kind)
        .bind(m.made.0)
        .bind(&m.body)
        .bind(i64::from(m.tries))
        .bind(m.due.0)
        .execute(&mut *tx)
        .await?;
    let many = "DELETE FROM outbox WHERE done IS NULL AND nth <= (SELECT nth FROM outbox
                WHERE done IS NULL ORDER BY nth DESC LIMIT 1 OFFSET $1)";
    sqlx::query(many).bind(WAITING_MAX).execute(&mut *tx).await?;
    Ok(())
}
