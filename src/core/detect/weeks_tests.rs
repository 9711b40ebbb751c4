//! Generated weeks of an exchange, nobody's estate: records come while it trades, in the first two
//! minutes 240 times the mean of the week, and what reads them is late then, every day. Lunch,
//! nights, weekends and a holiday are idle.

use super::*;
use crate::case::{Against, Calm, SymptomKind};
use crate::estate::*;
use crate::lineage::*;
use crate::past::{DELAY, INPUT_DELAY, LocalTime, PRODUCED, Season, Seasons};
use crate::signals::Signal;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const DAY_S: i64 = 86_400;
/// A Monday.
const MONDAY: i64 = 20_003;
const TICK: i64 = 10;
const PEAK: f64 = 12_000.0;

fn hm(h: i64, m: i64) -> i64 {
    h * 3600 + m * 60
}

/// Seconds into the generated weeks, with day and second of the day.
fn split(s: i64) -> (i64, i64) {
    (s.div_euclid(DAY_S), s.rem_euclid(DAY_S))
}

/// It opens and closes up to three minutes late; busy days are up to a half busier.
fn odd(day: i64) -> (i64, f64) {
    let n = (day * 7919).rem_euclid(13);
    ((n % 4) * 45, 0.9 + n as f64 * 0.04)
}

fn trades(s: i64) -> Option<i64> {
    let (day, t) = split(s);
    let late = odd(day).0;
    let open = day.rem_euclid(7) < 5 && day != HOLIDAY;
    (open && (hm(9, 30) + late..hm(15, 0) + late).contains(&t)).then(|| t - hm(9, 30) - late)
}

/// The Wednesday of the second week.
const HOLIDAY: i64 = 9;

fn rate(s: i64) -> f64 {
    let (day, t) = split(s);
    let (busy, evening) = (odd(day).1, (hm(21, 0)..hm(23, 0)).contains(&t));
    match trades(s) {
        Some(0..120) => PEAK * busy,
        _ if (hm(11, 30)..hm(13, 0)).contains(&t) => 0.0,
        Some(_) => 210.0 * busy,
        None if day.rem_euclid(7) < 5 && day != HOLIDAY && evening => 5.0,
        None => 0.0,
    }
}

/// It takes two minutes to fall 40 s behind and eight to catch up.
fn delay(s: i64) -> f64 {
    let busy = odd(split(s).0).1;
    match trades(s) {
        Some(t @ 0..120) => 0.3 + t as f64 / 3.0 * busy,
        Some(t @ 120..600) => 0.3 + (600 - t) as f64 / 12.0 * busy,
        _ if rate(s) > 0.0 => 0.3,
        _ => 0.0,
    }
}

fn moment(s: i64) -> Millis {
    Millis((MONDAY * DAY_S + s) * 1000)
}

fn topic() -> TopicId {
    TopicId::new(&ClusterId::new("k"), "ticks")
}

fn job() -> JobKey {
    JobKey::new(&ClusterId::new("f"), "book")
}

/// What is remembered of these days: `wrong` stands for what happened in place of it.
fn seasons(
    days: std::ops::Range<i64>,
    wrong: impl Fn(i64) -> Option<f64>,
    ill: &[(Millis, Millis)],
) -> Arc<Seasons> {
    let minutes = |of: &dyn Fn(i64) -> f64| -> Vec<(Millis, f64)> {
        let all = (days.start * 1440..days.end * 1440).map(|m| m * 60);
        all.map(|s| (moment(s), of(s))).collect()
    };
    let local = LocalTime::default();
    let mut seasons = Seasons::new(local.clone());
    let now = moment(days.end * DAY_S);
    let mut put = |subject: Subject, name, minutes: Vec<(Millis, f64)>| {
        seasons.put(subject, name, Season::of(&minutes, &local, ill, now));
    };
    put(Subject::Topic { topic: topic() }, PRODUCED, minutes(&rate));
    let late = |s| wrong(s).unwrap_or_else(|| delay(s).max(delay(s + 59)));
    put(Subject::Job { job: job() }, INPUT_DELAY, minutes(&late));
    put(Subject::Job { job: job() }, DELAY, minutes(&late));
    Arc::new(seasons)
}

