//! Incidents: as they stand, what happened to them, what people said of them.

use super::audit::kept::OVER;
use super::audit::{Deed, Head, said};
use super::outbox::{self, Outgoing};
use super::{Db, Error, KEEP_GONE, planned, rows};
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use std::collections::BTreeMap;
use streamwarden_core::case::{
    Ack, Correction, Incident, IncidentEvent, IncidentId, IncidentState, Record, Verdict,
};
use streamwarden_core::estate::Millis;

/// In the log, when the incident of a no is over.
const TOLD_OVER: &str = "incident.over";
/// Closed ones beyond so many go, oldest first.
const INCIDENTS_MAX: i64 = 100_000;
/// Of five weeks: what is beyond is not left out of what is usual.
const TROUBLED_MAX: i64 = 20_000;
/// Of one incident: a wild one must not fill the disk.
const EVENTS_MAX: i64 = 2000;
/// Acknowledgements and corrections of one incident that are kept.
const SAID_MAX: i64 = 100;

/// What is written in one go: all or nothing. The same may be written again.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// With the words that a search finds them by, beside their own.
    pub incidents: Vec<(Incident, Findable)>,
    pub events: Vec<IncidentEvent>,
    pub outgoing: Vec<Outgoing>,
    /// What planned work or a silence kept from being told; None: it no longer does.
    pub hushed: Vec<(IncidentId, Option<&'static str>)>,
}

impl Batch {
    pub fn is_empty(&self) -> bool {
        self.incidents.is_empty()
            && self.events.is_empty()
            && self.outgoing.is_empty()
            && self.hushed.is_empty()
    }
}

/// By what a list finds an incident.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findable {
    /// Ids and names of every job that it touches.
    pub jobs: Vec<String>,
    /// More text to search in.
    pub words: String,
    /// Where its root sits, as people call it.
    pub place: String,
}

/// Which closed incidents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClosedFilter {
    pub job: Option<String>,
    pub cause: Option<String>,
    pub text: Option<String>,
    pub offset: usize,
    pub limit: usize,
}

/// What is learned from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Short {
    pub id: String,
    pub onset: Millis,
    pub opened: Millis,
    pub closed: Option<Millis>,
    pub causes: Vec<String>,
    /// The id of where its root sits, and how people call it.
    pub place: String,
    pub place_name: String,
}

/// When an incident was, and whose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Troubled {
    pub from: Millis,
    pub to: Option<Millis>,
    /// Ids and names of its jobs.
    pub jobs: Vec<String>,
    /// Its one root cause, where it was named.
    pub cause: Option<String>,
}

/// Incidents of a time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HappenedSince {
    pub all: u32,
    pub open: u32,
    /// Open ones first, then the newest.
    pub first: Vec<Incident>,
}

/// What an id or the beginning of one stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    None,
    One(Box<Record>),
    Several(Vec<String>),
}

impl Db {
    /// # Errors
    /// See [`Error`]. The same batch may be written again later.
    pub async fn save(&self, batch: &Batch, now: Millis) -> Result<(), Error> {
        self.call("record incidents", self.write_batch(batch, now)).await
    }

    async fn write_batch(&self, batch: &Batch, now: Millis) -> Result<(), sqlx::Error> {
        let mut tx = self.pool.begin().await?;
        let mut head = None;
        for (incident, findable) in &batch.incidents {
            put_incident(&mut tx, incident, findable).await?;
            if incident.state == IncidentState::Closed {
                head = self.tell_over(&mut tx, incident).await?.or(head);
            }
        }
        let mut nth: BTreeMap<(&IncidentId, Millis), i64> = BTreeMap::new();
        for event in &batch.events {
            let n = nth.entry((&event.id, event.at)).or_default();
            put_event(&mut tx, event, *n).await?;
            *n += 1;
        }
        for message in &batch.outgoing {
            outbox::put(&mut tx, message).await?;
        }
        for (id, kind) in &batch.hushed {
            planned::hush(&mut tx, id, *kind).await?;
        }
        if batch.incidents.iter().any(|(i, _)| i.state == IncidentState::Closed) {
            prune(&mut tx, now - KEEP_GONE).await?;
        }
        tx.commit().await?;
        if let Some(head) = head {
            self.note_head(&head).await;
        }
        Ok(())
    }

