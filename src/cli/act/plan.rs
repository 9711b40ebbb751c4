//! `plan`: what would be done now, in any mode. `approve` and `decline`: a person's word to it.

use super::{copied, holds, line, lines, mode, reach, said, short};
use crate::cli::args::Running;
use crate::cli::planned::Token;
use crate::cli::say::{Lang, clock};
use crate::cli::table::{Ink, Screen};
use crate::cli::{Exit, Failure, Output, ask};
use crate::clock;
use crate::web::view::Overview;
use crate::web::view_repair::*;
use clap::Args;
use jiff::tz::TimeZone;
use std::path::PathBuf;
use streamwarden_core::estate::plain;

#[derive(Debug, Args)]
pub struct Plan {
    /// Of one incident alone: its id, or enough of its beginning
    incident: Option<String>,
    #[command(flatten)]
    running: Running,
}

#[derive(Debug, Args)]
pub struct Answer {
    /// Its number, or the first eight digits and more, as `plan` shows it
    plan: String,
    /// Your name; where users are configured, the name of the token counts
    #[arg(long, value_name = "NAME")]
    by: String,
    #[command(flatten)]
    token: Token,
    #[command(flatten)]
    running: Running,
}

pub async fn run(plan: Plan, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    let server = plan.running.server(file)?;
    let list: ProposalList = server.get_list("plans", plan.incident.as_deref()).await?;
    let seen: Overview = server.get("overview").await?;
    let blind = list.proposals.is_empty() && seen.targets_up == 0;
    if out.json {
        out.json(&list);
    } else if blind {
        let words = out.lang.say(
            "Nothing can be said: none of {} targets answers.",
            "无法判断：{} 个采集目标均无响应。",
        );
        out.text(&(words.replace("{}", &seen.targets.to_string()) + "\n"));
    } else {
        let now = clock::now().0;
        out.text(&render(&list, now, out.lang, &out.zone, &out.screen));
    }
    Ok(if blind { Exit::CannotTell } else { exit(&list) })
}

/// 3: something would be done, or waits for a person.
fn exit(list: &ProposalList) -> Exit {
    match list.proposals.iter().any(|p| p.plan.is_some() && p.applies) {
        true => Exit::Over,
        false => Exit::Fine,
    }
}

pub async fn answer(
    a: Answer,
    yes: bool,
    file: Option<PathBuf>,
    out: &Output,
) -> Result<Exit, Failure> {
    let token = ask::token(a.token.token_file.as_deref())?;
    let server = a.running.server(file)?;
    let request = AnswerRequest { plan: a.plan, yes, by: a.by };
    let view: AnswerView = server.post("plan/answer", &token, &request).await?;
    if out.json {
        out.json(&view);
    } else {
        out.text(&answered(&view, out.lang, &out.screen));
    }
    Ok(Exit::Fine)
}

fn answered(v: &AnswerView, lang: Lang, screen: &Screen) -> String {
    let words = match v.yes {
        true => lang.say("{plan} is approved by {by}: {what}", "{plan} 已由 {by} 批准：{what}"),
        false => lang.say("{plan} is declined by {by}: {what}", "{plan} 已由 {by} 否决：{what}"),
    };
    let what = v.to.plan.as_ref().map_or_else(String::new, |p| said(lang, &p.says));
    let head = words
        .replace("{plan}", &short(v.to.hash.as_deref().unwrap_or("?")))
        .replace("{by}", &plain(&v.by))
        .replace("{what}", &what);
    let mut text = head + "\n";
    if v.yes {
        let sent = lang.say("will be sent", "将发送");
        text += &copied(sent, v.to.requests.iter().map(|r| plain(r).into_owned()), screen);
        let left: Vec<HoldView> = v.to.holds.iter().filter(|h| !asks(h)).cloned().collect();
        if !left.is_empty() {
            text += &line(lang.say("still held", "仍被阻止"), &holds(lang, &left), screen);
        }
    }
    text
}

