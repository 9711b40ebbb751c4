//! Minutes whose two hours are over become blocks and hours; the oldest blocks go.

use super::{BLOCK, Dropped, KEEP_HOURS, Minutes, State, day_of, frame};
use crate::store::db::Error;
use sqlx::sqlite::SqliteConnection;
use std::collections::HashSet;
use streamwarden_core::estate::{Chunk, Millis};
use streamwarden_core::past::{Hour, MINUTE};

/// Series that are written in one transaction: well within its deadline on a slow disk.
const TOGETHER: usize = 2000;

impl Minutes {
    /// Seals every open block that began before `now`. Done again after a death it comes to the same.
    pub(super) async fn seal_before(&self, state: &mut State, now: Millis) -> Result<(), Error> {
        while let Some((start, block)) = state.open.first_key_value() {
            let start = *start;
            if start >= now {
                break;
            }
            let all: Vec<_> = block.iter().collect();
            for part in all.chunks(TOGETHER) {
                self.within("seal two hours", async {
                    let mut tx = self.pool.begin().await?;
                    for (series, points) in part {
                        put(&mut tx, start, **series, points).await?;
                    }
                    tx.commit().await
                })
                .await?;
            }
            let end = start + BLOCK;
            self.within("end two hours", async {
                let sql = "DELETE FROM fresh WHERE minute < $1";
                sqlx::query(sql).bind(end.0).execute(&self.pool).await
            })
            .await?;
            state.open.remove(&start);
        }
        Ok(())
    }

    /// The newest minute that a block may hold.
    pub(super) async fn newest_sealed(&self) -> Result<Option<Millis>, Error> {
        self.within("read its blocks", async {
            let newest: Option<i64> =
                sqlx::query_scalar("SELECT MAX(start) FROM blocks").fetch_one(&self.pool).await?;
            Ok(newest.map(|start| Millis(start) + BLOCK - MINUTE))
        })
        .await
    }

    /// Drops what is older than the limit, then the oldest two hours until the rest fits; counts it.
    pub(super) async fn trim(&self, state: &mut State, now: Millis) -> Result<Dropped, Error> {
        let mut all = self.drop_before(now - self.limits.keep, now, "age").await?;
        while self.bytes().await? > self.limits.cap {
            let Some(oldest) = self.oldest().await? else { break };
            let went = self.drop_before(oldest + BLOCK, now, "cap").await?;
            all.blocks += went.blocks;
            all.bytes += went.bytes;
        }
        let day = day_of(now - KEEP_HOURS);
        let gone: Vec<i64> = self
            .within("drop old hours", async {
                let hours = "DELETE FROM hours WHERE day < $1";
                sqlx::query(hours).bind(day.0).execute(&self.pool).await?;
                let series = "DELETE FROM series WHERE last_day < $1 RETURNING id";
                let gone = sqlx::query_scalar(series).bind(day.0).fetch_all(&self.pool).await?;
                sqlx::query("PRAGMA incremental_vacuum(4096)").execute(&self.pool).await?;
                Ok(gone)
            })
            .await?;
        if !gone.is_empty() {
            let gone: HashSet<i64> = gone.into_iter().collect();
            state.ids.retain(|_, id| !gone.contains(id));
        }
        Ok(all)
    }

    async fn oldest(&self) -> Result<Option<Millis>, Error> {
        self.within("read its oldest block", async {
            let oldest: Option<i64> =
                sqlx::query_scalar("SELECT MIN(start) FROM blocks").fetch_one(&self.pool).await?;
            Ok(oldest.map(Millis))
        })
        .await
    }

    async fn drop_before(
        &self,
        before: Millis,
        now: Millis,
        why: &'static str,
    ) -> Result<Dropped, Error> {
        self.within("drop old blocks", async {
            let mut tx = self.pool.begin().await?;
            let sql =
                "SELECT COUNT(*), COALESCE(SUM(LENGTH(points)), 0) FROM blocks WHERE start < $1";
            let (blocks, bytes): (i64, i64) =
                sqlx::query_as(sql).bind(before.0).fetch_one(&mut *tx).await?;
            if blocks == 0 {
                return Ok(Dropped::default());
            }
            let gone = "DELETE FROM blocks WHERE start < $1";
            sqlx::query(gone).bind(before.0).execute(&mut *tx).await?;
            let count = "INSERT INTO dropped (day, why, blocks, bytes) VALUES ($1, $2, $3, $4)
                         ON CONFLICT DO UPDATE SET blocks = blocks + $3, bytes = bytes + $4";
            sqlx::query(count)
                .bind(day_of(now).0)
                .bind(why)
                .bind(blocks)
                .bind(bytes)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(Dropped { blocks: blocks.unsigned_abs(), bytes: bytes.unsigned_abs() })
        })
        .await
    }
}

/// One series of a block, and the hours of its day with these in it.
pub(super) async fn put(
    tx: &mut SqliteConnection,
    start: Millis,
    series: i64,
    points: &[(Millis, f64)],
) -> Result<(), sqlx::Error> {
    let Some(chunk) = Chunk::of(points) else { return Ok(()) };
    sqlx::query("INSERT OR REPLACE INTO blocks (start, series, points) VALUES ($1, $2, $3)")
        .bind(start.0)
        .bind(series)
        .bind(chunk.to_bytes())
        .execute(&mut *tx)
        .await?;
    let day = day_of(start);
    let sql = "SELECT hours FROM hours WHERE day = $1 AND series = $2";
    let before: Option<Vec<u8>> =
        sqlx::query_scalar(sql).bind(day.0).bind(series).fetch_optional(&mut *tx).await?;
    let mut hours = frame::unpack_hours(day, &before.unwrap_or_default());
    hours.retain(|h| h.start < start || h.start >= start + BLOCK);
    hours.extend(Hour::of(points));
    hours.sort_by_key(|h| h.start);
    sqlx::query("INSERT OR REPLACE INTO hours (day, series, hours) VALUES ($1, $2, $3)")
        .bind(day.0)
        .bind(series)
        .bind(frame::pack_hours(day, &hours))
        .execute(&mut *tx)
        .await?;
    sqlx::query("UPDATE series SET last_day = $1 WHERE id = $2 AND last_day < $1")
        .bind(day.0)
        .bind(series)
        .execute(&mut *tx)
        .await?;
    Ok(())
}
