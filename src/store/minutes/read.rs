//! Asking it.

use super::{BLOCK, Minutes, block_of, day_of, frame};
use crate::store::db::Error;
use sqlx::Row;
use std::collections::BTreeMap;
use streamwarden_core::estate::{Chunk, Millis};
use streamwarden_core::past::{HOUR, Hour};

/// What is kept, and what went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub bytes: u64,
    pub series: u64,
    pub oldest: Option<Millis>,
    /// Blocks that went for their age, and for the cap.
    pub aged: u64,
    pub capped: u64,
    /// Values that had no room since the start: there are too many series.
    pub left_out: u64,
}

impl Minutes {
    /// One measure of one subject (by its id), minute by minute, from `from` to before `to`.
    ///
    /// # Errors
    /// See [`Error`]. A damaged block is left out, and said in the log.
    pub async fn series(
        &self,
        subject: &str,
        name: &str,
        from: Millis,
        to: Millis,
    ) -> Result<Vec<(Millis, f64)>, Error> {
        let state = self.state.lock().await;
        let Some(id) = state.ids.get(&(subject.to_owned(), name.to_owned())).copied() else {
            return Ok(Vec::new());
        };
        let mut blocks: BTreeMap<Millis, Vec<(Millis, f64)>> = BTreeMap::new();
        let open = state.open.iter().filter_map(|(start, b)| Some((*start, b.get(&id)?.clone())));
        blocks.extend(open);
        drop(state);
        let sealed = self
            .within("read minutes", async {
                // each block by its key: between two starts lie those of every series
                let sql = "WITH RECURSIVE due (at) AS
                               (SELECT $1 UNION ALL SELECT at + $4 FROM due WHERE at < $2)
                           SELECT b.start, b.points FROM due
                           JOIN blocks b ON b.start = due.at AND b.series = $3";
                sqlx::query(sql)
                    .bind(block_of(from).0)
                    .bind(block_of(to).0)
                    .bind(id)
                    .bind(BLOCK.0)
                    .fetch_all(&self.pool)
                    .await
            })
            .await?;
        for row in sealed {
            let start = Millis(row.get("start"));
            match Chunk::from_bytes(row.get("points")) {
                Ok(chunk) => drop(blocks.insert(start, chunk.iter().collect())),
                Err(error) => {
                    tracing::warn!(%error, subject, name, "two hours of history are lost")
                }
            }
        }
        let within = |p: &(Millis, f64)| p.0 >= from && p.0 < to;
        Ok(blocks.into_values().flatten().filter(within).collect())
    }

    /// Of whom (their ids) a measure is kept.
    pub async fn subjects(&self, name: &str) -> Vec<String> {
        let state = self.state.lock().await;
        let named = state.ids.keys().filter(|(_, n)| n == name);
        named.map(|(subject, _)| subject.clone()).collect()
    }

    /// One measure of the whole estate by the hour, from the hour of `from` to before `to`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn hours(
        &self,
        name: &str,
        from: Millis,
        to: Millis,
    ) -> Result<BTreeMap<String, Vec<Hour>>, Error> {
        let state = self.state.lock().await;
        let named: Vec<(i64, &str)> = state
            .ids
            .iter()
            .filter(|((_, n), _)| n == name)
            .map(|((subject, _), id)| (*id, subject.as_str()))
            .collect();
        let subjects: BTreeMap<i64, String> =
            named.iter().map(|(id, s)| (*id, (*s).to_owned())).collect();
        let mut open: BTreeMap<i64, Vec<Hour>> = BTreeMap::new();
        for (id, _) in &named {
            let minutes = state.open.values().filter_map(|b| b.get(id)).flatten();
            open.insert(*id, Hour::of(&minutes.copied().collect::<Vec<_>>()));
        }
        drop(state);
        let rows = self
            .within("read hours", async {
                let sql = "SELECT h.day, h.series, h.hours FROM hours h
                           JOIN series s ON s.id = h.series
                           WHERE h.day >= $1 AND h.day < $2 AND s.name = $3 ORDER BY h.day";
                sqlx::query(sql)
                    .bind(day_of(from).0)
                    .bind(to.0)
                    .bind(name)
                    .fetch_all(&self.pool)
                    .await
            })
            .await?;
        let mut found: BTreeMap<i64, Vec<Hour>> = BTreeMap::new();
        for row in rows {
            let hours = frame::unpack_hours(Millis(row.get("day")), row.get("hours"));
            found.entry(row.get("series")).or_default().extend(hours);
        }
        for (id, hours) in open {
            // what is open stands in no row, or in one that a death left before its minutes went
            let into = found.entry(id).or_default();
            into.retain(|h| hours.iter().all(|o| o.start != h.start));
            into.extend(hours);
        }
        let within = |h: &Hour| h.start + HOUR > from && h.start < to;
        let of = |(id, hours): (i64, Vec<Hour>)| {
            let hours: Vec<Hour> = hours.into_iter().filter(within).collect();
            Some((subjects.get(&id)?.clone(), hours)).filter(|(_, h)| !h.is_empty())
        };
        Ok(found.into_iter().filter_map(of).collect())
    }

    /// # Errors
    /// See [`Error`].
    pub async fn kept(&self) -> Result<Kept, Error> {
        let bytes = self.bytes().await?;
        let (oldest, aged, capped) = self
            .within("measure it", async {
                let sql = "SELECT (SELECT MIN(start) FROM blocks),
                                  COALESCE(SUM(blocks) FILTER (WHERE why = 'age'), 0),
                                  COALESCE(SUM(blocks) FILTER (WHERE why = 'cap'), 0)
                           FROM dropped";
                sqlx::query_as::<_, (Option<i64>, i64, i64)>(sql).fetch_one(&self.pool).await
            })
            .await?;
        let state = self.state.lock().await;
        let open = state.open.keys().next().copied();
        let [series, aged, capped] =
            [i64::try_from(state.ids.len()).unwrap_or(i64::MAX), aged, capped]
                .map(i64::unsigned_abs);
        let oldest = oldest.map(Millis).or(open);
        Ok(Kept { bytes, series, oldest, aged, capped, left_out: state.left_out })
    }
}
