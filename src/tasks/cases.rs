//! The book of incidents while the process runs: what a pass folded is written down, published to
//! the page and queued as messages; what people say is on disk before they are answered.

mod write;

use super::Unsaved;
use super::telling;
use crate::clock;
use crate::notify::{Happened, Language};
use crate::record::Freezer;
use crate::store::db::{Batch, ClosedFilter, Db, Findable, Found, Short};
use crate::store::{self, Store};
use crate::web::build::{IncidentFilter, Scene};
use crate::web::casebook::{CaseError, Casebook, Judged, Word, Written, job_words};
use crate::web::state::{FlinkPages, IncidentBook};
use crate::web::view_incident::{IncidentTick, TextView};
use arc_swap::ArcSwap;
use futures_util::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use streamwarden_core::case::*;
use streamwarden_core::estate::{JobKey, Millis, Span, Subject, job_name};
use streamwarden_core::learn::Lesson;
use streamwarden_core::snapshot::Snapshot;
use tokio::sync::{Mutex, Notify, watch};
use write::Unwritten;
pub use write::write_loop;

/// Figures of an open incident are written again this often; what happens to it, at once.
const REFRESH: Span = Span::secs(60);
/// Events of one incident that are kept in memory.
const MOST_EVENTS: usize = 2000;

/// Which messages are made, and in which language.
#[derive(Clone, Debug)]
pub struct Telling {
    pub only: BTreeSet<Happened>,
    pub language: Language,
    /// Where people reach our page; empty: messages tell only what comes after it.
    pub page: String,
}

#[derive(Clone)]
pub struct Cases(Arc<Inner>);

struct Inner {
    store: Arc<Store>,
    flink: FlinkPages,
    telling: Option<Telling>,
    freezer: Freezer,
    book: ArcSwap<IncidentBook>,
    changed: watch::Sender<IncidentTick>,
    unsaved: Unsaved,
    /// Who changes the book holds this, and never across a call of the database.
    writing: Mutex<Unwritten>,
    /// One at a time writes it down.
    saving: Mutex<()>,
    due: Notify,
}

/// One pass: what it found and what the fold made of it.
pub struct Pass<'a> {
    pub found: &'a Assessment,
    /// Not closed, after it.
    pub open: &'a BTreeMap<IncidentId, Incident>,
    pub events: Vec<IncidentEvent>,
    /// Names are looked up in it.
    pub snapshot: &'a Snapshot,
}

