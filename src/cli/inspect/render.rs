//! Reports on a terminal.

use crate::cli::Output;
use crate::cli::say::{Lang, clock};
use crate::cli::table::{Cell, Ink, Table, wrap};
use crate::web::build::points_or as points;
use crate::web::report::{lasted, titled, unseen, was_due};
use crate::web::view_incident::TextView;
use crate::web::view_inspection::*;
use jiff::tz::TimeZone;
use streamwarden_core::estate::plain;
use streamwarden_core::rules::told_in_chinese;

/// Incidents that are told one by one.
const INCIDENTS: usize = 10;
/// Scores that are listed.
const SCORES: usize = 15;

struct Page<'a> {
    out: &'a Output,
    zone: TimeZone,
    text: String,
}

/// That of inspections: all their times are told in it.
pub fn zone(name: &str, out: &Output) -> TimeZone {
    TimeZone::get(name).unwrap_or_else(|_| out.zone.clone())
}

/// `2026-11-22 08:00:13 CST (Asia/Shanghai)`: CST alone is said in three parts of the world.
pub fn named(ms: i64, zone: &TimeZone) -> String {
    match zone.iana_name() {
        None | Some("UTC" | "Etc/UTC") => clock(ms, zone),
        Some(name) => format!("{} ({name})", clock(ms, zone)),
    }
}

fn of(lang: Lang, t: &TextView) -> String {
    plain(lang.say(&t.en, &t.zh)).into_owned()
}

pub fn report(view: &InspectionView, out: &Output) -> String {
    let mut page = Page { out, zone: zone(&view.zone, out), text: String::new() };
    let lang = out.lang;
    let title = titled(&view.estate, lang.tongue());
    let due = was_due(&view.row)
        .map(|due| lang.say(" (was due {})", "（应于 {}）").replace("{}", &clock(due, &page.zone)));
    let made = named(view.row.at, &page.zone) + &due.unwrap_or_default();
    page.line(0, Ink::Strong, &format!("{title}  {made}"));
    page.line(0, Ink::Plain, &of(lang, &view.says));
    page.happened(&view.incidents);
    for c in &view.components {
        page.component(c);
    }
    page.gone(&view.gone);
    page.waived(&view.waived);
    page.unseen(view);
    page.scores(&view.scores);
    if !view.kept {
        let words = lang.say(
            "Made now and not kept: --keep keeps it.",
            "本次为即时巡检，未保存；--keep 可保存。",
        );
        page.line(0, Ink::Dim, words);
    }
    page.text
}

