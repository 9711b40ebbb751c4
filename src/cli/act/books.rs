//! `playbooks`: what may be done, by which steps, and what came of it. `playbook on`: one that
//! failed twice may be used again.

use super::{line, lines, mode, reach, said};
use crate::cli::args::Running;
use crate::cli::planned::Token;
use crate::cli::say::{Lang, clock};
use crate::cli::table::{Ink, Screen};
use crate::cli::{Exit, Failure, Output, ask};
use crate::web::view_repair::*;
use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use std::path::PathBuf;
use streamwarden_core::estate::plain;

#[derive(Debug, Subcommand)]
pub enum Playbook {
    /// You have looked at what it failed with: it may be used again
    On(On),
}

#[derive(Debug, Args)]
pub struct On {
    playbook: String,
    /// What you found and did
    #[arg(long, value_name = "TEXT")]
    note: String,
    /// Your name; where users are configured, the name of the token counts
    #[arg(long, value_name = "NAME")]
    by: String,
    #[command(flatten)]
    token: Token,
    #[command(flatten)]
    running: Running,
}

pub async fn list(running: Running, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    let list: PlaybookList = running.server(file)?.get("playbooks").await?;
    tell(&list, out);
    Ok(Exit::Fine)
}

pub async fn on(p: Playbook, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    let Playbook::On(on) = p;
    let token = ask::token(on.token.token_file.as_deref())?;
    let server = on.running.server(file)?;
    let request = OnRequest { playbook: on.playbook, note: on.note, by: on.by };
    tell(&server.post("playbook/on", &token, &request).await?, out);
    Ok(Exit::Fine)
}

fn tell(list: &PlaybookList, out: &Output) {
    if out.json {
        out.json(list);
    } else {
        out.text(&render(list, out.lang, &out.zone, &out.screen));
    }
}

fn render(list: &PlaybookList, lang: Lang, zone: &TimeZone, screen: &Screen) -> String {
    let mut text = reach(lang, &list.reach) + "\n";
    for b in &list.playbooks {
        text += &format!("\n{}", book(b, lang, zone, screen));
    }
    text
}

fn book(b: &PlaybookView, lang: Lang, zone: &TimeZone, screen: &Screen) -> String {
    let head = lang
        .say("{name}  risk {risk}, {mode}", "{name}  风险 {risk}，{mode}")
        .replace("{name}", &plain(&b.name))
        .replace("{risk}", &b.risk)
        .replace("{mode}", mode(lang, &b.mode));
    let mut text = screen.ink(Ink::Strong, &head) + "\n";
    let says = said(lang, &b.says).replace('{', "‹").replace('}', "›");
    text += &line("", &says, screen);
    if let Some(eased) = &b.eased {
        let words = lang.say("risk {risk}, {mode}: {when}", "风险 {risk}，{mode}：{when}");
        let words = words
            .replace("{risk}", &eased.risk)
            .replace("{mode}", mode(lang, &eased.mode))
            .replace("{when}", &said(lang, &eased.says));
        text += &line(lang.say("but", "例外"), &words, screen);
    }
    if let Some(since) = b.off_since {
        let words = lang.say(
            "off since {}: it failed twice, and nobody has looked",
            "自 {} 起停用：两次失败，尚无人检查",
        );
        let words = words.replace("{}", &clock(since, zone));
        text += &(screen.ink(Ink::Over, &words) + "\n");
    }
    let r = &b.record;
    let counts = [
        (r.helped, lang.say("helped", "有效")),
        (r.no_change, lang.say("no change", "无变化")),
        (r.failed, lang.say("failed", "失败")),
        (r.rolled_back, lang.say("taken back", "回退")),
        (r.stuck, lang.say("stuck", "卡住")),
        (r.held, lang.say("held", "被阻止")),
    ];
    let used: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, w)| format!("{w} {n}")).collect();
    let used = match used.is_empty() {
        true => lang.say("never used", "从未使用").to_owned(),
        false => used.join(" · "),
    };
    text += &line(lang.say("record", "记录"), &used, screen);
    let cures =
        if b.cures.is_empty() { "-".to_owned() } else { plain(&b.cures.join(", ")).into_owned() };
    text += &line(lang.say("cures", "适用根因"), &cures, screen);
    let needs = b.needs.iter().map(|n| plain(&n.expr).into_owned());
    let asks = b.asks.iter().map(|a| said(lang, a)).chain(needs);
    text += &lines(lang.say("asks for", "前置条件"), asks, screen);
    text += &steps(lang.say("steps", "步骤"), &b.steps, lang, screen);
    text += &steps(lang.say("in place", "原地"), &b.in_place, lang, screen);
    text + &steps(lang.say("way back", "回退"), &b.rollback, lang, screen)
}

fn steps(title: &str, all: &[PlaybookStep], lang: Lang, screen: &Screen) -> String {
    let one = |(i, s): (usize, &PlaybookStep)| {
        let request = s.request.as_ref().map(|r| format!("  [{}]", plain(r)));
        format!("{}. {}{}", i + 1, said(lang, &s.says), request.unwrap_or_default())
    };
    lines(title, all.iter().enumerate().map(one), screen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::view_incident::TextView;

    #[test]
    fn golden_playbooks() {
        let list: PlaybookList =
            serde_json::from_str(include_str!("../../../tests/fixtures/api/playbooks.json"))
                .expect("the API's own recording");
        let screen = Screen { width: 120, colour: false };
        insta::assert_snapshot!(render(&list, Lang::En, &TimeZone::UTC, &screen));
        let says = TextView { en: "where it is newest".into(), zh: "最新时".into() };
        let eased = Some(EasedView { risk: "B".into(), mode: "auto".into(), says });
        let one = PlaybookView { risk: "A".into(), eased, ..list.playbooks[0].clone() };
        let text = book(&one, Lang::En, &TimeZone::UTC, &screen);
        assert!(text.contains("risk B, auto: where it is newest"), "{text}");
    }
}
