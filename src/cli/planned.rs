//! `planned-work`: somebody works somewhere; nobody is called for what goes wrong there meanwhile.

use super::args::Running;
use super::say::{Lang, clock};
use super::table::{Cell, Ink, Screen, Table};
use super::{Exit, Failure, Output, ask};
use crate::clock as time;
use crate::config::parse_duration;
use crate::web::view_planned::{EndRequest, PlanRequest, PlannedList, PlannedView};
use clap::{Args, Subcommand};
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::path::PathBuf;
use std::time::Duration;
use streamwarden_core::estate::plain;

/// Enough of an id to tell a few hundred apart; `end` takes any beginning.
const SHORT: usize = 8;
/// Rows of what is over.
const OVER: usize = 10;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say that you work somewhere: what goes wrong there is recorded, and nobody is called
    Add(Add),
    /// What is announced, and what was not long ago
    List(Running),
    /// It is over before its time
    End(End),
}

#[derive(Debug, Args)]
pub struct Add {
    /// A job, a topic or a cluster by name or id (job:demo/orders), or the word estate
    scope: String,
    /// When it is over: 04:00 (the next one, local), "2026-11-22 04:00", 2026-11-22T04:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "lasts", required_unless_present = "lasts")]
    until: Option<String>,
    /// How long it takes: 30m, 2h, at most 7d
    #[arg(long = "for", value_name = "TIME", id = "lasts", value_parser = length)]
    lasts: Option<Duration>,
    /// When it begins, written like --until [default: now]
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Your name; where users are configured, the name of the token counts
    #[arg(long, value_name = "NAME")]
    by: String,
    /// What you do there, or why nobody need be called
    #[arg(long, value_name = "TEXT")]
    why: String,
    #[command(flatten)]
    token: Token,
    #[command(flatten)]
    running: Running,
}

#[derive(Debug, Args)]
pub struct End {
    /// Its id, or enough of its beginning
    id: String,
    /// Your name; where users are configured, the name of the token counts
    #[arg(long, value_name = "NAME")]
    by: String,
    #[command(flatten)]
    token: Token,
    #[command(flatten)]
    running: Running,
}

#[derive(Debug, Args)]
pub(super) struct Token {
    /// Holds your token (`users:`, or the configuration's `token_file`) [default: STREAMWARDEN_TOKEN]
    #[arg(long, value_name = "FILE")]
    pub(super) token_file: Option<PathBuf>,
}

pub(super) fn length(text: &str) -> Result<Duration, String> {
    parse_duration(text)
        .filter(|d| d.as_secs() > 0)
        .ok_or_else(|| "write it like 30m, 2h or 1d".to_owned())
}

/// What is announced.
pub(super) enum Kind {
    Work,
    Silence { no_remediate: bool },
}

pub async fn run(command: Command, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    match command {
        Command::Add(add) => announce(add, Kind::Work, file, out).await,
        Command::List(running) => list(running, false, file, out).await,
        Command::End(args) => end(args, file, out).await,
    }
}

pub(super) async fn list(
    running: Running,
    silence: bool,
    file: Option<PathBuf>,
    out: &Output,
) -> Result<Exit, Failure> {
    let mut list: PlannedList = running.server(file)?.get("planned-work").await?;
    list.open.retain(|w| w.silence == silence);
    list.over.retain(|w| w.silence == silence);
    if out.json {
        out.json(&list);
    } else {
        out.text(&render(&list, silence, (out.lang, &out.zone), &out.screen));
    }
    Ok(Exit::Fine)
}

pub(super) async fn end(end: End, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    let token = ask::token(end.token.token_file.as_deref())?;
    let server = end.running.server(file)?;
    let request = EndRequest { id: end.id, by: end.by };
    let work = server.post("planned-work/end", &token, &request).await?;
    tell(&work, out);
    Ok(Exit::Fine)
}

