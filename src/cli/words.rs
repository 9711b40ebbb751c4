//! The API's closed words, as a person reads them.

use super::say::Lang;
use super::table::{Cell, Ink, Screen};
use crate::web::view::{Delay, Status};
use crate::web::view_incident::IncidentStage;
use streamwarden_core::case::SymptomKind;

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

/// How a component stands, by the word of the API.
pub fn standing(lang: Lang, standing: Option<&str>, screen: &Screen) -> String {
    match standing {
        Some("well") => lang.say("well", "正常").to_owned(),
        Some("ill") => screen.ink(Ink::Over, lang.say("ill", "异常")),
        _ => screen.ink(Ink::Dim, lang.say("not known", "未知")),
    }
}

/// A part of the pipeline, by the word of the API.
pub fn pipeline_stage(lang: Lang, stage: &str) -> &str {
    match stage {
        "collection" => lang.say("collection", "采集"),
        "queue" => lang.say("queue", "队列"),
        "processing" => lang.say("processing", "计算"),
        "warehouse" => lang.say("warehouse", "数仓"),
        other => other,
    }
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
pub fn trend(lang: Lang, delay: &Delay) -> String {
    match delay.trend {
        Some(slope) if slope.abs() >= 0.05 => format!("{slope:+.1} {}", lang.say("s/s", "秒/秒")),
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

/// The name in a node's id: `job:<cluster>/<key>`, `topic:<cluster>/<topic>`, `component:<name>`.
pub fn name_of(id: &str) -> &str {
    id.split_once('/').or_else(|| id.split_once(':')).map_or(id, |(_, name)| name)
}

pub fn stage(lang: Lang, stage: IncidentStage) -> &'static str {
    match stage {
        IncidentStage::Provisional => lang.say("provisional", "初步判断"),
        IncidentStage::Confirmed => lang.say("confirmed", "已确认"),
        IncidentStage::Recovering => lang.say("recovering", "恢复中"),
        IncidentStage::Closed => lang.say("closed", "已关闭"),
    }
}

/// What happened to an incident, by the word of the API.
pub fn event(lang: Lang, event: &str) -> &str {
    match event {
        "onset" => lang.say("first effect", "首次出现"),
        "opened" => lang.say("said", "判断"),
        "revised" => lang.say("said instead", "修正为"),
        "confirmed" => lang.say("confirmed", "确认"),
        "spread" => lang.say("victims", "影响范围"),
        "eased" => lang.say("no longer hurt", "不再受影响"),
        "recovering" => lang.say("its symptoms are gone", "症状消失"),
        "relapsed" => lang.say("it came back", "再次出现"),
        "merged" => lang.say("merged into", "并入"),
        "split" => lang.say("split from", "拆分自"),
        "closed" => lang.say("closed", "关闭"),
        "acknowledged" => lang.say("acknowledged", "已知悉"),
        "corrected" => lang.say("judged by a person", "人工评判"),
        other => other,
    }
}

/// Why it was closed, or what a person says of the diagnosis.
pub fn why_closed(lang: Lang, why: &str) -> &str {
    match why {
        "over" => lang.say("over", "已结束"),
        "no_trouble" => lang.say("it was no trouble", "并非故障"),
        "merged" => lang.say("its root is elsewhere", "根因在别处"),
        "gone" => lang.say("what it was about is gone", "对象已不存在"),
        "right" => lang.say("right", "正确"),
        "wrong" => lang.say("wrong", "错误"),
        other => other,
    }
}

/// Why what looks like trouble is none, by the word of the API.
pub fn calm(lang: Lang, why: &str) -> &str {
    match why {
        "catching_up" => lang.say("catching up", "追赶数据中"),
        "under_repair" => lang.say("an action of ours restarts it", "本系统正在重启它"),
        "planned_restart" => lang.say("a planned restart", "计划内重启"),
        "seasonal" => lang.say("the same at this time on other days", "每日同一时段均如此"),
        "one_checkpoint_failed" => {
            lang.say("one checkpoint failed, the next completed", "一次检查点失败，下一次已完成")
        }
        "not_seen" => lang.say("we cannot see it", "无法观测"),
        "window_burst" => lang.say("a burst at a window's end", "窗口结束时的突发"),
        "commits_only" => lang.say("only the commits are late", "仅提交位点滞后"),
        other => other,
    }
}

/// What can be seen to be wrong.
pub fn symptom(lang: Lang, kind: SymptomKind) -> &'static str {
    match kind {
        SymptomKind::Late => lang.say("what it hands on is late", "输出数据延迟"),
        SymptomKind::EdgeLate => lang.say("what waits here is late", "待处理数据延迟"),
        SymptomKind::PathLate => lang.say("late from end to end", "端到端延迟"),
        SymptomKind::LagGrows => lang.say("its lag grows", "积压持续增长"),
        SymptomKind::WatermarkStalled => lang.say("its watermark stands still", "水位线停滞"),
        SymptomKind::ThroughputDropped => lang.say("far less goes through", "吞吐骤降"),
        SymptomKind::Restarted => lang.say("it was restarted", "发生重启"),
        SymptomKind::NotRunning => lang.say("it does not run", "未在运行"),
        SymptomKind::CheckpointOld => lang.say("no checkpoint completes", "检查点迟迟未完成"),
        SymptomKind::CheckpointsFail => lang.say("checkpoints fail", "检查点失败"),
        SymptomKind::PartitionsUnread => lang.say("partitions that nobody reads", "有分区无人读取"),
        SymptomKind::InputLost => lang.say("its input is lost", "输入丢失"),
        SymptomKind::InputStopped => lang.say("its input has stopped", "输入中断"),
        SymptomKind::ControlLost => lang.say("its JobManager is lost", "JobManager 失联"),
        SymptomKind::KafkaSilent => lang.say("Kafka does not answer", "Kafka 无响应"),
        SymptomKind::BaseIll => lang.say("it does not do its work", "无法提供服务"),
        SymptomKind::RecordsDropped => lang.say("records are dropped", "数据被丢弃"),
        SymptomKind::Hazard => lang.say("nothing is late yet", "尚未造成延迟"),
    }
}