fn render(list: &ProposalList, now: i64, lang: Lang, zone: &TimeZone, screen: &Screen) -> String {
    let head = format!("{} ({})", clock(list.at, zone), lang.ago(now - list.at));
    let mut text = screen.ink(Ink::Dim, &head) + "\n" + &reach(lang, &list.reach) + "\n";
    if list.proposals.is_empty() {
        let none = lang.say(
            "Nothing would be done: no incident is open that a playbook is for.",
            "不会执行任何操作：没有适用预案的未关闭故障。",
        );
        text += &format!("\n{none}\n");
    }
    for p in &list.proposals {
        text += &format!("\n{}", proposal(p, lang, screen));
    }
    if !list.held.is_empty() {
        let title = lang.say("Made before and not carried out", "此前生成但未执行的方案");
        text += &format!("\n{}\n", screen.ink(Ink::Strong, title));
        text += &list.held.iter().map(|h| held(h, lang, zone, screen)).collect::<String>();
    }
    if let Some(error) = &list.error {
        let words = lang.say("What was held before is not known: {}", "此前被阻止的方案未知：{}");
        text += &(screen.ink(Ink::Near, &words.replace("{}", &plain(error))) + "\n");
    }
    text
}

fn proposal(p: &ProposalView, lang: Lang, screen: &Screen) -> String {
    let name = plain(&p.job.name);
    let what = match &p.plan {
        Some(plan) if !p.applies => {
            lang.say("{} does not apply now", "{} 目前不适用").replace("{}", &plain(&plan.playbook))
        }
        Some(plan) => said(lang, &plan.says),
        None => lang.say("no playbook is for it", "没有适用的预案").to_owned(),
    };
    let head = format!("{}  {name}: {what}", short(&p.incident));
    let mut text = screen.ink(Ink::Strong, &head) + "\n";
    match &p.plan {
        Some(plan) if p.applies => text += &of_plan(p, plan, lang, screen),
        Some(plan) => {
            let (why, rest): (Vec<_>, Vec<_>) =
                p.holds.iter().partition(|h| h.hold == "precondition");
            let words = |all: Vec<&HoldView>| -> Vec<String> {
                all.iter().map(|h| said(lang, &h.says)).collect()
            };
            text += &lines(lang.say("why", "原因"), words(why), screen);
            text += &conditions(plan, lang, screen);
            text += &lines(lang.say("held by", "阻止原因"), words(rest), screen);
        }
        None => {}
    }
    for n in &p.not {
        let why = format!("{}: {}", plain(&n.playbook), holds(lang, &n.holds));
        text += &line(lang.say("not", "不采用"), &why, screen);
    }
    text
}

fn of_plan(p: &ProposalView, plan: &RepairPlan, lang: Lang, screen: &Screen) -> String {
    let mut facts = vec![
        plain(&plan.playbook).into_owned(),
        lang.say("risk {}", "风险 {}").replace("{}", &plan.risk),
        lang.say("mode {}", "模式 {}").replace("{}", mode(lang, &p.mode)),
    ];
    if plan.interrupts {
        facts.push(lang.say("interrupts the job", "会中断作业").to_owned());
    }
    let numbered = |all: &[crate::web::view_incident::TextView]| -> Vec<String> {
        all.iter().enumerate().map(|(i, s)| format!("{}. {}", i + 1, said(lang, s))).collect()
    };
    let mut text = line(lang.say("playbook", "预案"), &facts.join(" · "), screen);
    if let Some(hash) = &p.hash {
        text += &line(lang.say("plan", "方案"), &plain(hash), screen);
    }
    text += &lines(lang.say("steps", "步骤"), numbered(&plan.steps), screen);
    let requests = p.requests.iter().map(|r| plain(r).into_owned());
    text += &copied(lang.say("requests", "请求"), requests, screen);
    text += &lines(lang.say("way back", "回退"), numbered(&plan.rollback), screen);
    text += &conditions(plan, lang, screen);
    if p.holds.is_empty() {
        let nothing = lang.say("nothing: it is carried out", "无：正在执行");
        return text + &line(lang.say("held by", "阻止原因"), nothing, screen);
    }
    let held = p.holds.iter().map(|h| said(lang, &h.says));
    text += &lines(lang.say("held by", "阻止原因"), held, screen);
    let may = matches!(p.mode.as_str(), "approve" | "auto");
    if let (Some(hash), true) = (&p.hash, may && p.holds.iter().any(asks)) {
        let todo = format!("streamwarden approve {} --by NAME", short(hash));
        text += &line(lang.say("to let it", "批准命令"), &todo, screen);
    }
    text
}

