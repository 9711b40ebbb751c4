//! For paper and for a browser: one file, without script, that loads nothing.

use super::words::{Words, more, unseen};
use crate::web::build::points_or as points;
use crate::web::view_inspection::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use streamwarden_core::estate::plain;
use streamwarden_core::text::Tongue;

const STYLE: &str = include_str!("style.css");
/// Rows of scores of single jobs and clusters.
const SCORES: usize = 60;
/// Incidents that are told one by one.
const INCIDENTS: usize = 20;
/// Names of what was not seen.
const NAMED: usize = 4;

/// What a browser may do with it: show this style, and nothing else.
pub fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

pub fn html(view: &InspectionView, tongue: Tongue) -> String {
    let w = Words::of(view, tongue);
    let mut page = Page { w: &w, out: String::new() };
    let (title, lang) = (text(&w.title(view)), w.say("en", "zh-CN"));
    let time = text(&w.made(view));
    page.put(&format!(
        "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · {time}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <header><h1>{title}</h1><p class=\"soft\">{time}</p>\n",
        policy()
    ));
    page.top(view);
    page.put("</header>\n<main>\n");
    page.happened(view);
    page.kinds(view);
    for c in &view.components {
        page.component(c);
    }
    page.gone(view);
    page.waived(view);
    page.unseen(view);
    page.scores(&view.scores);
    page.put("</main>\n");
    page.footer(view);
    page.put("</body>\n</html>\n");
    page.out
}

struct Page<'a> {
    w: &'a Words,
    out: String,
}

/// No bar where nothing is known.
fn bar(known: Option<f64>) -> String {
    let Some(known) = known else { return String::new() };
    let class = match known {
        p if p >= 90.0 => "got",
        p if p >= 70.0 => "got low",
        _ => "got high",
    };
    let width = known.clamp(0.0, 100.0);
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" \
         aria-hidden=\"true\"><rect class=\"all\" width=\"100\" height=\"8\"/><rect \
         class=\"{class}\" width=\"{width:.1}\" height=\"8\"/></svg>"
    )
}

/// Of the estate: harmless as text and in an attribute between double quotes.
fn text(t: &str) -> String {
    html_escape::encode_quoted_attribute(&plain(t)).into_owned()
}

