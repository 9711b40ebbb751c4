//! Which report is meant: a day, a minute, an instant, or the newest.

use crate::cli::Failure;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use streamwarden_core::estate::plain;

/// The newest from `from` to `to`, ms since the epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    said: Option<String>,
    from: i64,
    to: Option<i64>,
}

const MINUTE: i64 = 60_000;
/// 2001: what is less is a year, not an instant.
const INSTANT: i64 = 1_000_000_000_000;

impl When {
    pub fn of(text: Option<&str>, zone: &TimeZone) -> Result<When, Failure> {
        let Some(text) = text.filter(|t| *t != "latest") else {
            return Ok(When { said: None, from: i64::MIN, to: None });
        };
        let ms = |at: Timestamp| at.as_millisecond();
        let local = |at: DateTime| at.to_zoned(zone.clone()).ok().map(|z| ms(z.timestamp()));
        let day = |day: Date| {
            let next = day.tomorrow().ok()?;
            Some((local(day.at(0, 0, 0, 0))?, local(next.at(0, 0, 0, 0))? - 1))
        };
        let minute = |at: i64| Some((at, at + MINUTE - 1));
        let found = if let Some(at) = text.parse().ok().filter(|at: &i64| *at >= INSTANT) {
            Some((at, at))
        } else if text.len() == "2026-11-22".len() {
            text.parse::<Date>().ok().and_then(day)
        } else if let Ok(at) = text.parse::<Timestamp>() {
            minute(ms(at))
        } else {
            text.parse::<DateTime>().ok().and_then(local).and_then(minute)
        };
        let Some((from, to)) = found else {
            let todo = "write a day (2026-11-22), \"2026-11-22 08:00\", 2026-11-22T08:00:00Z, or \
                        `latest`";
            return Err(Failure::new(format!("`{}` is no time", plain(text)), todo).wrong());
        };
        Ok(When { said: Some(text.to_owned()), from, to: Some(to) })
    }

    /// Behind `/api/v1/`.
    pub fn query(&self) -> String {
        match self.to {
            Some(to) => format!("inspection?at={to}"),
            None => "inspection".to_owned(),
        }
    }

    pub fn holds(&self, at: i64) -> bool {
        at >= self.from
    }

    pub fn missing(&self) -> String {
        match &self.said {
            Some(said) => format!("no inspection of {} is kept", plain(said)),
            None => "no inspection is kept yet".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_its_newest_report_and_a_minute_its_own() {
        let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
        // 2026-01-15 08:00:13 in Shanghai
        let made = 1_768_435_213_000;
        let of = |text: &str| When::of(Some(text), &zone).ok();
        let meant = |text: &str| of(text).is_some_and(|w| w.holds(made) && w.to >= Some(made));
        for yes in ["2026-01-15", "2026-01-15 08:00", "2026-01-15T00:00:00Z", "1768435213000"] {
            assert!(meant(yes), "{yes}");
        }
        for no in ["2026-01-14", "2026-01-16", "2026-01-15 08:01", "2026-01-15 00:00"] {
            assert!(of(no).is_some() && !meant(no), "{no}");
        }
        for wrong in ["", "soon", "2026", "15.1.2026", "2026-13-01"] {
            assert!(of(wrong).is_none(), "{wrong}");
        }
        let newest = When::of(None, &zone).ok();
        assert_eq!(newest.map(|w| w.query()).as_deref(), Some("inspection"));
    }
}