    /// A no is over with its incident: what lifts it stands in the log, once.
    async fn tell_over(
        &self,
        tx: &mut SqliteConnection,
        incident: &Incident,
    ) -> Result<Option<Head>, sqlx::Error> {
        let id = &*incident.id.0;
        let covers = OVER.of(tx, "id = $1", &[id]).await?;
        let told = "SELECT COUNT(*) FROM audit WHERE what = $1 AND covers = $2";
        let told = sqlx::query_scalar(told).bind(TOLD_OVER).bind(covers.join(" "));
        let told: i64 = told.fetch_one(&mut *tx).await?;
        if covers.is_empty() || told != 0 {
            return Ok(None);
        }
        let (who, what, detail) = ("streamwarden", TOLD_OVER, json!({ "incident": id }));
        self.put_audit(tx, Deed { who, what, detail, covers }).await.map(Some)
    }

    /// Those that are not closed, with all that is kept of them.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn load_open(&self) -> Result<Vec<Record>, Error> {
        const DOING: &str = "load incidents";
        let sql = "SELECT body FROM incidents WHERE state <> 'closed' ORDER BY opened, id";
        let rows = self.call(DOING, sqlx::query(sql).fetch_all(&self.pool)).await?;
        let mut records = Vec::new();
        for row in &rows {
            // of a version that this one does not understand: it stays in the file
            if let Some(incident) = body(row) {
                records.push(self.call(DOING, self.whole(incident)).await?);
            }
        }
        Ok(records)
    }

    /// Closed ones, newest first, with how many fit.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn closed(&self, f: &ClosedFilter) -> Result<(u32, Vec<Record>), Error> {
        self.call("list incidents", self.read_closed(f)).await
    }

    async fn read_closed(&self, f: &ClosedFilter) -> Result<(u32, Vec<Record>), sqlx::Error> {
        let matching = matching(f);
        // two letters, often a word of Chinese, are too short for the index
        let short = f.text.as_ref().filter(|_| few(f));
        let short = short.map(|t| format!("%{}%", like(&t.to_lowercase())));
        const WHERE: &str = "state = 'closed'
            AND ($1 IS NULL OR id IN (SELECT incident FROM incident_numbers WHERE n IN
                (SELECT rowid FROM incident_text WHERE incident_text MATCH $1)))
            AND ($2 IS NULL OR words LIKE $2 ESCAPE '\\' OR jobs LIKE $2 ESCAPE '\\')";
        let count = format!("SELECT COUNT(*) FROM incidents WHERE {WHERE}");
        let list = format!(
            "SELECT body FROM incidents WHERE {WHERE} ORDER BY closed DESC, id LIMIT $3 OFFSET $4"
        );
        let total: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count))
            .bind(&matching)
            .bind(&short)
            .fetch_one(&self.pool)
            .await?;
        let rows = sqlx::query(sqlx::AssertSqlSafe(list))
            .bind(&matching)
            .bind(&short)
            .bind(i64::try_from(f.limit).unwrap_or(i64::MAX))
            .bind(i64::try_from(f.offset).unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await?;
        let mut records = Vec::new();
        for incident in rows.iter().filter_map(body::<Incident>) {
            let acks = self.said("acks", &incident.id).await?;
            records.push(Record { incident, events: Vec::new(), acks, corrections: Vec::new() });
        }
        Ok((u32::try_from(total).unwrap_or(u32::MAX), records))
    }

    /// Those that opened since, in short, oldest first; open ones among them.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn lessons(&self, since: Millis) -> Result<Vec<Short>, Error> {
        let sql = "SELECT id, onset, opened, closed, causes, place, place_name,
                       CASE WHEN place IS NULL THEN body END AS body
                   FROM incidents WHERE opened >= $1 ORDER BY opened, id";
        let all = sqlx::query(sql).bind(since.0).fetch_all(&self.pool);
        let rows = self.call("learn from incidents", all).await?;
        Ok(rows.iter().filter_map(short).collect())
    }

    /// When incidents that were not over at `since` began and ended (None: they are open), and the
    /// words of their jobs; the newest [`TROUBLED_MAX`], oldest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn troubled(&self, since: Millis) -> Result<Vec<Troubled>, Error> {
        let sql =
            "SELECT onset, closed, jobs, json_extract(body, '$.diagnosis.verdict.cause') AS cause
                   FROM incidents
                   WHERE closed IS NULL OR closed >= $1 ORDER BY onset DESC LIMIT $2";
        let all = sqlx::query(sql).bind(since.0).bind(TROUBLED_MAX).fetch_all(&self.pool);
        let rows = self.call("read when incidents were", all).await?;
        let one = |row: &SqliteRow| {
            Some(Troubled {
                from: Millis(row.try_get("onset").ok()?),
                to: row.try_get::<Option<i64>, _>("closed").ok()?.map(Millis),
                jobs: words(row.try_get("jobs").ok()?),
                cause: row.try_get("cause").ok()?,
            })
        };
        Ok(rows.iter().rev().filter_map(one).collect())
    }

    /// Those that were not over at `since`, and were more than a suspicion; the first `limit` whole.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn happened(&self, since: Millis, limit: usize) -> Result<HappenedSince, Error> {
        const DOING: &str = "read what happened";
        const WHERE: &str = "state <> 'provisional' AND (closed IS NULL OR closed >= $1)";
        let count =
            format!("SELECT COUNT(*), COUNT(*) - COUNT(closed) FROM incidents WHERE {WHERE}");
        let count = sqlx::query_as(sqlx::AssertSqlSafe(count)).bind(since.0);
        let (all, open): (i64, i64) = self.call(DOING, count.fetch_one(&self.pool)).await?;
        let list = format!(
            "SELECT body FROM incidents WHERE {WHERE}
             ORDER BY closed IS NOT NULL, onset DESC, id LIMIT $2"
        );
        let list = sqlx::query(sqlx::AssertSqlSafe(list)).bind(since.0);
        let list = list.bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = self.call(DOING, list.fetch_all(&self.pool)).await?;
        Ok(HappenedSince {
            all: u32::try_from(all).unwrap_or(u32::MAX),
            open: u32::try_from(open).unwrap_or(u32::MAX),
            first: rows.iter().filter_map(body).collect(),
        })
    }

    /// One by its id or the beginning of one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find(&self, id: &str) -> Result<Found, Error> {
        self.call("look for an incident", self.read_one(id)).await
    }

    async fn read_one(&self, id: &str) -> Result<Found, sqlx::Error> {
        let sql = "SELECT body FROM incidents WHERE id LIKE $1 ESCAPE '\\'
                   ORDER BY opened DESC LIMIT 8";
        let rows = sqlx::query(sql).bind(like(id) + "%").fetch_all(&self.pool).await?;
        let mut fitting: Vec<Incident> = rows.iter().filter_map(body).collect();
        match (fitting.len(), fitting.pop()) {
            (1, Some(one)) => Ok(Found::One(Box::new(self.whole(one).await?))),
            (_, None) => Ok(Found::None),
            (_, Some(last)) => {
                fitting.push(last);
                Ok(Found::Several(fitting.iter().map(|i| i.id.0.to_string()).collect()))
            }
        }
    }

    async fn whole(&self, incident: Incident) -> Result<Record, sqlx::Error> {
        let sql = "SELECT body FROM incident_events WHERE incident = $1 ORDER BY at_ms, nth";
        let rows = sqlx::query(sql).bind(&*incident.id.0).fetch_all(&self.pool).await?;
        let events = rows.iter().filter_map(body).collect();
        let acks = self.said("acks", &incident.id).await?;
        let corrections = self.said("corrections", &incident.id).await?;
        Ok(Record { incident, events, acks, corrections })
    }

    async fn said<T: serde::de::DeserializeOwned>(
        &self,
        table: &'static str,
        id: &IncidentId,
    ) -> Result<Vec<T>, sqlx::Error> {
        let sql = format!("SELECT body FROM {table} WHERE incident = $1 ORDER BY at_ms");
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&*id.0);
        Ok(query.fetch_all(&self.pool).await?.iter().filter_map(body).collect())
    }

    /// On disk when it returns.
    ///
    /// # Errors
    /// See [`Error`]: then it is not recorded.
    pub async fn ack(&self, id: &IncidentId, ack: &Ack) -> Result<(), Error> {
        let deed = said(&ack.by, "incident.acknowledged", json!({ "incident": id, "said": ack }));
        let write = self.say("acks", id, ack.at, ack, deed);
        let head = self.call("record who acknowledged it", write).await?;
        self.note_head(&head).await;
        Ok(())
    }

    /// On disk when it returns.
    ///
    /// # Errors
    /// See [`Error`]: then it is not recorded.
    pub async fn correct(&self, id: &IncidentId, c: &Correction) -> Result<(), Error> {
        let deed = said(&c.by, "incident.corrected", json!({ "incident": id, "said": c }));
        let head = self.call("record a correction", self.say("corrections", id, c.at, c, deed));
        let head = head.await?;
        self.note_head(&head).await;
        Ok(())
    }

    async fn say(
        &self,
        table: &'static str,
        id: &IncidentId,
        at: Millis,
        what: &impl serde::Serialize,
        deed: Deed<'_>,
    ) -> Result<Head, sqlx::Error> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let sql = format!("INSERT INTO {table} (incident, at_ms, body) VALUES ($1, $2, $3)");
        let insert = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&*id.0).bind(at.0);
        insert.bind(json_of(what)?).execute(&mut *tx).await?;
        let old = format!(
            "DELETE FROM {table} WHERE incident = $1 AND at_ms <= (SELECT at_ms FROM {table}
             WHERE incident = $1 ORDER BY at_ms DESC LIMIT 1 OFFSET $2)"
        );
        let old = sqlx::query(sqlx::AssertSqlSafe(old)).bind(&*id.0).bind(SAID_MAX);
        old.execute(&mut *tx).await?;
        let head = self.put_audit(&mut tx, deed).await?;
        tx.commit().await?;
        Ok(head)
    }

    /// Corrections of every incident, with the causes that it names: a rule's record.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn judged(&self) -> Result<Vec<(Vec<String>, bool)>, Error> {
        let sql = "SELECT causes, corrections.body FROM corrections
                   JOIN incidents ON incidents.id = incident ORDER BY at_ms DESC LIMIT 10000";
        let rows = self.call("read corrections", sqlx::query(sql).fetch_all(&self.pool)).await?;
        let one = |row: &SqliteRow| {
            let causes = words(row.try_get("causes").ok()?);
            let correction: Correction = body(row)?;
            Some((causes, correction.right))
        };
        Ok(rows.iter().filter_map(one).collect())
    }
}

