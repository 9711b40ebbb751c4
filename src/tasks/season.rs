//! What is usual at a time of day, out of the minutes of weeks: read for whoever is there a minute
//! after the start, and again some times a day. It may fail without anything else failing: then what
//! was just before is usual, as without any weeks.

use super::{Beat, LoopHandle, World};
use crate::clock;
use crate::store::Store;
use crate::store::db::Troubled;
use crate::store::minutes::Minutes;
use arc_swap::ArcSwap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use streamwarden_core::estate::{JobKey, Millis, Name, Span, Subject, TopicId};
use streamwarden_core::lineage::{Edge, NodeRef};
use streamwarden_core::past::{
    DELAY, INPUT_DELAY, Limits, LocalTime, PRODUCED, SEASONAL, Season, Seasons, Trouble,
};
use streamwarden_core::snapshot::Snapshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether somebody is new.
pub const EVERY: Duration = Duration::from_secs(60);
/// The first looks at the estate come first.
const AFTER: Duration = Duration::from_secs(30);
/// Days that are over train it: more often than this brings little.
const AGAIN: Duration = Duration::from_secs(6 * 3600);
/// Between two series: pages and minutes read the same database.
const PAUSE: Duration = Duration::from_millis(5);
/// More are left out: about 60 MB.
const MOST: usize = 6000;
/// How far ahead changes of the clocks are known; it is read again long before.
const AHEAD: Span = Span::secs(3 * 86_400);
const DAY: Span = Span::secs(86_400);

/// Of what it is made.
pub struct Memory {
    pub minutes: Arc<Minutes>,
    pub store: Arc<Store>,
    /// By which clocks people live there.
    pub zone: TimeZone,
}