/// What has to be so for it, each as it is now.
fn conditions(plan: &RepairPlan, lang: Lang, screen: &Screen) -> String {
    let one = |c: &PreconditionView| {
        let mark = match c.holds {
            Some(true) => "✓",
            Some(false) => "✗",
            None => "?",
        };
        let colon = lang.say(": ", "：");
        format!("{mark} {}{colon}{}", said(lang, &c.says), said(lang, &c.now))
    };
    lines(lang.say("conditions", "前置条件"), plan.preconditions.iter().map(one), screen)
}

/// A person's yes takes it away.
fn asks(h: &HoldView) -> bool {
    matches!(h.hold.as_str(), "needs_approval" | "declined")
}

/// What was done about an incident, and what was not and why.
pub fn of_incident(
    done: &ActionList,
    plans: &ProposalList,
    (lang, zone): (Lang, &TimeZone),
    screen: &Screen,
) -> String {
    let mut text = screen.ink(Ink::Strong, lang.say("Repair", "修复")) + "\n";
    text += &match done.actions.is_empty() {
        true => lang.say("Nothing was done.\n", "未执行任何操作。\n").to_owned(),
        false => super::actions::render(done, lang, zone, screen),
    };
    let not = lang.say("not done", "未执行");
    for p in plans.proposals.iter().filter(|p| !p.holds.is_empty()) {
        let what = p.plan.as_ref().map(|plan| said(lang, &plan.says)).unwrap_or_default();
        text += &line(
            not,
            &format!("{}: {what}: {}", plain(&p.job.name), holds(lang, &p.holds)),
            screen,
        );
    }
    for p in plans.proposals.iter().filter(|p| p.plan.is_none()) {
        let one = |n: &NotTaken| format!("{}: {}", plain(&n.playbook), holds(lang, &n.holds));
        text += &lines(not, p.not.iter().map(one), screen);
    }
    let shown = |h: &&HeldView| !plans.proposals.iter().any(|p| p.job.id == h.job.id);
    for h in plans.held.iter().filter(shown) {
        text += &held(h, lang, zone, screen);
    }
    text
}

fn held(h: &HeldView, lang: Lang, zone: &TimeZone, screen: &Screen) -> String {
    let head = format!(
        "{} – {}  {}: {}",
        clock(h.first, zone),
        clock(h.last, zone),
        plain(&h.job.name),
        said(lang, &h.says)
    );
    head + "\n" + &line(lang.say("held by", "阻止原因"), &holds(lang, &h.holds), screen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> ProposalList {
        serde_json::from_str(include_str!("../../../tests/fixtures/api/plans.json"))
            .expect("the API's own recording")
    }

    #[test]
    fn golden_plan() {
        let (list, screen) = (list(), Screen { width: 110, colour: false });
        let now = list.at + 2000;
        let shown = |lang| render(&list, now, lang, &TimeZone::UTC, &screen);
        insta::assert_snapshot!("en", shown(Lang::En));
        insta::assert_snapshot!("zh", shown(Lang::Zh));
        assert_eq!(exit(&list), Exit::Over);
        assert_eq!(exit(&ProposalList { proposals: Vec::new(), ..list }), Exit::Fine);
    }

    #[test]
    fn a_yes_tells_what_goes_out_and_what_still_holds_it() {
        let to = list().proposals[0].clone();
        let screen = Screen { width: 200, colour: false };
        let view = AnswerView { yes: true, by: "li\u{1b}[31m".into(), to: to.clone() };
        let text = answered(&view, Lang::En, &screen);
        assert!(text.contains("approved by li\u{fffd}[31m"), "{text}");
        assert!(
            text.contains("PUT http://") && text.contains("still held   seen for 44 s"),
            "{text}"
        );
        let closed = ProposalList { proposals: Vec::new(), ..list() };
        let none = ActionList { at: 0, actions: Vec::new(), more: false };
        let text = of_incident(&none, &closed, (Lang::En, &TimeZone::UTC), &screen);
        assert!(text.contains("Nothing was done.") && text.contains("held by"), "{text}");
        let other = ProposalView { applies: false, ..list().proposals[0].clone() };
        let text = proposal(&other, Lang::En, &screen);
        assert!(text.contains("does not apply now") && !text.contains("PUT"), "{text}");
        let no = answered(&AnswerView { yes: false, ..view }, Lang::Zh, &screen);
        assert!(no.contains("否决") && !no.contains("PUT"), "{no}");
    }
}
