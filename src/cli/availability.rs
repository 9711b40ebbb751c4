//! `availability`: minutes within the target over known minutes, what is left of the error budget,
//! and which incidents spent it.

use super::args::Running;
use super::inspect::named_zone;
use super::say::{Lang, clock};
use super::story::said;
use super::table::{Cell, Ink, Screen, Table};
use super::{Exit, Failure, Output, ask};
use crate::web::view_availability::*;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::path::PathBuf;
use streamwarden_core::estate::plain;

#[derive(Debug, Args)]
pub struct Availability {
    /// One of the list, by name or id: its days, and which incidents spent its error budget
    what: Option<String>,
    #[arg(long, value_enum, default_value = "day")]
    by: By,
    /// So many days up to now
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=100))]
    days: i64,
    /// Only these; topics, whose minutes are those of their readers, only when asked for
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    #[command(flatten)]
    running: Running,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    Day,
    Month,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Path,
    Job,
    Layer,
    Topic,
    Component,
    Zookeeper,
    Hdfs,
    Yarn,
}

pub async fn run(a: Availability, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    let server = a.running.server(file)?;
    let by = if a.by == By::Month { "month" } else { "day" };
    let mut path = format!("availability?by={by}&days={}", a.days);
    if let Some(kind) = a.kind {
        let kind = kind.to_possible_value().map(|v| v.get_name().to_owned());
        path.push_str(&format!("&kind={}", kind.unwrap_or_default()));
    }
    let view: AvailabilityView = server.get(&path).await?;
    let Some(what) = &a.what else {
        match out.json {
            true => out.json(&view),
            false => out.text(&render(&view, out.lang, &out.screen)),
        }
        return Ok(exit(&view.rows));
    };
    let row = find(&view.rows, what)?;
    let spent = format!(
        "availability/spent?subject={}&days={}",
        ask::encode(&row.subject),
        a.days.min(35),
    );
    let spent: SpentView = server.get(&spent).await?;
    match out.json {
        true => out.json(&serde_json::json!({ "availability": row, "spent": spent })),
        false => {
            out.text(&one(row, &view, &spent, out.lang, &named_zone(&view.zone, out), &out.screen))
        }
    }
    Ok(exit(std::slice::from_ref(row)))
}

fn find<'a>(rows: &'a [AvailabilityRow], what: &str) -> Result<&'a AvailabilityRow, Failure> {
    let found: Vec<_> = rows.iter().filter(|r| r.subject == what || r.name == what).collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            let error = format!("nothing with a target that was seen is called {:?}", plain(what));
            Err(Failure::new(error, "`streamwarden availability` lists what there is"))
        }
        several => {
            let ids: Vec<_> = several.iter().map(|r| plain(&r.subject)).collect();
            let error = format!("{:?} may mean several", plain(what));
            Err(Failure::new(error, format!("give its id: {}", ids.join(", "))))
        }
    }
}

/// More is out than may be: over. Nothing known of something: nobody can tell.
fn exit(rows: &[AvailabilityRow]) -> Exit {
    match rows {
        [] => Exit::CannotTell,
        _ if rows.iter().any(|r| r.overspent) => Exit::Over,
        _ if rows.iter().any(|r| r.share.is_none()) => Exit::CannotTell,
        _ => Exit::Fine,
    }
}

fn render(view: &AvailabilityView, lang: Lang, screen: &Screen) -> String {
    if view.rows.is_empty() {
        let none = lang.say(
            "Nothing with a target was seen in this time: declare targets under `slas:`.",
            "此期间没有观测到任何设有目标的对象：请在 `slas:` 中声明目标。",
        );
        return screen.ink(Ink::Dim, none) + "\n";
    }
    let mut table = Table::new(0);
    let heading = lang.say(
        "what|kind|wanted|within|out|by planned work|unknown|budget left (watched, {} d)",
        "对象|类别|目标|达标率|超标|计划内工作期间|未知|剩余预算（{} 天内已观测分钟）",
    );
    let heading = heading.replace("{}", &days(view.from, view.to).to_string());
    table.heading(&heading.split('|').collect::<Vec<_>>());
    for row in &view.rows {
        table.row(vec![
            Cell::new(&row.name),
            Cell::new(kind(&row.kind, lang)),
            Cell::figure(percent(Some(row.objective), u32::MAX)),
            Cell::figure(percent(row.share, row.known)).ink(ink(row)),
            Cell::figure(minutes(f64::from(row.known.saturating_sub(row.within)), lang)),
            Cell::figure(minutes(f64::from(row.planned), lang)).ink(Ink::Dim),
            Cell::figure(minutes(f64::from(row.unknown), lang)).ink(Ink::Dim),
            Cell::figure(minutes(row.left, lang)).ink(ink(row)),
        ]);
    }
    let mut text = table.render(screen);
    if view.rows.iter().any(|r| r.planned > 0) {
        let words = match view.exclude_planned {
            true => lang.say(
                "Minutes that were out under announced work do not count (availability.exclude_planned).",
                "计划内工作期间的超标分钟不计入（availability.exclude_planned）。",
            ),
            false => lang.say(
                "Minutes that were out under announced work are among those that were out.",
                "计划内工作期间的超标分钟已计入超标。",
            ),
        };
        text.push_str(&(screen.ink(Ink::Dim, words) + "\n"));
    }
    let words = match view.by.as_str() {
        "month" => lang.say("Months begin in {} (inspect.zone).", "月份按 {} 计（inspect.zone）。"),
        _ => lang.say("Days begin in {} (inspect.zone).", "日期按 {} 计（inspect.zone）。"),
    };
    text.push_str(&(screen.ink(Ink::Dim, &words.replace("{}", &plain(&view.zone))) + "\n"));
    let shown = u32::try_from(view.rows.len()).unwrap_or(u32::MAX);
    if view.total > shown {
        let more =
            lang.say("and {} more", "另有 {} 项").replace("{}", &(view.total - shown).to_string());
        text.push_str(&(screen.ink(Ink::Dim, &more) + "\n"));
    }
    text
}