/// A line each.
fn words(lines: &str) -> Vec<String> {
    lines.lines().filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

fn short(row: &SqliteRow) -> Option<Short> {
    let place: Option<String> = row.try_get("place").ok()?;
    let name: Option<String> = row.try_get("place_name").ok()?;
    // written before its place was kept by itself
    let place = place.or_else(|| Some(body::<Incident>(row)?.diagnosis.subject.to_string()))?;
    Some(Short {
        id: row.try_get("id").ok()?,
        onset: Millis(row.try_get("onset").ok()?),
        opened: Millis(row.try_get("opened").ok()?),
        closed: row.try_get::<Option<i64>, _>("closed").ok()?.map(Millis),
        causes: words(row.try_get("causes").ok()?),
        place_name: name.unwrap_or_else(|| place.clone()),
        place,
    })
}

fn json_of(value: &impl serde::Serialize) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|e| sqlx::Error::Encode(e.into()))
}

fn body<T: serde::de::DeserializeOwned>(row: &SqliteRow) -> Option<T> {
    serde_json::from_str(row.try_get("body").ok()?).ok()
}

/// What the full-text index is asked for; None: nothing that it could answer.
fn matching(f: &ClosedFilter) -> Option<String> {
    let phrase = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let line =
        |column: &str, word: &String| format!("{column} : {}", phrase(&format!("\n{word}\n")));
    let text = f.text.as_ref().filter(|_| !few(f));
    let asked: Vec<String> = [
        f.job.as_ref().map(|job| line("jobs", job)),
        f.cause.as_ref().map(|cause| line("causes", cause)),
        text.map(|text| format!("{{words jobs}} : {}", phrase(text))),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!asked.is_empty()).then(|| asked.join(" AND "))
}