/// Whose, which measure.
type Of = (Subject, &'static str);

/// Runs until `stop`.
///
/// # Errors
/// Folding broke down.
pub async fn season_loop(
    world: World,
    snapshot: Arc<ArcSwap<Snapshot>>,
    memory: Memory,
    handle: LoopHandle,
    stop: CancellationToken,
) -> Result<(), String> {
    let mut beat = Beat::every(EVERY, &stop);
    let begun = Instant::now();
    let mut reader = Reader { memory, seasons: Arc::default(), read: HashMap::new(), failed: 0 };
    while beat.comes().await {
        if begun.elapsed() < AFTER {
            continue;
        }
        handle.begin();
        let began = Instant::now();
        let wanted = wanted(&snapshot.load());
        if reader.look(&wanted, clock::now(), &stop).await? {
            world.usual(reader.seasons.clone());
        }
        handle.end(reader.told(wanted.len()), began.elapsed());
    }
    Ok(())
}

/// Everybody who is there, with the jobs whose incidents are theirs; at most [`MOST`].
fn wanted(s: &Snapshot) -> BTreeMap<Subject, (Vec<&'static str>, BTreeSet<JobKey>)> {
    let mut all = BTreeMap::new();
    for job in s.estate.jobs.values().filter(|j| j.gone.is_none()) {
        let of = BTreeSet::from([job.key.clone()]);
        all.insert(Subject::Job { job: job.key.clone() }, (vec![DELAY, INPUT_DELAY], of));
    }
    for edge in &s.lineage.edges {
        let Some((topic, job)) = ends(edge) else { continue };
        let topic = Subject::Topic { topic: topic.clone() };
        let (_, jobs) = all.entry(topic).or_insert((vec![PRODUCED], BTreeSet::new()));
        jobs.insert(job.clone());
    }
    while all.len() > MOST / 2 {
        all.pop_last();
    }
    all
}

fn ends(edge: &Edge) -> Option<(&TopicId, &JobKey)> {
    match (&edge.from, &edge.to) {
        (NodeRef::Topic { topic }, NodeRef::Job { job })
        | (NodeRef::Job { job }, NodeRef::Topic { topic }) => Some((topic, job)),
        _ => None,
    }
}

struct Reader {
    memory: Memory,
    seasons: Arc<Seasons>,
    /// When each was read last, known or not.
    read: HashMap<Of, Instant>,
    failed: u64,
}

impl Reader {
    fn told(&self, wanted: usize) -> String {
        let (known, bytes) = self.seasons.size();
        let failed = match self.failed {
            0 => String::new(),
            n => format!(", {n} could not be read"),
        };
        format!("{known} weeks of {wanted} jobs and topics are known, {} KB{failed}", bytes / 1000)
    }

    /// Reads what is due; whether anything was.
    async fn look(
        &mut self,
        wanted: &BTreeMap<Subject, (Vec<&'static str>, BTreeSet<JobKey>)>,
        now: Millis,
        stop: &CancellationToken,
    ) -> Result<bool, String> {
        let there = |of: &Of| wanted.get(&of.0).is_some_and(|(names, _)| names.contains(&of.1));
        self.read.retain(|of, _| there(of));
        let all = wanted.iter().flat_map(|(s, (names, _))| names.iter().map(|n| (s.clone(), *n)));
        let fresh = |of: &Of| self.read.get(of).is_some_and(|at| at.elapsed() < AGAIN);
        let due: Vec<Of> = all.filter(|of| !fresh(of)).collect();
        if due.is_empty() {
            return Ok(false);
        }
        let from = now - Limits::default().keep - DAY;
        let local = local(&self.memory.zone, from, now + AHEAD);
        let ill = self.ill(from, now).await;
        let kept = self.kept().await;
        let mut next = Seasons::new(local.clone());
        next.keep(&self.seasons, |subject, name| there(&(subject.clone(), name)));
        for (subject, name) in due {
            if stop.is_cancelled() {
                return Ok(false);
            }
            self.read.insert((subject.clone(), name), Instant::now());
            let id = subject.to_string();
            if !kept.contains(&(name, id.clone())) {
                continue;
            }
            let minutes = match self.memory.minutes.series(&id, name, from, now).await {
                Ok(minutes) => minutes,
                Err(error) => {
                    tracing::warn!(%error, %id, name, "weeks could not be read; what was known stays");
                    self.failed += 1;
                    continue;
                }
            };
            let jobs = wanted.get(&subject).map(|(_, jobs)| jobs);
            let mut ill: Vec<(Millis, Millis)> =
                jobs.into_iter().flatten().filter_map(|j| ill.get(j)).flatten().copied().collect();
            ill.sort_unstable();
            let at = local.clone();
            let folded =
                tokio::task::spawn_blocking(move || Season::of(&minutes, &at, &ill, now)).await;
            let folded = folded.map_err(|e| format!("what is usual could not be told: {e}"))?;
            next.put(subject, name, folded);
            tokio::time::sleep(PAUSE).await;
        }
        self.seasons = Arc::new(next);
        Ok(true)
    }

    /// When each job was in an incident.
    async fn ill(&self, since: Millis, now: Millis) -> HashMap<JobKey, Vec<(Millis, Millis)>> {
        let mut ill: HashMap<JobKey, Vec<(Millis, Millis)>> = HashMap::new();
        for (job, Trouble { from, to, .. }) in troubled(&self.memory.store, since, now).await {
            ill.entry(job).or_default().push((from, to));
        }
        ill
    }

    /// Of whom anything is remembered.
    async fn kept(&self) -> BTreeSet<(&'static str, String)> {
        let mut all = BTreeSet::new();
        for name in BTreeSet::from(SEASONAL.map(|(_, name)| name)) {
            all.extend(self.memory.minutes.subjects(name).await.into_iter().map(|s| (name, s)));
        }
        all
    }
}

/// In which incidents each job was since; one that is open is not over before `now`. What cannot be
/// read is none.
pub async fn troubled(store: &Store, since: Millis, now: Millis) -> Vec<(JobKey, Trouble)> {
    let all = store.incidents().troubled(since).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "incidents of the past could not be read: they count as any time");
        Vec::new()
    });
    let mut out = Vec::new();
    for Troubled { from, to, jobs, cause } in all {
        let incident = Trouble { from, to: to.unwrap_or(now), cause: cause.map(Name::from) };
        let keys = jobs.iter().filter_map(|word| word.parse::<Subject>().ok());
        let keys = keys.filter_map(|s| s.job().cloned());
        out.extend(keys.map(|key| (key, incident.clone())));
    }
    out
}

