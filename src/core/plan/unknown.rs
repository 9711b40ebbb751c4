//! What is not known, and would have to be before anything is done: a hold has only its name.

use crate::text::Tongue;

/// Conditions of the rules whose causes a playbook cures, and what guards miss; in words where the
/// name says too little. A rule of somebody's own has its name.
pub fn evidence(name: &str, t: Tongue) -> String {
    if let Some((_, en, zh)) = NAMES.iter().find(|(n, ..)| *n == name) {
        return t.say(en, zh).to_owned();
    }
    match name.split_once(' ') {
        Some(("topic", rest)) => t.say("topic {}", "主题 {}").replace("{}", rest),
        Some(("job", rest)) => t.say("job {}", "作业 {}").replace("{}", rest),
        _ => name.replace('_', " "),
    }
}

#[rustfmt::skip]
const NAMES: &[(&str, &str, &str)] = &[
    ("its symptoms", "its symptoms, for they were not seen of late", "其症状（近期未观测到）"),
    ("its incident", "its incident", "其故障记录"),
    ("a first look", "a first look", "首次观测结果"),
    ("guards", "what the guards say: they did not answer in time", "各项守卫的结论（未及时应答）"),
    ("busy time", "how busy it is", "繁忙程度"),
    ("max parallelism", "its max parallelism", "最大并行度"),
    ("partitions of its topics", "how many partitions its topics have", "其主题的分区数"),
    ("whether its sink limits it", "whether its sink limits it", "是否受限于下游"),
    ("topic_gone", "whether the topics that it writes are all there (Flink names none for most sinks: declare them under `edges:`)", "其写入的主题是否都存在（Flink 对多数 sink 不给出主题：请在 `edges:` 中声明）"),
    ("a_topic_went", "whether a topic was removed of late", "近期是否有主题被删除"),
    ("accepts", "whether the broker takes connections", "broker 是否接受连接"),
    ("all_busy", "whether all its subtasks are busy", "各子任务是否都繁忙"),
    ("always_busy", "whether the subtask is busy all the time", "该子任务是否一直忙碌"),
    ("an_input_stands", "whether one of its topics gets nothing", "是否有输入主题没有新数据"),
    ("as_fast_as_before", "whether it is as fast as before", "处理速度是否与此前相同"),
    ("before_known", "how much came in before", "此前的输入量"),
    ("brokers_silent", "whether its Kafka brokers answer", "其 Kafka broker 是否应答"),
    ("collecting", "how long its TaskManagers collect garbage", "TaskManager 的 GC 时间"),
    ("event_time_stands", "whether its event time moves on", "事件时间是否在推进"),
    ("free_behind", "whether what comes after it has room", "其下游是否有余力"),
    ("garbage", "how long its TaskManagers collect garbage", "TaskManager 的 GC 时间"),
    ("gave_up", "whether its restart strategy has given up", "重启策略是否已放弃"),
    ("gets_nothing", "whether the partition gets nothing", "该分区是否没有新数据"),
    ("gone", "whether its TaskManager is gone", "TaskManager 是否已消失"),
    ("grows", "whether its state grows", "状态是否在增长"),
    ("in_season", "whether this much is usual at this time", "此时段的流量是否属于常态"),
    ("input_flat", "whether its input stays as it was", "输入量是否平稳"),
    ("input_surged", "whether more comes in than before", "输入量是否突增"),
    ("input_waits", "whether records wait in front of it", "其上游是否有数据在等待"),
    ("kafka_is_back", "whether Kafka is back", "Kafka 是否已恢复"),
    ("lost", "whether its JobManager has lost it", "JobManager 是否已丢失该作业"),
    ("more_comes", "whether more comes in than before", "输入量是否多于此前"),
    ("no_connection", "whether its Kafka producer is connected", "其 Kafka producer 是否已连接"),
    ("no_surge", "whether its input has surged", "输入量是否突增"),
    ("nobody_reads", "whether anybody reads it", "是否有作业在读取"),
    ("not_held", "whether something behind it holds it back", "是否被下游反压"),
    ("nothing_in", "whether it takes in records", "是否仍在读入记录"),
    ("nothing_out", "whether it hands out records", "是否仍在输出记录"),
    ("off_cpu", "whether it waits rather than computes", "是否在等待而非计算"),
    ("on_cpu", "whether it computes rather than waits", "是否在计算而非等待"),
    ("others_get", "whether other partitions get records", "其他分区是否有新数据"),
    ("others_too", "whether what is not Kafka is silent, too", "Kafka 以外的目标是否同样无应答"),
    ("out_of_memory", "whether a TaskManager ran out of memory", "TaskManager 是否内存溢出"),
    ("read_to_its_end", "whether the partition is read to its end", "该分区是否已读到末尾"),
    ("refuses", "whether it refuses connections", "是否拒绝连接"),
    ("silent", "whether the broker answers", "broker 是否应答"),
    ("silent_for_long", "how long the broker has been silent", "broker 无应答的时长"),
    ("slower", "whether it takes longer for a record than before", "单条处理是否变慢"),
    ("stands_still", "whether it takes in records", "是否仍在读入记录"),
    ("surged", "whether the topic gets more than before", "该主题的流入量是否突增"),
    ("throttled", "whether Kafka throttles it", "是否被 Kafka 限流"),
    ("were_added", "whether partitions were added of late", "近期是否新增过分区"),
    ("writer_new", "since when its writers run", "其上游作业的启动时间"),
    ("writer_restarted", "whether its writers were restarted", "其上游作业是否重启过"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_is_and_what_to_do_about_it_and_never_its_identifier() {
        let en = |name| evidence(name, Tongue::En);
        assert!(en("topic_gone").ends_with("declare them under `edges:`)"));
        assert!(evidence("topic_gone", Tongue::Zh).contains("`edges:`"));
        assert_eq!(en("topic kafka/orders"), "topic kafka/orders");
        assert_eq!(en("a_rule_of_ours"), "a rule of ours");
    }
}
