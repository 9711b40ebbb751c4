//! A checkpoint as text.

use super::super::Exit;
use super::super::say::Lang;
use super::super::table::{Cell, Ink, Screen, Table};
use crate::checkpoint::Loaded;
use streamwarden_core::checkpoint::*;
use streamwarden_core::estate::plain;

/// Something of it is not known: not all its files could be read.
pub fn exit(saved: &Saved) -> Exit {
    let unread = saved.operators.iter().any(|operator| !operator.unread.is_empty());
    if unread { Exit::CannotTell } else { Exit::Fine }
}

pub fn as_json(loaded: &Loaded) -> serde_json::Value {
    serde_json::json!({ "file": loaded.file, "checkpoint": loaded.saved })
}

pub fn render(loaded: &Loaded, lang: Lang, screen: &Screen) -> String {
    let saved = &loaded.saved;
    let what = match saved.kind {
        Some(SavedKind::Savepoint) => lang.say("Savepoint", "保存点"),
        Some(SavedKind::Checkpoint) => lang.say("Checkpoint", "检查点"),
        None => lang.say("Checkpoint or savepoint", "检查点或保存点"),
    };
    let words = lang.say(
        "{what} {id}: {n} operators, {bytes}, metadata format {format}",
        "{what} {id}：{n} 个算子，{bytes}，元数据格式 {format}",
    );
    let title = words
        .replace("{what}", what)
        .replace("{id}", &saved.id.to_string())
        .replace("{n}", &saved.operators.len().to_string())
        .replace("{bytes}", &bytes(lang, saved.bytes))
        .replace("{format}", &saved.format.to_string());
    let mut text = screen.ink(Ink::Strong, &title) + "\n";
    text.push_str(&screen.ink(Ink::Dim, &plain(&loaded.file.display().to_string())));
    text.push('\n');
    for operator in &saved.operators {
        text.push('\n');
        text.push_str(&of_operator(operator, lang, screen));
    }
    text
}

pub fn bytes(lang: Lang, bytes: u64) -> String {
    lang.tongue().figure(bytes as f64, "bytes")
}

fn of_operator(operator: &SavedOperator, lang: Lang, screen: &Screen) -> String {
    let mut head = screen.ink(Ink::Strong, &plain(&operator.called()));
    let words = lang.say("parallelism {p} of at most {max}", "并行度 {p}，最大 {max}");
    let parallelism = words
        .replace("{p}", &operator.parallelism.to_string())
        .replace("{max}", &operator.max_parallelism.to_string());
    head.push_str(&format!("  {parallelism}"));
    if let Some(ended) = finished(operator.finished, lang) {
        head.push_str(&format!("  {ended}"));
    }
    head.push_str(&format!("  {}\n", bytes(lang, operator.sizes.bytes())));
    head + &states(operator, lang, screen) + &notes(operator, lang, screen)
}

fn finished(finished: Finished, lang: Lang) -> Option<String> {
    match finished {
        Finished::No => None,
        Finished::All => Some(lang.say("finished", "已结束").to_owned()),
        Finished::Subtasks(n) => {
            let words = lang.say("{} subtasks finished", "{} 个子任务已结束");
            Some(words.replace("{}", &n.to_string()))
        }
    }
}

fn states(operator: &SavedOperator, lang: Lang, screen: &Screen) -> String {
    let mut table = Table::new(2);
    if let Some(key) = &operator.key {
        table.row(vec![
            Cell::new(lang.say("(keys)", "（键）")).ink(Ink::Dim),
            Cell::new(""),
            Cell::new(key.short()),
        ]);
    }
    for state in &operator.states {
        let mut serializer = state.value.as_ref().map_or("-".to_owned(), Serializer::short);
        if let Some(key) = &state.key {
            serializer = format!("{} -> {serializer}", key.short());
        }
        table.row(vec![
            Cell::new(&state.name),
            Cell::new(kind(state.kind, lang)),
            Cell::new(serializer),
        ]);
    }
    table.render(screen)
}

pub fn kind(kind: StateKind, lang: Lang) -> &'static str {
    match kind {
        StateKind::Value => lang.say("value", "值"),
        StateKind::List => lang.say("list", "列表"),
        StateKind::Map => lang.say("map", "映射"),
        StateKind::Reducing => lang.say("reducing", "归约"),
        StateKind::Aggregating => lang.say("aggregating", "聚合"),
        StateKind::Keyed => lang.say("keyed", "键控"),
        StateKind::Timers => lang.say("timers", "定时器"),
        StateKind::Split => lang.say("list of subtasks", "子任务列表"),
        StateKind::Union => lang.say("list for all", "联合列表"),
        StateKind::Broadcast => lang.say("broadcast", "广播"),
    }
}

fn notes(operator: &SavedOperator, lang: Lang, screen: &Screen) -> String {
    let sizes = &operator.sizes;
    let mut parts = Vec::new();
    let mut part = |n: u64, en: &str, zh: &str| {
        if n > 0 {
            parts.push(lang.say(en, zh).replace("{}", &bytes(lang, n)));
        }
    };
    part(sizes.coordinator, "{} of its coordinator", "协调器 {}");
    part(sizes.raw, "{} that it wrote by itself", "自行写入 {}");
    part(sizes.in_flight, "{} of records in flight", "在途记录 {}");
    part(sizes.inline, "{} within the metadata", "元数据内 {}");
    if sizes.shared_files + sizes.private_files > 0 {
        let words = lang.say(
            "RocksDB files: {n} shared with other checkpoints ({bytes}), {m} of its own ({own})",
            "RocksDB 文件：与其他检查点共享 {n} 个（{bytes}），自有 {m} 个（{own}）",
        );
        parts.push(
            words
                .replace("{n}", &sizes.shared_files.to_string())
                .replace("{bytes}", &bytes(lang, sizes.shared))
                .replace("{m}", &sizes.private_files.to_string())
                .replace("{own}", &bytes(lang, sizes.private)),
        );
    }
    let mut text = String::new();
    if !parts.is_empty() {
        text.push_str(&format!("  {}\n", screen.ink(Ink::Dim, &parts.join(lang.say("; ", "；")))));
    }
    for unread in &operator.unread {
        let words = lang.say(
            "cannot tell its states or their serializers: {path} {why}",
            "状态名或序列化器未知：{path} {why}",
        );
        let words = words.replace("{path}", &unread.path).replace("{why}", &why(&unread.why, lang));
        text.push_str(&format!("  {}\n", screen.ink(Ink::Near, &plain(&words))));
    }
    text
}

fn why(why: &UnreadWhy, lang: Lang) -> String {
    match why {
        UnreadWhy::Missing => lang.say("is missing", "不存在").to_owned(),
        UnreadWhy::Outside => lang
            .say("is not below the checkpoint's own folder", "不在检查点自己的目录内")
            .to_owned(),
        UnreadWhy::Scheme => {
            lang.say("is on a file system that is not read", "所在文件系统不读取").to_owned()
        }
        UnreadWhy::TooMany => lang
            .say("was not read to its end: there are too many", "未全部读取：数量过多")
            .to_owned(),
        UnreadWhy::Changelog => lang
            .say(
                "(a log of changes, which is not read) may name more",
                "（变更日志，不读取）可能还有其他状态",
            )
            .to_owned(),
        UnreadWhy::NotReadable(said) => {
            lang.say("cannot be read: {}", "无法读取：{}").replace("{}", said)
        }
        UnreadWhy::Damaged(said) => lang.say("is damaged: {}", "已损坏：{}").replace("{}", said),
    }
}
