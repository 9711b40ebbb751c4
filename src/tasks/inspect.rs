//! Inspections while the process runs: made when they are due, once for each time; or when somebody
//! asks. What was due while we were not there is made up for once.

use super::season::troubled;
use super::{Beat, LoopHandle, Telling};
use crate::clock;
use crate::config::Inspect;
use crate::notify::{Happened, InspectionMessage, message_id};
use crate::store::Store;
use crate::store::db::{Error, HappenedSince, INSPECTIONS_MAX, InspectionHead, Outgoing};
use crate::store::minutes::Minutes;
use crate::web::build;
use crate::web::inspections::{Head, InspectError, Inspections, NewWaiver, Timetable};
use arc_swap::ArcSwap;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use streamwarden_core::estate::{EndedEarly, Millis, Name, Span, Subject, SubjectKind};
use streamwarden_core::inspect::{
    Before, Incidents, Inspected, MAX_INCIDENTS, Waiver, inspect, since,
};
use streamwarden_core::lineage::{PatternKind, Rule};
use streamwarden_core::past::{HOUR, Past};
use streamwarden_core::rules::{Checks, Inspection, weeks};
use streamwarden_core::snapshot::Snapshot;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether one is due.
pub const EVERY: Duration = Duration::from_secs(20);
/// After a start the estate is looked at for so long first: what is not seen yet is no blind spot.
const WARM: Span = Span::secs(180);
/// Who asks within so long gets the same.
const FRESH: Duration = Duration::from_secs(15);
/// A time that was answered for and lies further ahead comes of a clock that was wrong.
const AHEAD: Span = Span::secs(3600);
/// More at once is somebody's script gone wild.
const MOST_WAIVERS: usize = 1000;

/// The checks as they are now.
pub type Source = Arc<dyn Fn() -> Checks + Send + Sync>;

/// What inspections are made of and where they go.
pub struct Bench {
    pub store: Arc<Store>,
    pub minutes: Option<Arc<Minutes>>,
    pub snapshot: Arc<ArcSwap<Snapshot>>,
    pub checks: Source,
    pub settings: Inspect,
    pub telling: Option<Telling>,
    /// When the process was started.
    pub started: Millis,
}

#[derive(Clone)]
pub struct Inspector(Arc<Inner>);

struct Inner {
    bench: Bench,
    /// The newest that somebody asked for; who has one made holds this.
    fresh: Mutex<Option<(Instant, Arc<Inspected>)>>,
    /// Who changes waivers holds this.
    waiving: Mutex<()>,
}

impl Inspector {
    pub fn new(bench: Bench) -> Inspector {
        Inspector(Arc::new(Inner { bench, fresh: Mutex::default(), waiving: Mutex::default() }))
    }

    async fn make(&self, due: Option<Millis>, by: Option<Name>) -> Result<Inspected, String> {
        let began = Instant::now();
        let b = &self.0.bench;
        let (checks, now) = ((b.checks)(), b.snapshot.load_full());
        let db = b.store.incidents();
        let earlier = now.at - Span(1);
        let mut before = db.inspection(earlier, true).await.map_err(told)?;
        if before.is_none() {
            before = db.inspection(earlier, false).await.map_err(told)?;
        }
        let waivers = db.waivers(now.at).await.map_err(told)?;
        let past = match &b.minutes {
            Some(minutes) => past(minutes, &b.store, &checks, now.at).await,
            None => Past::default(),
        };
        let incidents = Some(incidents(&b.store, &now, before.as_ref()).await.map_err(told)?);
        let snapshot = Snapshot { past: Arc::new(past), ..(*now).clone() };
        let settings = b.settings.clone();
        let work = move || judge(&checks, &snapshot, before.as_ref(), &waivers, &settings);
        let made = tokio::task::spawn_blocking(work).await;
        let made = made.map_err(|e| format!("the inspection broke down: {e}"))?;
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(Inspected { due, by, took_ms, incidents, ..made })
    }

