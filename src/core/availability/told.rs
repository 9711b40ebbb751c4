//! Shares of days and months, what is left of the error budget, and who spent it.

use super::minute_of;
use crate::estate::{Millis, Span};
use crate::past::{HOUR, Hour, MINUTE};
use std::collections::{BTreeMap, BTreeSet};

pub const DAY: Span = Span::secs(86_400);

/// One day or month of one thing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    pub from: Millis,
    pub to: Millis,
    /// Minutes that are known, those of them that were within, and those of which nothing is known.
    pub known: u32,
    pub within: u32,
    pub unknown: u32,
}

impl Share {
    /// 0 to 1; None: nothing is known of it.
    pub fn share(&self) -> Option<f64> {
        (self.known > 0).then(|| f64::from(self.within) / f64::from(self.known))
    }

    pub fn out(&self) -> u32 {
        self.known.saturating_sub(self.within)
    }
}

/// Without the minutes that were out under announced work, so many in each period. More than were
/// out are none of these.
pub fn without(shares: &[Share], planned: &[u32]) -> Vec<Share> {
    let one = |(s, n): (&Share, &u32)| Share { known: s.known - (*n).min(s.out()), ..*s };
    shares.iter().zip(planned).map(one).collect()
}

/// Minutes of [`super::PLANNED`] by the periods between `edges` (oldest first).
pub fn planned(hours: &[Hour], edges: &[Millis]) -> Vec<u32> {
    let period = |w: &[Millis]| {
        let [from, to] = w else { return 0 };
        let within = hours.iter().filter(|h| h.start >= *from && h.start < *to);
        within.map(|h| u32::from(h.known)).sum()
    };
    edges.windows(2).map(period).collect()
}

/// Hours of [`super::WITHIN`] (oldest first) by the periods between `edges` (oldest first). Before
/// the first minute that is known nothing counts as unknown: nobody looked yet. Which of its hour
/// that was is not kept: the minutes that the hour lacks are taken to lie before it, unless we began
/// to look (`looked`) in that hour or the one before; then they were looked at, and are unknown. An
/// hour belongs to the period in which it begins.
pub fn shares(hours: &[Hour], edges: &[Millis], looked: Millis) -> Vec<Share> {
    let now = edges.last().copied();
    let since = hours.first().map(|h| {
        let over = (h.start + HOUR).min(now.unwrap_or(h.start));
        // what began before the first edge was looked at before it, too
        let from_before = edges.first().is_some_and(|first| h.start <= *first);
        let first = (over - Span(i64::from(h.known) * MINUTE.0)).max(h.start);
        let begun = looked < over && looked >= h.start - HOUR;
        match from_before {
            true => h.start,
            false if begun => first.min(looked),
            false => first,
        }
    });
    let period = |w: &[Millis]| {
        let [from, to] = w else { return None };
        let mut share = Share { from: *from, to: *to, known: 0, within: 0, unknown: 0 };
        for hour in hours.iter().filter(|h| h.start >= *from && h.start < *to) {
            share.known += u32::from(hour.known);
            // a mean of ones and noughts, kept in single precision
            share.within += (hour.mean * f64::from(hour.known)).round() as u32;
        }
        let looked = since.map_or(0, |since| (*to - since.max(*from)).0.max(0) / MINUTE.0);
        share.unknown = u32::try_from(looked).unwrap_or(u32::MAX).saturating_sub(share.known);
        Some(share)
    };
    edges.windows(2).filter_map(period).collect()
}

/// Of what is looked at since `since` and of which no minute is known, by the periods between
/// `edges` (oldest first).
pub fn unseen(since: Millis, edges: &[Millis]) -> Vec<Share> {
    let period = |w: &[Millis]| {
        let [from, to] = w else { return None };
        let unknown = (*to - since.max(*from)).0.max(0) / MINUTE.0;
        let unknown = u32::try_from(unknown).unwrap_or(u32::MAX);
        Some(Share { from: *from, to: *to, known: 0, within: 0, unknown })
    };
    edges.windows(2).filter_map(period).collect()
}

