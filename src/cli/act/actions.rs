//! `actions`: what was done and is being done. `action seen`: a person has looked at one.

use super::{line, lines, said, short};
use crate::cli::args::Running;
use crate::cli::planned::Token;
use crate::cli::say::{Lang, clock, time_of_day};
use crate::cli::table::{Cell, Ink, Screen, Table};
use crate::cli::{Exit, Failure, Output, ask};
use crate::web::view_repair::*;
use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use std::path::PathBuf;
use streamwarden_core::estate::plain;

#[derive(Debug, Args)]
pub struct Actions {
    /// One with its journal: its id, or enough of its beginning
    action: Option<String>,
    /// Of one incident alone
    #[arg(long, value_name = "ID", conflicts_with = "action")]
    incident: Option<String>,
    #[command(flatten)]
    running: Running,
}

#[derive(Debug, Subcommand)]
pub enum Action {
    /// You have looked at what became of it: its job is no longer left alone
    Seen(Seen),
}

#[derive(Debug, Args)]
pub struct Seen {
    /// Its id, or enough of its beginning
    action: String,
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

pub async fn run(a: Actions, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    let server = a.running.server(file)?;
    if let Some(id) = &a.action {
        let path = format!("action?id={}", ask::encode(id));
        let unknown = || {
            let error = format!("no action is `{}`", plain(id));
            Failure::new(error, "`streamwarden actions` names those that are known")
        };
        let view: ActionView = server.get_known(&path, unknown).await?;
        if out.json {
            out.json(&view);
        } else {
            out.text(&one(&view, out.lang, &out.zone, &out.screen));
        }
        return Ok(exit(std::slice::from_ref(&view.row)));
    }
    let list: ActionList = server.get_list("actions", a.incident.as_deref()).await?;
    if out.json {
        out.json(&list);
    } else {
        out.text(&render(&list, out.lang, &out.zone, &out.screen));
    }
    Ok(exit(&list.actions))
}

/// 3: one is stuck or nobody goes on with it, and nobody has looked at it.
fn exit(all: &[ActionRow]) -> Exit {
    if all.iter().any(|a| a.look) { Exit::Over } else { Exit::Fine }
}

pub async fn action(a: Action, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    let Action::Seen(seen) = a;
    let token = ask::token(seen.token.token_file.as_deref())?;
    let server = seen.running.server(file)?;
    let request = LookRequest { id: seen.action, note: seen.note, by: seen.by };
    let view: ActionView = server.post("action/look", &token, &request).await?;
    if out.json {
        out.json(&view);
        return Ok(Exit::Fine);
    }
    let by = view.row.seen.last().map_or(request.by.as_str(), |l| l.by.as_str());
    let words = out.lang.say("{id}: seen by {by}", "{id}：{by} 已查看");
    out.text(&(words.replace("{id}", &short(&view.row.id)).replace("{by}", &plain(by)) + "\n"));
    Ok(Exit::Fine)
}

fn state(a: &ActionRow, lang: Lang) -> String {
    let word = match a.state.as_str() {
        "open" if a.back => lang.say("being taken back", "回退中"),
        "open" => lang.say("under way", "进行中"),
        "helped" => lang.say("helped", "有效"),
        "no_change" => lang.say("no change", "无变化"),
        "held" => lang.say("held", "被阻止"),
        "failed" => lang.say("failed", "失败"),
        "rolled_back" => lang.say("taken back", "已回退"),
        "stuck" => lang.say("STUCK", "卡住"),
        "let_go" => lang.say("LET GO", "无人继续"),
        "unreadable" => lang.say("CANNOT BE READ", "无法读取"),
        other => other,
    };
    match a.state.as_str() {
        "open" => format!("{word} {}/{}", a.done, a.steps),
        _ => plain(word).into_owned(),
    }
}

/// A person by name, or what is configured.
fn who(a: &ActionRow, lang: Lang) -> &str {
    match a.by.as_str() {
        "policy" => lang.say("policy", "策略"),
        name => name,
    }
}

fn ink(a: &ActionRow) -> Ink {
    match a.state.as_str() {
        "stuck" | "let_go" | "unreadable" if a.look => Ink::Over,
        "open" | "rolled_back" | "failed" | "stuck" | "let_go" | "unreadable" => Ink::Near,
        "helped" => Ink::Good,
        _ => Ink::Dim,
    }
}

/// Where it stands, and whether somebody has looked.
fn seen(a: &ActionRow, lang: Lang) -> String {
    let stands = state(a, lang);
    match a.seen.last() {
        Some(look) if !a.look => {
            let words = lang.say("{}, seen by {by}", "{}，{by} 已查看");
            words.replace("{}", &stands).replace("{by}", &plain(&look.by))
        }
        _ => stands,
    }
}

pub fn render(list: &ActionList, lang: Lang, zone: &TimeZone, screen: &Screen) -> String {
    if list.actions.is_empty() {
        return lang.say("Nothing has been done yet.\n", "尚未执行过任何操作。\n").to_owned();
    }
    let mut table = Table::new(0);
    let heading = lang.say("id|began|state|job|what|let by", "编号|开始|状态|作业|操作|批准");
    table.heading(&heading.split('|').collect::<Vec<_>>());
    for a in &list.actions {
        table.row(vec![
            Cell::new(short(&a.id)),
            Cell::new(clock(a.began, zone)),
            Cell::new(seen(a, lang)).ink(ink(a)),
            Cell::new(&a.job.name),
            Cell::new(match &a.verdict {
                Some(verdict) => format!("{}: {}", a.playbook, said(lang, verdict)),
                None => format!(
                    "{}: {}",
                    a.playbook,
                    a.doing.as_ref().map_or_else(String::new, |d| said(lang, d))
                ),
            }),
            Cell::new(who(a, lang)),
        ]);
    }
    let mut text = table.render(screen);
    for a in list.actions.iter().filter(|a| a.look) {
        let words = lang.say(
            "{id} waits for somebody to look: streamwarden action seen {id} --by NAME --note TEXT",
            "{id} 等待人工查看：streamwarden action seen {id} --by NAME --note TEXT",
        );
        text += &(screen.ink(Ink::Over, &words.replace("{id}", &short(&a.id))) + "\n");
    }
    if list.more {
        let more = lang.say("and older ones: the page", "更早的见网页");
        text += &(screen.ink(Ink::Dim, more) + "\n");
    }
    text
}

fn one(v: &ActionView, lang: Lang, zone: &TimeZone, screen: &Screen) -> String {
    let a = &v.row;
    let head = format!("{}  {}: {}", short(&a.id), plain(&a.job.name), said(lang, &a.says));
    let mut text = screen.ink(Ink::Strong, &head) + "\n";
    let mut facts = screen.ink(ink(a), &state(a, lang));
    if let Some(verdict) = &a.verdict {
        facts = format!("{facts}: {}", said(lang, verdict));
    }
    text += &line(lang.say("state", "状态"), &facts, screen);
    text += &line(lang.say("incident", "故障"), &short(&a.incident), screen);
    let let_by = format!("{} · {}", plain(who(a, lang)), clock(a.began, zone));
    text += &line(lang.say("let by", "批准"), &let_by, screen);
    if let Some(point) = &v.plan.secured {
        let kind = lang.say("{} secured before, taken {}", "事前已确保 {}，生成于 {}");
        let name = format!("{} ({})", point.checkpoint, plain(&point.path));
        let said = kind.replacen("{}", &name, 1).replacen("{}", &clock(point.taken, zone), 1);
        text += &line(lang.say("restore point", "恢复点"), &said, screen);
    }
    text += &format!("\n{}\n", screen.ink(Ink::Strong, lang.say("Journal", "操作日志")));
    for l in &v.lines {
        text += &line(&format!("  {}", time_of_day(l.at, zone)), &said(lang, &l.says), screen);
        if let Some(request) = &l.request {
            text += &line("", &plain(request), screen);
        }
    }
    if let Some(doing) = &a.doing {
        text += &line(lang.say("  now", "  当前"), &said(lang, doing), screen);
    }
    let seen = a
        .seen
        .iter()
        .map(|l| format!("{} · {} · {}", plain(&l.by), clock(l.at, zone), plain(&l.note)));
    text + &lines(lang.say("seen by", "已查看"), seen, screen)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Screen = Screen { width: 120, colour: false };

    #[test]
    fn golden_actions() {
        let list: ActionList =
            serde_json::from_str(include_str!("../../../tests/fixtures/api/actions.json"))
                .expect("the API's own recording");
        insta::assert_snapshot!("list", render(&list, Lang::En, &TimeZone::UTC, &SCREEN));
        assert_eq!(exit(&list.actions), Exit::Over);
        assert_eq!(exit(&list.actions[..1]), Exit::Fine);
    }

    #[test]
    fn golden_action() {
        let view: ActionView =
            serde_json::from_str(include_str!("../../../tests/fixtures/api/action.json"))
                .expect("the API's own recording");
        insta::assert_snapshot!("one_zh", one(&view, Lang::Zh, &TimeZone::UTC, &SCREEN));
    }
}
