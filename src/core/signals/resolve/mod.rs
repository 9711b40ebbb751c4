//! Raw metric names, of every version that is claimed, into (entity, signal).
//!
//! Series are joined on ids (job, vertex, subtask, TaskManager), never on names: reporters and the
//! REST API replace characters in names, each in its own way (see [`same_name`]).

mod convert;
mod exporter;
mod host;
mod names;
#[cfg(test)]
mod recorded;
mod rest;
mod zookeeper;

pub use convert::Convert;
pub use exporter::from_exporter;
pub use host::{HostPart, from_host, wanted_of_host};
pub use rest::{RestScope, from_rest, rest_value};
pub use zookeeper::from_zookeeper;

use super::Signal;
use crate::estate::{ClusterId, Entity, Name, RunId, TaskManagerId, VertexId};
use names::Scope;
use std::borrow::Cow;

/// The labels of one series, read on demand.
pub trait Labels {
    /// The value of a label, unescaped; absent and empty are not told apart by Prometheus.
    fn get(&self, name: &str) -> Option<Cow<'_, str>>;
}

/// What a raw series is, and how its values are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    pub entity: Entity,
    pub signal: Signal,
    pub convert: Convert,
}

/// Whether a metric of this name can become a signal: cheap, asked for each family of a text.
pub fn wanted(name: &[u8]) -> bool {
    std::str::from_utf8(name)
        .is_ok_and(|name| names::of_prometheus(name).is_some() || exporter::known(name))
}

/// A series of Flink's Prometheus reporter. None: of no use, or a label that it hangs on is
/// missing.
pub fn from_prometheus(cluster: &ClusterId, name: &str, labels: &impl Labels) -> Option<Resolved> {
    let (scope, signal, convert) = names::of_prometheus(name)?;
    let entity = entity(cluster, scope, labels)?;
    Some(Resolved { entity, signal, convert })
}

fn entity(cluster: &ClusterId, scope: Scope, labels: &impl Labels) -> Option<Entity> {
    let text = |name| labels.get(name).filter(|v| !v.is_empty()).map(|v| Name::from(&*v));
    let number = |name| labels.get(name)?.parse().ok();
    let cluster = cluster.clone();
    let run = || Some(RunId(text("job_id")?));
    let vertex = || Some(VertexId(text("task_id")?));
    Some(match scope {
        Scope::Cluster => Entity::FlinkCluster { cluster },
        Scope::JobManager => Entity::JobManager { cluster },
        Scope::TaskManager => Entity::TaskManager { cluster, id: TaskManagerId(text("tm_id")?) },
        Scope::Job => Entity::Run { cluster, run: run()? },
        Scope::Task => Entity::Subtask {
            cluster,
            run: run()?,
            vertex: vertex()?,
            index: number("subtask_index")?,
        },
        Scope::Operator => Entity::Operator {
            cluster,
            run: run()?,
            vertex: vertex()?,
            operator: text("operator_name")?,
            index: number("subtask_index")?,
        },
        Scope::Position => Entity::Position {
            cluster,
            run: run()?,
            vertex: vertex()?,
            topic: text("topic")?,
            partition: labels.get("partition")?.parse().ok()?,
        },
        Scope::Split => {
            let (topic, partition) = split(&labels.get("split")?)?;
            Entity::Position { cluster, run: run()?, vertex: vertex()?, topic, partition }
        }
    })
}

/// A Kafka split's id, `topic-partition`; other sources have other ids, and no position.
fn split(id: &str) -> Option<(Name, i32)> {
    let (topic, partition) = id.rsplit_once('-')?;
    let partition = partition.parse().ok().filter(|p| *p >= 0)?;
    (!topic.is_empty()).then(|| (Name::from(topic), partition))
}

