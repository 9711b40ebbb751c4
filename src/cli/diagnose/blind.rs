//! What the look could not see, each kind of it once.

use crate::cli::say::Lang;
use crate::cli::words::name_of;
use crate::web::view::BlindView;
use std::collections::BTreeMap;
use streamwarden_core::estate::plain;

/// Names of one kind that are written out.
const NAMES: usize = 3;
/// Kinds, and things that are of no kind.
const KINDS: usize = 6;

/// In one line, most of it by kind; nothing where all is seen.
pub fn line(blind: &[BlindView], lang: Lang) -> Option<String> {
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut parts = Vec::new();
    for b in blind {
        match (said(&b.kind, lang), &b.node) {
            (Some(_), Some(node)) => kinds.entry(&b.kind).or_default().push(name_of(node)),
            _ => parts.push(what(b, lang)),
        }
    }
    for (kind, names) in kinds {
        parts.push(said(kind, lang).unwrap_or_default().replace("{}", &listed(&names, lang)));
    }
    let over = parts.len().saturating_sub(KINDS);
    parts.truncate(KINDS);
    if over > 0 {
        parts.push(lang.say("and {} more", "另有 {} 项").replace("{}", &over.to_string()));
    }
    (!parts.is_empty()).then(|| parts.join(lang.say("; ", "；")))
}

/// One blind spot in words.
pub fn what(b: &BlindView, lang: Lang) -> String {
    if let (Some(words), Some(node)) = (said(&b.kind, lang), &b.node) {
        return words.replace("{}", &plain(name_of(node)));
    }
    let why = if b.why.is_empty() { String::new() } else { format!(" ({})", plain(&b.why)) };
    format!("{}{why}", plain(&b.what))
}

/// Why, and what would open the eye.
fn said(kind: &str, lang: Lang) -> Option<&'static str> {
    Some(match kind {
        "sink_topic" => lang.say(
            "where the output of {} goes (Flink names no topic of a sink: declare it, or let `serve` match rates for some minutes)",
            "{} 的输出主题（Flink 不提供 sink 的主题名：可声明，或由 `serve` 匹配数分钟的速率）",
        ),
        "no_metrics" => lang.say(
            "what happens inside {} (no metrics came in this look)",
            "{} 的内部情况（本次观察未取得指标）",
        ),
        "no_kafka" => lang.say(
            "the topics of {} (their Kafka is not asked: --kafka host:port)",
            "{} 的主题（未连接其 Kafka：--kafka host:port）",
        ),
        "topic_invisible" => lang.say(
            "a topic that {} reads (the right to describe it is missing)",
            "{} 读取的某个主题（缺少 DESCRIBE 权限）",
        ),
        "ambiguous_identity" => lang.say(
            "which of several jobs named {} is which",
            "多个同名作业 {} 无法区分",
        ),
        "delay" => lang.say("how late {} reads", "{} 的读取延迟"),
        _ => return None,
    })
}

fn listed(names: &[&str], lang: Lang) -> String {
    let mut unique: Vec<&str> = names.to_vec();
    unique.sort_unstable();
    unique.dedup();
    let shown: Vec<String> = unique.iter().take(NAMES).map(|n| plain(n).into_owned()).collect();
    let mut text = shown.join(lang.say(", ", "、"));
    if unique.len() > NAMES {
        let words = lang.say(" and {} more", " 等另 {} 个");
        text.push_str(&words.replace("{}", &(unique.len() - NAMES).to_string()));
    }
    text
}
