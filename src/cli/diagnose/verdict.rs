//! The one word of the answer, and the sentence beside it: pure, from what the look brought.

use super::Diagnosed;
use crate::cli::Exit;
use crate::cli::say::Lang;
use crate::cli::story::said;
use crate::cli::words;
use crate::tasks::lost;
use crate::web::view::{BlindView, LateItem, Status, TargetView};
use crate::web::view_incident::*;
use serde::Serialize;
use streamwarden_core::detect::{falls, gets_later};
use streamwarden_core::diagnose::headline_and_cause;
use streamwarden_core::estate::plain;

/// Busy enough to be the bottleneck, 0 to 1: as `slow_function_cpu.yaml` has it.
const FULL: f64 = 0.9;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    Healthy,
    /// Something is wrong, and what it is (or of which family) was said.
    Ill,
    CannotTell,
}

impl From<Health> for Exit {
    fn from(health: Health) -> Exit {
        match health {
            Health::Healthy => Exit::Fine,
            Health::Ill => Exit::Over,
            Health::CannotTell => Exit::CannotTell,
        }
    }
}

/// Why the answer is what it is; the first that holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Because<'a> {
    /// Every Flink stopped to answer while we looked.
    Lost(&'a TargetView),
    /// Root or family of the worst is known.
    Named(&'a IncidentView),
    /// Something is wrong, and why is open.
    Open(&'a IncidentView),
    /// Something is wrong since we look, and it is too early to say more.
    Young(&'a SymptomView),
    /// Late, and on its way down: what made it late was before our look.
    CatchesUp(&'a LateItem),
    /// Late, and later with each second: seen too shortly to be called a trouble.
    Grows(&'a LateItem),
    /// Not every target answers.
    Unreached,
    /// Nothing runs.
    NothingRuns,
    /// Of what runs something is not seen.
    Unseen(&'a BlindView),
    /// All that runs is seen, and nothing is wrong.
    Well,
}

pub fn judge(d: &Diagnosed) -> (Health, Because<'_>) {
    use Because::*;
    let because = all_lost(d)
        .map(Lost)
        .or_else(|| named(d, true).next().map(Named))
        .or_else(|| named(d, false).find(|v| !all_fall(v)).map(Open))
        .or_else(|| d.pending.iter().find(|s| !falls(s.trend)).map(Young))
        .or_else(|| over(d).map(CatchesUp))
        .or_else(|| named(d, false).next().map(Open))
        .or_else(|| d.pending.first().map(Young))
        .or_else(|| grows(d).map(Grows))
        .or_else(|| (d.overview.targets_up < d.overview.targets).then_some(Unreached))
        .or_else(|| (d.overview.jobs.running == 0).then_some(NothingRuns))
        .or_else(|| d.overview.blind.iter().find(|b| hides(b)).map(Unseen))
        .unwrap_or(Well);
    let health = match because {
        Named(_) => Health::Ill,
        Well => Health::Healthy,
        _ => Health::CannotTell,
    };
    (health, because)
}

/// Whatever else was seen: who is not seen to the end is not judged.
fn all_lost(d: &Diagnosed) -> Option<&TargetView> {
    let mut flink = d.targets.iter().filter(|t| t.kind == "flink_rest");
    let first = flink.next()?;
    (lost(first) && flink.all(lost)).then_some(first)
}

/// Whatever it was, it lets go.
fn all_fall(view: &IncidentView) -> bool {
    !view.symptoms.is_empty() && view.symptoms.iter().all(|s| falls(s.trend))
}

/// What is over its target is an incident, or falls.
fn over(d: &Diagnosed) -> Option<&LateItem> {
    d.overview.late.iter().find(|i| i.delay.status == Status::Over)
}

/// As `core/detect` calls growth, without the time that it wants to see it for.
fn grows(d: &Diagnosed) -> Option<&LateItem> {
    let by = |i: &&LateItem| i.delay.seconds.is_some_and(|s| gets_later(s, i.delay.trend));
    d.overview.late.iter().find(by)
}

/// A hazard is no trouble yet; what recovers is over.
pub fn is_trouble(view: &IncidentView) -> bool {
    let row = &view.row;
    let over = matches!(row.state, IncidentStage::Recovering | IncidentStage::Closed);
    !over && row.role != "hazard" && row.role != "not_a_fault"
}

/// Those whose cause is known, or is open; the worst first.
fn named(d: &Diagnosed, known: bool) -> impl Iterator<Item = &IncidentView> {
    let is = move |v: &&IncidentView| (v.row.verdict.kind != VerdictKind::Undetermined) == known;
    d.incidents.iter().filter(|v| is_trouble(v)).filter(is)
}

/// Blind spots that could hide trouble. What a sink writes and who is who could not.
fn hides(b: &BlindView) -> bool {
    !matches!(&*b.kind, "sink_topic" | "ambiguous_identity" | "no_rights" | "not_configured")
}

pub fn word(lang: Lang, health: Health) -> &'static str {
    match health {
        Health::Healthy => lang.say("HEALTHY", "正常"),
        Health::Ill => lang.say("ILL", "异常"),
        Health::CannotTell => lang.say("CANNOT TELL", "无法判断"),
    }
}

/// What is late by how much, or why that cannot be told.
pub fn sentence(d: &Diagnosed, because: Because<'_>, lang: Lang) -> String {
    match because {
        Because::Lost(target) => gone(d, target, lang),
        Because::Named(view) => headline(view, lang) + &others(d, lang),
        Because::Open(view) => {
            let why = lang.say("; why cannot be told from this look", "；仅凭本次观察无法确定原因");
            headline(view, lang) + why + &others(d, lang)
        }
        Because::Young(s) => young(s, lang),
        Because::CatchesUp(item) => catches_up(item, lang),
        Because::Grows(item) => {
            let words = lang.say(
                "{what} is {delay} late and later each second; it was seen too shortly to say more: look longer with --for 2m",
                "{what} 延迟 {delay}，且仍在增加；观察时间过短，无法进一步判断：可用 --for 2m 延长观察",
            );
            words
                .replace("{what}", &plain(&item.label))
                .replace("{delay}", &words::delay(lang, &item.delay))
        }
        Because::Unreached => unreached(d, lang),
        Because::NothingRuns => {
            let words = lang.say("{} jobs are known, and none runs", "已知 {} 个作业，均未运行");
            words.replace("{}", &d.overview.jobs.total.to_string())
        }
        Because::Unseen(blind) => unseen(d, blind, lang),
        Because::Well => well(d, lang),
    }
}

fn gone(d: &Diagnosed, target: &TargetView, lang: Lang) -> String {
    let span = target.last_try.zip(target.last_ok).map_or(0, |(last, ok)| last - ok);
    let words = lang.say(
        "Flink was lost during the look: {name} has not answered for {span} ({why}); look again when it is back",
        "观察期间失去 Flink：{name} 已 {span} 无响应（{why}）；待其恢复后请重新观察",
    );
    let why = target.error.as_deref().unwrap_or("?");
    let mut text = words
        .replace("{name}", &plain(&target.address))
        .replace("{span}", &lang.seconds(span as f64 / 1000.0))
        .replace("{why}", &plain(why));
    if d.incidents.iter().any(is_trouble) {
        text.push_str(lang.say("; until then was seen:", "；此前所见如下："));
    }
    text
}

/// The first half of what is said, else who suffers.
fn headline(view: &IncidentView, lang: Lang) -> String {
    let says = said(lang, &view.says);
    match headline_and_cause(&says) {
        (head, why) if !why.is_empty() && !head.is_empty() => head.to_owned(),
        _ => said(lang, &view.row.sentence),
    }
}

fn others(d: &Diagnosed, lang: Lang) -> String {
    match d.incidents.iter().filter(|v| is_trouble(v)).count().saturating_sub(1) {
        0 => String::new(),
        n => {
            lang.say(" (and {} more, below)", "（另有 {} 项，见下）").replace("{}", &n.to_string())
        }
    }
}

fn young(s: &SymptomView, lang: Lang) -> String {
    let words = lang.say(
        "{what}: {symptom}; too young to say why: look again, or longer (--for 2m)",
        "{what}：{symptom}；时间太短，尚不能判断原因：请稍后再看，或延长观察（--for 2m）",
    );
    words.replace("{what}", &plain(&s.subject.name)).replace("{symptom}", &symptom(s, lang))
}

fn symptom(s: &SymptomView, lang: Lang) -> String {
    let kind = serde_json::from_value(serde_json::Value::String(s.kind.clone()));
    let name =
        kind.map_or_else(|_| plain(&s.kind).into_owned(), |k| words::symptom(lang, k).to_owned());
    match s.value.filter(|_| s.unit == "s") {
        Some(v) => format!("{name} ({})", lang.seconds(v)),
        None => name,
    }
}

fn catches_up(item: &LateItem, lang: Lang) -> String {
    let words = lang.say(
        "{what} is {delay} late ({target} wanted) and catches up; what made it late was before this look",
        "{what} 延迟 {delay}（目标 {target}），正在追赶；造成延迟的原因发生在本次观察之前",
    );
    words
        .replace("{what}", &plain(&item.label))
        .replace("{delay}", &words::delay(lang, &item.delay))
        .replace("{target}", &words::target(lang, &item.delay))
}

fn unreached(d: &Diagnosed, lang: Lang) -> String {
    let silent = d.targets.iter().find(|t| t.up != Some(true));
    let (name, why) = silent.map_or(("?", ""), |t| (&*t.name, t.error.as_deref().unwrap_or("")));
    let words = lang.say(
        "nothing wrong was seen, but {name} does not answer: {why}",
        "未见异常，但 {name} 无响应：{why}",
    );
    words.replace("{name}", &plain(name)).replace("{why}", &plain(why))
}

fn unseen(d: &Diagnosed, first: &BlindView, lang: Lang) -> String {
    let more = d.overview.blind.iter().filter(|b| hides(b)).count() - 1;
    let words = lang.say(
        "nothing wrong was seen, but not all of it could be: {what}",
        "未见异常，但部分内容无法观测：{what}",
    );
    let mut text = words.replace("{what}", &super::blind::what(first, lang));
    if more > 0 {
        let words = lang.say(" (and {} more, see Blind)", "（另有 {} 项，见“盲区”）");
        text.push_str(&words.replace("{}", &more.to_string()));
    }
    text
}

fn well(d: &Diagnosed, lang: Lang) -> String {
    let words = lang.say("{} jobs run, and nothing is wrong", "{} 个作业运行正常");
    let mut text = words.replace("{}", &d.overview.jobs.running.to_string());
    let seconds = |i: &&LateItem| i.delay.seconds.is_some();
    let latest =
        d.overview.late.iter().filter(seconds).max_by(|a, b| {
            a.delay.seconds.unwrap_or(0.0).total_cmp(&b.delay.seconds.unwrap_or(0.0))
        });
    if let Some(item) = latest {
        let words = lang.say("; the latest is {what}: {delay}", "；延迟最大的是 {what}：{delay}");
        let delay = words::delay(lang, &item.delay);
        text.push_str(&words.replace("{what}", &plain(&item.label)).replace("{delay}", &delay));
    }
    if let Some(why) = works_hard(d, lang) {
        text.push_str(&why);
    }
    text
}

/// Nobody has said how late it may be, and something works as hard as it can: what looks well may
/// be what somebody calls slow.
fn works_hard(d: &Diagnosed, lang: Lang) -> Option<String> {
    if d.wanted_given {
        return None;
    }
    let (name, busy) = d.busiest.as_ref().filter(|(_, busy)| *busy >= FULL)?;
    let words = lang.say(
        "; but {name} is {busy} busy, and how late it may be was not said: look again with --sla 10s",
        "；但 {name} 已 {busy} 忙碌，且未给出允许的延迟：请用 --sla 10s 再看一次",
    );
    let busy = format!("{:.0} %", busy * 100.0);
    Some(words.replace("{busy}", &busy).replace("{name}", &plain(name)))
}
