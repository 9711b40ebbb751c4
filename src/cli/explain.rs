//! `explain`: one incident with everything that was asked about it: what holds, what does not, what
//! is unknown and why.

use super::Exit;
use super::planned;
use super::say::{Lang, clock, time_of_day};
use super::story::{self, evidence, left_side, limit, said};
use super::table::{Ink, Screen, wrap};
use super::words;
use crate::web::view_incident::*;
use jiff::tz::TimeZone;
use streamwarden_core::estate::plain;

/// Closed is well again.
pub fn exit(view: &IncidentView) -> Exit {
    match view.row.state {
        IncidentStage::Closed => Exit::Fine,
        _ => Exit::Over,
    }
}

pub fn render(
    view: &IncidentView,
    now: i64,
    lang: Lang,
    zone: &TimeZone,
    screen: &Screen,
) -> String {
    let page = Page { view, lang, zone, screen };
    [
        page.head(now),
        story::render(view, lang, screen),
        page.evidence(),
        page.considered(),
        page.timeline(),
        page.recording(),
    ]
    .into_iter()
    .filter(|part| !part.is_empty())
    .collect::<Vec<_>>()
    .join("\n")
}

struct Page<'a> {
    view: &'a IncidentView,
    lang: Lang,
    zone: &'a TimeZone,
    screen: &'a Screen,
}

impl Page<'_> {
    fn head(&self, now: i64) -> String {
        let row = &self.view.row;
        let mut parts = vec![
            plain(&row.id).into_owned(),
            words::stage(self.lang, row.state).to_owned(),
            format!("{} ({})", clock(row.onset, self.zone), self.lang.ago(now - row.onset)),
        ];
        if let Some(loss) = row.harm.data_loss_s {
            let words = self
                .lang
                .say("data is lost in {} if nothing is read", "若一直不读取，{} 后丢失数据");
            parts.push(words.replace("{}", &self.lang.seconds(loss)));
        }
        parts.push(match &row.acked {
            Some(ack) => {
                let note = ack.note.as_deref().map(|n| format!(": {n}")).unwrap_or_default();
                let words = self.lang.say("acknowledged by {}", "已由 {} 确认");
                plain(&format!("{}{note}", words.replace("{}", &ack.by))).into_owned()
            }
            None => self.lang.say("nobody has acknowledged it", "尚无人确认").to_owned(),
        });
        let ink = if row.state == IncidentStage::Closed { Ink::Plain } else { Ink::Over };
        let mut head = self.screen.ink(Ink::Dim, &parts.join(" · ")) + "\n";
        for work in row.planned.iter().chain(&row.silenced) {
            let work = planned::line(work, self.lang, self.zone);
            head.push_str(&self.lines("", "", &work, Ink::Near));
        }
        head + &self.lines("", "", &said(self.lang, &row.sentence), ink)
    }

    fn title(&self, en: &str, zh: &str) -> String {
        self.screen.ink(Ink::Strong, self.lang.say(en, zh)) + "\n"
    }

    /// Wrapped; what follows the first line stands under it.
    fn lines(&self, first: &str, rest: &str, text: &str, ink: Ink) -> String {
        let room =
            self.screen.width.saturating_sub(rest.chars().count().max(first.chars().count()));
        let mut out = String::new();
        for (i, line) in wrap(text, room.max(20)).into_iter().enumerate() {
            out.push_str(if i == 0 { first } else { rest });
            out.push_str(&self.screen.ink(ink, &line));
            out.push('\n');
        }
        out
    }

    fn evidence(&self) -> String {
        if self.view.evidence.is_empty() {
            return String::new();
        }
        let tree = self.view.evidence.iter().map(|e| self.tree(e, "  "));
        self.title("Evidence", "证据") + &tree.collect::<String>()
    }

    fn tree(&self, e: &EvidenceView, margin: &str) -> String {
        let (mark, ink) = mark(e.truth);
        let text = match &e.words {
            Some(_) => format!("{}: {}", plain(&e.name), evidence(self.lang, e)),
            None => format!("{}: {}", plain(&e.name), plain(&e.expr)),
        };
        let first = format!("{margin}{mark} ");
        let mut out = self.lines(&first, &format!("{margin}  "), &text, ink);
        for c in &e.checks {
            let (mark, _) = self::mark(c.truth);
            let mut text = left_side(self.lang, c);
            let limit = limit(self.lang, c);
            if !limit.is_empty() {
                text.push_str(&format!("  ({limit})"));
            }
            text.push_str(&format!("  {}", plain(&c.subject.name)));
            let first = format!("{margin}    {mark} ");
            out.push_str(&self.lines(&first, &format!("{margin}      "), &text, Ink::Dim));
        }
        out
    }

    fn considered(&self) -> String {
        if self.view.considered.is_empty() {
            return String::new();
        }
        let one = |c: &ConsideredView| {
            let why = story::why_not(self.lang, &c.why_not);
            let head = format!("{} · {}: {why}", plain(&c.cause), plain(&c.subject.name));
            let tree: String = c.evidence.iter().map(|e| self.tree(e, "    ")).collect();
            self.lines("  ", "    ", &head, Ink::Plain) + &tree
        };
        let all: String = self.view.considered.iter().map(one).collect();
        self.title("Considered, and why not", "已考虑并排除") + &all
    }

    fn timeline(&self) -> String {
        let mut out = self.title("Timeline", "时间线");
        for e in &self.view.timeline {
            let first = format!("  {}  ", time_of_day(e.at, self.zone));
            let rest = " ".repeat(first.chars().count());
            out.push_str(&self.lines(&first, &rest, &self.moment(e), Ink::Plain));
        }
        out
    }

    fn recording(&self) -> String {
        let Some(path) = &self.view.recording else { return String::new() };
        self.title("Recorded, on the server", "已记录（在服务器上）")
            + &format!("  streamwarden replay {}\n", plain(path))
    }

    fn moment(&self, e: &EventView) -> String {
        let mut text = words::event(self.lang, &e.event).to_owned();
        let mut add = |part: &str| {
            text.push_str(self.lang.say(": ", "："));
            text.push_str(&plain(part));
        };
        if let Some(says) = &e.says {
            add(&said(self.lang, &says.says));
        }
        if !e.victims.is_empty() {
            add(&e.victims.join(self.lang.say(", ", "、")));
        }
        if let Some(why) = &e.why {
            add(words::why_closed(self.lang, why));
        }
        for part in [&e.other, &e.by, &e.note].into_iter().flatten() {
            add(part);
        }
        text
    }
}

fn mark(truth: Truth) -> (&'static str, Ink) {
    match truth {
        Truth::True => ("✓", Ink::Plain),
        Truth::False => ("✗", Ink::Plain),
        Truth::Unknown => ("?", Ink::Dim),
    }
}

#[cfg(test)]
mod tests;
