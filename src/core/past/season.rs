//! What is usual at a time of day and of the week: minutes of weeks, folded by the quarter of an
//! hour and the weekday. A peak that comes every morning is known as one, and teaches nothing about
//! the quiet hours.

use crate::estate::{Millis, Span, Subject, SubjectKind};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// Measures of [`super::KEPT`] that something is held against by the time of day.
pub const SEASONAL: [(SubjectKind, &str); 3] =
    [(SubjectKind::Topic, PRODUCED), (SubjectKind::Job, DELAY), (SubjectKind::Job, INPUT_DELAY)];
pub const PRODUCED: &str = "produce_rate";
pub const DELAY: &str = "delay";
pub const INPUT_DELAY: &str = "input_delay";

/// A quarter of an hour. What begins some minutes early or late is found in the slots beside.
const SLOT_MIN: i64 = 15;
const SLOTS: usize = 96;
const MINUTE_MS: i64 = 60_000;
const DAY_MIN: i64 = 1440;
/// A day says something of a slot where a third of it was seen.
const SEEN: u32 = 5;
/// Days that make something usual: of the same weekday, of working days or weekends, of any.
const SAME: usize = 2;
const ANY: usize = 3;
/// Days differ: the worst minute is not taken from further away than three deviations (of the
/// median, as of a normal distribution) from the middle of the days.
const SPREAD: f64 = 3.0 * 1.4826;

/// How far local time is ahead of UTC, since when: what a time zone comes to over some weeks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalTime(Vec<(Millis, Span)>);

impl LocalTime {
    /// Oldest first; before the first and without any it is UTC.
    pub fn new(ahead: Vec<(Millis, Span)>) -> LocalTime {
        LocalTime(ahead)
    }

    /// Minutes since 1970 as the clocks on the wall show it.
    fn minute(&self, at: Millis) -> i64 {
        let n = self.0.partition_point(|(since, _)| *since <= at);
        let ahead = n.checked_sub(1).and_then(|i| self.0.get(i)).map_or(0, |(_, ahead)| ahead.0);
        (at.0 + ahead).div_euclid(MINUTE_MS)
    }
}

/// Which days are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alike {
    Weekday,
    /// Monday to Friday.
    Workdays,
    /// Saturday and Sunday.
    Weekend,
    AnyDay,
    /// Days before today by the times of Kafka's records: no minutes of ours are known.
    RecordTimes,
}

/// What is usual at one time of day, in the unit of the measure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Usual {
    /// The mean of the quarter of an hour, of the middle one of the days.
    pub level: f64,
    /// The least and the most of that within the quarters before and after; of the most the worst
    /// minute.
    pub least: f64,
    /// None: nobody knows single minutes.
    pub most: Option<f64>,
    pub alike: Alike,
    /// So many days are known.
    pub days: u8,
    /// Minute of the day where the estate is, and the day of the week (0: Monday).
    pub minute: u16,
    pub weekday: u8,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Slot {
    level: f32,
    most: f32,
    /// 0: nothing is known of it.
    days: u8,
    alike: Alike,
}

const UNKNOWN: Slot = Slot { level: 0.0, most: 0.0, days: 0, alike: Alike::AnyDay };

/// A week of one measure. Weekdays that are the same are kept once.
#[derive(Clone, Debug, PartialEq)]
pub struct Season {
    rows: Vec<[Slot; SLOTS]>,
    of: [u8; 7],
}

/// A slot of one day.
#[derive(Clone, Copy, Default)]
struct Seen {
    sum: f64,
    most: f64,
    known: u32,
    /// Some of it lay in an incident.
    ill: bool,
}

/// A slot of one day, ready to be compared.
#[derive(Clone, Copy)]
struct Day {
    level: f64,
    most: f64,
    ill: bool,
}