/// Whole days from one moment to the other, those that are begun with them.
fn days(from: i64, to: i64) -> u64 {
    u64::try_from(to - from).unwrap_or(0).div_ceil(86_400_000)
}

fn one(
    row: &AvailabilityRow,
    view: &AvailabilityView,
    spent: &SpentView,
    lang: Lang,
    zone: &TimeZone,
    screen: &Screen,
) -> String {
    let head = lang.say(
        "{name}: {share} of known minutes within its target ({objective} wanted); {budget}",
        "{name}：已知分钟中 {share} 达标（目标 {objective}）；{budget}",
    );
    let budget = match (row.overspent, row.left < 0.0) {
        (true, _) => lang.say(
            "the error budget of the minutes watched in {days} d is overspent by {left}",
            "{days} 天内已观测分钟的错误预算已超支 {left}",
        ),
        // README: over is only what is more than a whole day may have
        (false, true) => lang.say(
            "{out} out, of {day} that a whole day may have: too little was watched to be overspent",
            "超标 {out}，一整天允许 {day}：观测时间尚短，不算超支",
        ),
        (false, false) => lang.say(
            "{left} of the error budget of the minutes watched in {days} d left",
            "{days} 天内已观测分钟的错误预算剩余 {left}",
        ),
    };
    let out = f64::from(row.known.saturating_sub(row.within));
    let a_day = (1.0 - row.objective) * 1440.0;
    let budget =
        budget.replace("{out}", &minutes(out, lang)).replace("{day}", &minutes(a_day, lang));
    let budget = budget.replace("{days}", &days(view.from, view.to).to_string());
    let head = head
        .replace("{budget}", &budget)
        .replace("{share}", &percent(row.share, row.known))
        .replace("{objective}", &percent(Some(row.objective), u32::MAX))
        .replace("{left}", &minutes(row.left.abs(), lang))
        .replace("{name}", &plain(&row.name));
    let mut text = screen.ink(ink(row), &head) + "\n";
    let mut days = Table::new(2);
    let heading =
        lang.say("from|within|out|by planned work|unknown", "起|达标率|超标|计划内工作期间|未知");
    let heading = heading.replacen('|', &format!(" ({})|", plain(&view.zone)), 1);
    days.heading(&heading.split('|').collect::<Vec<_>>());
    for p in row.periods.iter().filter(|p| p.known + p.unknown > 0) {
        days.row(vec![
            Cell::new(day(p.from, &view.by, zone)),
            Cell::figure(percent(p.share, p.known)),
            Cell::figure(minutes(f64::from(p.known.saturating_sub(p.within)), lang)),
            Cell::figure(minutes(f64::from(p.planned), lang)).ink(Ink::Dim),
            Cell::figure(minutes(f64::from(p.unknown), lang)).ink(Ink::Dim),
        ]);
    }
    text.push_str(&days.render(screen));
    text.push_str(&spenders(spent, lang, zone, screen));
    text
}

fn spenders(spent: &SpentView, lang: Lang, zone: &TimeZone, screen: &Screen) -> String {
    if spent.rows.is_empty() {
        return String::new();
    }
    let title = lang.say("Spent by", "预算消耗来源");
    let mut text = format!("\n{}\n", screen.ink(Ink::Strong, title));
    let mut table = Table::new(2);
    for row in &spent.rows {
        let what = match (&row.sentence, &row.incident) {
            (Some(sentence), _) => said(lang, sentence).to_owned(),
            (None, Some(id)) => id.clone(),
            (None, None) => lang.say("no incident was open", "当时没有故障").to_owned(),
        };
        let id: String = row.incident.as_deref().unwrap_or("-").chars().take(8).collect();
        table.row(vec![
            Cell::figure(minutes(f64::from(row.minutes), lang)),
            Cell::new(id),
            Cell::new(clock(row.first, zone)).ink(Ink::Dim),
            Cell::new(what),
        ]);
    }
    text.push_str(&table.render(screen));
    if spent.cut {
        let words = lang.say(
            "There are more incidents than were read: some minutes may be theirs.",
            "故障数量超出读取上限：部分分钟可能属于未读取的故障。",
        );
        text.push_str(&(screen.ink(Ink::Dim, words) + "\n"));
    }
    text
}