/// What may go wrong in a time, and what of it did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// Share of minutes that are to be within, 0 to 1.
    pub objective: f64,
    /// Minutes that may be out, over all that were looked at.
    pub minutes: f64,
    /// Minutes that were.
    pub spent: u32,
}

impl Budget {
    /// Negative: more was spent than there is.
    pub fn left(&self) -> f64 {
        self.minutes - f64::from(self.spent)
    }

    /// More was spent than there is, or than a whole day has where less was looked at: a minute
    /// after the start one minute is half of all, and tells little.
    pub fn overspent(&self) -> bool {
        let day = (1.0 - self.objective) * (DAY.0 / MINUTE.0) as f64;
        f64::from(self.spent) > self.minutes.max(day)
    }
}

/// Over all the periods together.
pub fn budget(shares: &[Share], objective: f64) -> Budget {
    let all: u64 = shares.iter().map(|s| u64::from(s.known) + u64::from(s.unknown)).sum();
    Budget {
        objective,
        minutes: (1.0 - objective) * all as f64,
        spent: shares.iter().map(Share::out).fold(0, u32::saturating_add),
    }
}

/// Who spent how much of it. `of` None: no incident was open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spender<I> {
    pub of: Option<I>,
    pub minutes: u32,
    pub first: Millis,
}