impl Page<'_> {
    fn put(&mut self, markup: &str) {
        self.out.push_str(markup);
    }

    fn say(&self, en: &'static str, zh: &'static str) -> &'static str {
        self.w.tongue.say(en, zh)
    }

    fn heading(&mut self, en: &'static str, zh: &'static str) {
        let words = self.say(en, zh);
        let _ = writeln!(self.out, "<h2>{words}</h2>");
    }

    fn top(&mut self, view: &InspectionView) {
        let got = points(view.row.points);
        let of = self.say("of 100", "满分 100");
        let says = text(&self.w.text(&view.says));
        let _ = writeln!(
            self.out,
            "<div class=\"top\"><div class=\"score\"><b>{got}</b><small>{of}</small></div>\
             <div><p class=\"lead\">{says}</p>{}</div></div>",
            self.before(view)
        );
    }

    fn before(&self, view: &InspectionView) -> String {
        let Some(b) = &view.before else {
            let words =
                self.say("There is none before it to compare with.", "此前没有可比较的报告。");
            return format!("<p class=\"soft\">{words}</p>");
        };
        let words = self.say("Compared with {at}: {by}", "与 {at} 相比：{by}");
        let now = view.row.points;
        let both = b.points.zip(now);
        let by = both.map_or_else(|| "?".to_owned(), |(was, now)| self.w.change(was, now));
        let told = words.replace("{at}", &self.w.time(b.at)).replace("{by}", &by);
        format!("<p class=\"soft\">{}</p>", text(&told))
    }

    fn happened(&mut self, view: &InspectionView) {
        let Some(h) = view.incidents.as_ref().filter(|h| h.all > 0) else { return };
        let _ = writeln!(self.out, "<h2>{}</h2>", text(&self.w.happened(h.from)));
        self.table(self.say("Began|Lasted|What", "开始|持续|故障"), &[1]);
        let (told, rest) = h.first(INCIDENTS);
        for o in told {
            let _ = writeln!(
                self.out,
                "<tr><td>{}</td><td class=\"n{}\">{}</td><td>{}</td></tr>",
                text(&self.w.minute(o.onset)),
                if o.closed.is_none() { " high" } else { "" },
                self.w.lasted(o),
                text(&self.w.text(&o.says))
            );
        }
        self.put("</tbody></table>\n");
        if rest > 0 {
            let _ = writeln!(self.out, "<p class=\"soft\">{}</p>", more(self.w, rest));
        }
    }

    /// High and low by kind, at a glance.
    fn kinds(&mut self, view: &InspectionView) {
        self.heading("Risks by kind", "各组件风险");
        let head = self.say("Kind|High|Low|Not judged", "组件|高风险|低风险|无法判断");
        self.table(head, &[1, 2, 3]);
        for c in &view.components {
            let name = text(&self.w.text(&c.name));
            let class = |n: usize, class: &'static str| if n > 0 { class } else { "" };
            let (high, low) = (c.high.len(), c.low.len());
            let _ = writeln!(
                self.out,
                "<tr><td>{name}</td><td class=\"n {}\">{high}</td><td class=\"n {}\">{low}</td>\
                 <td class=\"n\">{}</td></tr>",
                class(high, "high"),
                class(low, "low"),
                c.unseen
            );
        }
        if view.components.is_empty() {
            let none = self.say("No risk was found.", "未发现风险。");
            let _ = writeln!(self.out, "<tr><td colspan=\"4\">{none}</td></tr>");
        }
        self.put("</tbody></table>\n");
    }

    /// `head`: its columns with `|` between; `right`: which of them are figures.
    fn table(&mut self, head: &str, right: &[usize]) {
        self.put("<table><thead><tr>");
        for (n, word) in head.split('|').enumerate() {
            let class = if right.contains(&n) { " class=\"n\"" } else { "" };
            let _ = write!(self.out, "<th{class}>{word}</th>");
        }
        self.put("</tr></thead><tbody>\n");
    }

    fn component(&mut self, c: &ComponentView) {
        if c.high.is_empty() && c.low.is_empty() {
            return;
        }
        let _ = writeln!(self.out, "<h2>{}</h2>", text(&self.w.text(&c.name)));
        let [high, low] = [self.say("High risk", "高风险"), self.say("Low risk", "低风险")];
        for (class, name, risks) in [("high", high, &c.high), ("low", low, &c.low)] {
            if !risks.is_empty() {
                let _ = writeln!(self.out, "<h3 class=\"{class}\">{name} · {}</h3>", risks.len());
                risks.iter().for_each(|r| self.risk(r, class));
            }
        }
    }

    fn risk(&mut self, r: &RiskView, class: &str) {
        let new = if r.standing == "still" { "" } else { " new" };
        let _ = write!(
            self.out,
            "<article class=\"risk {class}\"><p><b>{}</b>",
            text(&self.w.place(&r.subject))
        );
        let standing = self.w.standing(r);
        if !standing.is_empty() {
            let _ = write!(self.out, " <span class=\"tag{new}\">{}</span>", text(&standing));
        }
        if let Some(team) = &r.team {
            let _ = write!(self.out, " <span class=\"tag\">{}</span>", text(team));
        }
        let _ = write!(self.out, "</p><p class=\"says\">{}</p>", text(&self.w.text(&r.says)));
        if !r.evidence.is_empty() {
            self.put("<ul>");
            for e in &r.evidence {
                let _ = write!(self.out, "<li>{}</li>", text(&self.w.text(&e.says)));
            }
            self.put("</ul>");
        }
        for a in &r.advice {
            let _ = write!(self.out, "<p class=\"do\">{}</p>", text(&self.w.text(a)));
        }
        let _ = writeln!(self.out, "<small>{}</small></article>", self.small(r));
    }

    /// The check, what it keeps from happening, where its threshold comes from, what it takes.
    fn small(&self, r: &RiskView) -> String {
        let mut parts = vec![text(&r.check)];
        if !r.prevents.is_empty() {
            let words = self.say("prevents", "预防：");
            parts.push(format!("{words} {}", text(&r.prevents.join(", "))));
        }
        parts.push(format!(
            "{} {}",
            self.say("threshold:", "阈值来源："),
            text(&self.w.text(&r.source))
        ));
        match &r.counted_by {
            Some(by) => {
                let words = self.say("counted by", "已由此项计分：");
                parts.push(format!("{words} {}", text(by)));
            }
            None if r.points > 0 => {
                parts.push(format!("−{} {}", r.points, self.say("points", "分")));
            }
            None => {}
        }
        parts.join(" · ")
    }

    fn gone(&mut self, view: &InspectionView) {
        if view.gone.is_empty() {
            return;
        }
        self.heading("Gone since the last one", "与上次相比已消失");
        self.table(self.say("What became of it|Of|It was", "结果|对象|原风险"), &[]);
        for g in &view.gone {
            let _ = writeln!(
                self.out,
                "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
                self.w.why_gone(&g.why),
                text(&self.w.place(&g.subject)),
                text(&self.w.text(&g.says))
            );
        }
        self.put("</tbody></table>\n");
    }

    fn waived(&mut self, view: &InspectionView) {
        if view.waived.is_empty() {
            return;
        }
        self.heading("Waived", "已豁免");
        let head = self.say("Risk|Of|By|Until|Why", "风险|对象|负责人|有效期至|原因");
        self.table(head, &[]);
        for r in &view.waived {
            let Some(by) = &r.waived else { continue };
            let _ = writeln!(
                self.out,
                "<tr><td class=\"{}\">{}: {}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                if r.level == "high" { "high" } else { "low" },
                self.w.level(&r.level),
                text(&self.w.text(&r.says)),
                text(&self.w.place(&r.subject)),
                text(&by.owner),
                text(&self.w.time(by.until)),
                text(&by.reason)
            );
        }
        self.put("</tbody></table>\n");
    }

    fn unseen(&mut self, view: &InspectionView) {
        if view.unseen.is_empty() {
            return;
        }
        self.heading("What was not seen", "未能观测");
        let words = self.say(
            "No risk is known of these, and neither that there is none.",
            "以下对象既不能判断有风险，也不能判断没有风险。",
        );
        let _ = writeln!(self.out, "<p class=\"soft\">{words}</p>");
        let (unseen, waiting) = unseen(view, self.w.tongue);
        if let Some(line) = waiting {
            let _ = writeln!(self.out, "<p>{}</p>", text(&line));
        }
        if unseen.is_empty() {
            return;
        }
        let head = self.say("Check|How many|Of|What is missing", "检查项|数量|对象|缺少的数据");
        self.table(head, &[1]);
        for u in unseen {
            let names: Vec<String> =
                u.first.iter().take(NAMED).map(|p| text(&self.w.place(p))).collect();
            let rest = (u.subjects as usize).saturating_sub(names.len());
            let rest = if rest > 0 { format!(" {}", more(self.w, rest)) } else { String::new() };
            let _ = writeln!(
                self.out,
                "<tr><td>{}</td><td class=\"n\">{}</td><td>{}{rest}</td><td>{}</td></tr>",
                text(&u.check),
                u.subjects,
                names.join(", "),
                text(&self.w.missing(&u.missing))
            );
        }
        self.put("</tbody></table>\n");
    }

    fn scores(&mut self, s: &ScoresView) {
        self.heading("Scores", "评分");
        let words = self.say(
            "A job or cluster has 100 points less its deductions; a team, a cluster and the estate \
             have the mean of what is in them. Of what could not be judged at all there is none.",
            "作业和集群各 100 分，减去扣分项；团队、集群与整体得分为其所含对象的平均值。完全无法判断的对象没有得分。",
        );
        let _ = writeln!(self.out, "<p class=\"soft\">{words}</p>");
        let head = self.say("Of|Points||Taken by", "对象|得分||扣分项");
        self.table(head, &[1]);
        let estate =
            ScoreView { name: self.say("Estate", "整体").to_owned(), ..s.estate.clone() };
        self.score(&estate, "");
        let kinds =
            [(self.say("cluster", "集群"), &s.clusters), (self.say("team", "团队"), &s.teams)];
        for (kind, scores) in kinds {
            scores.iter().for_each(|score| self.score(score, kind));
        }
        s.subjects.iter().take(SCORES).for_each(|score| {
            let kind = score.id.split(':').next().unwrap_or_default();
            self.score(score, if kind == "job" { self.w.kind(kind) } else { "" });
        });
        self.put("</tbody></table>\n");
        let rest = s.subjects.len().saturating_sub(SCORES);
        if rest > 0 {
            let _ = writeln!(self.out, "<p class=\"soft\">{}</p>", more(self.w, rest));
        }
        let whole = self.say("{} others have 100 points.", "其余 {} 个对象均为 100 分。");
        let _ = writeln!(
            self.out,
            "<p class=\"soft\">{}</p>",
            whole.replace("{}", &s.whole.to_string())
        );
    }

    fn score(&mut self, s: &ScoreView, kind: &str) {
        let taken: Vec<String> = s
            .deductions
            .iter()
            .take(NAMED)
            .map(|d| {
                let of = if s.of > 1 || d.subject.id != s.id {
                    self.w.place(&d.subject)
                } else {
                    String::new()
                };
                text(format!("{} {of} −{}", d.check, d.points).replace("  ", " ").trim())
            })
            .collect();
        let rest = (s.deductions.len() + s.more as usize).saturating_sub(taken.len());
        let rest = if rest > 0 { format!("; {}", more(self.w, rest)) } else { String::new() };
        let kind = if kind.is_empty() { String::new() } else { format!(" <small>{kind}</small>") };
        let out = match s.unscored {
            0 => String::new(),
            _ if s.of == 0 => self.say("nothing could be judged", "均无法判断").to_owned(),
            n => format!("{n} {}", self.say("without a score", "个无评分")),
        };
        let mut told = taken.join("; ") + &rest;
        if !out.is_empty() {
            let sep = if told.is_empty() { "" } else { "; " };
            told += &format!("{sep}<span class=\"soft\">{out}</span>");
        }
        let _ = writeln!(
            self.out,
            "<tr><td>{}{kind}</td><td class=\"n\">{}</td><td>{}</td><td>{told}</td></tr>",
            text(&s.name),
            points(s.points),
            bar(s.points)
        );
    }

    fn footer(&mut self, view: &InspectionView) {
        let row = &view.row;
        let words = self.say(
            "{checks} checks, made {judged} times in {took}. Streamwarden {version}.",
            "{checks} 项检查，共执行 {judged} 次，用时 {took}。Streamwarden {version}。",
        );
        let told = words
            .replace("{checks}", &row.checks.to_string())
            .replace("{judged}", &row.judged.to_string())
            .replace("{took}", &self.w.tongue.small(row.took_ms as f64 / 1000.0))
            .replace("{version}", env!("CARGO_PKG_VERSION"));
        let left = match view.left_out {
            0 => String::new(),
            n => format!(" {}", more(self.w, usize::try_from(n).unwrap_or(usize::MAX))),
        };
        let _ = writeln!(self.out, "<footer>{told}{left}</footer>");
    }
}