/// Whether `told`, as a metric or label spells it, can be `real`. Flink's Prometheus reporter
/// turns every character but `[a-zA-Z0-9:_]` of a label value into `_` (unless
/// `filterLabelValueCharacters: false`), its REST API turns space, `.`, `:` and `,` of an operator
/// or topic into `_`. Two real names can look alike: prefer an exact match, else a single one.
pub fn same_name(told: &str, real: &str) -> bool {
    let mut told = told.chars();
    real.chars()
        .all(|r| told.next().is_some_and(|t| t == r || (t == '_' && !r.is_ascii_alphanumeric())))
        && told.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::Millis;

    struct Map(&'static [(&'static str, &'static str)]);
    impl Labels for Map {
        fn get(&self, name: &str) -> Option<Cow<'_, str>> {
            self.0.iter().find(|(n, _)| *n == name).map(|(_, v)| Cow::Borrowed(*v))
        }
    }
    const SUBTASK: Map = Map(&[
        ("job_id", "49cf"),
        ("task_id", "6bf0"),
        ("subtask_index", "1"),
        ("operator_name", "orders-sink: Writer"),
        ("tm_id", "tm_1"),
        ("topic", "orders"),
        ("partition", "3"),
    ]);

    fn resolve(name: &str, labels: &Map) -> Option<Resolved> {
        from_prometheus(&ClusterId::new("prod"), name, labels)
    }

    #[test]
    fn the_same_name_at_task_and_operator_level_is_two_signals() {
        let task = resolve("flink_taskmanager_job_task_numRecordsIn", &SUBTASK).unwrap();
        assert_eq!(task.signal, Signal::RecordsIn);
        assert!(matches!(task.entity, Entity::Subtask { index: 1, .. }));
        let op = resolve("flink_taskmanager_job_task_operator_numRecordsIn", &SUBTASK).unwrap();
        assert_eq!(op.signal, Signal::OperatorRecordsIn);
        let Entity::Operator { operator, .. } = op.entity else { panic!("{op:?}") };
        assert_eq!(&*operator, "orders-sink: Writer");
    }

    #[test]
    fn a_drifted_name_is_the_same_signal() {
        for name in ["buffers_outPoolUsage", "Shuffle_Netty_Output_Buffers_outPoolUsage"] {
            let r = resolve(&format!("flink_taskmanager_job_task_{name}"), &SUBTASK).unwrap();
            assert_eq!(r.signal, Signal::OutPoolUsage);
        }
    }

    #[test]
    fn a_position_is_the_next_record_and_minus_one_is_none_yet() {
        let name =
            "flink_taskmanager_job_task_operator_KafkaSourceReader_topic_partition_currentOffset";
        let r = resolve(name, &SUBTASK).unwrap();
        assert_eq!(r.signal, Signal::SourcePosition);
        assert!(
            matches!(&r.entity, Entity::Position { topic, partition: 3, .. } if &**topic == "orders")
        );
        assert_eq!(r.convert.apply(41.0, Millis(0)), Some(42.0));
        assert_eq!(r.convert.apply(-1.0, Millis(0)), None);
    }

    #[test]
    fn a_split_of_kafka_is_a_position_and_another_is_none() {
        let name = "flink_taskmanager_job_task_operator_split_watermark_currentWatermark";
        const IDS: [(&str, &str); 3] =
            [("job_id", "49cf"), ("task_id", "6bf0"), ("split", "a-b-12")];
        let r = resolve(name, &Map(&IDS)).unwrap();
        assert!(
            matches!(&r.entity, Entity::Position { topic, partition: 12, .. } if &**topic == "a-b")
        );
        // a generator's, and a file's
        for split in ["1", "file-0000-x", "-1"] {
            assert_eq!(super::split(split), None, "{split}");
        }
    }

    #[test]
    fn a_missing_label_or_an_unknown_name_is_nothing() {
        assert_eq!(
            resolve("flink_taskmanager_job_task_numRecordsIn", &Map(&[("job_id", "a")])),
            None
        );
        assert_eq!(resolve("flink_taskmanager_job_task_operator_my_numRecordsIn", &SUBTASK), None);
        assert_eq!(resolve("up", &SUBTASK), None);
        assert!(!wanted(b"flink_taskmanager_job_task_mailboxMailsPerSecond"));
        assert!(!wanted(b"\xff\xfe"));
        assert!(
            wanted(b"team_flink_taskmanager_job_task_isBackPressured"),
            "a prefix of a relabelling"
        );
    }

    #[test]
    fn an_exporter_tells_its_heap_once() {
        let of = |name, labels: &Map| from_exporter(name, labels).map(|f| f.0);
        let heap = Map(&[("area", "heap")]);
        assert_eq!(of("jvm_memory_used_bytes", &heap), Some(Signal::HeapUsed));
        assert_eq!(of("jvm_memory_used_bytes", &Map(&[("area", "nonheap")])), None);
        let pool = Map(&[("area", "heap"), ("id", "G1 Eden Space")]);
        assert_eq!(of("jvm_memory_used_bytes", &pool), None);
        assert_eq!(of("process_cpu_seconds_total", &Map(&[])), Some(Signal::CpuTime));
        assert!(wanted(b"process_cpu_seconds_total"));
    }

    #[test]
    fn names_are_compared_as_reporters_spell_them() {
        assert!(same_name("order_stats", "order-stats"));
        assert!(same_name("Source__orders-source", "Source: orders-source"));
        assert!(same_name("Calc_2_", "Calc[2]"));
        assert!(!same_name("order_stats", "orderXstats"));
        assert!(!same_name("orders", "orders-2"));
        assert!(!same_name("order-stats", "order_stats"));
    }
}