    /// For a time that is due: on disk, with its message. False: it was made already.
    async fn make_due(&self, due: Millis) -> Result<(bool, Inspected), String> {
        let made = self.make(Some(due), None).await?;
        let telling = self.0.bench.telling.as_ref();
        let message = telling.and_then(|t| message(t, &made));
        let kept = self.0.bench.store.incidents().keep_inspection(&made, message.as_ref()).await;
        Ok((kept.map_err(told)?, made))
    }

    async fn asked(&self) -> Result<Arc<Inspected>, String> {
        let mut fresh = self.0.fresh.lock().await;
        if let Some((at, made)) = &*fresh
            && at.elapsed() < FRESH
        {
            return Ok(made.clone());
        }
        let made = Arc::new(self.make(None, None).await?);
        *fresh = Some((Instant::now(), made.clone()));
        Ok(made)
    }

    async fn kept(&self, by: Name) -> Result<Arc<Inspected>, String> {
        let made = self.make(None, Some(by)).await?;
        self.0.bench.store.incidents().keep_inspection(&made, None).await.map_err(told)?;
        Ok(Arc::new(made))
    }

    async fn in_force(&self) -> Result<Vec<Waiver>, InspectError> {
        let all = self.0.bench.store.incidents().waivers(clock::now()).await;
        all.map_err(|e| InspectError::Failed(told(e)))
    }

    async fn add(&self, new: NewWaiver) -> Result<Waiver, InspectError> {
        let _one = self.0.waiving.lock().await;
        let open = self.in_force().await?.len();
        if open >= MOST_WAIVERS {
            return Err(InspectError::TooMany(open));
        }
        let made = clock::now();
        let NewWaiver { check, subject, owner, reason, until } = new;
        let moments = format!("{} {}", made.0, until.0);
        let id = message_id(&["waiver", &check, &subject, &moments, &owner, &reason]).into();
        let new = Waiver { id, check, subject, owner, reason, made, until, ended: None };
        let written = self.0.bench.store.incidents().waive(&new).await;
        written.map_err(|e| InspectError::Failed(told(e)))?;
        tracing::info!(id = %new.id, by = %new.owner, check = %new.check, "a risk was taken");
        *self.0.fresh.lock().await = None;
        Ok(new)
    }

    async fn end(&self, id: &str, by: Name) -> Result<Waiver, InspectError> {
        let _one = self.0.waiving.lock().await;
        let all = self.in_force().await?;
        let fitting: Vec<&Waiver> = all.iter().filter(|w| w.id.starts_with(id)).collect();
        let found = match fitting.as_slice() {
            [one] => *one,
            [] => return Err(InspectError::NotFound),
            several => {
                let ids = several.iter().take(8).map(|w| w.id.to_string());
                return Err(InspectError::Several(ids.collect()));
            }
        };
        let ended = EndedEarly { at: clock::now(), by };
        let written = self.0.bench.store.incidents().end_waiver(&found.id, &ended).await;
        written.map_err(|e| InspectError::Failed(told(e)))?;
        tracing::info!(id = %found.id, by = %ended.by, "a risk counts again");
        *self.0.fresh.lock().await = None;
        Ok(Waiver { ended: Some(ended), ..found.clone() })
    }

    /// Goes on by itself when nobody waits for it any more: who asks again gets what it made.
    fn apart<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, String>> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, InspectError>> {
        let task = tokio::spawn(work);
        async move {
            let done = task.await.map_err(|e| format!("the inspection broke down: {e}"));
            done.and_then(|made| made).map_err(InspectError::Failed)
        }
        .boxed()
    }
}

fn told(e: Error) -> String {
    tracing::error!(error = %e, "inspections cannot be read or kept");
    e.to_string()
}

