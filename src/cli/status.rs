//! `status`: one screen of what is late, by how much, where it arises, and what cannot be seen.

use super::Exit;
use super::availability::percent;
use super::planned;
use super::say::{Lang, clock};
use super::story::said;
use super::table::{Cell, Ink, Screen, Table, wrap};
use super::unseen;
use super::words::{self, name_of};
use crate::web::view::{BlindView, ClusterRow, LateItem, Overview, RepairNow, Status};
use crate::web::view_base::{ComponentRow, MemberCount};
use crate::web::view_incident::{IncidentRow, IncidentStage, RuleError, TextView};
use crate::web::view_pipeline::{PipelineView, StageView};
use crate::web::view_planned::PlannedView;
use crate::web::view_repair::{ActionRow, SwitchView};
use jiff::tz::TimeZone;
use streamwarden_core::estate::plain;

/// Rows of each part: more does not fit beside the others on one screen.
const LATE: usize = 12;
const CLUSTERS: usize = 6;
const BLIND: usize = 6;
const PLANNED: usize = 6;
const REPAIRS: usize = 6;
const INCIDENTS: usize = 4;
const SWITCHES: usize = 4;

/// What `status` shows: the overview, and how many jobs have no figure to be judged by.
#[cfg_attr(test, derive(Clone))]
pub struct Seen {
    pub overview: Overview,
    pub pipeline: PipelineView,
    pub no_target: u32,
    pub unknown: u32,
    /// Open ones, worst first.
    pub incidents: Vec<IncidentRow>,
    pub switches: Vec<SwitchView>,
    /// Actions that wait for a person to look.
    pub stuck: Vec<ActionRow>,
    /// Announced, and not over.
    pub planned: Vec<PlannedView>,
    /// Mistakes in the rules' files as they are now.
    pub bad_rules: Vec<RuleError>,
    pub server: String,
}

/// Over is over, and so is an open incident; else a target that cannot be judged is not good news.
pub fn exit(overview: &Overview, incidents: &[IncidentRow]) -> Exit {
    let any = |status: Status| overview.late.iter().any(|i| i.delay.status == status);
    let judged_unknown = overview
        .late
        .iter()
        .any(|i| i.delay.status == Status::Unknown && i.delay.target_s.is_some());
    let ill = incidents.iter().any(|i| i.role != "hazard");
    if any(Status::Over) || ill {
        Exit::Over
    } else if overview.targets == 0 || overview.targets_up < overview.targets || judged_unknown {
        Exit::CannotTell
    } else {
        Exit::Fine
    }
}

pub fn render(seen: &Seen, now: i64, lang: Lang, zone: &TimeZone, screen: &Screen) -> String {
    let view = &seen.overview;
    let (mut first, mut ink) = sentence(seen, lang);
    if view.targets_up > 0
        && let Some(down) = down(view, lang)
    {
        if !first.ends_with(['.', '。']) {
            first += lang.say(".", "。");
        }
        first += &(lang.say(" ", "").to_owned() + &down);
        ink = Ink::Over;
    }
    let head = format!(
        "Streamwarden {} · {} ({}) · {} · {}",
        plain(&view.version),
        clock(view.at, zone),
        lang.ago(now - view.at),
        mode(lang, &view.mode),
        plain(&seen.server),
    );
    let mut parts = vec![screen.ink(Ink::Dim, &head) + "\n", screen.ink(ink, &first) + "\n"];
    parts.extend(let_go(&view.repairs, lang, screen));
    parts.push(pipeline(&seen.pipeline, lang, screen));
    parts.extend(incidents(&seen.incidents, lang, screen));
    parts.extend(switches(&seen.switches, lang, screen));
    parts.extend(stuck(&seen.stuck, lang, screen));
    parts.extend(works(&seen.planned, lang, zone, screen));
    parts.extend(repairs(&view.repairs, lang, zone, screen));
    parts.extend(late(view, lang, screen));
    parts.extend(bad_rules(&seen.bad_rules, lang, screen));
    parts.push(counts(view, lang, screen));
    parts.extend(blind(&view.blind, now, lang, screen));
    parts.join("\n")
}