impl Cases {
    /// With the incidents that were open when the process ended.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn open(
        store: Arc<Store>,
        flink: FlinkPages,
        telling: Option<Telling>,
        freezer: Freezer,
    ) -> Result<Cases, store::Error> {
        let open = store.incidents().load_open().await?.into_iter().map(Arc::new).collect();
        let book = IncidentBook { open, ..IncidentBook::default() };
        let hushed = telling::hushed(store.incidents().hushed().await?);
        Ok(Cases(Arc::new(Inner {
            store,
            flink,
            telling,
            freezer,
            book: ArcSwap::from_pointee(book),
            changed: watch::channel(IncidentTick::default()).0,
            unsaved: Unsaved::default(),
            writing: Mutex::new(Unwritten { hushed, ..Unwritten::default() }),
            saving: Mutex::default(),
            due: Notify::new(),
        })))
    }

    /// Not closed: where the first fold begins.
    pub fn incidents(&self) -> Vec<Incident> {
        self.0.book.load().open.iter().map(|r| r.incident.clone()).collect()
    }

    /// Messages that the database does not take.
    pub fn unsaved(&self) -> Unsaved {
        self.0.unsaved.clone()
    }

    /// For pages that listen.
    pub fn changes(&self) -> watch::Receiver<IncidentTick> {
        self.0.changed.subscribe()
    }

    /// Publishes a pass; [`write_loop`] writes it down. A database that does not answer holds up
    /// no look.
    pub async fn take(&self, pass: Pass<'_>) {
        let mut unwritten = self.0.writing.lock().await;
        let old = self.0.book.load_full();
        let (book, ended) = next_book(&old, &pass);
        let at = pass.found.at;
        let due = at - unwritten.refreshed >= REFRESH;
        let touched: BTreeSet<&IncidentId> = pass.events.iter().map(|e| &e.id).collect();
        let open = book.open.iter().filter(|r| due || touched.contains(&r.incident.id));
        let flink = self.0.flink.load();
        let scene = Scene { s: pass.snapshot, flink: &flink };
        let incidents = open.chain(&ended).map(|r| findable(&scene, &r.incident));
        let incidents = incidents.collect();
        let (outgoing, hushed) = match &self.0.telling {
            Some(t) => {
                let news = telling::News { book: &book, ended: &ended, events: &pass.events };
                telling::messages(&scene, t, &news, &mut unwritten.hushed)
            }
            None => Default::default(),
        };
        let batch = Batch { incidents, events: pass.events.clone(), outgoing, hushed };
        let changed: Vec<String> = touched.iter().map(|id| id.0.to_string()).collect();
        self.publish(book, changed);
        self.0.unsaved.add(&batch.outgoing);
        unwritten.add(batch, at);
        if due {
            unwritten.refreshed = at;
        }
        self.0.due.notify_one();
    }

    /// A message beside those that a pass makes: what is done about an incident, or is not.
    ///
    /// # Errors
    /// It cannot be written down.
    pub async fn announce(
        &self,
        (id, job): (&IncidentId, &JobKey),
        happened: Happened,
        text: &TextView,
        snapshot: &Snapshot,
    ) -> Result<(), CaseError> {
        let Some(telling) = self.0.telling.as_ref().filter(|t| t.only.contains(&happened)) else {
            return Ok(());
        };
        let record = match self.look_up(&id.0).await {
            // whoever is called is called whatever was lost
            Err(CaseError::NotFound) if happened == Happened::RepairStuck => None,
            found => Some(found?),
        };
        let flink = self.0.flink.load();
        let scene = Scene { s: snapshot, flink: &flink };
        let what = (happened, clock::now());
        let message = match record {
            Some(record) => telling::outgoing(&scene, telling, &record, what, text),
            None => telling::of_nobody(&scene, telling, (id, job), what, text),
        };
        let messages: Vec<_> = message.into_iter().collect();
        // who is called does not wait for a database that does not answer
        self.0.unsaved.add(&messages);
        match self.db().queue(&messages).await {
            Ok(()) => self.0.unsaved.written(&messages),
            Err(error) => {
                tracing::error!(%error, "a message cannot be written down, and goes out all the same");
                let batch = Batch { outgoing: messages, ..Batch::default() };
                self.0.writing.lock().await.add(batch, clock::now());
                self.0.due.notify_one();
            }
        }
        Ok(())
    }

    fn publish(&self, book: IncidentBook, changed: Vec<String>) {
        let open = u32::try_from(book.open.len()).unwrap_or(u32::MAX);
        let at = book.at.0;
        self.0.book.store(Arc::new(book));
        if !changed.is_empty() {
            self.0.changed.send_replace(IncidentTick { at, open, changed });
        }
    }

    fn db(&self) -> &Db {
        self.0.store.incidents()
    }

    async fn look_up(&self, id: &str) -> Result<Arc<Record>, CaseError> {
        let book = self.0.book.load_full();
        let open = |full: &str| book.open.iter().find(|r| *r.incident.id.0 == *full).cloned();
        if let Some(record) = open(id) {
            return Ok(record);
        }
        let begins = book.open.iter().filter(|r| r.incident.id.0.starts_with(id));
        let mut ids: BTreeSet<String> = begins.map(|r| r.incident.id.0.to_string()).collect();
        let mut closed = None;
        match self.db().find(id).await {
            Ok(Found::None) => {}
            Ok(Found::One(record)) => {
                ids.insert(record.incident.id.0.to_string());
                closed = Some(Arc::new(*record));
            }
            Ok(Found::Several(several)) => ids.extend(several),
            // what is open is known without it
            Err(e) if ids.is_empty() => return Err(broken(e)),
            Err(_) => {}
        }
        match (ids.len(), ids.first()) {
            (1, Some(one)) => open(one).or(closed).ok_or(CaseError::NotFound),
            (_, None) => Err(CaseError::NotFound),
            _ => Err(CaseError::Several(ids.into_iter().collect())),
        }
    }

    async fn write_word(&self, id: &str, word: Word) -> Result<Written, CaseError> {
        let found = self.look_up(id).await?;
        let id = &found.incident.id;
        // what is said of an incident needs it there; that it cannot be written shows below. Not
        // dropped with the request: what is due would be lost with it
        let cases = self.clone();
        let _ = tokio::spawn(async move { cases.write().await }).await;
        let at = clock::now();
        let written = match word {
            Word::Ack { by, note } => {
                let ack = Ack { at, by, note };
                self.db().ack(id, &ack).await.map_err(broken)?;
                Written::Ack(ack)
            }
            Word::Correct { by, right, cause, subject, note } => {
                let c = Correction { at, by, right, cause, subject, note };
                self.db().correct(id, &c).await.map_err(broken)?;
                Written::Correct(c)
            }
        };
        let _writing = self.0.writing.lock().await;
        let mut book = (*self.0.book.load_full()).clone();
        if let Some(open) = book.open.iter_mut().find(|r| r.incident.id == *id) {
            let record = Arc::make_mut(open);
            match &written {
                Written::Ack(ack) => record.acks.push(ack.clone()),
                Written::Correct(c) => record.corrections.push(c.clone()),
            }
        }
        self.publish(book, vec![id.0.to_string()]);
        Ok(written)
    }
}

