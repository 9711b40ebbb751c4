//! A row for each risk: for a table of somebody's own.

use super::words::Words;
use crate::web::view_inspection::{InspectionView, RiskView};
use streamwarden_core::estate::plain;
use streamwarden_core::text::Tongue;

const HEAD: [&str; 21] = [
    "inspected",
    "component",
    "level",
    "standing",
    "since",
    "kind",
    "subject",
    "name",
    "cluster",
    "team",
    "check",
    "says",
    "evidence",
    "advice",
    "prevents",
    "source",
    "points",
    "counted_by",
    "waived_by",
    "waived_until",
    "waived_why",
];

pub fn csv(view: &InspectionView, tongue: Tongue) -> String {
    let words = Words::of(view, tongue);
    let mut out = Table { text: String::new() };
    out.row(&HEAD.map(str::to_owned));
    let all = view.components.iter().flat_map(|c| c.high.iter().chain(&c.low));
    for risk in all.chain(&view.waived) {
        out.row(&of_risk(view, &words, risk));
    }
    for g in &view.gone {
        let mut row = vec![words.time(view.row.at), String::new(), g.level.clone(), g.why.clone()];
        row.push(String::new());
        let p = &g.subject;
        let cluster = p.cluster.clone().unwrap_or_default();
        row.extend([p.kind.clone(), p.id.clone(), p.name.clone(), cluster, String::new()]);
        row.extend([g.check.clone(), words.text(&g.says).into_owned()]);
        out.row(&row);
    }
    for u in &view.unseen {
        let mut row = vec![words.time(view.row.at), u.component.clone(), "unknown".to_owned()];
        row.extend(std::iter::repeat_n(String::new(), 2));
        let first: Vec<&str> = u.first.iter().map(|p| p.name.as_str()).collect();
        row.extend([String::new(), String::new(), first.join(", "), String::new(), String::new()]);
        let n = u.subjects.to_string();
        let says = words.say("{n} not judged: {what}", "{n} 个对象无法判断：{what}");
        row.extend([
            u.check.clone(),
            says.replace("{n}", &n).replace("{what}", &words.missing(&u.missing)),
        ]);
        out.row(&row);
    }
    for s in view.scores.subjects.iter().filter(|s| s.points.is_none()) {
        let mut row = vec![words.time(view.row.at), String::new(), "unknown".to_owned()];
        row.extend(std::iter::repeat_n(String::new(), 2));
        let kind = s.id.split(':').next().unwrap_or_default().to_owned();
        row.extend([kind, s.id.clone(), s.name.clone()]);
        row.extend(std::iter::repeat_n(String::new(), 3));
        let says = words.say("no score: nothing of it could be judged", "无评分：均无法判断");
        row.push(says.to_owned());
        out.row(&row);
    }
    out.text
}

fn of_risk(view: &InspectionView, words: &Words, r: &RiskView) -> Vec<String> {
    let p = &r.subject;
    let evidence: Vec<_> = r.evidence.iter().map(|e| words.text(&e.says)).collect();
    let advice: Vec<_> = r.advice.iter().map(|a| words.text(a)).collect();
    let waived = r.waived.as_ref();
    vec![
        words.time(view.row.at),
        r.component.clone(),
        r.level.clone(),
        r.standing.clone(),
        if r.standing.is_empty() { String::new() } else { words.time(r.since) },
        p.kind.clone(),
        p.id.clone(),
        p.name.clone(),
        p.cluster.clone().unwrap_or_default(),
        r.team.clone().unwrap_or_default(),
        r.check.clone(),
        words.text(&r.says).into_owned(),
        evidence.join("; "),
        advice.join("; "),
        r.prevents.join(" "),
        words.text(&r.source).into_owned(),
        r.points.to_string(),
        r.counted_by.clone().unwrap_or_default(),
        waived.map(|w| w.owner.clone()).unwrap_or_default(),
        waived.map(|w| words.time(w.until)).unwrap_or_default(),
        waived.map(|w| w.reason.clone()).unwrap_or_default(),
    ]
}

struct Table {
    text: String,
}

impl Table {
    /// As RFC 4180 has it; what is missing at the end is empty.
    fn row(&mut self, cells: &[String]) {
        for n in 0..HEAD.len() {
            if n > 0 {
                self.text.push(',');
            }
            self.text.push_str(&cell(cells.get(n).map_or("", String::as_str)));
        }
        self.text.push_str("\r\n");
    }
}

/// A program for tables takes what begins so for a formula, also behind blanks and in full width.
fn cell(text: &str) -> String {
    let text = plain(text);
    let first = text.trim_start().chars().next();
    let formula = first.is_some_and(|c| "=+-@＝＋－＠".contains(c)) || text.starts_with('\u{fffd}');
    let guard = if formula { "'" } else { "" };
    let quoted = text.contains(['"', ',', ';', '\'']) || formula || text.trim() != text;
    match quoted {
        true => format!("\"{guard}{}\"", text.replace('"', "\"\"")),
        false => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_cell_is_a_formula() {
        for bad in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r\n=1", "＝1", "－1"] {
            let told = cell(bad);
            assert!(told.starts_with("\"'"), "{bad:?} became {told}");
        }
        assert_eq!(cell("=cmd|' /C calc'!A0"), "\"'=cmd|' /C calc'!A0\"");
        assert_eq!(cell("a-b = c"), "a-b = c");
        assert_eq!(cell("say \"hi\", twice"), "\"say \"\"hi\"\", twice\"");
        assert_eq!(cell("two\nlines"), "two\u{fffd}lines");
    }
}
