//! Which report is meant: a day, a minute, a second, or the newest. What says no zone is meant in
//! that of inspections.

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

const SECOND: i64 = 1000;
const MINUTE: i64 = 60_000;
/// 2001: what is less is a year, not an instant.
const INSTANT: i64 = 1_000_000_000_000;

/// A moment and how long it lasts, ms: `2026-11-22 08:00` a minute, `2026-11-22T00:00:13Z` and
/// `2026-11-22 08:00:13 CST`, as a list has it, a second.
pub fn moment(text: &str, zone: &TimeZone) -> Option<(i64, i64)> {
    let time = text.get(11..)?;
    let digits = time.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(time.len());
    let lasts = match time.get(..digits)?.matches(':').count() {
        1 => MINUTE,
        _ => SECOND,
    };
    let at = match text.parse::<Timestamp>() {
        Ok(at) => at,
        Err(_) => match text.get(11 + digits..)?.trim() {
            "" => local(text, zone)?,
            named => in_zone(text.get(..11 + digits)?, named, zone)?,
        },
    };
    Some((at.as_millisecond(), lasts))
}

fn local(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let at = text.trim().parse::<DateTime>().ok()?;
    Some(at.to_zoned(zone.clone()).ok()?.timestamp())
}

/// `named`: as a list says it of that zone (where an hour comes twice, it says which), or a name.
fn in_zone(text: &str, named: &str, zone: &TimeZone) -> Option<Timestamp> {
    if matches!(named, "UTC" | "GMT") {
        return local(text, &TimeZone::UTC);
    }
    let at = text.trim().parse::<DateTime>().ok()?;
    let both =
        [zone.to_ambiguous_zoned(at).earlier().ok(), zone.to_ambiguous_zoned(at).later().ok()];
    let meant = both.into_iter().flatten().find(|z| z.strftime("%Z").to_string() == named);
    match meant {
        Some(meant) => Some(meant.timestamp()),
        None => local(text, &TimeZone::get(named).ok()?),
    }
}

impl When {
    pub fn of(text: Option<&str>, zone: &TimeZone) -> Result<When, Failure> {
        let Some(text) = text.filter(|t| *t != "latest") else {
            return Ok(When { said: None, from: i64::MIN, to: None });
        };
        let begins = |day: Date| {
            let at = day.at(0, 0, 0, 0).to_zoned(zone.clone()).ok()?;
            Some(at.timestamp().as_millisecond())
        };
        let day = |day: Date| Some((begins(day)?, begins(day.tomorrow().ok()?)? - 1));
        let found = if let Some(at) = text.parse().ok().filter(|at: &i64| *at >= INSTANT) {
            Some((at, at))
        } else if text.len() == "2026-11-22".len() {
            text.parse::<Date>().ok().and_then(day)
        } else {
            moment(text, zone).map(|(at, lasts)| (at, at + lasts - 1))
        };
        let Some((from, to)) = found else {
            let todo = "write a day (2026-11-22), \"2026-11-22 08:00\", a time as `list` tells it, \
                        2026-11-22T08:00:00Z, or `latest`";
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
        let clock = crate::cli::say::clock(made, &zone);
        assert_eq!(clock, "2026-01-15 08:00:13 CST");
        for yes in [
            "2026-01-15",
            "2026-01-15 08:00",
            "2026-01-15T00:00Z",
            "1768435213000",
            "2026-01-15T00:00:13Z",
            "2026-01-15T08:00:13+08:00",
            "2026-01-15 08:00:13",
            &clock,
            "2026-01-15 00:00:13 UTC",
            "2026-01-15 01:00:13 Europe/Berlin",
            "2026-01-15 00:00 UTC",
        ] {
            assert!(meant(yes), "{yes}");
        }
        for no in [
            "2026-01-14",
            "2026-01-16",
            "2026-01-15 08:01",
            "2026-01-15 00:00",
            "2026-01-15T00:00:00Z",
            "2026-01-15T00:00:12Z",
            "2026-01-15 08:00:13 UTC",
        ] {
            assert!(of(no).is_some() && !meant(no), "{no}");
        }
        for wrong in [
            "",
            "soon",
            "2026",
            "15.1.2026",
            "2026-13-01",
            "2026-01-15 08:00:13 XYZ",
            "二〇二六年一月十五日八点",
        ] {
            assert!(of(wrong).is_none(), "{wrong}");
        }
        let newest = When::of(None, &zone).ok();
        assert_eq!(newest.map(|w| w.query()).as_deref(), Some("inspection"));
    }

    #[test]
    fn of_an_hour_that_comes_twice_a_list_says_which() {
        let zone = TimeZone::get("America/New_York").expect("a zone");
        // 2026-11-01, 01:30 in summer time and in winter time
        for made in [1_793_511_000_000, 1_793_514_600_000] {
            let told = crate::cli::say::clock(made, &zone);
            assert_eq!(moment(&told, &zone), Some((made, SECOND)), "{told}");
        }
    }
}