/// The whole way of the data: how each part of it stands, its worst delay, and this month.
fn pipeline(view: &PipelineView, lang: Lang, screen: &Screen) -> String {
    let stages: Vec<String> = view.stages.iter().map(|s| stage(s, lang, screen)).collect();
    let zone =
        lang.say("; %: this month ({})", "；达标率为本月（{}）").replace("{}", &plain(&view.zone));
    let months = view.stages.iter().any(|s| s.month.share.is_some());
    let zone = if months { screen.ink(Ink::Dim, &zone) } else { String::new() };
    stages.join(" → ") + &zone + "\n"
}

fn stage(stage: &StageView, lang: Lang, screen: &Screen) -> String {
    let mut said = vec![words::status(lang, stage.status).to_owned()];
    said.extend(stage.worst.as_ref().map(|w| words::delay(lang, &w.delay)));
    said.extend(stage.month.share.map(|share| percent(Some(share), stage.month.known)));
    let text = format!("{} {}", words::pipeline_stage(lang, &stage.name), said.join(", "));
    screen.ink(words::ink(stage.status), &text)
}

/// Hazards are told by `incidents`.
fn incidents(open: &[IncidentRow], lang: Lang, screen: &Screen) -> Option<String> {
    let ill: Vec<&IncidentRow> = open.iter().filter(|r| r.role != "hazard").collect();
    if ill.is_empty() {
        return None;
    }
    let one = |r: &&IncidentRow| {
        let id: String = r.id.chars().take(8).collect();
        let words = lang.say("Incident {id}: {says}", "故障 {id}：{says}");
        let text = words.replace("{id}", &id).replace("{says}", &said(lang, &r.sentence));
        screen.ink(Ink::Over, &plain(&text)) + "\n"
    };
    let lines: String = ill.iter().take(INCIDENTS).map(one).collect();
    Some(lines + &more(ill.len(), INCIDENTS, lang, screen))
}

/// What may not be done is the first thing to know when nothing is done.
fn switches(all: &[SwitchView], lang: Lang, screen: &Screen) -> Option<String> {
    if all.is_empty() {
        return None;
    }
    let one = |s: &SwitchView| {
        let words = lang.say(
            "Kill switch on {scope}: {why} (by {by}): no action there",
            "停止开关 {scope} 已开启：{why}（{by}）：该范围内不执行任何操作",
        );
        let text =
            words.replace("{scope}", &s.scope).replace("{by}", &s.by).replace("{why}", &s.why);
        screen.ink(Ink::Near, &plain(&text)) + "\n"
    };
    let lines: String = all.iter().take(SWITCHES).map(one).collect();
    Some(lines + &more(all.len(), SWITCHES, lang, screen))
}

/// What may have left a job down, and keeps it from any other repair.
fn stuck(all: &[ActionRow], lang: Lang, screen: &Screen) -> Option<String> {
    if all.is_empty() {
        return None;
    }
    let one = |a: &ActionRow| {
        let words = lang.say(
            "Somebody has to look at {job}: a repair got stuck ({what}). `streamwarden actions {id}`",
            "{job} 需要人工处理：修复卡住（{what}）。`streamwarden actions {id}`",
        );
        let id: String = a.id.chars().take(8).collect();
        let text = words
            .replace("{job}", &a.job.name)
            .replace("{id}", &id)
            .replace("{what}", &said(lang, &a.says));
        let lines = wrap(&plain(&text), screen.width);
        lines.iter().map(|l| screen.ink(Ink::Over, l) + "\n").collect::<String>()
    };
    let lines: String = all.iter().take(REPAIRS).map(one).collect();
    Some(lines + &more(all.len(), REPAIRS, lang, screen))
}

/// What is worked on now stands out; what is to come is said too.
fn works(planned: &[PlannedView], lang: Lang, zone: &TimeZone, screen: &Screen) -> Option<String> {
    if planned.is_empty() {
        return None;
    }
    let one = |w: &PlannedView| {
        let ink = if w.state == "now" { Ink::Near } else { Ink::Dim };
        screen.ink(ink, &planned::line(w, lang, zone)) + "\n"
    };
    let lines: String = planned.iter().take(PLANNED).map(one).collect();
    Some(lines + &more(planned.len(), PLANNED, lang, screen))
}

