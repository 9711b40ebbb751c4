//! What is said of a symptom, and of what cannot be decided, in both languages.

use super::candidates::Candidate;
use super::usual::season;
use crate::case::{Against, Symptom, SymptomKind};
use crate::estate::{Estate, Name, display};
use crate::rules::{Words, told_in_chinese};
use crate::text::Tongue;

pub(super) fn words(en: String, zh: String) -> Words {
    Words { en, zh }
}

pub(super) fn rate(r: f64) -> String {
    if r >= 100.0 { format!("{r:.0}") } else { format!("{r:.1}") }
}

/// One clause: who suffers, and from what, with its figure.
pub fn symptom(s: &Symptom, estate: &Estate) -> Words {
    let who = match &s.job {
        Some(job) => job.key.to_string(),
        None => display(&s.subject, estate),
    };
    let of = |t| clause(s, &who, estate, t);
    words(of(Tongue::En), of(Tongue::Zh))
}

fn clause(s: &Symptom, who: &str, estate: &Estate, t: Tongue) -> String {
    let v = s.value.map(|v| t.seconds(v)).unwrap_or_default();
    let n = s.value;
    let what = s.what.as_deref().unwrap_or_default();
    let say = |en: String, zh: String| if t == Tongue::En { en } else { zh };
    match s.kind {
        SymptomKind::Late | SymptomKind::EdgeLate | SymptomKind::PathLate => {
            format!("{who} {}", late(s, &v, t))
        }
        SymptomKind::LagGrows => {
            let by = s.trend.unwrap_or(0.0);
            let usual = season(s, t);
            let (en, zh) =
                usual.map_or_else(Default::default, |u| (format!(" ({u})"), format!("（{u}）")));
            say(
                format!("{who} reads {what} {v} late{en}, and it grows by {by:.1} s each second"),
                format!("{who} 读取 {what} 延迟 {v}{zh}，且每秒增加 {by:.1} 秒"),
            )
        }
        SymptomKind::WatermarkStalled => say(
            format!("the event time of {who} has stood still for {v} while records come"),
            format!("{who} 的水位线已停滞 {v}，但数据仍在流入"),
        ),
        SymptomKind::ThroughputDropped => {
            let of = |x: Option<f64>| x.map(rate).unwrap_or_default();
            let (v, b) = (of(s.value), of(s.threshold));
            say(
                format!(
                    "{who} takes only {v} records/s (at least {b} expected), though as much comes in"
                ),
                format!("{who} 仅处理 {v} 条/秒（预期至少 {b}），而输入未减少"),
            )
        }
        SymptomKind::Restarted => match n.unwrap_or(1.0) {
            n if n > 1.0 => {
                say(format!("{who} restarted {n:.0} times"), format!("{who} 重启 {n:.0} 次"))
            }
            _ => say(format!("{who} restarted once"), format!("{who} 重启 1 次")),
        },
        SymptomKind::NotRunning => say(format!("{who} does not run"), format!("{who} 未在运行")),
        SymptomKind::CheckpointOld => say(
            format!("the last checkpoint of {who} is {v} old"),
            format!("{who} 最近一次检查点已过去 {v}"),
        ),
        SymptomKind::CheckpointsFail => {
            let n = n.unwrap_or(2.0);
            say(
                format!("{n:.0} checkpoints of {who} failed in a row"),
                format!("{who} 连续 {n:.0} 次检查点失败"),
            )
        }
        SymptomKind::PartitionsUnread => {
            let n = n.unwrap_or(1.0);
            say(
                format!("{who} does not read {n:.0} partitions of {what}"),
                format!("{who} 未读取 {what} 的 {n:.0} 个分区"),
            )
        }
        SymptomKind::InputLost => match n {
            Some(n) => say(
                format!("{who} lost up to {n:.0} records of {what}"),
                format!("{who} 在 {what} 中最多丢失 {n:.0} 条数据"),
            ),
            None => {
                let topic = display(&s.subject, estate);
                say(
                    format!("{topic}, which {who} uses, is gone"),
                    format!("{who} 使用的 {topic} 已不存在"),
                )
            }
        },
        SymptomKind::InputStopped => {
            let b = s.threshold.map(rate).unwrap_or_default();
            let usual = season(s, t);
            let (en, zh) =
                usual.map_or_else(Default::default, |u| (format!("; {u}"), format!("；{u}")));
            say(
                format!("nothing comes into {what} any more ({b} records/s before{en})"),
                format!("{what} 不再有数据写入（此前 {b} 条/秒{zh}）"),
            )
        }
        SymptomKind::ControlLost if n.is_some() => say(
            format!("the JobManager of {who} has not answered for {v}"),
            format!("{who} 的 JobManager 已 {v} 无响应"),
        ),
        SymptomKind::ControlLost => {
            say(format!("{who} has a new JobManager"), format!("{who} 更换了 JobManager"))
        }
        SymptomKind::KafkaSilent => {
            say(format!("{who} has not answered for {v}"), format!("{who} 已 {v} 无响应"))
        }
        SymptomKind::BaseIll if !what.is_empty() && s.onset_at_least => say(
            format!("{who} is not well: `{what}` has not held for at least {v}"),
            format!("{who} 不健康：条件 `{what}` 已至少 {v} 不成立"),
        ),
        SymptomKind::BaseIll if !what.is_empty() => say(
            format!("{who} is not well: `{what}` has not held for {v}"),
            format!("{who} 不健康：条件 `{what}` 已 {v} 不成立"),
        ),
        SymptomKind::BaseIll => say(
            format!("{who} has not done its work for {v}"),
            format!("{who} 已 {v} 无法提供服务"),
        ),
        SymptomKind::RecordsDropped => {
            let v = n.map(rate).unwrap_or_default();
            say(
                format!("{who} drops {v} records/s as too late"),
                format!("{who} 每秒因迟到丢弃 {v} 条数据"),
            )
        }
        SymptomKind::Hazard => say(
            format!("{who} runs into trouble: {what} only grows"),
            format!("{who} 存在隐患：{what} 持续增长"),
        ),
    }
}

