//! A report in a sentence: the first line of the page, the document's and the message.

use crate::web::view_incident::TextView;
use streamwarden_core::estate::SubjectKind;
use streamwarden_core::inspect::{Finding, Inspected, Report, Standing, Summary};
use streamwarden_core::rules::Level;
use streamwarden_core::text::Tongue;

/// Checks of high risks that the sentence tells.
const TOLD: usize = 3;

/// To one decimal, for all that tell them; what is not whole is never told as such.
pub fn rounded(points: f64) -> f64 {
    let told = (points * 10.0).round() / 10.0;
    if points < 100.0 { told.min(99.9) } else { told }
}

/// `93` or `99.9`, [`rounded`].
pub fn points(points: f64) -> String {
    let told = rounded(points);
    if told.fract() == 0.0 { format!("{told:.0}") } else { format!("{told:.1}") }
}

/// As [`points`]; `?` where it is not known.
pub fn points_or(known: Option<f64>) -> String {
    known.map_or_else(|| "?".to_owned(), points)
}

/// The report in a sentence: the first line of the page, and the message.
pub fn inspection_says(i: &Inspected) -> TextView {
    let s = i.report.summary();
    let en = silent(i, Tongue::En) + &english(i, &s);
    let zh = silent(i, Tongue::Zh) + &chinese(i, &s);
    TextView { en, zh }
}

/// High risks with who has them: those that are new or worse, and where there are none of these,
/// what is still there. One check is told once, with how many others it is true of.
fn high_ones(i: &Inspected, t: Tongue) -> Option<String> {
    let counts = |f: &&Finding| f.waived.is_none() && f.counted_by.is_none() && !f.is_silence();
    let high = |f: &&Finding| counts(f) && f.level == Level::High;
    let mut all: Vec<&Finding> = i.report.findings.iter().filter(high).collect();
    let fresh = all.iter().any(|f| f.standing != Standing::Still);
    all.retain(|f| !fresh || f.standing != Standing::Still);
    let mut checks: Vec<(&Finding, usize)> = Vec::new();
    for f in all {
        match checks.iter_mut().find(|(first, _)| first.check == f.check) {
            Some((_, others)) => *others += 1,
            None => checks.push((f, 0)),
        }
    }
    let one = |(f, others): &(&Finding, usize)| {
        let told = of_whom(&i.report, f, t);
        match others {
            0 => told,
            1 => told + t.say(" (and 1 other)", "（另有 1 个）"),
            n => told + &t.say(" (and {} others)", "（另有 {} 个）").replace("{}", &n.to_string()),
        }
    };
    let more = if checks.len() > TOLD { " …" } else { "" };
    let told: Vec<String> = checks.iter().take(TOLD).map(one).collect();
    let head = match (i.before.is_some() && fresh, i.before.is_some()) {
        (true, _) => t.say("New and high", "新增高风险"),
        (false, true) => t.say("Still high", "仍为高风险"),
        (false, false) => t.say("High", "高风险"),
    };
    let colon = t.say(": ", "：");
    (!told.is_empty()).then(|| format!("{head}{colon}{}{more}", told.join(t.say("; ", "；"))))
}

/// `ads-risk: its last checkpoint …`; a sentence that names whom it is of stands alone.
fn of_whom(r: &Report, f: &Finding, t: Tongue) -> String {
    let says = t.say(&f.says.en, &f.says.zh);
    let id = f.subject.to_string();
    let name = r.names.get(&id).map_or(id.as_str(), |n| n);
    let apart = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '-');
    // `redis dim` is `dim` in a sentence of its own
    let bare = id.rsplit([':', '/']).next().unwrap_or_default();
    let names = |name: &str| {
        says.match_indices(name).any(|(at, _)| {
            let (before, after) = (says.get(..at), says.get(at + name.len()..));
            apart(before.and_then(|b| b.chars().last()))
                && apart(after.and_then(|a| a.chars().next()))
        })
    };
    if names(name) || (!bare.is_empty() && names(bare)) {
        return says.to_owned();
    }
    let kind = match f.subject.kind() {
        SubjectKind::Topic => t.say("topic ", "主题 "),
        _ => "",
    };
    format!("{kind}{name}{}{says}", t.say(": ", "："))
}

