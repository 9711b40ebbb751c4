//! A diagnosis as a tired person reads it: the root cause, why we think so, what it is not, what to
//! do and what not. `explain`, `diagnose` and `replay` print it.

use super::say::Lang;
use super::table::{Ink, Screen, wrap};
use crate::web::view_incident::*;
use streamwarden_core::diagnose::headline_and_cause;
use streamwarden_core::estate::plain;
use streamwarden_core::rules::told_in_chinese;
use unicode_width::UnicodeWidthStr;

/// Columns of the headings.
const MARGIN: usize = 13;
/// Causes that were considered are named up to this many: the rest stands in `explain`.
const NOT: usize = 8;

/// From `Root cause` to `Not this`, each line ended. Wrapped to the screen.
pub fn render(view: &IncidentView, lang: Lang, screen: &Screen) -> String {
    whole(view, false, lang, screen)
}

/// `probes`: they are allowed, and need not be offered.
pub fn whole(view: &IncidentView, probes: bool, lang: Lang, screen: &Screen) -> String {
    let story = Story { view, probes, lang, screen };
    let says = said(lang, &view.says);
    let says = match view.row.verdict.kind {
        // the heading says so, and `Between` the rest
        VerdictKind::Undetermined => headline_and_cause(&says).0,
        _ => &says,
    };
    story.root(says.to_owned()) + &story.rest()
}

/// The same below a line that has said what is the matter: only why. Of what is not decided the
/// place, as `Between` says the rest.
pub fn render_why(view: &IncidentView, probes: bool, lang: Lang, screen: &Screen) -> String {
    let story = Story { view, probes, lang, screen };
    let says = said(lang, &view.says);
    let why = match (view.row.verdict.kind, headline_and_cause(&says)) {
        (VerdictKind::Root, (all, "")) => all,
        (VerdictKind::Root, (_, why)) => why,
        _ => "",
    };
    story.root(why.to_owned()) + &story.rest()
}

/// A line with its heading in the margin, wrapped to the screen.
pub fn line(title: &str, text: &str, title_ink: Ink, ink: Ink, screen: &Screen) -> String {
    let room = screen.width.saturating_sub(MARGIN).max(20);
    let mut out = String::new();
    for (i, line) in wrap(text, room).into_iter().enumerate() {
        let head = if i == 0 { title } else { "" };
        out.push_str(&screen.ink(title_ink, head));
        out.push_str(&" ".repeat(MARGIN.saturating_sub(head.width()).max(usize::from(i == 0))));
        out.push_str(&screen.ink(ink, &line));
        out.push('\n');
    }
    out
}

pub fn said(lang: Lang, text: &TextView) -> String {
    plain(lang.say(&text.en, &text.zh)).into_owned()
}

/// `0.97`, `2,010 records/s`, a text, yes or no.
pub fn figure(lang: Lang, f: &FigureView) -> String {
    match f {
        FigureView { value: Some(v), unit, .. } => {
            plain(&lang.tongue().figure(*v, unit.as_deref().unwrap_or_default())).into_owned()
        }
        FigureView { text: Some(text), .. } => plain(text).into_owned(),
        FigureView { truth: Some(true), .. } => lang.say("yes", "是").to_owned(),
        FigureView { truth: Some(false), .. } => lang.say("no", "否").to_owned(),
        _ => lang.say("unknown", "未知").to_owned(),
    }
}

/// What was not seen, of whom.
fn unknown(lang: Lang, told: &str) -> String {
    lang.say(told, &told_in_chinese(told)).to_owned()
}

/// What a comparison compares: `min(busy) 0.99`.
pub fn left_side(lang: Lang, c: &CheckView) -> String {
    let expr = plain(&c.expr);
    if let Some(FigureView { truth: Some(truth), .. }) = &c.value
        && let Some(told) = seen_or_not(lang, &expr, *truth)
    {
        return told;
    }
    match (&c.value, &c.missing) {
        (Some(value), _) => format!("{expr} {}", figure(lang, value)),
        (None, Some(why)) => format!("{expr}: {}", plain(&unknown(lang, why))),
        (None, None) => format!("{expr}: {}", lang.say("unknown", "未知")),
    }
}

/// Of `rate is unknown` no person reads "no" as "known".
fn seen_or_not(lang: Lang, expr: &str, truth: bool) -> Option<String> {
    let (what, known) = match (expr.strip_suffix(" is unknown"), expr.strip_suffix(" is known")) {
        (Some(what), _) => (what, !truth),
        (_, Some(what)) => (what, truth),
        _ => return None,
    };
    let word = if known { lang.say("known", "已知") } else { lang.say("unknown", "未知") };
    Some(format!("{what}: {word}"))
}

