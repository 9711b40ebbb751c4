//! What all forms of a report say in the same way.

use crate::web::view_incident::TextView;
use crate::web::view_inspection::{
    InspectionRow, InspectionView, OccurredView, PlaceView, RiskView, UnseenView,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::borrow::Cow;
use streamwarden_core::estate::plain;
use streamwarden_core::rules::{told_in_chinese, young};
use streamwarden_core::text::Tongue;

/// The reader's language, and the zone that times are told in.
pub struct Words {
    pub tongue: Tongue,
    zone: TimeZone,
}

impl Words {
    pub fn of(view: &InspectionView, tongue: Tongue) -> Words {
        Words { tongue, zone: TimeZone::get(&view.zone).unwrap_or(TimeZone::UTC) }
    }

    pub fn say<'a>(&self, en: &'a str, zh: &'a str) -> &'a str {
        self.tongue.say(en, zh)
    }

    pub fn text<'a>(&self, t: &'a TextView) -> Cow<'a, str> {
        plain(self.tongue.say(&t.en, &t.zh))
    }

    /// `2026-11-22 08:00 +08:00 Asia/Shanghai`
    pub fn time(&self, ms: i64) -> String {
        let Ok(at) = Timestamp::from_millisecond(ms) else { return "?".to_owned() };
        let name = self.zone.iana_name().unwrap_or_default();
        let at = at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M %:z");
        format!("{at} {name}").trim_end().to_owned()
    }

    /// Without the zone, which stands beside it: `2026-11-22 03:12`.
    pub fn minute(&self, ms: i64) -> String {
        let Ok(at) = Timestamp::from_millisecond(ms) else { return "?".to_owned() };
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }

    pub fn day(&self, ms: i64) -> String {
        let Ok(at) = Timestamp::from_millisecond(ms) else { return "?".to_owned() };
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d").to_string()
    }

    /// When it was made; of one that was made up for, also when it was due.
    pub fn made(&self, view: &InspectionView) -> String {
        let time = self.time(view.row.at);
        match was_due(&view.row) {
            None => time,
            Some(due) => {
                let words = self.say("{at}, was due {due}", "{at}（应于 {due}）");
                words.replace("{at}", &time).replace("{due}", &self.minute(due))
            }
        }
    }

    pub fn title(&self, view: &InspectionView) -> String {
        titled(&view.estate, self.tongue)
    }

    /// What was not seen.
    pub fn missing(&self, told: &str) -> String {
        match self.tongue {
            Tongue::En => plain(told).into_owned(),
            Tongue::Zh => told_in_chinese(&plain(told)),
        }
    }

    /// Of incidents, in a report.
    pub fn happened(&self, from: i64) -> String {
        self.say("Incidents since {}", "自 {} 以来的故障").replace("{}", &self.time(from))
    }

    pub fn lasted(&self, o: &OccurredView) -> String {
        lasted(o, self.tongue)
    }

    pub fn level(&self, level: &str) -> &'static str {
        match level {
            "high" => self.tongue.say("high", "高"),
            _ => self.tongue.say("low", "低"),
        }
    }

    /// New, worse, or since when.
    pub fn standing(&self, r: &RiskView) -> String {
        match r.standing.as_str() {
            "new" => self.say("new", "新增").to_owned(),
            "worse" => self.say("worse: it was low", "加重：原为低风险").to_owned(),
            // nothing was before it to compare with
            "" => String::new(),
            _ => self.say("since {}", "自 {} 起").replace("{}", &self.day(r.since)),
        }
    }

    pub fn why_gone(&self, why: &str) -> &'static str {
        match why {
            "fixed" => self.tongue.say("fixed", "已修复"),
            "not_seen" => self.tongue.say("not seen any more", "无法再观测"),
            _ => self.tongue.say("it is gone", "对象已不存在"),
        }
    }

    pub fn kind(&self, kind: &str) -> &'static str {
        match kind {
            "job" => self.tongue.say("job", "作业"),
            "flink_cluster" => self.tongue.say("Flink cluster", "Flink 集群"),
            "kafka_cluster" => self.tongue.say("Kafka cluster", "Kafka 集群"),
            "topic" => self.tongue.say("topic", "主题"),
            "partition" => self.tongue.say("partition", "分区"),
            "broker" => self.tongue.say("broker", "节点"),
            "taskmanager" => "TaskManager",
            "host" => self.tongue.say("host", "主机"),
            _ => self.tongue.say("component", "组件"),
        }
    }

    /// `ads-risk (job, pay)`; a name that tells its kind stands alone.
    pub fn place(&self, p: &PlaceView) -> String {
        let name = plain(&p.name);
        match (&p.cluster, p.kind.as_str()) {
            (Some(cluster), "job" | "topic") => {
                format!("{name} ({}, {})", self.kind(&p.kind), plain(cluster))
            }
            _ => name.into_owned(),
        }
    }

    /// Signed, with the sign that a number has.
    pub fn change(&self, from: f64, to: f64) -> String {
        let by = to - from;
        let sign = if by < 0.0 { "−" } else { "+" };
        format!("{sign}{:.1}", by.abs())
    }
}

/// When it was due, of one that was made up for. The others are made within a minute: the loop
/// looks each twenty seconds whether one is due.
pub fn was_due(row: &InspectionRow) -> Option<i64> {
    const LATE: i64 = 120_000;
    row.due.filter(|due| row.at - due > LATE)
}

/// An estate of which nothing answers has no name.
pub fn titled(estate: &str, tongue: Tongue) -> String {
    match estate {
        "" => tongue.say("Inspection", "巡检报告").to_owned(),
        of => tongue.say("Inspection of {}", "{} 巡检报告").replace("{}", &plain(of)),
    }
}

/// What was not seen; and, of the others, checks that wait for more history than there is, in a
/// line: in the first days these are most.
pub fn unseen(view: &InspectionView, tongue: Tongue) -> (Vec<&UnseenView>, Option<String>) {
    let (waiting, unseen): (Vec<&UnseenView>, _) =
        view.unseen.iter().partition(|u| young(&u.missing).is_some());
    let names: Vec<&str> = waiting.iter().map(|u| u.check.as_str()).collect();
    let line = match names.len() {
        0 => None,
        1 => Some(tongue.say("1 check waits for more history: {}", "1 项检查尚缺历史数据：{}")),
        _ => Some(tongue.say("{n} checks wait for more history: {}", "{n} 项检查尚缺历史数据：{}")),
    };
    let told = |words: &str| {
        words.replace("{n}", &names.len().to_string()).replace("{}", &plain(&names.join(", ")))
    };
    (unseen, line.map(told))
}

/// How long an incident lasted, or that it is not over.
pub fn lasted(o: &OccurredView, tongue: Tongue) -> String {
    match o.closed {
        Some(closed) => tongue.seconds((closed - o.onset).max(0) as f64 / 1000.0),
        None => tongue.say("still open", "未结束").to_owned(),
    }
}

/// What of a list is not told.
pub fn more(words: &Words, n: usize) -> String {
    words.say("and {} more", "另有 {} 项").replace("{}", &n.to_string())
}