/// Who does not answer: it comes first, since nothing else is known of them.
fn silent(i: &Inspected, t: Tongue) -> String {
    let of = |f: &&Finding| f.is_silence() && f.waived.is_none();
    let name = |f: &Finding| {
        let id = f.subject.to_string();
        i.report.names.get(&id).map_or(id, ToString::to_string)
    };
    let all: Vec<String> = i.report.findings.iter().filter(of).map(name).collect();
    let more = if all.len() > TOLD { " …" } else { "" };
    let told = all.iter().take(TOLD).cloned().collect::<Vec<_>>().join(t.say(", ", "、"));
    match (t, all.len()) {
        (_, 0) => String::new(),
        (Tongue::En, 1) => format!("{told} does not answer. "),
        (Tongue::En, _) => format!("{told}{more} do not answer. "),
        (Tongue::Zh, _) => format!("{told}{more} 无应答。"),
    }
}

/// Of the first report everything would be new.
fn newer(i: &Inspected, n: u32) -> bool {
    n > 0 && i.before.is_some()
}

/// How many incidents there were since the report before.
fn happened(i: &Inspected, t: Tongue) -> Option<String> {
    let of = i.incidents.as_ref()?;
    let span = t.seconds((i.report.at - of.from).as_secs());
    Some(match (t, of.all, of.open) {
        (Tongue::En, 0, _) => format!("No incident in the last {span}."),
        (Tongue::En, 1, 0) => format!("1 incident in the last {span}, over."),
        (Tongue::En, 1, _) => format!("1 incident in the last {span}, still open."),
        (Tongue::En, n, 0) => format!("{n} incidents in the last {span}, all over."),
        (Tongue::En, n, open) => format!("{n} incidents in the last {span}, {open} still open."),
        (Tongue::Zh, 0, _) => format!("近 {span}内无故障。"),
        (Tongue::Zh, n, 0) => format!("近 {span}内有 {n} 起故障，均已结束。"),
        (Tongue::Zh, n, open) => format!("近 {span}内有 {n} 起故障，其中 {open} 起未结束。"),
    })
}

fn english(i: &Inspected, s: &Summary) -> String {
    if !s.judged_some() {
        return "Nothing could be inspected: nothing of the estate was seen.".to_owned();
    }
    let before = i.before.and_then(|b| b.points);
    let before = before.map_or_else(String::new, |p| format!(" ({} before)", points(p)));
    let new = |n: u32| if newer(i, n) { format!(" ({n} new)") } else { String::new() };
    let risks = match s.high {
        0 => "no high risk".to_owned(),
        1 => format!("1 high risk{}", new(s.high_new)),
        n => format!("{n} high risks{}", new(s.high_new)),
    };
    let mut out =
        format!("Estate {}{before}: {risks}, {} low{}", points_or(s.points), s.low, new(s.low_new));
    if s.fixed > 0 {
        out += &format!(", {} fixed", s.fixed);
    }
    if s.waived > 0 {
        out += &format!(", {} waived", s.waived);
    }
    out.push('.');
    match s.unscored {
        0 => {}
        1 => out += " 1 job or cluster has no score: nothing of it could be judged.",
        n => {
            out +=
                &format!(" {n} jobs and clusters have no score: nothing of them could be judged.")
        }
    }
    if s.not_judged > 0 {
        out += &format!(" {} of {} checks could not be made.", s.not_judged, s.judged);
    }
    if let Some(told) = happened(i, Tongue::En) {
        out += &format!(" {told}");
    }
    if let Some(told) = high_ones(i, Tongue::En) {
        out += &format!(" {told}");
    }
    out
}