/// `>= 0.90 for 20 s`; nothing for a bare truth.
pub fn limit(lang: Lang, c: &CheckView) -> String {
    let mut parts = Vec::new();
    parts.extend(c.op.as_deref().map(|op| plain(op).into_owned()));
    parts.extend(c.threshold.as_ref().map(|t| figure(lang, t)));
    if let Some(s) = c.held_s.filter(|_| !parts.is_empty()) {
        let span = lang.tongue().figure(s, "s");
        parts.push(lang.say("for {}", "持续 {}").replace("{}", &span));
    }
    parts.join(" ")
}

/// What a piece of evidence says: its own words, else its checks.
pub fn evidence(lang: Lang, e: &EvidenceView) -> String {
    match &e.words {
        Some(words) => said(lang, words),
        None if e.checks.is_empty() => plain(&e.expr).into_owned(),
        None => {
            let checks: Vec<_> = e.checks.iter().map(|c| left_side(lang, c)).collect();
            checks.join(lang.say("; ", "；"))
        }
    }
}

pub fn why_not(lang: Lang, word: &str) -> &str {
    match word {
        "need_fails" => lang.say("what it needs does not hold", "必要条件不成立"),
        "spoken_against" => lang.say("something speaks against it", "存在反证"),
        "explained_away" => lang.say("another cause explains it", "已由其他原因解释"),
        "unknown" => lang.say("what it needs is not known", "必要条件未知"),
        "too_late" => lang.say("it began after its effect", "发生在结果之后"),
        other => other,
    }
}

pub fn victim(lang: Lang, v: &VictimView) -> String {
    let mut text = plain(&v.subject.name).into_owned();
    if let Some(late) = v.late_s {
        let words = lang.say(" {} late", " 延迟 {}");
        text.push_str(&words.replace("{}", &lang.seconds(late)));
    }
    if let Some(target) = v.target_s {
        let words = lang.say(" ({} wanted)", "（目标 {}）");
        text.push_str(&words.replace("{}", &lang.seconds(target)));
    }
    text
}

fn texts(list: &[TextView], lang: Lang) -> Vec<String> {
    list.iter().map(|t| said(lang, t)).collect()
}

fn numbered(list: &[TextView], lang: Lang) -> Vec<String> {
    let texts = texts(list, lang).into_iter().enumerate();
    texts.map(|(i, text)| format!("{}. {text}", i + 1)).collect()
}

/// Would the probe tell what is missing? A flame graph tells no other figure of its rule.
fn opens(m: &MissingView) -> bool {
    match m.probe.as_deref() {
        Some("flame_graph") => m.what.contains("flame"),
        probe => probe.is_some(),
    }
}

struct Story<'a> {
    view: &'a IncidentView,
    probes: bool,
    lang: Lang,
    screen: &'a Screen,
}