/// The index knows three letters and more.
fn few(f: &ClosedFilter) -> bool {
    f.text.as_ref().is_some_and(|text| text.chars().count() < 3)
}

/// With nothing in it that LIKE understands.
fn like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn lines<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.fold("\n".to_owned(), |all, word| all + &word.replace('\n', " ") + "\n")
}

async fn put_incident(
    tx: &mut SqliteConnection,
    i: &Incident,
    f: &Findable,
) -> Result<(), sqlx::Error> {
    let family = match &i.diagnosis.verdict {
        Verdict::Family { family, .. } => Some(&**family),
        _ => None,
    };
    let causes = i.diagnosis.verdict.causes().iter().map(|c| &**c).chain(family);
    let says = &i.diagnosis.says;
    let causes = lines(causes);
    let words = format!("{} {causes} {} {} {}", i.id.0, says.en, says.zh, f.words).to_lowercase();
    let jobs = lines(f.jobs.iter().map(String::as_str));
    find_by(tx, i, [&words, &jobs, &causes]).await?;
    let sql = "INSERT INTO incidents (id, state, onset, opened, closed, jobs, causes, words, body,
                   place, place_name)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
               ON CONFLICT (id) DO UPDATE SET state = $2, onset = $3, opened = $4, closed = $5,
                   jobs = $6, causes = $7, words = $8, body = $9, place = $10, place_name = $11";
    sqlx::query(sql)
        .bind(&*i.id.0)
        .bind(rows::word(&i.state))
        .bind(i.onset.0)
        .bind(i.opened.0)
        .bind(i.closed.map(|t| t.0))
        .bind(jobs)
        .bind(causes)
        .bind(words)
        .bind(json_of(i)?)
        .bind(i.diagnosis.subject.to_string())
        .bind(&f.place)
        .execute(tx)
        .await?;
    Ok(())
}