/// How late, and against what: a declared target, or what is usual here and from where on it is not.
fn late(s: &Symptom, v: &str, t: Tongue) -> String {
    let bound = s.threshold.map(|b| t.seconds(b)).unwrap_or_default();
    let usual = s.usual.map(|u| t.seconds(u));
    if let Some(usual) = season(s, t) {
        return match t {
            Tongue::En => format!("is {v} late ({usual}; more than {bound} is not)"),
            Tongue::Zh => format!("延迟 {v}（{usual}，超过 {bound}为异常）"),
        };
    }
    match (s.against, usual, t) {
        (Against::Target, _, Tongue::En) => format!("is {v} late ({bound} wanted)"),
        (Against::Target, _, Tongue::Zh) => format!("延迟 {v}（目标 {bound}）"),
        (_, Some(usual), Tongue::En) => {
            format!("is {v} late (usually {usual}; more than {bound} is not usual)")
        }
        (_, Some(usual), Tongue::Zh) => format!("延迟 {v}（平时 {usual}，超过 {bound}为异常）"),
        (_, None, Tongue::En) => format!("is {v} late (more than {bound} is not usual)"),
        (_, None, Tongue::Zh) => format!("延迟 {v}（超过 {bound}为异常）"),
    }
}

/// Headline and cause in one sentence.
pub fn joined(headline: &Words, cause: &Words) -> Words {
    let en = if cause.en.is_empty() {
        headline.en.clone()
    } else {
        format!("{}. Cause: {}", headline.en, cause.en)
    };
    let zh = if cause.zh.is_empty() {
        headline.zh.clone()
    } else {
        format!("{}。根因：{}", headline.zh, cause.zh)
    };
    words(capital(en), zh)
}

/// A sentence of ours, in either language, as what is the matter and why: for whoever shows them
/// apart. The second is empty where there is but one.
pub fn headline_and_cause(says: &str) -> (&str, &str) {
    const BETWEEN: [&str; 5] =
        [". Cause: ", "。根因：", "。根因类别：", ". Undetermined", "。原因未定"];
    let at = BETWEEN.iter().filter_map(|b| Some((says.find(b)?, b))).min();
    match at {
        None => (says, ""),
        // of an open question the whole second sentence is the answer
        Some((i, b)) => {
            let skip = if b.ends_with([' ', '：']) { b.len() } else { b.len() - open(b).len() };
            (says.get(..i).unwrap_or(says), says.get(i + skip..).unwrap_or_default())
        }
    }
}

/// The words of a separator that belong to what follows.
fn open(separator: &str) -> &str {
    separator.trim_start_matches(['.', ' ', '。'])
}

fn capital(text: String) -> String {
    // names keep their letters: only our own articles begin a sentence
    match text.strip_prefix("the ") {
        Some(rest) => format!("The {rest}"),
        None => match text.strip_prefix("nothing ") {
            Some(rest) => format!("Nothing {rest}"),
            None => text,
        },
    }
}

/// Of one cause of several: the first thing to do, if it is that one.
pub fn perhaps(c: &Candidate<'_>) -> Option<Words> {
    let (first, cause) = (c.found.advice.first()?, &c.rule.cause);
    Some(words(format!("if it is {cause}: {}", first.en), format!("若为 {cause}：{}", first.zh)))
}