/// Their jobs may be down by us, and nobody starts them again.
fn let_go(repairs: &[RepairNow], lang: Lang, screen: &Screen) -> Option<String> {
    let all: Vec<_> = repairs.iter().filter_map(|r| Some((r, r.let_go.as_ref()?))).collect();
    if all.is_empty() {
        return None;
    }
    let one = |(r, why): &(&RepairNow, &TextView)| {
        let words = lang.say(
            "Somebody has to look at {job}: a repair was let go ({what}): {why}. `streamwarden actions {id}`",
            "{job} 需要人工处理：修复无人继续（{what}）：{why}。`streamwarden actions {id}`",
        );
        let id: String = r.action.chars().take(8).collect();
        let text = words
            .replace("{job}", &r.name)
            .replace("{id}", &id)
            .replace("{what}", &said(lang, &r.says))
            .replace("{why}", &said(lang, why));
        wrap(&plain(&text), screen.width)
            .iter()
            .map(|l| screen.ink(Ink::Over, l) + "\n")
            .collect::<String>()
    };
    let lines: String = all.iter().take(REPAIRS).map(one).collect();
    Some(lines + &more(all.len(), REPAIRS, lang, screen))
}

/// What is seen of these jobs meanwhile is our doing.
fn repairs(repairs: &[RepairNow], lang: Lang, zone: &TimeZone, screen: &Screen) -> Option<String> {
    let repairs: Vec<&RepairNow> = repairs.iter().filter(|r| r.let_go.is_none()).collect();
    if repairs.is_empty() {
        return None;
    }
    let one = |r: &&RepairNow| {
        let words = lang.say(
            "{job} is under repair since {since}: {what} (action {id})",
            "{job} 自 {since} 起正在修复：{what}（操作 {id}）",
        );
        let id: String = r.action.chars().take(8).collect();
        let text = words
            .replace("{since}", &clock(r.since, zone))
            .replace("{job}", &r.name)
            .replace("{id}", &id)
            .replace("{what}", &said(lang, &r.says));
        screen.ink(Ink::Near, &plain(&text)) + "\n"
    };
    let lines: String = repairs.iter().take(REPAIRS).map(one).collect();
    Some(lines + &more(repairs.len(), REPAIRS, lang, screen))
}

fn mode(lang: Lang, mode: &str) -> String {
    match mode {
        "observe" => lang.say("only observes", "仅观察").to_owned(),
        other => plain(other).into_owned(),
    }
}

/// The first line: what a tired person reads.
fn sentence(seen: &Seen, lang: Lang) -> (String, Ink) {
    let view = &seen.overview;
    if view.targets == 0 {
        let text = lang.say("Nothing is watched: no target.", "未监控任何对象：没有目标。");
        return (text.to_owned(), Ink::Dim);
    }
    if view.targets_up == 0 {
        let text = lang.say("Blind: none of {} targets answers.", "无法观察：{} 个目标均无响应。");
        return (text.replace("{}", &view.targets.to_string()), Ink::Over);
    }
    // what is wrong is never told as calm because nobody can judge how late it makes things; and
    // where it is known why something is late, that is what is told
    let ill = |r: &&IncidentRow| {
        r.planned.is_none() && r.state == IncidentStage::Confirmed && r.role != "hazard"
    };
    let says = |r: &IncidentRow| (plain(&said(lang, &r.sentence)).into_owned(), Ink::Over);
    if let Some(why) = seen.incidents.iter().filter(ill).find(|r| r.harm.breach) {
        return says(why);
    }
    let over: Vec<&LateItem> =
        view.late.iter().filter(|i| i.delay.status == Status::Over).collect();
    if let Some(first) = over.iter().find(|i| !i.inherited).or(over.first()) {
        return (lateness(first, lang) + &others(&over, first, lang), Ink::Over);
    }
    if let Some(worst) = seen.incidents.iter().find(ill) {
        return says(worst);
    }
    if let Some(near) = view.late.iter().find(|i| i.delay.status == Status::Near) {
        return (lateness(near, lang), Ink::Near);
    }
    calm(seen, lang)
}