impl Story<'_> {
    fn room(&self) -> usize {
        self.screen.width.saturating_sub(MARGIN).max(20)
    }

    fn rest(&self) -> String {
        let (view, lang) = (self.view, self.lang);
        [
            self.because(),
            self.between(),
            self.not(),
            self.list("Victims", "受影响", self.victims()),
            self.list("Follows", "由此引起", self.consequences()),
            self.list("What to do", "怎么办", numbered(&view.advice, lang)),
            self.list("Not this", "不要", texts(&view.never, lang)),
        ]
        .concat()
    }

    fn root(&self, mut says: String) -> String {
        let row = &self.view.row;
        let name = plain(&row.subject.name);
        if says.is_empty() {
            says = name.into_owned();
        } else if !says.contains(name.split(" / ").next().unwrap_or_default()) {
            // the sentence does not say where
            says = format!("{name}: {says}");
        }
        let (title, mark) = match row.verdict.kind {
            VerdictKind::Root => {
                let cause = row.verdict.causes.first().map(String::as_str).unwrap_or_default();
                (self.lang.say("Root cause", "根因"), plain(cause).into_owned())
            }
            VerdictKind::Family => {
                let family = plain(row.verdict.family.as_deref().unwrap_or_default());
                let mark = format!("{family} {}", self.lang.say("(family)", "（同类）"));
                (self.lang.say("Root cause", "根因"), mark)
            }
            VerdictKind::Undetermined => (self.lang.say("Undetermined", "无法判定"), String::new()),
        };
        let title = if row.role == "hazard" { self.lang.say("Hazard", "隐患") } else { title };
        self.rows(title, &[(says, mark)], Ink::Strong)
    }

    /// What holds, each with the threshold that it passed.
    fn because(&self) -> String {
        let holds = self.view.evidence.iter().filter(|e| e.truth == Truth::True);
        let rows: Vec<_> = holds.map(|e| (evidence(self.lang, e), limits(self.lang, e))).collect();
        self.rows(self.lang.say("Because", "依据"), &rows, Ink::Plain)
    }

    fn between(&self) -> String {
        let verdict = &self.view.row.verdict;
        let lang = self.lang;
        if verdict.kind == VerdictKind::Root && verdict.causes.len() < 2 {
            return self.list("Missing", "缺少", self.missing());
        }
        let names: Vec<_> = verdict.causes.iter().map(|c| plain(c).into_owned()).collect();
        let missing = self.missing();
        let mut text = names.join(lang.say(" and ", " 与 "));
        if names.is_empty() {
            text = lang.say("nothing that we know fits", "没有已知原因符合").to_owned();
        }
        if !missing.is_empty() {
            let would = lang.say(". What would tell: ", "。可区分的依据：");
            text = format!("{text}{would}{}", missing.join(lang.say("; ", "；")));
        }
        self.list("Between", "介于", vec![text])
    }

    fn missing(&self) -> Vec<String> {
        let mut list: Vec<String> = Vec::new();
        for m in &self.view.missing {
            let mut text = plain(&unknown(self.lang, &m.what)).into_owned();
            if !self.probes && opens(m) {
                text.push_str(self.lang.say(" (--probe allows one)", "（需 --probe 允许）"));
            }
            if !list.contains(&text) {
                list.push(text);
            }
        }
        list
    }

    fn not(&self) -> String {
        let all = &self.view.considered;
        let mut parts: Vec<String> = all.iter().take(NOT).map(|c| self.ruled_out(c)).collect();
        if all.len() > NOT {
            let words = self.lang.say("{} more", "另有 {} 项");
            parts.push(words.replace("{}", &(all.len() - NOT).to_string()));
        }
        let text = parts.join(" · ");
        self.list("Not", "排除", if parts.is_empty() { vec![] } else { vec![text] })
    }

    fn ruled_out(&self, c: &ConsideredView) -> String {
        let why = match c.evidence.first() {
            Some(e) => evidence(self.lang, e),
            None => why_not(self.lang, &c.why_not).to_owned(),
        };
        format!("{} ({})", plain(&c.cause), plain(&why))
    }

    fn victims(&self) -> Vec<String> {
        self.view.victims.iter().map(|v| victim(self.lang, v)).collect()
    }

    fn consequences(&self) -> Vec<String> {
        let one = |f: &FindingView| format!("{} ({})", said(self.lang, &f.says), plain(&f.cause));
        self.view.consequences.iter().map(one).collect()
    }

    fn list(&self, en: &str, zh: &str, items: Vec<String>) -> String {
        let rows: Vec<_> = items.into_iter().map(|t| (t, String::new())).collect();
        self.rows(self.lang.say(en, zh), &rows, Ink::Plain)
    }

    /// Text at the left, what goes with it at the right where it fits, all right parts in a line.
    fn rows(&self, title: &str, rows: &[(String, String)], ink: Ink) -> String {
        let room = self.room();
        let right = rows.iter().map(|(_, r)| r.width()).max().unwrap_or(0);
        let widest = rows.iter().map(|(l, _)| l.width()).max().unwrap_or(0);
        let beside = right > 0 && right + 2 + 30 <= room;
        let left = if beside { widest.min(room - right - 2) } else { room };
        let mut out = String::new();
        for (i, (text, mark)) in rows.iter().enumerate() {
            let whole = match (beside, mark.is_empty()) {
                (false, false) => format!("{text}  {mark}"),
                _ => text.clone(),
            };
            for (j, line) in wrap(&whole, left).into_iter().enumerate() {
                let head = if (i, j) == (0, 0) { title } else { "" };
                let pad = " ".repeat(MARGIN.saturating_sub(head.width()));
                out.push_str(&self.screen.ink(Ink::Dim, head));
                out.push_str(&pad);
                out.push_str(&self.screen.ink(ink, &line));
                if j == 0 && beside && !mark.is_empty() {
                    out.push_str(&" ".repeat(left + 2 - line.width().min(left)));
                    out.push_str(&self.screen.ink(Ink::Dim, mark));
                }
                out.push('\n');
            }
        }
        out
    }
}

/// Of all its checks, in brackets.
fn limits(lang: Lang, e: &EvidenceView) -> String {
    let mut all: Vec<String> = Vec::new();
    // what is not known passed nothing
    let passed = e.checks.iter().filter(|c| c.truth == Truth::True);
    for text in passed.map(|c| limit(lang, c)).filter(|t| !t.is_empty()) {
        if !all.contains(&text) {
            all.push(text);
        }
    }
    if all.is_empty() { String::new() } else { format!("({})", all.join("; ")) }
}

#[cfg(test)]
mod tests;