pub fn undetermined(
    headline: &Words,
    between: &[Name],
    family: Option<&str>,
    missing: &[String],
) -> Words {
    let list = between.join(", ");
    let lack = if missing.is_empty() {
        String::new()
    } else {
        format!("; missing: {}", missing.join("; "))
    };
    let lack_zh = if missing.is_empty() {
        String::new()
    } else {
        let zh: Vec<String> = missing.iter().map(|m| told_in_chinese(m)).collect();
        format!("；缺少：{}", zh.join("；"))
    };
    match (family, between.is_empty()) {
        (Some(family), _) => words(
            capital(format!("{}. Cause: {family}, one of {list}{lack}", headline.en)),
            format!("{}。根因类别：{family}（{list} 之一）{lack_zh}", headline.zh),
        ),
        (None, true) => words(
            capital(format!("{}. Undetermined: no cause that we know fits{lack}", headline.en)),
            format!("{}。原因未定：没有符合的已知原因{lack_zh}", headline.zh),
        ),
        (None, false) if between.len() == 1 => words(
            capital(format!("{}. Undetermined: perhaps {list}{lack}", headline.en)),
            format!("{}。原因未定，或许是：{list}{lack_zh}", headline.zh),
        ),
        (None, false) => words(
            capital(format!("{}. Undetermined between {list}{lack}", headline.en)),
            format!("{}。原因未定，可能是：{list}{lack_zh}", headline.zh),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::past::{Alike, Usual};

    #[test]
    fn a_sentence_falls_into_what_is_the_matter_and_why() {
        let one = |en: &str, zh: &str| words(en.to_owned(), zh.to_owned());
        let all = joined(&one("a is 9 s late", "a 延迟 9 秒"), &one("b is slow", "b 变慢"));
        assert_eq!(headline_and_cause(&all.en), ("a is 9 s late", "b is slow"));
        assert_eq!(headline_and_cause(&all.zh), ("a 延迟 9 秒", "b 变慢"));
        let open = undetermined(&one("a is 9 s late", "a 延迟 9 秒"), &["x.y".into()], None, &[]);
        assert_eq!(headline_and_cause(&open.en), ("a is 9 s late", "Undetermined: perhaps x.y"));
        assert_eq!(headline_and_cause(&open.zh), ("a 延迟 9 秒", "原因未定，或许是：x.y"));
        let of = undetermined(&one("a", "甲"), &["x.y".into()], Some("slow"), &[]);
        assert_eq!(headline_and_cause(&of.en), ("a", "slow, one of x.y"));
        assert_eq!(headline_and_cause(&of.zh), ("甲", "slow（x.y 之一）"));
        assert_eq!(headline_and_cause("only this"), ("only this", ""));
    }

    #[test]
    fn what_is_usual_and_from_where_on_it_is_not_stand_apart() {
        let job = crate::estate::JobKey::new(&crate::estate::ClusterId::new("c"), "a");
        let late = Symptom {
            kind: SymptomKind::Late,
            subject: crate::estate::Subject::Job { job: job.clone() },
            job: Some(job),
            what: None,
            onset: crate::estate::Millis(0),
            onset_at_least: false,
            value: Some(134.0),
            threshold: Some(6.2),
            usual: Some(0.3),
            season: None,
            against: Against::Baseline,
            trend: None,
        };
        let said = symptom(&late, &Estate::default());
        assert_eq!(said.en, "a is 2 min 14 s late (usually 0.3 s; more than 6.2 s is not usual)");
        assert_eq!(said.zh, "a 延迟 2 分钟 14 秒（平时 0.3 秒，超过 6.2 秒为异常）");
        let usual = Usual {
            level: 9.0,
            least: 2.0,
            most: Some(20.0),
            alike: Alike::Weekday,
            days: 4,
            minute: 9 * 60 + 30,
            weekday: 0,
        };
        let season = Symptom { season: Some(usual), threshold: Some(45.0), ..late.clone() };
        let said = symptom(&season, &Estate::default());
        let en = "is 2 min 14 s late (usually up to 20 s at this time: Mondays 09:30, 4 days; more than 45 s is not)";
        assert_eq!(said.en, format!("a {en}"));
        let zh = "a 延迟 2 分钟 14 秒（此时段平时最多 20 秒：周一 09:30，4 天，超过 45 秒为异常）";
        assert_eq!(said.zh, zh);
        let wanted = Symptom { against: Against::Target, ..late };
        assert_eq!(symptom(&wanted, &Estate::default()).en, "a is 2 min 14 s late (6.2 s wanted)");
    }
}
