//! When something is due that comes by the calendar: a line of cron in a time zone. Pure; what
//! time it is comes in.

use cron::Cron;
use cron::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use streamwarden_core::estate::Millis;

/// A line of cron and its zone. Where the clock is put forward over a fixed time, that is due right
/// after it; where it is put back, once.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    cron: Cron,
    line: String,
    zone: TimeZone,
}

impl Schedule {
    /// Five fields: minute, hour, day of the month, month, day of the week.
    ///
    /// # Errors
    /// What is wrong with the line.
    pub fn new(line: &str, zone: TimeZone) -> Result<Schedule, String> {
        let parser = CronParser::builder();
        let parser = parser.seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(line).map_err(|e| e.to_string())?;
        Ok(Schedule { cron, line: line.to_owned(), zone })
    }

    pub fn line(&self) -> &str {
        &self.line
    }

    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// When it was due last, up to and with `now`. None: never within years.
    pub fn last(&self, now: Millis) -> Option<Millis> {
        self.cron.find_previous_occurrence(&self.zoned(now)?, true).ok().map(|z| millis(&z))
    }

    /// When it is due next, after `now`. None: never within years.
    pub fn next(&self, now: Millis) -> Option<Millis> {
        self.cron.find_next_occurrence(&self.zoned(now)?, false).ok().map(|z| millis(&z))
    }

    fn zoned(&self, at: Millis) -> Option<Zoned> {
        Some(Timestamp::from_millisecond(at.0).ok()?.to_zoned(self.zone.clone()))
    }
}

fn millis(at: &Zoned) -> Millis {
    // a second's part of what was asked with is none of the line's
    Millis(at.timestamp().as_second().saturating_mul(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str, zone: &str) -> Schedule {
        Schedule::new(line, TimeZone::get(zone).expect("a zone")).expect("a line")
    }

    fn at(text: &str) -> Millis {
        Millis(text.parse::<Timestamp>().expect("a time").as_millisecond())
    }

    #[test]
    fn eight_in_shanghai_is_midnight_in_london() {
        let s = of("0 8 * * *", "Asia/Shanghai");
        assert_eq!(s.last(at("2026-03-02T00:00:00Z")), Some(at("2026-03-02T00:00:00Z")));
        assert_eq!(s.last(at("2026-03-01T23:59:59.9Z")), Some(at("2026-03-01T00:00:00Z")));
        assert_eq!(s.last(at("2026-03-02T00:00:00.7Z")), Some(at("2026-03-02T00:00:00Z")));
        assert_eq!(s.next(at("2026-03-02T00:00:00Z")), Some(at("2026-03-03T00:00:00Z")));
        // after five days off: one
        assert_eq!(s.last(at("2026-03-07T09:30:00Z")), Some(at("2026-03-07T00:00:00Z")));
        let weekdays = of("30 7 * * MON-FRI", "Asia/Shanghai");
        assert_eq!(weekdays.last(at("2026-03-08T12:00:00Z")), Some(at("2026-03-05T23:30:00Z")));
    }

    /// The clocks of New York went forward on 8 March 2026 and back on 1 November.
    #[test]
    fn a_changed_clock_skips_no_day_and_makes_none_twice() {
        let s = of("30 2 * * *", "America/New_York");
        let mut due = vec![at("2026-03-06T12:00:00Z")];
        for _ in 0..4 {
            due.extend(due.last().and_then(|d| s.next(*d)));
        }
        let told: Vec<String> = due
            .iter()
            .skip(1)
            .map(|d| Timestamp::from_millisecond(d.0).expect("a time").to_string())
            .collect();
        // 02:30 is 07:30 UTC in winter; on the 8th there is none: 03:00 of summer
        let wanted = [
            "2026-03-07T07:30:00Z",
            "2026-03-08T07:00:00Z",
            "2026-03-09T06:30:00Z",
            "2026-03-10T06:30:00Z",
        ];
        assert_eq!(told, wanted);
        let twice = of("30 1 * * *", "America/New_York");
        let first = at("2026-11-01T05:30:00Z");
        assert_eq!(twice.next(at("2026-11-01T00:00:00Z")), Some(first));
        assert_eq!(twice.next(first), Some(at("2026-11-02T06:30:00Z")), "01:30 comes once more");
        for minute in 0..180 {
            let now = Millis(first.0 + minute * 60_000);
            assert_eq!(twice.last(now), Some(first), "{minute} min later");
        }
        let gap = at("2026-03-08T07:00:00Z");
        assert_eq!(s.last(Millis(gap.0 + 3_600_000)), Some(gap));
        assert_eq!(s.last(Millis(gap.0 - 60_000)), Some(at("2026-03-07T07:30:00Z")));
    }

    #[test]
    fn what_is_no_line_of_five_fields_is_refused() {
        let zone = || TimeZone::UTC;
        for bad in ["", "8", "0 0 8 * * *", "61 8 * * *", "0 8 * * MOON", "0 8 * * * 2027"] {
            assert!(Schedule::new(bad, zone()).is_err(), "{bad:?}");
        }
        let never = Schedule::new("0 8 31 2 *", zone());
        assert!(never.is_err() || never.is_ok_and(|s| s.next(Millis(0)).is_none()));
    }
}