/// Words, jobs, causes.
async fn find_by(
    tx: &mut SqliteConnection,
    i: &Incident,
    texts: [&String; 3],
) -> Result<(), sqlx::Error> {
    let numbered = "INSERT INTO incident_numbers (incident) VALUES ($1) ON CONFLICT DO NOTHING";
    sqlx::query(numbered).bind(&*i.id.0).execute(&mut *tx).await?;
    let n: i64 = sqlx::query_scalar("SELECT n FROM incident_numbers WHERE incident = $1")
        .bind(&*i.id.0)
        .fetch_one(&mut *tx)
        .await?;
    let sql = "INSERT OR REPLACE INTO incident_text (rowid, words, jobs, causes)
               VALUES ($1, $2, $3, $4)";
    let put = sqlx::query(sql).bind(n);
    texts.into_iter().fold(put, |put, text| put.bind(text)).execute(tx).await?;
    Ok(())
}

async fn put_event(
    tx: &mut SqliteConnection,
    event: &IncidentEvent,
    nth: i64,
) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO incident_events (incident, at_ms, nth, body)
               SELECT $1, $2, $3, $4 WHERE
                   (SELECT COUNT(*) FROM incident_events WHERE incident = $1) < $5
               ON CONFLICT (incident, at_ms, nth) DO NOTHING";
    sqlx::query(sql)
        .bind(&*event.id.0)
        .bind(event.at.0)
        .bind(nth)
        .bind(json_of(event)?)
        .bind(EVENTS_MAX)
        .execute(tx)
        .await?;
    Ok(())
}

async fn prune(tx: &mut SqliteConnection, before: Millis) -> Result<(), sqlx::Error> {
    let full = "SELECT closed FROM incidents WHERE state = 'closed'
                ORDER BY closed DESC LIMIT 1 OFFSET $1";
    let full: Option<i64> =
        sqlx::query_scalar(full).bind(INCIDENTS_MAX).fetch_optional(&mut *tx).await?;
    let last = full.unwrap_or(i64::MIN).max(before.0 - 1);
    // what somebody said no to is answered for
    const GONE: &str = "closed <= $1 AND id NOT IN
        (SELECT incident FROM approvals WHERE incident IS NOT NULL AND yes = 0)";
    let numbers = format!("WHERE incident IN (SELECT id FROM incidents WHERE {GONE})");
    for sql in [
        format!(
            "DELETE FROM incident_text WHERE rowid IN (SELECT n FROM incident_numbers {numbers})"
        ),
        format!("DELETE FROM incident_numbers {numbers}"),
        format!("DELETE FROM incidents WHERE {GONE}"),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(last).execute(&mut *tx).await?;
    }
    Ok(())
}
