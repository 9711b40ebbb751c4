//! `incidents`: what is the matter now, worst first. `ack`: somebody takes care of it.

use super::Exit;
use super::say::{Lang, clock};
use super::story::said;
use super::table::{Cell, Ink, Screen, Table};
use super::words;
use crate::web::view::Overview;
use crate::web::view_incident::*;
use jiff::tz::TimeZone;
use streamwarden_core::estate::plain;

/// Enough of an id to tell a few hundred apart; `explain` takes any beginning.
const SHORT: usize = 8;

/// A hazard is no trouble yet, nor is what somebody works on; what recovers still is. Where a target
/// does not answer, that nothing is open tells nothing.
pub fn exit(list: &IncidentList, seen: &Overview) -> Exit {
    let ill = |r: &IncidentRow| {
        r.state != IncidentStage::Closed
            && r.role != "hazard"
            && r.role != "not_a_fault"
            && r.planned.is_none()
    };
    match list.incidents.iter().any(ill) {
        true => Exit::Over,
        false if blind(seen) => Exit::CannotTell,
        false => Exit::Fine,
    }
}

fn blind(seen: &Overview) -> bool {
    seen.targets == 0 || seen.targets_up < seen.targets
}

pub fn render(
    list: &IncidentList,
    seen: &Overview,
    now: i64,
    lang: Lang,
    zone: &TimeZone,
    screen: &Screen,
) -> String {
    let head = format!("{} ({})", clock(list.at, zone), lang.ago(now - list.at));
    let mut text = screen.ink(Ink::Dim, &head) + "\n";
    if list.incidents.is_empty() {
        let none = lang.say("No incident is open.", "没有未关闭的故障。");
        let ink = if blind(seen) { Ink::Plain } else { Ink::Good };
        text.push_str(&screen.ink(ink, none));
        text.push('\n');
    } else {
        text.push_str(&table(list, now, lang, screen));
    }
    if blind(seen) {
        let words = lang.say(
            "Only {up} of {all} targets answer: what goes on elsewhere is not seen.",
            "{all} 个目标中仅 {up} 个有响应：其余部分无法观测。",
        );
        let (up, all) = (seen.targets_up.to_string(), seen.targets.to_string());
        let words = words.replace("{up}", &up).replace("{all}", &all);
        text.push_str(&(screen.ink(Ink::Near, &words) + "\n"));
    }
    let shown = u32::try_from(list.incidents.len()).unwrap_or(u32::MAX);
    if list.total > shown {
        let words = lang.say("and {} more: --json, or the page", "另有 {} 项：见 --json 或网页");
        let words = words.replace("{}", &(list.total - shown).to_string());
        text.push_str(&(screen.ink(Ink::Dim, &words) + "\n"));
    }
    text + &calm(list, lang, screen)
}

fn table(list: &IncidentList, now: i64, lang: Lang, screen: &Screen) -> String {
    let mut table = Table::new(0);
    let heading = lang.say("id|state|for|victims|by|what", "编号|状态|已持续|受影响|处理人|内容");
    table.heading(&heading.split('|').collect::<Vec<_>>());
    for row in &list.incidents {
        let end = row.closed.unwrap_or(now.max(row.onset));
        let ink = match (row.state, row.harm.breach) {
            _ if row.planned.is_some() => Ink::Dim,
            (IncidentStage::Closed | IncidentStage::Recovering, _) => Ink::Dim,
            (_, true) => Ink::Over,
            (_, false) => Ink::Near,
        };
        let id: String = row.id.chars().take(SHORT).collect();
        table.row(vec![
            Cell::new(id),
            Cell::new(stage(row, lang)),
            Cell::figure(lang.seconds((end - row.onset) as f64 / 1000.0)),
            Cell::figure(row.harm.victims.to_string()),
            Cell::new(row.acked.as_ref().map_or("-", |a| &a.by)),
            Cell::new(said(lang, &row.sentence)).ink(ink),
        ]);
    }
    table.render(screen)
}

fn stage(row: &IncidentRow, lang: Lang) -> &'static str {
    match (row.state, &row.planned) {
        (IncidentStage::Closed, _) | (_, None) => words::stage(lang, row.state),
        (_, Some(_)) => lang.say("planned", "计划内"),
    }
}

fn calm(list: &IncidentList, lang: Lang, screen: &Screen) -> String {
    let mut text = String::new();
    for c in &list.calm {
        let mut line = format!("{}: {}", plain(&c.subject.name), plain(words::calm(lang, &c.why)));
        if let Some(usual) = &c.usual {
            line.push_str(&lang.say(" ({})", "（{}）").replace("{}", &said(lang, usual)));
        }
        if let Some(eta) = c.eta_s {
            let words = lang.say(", over in about {}", "，约 {} 后结束");
            line.push_str(&words.replace("{}", &lang.seconds(eta)));
        }
        text.push_str(&(screen.ink(Ink::Dim, &line) + "\n"));
    }
    if text.is_empty() {
        return text;
    }
    let title = lang.say("Looks like trouble and is none", "看似异常、实则正常");
    format!("\n{}\n{text}", screen.ink(Ink::Strong, title))
}

/// By whom the process has recorded it: whose token it was, whatever name was typed.
pub fn acked(id: &str, ack: &AckView, lang: Lang) -> String {
    let words = lang.say("{id}: acknowledged by {by}", "{id}：已由 {by} 确认");
    plain(&words.replace("{id}", id).replace("{by}", &ack.by)).into_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_incidents() {
        let list: IncidentList =
            serde_json::from_str(include_str!("../../tests/fixtures/api/incidents.json"))
                .expect("the API's own recording");
        let screen = Screen { width: 120, colour: false };
        let now = list.at + 2000;
        let mut seen: Overview =
            serde_json::from_str(include_str!("testdata/overview.json")).expect("fixture");
        seen.targets_up = seen.targets;
        let shown = |lang| render(&list, &seen, now, lang, &TimeZone::UTC, &screen);
        insta::assert_snapshot!("en", shown(Lang::En));
        insta::assert_snapshot!("zh", shown(Lang::Zh));
        assert_eq!(exit(&list, &seen), Exit::Over);
        let hazards = IncidentList {
            incidents: list.incidents.iter().filter(|r| r.role == "hazard").cloned().collect(),
            ..list.clone()
        };
        assert_eq!(exit(&hazards, &seen), Exit::Fine);
        seen.targets_up = 0;
        assert_eq!(exit(&hazards, &seen), Exit::CannotTell);
        let text = render(&hazards, &seen, now, Lang::En, &TimeZone::UTC, &screen);
        assert!(text.contains("Only 0 of 4 targets answer"), "{text}");
    }
}
