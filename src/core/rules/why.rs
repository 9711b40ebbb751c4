//! Why something is not known, for a person.

use super::ctx::Ctx;
use crate::estate::{Name, Subject};

#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    NotSeen(&'static str, Subject),
    /// Of weeks: minutes that it needs, and those that are known.
    TooShort(&'static str, Subject, u32, u32),
    Unseen(&'static str),
    NoMember,
    NoOnset,
    NoQuiet,
    Budget,
    Undefined,
}

impl Why {
    /// For a person: what was not seen, of whom.
    pub fn told(&self, ctx: &Ctx<'_>) -> Name {
        let text = match self {
            Why::NotSeen(what, s) => of(what, s, ctx),
            Why::TooShort(what, s, needs, has) => {
                format!("{} (needs {}, has {})", of(what, s, ctx), long(*needs), long(*has))
            }
            Why::Unseen(what) => (*what).to_owned(),
            Why::NoMember => "there is none to ask".to_owned(),
            Why::NoOnset => "since when it is so".to_owned(),
            Why::NoQuiet => "history from before it began".to_owned(),
            Why::Budget => "too much to look at".to_owned(),
            Why::Undefined => "0 divided by 0".to_owned(),
        };
        text.into()
    }
}

fn of(what: &str, s: &Subject, ctx: &Ctx<'_>) -> String {
    let of = match s {
        Subject::Subtask { job, vertex, index } => {
            let v = ctx.label(&Subject::Vertex { job: job.clone(), vertex: vertex.clone() });
            format!("subtask {index} of {v}")
        }
        Subject::Partition { topic, partition } => {
            format!("partition {partition} of {}", topic.topic)
        }
        _ => format!("{} {}", s.kind().name(), ctx.label(s)),
    };
    format!("{what} of {of}")
}

/// Minutes, in the largest unit of which there are two.
fn long(minutes: u32) -> String {
    match minutes {
        n if n >= 2 * 1440 => format!("{} d", n / 1440),
        n if n >= 2 * 60 => format!("{} h", n / 60),
        n => format!("{n} min"),
    }
}

/// `usual of job risk (needs 42 h, has 4 min)`: what, how much history it asks for, how much there
/// is. None: something else is missing.
pub fn young(told: &str) -> Option<(&str, &str, &str)> {
    let (what, known) = told.strip_suffix(')')?.rsplit_once(" (needs ")?;
    let (needs, has) = known.split_once(", has ")?;
    Some((what, needs, has))
}

/// The same in Chinese, of what [`Why::told`] says. Names stay as they are.
pub fn told_in_chinese(told: &str) -> String {
    const WHOLE: [(&str, &str); 20] = [
        ("whether it concerns it", "是否适用于它"),
        ("there is none to ask", "没有可查询的对象"),
        ("since when it is so", "从何时起如此"),
        ("history from before it began", "开始之前的历史"),
        ("too much to look at", "需要查看的数据过多"),
        ("0 divided by 0", "零除以零"),
        ("enough of them to choose from", "可供比较的对象不足"),
        ("what the choice depends on", "选择所依据的数据"),
        ("too many to look at", "需要查看的对象过多"),
        ("the job's plan", "作业的执行计划"),
        ("on which TaskManager it runs", "它所在的 TaskManager"),
        ("which topics the job reads or writes", "作业读写哪些主题"),
        ("who writes the topic", "主题由谁写入"),
        ("the partition's leader", "分区的 leader"),
        ("the topic's partitions", "主题的分区"),
        ("the cluster's topics", "集群的主题"),
        ("the cluster's brokers", "集群的 broker"),
        ("the cluster's TaskManagers", "集群的 TaskManager"),
        ("the TaskManager's host", "TaskManager 所在主机"),
        ("the broker's host", "broker 所在主机"),
    ];
    const KINDS: [(&str, &str); 15] = [
        ("broker ", "broker "),
        ("component ", "组件 "),
        ("zookeeper ", "ZooKeeper "),
        ("hdfs ", "HDFS "),
        ("yarn ", "YARN "),
        ("member ", "成员 "),
        ("vertex ", "算子 "),
        ("subtask ", "子任务 "),
        ("partition ", "分区 "),
        ("topic ", "主题 "),
        ("job ", "作业 "),
        ("taskmanager ", "TaskManager "),
        ("flink_cluster ", "Flink 集群 "),
        ("kafka_cluster ", "Kafka 集群 "),
        ("host ", "主机 "),
    ];
    if let Some((_, zh)) = WHOLE.iter().find(|w| w.0 == told) {
        return (*zh).to_owned();
    }
    if let Some((what, needs, has)) = young(told) {
        let unit = |t: &str| t.replace("min", "分钟").replace('h', "小时").replace('d', "天");
        let what = told_in_chinese(what);
        return format!("{what}（需要 {} 的数据，现有 {}）", unit(needs), unit(has));
    }
    // `busy of subtask 1 of Window`
    let Some((what, of)) = told.split_once(" of ") else { return told.to_owned() };
    let named = |kind: &str, zh: &str, name: &str| match name.split_once(" of ") {
        Some((n, whole)) if matches!(kind, "subtask " | "partition ") => {
            format!("{whole} 的{zh}{n}")
        }
        _ => format!("{zh}{name}"),
    };
    let kind = KINDS.iter().find_map(|(k, zh)| Some(named(k, zh, of.strip_prefix(k)?)));
    kind.map_or(told.to_owned(), |of| format!("{of} 的 {what}"))
}

#[cfg(test)]
mod tests {
    use super::told_in_chinese as zh;

    #[test]
    fn what_is_not_known_is_said_in_chinese() {
        assert_eq!(zh("since when it is so"), "从何时起如此");
        assert_eq!(zh("enough of them to choose from"), "可供比较的对象不足");
        assert_eq!(zh("busy of subtask 1 of Window -> Sink"), "Window -> Sink 的子任务 1 的 busy");
        assert_eq!(zh("usual_rate of topic orders"), "主题 orders 的 usual_rate");
        assert_eq!(zh("nothing of it is seen"), "nothing of it is seen");
        assert_eq!(
            zh("usual of job ads-risk (needs 24 h, has 4 min)"),
            "作业 ads-risk 的 usual（需要 24 小时 的数据，现有 4 分钟）"
        );
        assert_eq!(
            zh("floor of flink_cluster pay (needs 1 min, has 0 min)"),
            "Flink 集群 pay 的 floor（需要 1 分钟 的数据，现有 0 分钟）"
        );
        assert_eq!(zh("healthy of component dim"), "组件 dim 的 healthy");
    }
}