/// The world as it is played, second by second.
struct Played {
    seasons: Arc<Seasons>,
    target_s: Option<f64>,
    rate: fn(i64) -> f64,
    delay: fn(i64) -> f64,
    /// It feeds a job that has to be in time within 20 s, and is as late as it is.
    feeds: bool,
}

impl Played {
    fn usual(seasons: Arc<Seasons>) -> Played {
        Played { seasons, target_s: None, rate, delay, feeds: false }
    }

    /// What is seen each two minutes of `[from, to]`, after two hours of looking.
    fn play(&self, from: i64, to: i64) -> Vec<(i64, Seen)> {
        let (flink, kafka) = (ClusterId::new("f"), ClusterId::new("k"));
        let mut estate = Estate::default();
        let partition =
            PartitionFact { id: 0, leader: None, replicas: vec![], isr: vec![], producers: None };
        let known = TopicFact {
            name: topic().topic,
            id: None,
            partitions: vec![partition],
            config: BTreeMap::new(),
        };
        estate.apply(Fact::Topics { cluster: kafka, topics: vec![known] }, moment(0));
        let run = |name: &str| JobSummary {
            run: RunId::new(name),
            name: name.into(),
            state: JobState::Running,
            start: moment(-DAY_S),
            end: None,
            last_modification: None,
            tasks: BTreeMap::new(),
        };
        let jobs = vec![run("book"), run("alerts")];
        estate.apply(Fact::Jobs { cluster: flink.clone(), jobs }, moment(from));
        let (between, alerts) =
            (TopicId::new(&ClusterId::new("k"), "trades"), JobKey::new(&flink, "alerts"));
        let after = Entity::EdgeRead { topic: between.clone(), job: alerts.clone() };
        let estate = Arc::new(estate);
        let mut signals = SeriesTable::default();
        let edge = Entity::EdgeRead { topic: topic(), job: job() };
        let end = Entity::Partition { topic: topic(), partition: 0 };
        let (mut offset, mut out) = (1000.0, Vec::new());
        for s in (from - 7200..=to).step_by(TICK as usize) {
            offset += (self.rate)(s) * TICK as f64;
            let seconds = (self.delay)(s);
            signals.record(&edge, Signal::EdgeAge, moment(s), seconds);
            signals.record(&end, Signal::EndOffset, moment(s), offset);
            signals.record(&after, Signal::EdgeAge, moment(s), seconds);
            if s < from || s % 120 != 0 {
                continue;
            }
            signals.trim(moment(s - 7200));
            let at = moment(s);
            let delay = |target_s: Option<f64>| Delay {
                now: Some(Reading { at, seconds, at_least: false }),
                records: Some(if (self.rate)(s) > 0.0 { 500.0 } else { 0.0 }),
                target_s,
                status: match target_s.is_some_and(|t| seconds > t) {
                    true => Status::Over,
                    false => Status::Normal,
                },
                ..Delay::unknown(Why::NoPosition)
            };
            let edge = |topic: TopicId, job: JobKey, kind, delay| {
                let (topic, job) = (NodeRef::Topic { topic }, NodeRef::Job { job });
                let reads = kind == EdgeKind::Reads;
                let (from, to) = if reads { (topic, job) } else { (job, topic) };
                let known_from = vec![KnownFrom::ConnectorMetrics];
                let (groups, unread_partitions) = (vec![], vec![]);
                Edge { from, to, kind, known_from, groups, delay, vertex: None, unread_partitions }
            };
            let mut edges = vec![edge(topic(), job(), EdgeKind::Reads, delay(self.target_s))];
            if self.feeds {
                edges.push(edge(between.clone(), job(), EdgeKind::Writes, delay(None)));
                edges.push(edge(
                    between.clone(),
                    alerts.clone(),
                    EdgeKind::Reads,
                    delay(Some(20.0)),
                ));
            }
            let seen = detect(&Snapshot {
                at,
                tick: Span::secs(TICK),
                estate: estate.clone(),
                signals: signals.clone(),
                lineage: Arc::new(Lineage { at, edges, ..Lineage::default() }),
                changes: Arc::default(),
                gaps: Arc::default(),
                past: Arc::default(),
                seasons: self.seasons.clone(),
                planned: Arc::default(),
                repairs: Arc::default(),
            });
            out.push((s, seen));
        }
        out
    }