impl Page<'_> {
    /// What does not fit goes on below, as deep.
    fn line(&mut self, depth: usize, ink: Ink, text: &str) {
        let room = self.out.screen.width.saturating_sub(depth).max(20);
        for part in wrap(&plain(text), room) {
            self.text.push_str(&" ".repeat(depth));
            self.text.push_str(&self.out.screen.ink(ink, &part));
            self.text.push('\n');
        }
    }

    fn heading(&mut self, text: &str) {
        self.text.push('\n');
        self.line(0, Ink::Strong, text);
    }

    fn happened(&mut self, all: &Option<HappenedView>) {
        let Some(h) = all.as_ref().filter(|h| h.all > 0) else { return };
        let lang = self.out.lang;
        let from = named(h.from, &self.zone);
        self.heading(&lang.say("Incidents since {}", "自 {} 以来的故障").replace("{}", &from));
        let (told, rest) = h.first(INCIDENTS);
        for o in told {
            let lasted = lasted(o, lang.tongue());
            let ink = if o.closed.is_none() { Ink::Over } else { Ink::Plain };
            let id: String = o.id.chars().take(8).collect();
            let began = clock(o.onset, &self.zone);
            self.line(2, ink, &format!("{began}  {lasted}: {} ({id})", of(lang, &o.says)));
        }
        if rest > 0 {
            let words = lang.say("and {} more", "另有 {} 起").replace("{}", &rest.to_string());
            self.line(2, Ink::Dim, &words);
        }
    }

    fn component(&mut self, c: &ComponentView) {
        if c.high.is_empty() && c.low.is_empty() {
            return;
        }
        let lang = self.out.lang;
        let words = lang.say("{}: high {h}, low {l}", "{}：高风险 {h} 项，低风险 {l} 项");
        let words = words.replace("{}", &of(lang, &c.name));
        let (high, low) = (c.high.len().to_string(), c.low.len().to_string());
        self.heading(&words.replace("{h}", &high).replace("{l}", &low));
        for r in c.high.iter().chain(&c.low) {
            self.risk(r);
        }
    }

    fn risk(&mut self, r: &RiskView) {
        let lang = self.out.lang;
        let (level, ink) = match r.level.as_str() {
            "high" => (lang.say("HIGH", "高"), Ink::Over),
            _ => (lang.say("low ", "低"), Ink::Near),
        };
        let standing = match r.standing.as_str() {
            "new" => lang.say(" (new)", "（新增）"),
            "worse" => lang.say(" (worse: it was low)", "（加重：原为低风险）"),
            _ => "",
        };
        let team = r.team.as_ref().map(|t| format!(" [{t}]")).unwrap_or_default();
        let says = of(lang, &r.says);
        self.line(2, ink, &format!("{level}  {}{team}: {says}{standing}", r.subject.name));
        for e in &r.evidence {
            self.line(8, Ink::Plain, &of(lang, &e.says));
        }
        for a in &r.advice {
            self.line(8, Ink::Good, &format!("→ {}", of(lang, a)));
        }
        let counted = r
            .counted_by
            .as_ref()
            .map(|by| lang.say(" · counted by {}", " · 已由 {} 计分").replace("{}", by));
        let from = lang.say("threshold:", "阈值来源：");
        let counted = counted.unwrap_or_default();
        self.line(8, Ink::Dim, &format!("{} · {from} {}{counted}", r.check, of(lang, &r.source)));
    }

    fn gone(&mut self, gone: &[GoneView]) {
        if gone.is_empty() {
            return;
        }
        let lang = self.out.lang;
        self.heading(lang.say("Gone since the last one", "与上次相比已消失"));
        for g in gone {
            let (why, ink) = match g.why.as_str() {
                "fixed" => (lang.say("fixed", "已修复"), Ink::Good),
                "not_seen" => (lang.say("not seen any more", "无法再观测"), Ink::Dim),
                _ => (lang.say("it is gone", "对象已不存在"), Ink::Dim),
            };
            self.line(2, ink, &format!("{why}: {}: {}", g.subject.name, of(lang, &g.says)));
        }
    }

    fn waived(&mut self, waived: &[RiskView]) {
        if waived.is_empty() {
            return;
        }
        let lang = self.out.lang;
        self.heading(lang.say("Waived", "已豁免"));
        for r in waived {
            let Some(w) = &r.waived else { continue };
            let until = clock(w.until, &self.zone);
            let words = lang.say("{who} until {until}: {why}", "{who}，至 {until}：{why}");
            let by = words
                .replace("{until}", &until)
                .replace("{who}", &w.owner)
                .replace("{why}", &w.reason);
            let says = of(lang, &r.says);
            self.line(2, Ink::Plain, &format!("{}: {says} · {by}", r.subject.name));
        }
    }

    fn unseen(&mut self, view: &InspectionView) {
        if view.unseen.is_empty() {
            return;
        }
        let lang = self.out.lang;
        self.heading(lang.say("What was not seen", "未能观测"));
        let (unseen, waiting) = unseen(view, lang.tongue());
        if let Some(line) = waiting {
            self.line(2, Ink::Dim, &line);
        }
        if unseen.is_empty() {
            return;
        }
        let mut table = Table::new(2);
        let head = lang.say("check|how many|missing", "检查项|数量|缺少的数据");
        table.heading(&head.split('|').collect::<Vec<_>>());
        for u in unseen {
            table.row(vec![
                Cell::new(&u.check),
                Cell::figure(u.subjects.to_string()),
                Cell::new(lang.say(&u.missing, &told_in_chinese(&u.missing))).ink(Ink::Dim),
            ]);
        }
        self.text.push_str(&table.render(&self.out.screen));
    }

    fn scores(&mut self, s: &ScoresView) {
        let lang = self.out.lang;
        self.heading(lang.say("Scores", "评分"));
        let mut table = Table::new(2);
        let estate = ScoreView { name: lang.say("estate", "整体").into(), ..s.estate.clone() };
        // a subject's own name tells what it is, but for a job's
        let own = |s: &ScoreView| match s.id.starts_with("job:") {
            true => lang.say("job", "作业"),
            false => "",
        };
        let all = std::iter::once((&estate, ""))
            .chain(s.clusters.iter().map(|s| (s, lang.say("cluster", "集群"))))
            .chain(s.teams.iter().map(|s| (s, lang.say("team", "团队"))))
            .chain(s.subjects.iter().take(SCORES).map(|s| (s, own(s))));
        for (score, kind) in all {
            let taken: Vec<String> = score
                .deductions
                .iter()
                .take(3)
                .map(|d| format!("{} −{}", d.check, d.points))
                .collect();
            let ink = match score.points {
                None => Ink::Dim,
                Some(p) if p >= 90.0 => Ink::Plain,
                Some(p) if p >= 70.0 => Ink::Near,
                Some(_) => Ink::Over,
            };
            table.row(vec![
                Cell::new(&score.name),
                Cell::new(kind).ink(Ink::Dim),
                Cell::figure(points(score.points)).ink(ink),
                Cell::new(taken.join(", ")).ink(Ink::Dim),
            ]);
        }
        self.text.push_str(&table.render(&self.out.screen));
        let words = lang.say(
            "A team, a cluster and the estate have the mean of the jobs and clusters in them.",
            "团队、集群与整体得分为其所含作业和集群的平均值。",
        );
        self.line(2, Ink::Dim, words);
        if s.estate.unscored > 0 {
            let words = lang.say(
                "Without a score, since nothing could be judged: {}",
                "因无法判断而无评分：{} 个",
            );
            let words = words.replace("{}", &s.estate.unscored.to_string());
            self.line(2, Ink::Dim, &words);
        }
        let rest = s.subjects.len().saturating_sub(SCORES);
        if rest > 0 {
            let words = lang.say("and {} more: --json", "另有 {} 项：--json");
            self.line(2, Ink::Dim, &words.replace("{}", &rest.to_string()));
        }
    }
}