fn kind(kind: &str, lang: Lang) -> &str {
    match kind {
        "path" => lang.say("path", "链路"),
        "job" => lang.say("job", "作业"),
        "layer" => lang.say("layer", "分层"),
        "topic" => lang.say("topic", "主题"),
        "component" => lang.say("component", "组件"),
        other => other,
    }
}

fn ink(row: &AvailabilityRow) -> Ink {
    match row.share {
        None => Ink::Dim,
        Some(_) if row.overspent => Ink::Over,
        Some(share) if share < row.objective => Ink::Near,
        Some(_) => Ink::Good,
    }
}

/// Of so many known minutes: fewer have no decimals.
const DECIMALS: u32 = 1000;

/// Of `known` minutes. Rounded down, so that 100 % is said only where no minute was out.
pub(super) fn percent(share: Option<f64>, known: u32) -> String {
    match share {
        None => "-".to_owned(),
        Some(share) if known < DECIMALS => format!("{}%", (share * 100.0 + 1e-6).floor()),
        Some(share) => {
            let text = format!("{:.3}", (share * 100_000.0 + 1e-6).floor() / 1000.0);
            format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
        }
    }
}

fn minutes(n: f64, lang: Lang) -> String {
    let sign = if n < 0.0 { "-" } else { "" };
    let n = n.abs();
    match n {
        _ if n < 10.0 => format!("{sign}{} {}", trimmed(n), lang.say("min", "分钟")),
        _ if n < 120.0 => format!("{sign}{:.0} {}", n, lang.say("min", "分钟")),
        _ => format!("{sign}{:.1} {}", n / 60.0, lang.say("h", "小时")),
    }
}

fn trimmed(n: f64) -> String {
    let text = format!("{n:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

fn day(at: i64, by: &str, zone: &TimeZone) -> String {
    let Ok(at) = Timestamp::from_millisecond(at) else { return String::new() };
    let format = if by == "month" { "%Y-%m" } else { "%Y-%m-%d" };
    at.to_zoned(zone.clone()).strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The API's own answers.
    fn recorded() -> (AvailabilityView, SpentView) {
        let view = include_str!("../../tests/fixtures/api/availability.json");
        let spent = include_str!("../../tests/fixtures/api/spent.json");
        let why = "the API's own recording";
        (serde_json::from_str(view).expect(why), serde_json::from_str(spent).expect(why))
    }

    #[test]
    fn golden_availability() {
        let (view, spent) = recorded();
        let screen = Screen { width: 110, colour: false };
        let utc = &TimeZone::UTC;
        for (name, lang) in [("en", Lang::En), ("zh", Lang::Zh)] {
            let shown = [
                render(&view, lang, &screen),
                one(&view.rows[0], &view, &spent, lang, utc, &screen),
            ];
            insta::assert_snapshot!(name, shown.join("\n"));
        }
        assert_eq!(exit(&view.rows), Exit::Over);
        assert_eq!(exit(&view.rows[1..]), Exit::CannotTell, "of some nothing is known");
        let mut known = view.rows[1..].to_vec();
        known.retain(|r| r.share.is_some());
        assert_eq!(exit(&known), Exit::Fine);
        assert_eq!(exit(&[]), Exit::CannotTell);
    }

    /// A minute out of four watched: less than the 1.4 that a day may have.
    #[test]
    fn words_and_exit_code_agree_on_what_is_overspent() {
        let (view, spent) = recorded();
        let screen = Screen { width: 110, colour: false };
        let row = AvailabilityRow {
            objective: 0.999,
            share: Some(0.75),
            known: 4,
            within: 3,
            unknown: 0,
            budget: 0.004,
            left: -0.996,
            overspent: false,
            ..view.rows[0].clone()
        };
        let said = |row: &AvailabilityRow, lang| {
            let text = one(row, &view, &spent, lang, &TimeZone::UTC, &screen);
            text.lines().next().unwrap_or_default().to_owned()
        };
        assert_eq!(exit(std::slice::from_ref(&row)), Exit::Fine);
        let first = said(&row, Lang::En);
        assert!(first.contains("1 min out, of 1.4 min that a whole day may have"), "{first}");
        assert!(said(&row, Lang::Zh).contains("不算超支"));
        let over = AvailabilityRow { overspent: true, ..row };
        assert_eq!(exit(std::slice::from_ref(&over)), Exit::Over);
        assert!(said(&over, Lang::En).contains("is overspent by 1 min"));
    }

    #[test]
    fn a_hundred_percent_is_said_only_of_what_was_never_out() {
        let of = |within: f64, known: f64| percent(Some(within / known), known as u32);
        assert_eq!(of(43_199.0, 43_200.0), "99.997%");
        assert_eq!(of(43_200.0, 43_200.0), "100%");
        assert_eq!(of(999.0, 1000.0), "99.9%");
        assert_eq!((of(0.0, 5.0).as_str(), of(2.0, 3.0).as_str()), ("0%", "66%"));
    }
}