/// Jobs that do not run and that nobody ended.
fn down(view: &Overview, lang: Lang) -> Option<String> {
    let many = |n: u32, en: [&str; 2], zh: &str| match n {
        0 => None,
        1 => Some(lang.say(en[0], zh).replace("{}", "1")),
        n => Some(lang.say(en[1], zh).replace("{}", &n.to_string())),
    };
    let failed =
        many(view.jobs.failed, ["1 job has failed.", "{} jobs have failed."], "{} 个作业已失败。");
    let lost = many(
        view.jobs.lost,
        [
            "1 job is lost: its JobManager does not know it any more.",
            "{} jobs are lost: their JobManager does not know them any more.",
        ],
        "{} 个作业已丢失：JobManager 上已无这些作业。",
    );
    let said: Vec<String> = failed.into_iter().chain(lost).collect();
    (!said.is_empty()).then(|| said.join(lang.say(" ", "")))
}

/// Nothing is over: said as good only if everything is judged.
fn calm(seen: &Seen, lang: Lang) -> (String, Ink) {
    let total = seen.overview.jobs.total;
    if total == 0 {
        return (lang.say("No job is seen yet.", "尚未发现作业。").to_owned(), Ink::Plain);
    }
    let mut unjudged = Vec::new();
    if seen.no_target > 0 {
        let words = match seen.no_target {
            1 => "1 job without a target",
            _ => "{} jobs without a target",
        };
        let words = lang.say(words, "{} 个作业没有目标");
        unjudged.push(words.replace("{}", &seen.no_target.to_string()));
    }
    if seen.unknown > 0 {
        let words = lang.say("{} of unknown delay", "{} 个延迟未知");
        unjudged.push(words.replace("{}", &seen.unknown.to_string()));
    }
    if unjudged.is_empty() {
        let text = lang.say("Nothing is over its target.", "没有超标。");
        return (text.to_owned(), Ink::Good);
    }
    let list = unjudged.join(lang.say(", ", "，"));
    let mut text = lang.say("Cannot be judged: {}.", "无法判断：{}。").replace("{}", &list);
    if seen.no_target.saturating_add(seen.unknown) < total {
        text.push_str(lang.say(" Nothing else is over its target.", "其余均未超标。"));
    }
    (text, Ink::Plain)
}

fn lateness(item: &LateItem, lang: Lang) -> String {
    let mut text = match item.delay.target_s {
        Some(_) => lang.say(
            "{label} is {delay} late ({target} wanted).",
            "{label} 延迟 {delay}（目标 {target}）。",
        ),
        None => lang.say("{label} is {delay} late.", "{label} 延迟 {delay}。"),
    }
    .replace("{label}", &plain(&item.label))
    .replace("{delay}", &words::delay(lang, &item.delay))
    .replace("{target}", &words::target(lang, &item.delay));
    if let Some(node) = &item.arises_at {
        let how = item.arises_as.as_deref().map(|part| words::waits(lang, part));
        let sentence = match how {
            Some(_) => lang.say(" It arises in {node}, {how}.", "延迟产生于 {node}（{how}）。"),
            None => lang.say(" It arises in {node}.", "延迟产生于 {node}。"),
        };
        let node = sentence.replace("{node}", &plain(name_of(node)));
        text.push_str(&node.replace("{how}", &plain(how.unwrap_or_default())));
    }
    text
}

fn others(over: &[&LateItem], first: &LateItem, lang: Lang) -> String {
    let rest = over.len() - 1;
    let inherit = over.iter().filter(|i| i.id != first.id && i.inherited).count();
    match rest {
        0 => String::new(),
        _ if inherit == rest => lang
            .say(" {} more: late only because of it.", "另有 {} 项仅受其影响。")
            .replace("{}", &rest.to_string()),
        _ => lang.say(" {} more over target.", "另有 {} 项超标。").replace("{}", &rest.to_string()),
    }
}

fn late(view: &Overview, lang: Lang, screen: &Screen) -> Option<String> {
    if view.late.is_empty() {
        return None;
    }
    let mut table = Table::new(0);
    let heading =
        lang.say("|what|delay|target|trend|where it arises", "|对象|延迟|目标|趋势|产生位置");
    table.heading(&heading.split('|').collect::<Vec<_>>());
    for item in view.late.iter().take(LATE) {
        let delay =
            Cell::figure(words::delay(lang, &item.delay)).ink(words::ink(item.delay.status));
        table.row(vec![
            words::status_cell(lang, item.delay.status),
            Cell::new(named(item, lang)),
            delay,
            Cell::figure(words::target(lang, &item.delay)),
            Cell::figure(words::trend(lang, &item.delay)),
            origin(item, lang),
        ]);
    }
    Some(table.render(screen) + &more(view.late.len(), LATE, lang, screen))
}