pub(super) async fn announce(
    add: Add,
    kind: Kind,
    file: Option<PathBuf>,
    out: &Output,
) -> Result<Exit, Failure> {
    let token = ask::token(add.token.token_file.as_deref())?;
    let now = time::now().0;
    let from = add.from.as_deref().map(|t| moment(t, now, &out.zone)).transpose()?;
    let after = from.unwrap_or(now);
    let until = add.until.as_deref().map(|t| moment(t, after, &out.zone)).transpose()?;
    let for_s = add.lasts.map(|d| u32::try_from(d.as_secs()).unwrap_or(u32::MAX));
    let server = add.running.server(file)?;
    let (scope, by, why) = (add.scope, add.by, add.why);
    let silence = matches!(kind, Kind::Silence { .. });
    let no_remediate = matches!(kind, Kind::Silence { no_remediate: true });
    let request = PlanRequest { scope, from, until, for_s, by, why, silence, no_remediate };
    let work = server.post("planned-work/add", &token, &request).await?;
    tell(&work, out);
    Ok(Exit::Fine)
}

fn tell(work: &PlannedView, out: &Output) {
    if out.json {
        out.json(work);
    } else {
        let id: String = work.id.chars().take(SHORT).collect();
        out.text(&format!("{}: {}\n", plain(&id), line(work, out.lang, &out.zone)));
    }
}

/// A time of day is the next one after `after`; a date with a time is local; an instant is itself.
pub(super) fn moment(text: &str, after: i64, zone: &TimeZone) -> Result<i64, Failure> {
    let local = |at: DateTime| at.to_zoned(zone.clone()).ok().map(|z| z.timestamp());
    let next = |time: Time| {
        let day = Timestamp::from_millisecond(after).ok()?.to_zoned(zone.clone()).date();
        let days = [day, day.checked_add(1.day()).ok()?];
        let all = days.into_iter().filter_map(|d| local(d.to_datetime(time)));
        all.into_iter().find(|t| t.as_millisecond() > after)
    };
    let found = match (text.parse::<Timestamp>(), text.parse::<Time>()) {
        (Ok(at), _) => Some(at),
        (_, Ok(time)) if !text.contains(['-', 'T', ' ']) => next(time),
        _ => text.parse::<DateTime>().ok().and_then(local),
    };
    found.map(Timestamp::as_millisecond).ok_or_else(|| {
        let todo = "write it like 04:00, \"2026-11-22 04:00\" or 2026-11-22T04:00:00Z";
        Failure::new(format!("`{}` is no time", plain(text)), todo).wrong()
    })
}

/// What is announced there, until when, by whom.
pub fn line(w: &PlannedView, lang: Lang, zone: &TimeZone) -> String {
    let words = match w.state.as_str() {
        state if w.silence => silence(state, lang),
        "over" => lang.say(
            "planned work on {what} is over since {until} ({who}: {why})",
            "{what} 的计划内工作已于 {until} 结束（{who}：{why}）",
        ),
        "coming" => lang.say(
            "planned work on {what} from {from} until {until} ({who}: {why})",
            "{what} 的计划内工作：{from} 至 {until}（{who}：{why}）",
        ),
        _ => lang.say(
            "planned work on {what} until {until} ({who}: {why})",
            "{what} 正在进行计划内工作，至 {until}（{who}：{why}）",
        ),
    };
    let text = words
        .replace("{from}", &clock(w.from, zone))
        .replace("{until}", &clock(over(w), zone))
        .replace("{repair}", no_repair(w, lang))
        .replace("{what}", &place(w, lang))
        .replace("{who}", &w.who)
        .replace("{why}", &w.why);
    plain(&text).into_owned()
}

fn silence(state: &str, lang: Lang) -> &'static str {
    match state {
        "over" => lang.say(
            "silence on {what} is over since {until} ({who}: {why})",
            "{what} 的静默已于 {until} 结束（{who}：{why}）",
        ),
        "coming" => lang.say(
            "silence{repair} on {what} from {from} until {until} ({who}: {why})",
            "{what} 将静默{repair}：{from} 至 {until}（{who}：{why}）",
        ),
        _ => lang.say(
            "silence{repair} on {what} until {until} ({who}: {why})",
            "{what} 已静默{repair}，至 {until}（{who}：{why}）",
        ),
    }
}

