//! What became of an action, in words: one clause each.

use super::{End, Why};
use crate::case::{Before, Cure, Figures};
use crate::estate::{Estate, Millis};
use crate::plan::say::hold;
use crate::rules::Words;
use crate::text::Tongue;

/// `at`: the moment from which times are told.
pub fn end(end: &End, at: Millis, estate: &Estate) -> Words {
    let one = |t: Tongue| match end {
        End::Helped { cure } => cured(*cure, t).to_owned(),
        End::NoChange => {
            t.say("carried out, and nothing became better", "已执行，但没有好转").to_owned()
        }
        End::Held { hold: h } => {
            let h = hold(h, at, estate);
            format!("{}{}", t.say("nothing was touched: ", "未做任何改动："), t.say(&h.en, &h.zh))
        }
        End::Failed { why } => {
            format!(
                "{}{}",
                t.say("nothing was changed: ", "未产生改动："),
                said(why, at, estate, t)
            )
        }
        End::RolledBack { why } => {
            format!("{}{}", t.say("rolled back: ", "已回滚："), said(why, at, estate, t))
        }
        End::Stuck { why } => {
            let calls = t.say("a person has to look: ", "需要人工处理：");
            format!("{calls}{}", said(why, at, estate, t))
        }
    };
    both(one)
}

/// Beside those that the plan was made by; what is not known now is left out.
pub fn measured(now: &Figures, before: &Before) -> Words {
    both(|t| figures(now, before, t))
}

fn figures(now: &Figures, before: &Before, t: Tongue) -> String {
    let was = |value: Option<f64>, unit| match value {
        Some(value) => t.figure(value, unit),
        None => t.say("not known", "未知").to_owned(),
    };
    let mut parts = Vec::new();
    if !before.symptoms.is_empty() {
        let mut text =
            t.say("{n} of {all} symptoms gone", "{all} 项症状中 {n} 项已消失").to_owned();
        if now.unknown > 0 {
            text += t.say(", of {k} nobody can tell", "，{k} 项未知");
        }
        let text = text.replace("{n}", &now.gone.to_string());
        let text = text.replace("{all}", &before.symptoms.len().to_string());
        parts.push(text.replace("{k}", &now.unknown.to_string()));
    }
    for (value, then, unit, en, zh) in [
        (now.throughput, before.throughput, "records/s", "read", "读入"),
        (now.delay_s, before.delay_s, "s", "the oldest record waits", "最早的记录已等待"),
    ] {
        let Some(value) = value else { continue };
        let (now, then) = (t.figure(value, unit), was(then, unit));
        let text = t.say("{what} {now} (before: {then})", "{what} {now}（之前：{then}）");
        let text = text.replace("{what}", t.say(en, zh)).replace("{now}", &now);
        parts.push(text.replace("{then}", &then));
    }
    parts.join(t.say("; ", "；"))
}

pub fn why(why: &Why, at: Millis, estate: &Estate) -> Words {
    both(|t| said(why, at, estate, t))
}

/// Why a person is called in the middle of an action.
pub fn paged(why: &Why, at: Millis, estate: &Estate) -> Words {
    both(|t| {
        let said = said(why, at, estate, t);
        match why {
            Why::Refused { .. } | Why::JobFailed if t == Tongue::En => format!(
                "the job is down: we stopped it, and its start fails; it is tried again for half an \
                 hour: {said}"
            ),
            Why::Refused { .. } | Why::JobFailed => {
                format!(
                    "作业已被我们停止而启动失败，目前处于停机状态；将在半小时内继续重试：{said}"
                )
            }
            _ => said,
        }
    })
}

fn both(one: impl Fn(Tongue) -> String) -> Words {
    Words { en: one(Tongue::En), zh: one(Tongue::Zh) }
}

pub fn cured(cure: Cure, t: Tongue) -> &'static str {
    match cure {
        Cure::Cured => t.say("cured", "已修复"),
        Cure::Improved => t.say("improved", "已好转"),
        Cure::NoChange => t.say("no change", "没有变化"),
        Cure::Worse => t.say("worse", "变差"),
        Cure::CannotTell => {
            t.say("done; the trouble itself is for a person", "已完成；故障本身需由人处理")
        }
    }
}

fn said(why: &Why, at: Millis, estate: &Estate, t: Tongue) -> String {
    let both = |en: String, zh: String| if t == Tongue::En { en } else { zh };
    match why {
        Why::Refused { text } => both(format!("it was refused: {text}"), format!("被拒绝：{text}")),
        Why::TimedOut => t.say("its time was over", "超时").to_owned(),
        Why::JobFailed => t.say("the job failed", "作业失败").to_owned(),
        Why::Foreign { run } => both(
            format!("somebody else has the job: run {run}"),
            format!("作业已被他人接手：运行 {run}"),
        ),
        Why::OtherJob { run, name } => both(
            format!(
                "its `submit` starts another job: run {run} is {name}, from this job's state; cancel it, and correct the rule"
            ),
            format!(
                "其 `submit` 规则启动了另一个作业：运行 {run} 是 {name}，却带着本作业的状态；请取消该运行并更正规则"
            ),
        ),
        Why::RestoredOther { path } => {
            let path = path.as_deref().unwrap_or("?");
            both(
                format!("it was restored from something else than was chosen: {path}"),
                format!("实际恢复来源与所选不符：{path}"),
            )
        }
        Why::UnknownState { state } => {
            both(format!("a state that nobody foresaw: {state}"), format!("未知状态：{state}"))
        }
        Why::NoRestorePoint => {
            t.say("there is nothing to restore it from", "没有可用的恢复点").to_owned()
        }
        Why::Worse => t.say("it made things worse", "执行后变差").to_owned(),
        Why::CannotTell => {
            t.say("nobody can tell whether it helped", "无法判断是否有效").to_owned()
        }
        Why::Held { hold: h } => {
            let h = hold(h, at, estate);
            format!("{}{}", t.say("held in the middle: ", "中途被拦下："), t.say(&h.en, &h.zh))
        }
        Why::HardSwitch { by } => {
            both(format!("{by} stopped it with the kill switch"), format!("{by} 使用急停开关中止"))
        }
        Why::JobManagerSilent => {
            t.say("the JobManager does not answer", "JobManager 无应答").to_owned()
        }
    }
}