/// What the checks ask of weeks, and no more of it; and the incidents of that time.
pub async fn past(minutes: &Minutes, store: &Store, checks: &[Inspection], at: Millis) -> Past {
    let mut past = Past::default();
    let asked = weeks(checks);
    let farthest = asked.values().copied().max().unwrap_or_default();
    for (job, incident) in troubled(store, at - farthest, at).await {
        past.was_in(job, incident);
    }
    for (name, far) in asked {
        match minutes.hours(&name, at - far, at + HOUR).await {
            Ok(all) => {
                for (subject, hours) in all {
                    if let Ok(subject) = subject.parse::<Subject>() {
                        past.put(subject, &name, hours);
                    }
                }
            }
            // what is not read is not known: the report says so
            Err(error) => tracing::error!(%error, %name, "history could not be read"),
        }
    }
    past
}

/// What went wrong since the report before.
///
/// # Errors
/// See [`Error`].
pub async fn incidents(
    store: &Store,
    s: &Snapshot,
    before: Option<&Inspected>,
) -> Result<Incidents, Error> {
    let from = since(before.map(|b| b.report.at), s.at);
    let HappenedSince { all, open, first } =
        store.incidents().happened(from, MAX_INCIDENTS).await?;
    Ok(build::incidents_since(s, from, all, open, &first))
}

/// The report, with what it is called and compared with.
pub fn judge(
    checks: &[Inspection],
    s: &Snapshot,
    before: Option<&Inspected>,
    waivers: &[Waiver],
    settings: &Inspect,
) -> Inspected {
    let team = |subject: &Subject| team_of(&settings.teams, subject);
    let report = inspect(checks, s, before.map(|b| &b.report), waivers, &team);
    let point = |b: &Inspected| Before { at: b.report.at, points: b.report.scores.estate.points };
    Inspected {
        report,
        estate: settings.estate.clone().unwrap_or_else(|| called(s)),
        zone: settings.zone.iana_name().unwrap_or("UTC").into(),
        before: before.filter(|b| b.report.judged_some()).map(point),
        ..Inspected::default()
    }
}

/// By its clusters.
fn called(s: &Snapshot) -> Name {
    const NAMED: usize = 4;
    let all: Vec<&str> = s.estate.flink.keys().map(|c| c.as_str()).collect();
    let more = if all.len() > NAMED { ", …" } else { "" };
    format!("{}{more}", all.get(..NAMED).unwrap_or(&all).join(", ")).into()
}

fn team_of(teams: &[Rule], subject: &Subject) -> Option<Name> {
    let (kind, name) = match subject {
        Subject::Topic { topic } | Subject::Partition { topic, .. } => {
            (PatternKind::Topic, &topic.topic)
        }
        other => (PatternKind::Job, &other.job()?.key),
    };
    let ours = |r: &&Rule| r.patterns.iter().any(|p| p.matches(kind, name));
    teams.iter().find(ours).map(|r| r.name.clone())
}

fn message(telling: &Telling, i: &Inspected) -> Option<Outgoing> {
    let kind = Happened::Inspection;
    if !telling.only.contains(&kind) {
        return None;
    }
    let at = i.report.at;
    let due = i.due.unwrap_or(at);
    let id = message_id(&["inspection", &due.0.to_string()]);
    let (s, says) = (i.report.summary(), build::inspection_says(i));
    let message = InspectionMessage {
        id: id.clone(),
        event: kind.name().to_owned(),
        at: at.0,
        estate: i.estate.to_string(),
        text: telling.language.pick(&says.en, &says.zh),
        points: s.scored().map(build::rounded),
        before: i.before.and_then(|b| b.points).map(build::rounded),
        high: s.high,
        high_new: s.high_new,
        low: s.low,
        low_new: s.low_new,
        fixed: s.fixed,
        page: format!("{}/#/inspection/{}", telling.page, at.0),
    };
    Some(Outgoing {
        id,
        incident: String::new(),
        kind: kind.name().to_owned(),
        made: at,
        body: serde_json::to_string(&message).ok()?,
        tries: 0,
        due: at,
    })
}