fn no_repair(w: &PlannedView, lang: Lang) -> &'static str {
    if w.no_remediate { lang.say(" without repair", "且不做修复") } else { "" }
}

fn over(w: &PlannedView) -> i64 {
    w.ended.map_or(w.until, |at| at.min(w.until))
}

fn place(w: &PlannedView, lang: Lang) -> String {
    match w.kind.as_str() {
        "estate" => lang.say("the whole estate", "整个系统").to_owned(),
        "cluster" => lang.say("cluster {}", "集群 {}").replace("{}", &w.name),
        "topic" => lang.say("topic {}", "主题 {}").replace("{}", &w.name),
        _ => lang.say("job {}", "作业 {}").replace("{}", &w.name),
    }
}

fn render(
    list: &PlannedList,
    silence: bool,
    (lang, zone): (Lang, &TimeZone),
    screen: &Screen,
) -> String {
    let title = |en, zh| screen.ink(Ink::Strong, lang.say(en, zh)) + "\n";
    let mut text = String::new();
    if list.open.is_empty() {
        text.push_str(match silence {
            true => lang.say("Nothing is silenced.\n", "没有静默。\n"),
            false => lang.say("No work is announced.\n", "没有已登记的计划内工作。\n"),
        });
    } else {
        text.push_str(&table(&list.open, lang, zone, screen));
    }
    if !list.over.is_empty() {
        let over = list.over.get(..OVER).unwrap_or(&list.over);
        text.push_str(&format!("\n{}", title("Over", "已结束")));
        text.push_str(&table(over, lang, zone, screen));
    }
    text
}

fn table(works: &[PlannedView], lang: Lang, zone: &TimeZone, screen: &Screen) -> String {
    let mut table = Table::new(0);
    let heading = lang.say("id|where|from|until|who|why", "编号|范围|开始|结束|登记人|原因");
    table.heading(&heading.split('|').collect::<Vec<_>>());
    for w in works {
        let ink = if w.state == "now" { Ink::Near } else { Ink::Plain };
        let by = w
            .ended_by
            .as_ref()
            .map(|by| lang.say(" (ended by {})", "（由 {} 提前结束）").replace("{}", by));
        table.row(vec![
            Cell::new(w.id.chars().take(SHORT).collect::<String>()),
            Cell::new(format!("{}{}", place(w, lang), no_repair(w, lang))).ink(ink),
            Cell::new(clock(w.from, zone)),
            Cell::new(format!("{}{}", clock(over(w), zone), by.unwrap_or_default())),
            Cell::new(&w.who),
            Cell::new(&w.why),
        ]);
    }
    table.render(screen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_the_next_one_and_a_date_is_local() {
        let zone = TimeZone::get("Asia/Shanghai").expect("the zone is known");
        // 2023-11-15 06:13:20 in Shanghai
        let now = 1_700_000_000_000;
        let of = |text: &str| {
            let at = moment(text, now, &zone).ok()?;
            Some(clock(at, &zone))
        };
        let said = |text: &str| of(text).unwrap_or_default();
        assert_eq!(said("04:00"), "2023-11-16 04:00:00 CST");
        assert_eq!(said("06:14"), "2023-11-15 06:14:00 CST");
        assert_eq!(said("2023-12-01 04:00"), "2023-12-01 04:00:00 CST");
        assert_eq!(said("2023-12-01T04:00:00Z"), "2023-12-01 12:00:00 CST");
        for wrong in ["", "soon", "25:00", "2023-13-01 04:00", "4"] {
            assert_eq!(of(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn golden_planned_work() {
        let list: PlannedList =
            serde_json::from_str(include_str!("../../tests/fixtures/api/planned.json"))
                .expect("the API's own recording");
        let screen = Screen { width: 140, colour: false };
        let both = [Lang::En, Lang::Zh].map(|lang| {
            let utc = TimeZone::UTC;
            let now = list.open.iter().map(|w| line(w, lang, &utc)).collect::<Vec<_>>().join("\n");
            format!("{now}\n\n{}", render(&list, false, (lang, &utc), &screen))
        });
        insta::assert_snapshot!(both.join("\n"));
    }
}
