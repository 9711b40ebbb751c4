//! Repair from a terminal: what would be done, a yes or no to it, what stops it, what was done.

pub mod actions;
pub mod audit;
pub mod books;
pub mod plan;
pub mod switch;

use super::say::Lang;
use super::story;
use super::table::{Ink, Screen};
use crate::web::view_incident::TextView;
use crate::web::view_repair::{HoldView, ReachView};
use streamwarden_core::estate::plain;

/// Enough of an id to tell a few hundred apart.
const SHORT: usize = 8;

fn short(id: &str) -> String {
    plain(&id.chars().take(SHORT).collect::<String>()).into_owned()
}

fn said(lang: Lang, text: &TextView) -> String {
    story::said(lang, text)
}

/// A line with its heading in the margin.
fn line(title: &str, text: &str, screen: &Screen) -> String {
    story::line(title, text, Ink::Dim, Ink::Plain, screen)
}

/// Several, with the heading at the first.
fn lines<I: IntoIterator<Item = String>>(title: &str, texts: I, screen: &Screen) -> String {
    let texts = texts.into_iter().enumerate();
    texts.map(|(i, t)| line(if i == 0 { title } else { "" }, &t, screen)).collect()
}

/// What somebody may copy: each on one line, however long; a terminal wraps it without a break.
fn copied<I: IntoIterator<Item = String>>(title: &str, texts: I, screen: &Screen) -> String {
    lines(title, texts, &Screen { width: usize::MAX, ..*screen })
}

fn holds(lang: Lang, all: &[HoldView]) -> String {
    all.iter().map(|h| said(lang, &h.says)).collect::<Vec<_>>().join(lang.say("; ", "；"))
}

pub fn mode(lang: Lang, mode: &str) -> &str {
    match mode {
        "observe" => lang.say("observe", "仅观察"),
        "suggest" => lang.say("suggest", "仅建议"),
        "approve" => lang.say("approve", "需批准"),
        "auto" => lang.say("auto", "自动"),
        other => other,
    }
}

/// How far we may go, in one line.
fn reach(lang: Lang, r: &ReachView) -> String {
    if r.clusters.is_empty() {
        let nothing = "It acts on no cluster: none has `act` in the configuration.";
        return lang.say(nothing, "不对任何集群执行操作：配置中没有集群设置 `act`。").to_owned();
    }
    let words = lang.say(
        "Acts on {clusters}; A (may lose or double data): {a}, B (interrupts): {b}, C (harmless): {c}",
        "可操作集群：{clusters}；A 级（可能丢失或重复数据）：{a}，B 级（中断作业）：{b}，C 级（无害）：{c}",
    );
    let text = words
        .replace("{a}", mode(lang, &r.a))
        .replace("{b}", mode(lang, &r.b))
        .replace("{c}", mode(lang, &r.c))
        .replace("{clusters}", &r.clusters.join(", "));
    plain(&text).into_owned()
}
