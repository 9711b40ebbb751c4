//! The API's closed words, as a person reads them.

use super::say::Lang;
use super::table::{Cell, Ink};
use crate::web::view::{Delay, Status};

pub fn status(lang: Lang, status: Status) -> &'static str {
    match status {
        Status::Over => lang.say("OVER", "超标"),
        Status::Near => lang.say("near", "接近"),
        Status::Normal => lang.say("normal", "正常"),
        Status::NoTarget => lang.say("no target", "无目标"),
        Status::Unknown => lang.say("unknown", "未知"),
    }
}

pub fn ink(status: Status) -> Ink {
    match status {
        Status::Over => Ink::Over,
        Status::Near => Ink::Near,
        Status::Normal => Ink::Good,
        Status::NoTarget | Status::Unknown => Ink::Dim,
    }
}

pub fn status_cell(lang: Lang, of: Status) -> Cell {
    Cell::new(status(lang, of)).ink(ink(of))
}

/// `94 s`, `≥ 2 h`, or that it is not known.
pub fn delay(lang: Lang, delay: &Delay) -> String {
    match delay.seconds {
        Some(s) if delay.at_least => format!("≥ {}", lang.seconds(s)),
        Some(s) => lang.seconds(s),
        None => lang.say("unknown", "未知").to_owned(),
    }
}

/// A target is written as it was declared: `5 s`, not `5.0 s`.
pub fn target(lang: Lang, delay: &Delay) -> String {
    match delay.target_s {
        Some(s) if s < 10.0 && s.fract() == 0.0 => format!("{s:.0} {}", lang.say("s", "秒")),
        Some(s) => lang.seconds(s),
        None => "-".to_owned(),
    }
}

/// Getting later, or catching up; nothing where it hardly moves.
pub fn trend(delay: &Delay) -> String {
    match delay.trend {
        Some(slope) if slope.abs() >= 0.05 => format!("{slope:+.1} s/s"),
        _ => String::new(),
    }
}

/// Of what a delay consists, by the word of the API.
pub fn waits(lang: Lang, part: &str) -> &str {
    match part {
        "topic" => lang.say("waiting in the topic", "在主题中等待"),
        "inside" => lang.say("inside the job", "作业内部"),
        "window" => lang.say("waiting for a window", "等待窗口"),
        "commit" => lang.say("waiting for a commit", "等待事务提交"),
        other => other,
    }
}

/// The name in a node's id: `job:<cluster>/<key>` or `topic:<cluster>/<topic>`.
pub fn name_of(id: &str) -> &str {
    id.split_once('/').map_or(id, |(_, name)| name)
}