impl Season {
    /// Out of minutes, oldest first. Days that are not over at `now` do not train it, and minutes of
    /// incidents (`ill`: from, to; sorted) only where most such days had one at that time: then it
    /// is how the days are. None: too little is known of every slot.
    pub fn of(
        minutes: &[(Millis, f64)],
        local: &LocalTime,
        ill: &[(Millis, Millis)],
        now: Millis,
    ) -> Option<Season> {
        let today = local.minute(now).div_euclid(DAY_MIN);
        let first = local.minute(minutes.first()?.0).div_euclid(DAY_MIN);
        // no more than is kept: a clock that was wrong for a while must not make a table of years
        let first = first.max(today - super::Limits::default().keep.0 / MINUTE_MS / DAY_MIN - 1);
        let days = usize::try_from(today - first).ok()?;
        let mut seen = vec![[Seen::default(); SLOTS]; days];
        let mut ills = ill.iter().peekable();
        for (at, value) in minutes.iter().filter(|(_, v)| v.is_finite()) {
            while ills.next_if(|(_, to)| to < at).is_some() {}
            let minute = local.minute(*at);
            let day = usize::try_from(minute.div_euclid(DAY_MIN) - first).ok();
            let Some(slots) = day.and_then(|d| seen.get_mut(d)) else { continue };
            if let Some(s) = slots.get_mut(slot_of(minute)) {
                s.most = if s.known == 0 { *value } else { s.most.max(*value) };
                s.sum += value;
                s.known += 1;
                s.ill |= ills.peek().is_some_and(|(from, _)| from <= at);
            }
        }
        let mut season = Season { rows: Vec::new(), of: [0; 7] };
        for weekday in 0..7u8 {
            let row: [Slot; SLOTS] =
                std::array::from_fn(|slot| fold_slot(&seen, first, weekday, slot));
            let there = season.rows.iter().position(|r| *r == row);
            let n = there.unwrap_or_else(|| {
                season.rows.push(row);
                season.rows.len() - 1
            });
            if let (Some(of), Ok(n)) = (season.of.get_mut(usize::from(weekday)), u8::try_from(n)) {
                *of = n;
            }
        }
        season.rows.shrink_to_fit();
        let known = season.rows.iter().flatten().any(|s| s.days > 0);
        known.then_some(season)
    }

    fn slot(&self, minute: i64) -> Option<&Slot> {
        let row = self.of.get(usize::from(weekday(minute.div_euclid(DAY_MIN))))?;
        self.rows.get(usize::from(*row))?.get(slot_of(minute)).filter(|s| s.days > 0)
    }

    /// At a moment; None: not known.
    fn at(&self, minute: i64) -> Option<Usual> {
        let here = self.slot(minute)?;
        let near = [minute - SLOT_MIN, minute, minute + SLOT_MIN];
        let near = || near.into_iter().filter_map(|m| self.slot(m));
        let least = near().map(|s| s.level).fold(here.level, f32::min);
        let most = near().map(|s| s.most).fold(here.most, f32::max);
        Some(Usual {
            level: here.level.into(),
            least: least.into(),
            most: Some(most.into()),
            alike: here.alike,
            days: here.days,
            minute: u16::try_from(minute.rem_euclid(DAY_MIN)).unwrap_or(0),
            weekday: weekday(minute.div_euclid(DAY_MIN)),
        })
    }

    fn bytes(&self) -> usize {
        size_of::<Season>() + self.rows.len() * size_of::<[Slot; SLOTS]>()
    }
}

fn slot_of(minute: i64) -> usize {
    usize::try_from(minute.rem_euclid(DAY_MIN) / SLOT_MIN).unwrap_or(0)
}

/// 0: Monday. The first of January 1970 was a Thursday.
fn weekday(day: i64) -> u8 {
    u8::try_from((day + 3).rem_euclid(7)).unwrap_or(0)
}

