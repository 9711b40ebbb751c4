//! Words and figures for a terminal, in English and Chinese side by side.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use streamwarden_core::text::Tongue;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    En,
    Zh,
}

impl Lang {
    /// From `LC_ALL`, `LC_MESSAGES`, `LANG`: the first that is set decides.
    pub fn of_environment(env: impl Fn(&str) -> Option<String>) -> Lang {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().filter_map(|name| env(name));
        match set.into_iter().find(|value| !value.is_empty()) {
            Some(value) if value.starts_with("zh") => Lang::Zh,
            _ => Lang::En,
        }
    }

    pub fn say<'a>(self, en: &'a str, zh: &'a str) -> &'a str {
        match self {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    /// `0.4 s`, `94 s`, `12 min`, `1 h 40 min`, `3 d 4 h`: a delay or a span of time.
    pub fn seconds(self, seconds: f64) -> String {
        self.tongue().seconds(seconds)
    }

    /// For figures.
    pub fn tongue(self) -> Tongue {
        match self {
            Lang::En => Tongue::En,
            Lang::Zh => Tongue::Zh,
        }
    }

    /// How long ago, in whole seconds below ten.
    pub fn ago(self, ms: i64) -> String {
        let s = ms.max(0) as f64 / 1000.0;
        let span =
            if s < 9.5 { format!("{s:.0} {}", self.say("s", "秒")) } else { self.seconds(s) };
        self.say("{} ago", "{}前").replace("{}", &span)
    }
}

/// Local time with its zone; the time alone where the day is the same as `of`.
pub fn clock(ms: i64, zone: &TimeZone) -> String {
    match Timestamp::from_millisecond(ms) {
        Ok(at) => at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string(),
        Err(_) => "?".to_owned(),
    }
}

pub fn time_of_day(ms: i64, zone: &TimeZone) -> String {
    match Timestamp::from_millisecond(ms) {
        Ok(at) => at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string(),
        Err(_) => "?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_their_zone() {
        assert_eq!(Lang::Zh.ago(2400), "2 秒前");
        assert_eq!(clock(1_700_000_000_000, &TimeZone::UTC), "2023-11-14 22:13:20 UTC");
    }

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let env = |name: &str| match name {
            "LC_MESSAGES" => Some("zh_CN.UTF-8".to_owned()),
            "LANG" => Some("en_US.UTF-8".to_owned()),
            _ => None,
        };
        assert_eq!(Lang::of_environment(env), Lang::Zh);
        assert_eq!(Lang::of_environment(|_| None), Lang::En);
    }
}