/// Runs until `stop`.
///
/// # Errors
/// None: what fails is tried again.
pub async fn inspect_loop(
    inspector: Inspector,
    handle: LoopHandle,
    stop: CancellationToken,
) -> Result<(), String> {
    let mut beat = Beat::every(EVERY, &stop);
    let mut answered = None;
    while beat.comes().await {
        handle.begin();
        let began = Instant::now();
        let outcome = tokio::select! {
            outcome = inspector.look(&mut answered, clock::now()) => outcome,
            // it is due still at the next start
            () = stop.cancelled() => return Ok(()),
        };
        handle.end(outcome.unwrap_or_else(|e| e), began.elapsed());
    }
    Ok(())
}

impl Inspector {
    /// Makes one if it is due. `answered`: the newest time that one was made for.
    async fn look(&self, answered: &mut Option<Millis>, now: Millis) -> Result<String, String> {
        let b = &self.0.bench;
        let Some(schedule) = &b.settings.schedule else { return Ok("never due".to_owned()) };
        let Some(due) = schedule.last(now) else { return Ok("never due".to_owned()) };
        let last = match *answered {
            Some(last) => last,
            None => b.store.incidents().inspection_due(due).await.map_err(told)?,
        };
        *answered = Some(last);
        if due <= last && last <= now + AHEAD {
            return Ok("not due".to_owned());
        }
        let seen = b.snapshot.load().at;
        if seen < b.started + WARM || seen < due {
            return Ok("due: the estate is looked at first".to_owned());
        }
        let (new, made) = self.make_due(due).await?;
        *answered = Some(due);
        let s = made.report.summary();
        if new {
            let points = build::points_or(s.points);
            tracing::info!(%points, high = s.high, low = s.low, "the estate was inspected");
        }
        Ok(format!("{} checks, {} high, {} low", s.checks, s.high, s.low))
    }
}

impl Inspections for Inspector {
    fn checks(&self) -> Vec<(Name, SubjectKind)> {
        (self.0.bench.checks)().iter().map(|c| (c.name.clone(), c.at)).collect()
    }

    fn timetable(&self) -> Timetable {
        let settings = &self.0.bench.settings;
        let schedule = settings.schedule.as_ref();
        Timetable {
            line: schedule.map(|s| s.line().to_owned()),
            zone: settings.zone.iana_name().unwrap_or("UTC").to_owned(),
            next: schedule.and_then(|s| s.next(clock::now())),
            most: INSPECTIONS_MAX,
        }
    }

    fn list(&self, limit: u32) -> BoxFuture<'_, Result<Vec<Head>, InspectError>> {
        async move {
            let all = self.0.bench.store.incidents().inspections(limit).await;
            let all = all.map_err(|e| InspectError::Failed(told(e)))?;
            let head = |h: InspectionHead| {
                let InspectionHead { at, due, by, summary, took_ms } = h;
                Head { at, due, by, summary, took_ms }
            };
            Ok(all.into_iter().map(head).collect())
        }
        .boxed()
    }

    fn report(&self, at: Millis) -> BoxFuture<'_, Result<Arc<Inspected>, InspectError>> {
        async move {
            let found = self.0.bench.store.incidents().inspection(at, false).await;
            let found = found.map_err(|e| InspectError::Failed(told(e)))?;
            found.map(Arc::new).ok_or(InspectError::NotFound)
        }
        .boxed()
    }

    fn now(&self) -> BoxFuture<'_, Result<Arc<Inspected>, InspectError>> {
        let me = self.clone();
        self.apart(async move { me.asked().await })
    }

    fn keep(&self, by: Name) -> BoxFuture<'_, Result<Arc<Inspected>, InspectError>> {
        let me = self.clone();
        self.apart(async move { me.kept(by).await })
    }

    fn waivers(&self) -> BoxFuture<'_, Result<Vec<Waiver>, InspectError>> {
        self.in_force().boxed()
    }

    fn waive(&self, new: NewWaiver) -> BoxFuture<'_, Result<Waiver, InspectError>> {
        self.add(new).boxed()
    }

    fn unwaive<'a>(&'a self, id: &'a str, by: Name) -> BoxFuture<'a, Result<Waiver, InspectError>> {
        self.end(id, by).boxed()
    }
}

#[cfg(test)]
mod tests;