/// The same weekday where it is known, else days of its kind, else any.
fn fold_slot(seen: &[[Seen; SLOTS]], first: i64, of: u8, slot: usize) -> Slot {
    let weekend = |w: u8| w >= 5;
    let days = |alike: &dyn Fn(u8) -> bool| -> Vec<Day> {
        let all = seen.iter().enumerate();
        let fit = all.filter(|(n, _)| i64::try_from(*n).is_ok_and(|n| alike(weekday(first + n))));
        fit.filter_map(|(_, slots)| slots.get(slot))
            .filter(|s| s.known >= SEEN)
            .map(|s| Day { level: s.sum / f64::from(s.known), most: s.most, ill: s.ill })
            .collect()
    };
    let kind = if weekend(of) { Alike::Weekend } else { Alike::Workdays };
    fold_days(days(&|w| w == of), SAME, Alike::Weekday)
        .or_else(|| fold_days(days(&|w| weekend(w) == weekend(of)), SAME, kind))
        .or_else(|| fold_days(days(&|_| true), ANY, Alike::AnyDay))
        .unwrap_or(UNKNOWN)
}

fn fold_days(mut days: Vec<Day>, least: usize, alike: Alike) -> Option<Slot> {
    let ill = days.iter().filter(|d| d.ill).count();
    if ill * 2 <= days.len() {
        days.retain(|d| !d.ill);
    }
    if days.len() < least {
        return None;
    }
    let level = middle(days.iter().map(|d| d.level).collect())?;
    let most = middle(days.iter().map(|d| d.most).collect())?;
    let off = middle(days.iter().map(|d| (d.most - most).abs()).collect())?;
    let worst = days.iter().map(|d| d.most).fold(f64::NEG_INFINITY, f64::max);
    let most = (most + SPREAD * off).min(worst);
    let n = u8::try_from(days.len()).unwrap_or(u8::MAX);
    Some(Slot { level: level as f32, most: most as f32, days: n, alike })
}

/// The median; of two in the middle their mean.
fn middle(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().checked_sub(1)? / 2, values.len() / 2);
    Some((values.get(low)? + values.get(high)?) / 2.0)
}

/// What is usual, of all for whom it was asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seasons {
    pub local: LocalTime,
    of: HashMap<Subject, Vec<(&'static str, Arc<Season>)>>,
}

impl Seasons {
    pub fn new(local: LocalTime) -> Seasons {
        Seasons { local, of: HashMap::new() }
    }

    /// `name`: one of [`SEASONAL`]; None: nothing is known of it any more.
    pub fn put(&mut self, subject: Subject, name: &'static str, season: Option<Season>) {
        let all = self.of.entry(subject).or_default();
        all.retain(|(n, _)| *n != name);
        all.extend(season.map(|s| (name, Arc::new(s))));
    }

    /// What others know of those that are wanted.
    pub fn keep(&mut self, others: &Seasons, wanted: impl Fn(&Subject, &'static str) -> bool) {
        for (subject, all) in &others.of {
            let kept = all.iter().filter(|(name, _)| wanted(subject, name)).cloned().collect();
            self.of.insert(subject.clone(), kept);
        }
        self.of.retain(|_, all| !all.is_empty());
    }

    /// One measure of one subject, to be asked for several moments.
    pub fn of(&self, subject: &Subject, name: &str) -> Option<Here<'_>> {
        let all = self.of.get(subject)?;
        let season = all.iter().find(|(n, _)| *n == name).map(|(_, s)| &**s)?;
        Some(Here { season, local: &self.local })
    }

    pub fn at(&self, subject: &Subject, name: &str, at: Millis) -> Option<Usual> {
        self.of(subject, name)?.at(at)
    }

    /// How many, and what they take in memory, bytes (without the subjects' names).
    pub fn size(&self) -> (usize, usize) {
        let all = || self.of.values().flatten();
        (all().count(), all().map(|(_, s)| s.bytes()).sum())
    }
}

/// A week of one measure of one subject.
#[derive(Clone, Copy)]
pub struct Here<'a> {
    season: &'a Season,
    local: &'a LocalTime,
}

impl Here<'_> {
    pub fn at(&self, at: Millis) -> Option<Usual> {
        self.season.at(self.local.minute(at))
    }
}

#[cfg(test)]
#[path = "season_tests.rs"]
mod tests;