    /// The first symptom of the time: after how many minutes.
    fn found(&self, from: i64, to: i64) -> Option<(i64, Symptom)> {
        let all = self.play(from, to);
        all.into_iter()
            .find_map(|(s, seen)| Some(((s - from) / 60, seen.symptoms.first()?.clone())))
    }
}

fn four_weeks() -> Arc<Seasons> {
    seasons(0..28, |_| None, &[])
}

const WEEK: (i64, i64) = (28 * DAY_S, 35 * DAY_S);
const TUESDAY: i64 = 29 * DAY_S;

fn symptoms(played: &[(i64, Seen)]) -> Vec<(i64, i64, SymptomKind)> {
    let of = |(s, seen): &(i64, Seen)| {
        let (day, t) = split(*s);
        seen.symptoms.iter().map(|x| (day, t / 60, x.kind)).collect::<Vec<_>>()
    };
    played.iter().flat_map(of).collect()
}

#[test]
fn the_fifth_week_is_no_incident_where_four_or_two_are_known() {
    let mean = (0..7 * DAY_S).map(rate).sum::<f64>() / (7 * DAY_S) as f64;
    assert!(PEAK >= 239.0 * mean, "the peak is {} times the mean", PEAK / mean);
    let played = Played::usual(four_weeks()).play(WEEK.0, WEEK.1);
    assert_eq!(symptoms(&played), []);
    // and it is said why: the ramp, and that nothing comes at noon and in the evening
    let seasonal = |topic: bool| {
        let all = played.iter().flat_map(|(_, seen)| &seen.calm);
        all.filter(|c| c.why == Calm::Seasonal && c.usual.is_some())
            .filter(|c| matches!(c.subject, Subject::Topic { .. }) == topic)
            .count()
    };
    assert!(seasonal(true) > 50 && seasonal(false) > 5, "{} {}", seasonal(true), seasonal(false));
    let two = Played::usual(seasons(14..28, |_| None, &[]));
    assert_eq!(symptoms(&two.play(WEEK.0, WEEK.0 + 2 * DAY_S)), []);
    // without them it is as it always was: what is usual is what was just before
    let none = Played::usual(Arc::default());
    let told = symptoms(&none.play(TUESDAY, TUESDAY + DAY_S));
    let has = |kind| told.iter().any(|x| x.2 == kind);
    assert!(has(SymptomKind::InputStopped) && has(SymptomKind::EdgeLate), "{told:?}");
}