/// A path and an edge may have the same ends, and look alike without.
fn named(item: &LateItem, lang: Lang) -> String {
    let path = lang.say(" (path)", "（全程）");
    let mark = if item.kind == "path" { path } else { "" };
    format!("{}{mark}", item.label)
}

fn origin(item: &LateItem, lang: Lang) -> Cell {
    if item.delay.seconds.is_none() {
        let why = item.delay.unknown.as_deref().map(|w| unseen::why(lang, w));
        return Cell::new(why.unwrap_or_default()).ink(Ink::Dim);
    }
    let Some(node) = &item.arises_at else { return Cell::default() };
    let name = name_of(node);
    if item.inherited {
        return Cell::new(lang.say("inherited from {}", "继承自 {}").replace("{}", name))
            .ink(Ink::Dim);
    }
    match &item.arises_as {
        Some(part) => Cell::new(format!("{name}: {}", words::waits(lang, part))),
        None => Cell::new(name),
    }
}

/// Somebody thinks that these rules are in force.
fn bad_rules(errors: &[RuleError], lang: Lang, screen: &Screen) -> Option<String> {
    let first = errors.first()?;
    let at = first.line.map_or(String::new(), |n| format!(":{n}"));
    let words = lang.say(
        "Rules: {n} to correct, the first in {file}{at}: {error}. What is in force is without it: `streamwarden check {file}`",
        "规则：{n} 处错误，首个位于 {file}{at}：{error}。出错的规则未生效：`streamwarden check {file}`",
    );
    let text = words
        .replace("{n}", &errors.len().to_string())
        .replace("{at}", &at)
        .replace("{error}", &plain(&first.error))
        .replace("{file}", &plain(&first.file));
    let lines = wrap(&text, screen.width);
    Some(lines.iter().map(|l| screen.ink(Ink::Over, l) + "\n").collect())
}

fn counts(view: &Overview, lang: Lang, screen: &Screen) -> String {
    let jobs = &view.jobs;
    let states = [
        (jobs.running, lang.say("running", "运行中"), Ink::Plain),
        (jobs.changing, lang.say("changing", "变化中"), Ink::Near),
        (jobs.failed, lang.say("failed", "失败"), Ink::Over),
        (jobs.lost, lang.say("lost", "丢失"), Ink::Over),
        (jobs.ended, lang.say("ended", "已结束"), Ink::Dim),
        (jobs.unknown, lang.say("unknown", "未知"), Ink::Dim),
    ];
    let states = states.iter().filter(|(n, ..)| *n > 0);
    let states: Vec<_> =
        states.map(|(n, word, ink)| screen.ink(*ink, &format!("{n} {word}"))).collect();
    let up = format!("{}/{}", view.targets_up, view.targets);
    let up_ink = if view.targets_up < view.targets { Ink::Over } else { Ink::Plain };
    let states = match states.as_slice() {
        [] => String::new(),
        states => format!(" ({})", states.join(", ")),
    };
    let mut text = format!(
        "{}{states} · {} · {} {}\n",
        counted(lang, Some(jobs.total), ["job", "jobs"], "个作业"),
        counted(lang, Some(view.topics), ["topic", "topics"], "个主题"),
        screen.ink(up_ink, &up),
        lang.say("targets answer", "个目标有响应"),
    );
    let mut table = Table::new(2);
    for cluster in view.clusters.iter().take(CLUSTERS) {
        table.row(cluster_row(cluster, lang));
    }
    text.push_str(&table.render(screen));
    text += &more(view.clusters.len(), CLUSTERS, lang, screen);
    text + &components(&view.components, view.at, lang, screen)
}

/// What the jobs stand on, a line each; what is ill comes first.
fn components(all: &[ComponentRow], now: i64, lang: Lang, screen: &Screen) -> String {
    let mut table = Table::new(2);
    for c in all.iter().take(CLUSTERS) {
        let (word, ink) = match c.standing.as_str() {
            "well" => (lang.say("well", "正常").to_owned(), Ink::Plain),
            "ill" => (ill(c, now, lang), Ink::Over),
            _ => (lang.say("not known", "未知").to_owned(), Ink::Dim),
        };
        table.row(vec![
            Cell::new(&c.sort),
            Cell::new(&c.name),
            Cell::new(word).ink(ink),
            Cell::new(members(c)),
        ]);
    }
    table.render(screen) + &more(all.len(), CLUSTERS, lang, screen)
}

