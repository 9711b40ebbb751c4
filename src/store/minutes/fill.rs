//! The past that somebody else kept, put where nothing is.

use super::{BLOCK, MAX_SERIES, Minutes, block_of, day_of, seal};
use crate::store::db::Error;
use std::collections::{BTreeMap, BTreeSet};
use streamwarden_core::availability::DAY;
use streamwarden_core::estate::{Millis, Name};
use streamwarden_core::past::MINUTE;

/// Series of a day that are written in one transaction: minutes of our own wait for it.
const TOGETHER: usize = 50;

/// A day (UTC) of one measure of one cluster's things.
#[derive(Clone, Copy, Debug)]
pub struct Filling<'a> {
    pub cluster: &'a str,
    pub name: &'static str,
    pub day: Millis,
    /// Who told it.
    pub server: &'a str,
}

/// A subject's id and its minutes, oldest first.
pub type Told = (Name, Vec<(Millis, f64)>);

/// What was filled, of everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Days of measures that were asked for.
    pub days: u64,
    pub minutes: u64,
}

impl Minutes {
    /// Days of a measure that need not be asked for again.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn filled_days(&self, cluster: &str, name: &str) -> Result<BTreeSet<Millis>, Error> {
        self.within("read what was filled", async {
            let sql = "SELECT day FROM filled WHERE cluster = $1 AND name = $2";
            let days: Vec<i64> =
                sqlx::query_scalar(sql).bind(cluster).bind(name).fetch_all(&self.pool).await?;
            Ok(days.into_iter().map(Millis).collect())
        })
        .await
    }

    /// Days (UTC, oldest first) of which minutes are kept that we did not see ourselves, with who
    /// told them. Without a name of all measures of that cluster's things.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn told_by(
        &self,
        cluster: &str,
        name: Option<&str>,
        from: Millis,
        to: Millis,
    ) -> Result<Vec<(Millis, String)>, Error> {
        self.within("read who told what was filled", async {
            let sql = "SELECT DISTINCT day, server FROM filled
                       WHERE cluster = $1 AND ($2 IS NULL OR name = $2) AND minutes > 0
                         AND day > $3 AND day < $4 ORDER BY day, server";
            let rows: Vec<(i64, String)> = sqlx::query_as(sql)
                .bind(cluster)
                .bind(name)
                .bind(from.0 - DAY.0)
                .bind(to.0)
                .fetch_all(&self.pool)
                .await?;
            Ok(rows.into_iter().map(|(day, server)| (Millis(day), server)).collect())
        })
        .await
    }

    /// # Errors
    /// See [`Error`].
    pub async fn filled(&self) -> Result<Filled, Error> {
        self.within("count what was filled", async {
            let sql = "SELECT COUNT(*), COALESCE(SUM(minutes), 0) FROM filled";
            let (days, minutes): (i64, i64) = sqlx::query_as(sql).fetch_one(&self.pool).await?;
            Ok(Filled { days: days.unsigned_abs(), minutes: minutes.unsigned_abs() })
        })
        .await
    }

    /// Writes two hours of a series where none of them are kept, up to the two hours that are not
    /// over at `now`; what we saw ourselves stays. Then the day counts as asked for. How many
    /// minutes were written.
    ///
    /// # Errors
    /// See [`Error`]; what was written stays, and the day is asked for again.
    pub async fn fill(&self, what: Filling<'_>, told: &[Told], now: Millis) -> Result<u64, Error> {
        let mut minutes = 0;
        for part in told.chunks(TOGETHER) {
            minutes += self.fill_part(what, part, now).await?;
        }
        self.within("note what was filled", async {
            let sql = "INSERT OR REPLACE INTO filled (cluster, name, day, server, series, minutes)
                       VALUES ($1, $2, $3, $4, $5, $6)";
            sqlx::query(sql)
                .bind(what.cluster)
                .bind(what.name)
                .bind(what.day.0)
                .bind(what.server)
                .bind(i64::try_from(told.len()).unwrap_or(i64::MAX))
                .bind(i64::try_from(minutes).unwrap_or(i64::MAX))
                .execute(&self.pool)
                .await
        })
        .await?;
        Ok(minutes)
    }

    async fn fill_part(&self, what: Filling<'_>, told: &[Told], now: Millis) -> Result<u64, Error> {
        let mut state = self.state.lock().await;
        let open = state.open.keys().next().copied().unwrap_or(Millis(i64::MAX));
        let (from, until) = (now - self.limits.keep, block_of(now).min(open));
        let room = MAX_SERIES.saturating_sub(state.ids.len());
        let known = |of: &Name| state.ids.contains_key(&(of.to_string(), what.name.to_owned()));
        let fits: Vec<&Told> =
            told.iter().filter(|(of, _)| known(of) || room >= TOGETHER).collect();
        let (written, ids) = self
            .within("fill in the past", async {
                let mut tx = self.pool.begin().await?;
                let (mut written, mut ids) = (0, Vec::new());
                for (of, points) in fits {
                    let sql = "INSERT INTO series (subject, name, last_day) VALUES ($1, $2, $3)
                               ON CONFLICT DO UPDATE SET last_day = MAX(last_day, $3) RETURNING id";
                    let id: i64 = sqlx::query_scalar(sql)
                        .bind(&**of)
                        .bind(what.name)
                        .bind(day_of(what.day).0)
                        .fetch_one(&mut *tx)
                        .await?;
                    ids.push(((of.to_string(), what.name.to_owned()), id));
                    for (start, points) in blocks(points) {
                        let there = "SELECT COUNT(*) FROM blocks WHERE start = $1 AND series = $2";
                        let there: i64 = sqlx::query_scalar(there)
                            .bind(start.0)
                            .bind(id)
                            .fetch_one(&mut *tx)
                            .await?;
                        if there == 0 && start >= from && start + BLOCK <= until {
                            seal::put(&mut tx, start, id, &points).await?;
                            written += points.len() as u64;
                        }
                    }
                }
                tx.commit().await?;
                Ok((written, ids))
            })
            .await?;
        state.ids.extend(ids);
        Ok(written)
    }
}

fn blocks(points: &[(Millis, f64)]) -> BTreeMap<Millis, Vec<(Millis, f64)>> {
    let mut out: BTreeMap<Millis, Vec<(Millis, f64)>> = BTreeMap::new();
    for (at, value) in points {
        let minute = Millis(at.0.div_euclid(MINUTE.0) * MINUTE.0);
        let block = out.entry(block_of(minute)).or_default();
        if block.last().is_none_or(|(last, _)| *last < minute) {
            block.push((minute, streamwarden_core::past::rounded(*value)));
        }
    }
    out
}