#[test]
fn a_stop_a_surge_and_a_slow_function_are_found_among_them() {
    let usual = || Played::usual(four_weeks());
    let stop = |s: i64| if split(s).1 >= hm(10, 40) { 0.0 } else { rate(s) };
    let (after, found) =
        Played { rate: stop, ..usual() }.found(TUESDAY + hm(10, 40), TUESDAY + hm(11, 0)).unwrap();
    assert_eq!((after, found.kind), (2, SymptomKind::InputStopped));
    assert_eq!(found.season.map(|u| (u.level > 150.0, u.days)), Some((true, 4)));
    // as much as at the open, at night: it is late as at the open, and then it is not usual
    let surge = |s: i64| if split(s).1 < hm(2, 0) { rate(s) } else { PEAK };
    let late = |s: i64| match split(s).1 - hm(2, 0) {
        ..0 => 0.0,
        t => 0.3 + t as f64 / 3.0,
    };
    let (after, found) = Played { rate: surge, delay: late, ..usual() }
        .found(TUESDAY + hm(2, 0), TUESDAY + hm(2, 30))
        .unwrap();
    assert_eq!((after, found.kind), (2, SymptomKind::EdgeLate));
    // slow from the open on: it does not catch up
    let slow = |s: i64| trades(s).map_or(0.0, |t| t as f64 / 3.0);
    let open = TUESDAY + hm(9, 30);
    let (after, found) = Played { delay: slow, ..usual() }.found(open, open + 1800).unwrap();
    let season = found.season.unwrap();
    assert!((4..=8).contains(&after), "{after} min: {found:?}");
    assert!(season.most.is_some_and(|m| (40.0..70.0).contains(&m)), "{season:?}");
    // slow after the peak: nothing of it became usual for the hours behind it
    let slow = |s: i64| match split(s).1 - hm(10, 30) {
        ..0 => delay(s),
        t => 0.3 + t as f64 / 4.0,
    };
    let begin = TUESDAY + hm(10, 30);
    let (after, found) = Played { delay: slow, ..usual() }.found(begin, begin + 1800).unwrap();
    assert!(after <= 2 && found.threshold.is_some_and(|t| t < 10.0), "{after} min: {found:?}");
    assert!(found.onset >= moment(begin - 60) && found.onset <= moment(begin + 30), "{found:?}");
}

#[test]
fn what_is_declared_counts_whatever_is_usual() {
    let open = TUESDAY + hm(9, 30);
    let wanted = Played { target_s: Some(20.0), ..Played::usual(four_weeks()) };
    let (_, found) = wanted.found(open, open + 1800).unwrap();
    assert_eq!((found.against, found.threshold), (Against::Target, Some(20.0)));
    let lenient = Played { target_s: Some(120.0), ..Played::usual(four_weeks()) };
    assert_eq!(lenient.found(open, open + 1800), None);
    // who feeds a job that misses its target is told as well, or nobody could say why
    let feeds = Played { feeds: true, ..Played::usual(four_weeks()) }.play(open, open + 1800);
    let told = feeds.iter().map(|(_, seen)| {
        let missed = seen.symptoms.iter().any(|s| s.against == Against::Target);
        let book = |job: Option<&JobKey>| job.is_some_and(|j| &*j.key == "book");
        let excused = |c: &NoTrouble| c.why == Calm::Seasonal && book(c.subject.job());
        let symptom = seen.symptoms.iter().any(|s| book(s.job.as_ref()));
        (missed, symptom, seen.calm.iter().any(excused))
    });
    let told: BTreeSet<(bool, bool, bool)> = told.collect();
    assert!(
        told.contains(&(true, true, false)) && told.contains(&(false, false, true)),
        "{told:?}"
    );
    assert!(!told.contains(&(true, false, true)), "{told:?}");
}

#[test]
fn an_incident_in_the_third_week_does_not_become_usual() {
    // on Monday and Tuesday from ten to noon ten minutes late
    let days = [14, 15];
    let wrong = move |s: i64| {
        let (day, t) = split(s);
        (days.contains(&day) && (hm(10, 0)..hm(12, 0)).contains(&t)).then_some(600.0)
    };
    let ill = days.map(|d| (moment(d * DAY_S + hm(10, 0)), moment(d * DAY_S + hm(12, 0))));
    let slow = |s: i64| match split(s).1 - hm(10, 30) {
        ..0 => delay(s),
        t => 0.3 + t as f64 / 4.0,
    };
    let begin = TUESDAY + hm(10, 30);
    let found = |seasons| {
        let played = Played { delay: slow, ..Played::usual(seasons) };
        played.found(begin, begin + 3000).and_then(|(_, found)| found.threshold)
    };
    let soon = |t: Option<f64>| t.is_some_and(|t| t < 10.0);
    // of two weeks these are half of the days
    assert!(soon(found(seasons(14..28, wrong, &ill))));
    assert!(soon(found(seasons(0..28, wrong, &ill))));
    assert_eq!(found(seasons(14..28, wrong, &[])), None, "or else it would");
}