fn ill(c: &ComponentRow, now: i64, lang: Lang) -> String {
    let why = match c.why.as_deref() {
        Some("safe_mode") => lang.say("safe mode", "安全模式").to_owned(),
        Some("condition") => c.detail.clone().unwrap_or_default(),
        _ => lang.say("does not do its work", "无法提供服务").to_owned(),
    };
    match c.since {
        Some(since) => format!("{why} ({})", lang.ago(now - since)),
        None => why,
    }
}

/// `3 server: 1 leader, 2 follower`, in its own words.
fn members(c: &ComponentRow) -> String {
    let of = |m: &MemberCount| {
        let state = m.state.as_deref().unwrap_or("?");
        format!("{} {} {state}", m.count, m.role)
    };
    c.members.iter().map(of).collect::<Vec<_>>().join(", ")
}

/// `1 broker`, `? topics`.
fn counted(lang: Lang, n: Option<u32>, en: [&str; 2], zh: &str) -> String {
    let number = n.map_or_else(|| "?".to_owned(), |n| n.to_string());
    let word = if n == Some(1) { en[0] } else { en[1] };
    format!("{number} {}", lang.say(word, zh))
}

fn cluster_row(cluster: &ClusterRow, lang: Lang) -> Vec<Cell> {
    let version = match (&cluster.version, cluster.version_claimed) {
        (Some(version), true) => version.clone(),
        (Some(version), false) => {
            format!("{version} ({})", lang.say("not claimed", "未声明支持"))
        }
        (None, _) => lang.say("version unknown", "版本未知").to_owned(),
    };
    let number = |n: Option<u32>| n.map_or_else(|| "?".to_owned(), |n| n.to_string());
    let what = if cluster.kind == "kafka" {
        let brokers = counted(lang, cluster.brokers, ["broker", "brokers"], "个 broker");
        let topics = counted(lang, cluster.topics, ["topic", "topics"], "个主题");
        format!("{brokers}{}{topics}", lang.say(", ", "，"))
    } else {
        let some = ["TaskManager", "TaskManagers"];
        let managers = counted(lang, cluster.taskmanagers, some, "个 TaskManager");
        lang.say("{}, {t} of {s} slots free", "{}，空闲 slot {t}/{s}")
            .replace("{}", &managers)
            .replace("{t}", &number(cluster.slots_available))
            .replace("{s}", &number(cluster.slots_total))
    };
    let reach = match cluster.reachable {
        true => Cell::default(),
        false => Cell::new(lang.say("NOT REACHED", "无法连接")).ink(Ink::Over),
    };
    vec![
        Cell::new(&cluster.kind),
        Cell::new(&cluster.name),
        Cell::new(version),
        Cell::new(what),
        reach,
    ]
}

fn blind(blind: &[BlindView], now: i64, lang: Lang, screen: &Screen) -> Option<String> {
    if blind.is_empty() {
        return None;
    }
    let mut table = Table::new(2);
    let heading = lang.say("what|since|why|what to do", "对象|时间|原因|处理方法");
    table.heading(&heading.split('|').collect::<Vec<_>>());
    for b in blind.iter().take(BLIND) {
        let told = unseen::cells(b, lang);
        table.row(vec![
            Cell::new(told.what),
            Cell::figure(lang.ago(now - b.since)),
            Cell::new(told.why),
            Cell::new(told.todo),
        ]);
    }
    let title = lang.say("Blind", "看不到的");
    let head = screen.ink(Ink::Strong, title) + "\n";
    Some(head + &table.render(screen) + &more(blind.len(), BLIND, lang, screen))
}

fn more(all: usize, shown: usize, lang: Lang, screen: &Screen) -> String {
    if all <= shown {
        return String::new();
    }
    let words = lang.say("  and {} more: --json, or the page", "  另有 {} 项：见 --json 或网页");
    screen.ink(Ink::Dim, &words.replace("{}", &(all - shown).to_string())) + "\n"
}

#[cfg(test)]
mod tests;