fn broken(e: store::db::Error) -> CaseError {
    tracing::error!(error = %e, "the book of incidents cannot be used");
    CaseError::Store(e.to_string())
}

/// The book after a pass, and the incidents that ended with it.
fn next_book(old: &IncidentBook, pass: &Pass) -> (IncidentBook, Vec<Arc<Record>>) {
    let known: BTreeMap<&IncidentId, &Arc<Record>> =
        old.open.iter().map(|r| (&r.incident.id, r)).collect();
    let mut happened: BTreeMap<&IncidentId, Vec<&IncidentEvent>> = BTreeMap::new();
    for e in &pass.events {
        happened.entry(&e.id).or_default().push(e);
    }
    let record = |incident: Incident| {
        let before = known.get(&incident.id);
        let mut events = before.map(|r| r.events.clone()).unwrap_or_default();
        events.extend(happened.get(&incident.id).into_iter().flatten().map(|e| (*e).clone()));
        events.truncate(MOST_EVENTS);
        let acks = before.map(|r| r.acks.clone()).unwrap_or_default();
        let corrections = before.map(|r| r.corrections.clone()).unwrap_or_default();
        Arc::new(Record { incident, events, acks, corrections })
    };
    let open = pass.open.values().map(|i| record(i.clone())).collect();
    let gone = known.values().filter(|r| !pass.open.contains_key(&r.incident.id));
    let ended = gone.map(|r| record(ended(&r.incident, &happened, pass.found.at))).collect();
    let (calm, pending) = (pass.found.calm.clone(), pass.found.pending.clone());
    (IncidentBook { at: pass.found.at, open, calm, pending }, ended)
}

fn ended(
    incident: &Incident,
    happened: &BTreeMap<&IncidentId, Vec<&IncidentEvent>>,
    at: Millis,
) -> Incident {
    let into = happened.get(&incident.id).into_iter().flatten().find_map(|e| match &e.what {
        EventKind::Merged { into } => Some(into.clone()),
        _ => None,
    });
    Incident {
        state: IncidentState::Closed,
        closed: Some(at),
        merged_into: into,
        ..incident.clone()
    }
}

fn findable(scene: &Scene, i: &Incident) -> (Incident, Findable) {
    let jobs = crate::web::build::harm_jobs(i);
    let words = jobs.iter().flat_map(|job| {
        let [node, key] = job_words(job);
        [node, key, job_name(job, &scene.s.estate)]
    });
    let jobs: BTreeSet<String> = words.collect();
    let place = scene.subject(&i.diagnosis.subject).name;
    (i.clone(), Findable { jobs: jobs.into_iter().collect(), words: place.clone(), place })
}

fn lesson(short: Short) -> Lesson {
    let place = short.place.parse::<Subject>().ok();
    Lesson {
        id: short.id.into(),
        onset: short.onset,
        opened: short.opened,
        closed: short.closed,
        // one name, its family alone, or several that nobody could tell apart
        cause: (!short.causes.is_empty()).then(|| short.causes.join(" | ").into()),
        cluster: place.as_ref().and_then(Subject::cluster).map(|c| c.as_str().into()),
        place: short.place.into(),
        place_name: short.place_name.into(),
        team: None,
    }
}

impl Casebook for Cases {
    fn book(&self) -> Arc<IncidentBook> {
        self.0.book.load_full()
    }

    fn lessons(&self, since: Millis) -> BoxFuture<'_, Result<Vec<Lesson>, CaseError>> {
        Box::pin(async move {
            let short = self.db().lessons(since).await.map_err(broken)?;
            Ok(short.into_iter().map(lesson).collect())
        })
    }

    fn closed<'a>(
        &'a self,
        f: &'a IncidentFilter,
    ) -> BoxFuture<'a, Result<(u32, Vec<Record>), CaseError>> {
        let filter = ClosedFilter {
            job: f.job.clone(),
            cause: f.cause.clone(),
            text: f.text.clone(),
            offset: f.offset,
            limit: f.limit,
        };
        Box::pin(async move { self.db().closed(&filter).await.map_err(broken) })
    }

    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Arc<Record>, CaseError>> {
        Box::pin(self.look_up(id))
    }

    fn say<'a>(&'a self, id: &'a str, word: Word) -> BoxFuture<'a, Result<Written, CaseError>> {
        Box::pin(self.write_word(id, word))
    }

    fn recording(&self, id: &IncidentId) -> Option<PathBuf> {
        Some(self.0.freezer.path(id)).filter(|p| p.exists())
    }

    fn judged(&self) -> BoxFuture<'_, Result<Judged, CaseError>> {
        Box::pin(async move { self.db().judged().await.map_err(broken) })
    }
}

#[cfg(test)]
mod tests;
