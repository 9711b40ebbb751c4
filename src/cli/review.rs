//! `review`: what months of incidents tell.

use super::args::Running;
use super::inspect::named_zone;
use super::say::{Lang, clock};
use super::table::{Cell, Ink, Screen, Table};
use super::{Exit, Failure, Output, ask};
use crate::web::view_review::*;
use clap::Args;
use jiff::tz::TimeZone;
use std::path::PathBuf;

/// Rows of each list; --json has more.
const SHOWN: usize = 8;

#[derive(Debug, Args)]
pub struct Review {
    /// So many days up to now
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(i64).range(1..=90))]
    days: i64,
    /// Only roots on this cluster
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// Only of this one of the configuration's `groups`
    #[arg(long, value_name = "NAME")]
    team: Option<String>,
    /// Only roots in this job, topic, broker, ... by name or id
    #[arg(long, value_name = "NAME")]
    place: Option<String>,
    #[command(flatten)]
    running: Running,
}

pub async fn run(r: Review, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    let mut path = format!("review?days={}", r.days);
    for (name, value) in [("cluster", &r.cluster), ("team", &r.team), ("place", &r.place)] {
        if let Some(value) = value {
            path.push_str(&format!("&{name}={}", ask::encode(value)));
        }
    }
    let view: ReviewView = r.running.server(file)?.get(&path).await?;
    match out.json {
        true => out.json(&view),
        false => out.text(&render(&view, out.lang, &named_zone(&view.zone, out), &out.screen)),
    }
    Ok(Exit::Fine)
}

fn render(view: &ReviewView, lang: Lang, zone: &TimeZone, screen: &Screen) -> String {
    let days = (view.to - view.from).max(0).unsigned_abs().div_ceil(86_400_000);
    let head = lang.say(
        "{n} incidents in {days} days ({zone}), {open} of them open",
        "{days} 天（{zone}）内 {n} 起故障，其中 {open} 起未关闭",
    );
    let mut head = head.to_owned();
    if view.all.detect_p50_s.is_some() {
        head += lang.say("; half were said within {detect}", "；半数在 {detect} 内发现");
    }
    if view.all.recover_p50_s.is_some() {
        head += match view.all.detect_p50_s {
            Some(_) => lang.say(" and over within {recover}", "、在 {recover} 内恢复"),
            None => lang.say("; half were over within {recover}", "；半数在 {recover} 内恢复"),
        };
    }
    let head = head
        .replace("{n}", &view.all.incidents.to_string())
        .replace("{days}", &days.to_string())
        .replace("{open}", &view.all.open.to_string())
        .replace("{zone}", &streamwarden_core::estate::plain(&view.zone))
        .replace("{detect}", &time(view.all.detect_p50_s, lang))
        .replace("{recover}", &time(view.all.recover_p50_s, lang));
    let head = streamwarden_core::text::singular(&head);
    let mut text = screen.ink(Ink::Strong, &head) + "\n";
    for (title, groups) in [
        (lang.say("Causes", "根因"), &view.causes),
        (lang.say("Where", "位置"), &view.places),
        (lang.say("Clusters", "集群"), &view.clusters),
        (lang.say("Teams", "业务线"), &view.teams),
    ] {
        text.push_str(&list(title, groups, lang, zone, screen));
    }
    text + &again(view, lang, zone, screen)
}

fn list(
    title: &str,
    groups: &[ReviewGroup],
    lang: Lang,
    zone: &TimeZone,
    screen: &Screen,
) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let mut table = Table::new(0);
    let heading = lang.say(
        "incidents|trouble|said (half, 95 %)|over (half, 95 %)|last",
        "故障|故障时长|发现（50%、95%）|恢复（50%、95%）|最近一次",
    );
    let heading = std::iter::once(title).chain(heading.split('|')).collect::<Vec<_>>();
    table.heading(&heading);
    for g in groups.iter().take(SHOWN) {
        let pair = |a, b| format!("{}, {}", time(a, lang), time(b, lang));
        table.row(vec![
            Cell::new(&g.name),
            Cell::figure(g.incidents.to_string()),
            Cell::figure(lang.seconds(g.trouble_s)),
            Cell::figure(pair(g.detect_p50_s, g.detect_p95_s)),
            Cell::figure(pair(g.recover_p50_s, g.recover_p95_s)),
            Cell::new(g.last.map_or_else(String::new, |t| clock(t, zone))).ink(Ink::Dim),
        ]);
    }
    format!("\n{}", table.render(screen))
}

fn again(view: &ReviewView, lang: Lang, zone: &TimeZone, screen: &Screen) -> String {
    if view.again.is_empty() {
        return String::new();
    }
    let mut table = Table::new(0);
    let heading =
        lang.say("Again|cause|times|trouble|last", "反复出现|根因|次数|故障时长|最近一次");
    table.heading(&heading.split('|').collect::<Vec<_>>());
    for a in view.again.iter().take(SHOWN) {
        let id: String = a.incident.chars().take(8).collect();
        table.row(vec![
            Cell::new(&a.place_name),
            Cell::new(&a.cause),
            Cell::figure(a.times.to_string()).ink(Ink::Near),
            Cell::figure(lang.seconds(a.trouble_s)),
            Cell::new(format!("{id}  {}", clock(a.last, zone))).ink(Ink::Dim),
        ]);
    }
    format!("\n{}", table.render(screen))
}

fn time(s: Option<f64>, lang: Lang) -> String {
    s.map_or_else(|| "-".to_owned(), |s| lang.seconds(s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_review() {
        let view: ReviewView =
            serde_json::from_str(include_str!("../../tests/fixtures/api/review.json"))
                .expect("the API's own recording");
        let screen = Screen { width: 120, colour: false };
        for (name, lang) in [("en", Lang::En), ("zh", Lang::Zh)] {
            insta::assert_snapshot!(name, render(&view, lang, &TimeZone::UTC, &screen));
        }
    }
}