fn chinese(i: &Inspected, s: &Summary) -> String {
    if !s.judged_some() {
        return "未能完成巡检：没有观测到任何对象。".to_owned();
    }
    let before = i.before.and_then(|b| b.points);
    let before = before.map_or_else(String::new, |p| format!("（上次 {}）", points(p)));
    let new = |n: u32| if newer(i, n) { format!("（新增 {n} 项）") } else { String::new() };
    let risks = match s.high {
        0 => "无高风险".to_owned(),
        n => format!("高风险 {n} 项{}", new(s.high_new)),
    };
    let mut out = format!(
        "总分 {}{before}：{risks}，低风险 {} 项{}",
        points_or(s.points),
        s.low,
        new(s.low_new)
    );
    if s.fixed > 0 {
        out += &format!("，已修复 {} 项", s.fixed);
    }
    if s.waived > 0 {
        out += &format!("，已豁免 {} 项", s.waived);
    }
    out.push('。');
    if s.unscored > 0 {
        out += &format!("{} 个作业或集群无评分：均无法判断。", s.unscored);
    }
    if s.not_judged > 0 {
        out += &format!("{} 次检查中有 {} 次无法判断。", s.judged, s.not_judged);
    }
    if let Some(told) = happened(i, Tongue::Zh) {
        out += &told;
    }
    if let Some(told) = high_ones(i, Tongue::Zh) {
        out += &told;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata::inspected;
    use streamwarden_core::inspect::Incidents;

    #[test]
    fn who_does_not_answer_comes_first() {
        let mut i = inspected();
        let flink = i.report.findings.iter().position(|f| &*f.check == "flink.slots").unwrap();
        let f = &mut i.report.findings[flink];
        (f.looks_at, f.waived) = ("silent_for".into(), None);
        let says = inspection_says(&i);
        assert!(says.en.starts_with("Flink demo does not answer. Estate "), "{}", says.en);
        assert!(says.zh.starts_with("Flink demo 无应答。总分"), "{}", says.zh);
        assert!(!says.en.contains("no slot was free"), "told once: {}", says.en);
    }

    #[test]
    fn points_are_rounded_once_and_never_up_to_whole() {
        let told = [95.25, 94.916_666_666_666_67, 99.96, 100.0, 0.04].map(rounded);
        assert_eq!(told, [95.3, 94.9, 99.9, 100.0, 0.0]);
        assert_eq!(told.map(points), ["95.3", "94.9", "99.9", "100", "0"]);
        let mut i = inspected();
        i.report.scores.estate.points = Some(95.25);
        let view = crate::web::build::inspection(&i, true);
        assert_eq!((view.row.points, view.scores.estate.points), (Some(95.3), Some(95.3)));
        assert!(view.says.en.contains("Estate 95.3"), "{}", view.says.en);
    }

    #[test]
    fn incidents_since_the_report_before_are_counted() {
        let mut i = inspected();
        i.incidents = None;
        assert!(!inspection_says(&i).en.contains("incident"));
        let mut told = |all, open| {
            let from = i.report.at - streamwarden_core::estate::Span::secs(86_400);
            i.incidents = Some(Incidents { from, all, open, told: Vec::new() });
            inspection_says(&i)
        };
        assert!(told(0, 0).en.contains(" No incident in the last 24 h. "));
        assert!(told(1, 1).en.contains(" 1 incident in the last 24 h, still open. "));
        let three = told(3, 1);
        assert!(three.en.contains(" 3 incidents in the last 24 h, 1 still open. "), "{}", three.en);
        assert!(three.zh.contains("近 24 小时内有 3 起故障，其中 1 起未结束。"), "{}", three.zh);
        assert!(told(3, 0).zh.contains("均已结束"));
    }

    #[test]
    fn high_risks_are_told_with_who_has_them_and_one_check_once() {
        let mut i = inspected();
        let says = inspection_says(&i);
        let age = i.report.findings.iter().position(|f| &*f.check == "job.checkpoint_age").unwrap();
        assert!(
            says.en.contains("New and high: orders keeps 2 h, and ads-risk was"),
            "{}",
            says.en
        );
        let f = &mut i.report.findings[age];
        (f.says.en, f.says.zh) = ("its last checkpoint is old".into(), "检查点过旧".into());
        let again = f.clone();
        i.report.findings.retain(|f| &*f.check == "job.checkpoint_age");
        i.report.findings.push(Finding { subject: "job:demo/ads-risk".parse().unwrap(), ..again });
        let says = inspection_says(&i);
        let (en, zh) = (&says.en, &says.zh);
        let told = "New and high: dwd-order-stats: its last checkpoint is old (and 1 other)";
        assert!(en.ends_with(told), "{en}");
        assert!(zh.ends_with("新增高风险：dwd-order-stats：检查点过旧（另有 1 个）"), "{zh}");
        i.report.findings.iter_mut().for_each(|f| f.standing = Standing::Still);
        let says = inspection_says(&i);
        assert!(says.en.contains(" Still high: dwd-order-stats: its"), "{}", says.en);
    }
}