pub fn list(list: &InspectionList, out: &Output) -> String {
    let (lang, zone) = (out.lang, zone(&list.zone, out));
    let mut text = String::new();
    if list.inspections.is_empty() {
        text += lang.say("No inspection is kept yet.\n", "尚无巡检报告。\n");
    } else {
        let mut table = Table::new(0);
        let head = lang.say(
            "when|points|high|new|low|new|fixed|by",
            "时间|得分|高风险|新增|低风险|新增|已修复|来源",
        );
        table.heading(&head.split('|').collect::<Vec<_>>());
        for r in &list.inspections {
            let ink = if r.high > 0 { Ink::Over } else { Ink::Plain };
            let figure = |n: u32| Cell::figure(n.to_string());
            let by = r.by.clone().unwrap_or_else(|| lang.say("schedule", "定时").to_owned());
            let due = was_due(r).map(|due| {
                let words = lang.say(", was due {}", "，应于 {}");
                words.replace("{}", &clock(due, &zone))
            });
            let by = by + &due.unwrap_or_default();
            table.row(vec![
                Cell::new(clock(r.at, &zone)),
                Cell::figure(points(r.points)),
                figure(r.high).ink(ink),
                figure(r.high_new),
                figure(r.low),
                figure(r.low_new),
                figure(r.fixed),
                Cell::new(by),
            ]);
        }
        text += &table.render(&out.screen);
    }
    let next = match list.next {
        Some(at) => lang.say("Next: {}\n", "下一次：{}\n").replace("{}", &named(at, &zone)),
        None => {
            let words = lang
                .say("None is due by itself. Times: {}\n", "未配置定时巡检。时间所用时区：{}\n");
            words.replace("{}", &list.zone)
        }
    };
    text + &next
}

pub fn compared(view: &ComparedView, out: &Output) -> String {
    let lang = out.lang;
    let zone = zone(&view.zone, out);
    let title = lang.say("From {a} ({p}) to {b} ({q})", "{a}（{p} 分）至 {b}（{q} 分）");
    let title = title
        .replace("{a}", &clock(view.a.at, &zone))
        .replace("{b}", &named(view.b.at, &zone))
        .replace("{p}", &points(view.a.points))
        .replace("{q}", &points(view.b.points));
    let mut page = Page { out, zone, text: String::new() };
    page.line(0, Ink::Strong, &title);
    for (name, risks) in [
        (lang.say("New", "新增"), &view.new),
        (lang.say("Worse", "加重"), &view.worse),
        (lang.say("Better", "减轻"), &view.better),
    ] {
        if !risks.is_empty() {
            page.heading(&format!("{name} ({})", risks.len()));
            risks.iter().for_each(|r| page.risk(r));
        }
    }
    page.gone(&view.gone);
    page.text.push('\n');
    let still = lang.say("Still there: {}", "仍然存在：{} 项");
    page.line(0, Ink::Dim, &still.replace("{}", &view.still.len().to_string()));
    page.text
}

pub fn waivers(list: &WaiverList, zone: &TimeZone, out: &Output) -> String {
    let lang = out.lang;
    if list.waivers.is_empty() {
        return lang.say("No risk is taken.\n", "没有豁免项。\n").to_owned();
    }
    let mut table = Table::new(0);
    let head = lang.say("id|check|of|by|until|why", "编号|检查项|对象|负责人|有效期至|原因");
    table.heading(&head.split('|').collect::<Vec<_>>());
    for w in &list.waivers {
        table.row(vec![
            Cell::new(w.id.chars().take(8).collect::<String>()),
            Cell::new(&w.check),
            Cell::new(&w.subject),
            Cell::new(&w.owner),
            Cell::new(named(w.until, zone)),
            Cell::new(&w.reason),
        ]);
    }
    table.render(&out.screen)
}
