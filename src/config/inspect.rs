//! `inspect:` – when the estate is inspected, and whose what in it is.

use super::lineage;
use super::problem::did_you_mean;
use super::read::{Put, Reader};
use super::values;
use super::yaml::Node;
use crate::schedule::Schedule;
use jiff::tz::TimeZone;
use streamwarden_core::estate::{Millis, Name};
use streamwarden_core::lineage::Rule;

/// Every morning.
const DAILY: &str = "0 8 * * *";
/// More often than this shows nothing new: what is looked at spans days.
const CLOSEST_MS: i64 = 3_600_000;

#[derive(Clone, Debug, PartialEq)]
pub struct Inspect {
    /// None: only when somebody asks.
    pub schedule: Option<Schedule>,
    /// In which times are told.
    pub zone: TimeZone,
    /// What the estate is called in the report's title.
    pub estate: Option<Name>,
    /// Whose a job or topic is; where none is said the `groups`.
    pub teams: Vec<Rule>,
}

impl Default for Inspect {
    fn default() -> Inspect {
        let zone = TimeZone::system();
        let schedule = Schedule::new(DAILY, zone.clone()).ok();
        Inspect { schedule, zone, estate: None, teams: Vec::new() }
    }
}

/// `now`: for what a line of cron comes to.
pub(super) fn read(reader: &mut Reader, node: Option<&Node>, now: Millis) -> Inspect {
    let default = Inspect::default();
    let Some(mut map) = node.and_then(|node| reader.map(node, "`inspect`")) else {
        return default;
    };
    let zone = map.text(reader, "zone").and_then(|text| zone(reader, &text));
    let zone = zone.unwrap_or(default.zone);
    let schedule = match map.text(reader, "at") {
        Some(at) if at.value == "never" => None,
        Some(at) => schedule(reader, &at, &zone, now),
        None => Schedule::new(DAILY, zone.clone()).ok(),
    };
    let estate = map.text(reader, "estate");
    let estate = values::name(reader, estate).map(|e| e.value.into());
    let teams = lineage::rules(reader, map.get("teams"), "a team", "teams");
    map.finish(reader);
    Inspect { schedule, zone, estate, teams }
}

/// Such as CST, which several parts of the world call theirs: what is spelt like it is no hint.
fn is_short(text: &str) -> bool {
    text.len() <= 5 && text.chars().all(|c| c.is_ascii_uppercase())
}

fn zone(reader: &mut Reader, text: &Put<String>) -> Option<TimeZone> {
    if let Ok(zone) = TimeZone::get(&text.value) {
        return Some(zone);
    }
    let all: Vec<String> = jiff::tz::db().available().map(|n| n.to_string()).collect();
    let near = did_you_mean(&text.value, all.iter().map(String::as_str));
    let todo = match near.starts_with("did") && !is_short(&text.value) {
        true => near,
        false => "write it like Asia/Shanghai, Europe/Berlin or UTC".to_owned(),
    };
    reader.problem(text.at, format!("`{}` is no time zone", text.value), todo);
    None
}

fn schedule(
    reader: &mut Reader,
    text: &Put<String>,
    zone: &TimeZone,
    now: Millis,
) -> Option<Schedule> {
    let todo = "five fields, minute hour day month weekday: \"0 8 * * *\" is each day at 08:00; \
                or `never`";
    let schedule = match Schedule::new(&text.value, zone.clone()) {
        Ok(schedule) => schedule,
        Err(why) => {
            let message = format!("`{}` is no line of cron: {why}", text.value);
            reader.problem(text.at, message, todo);
            return None;
        }
    };
    let Some(next) = schedule.next(now) else {
        let message = format!("`{}` never comes", text.value);
        reader.problem(text.at, message, todo);
        return None;
    };
    // a line may be close on some days only
    let mut due = next;
    for _ in 0..CLOSE_LOOKS {
        let Some(after) = schedule.next(due) else { break };
        if after.0 - due.0 < CLOSEST_MS {
            let message = format!("`{}` comes more often than once an hour", text.value);
            reader.problem(text.at, message, "once a day is enough: \"0 8 * * *\"");
            return None;
        }
        due = after;
    }
    Some(schedule)
}

/// Times in a row that are looked at.
const CLOSE_LOOKS: usize = 50;

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use std::path::Path;

    fn of(inspect: &str) -> Result<Config, String> {
        let text = format!("flink: [{{ name: a, rest: http://h:1 }}]\ninspect: {inspect}\n");
        let read = Config::parse("c.yaml", &text, Path::new("/nowhere"), &|_| None);
        read.map_err(|p| p.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn a_time_with_its_zone_a_name_and_teams() {
        let c = of("{ at: \"30 7 * * MON-FRI\", zone: Asia/Shanghai, estate: Realtime, \
                    teams: [{ name: risk, match: [\"ads-*\"] }] }");
        let inspect = c.expect("no mistakes").inspect;
        let schedule = inspect.schedule.expect("one");
        assert_eq!(schedule.line(), "30 7 * * MON-FRI");
        assert_eq!(schedule.zone().iana_name(), Some("Asia/Shanghai"));
        assert_eq!((inspect.estate.as_deref(), inspect.teams.len()), (Some("Realtime"), 1));
        assert_eq!(of("{ at: never }").expect("no mistakes").inspect.schedule, None);
        let default = of("{}").expect("no mistakes").inspect.schedule.expect("one");
        assert_eq!(default.line(), "0 8 * * *");
    }

    #[test]
    fn mistakes_come_with_their_line_and_what_to_do() {
        for (inspect, told) in [
            ("{ at: \"8 Uhr\" }", ["c.yaml:2:", "0 8 * * *"]),
            ("{ at: \"0 0 31 2 *\" }", ["c.yaml:2:", "five fields"]),
            ("{ at: \"*/5 * * * *\" }", ["c.yaml:2:", "more often than once an hour"]),
            ("{ at: \"0,10 8 1 * *\" }", ["c.yaml:2:", "more often than once an hour"]),
            ("{ zone: Asia/Shangai }", ["`Asia/Shangai` is no time zone", "Asia/Shanghai"]),
            ("{ zone: CST+8 }", ["no time zone", "Europe/Berlin"]),
            ("{ zone: CST }", ["no time zone", "Asia/Shanghai"]),
            ("{ teams: [{ name: risk }] }", ["c.yaml:2:", "`match`"]),
            ("{ cron: daily }", ["unknown key `cron`", "at"]),
        ] {
            let found = of(inspect).expect_err(inspect);
            assert!(told.iter().all(|t| found.contains(t)), "{inspect}: {found}");
        }
    }
}
