//! `lineage <job>`: what feeds it and what it feeds as a small tree with delays on its edges, and
//! the table of tasks by levels.

use super::Exit;
use super::say::{Lang, clock, time_of_day};
use super::table::{Cell, Ink, Screen, Table, cut};
use super::words::{self, name_of};
use crate::web::view::{Delay, EdgeView, LevelsView, LineageView, NodeView, Status};
use jiff::tz::TimeZone;
use std::collections::HashSet;
use streamwarden_core::estate::plain;

/// Branches drawn of one node, and lines of a tree: what is over is counted.
const BRANCHES: usize = 12;
const LINES: usize = 60;

/// By the worst of the job and of what feeds it: what comes after it is not its matter.
pub fn exit(view: &LineageView, levels: &LevelsView) -> Exit {
    let upstream = || levels.rows.iter().filter(|r| r.level <= 0).map(|r| r.delay.status);
    let focus = view.nodes.iter().find(|n| Some(&n.id) == view.focus.as_ref()).map(|n| n.status);
    let any = |status| focus == Some(status) || upstream().any(|s| s == status);
    if any(Status::Over) {
        Exit::Over
    } else if focus.is_none() || any(Status::Unknown) {
        Exit::CannotTell
    } else {
        Exit::Fine
    }
}

pub fn render(
    view: &LineageView,
    levels: &LevelsView,
    now: i64,
    lang: Lang,
    zone: &TimeZone,
    screen: &Screen,
) -> String {
    let focus = view.focus.as_deref().unwrap_or_default();
    let as_of = format!("{} ({})", clock(view.at, zone), lang.ago(now - view.at));
    let mut text = screen.ink(Ink::Dim, &as_of) + "\n\n";
    for (way, title) in
        [(Way::Up, lang.say("Fed by", "上游")), (Way::Down, lang.say("Feeds", "下游"))]
    {
        let mut tree = Tree { view, way, lang, screen, lines: Vec::new(), shown: HashSet::new() };
        tree.shown.insert(focus.to_owned());
        tree.below(focus, "");
        text.push_str(&screen.ink(Ink::Strong, title));
        text.push('\n');
        text.push_str(&format!("  {}\n", tree.node(focus)));
        if tree.lines.is_empty() {
            let none = lang.say("nothing that is known", "未发现");
            text.push_str(&format!("  └─ {}\n", screen.ink(Ink::Dim, none)));
        }
        for line in tree.lines.iter().take(LINES) {
            text.push_str(&format!("  {line}\n"));
        }
        let over = tree.lines.len().saturating_sub(LINES);
        if over > 0 {
            let words = lang.say("and {} more lines: see the page", "另有 {} 行：见网页");
            text.push_str(&format!("  {}\n", words.replace("{}", &over.to_string())));
        }
        text.push('\n');
    }
    text + &levels_table(levels, lang, zone, screen)
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Up,
    Down,
}

struct Tree<'a> {
    view: &'a LineageView,
    way: Way,
    lang: Lang,
    screen: &'a Screen,
    lines: Vec<String>,
    shown: HashSet<String>,
}