/// Each minute that was out goes to the incident that began first of those that were on then, so
/// that the sum is what was spent. `incidents`: onset, and when it was over (None: it is open).
/// Most first.
pub fn spenders<I: Clone + Ord>(
    out: &BTreeSet<Millis>,
    incidents: &[(I, Millis, Option<Millis>)],
) -> Vec<Spender<I>> {
    let mut by: BTreeMap<Option<I>, Spender<I>> = BTreeMap::new();
    for minute in out {
        let on = |(_, onset, end): &&(I, Millis, Option<Millis>)| {
            minute_of(*onset) <= *minute && end.is_none_or(|end| *minute <= end)
        };
        let first = incidents.iter().filter(on).min_by_key(|(id, onset, _)| (*onset, id.clone()));
        let of = first.map(|(id, _, _)| id.clone());
        let spender = Spender { of: of.clone(), minutes: 0, first: *minute };
        by.entry(of).or_insert(spender).minutes += 1;
    }
    let mut all: Vec<Spender<I>> = by.into_values().collect();
    all.sort_by(|a, b| b.minutes.cmp(&a.minutes).then(a.first.cmp(&b.first)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(from: i64, values: &[Option<bool>]) -> Vec<(Millis, f64)> {
        let at = |i: usize| Millis((from + i as i64) * MINUTE.0);
        let known = values.iter().enumerate().filter_map(|(i, v)| Some((at(i), f64::from((*v)?))));
        known.collect()
    }

    /// 100 minutes within, 20 unknown, 10 out, the rest of the day within; then a day that ends
    /// after an hour of which half is known.
    fn two_days() -> Vec<Hour> {
        let mut values = vec![Some(true); 100];
        values.extend([None; 20]);
        values.extend([Some(false); 10]);
        values.resize(1440, Some(true));
        values.extend([Some(true); 30]);
        Hour::of(&minutes(0, &values))
    }

    #[test]
    fn a_day_is_what_was_known_of_it() {
        let edges = [Millis(0), Millis(DAY.0), Millis(DAY.0 + HOUR.0)];
        let days = shares(&two_days(), &edges, Millis(0));
        let told: Vec<_> = days.iter().map(|d| (d.known, d.within, d.unknown)).collect();
        assert_eq!(told, [(1420, 1410, 20), (30, 30, 30)]);
        assert_eq!(days[0].share(), Some(1410.0 / 1420.0));
        let b = budget(&days, 0.99);
        assert_eq!((b.spent, b.minutes.round()), (10, 15.0));
        assert!((b.left() - 5.0).abs() < 1e-9);
    }

    #[test]
    fn of_the_first_minutes_nobody_says_that_the_budget_is_overspent() {
        let is = |looked: f64, spent| {
            let objective = 0.999;
            Budget { objective, minutes: (1.0 - objective) * looked, spent }.overspent()
        };
        assert!(!is(2.0, 1) && is(60.0, 2), "a whole day has 1.44");
        assert!(!is(2100.0, 2) && is(2100.0, 3));
    }

    #[test]
    fn before_we_looked_nothing_is_missing_and_nothing_known_is_no_share() {
        let late = Hour::of(&minutes(23 * 60, &[Some(true); 60]));
        let edges = [Millis(-DAY.0), Millis(0), Millis(DAY.0), Millis(2 * DAY.0)];
        let days = shares(&late, &edges, Millis(0));
        let told: Vec<_> = days.iter().map(|d| (d.share(), d.unknown)).collect();
        assert_eq!(told, [(None, 0), (Some(1.0), 0), (None, 1440)]);
        assert_eq!(shares(&[], &[Millis(0), Millis(DAY.0)], Millis(0))[0].unknown, 0);
        // begun three minutes ago, 38 minutes past the hour
        let now = Millis(38 * MINUTE.0);
        let hours = Hour::of(&minutes(35, &[Some(true); 3]));
        let begun = shares(&hours, &[Millis(-DAY.0), now], Millis(35 * MINUTE.0));
        assert_eq!((begun[0].known, begun[0].unknown), (3, 0));
    }

    #[test]
    fn what_goes_dark_soon_after_the_start_is_unknown_from_then_on() {
        let of = |known: i64, looked: i64, now: i64| {
            let hours = Hour::of(&minutes(known, &[Some(true); 3]));
            let edges = [Millis(-DAY.0), Millis(now * MINUTE.0)];
            let told = shares(&hours, &edges, Millis(looked * MINUTE.0))[0];
            (told.known, told.unknown)
        };
        assert_eq!(of(35, 35, 47), (3, 9), "three minutes, then nine of nothing");
        assert_eq!(of(61, 59, 72), (3, 10), "the hour ended in between");
        // a job that came long after the start: what its hour lacks lies before it
        assert_eq!(of(215, -500, 218), (3, 0));
    }

    #[test]
    fn minutes_under_announced_work_are_taken_out_of_those_that_were_out() {
        let edges = [Millis(0), Millis(DAY.0), Millis(DAY.0 + HOUR.0)];
        let days = shares(&two_days(), &edges, Millis(0));
        let work = Hour::of(&minutes(120, &[Some(true); 8]));
        let work = planned(&work, &edges);
        assert_eq!(work, [8, 0]);
        let without = without(&days, &work);
        assert_eq!((without[0].known, without[0].within, without[0].out()), (1412, 1410, 2));
        assert_eq!(super::without(&days, &[99, 99])[0].out(), 0, "no more than were out");
    }

    #[test]
    fn each_minute_is_spent_once() {
        let at = |m: i64| Millis(m * MINUTE.0);
        let out: BTreeSet<Millis> = [5, 6, 7, 8, 20, 21, 40].map(at).into();
        let incidents = [
            ("broker", at(4), Some(at(7))),
            ("job", at(6), Some(at(8))),
            ("open", Millis(at(20).0 + 30_000), None),
        ];
        let told: Vec<_> =
            spenders(&out, &incidents).into_iter().map(|s| (s.of, s.minutes)).collect();
        assert_eq!(told, [(Some("broker"), 3), (Some("open"), 3), (Some("job"), 1)]);
        let none = spenders::<&str>(&out, &[]);
        assert_eq!(none.len(), 1);
        assert_eq!((none[0].of, none[0].minutes), (None, 7));
    }
}
