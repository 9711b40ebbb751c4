//! For a chat, a wiki, a ticket.

use super::words::{self, Words, more};
use crate::web::build::points_or as points;
use crate::web::view_inspection::{InspectionView, RiskView, ScoreView};
use std::fmt::Write;
use streamwarden_core::estate::plain;
use streamwarden_core::text::Tongue;

/// Incidents that are told one by one.
const INCIDENTS: usize = 20;
/// Rows of a table of scores.
const SCORES: usize = 20;

pub fn markdown(view: &InspectionView, tongue: Tongue) -> String {
    let w = Words::of(view, tongue);
    let mut out = String::new();
    let time = w.made(view);
    let _ =
        writeln!(out, "# {}\n\n{}\n\n{}\n", safe(&w.title(view)), time, safe(&w.text(&view.says)));
    happened(&w, view, &mut out);
    for c in &view.components {
        let _ = writeln!(out, "## {}\n", safe(&w.text(&c.name)));
        for (name, risks) in
            [(w.say("High risk", "高风险"), &c.high), (w.say("Low risk", "低风险"), &c.low)]
        {
            if risks.is_empty() {
                continue;
            }
            let _ = writeln!(out, "### {name} ({})\n", risks.len());
            risks.iter().for_each(|r| risk(&w, r, &mut out));
            out.push('\n');
        }
        if c.high.is_empty() && c.low.is_empty() {
            let _ = writeln!(out, "{}\n", w.say("No risk that was seen.", "未发现风险。"));
        }
    }
    gone(&w, view, &mut out);
    waived(&w, view, &mut out);
    unseen(&w, view, &mut out);
    scores(&w, view, &mut out);
    out
}

fn happened(w: &Words, view: &InspectionView, out: &mut String) {
    let Some(h) = view.incidents.as_ref().filter(|h| h.all > 0) else { return };
    let _ = writeln!(out, "## {}\n", safe(&w.happened(h.from)));
    let (told, rest) = h.first(INCIDENTS);
    for o in told {
        let (began, says) = (w.minute(o.onset), safe(&w.text(&o.says)));
        let _ = writeln!(out, "- **{began}** · {}: {says}", w.lasted(o));
    }
    if rest > 0 {
        let _ = writeln!(out, "- {}", more(w, rest));
    }
    out.push('\n');
}

fn risk(w: &Words, r: &RiskView, out: &mut String) {
    let team = r.team.as_ref().map(|t| format!(" · {}", safe(t))).unwrap_or_default();
    let (place, says) = (safe(&w.place(&r.subject)), safe(&w.text(&r.says)));
    let standing = match w.standing(r) {
        none if none.is_empty() => none,
        standing => format!(" · {}", safe(&standing)),
    };
    let _ = writeln!(out, "- **{place}**{team}{standing}: {says}");
    for e in &r.evidence {
        let _ = writeln!(out, "  - {}", safe(&w.text(&e.says)));
    }
    for a in &r.advice {
        let _ = writeln!(out, "  - {} {}", w.say("To do:", "建议："), safe(&w.text(a)));
    }
    if let Some(by) = &r.counted_by {
        let _ = writeln!(out, "  - {} {}", w.say("Counted by", "已由此项计分："), safe(by));
    }
    let from = w.say("threshold from", "阈值来源：");
    let _ = writeln!(out, "  - {} · {from} {}", safe(&r.check), safe(&w.text(&r.source)));
}

fn gone(w: &Words, view: &InspectionView, out: &mut String) {
    if view.gone.is_empty() {
        return;
    }
    let _ = writeln!(out, "## {}\n", w.say("Gone since the last one", "与上次相比已消失"));
    for g in &view.gone {
        let (place, says) = (safe(&w.place(&g.subject)), safe(&w.text(&g.says)));
        let _ = writeln!(out, "- {} · **{place}**: {says}", w.why_gone(&g.why));
    }
    out.push('\n');
}

fn waived(w: &Words, view: &InspectionView, out: &mut String) {
    if view.waived.is_empty() {
        return;
    }
    let _ = writeln!(out, "## {}\n", w.say("Waived", "已豁免"));
    for r in &view.waived {
        let Some(by) = &r.waived else { continue };
        let until = w.say("until", "至");
        let _ = writeln!(
            out,
            "- **{}** ({}): {} · {} {until} {}: {}",
            safe(&w.place(&r.subject)),
            w.level(&r.level),
            safe(&w.text(&r.says)),
            safe(&by.owner),
            w.time(by.until),
            safe(&by.reason)
        );
    }
    out.push('\n');
}

fn unseen(w: &Words, view: &InspectionView, out: &mut String) {
    if view.unseen.is_empty() {
        return;
    }
    let _ = writeln!(out, "## {}\n", w.say("What was not seen", "未能观测"));
    let (unseen, waiting) = words::unseen(view, w.tongue);
    if let Some(line) = waiting {
        let _ = writeln!(out, "- {}", safe(&line));
    }
    for u in unseen {
        let names: Vec<String> = u.first.iter().take(3).map(|p| safe(&w.place(p))).collect();
        let rest = (u.subjects as usize).saturating_sub(names.len());
        let rest = if rest > 0 { format!(", {}", more(w, rest)) } else { String::new() };
        let missing = safe(&w.missing(&u.missing));
        let _ = writeln!(out, "- {}: {}{rest} · {missing}", safe(&u.check), names.join(", "));
    }
    out.push('\n');
}

fn scores(w: &Words, view: &InspectionView, out: &mut String) {
    let _ = writeln!(out, "## {}\n", w.say("Scores", "评分"));
    let heading = w.say("of | points | taken by", "对象 | 得分 | 扣分项");
    let _ = writeln!(out, "| {heading} |\n|---|---:|---|");
    let s = &view.scores;
    let estate = ScoreView { name: w.say("Estate", "整体").to_owned(), ..s.estate.clone() };
    let all = [&estate].into_iter().chain(&s.clusters).chain(&s.teams);
    for score in all.chain(s.subjects.iter().take(SCORES)) {
        let taken: Vec<String> = score
            .deductions
            .iter()
            .take(3)
            .map(|d| format!("{} −{}", safe(&d.check), d.points))
            .collect();
        let rest = score.deductions.len() + score.more as usize - taken.len();
        let rest = if rest > 0 { format!(", {}", more(w, rest)) } else { String::new() };
        let (name, got) = (safe(&score.name), points(score.points));
        let _ = writeln!(out, "| {name} | {got} | {}{rest} |", taken.join(", "));
    }
    if s.estate.unscored > 0 {
        let words = w
            .say("Without a score, since nothing could be judged: {}", "因无法判断而无评分：{} 个");
        let _ = writeln!(out, "\n{}", words.replace("{}", &s.estate.unscored.to_string()));
    }
    let rest = s.subjects.len().saturating_sub(SCORES);
    if rest > 0 {
        let _ = writeln!(out, "\n{}", more(w, rest));
    }
}

/// No mark-up and no HTML of somebody else's.
fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            // an address that nobody meant to be one
            ':' if out.ends_with("http") || out.ends_with("https") => out.push_str("&#58;"),
            '@' => out.push_str("&#64;"),
            c => out.push(c),
        }
    }
    out
}