impl Tree<'_> {
    fn below(&mut self, id: &str, margin: &str) {
        let view = self.view;
        let edges: Vec<&EdgeView> = view.edges.iter().filter(|e| self.near_end(e) == id).collect();
        let hidden = view.nodes.iter().find(|n| n.id == id).map_or(0, |n| match self.way {
            Way::Up => n.hidden_upstream as usize,
            Way::Down => n.hidden_downstream as usize,
        });
        let beyond = hidden + edges.len().saturating_sub(BRANCHES);
        let shown = edges.len().min(BRANCHES);
        for (i, edge) in edges.into_iter().take(BRANCHES).enumerate() {
            let last = i + 1 == shown && beyond == 0;
            let (fork, next) = if last { ("└─", "   ") } else { ("├─", "│  ") };
            let far = self.far_end(edge).to_owned();
            let again = !self.shown.insert(far.clone());
            let mut line = format!("{margin}{fork} {}", self.edge(edge));
            if again {
                line.push_str(self.lang.say(" (shown above)", "（见上）"));
            }
            self.lines.push(line);
            if !again && self.lines.len() <= LINES {
                self.below(&far, &format!("{margin}{next}"));
            }
        }
        if beyond > 0 {
            let words = self.lang.say("{} more not shown", "另有 {} 个未显示");
            let words = self.screen.ink(Ink::Dim, &words.replace("{}", &beyond.to_string()));
            self.lines.push(format!("{margin}└─ {words}"));
        }
    }

    fn near_end<'e>(&self, edge: &'e EdgeView) -> &'e str {
        if self.way == Way::Up { &edge.to } else { &edge.from }
    }
    fn far_end<'e>(&self, edge: &'e EdgeView) -> &'e str {
        if self.way == Way::Up { &edge.from } else { &edge.to }
    }

    /// How it is joined, to whom, and how late the data is on the way.
    fn edge(&self, edge: &EdgeView) -> String {
        let joined = match (self.way, edge.kind.as_str()) {
            (Way::Up, "reads") => self.lang.say("reads", "读取"),
            (Way::Up, _) => self.lang.say("written by", "写入方"),
            (Way::Down, "writes") => self.lang.say("writes", "写入"),
            (Way::Down, _) => self.lang.say("read by", "读取方"),
        };
        let mut text = format!("{joined} {}", self.node(self.far_end(edge)));
        text.push_str(&format!(" [{}]", self.figure(&edge.delay)));
        if edge.inferred {
            text.push_str(&self.screen.ink(Ink::Dim, self.lang.say(" (inferred)", "（推断）")));
        }
        text
    }

    fn figure(&self, delay: &Delay) -> String {
        let mut text = words::delay(self.lang, delay);
        if delay.target_s.is_some() {
            text.push_str(&format!(" / {}", words::target(self.lang, delay)));
        }
        if matches!(delay.status, Status::Near | Status::Over) {
            text.push_str(&format!(" {}", words::status(self.lang, delay.status)));
        }
        self.screen.ink(words::ink(delay.status), &text)
    }

    fn node(&self, id: &str) -> String {
        let name = cut(&plain(name_of(id)), 60);
        let Some(node) = self.view.nodes.iter().find(|n| n.id == id) else { return name };
        let mut text = self.screen.ink(Ink::Strong, &name);
        for note in self.notes(node) {
            text.push_str(&format!(" · {note}"));
        }
        text
    }

    fn notes(&self, node: &NodeView) -> Vec<String> {
        let mut notes = Vec::new();
        notes.extend(node.layer.as_deref().map(|l| plain(l).into_owned()));
        let component = node.kind == "component";
        if component {
            notes.push(plain(&node.cluster).into_owned());
            notes.push(words::standing(self.lang, node.state.as_deref(), self.screen));
        } else if let Some(state) = node.state.as_deref().filter(|s| *s != "RUNNING") {
            let ink = if state == "FAILED" { Ink::Over } else { Ink::Near };
            notes.push(self.screen.ink(ink, &plain(state)));
        }
        if let Some(inside) = &node.inside {
            let where_ = match component {
                true => self.lang.say("waits in it", "其中等待"),
                false => self.lang.say("inside", "内部"),
            };
            notes.push(format!("{where_} {}", self.figure(inside)));
        }
        if node.repair.is_some() {
            notes.push(self.screen.ink(Ink::Near, self.lang.say("under repair", "正在修复")));
        }
        if node.arises {
            let words = self.lang.say("the delay arises here", "延迟产生于此");
            notes.push(self.screen.ink(Ink::Over, words));
        } else if node.inherits {
            let words = self.lang.say("late from upstream", "受上游影响");
            notes.push(self.screen.ink(Ink::Dim, words));
        }
        notes
    }
}

fn levels_table(levels: &LevelsView, lang: Lang, zone: &TimeZone, screen: &Screen) -> String {
    let mut table = Table::new(2);
    let heading = lang.say(
        "level|application id|job|topic|group|delay|target||checked at",
        "层级|应用 ID|作业|主题|消费组|延迟|阈值||检测时间",
    );
    table.heading(&heading.split('|').collect::<Vec<_>>());
    for row in &levels.rows {
        let level = match row.level {
            0 => lang.say("this", "本作业").to_owned(),
            n => format!("{n:+}"),
        };
        let ink = words::ink(row.delay.status);
        table.row(vec![
            Cell::new(level),
            Cell::new(row.application.as_deref().unwrap_or("-")),
            Cell::new(&row.name),
            Cell::new(row.topic.as_deref().unwrap_or("-")),
            Cell::new(row.group.as_deref().unwrap_or("-")),
            Cell::figure(words::delay(lang, &row.delay)).ink(ink),
            Cell::figure(words::target(lang, &row.delay)),
            words::status_cell(lang, row.delay.status),
            Cell::new(row.checked_at.map_or_else(|| "-".to_owned(), |at| time_of_day(at, zone))),
        ]);
    }
    let title = lang.say("By levels", "按层级");
    screen.ink(Ink::Strong, title) + "\n" + &table.render(screen)
}

#[cfg(test)]
mod tests;