/// What a zone comes to from then to then.
fn local(zone: &TimeZone, from: Millis, to: Millis) -> LocalTime {
    let Ok(first) = Timestamp::from_millisecond(from.0) else { return LocalTime::default() };
    let ahead = |seconds: i32| Span::secs(seconds.into());
    let changes = zone.following(first).map(|t| (Millis(t.timestamp().as_millisecond()), t));
    let changes = changes.take_while(|(at, _)| *at <= to);
    let changes = changes.map(|(at, t)| (at, ahead(t.offset().seconds())));
    let begin = (from, ahead(zone.to_offset(first).seconds()));
    LocalTime::new(std::iter::once(begin).chain(changes).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::db::{Batch, Findable};
    use crate::web::testdata;
    use streamwarden_core::keep::Minute;
    use streamwarden_core::past::Alike;

    #[test]
    fn a_zone_is_known_with_its_changes() {
        let at = |text: &str| Millis(text.parse::<Timestamp>().unwrap().as_millisecond());
        let told = |zone: &str| {
            let zone = TimeZone::get(zone).unwrap();
            local(&zone, at("2026-10-20T00:00:00Z"), at("2026-11-20T00:00:00Z"))
        };
        let hours = |h: i64| Span::secs(h * 3600);
        let begin = at("2026-10-20T00:00:00Z");
        let berlin = vec![(begin, hours(2)), (at("2026-10-25T01:00:00Z"), hours(1))];
        assert_eq!(told("Europe/Berlin"), LocalTime::new(berlin));
        assert_eq!(told("Asia/Shanghai"), LocalTime::new(vec![(begin, hours(8))]));
    }

    /// Generated: eight days of minutes, an hour of each busy; on the last two an incident.
    #[tokio::test]
    async fn weeks_are_read_for_whoever_is_there_and_incidents_train_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let minutes = Minutes::open(&dir.path().join("minutes.db"), Limits::default()).await;
        let minutes = Arc::new(minutes.unwrap());
        let day = 20_003 * DAY.0;
        let snapshot = testdata::snapshot();
        let job = testdata::job("dwd-order-stats");
        let of = Subject::Job { job: job.clone() };
        let told = |minute: i64| {
            let (n, m) = (minute / 1440, minute % 1440);
            let ill = n >= 6 && (600..660).contains(&m);
            if ill {
                900.0
            } else if (540..600).contains(&m) {
                20.0
            } else {
                1.0
            }
        };
        let at = |minute: i64| Millis(day + minute * 60_000);
        for minute in (0..8 * 1440).step_by(2) {
            let point = Minute { of: of.to_string().into(), name: DELAY, value: told(minute) };
            minutes.write(at(minute), &[point]).await.unwrap();
        }
        let (store, _) = Store::open(dir.path(), at(0), Span::secs(3600)).await.unwrap();
        let incidents = (6..8).map(|n| {
            let incident = testdata::record().incident;
            let id = streamwarden_core::case::IncidentId(format!("{n:016x}").into());
            let (onset, closed) = (at(n * 1440 + 600), Some(at(n * 1440 + 660)));
            let jobs = vec![of.to_string(), "dwd-order-stats".to_owned()];
            let mut diagnosis = incident.diagnosis.clone();
            if n == 7 {
                let cause = "code.udf_stuck".into();
                diagnosis.verdict = streamwarden_core::case::Verdict::Root { cause };
            }
            let incident = streamwarden_core::case::Incident {
                id,
                diagnosis,
                onset,
                opened: onset,
                closed,
                state: streamwarden_core::case::IncidentState::Closed,
                ..incident
            };
            (incident, Findable { jobs, ..Findable::default() })
        });
        let batch = Batch { incidents: incidents.collect(), ..Batch::default() };
        store.incidents().save(&batch, at(8 * 1440)).await.unwrap();
        let memory = Memory { minutes, store: Arc::new(store), zone: TimeZone::UTC };
        let mut reader =
            Reader { memory, seasons: Arc::default(), read: HashMap::new(), failed: 0 };
        let (wanted, now) = (wanted(&snapshot), at(8 * 1440));
        let stop = CancellationToken::new();
        assert!(reader.look(&wanted, now, &stop).await.unwrap());
        assert!(!reader.look(&wanted, now, &stop).await.unwrap(), "nobody is new");
        let usual = |m: i64| reader.seasons.at(&of, DELAY, at(8 * 1440 + m)).unwrap();
        let noon = usual(12 * 60);
        assert_eq!((noon.level, noon.alike, noon.days), (1.0, Alike::Workdays, 6));
        assert_eq!((usual(9 * 60 + 20).level, usual(10 * 60 + 20).level), (20.0, 1.0));
        assert_eq!(reader.seasons.size().0, 1);
        let of_whom = troubled(&reader.memory.store, at(0), now).await;
        let named = of_whom.iter().map(|(key, i)| (key == &job, i.cause.as_deref()));
        assert_eq!(named.collect::<Vec<_>>(), [(true, None), (true, Some("code.udf_stuck"))]);
    }
}
