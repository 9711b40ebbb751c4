//! What is said of a symptom, and of what cannot be decided, in both languages.

use crate::case::{Against, Symptom, SymptomKind};
use crate::estate::{Estate, Name, display};
use crate::rules::Words;

fn words(en: String, zh: String) -> Words {
    Words { en, zh }
}

/// 94 s, 6.2 s, 12 min.
fn seconds(s: f64) -> String {
    match s {
        s if s >= 7200.0 => format!("{:.1} h", s / 3600.0),
        s if s >= 600.0 => format!("{:.0} min", s / 60.0),
        s if s >= 10.0 => format!("{s:.0} s"),
        s => format!("{s:.1} s"),
    }
}

fn rate(r: f64) -> String {
    if r >= 100.0 { format!("{r:.0}") } else { format!("{r:.1}") }
}

/// One clause: who suffers, and from what, with its figure.
pub fn symptom(s: &Symptom, estate: &Estate) -> Words {
    let who = match &s.job {
        Some(job) => job.key.to_string(),
        None => display(&s.subject, estate),
    };
    let value = s.value.map(seconds);
    let bound = s.threshold.map(seconds);
    let what = s.what.as_deref().unwrap_or_default();
    match s.kind {
        SymptomKind::Late | SymptomKind::EdgeLate | SymptomKind::PathLate => {
            let (v, b) = (value.unwrap_or_default(), bound.unwrap_or_default());
            match s.against {
                Against::Target => words(
                    format!("{who} is {v} late ({b} wanted)"),
                    format!("{who} 延迟 {v}（目标 {b}）"),
                ),
                _ => words(
                    format!("{who} is {v} late (usually far below {b}; no target declared)"),
                    format!("{who} 延迟 {v}（平时远低于 {b}；未声明目标）"),
                ),
            }
        }
        SymptomKind::LagGrows => {
            let v = value.unwrap_or_default();
            let by = s.trend.unwrap_or(0.0);
            words(
                format!("{who} reads {what} {v} late, and it grows by {by:.1} s each second"),
                format!("{who} 读取 {what} 延迟 {v}，且每秒增加 {by:.1} 秒"),
            )
        }
        SymptomKind::WatermarkStalled => {
            let v = value.unwrap_or_default();
            words(
                format!("the event time of {who} has stood still for {v} while records come"),
                format!("{who} 的水位线已停滞 {v}，但数据仍在流入"),
            )
        }
        SymptomKind::ThroughputDropped => {
            let (v, b) =
                (s.value.map(rate).unwrap_or_default(), s.threshold.map(rate).unwrap_or_default());
            words(
                format!(
                    "{who} takes only {v} records/s (at least {b} expected), though as much comes in"
                ),
                format!("{who} 仅处理 {v} 条/秒（预期至少 {b}），而输入未减少"),
            )
        }
        SymptomKind::Restarted => {
            let n = s.value.unwrap_or(1.0);
            let (times, ci) = if n > 1.0 {
                (format!("{n:.0} times"), format!("{n:.0} 次"))
            } else {
                ("once".into(), "1 次".into())
            };
            words(format!("{who} restarted {times}"), format!("{who} 重启 {ci}"))
        }
        SymptomKind::NotRunning => words(format!("{who} does not run"), format!("{who} 未在运行")),
        SymptomKind::CheckpointOld => {
            let v = value.unwrap_or_default();
            words(
                format!("the last checkpoint of {who} is {v} old"),
                format!("{who} 最近一次检查点已过去 {v}"),
            )
        }
        SymptomKind::CheckpointsFail => {
            let n = s.value.unwrap_or(2.0);
            words(
                format!("{n:.0} checkpoints of {who} failed in a row"),
                format!("{who} 连续 {n:.0} 次检查点失败"),
            )
        }
        SymptomKind::PartitionsUnread => {
            let n = s.value.unwrap_or(1.0);
            words(
                format!("{who} does not read {n:.0} partitions of {what}"),
                format!("{who} 未读取 {what} 的 {n:.0} 个分区"),
            )
        }
        SymptomKind::InputLost => match s.value {
            Some(n) => words(
                format!("{who} lost up to {n:.0} records of {what}"),
                format!("{who} 在 {what} 中最多丢失 {n:.0} 条数据"),
            ),
            None => {
                let topic = display(&s.subject, estate);
                words(
                    format!("{topic}, which {who} uses, is gone"),
                    format!("{who} 使用的 {topic} 已不存在"),
                )
            }
        },
        SymptomKind::InputStopped => {
            let b = s.threshold.map(rate).unwrap_or_default();
            words(
                format!("nothing comes into {what} any more ({b} records/s before)"),
                format!("{what} 不再有数据写入（此前 {b} 条/秒）"),
            )
        }
        SymptomKind::ControlLost => match value {
            Some(v) => words(
                format!("the JobManager of {who} has not answered for {v}"),
                format!("{who} 的 JobManager 已 {v} 无响应"),
            ),
            None => {
                words(format!("{who} has a new JobManager"), format!("{who} 更换了 JobManager"))
            }
        },
        SymptomKind::KafkaSilent => {
            let v = value.unwrap_or_default();
            words(format!("{who} has not answered for {v}"), format!("{who} 已 {v} 无响应"))
        }
        SymptomKind::RecordsDropped => {
            let v = s.value.map(rate).unwrap_or_default();
            words(
                format!("{who} drops {v} records/s as too late"),
                format!("{who} 每秒因迟到丢弃 {v} 条数据"),
            )
        }
        SymptomKind::Hazard => words(
            format!("{who} runs into trouble: {what} only grows"),
            format!("{who} 存在隐患：{what} 持续增长"),
        ),
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
        format!("；缺少：{}", missing.join("；"))
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
}
