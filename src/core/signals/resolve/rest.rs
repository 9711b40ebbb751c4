//! Metric ids of Flink's REST API.

use super::names::{self, Scope};
use super::{Convert, Resolved};
use crate::estate::{ClusterId, Entity, Name, RunId, TaskManagerId, VertexId};
use crate::signals::Signal;

/// Where an id was listed: the path that it is asked at.
#[derive(Clone, Copy, Debug)]
pub enum RestScope<'a> {
    /// `/jobmanager/metrics`
    JobManager,
    /// `/taskmanagers/:id/metrics`
    TaskManager(&'a TaskManagerId),
    /// `/jobs/:id/metrics`
    Job(&'a RunId),
    /// `/jobs/:id/vertices/:id/metrics`: ids begin with the subtask's index.
    Vertex(&'a RunId, &'a VertexId),
}

/// A metric of the REST API. Operator and topic are spelled as Flink spells them here: space, `.`,
/// `:` and `,` are `_` (see [`super::same_name`]); so an operator's name holds no dot.
pub fn from_rest(cluster: &ClusterId, scope: RestScope<'_>, id: &str) -> Option<Resolved> {
    let Split { at, signal, convert, part } = split(scope, id)?;
    let cluster = cluster.clone();
    let entity = match (at, scope, part) {
        (Scope::Cluster, ..) => Entity::FlinkCluster { cluster },
        (_, RestScope::JobManager, _) => Entity::JobManager { cluster },
        (_, RestScope::TaskManager(id), _) => Entity::TaskManager { cluster, id: id.clone() },
        (_, RestScope::Job(run), _) => Entity::Run { cluster, run: run.clone() },
        (_, RestScope::Vertex(run, vertex), part) => {
            let (run, vertex) = (run.clone(), vertex.clone());
            match part? {
                Part::Task { index } => Entity::Subtask { cluster, run, vertex, index },
                Part::Operator { index, operator } => {
                    Entity::Operator { cluster, run, vertex, operator: Name::from(operator), index }
                }
                Part::Position { topic, partition } => {
                    Entity::Position { cluster, run, vertex, topic: Name::from(topic), partition }
                }
            }
        }
    };
    Some(Resolved { entity, signal, convert })
}

/// A value as the REST API prints it: all are strings. Not a number ("NaN" is one): absent.
pub fn rest_value(text: &str) -> Option<f64> {
    match text {
        "true" => Some(1.0),
        "false" => Some(0.0),
        _ => text.parse().ok().filter(|v: &f64| v.is_finite()),
    }
}

struct Split<'a> {
    at: Scope,
    signal: Signal,
    convert: Convert,
    part: Option<Part<'a>>,
}

enum Part<'a> {
    Task { index: u32 },
    Operator { index: u32, operator: &'a str },
    Position { topic: &'a str, partition: i32 },
}

fn split<'a>(scope: RestScope<'_>, id: &'a str) -> Option<Split<'a>> {
    let plain = |n: Option<(Scope, Signal, Convert)>| {
        n.map(|(at, signal, convert)| Split { at, signal, convert, part: None })
    };
    match scope {
        RestScope::JobManager => plain(names::jobmanager(&underscored(id))),
        RestScope::TaskManager(_) => plain(names::taskmanager(&underscored(id))),
        RestScope::Job(_) => plain(names::job(&underscored(id))),
        RestScope::Vertex(..) => vertex(id),
    }
}

fn vertex(id: &str) -> Option<Split<'_>> {
    let (index, name) = id.split_once('.')?;
    let index = index.parse().ok()?;
    if let Some((at, signal, convert)) = names::task(&underscored(name)) {
        return Some(Split { at, signal, convert, part: Some(Part::Task { index }) });
    }
    let (operator, name) = name.split_once('.')?;
    if let Some(position) = name.strip_prefix("KafkaSourceReader.topic.") {
        let (rest, name) = position.rsplit_once('.')?;
        let (rest, partition) = rest.rsplit_once('.')?;
        let topic = rest.strip_suffix(".partition")?;
        let partition = partition.parse().ok()?;
        let (at, signal, convert) = names::position(name)?;
        let part = Some(Part::Position { topic, partition });
        return Some(Split { at, signal, convert, part });
    }
    if let Some(rest) = name.strip_prefix("split.")
        && let Some((split, name)) = rest.rsplit_once(".watermark.")
        && name == "currentWatermark"
    {
        let (topic, partition) = split.rsplit_once('-')?;
        let partition = partition.parse().ok().filter(|p| *p >= 0)?;
        let (at, signal, convert) = names::operator("split_watermark_currentWatermark")?;
        let part = (!topic.is_empty()).then_some(Part::Position { topic, partition });
        return Some(Split { at, signal, convert, part });
    }
    let (at, signal, convert) = names::operator(&underscored(name))?;
    Some(Split { at, signal, convert, part: Some(Part::Operator { index, operator }) })
}

fn underscored(id: &str) -> String {
    id.replace(['.', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(id: &str) -> Option<Resolved> {
        let (run, vertex) = (RunId::new("r"), VertexId::new("v"));
        from_rest(&ClusterId::new("prod"), RestScope::Vertex(&run, &vertex), id)
    }

    #[test]
    fn positions_survive_dots_in_topics() {
        for (id, topic, partition, signal) in [
            (
                "0.Source__orders-source.KafkaSourceReader.topic.orders.partition.1.currentOffset",
                "orders",
                1,
                Signal::SourcePosition,
            ),
            (
                "1.Source__s[1].KafkaSourceReader.topic.a.partition.x.partition.12.committedOffset",
                "a.partition.x",
                12,
                Signal::SourceCommitted,
            ),
        ] {
            let r = resolve(id).unwrap();
            assert_eq!(r.signal, signal);
            assert!(
                matches!(&r.entity, Entity::Position { topic: t, partition: p, .. } if &**t == topic && *p == partition),
                "{r:?}"
            );
        }
    }

    #[test]
    fn task_and_operator_level() {
        let task = resolve("0.Shuffle.Netty.Output.Buffers.outPoolUsage").unwrap();
        assert_eq!(task.signal, Signal::OutPoolUsage);
        assert!(matches!(task.entity, Entity::Subtask { index: 0, .. }));
        let op = resolve("1.Calc[2].numRecordsIn").unwrap();
        assert_eq!(op.signal, Signal::OperatorRecordsIn);
        assert!(
            matches!(&op.entity, Entity::Operator { index: 1, operator, .. } if &**operator == "Calc[2]")
        );
        let kafka = resolve("0.orders-sink__Writer.KafkaProducer.record-send-total").unwrap();
        assert_eq!(kafka.signal, Signal::ProducerRecordsSent);
    }

    #[test]
    fn what_only_looks_alike_is_nothing() {
        for id in [
            "numRecordsIn",
            "x.numRecordsIn",
            "0.op.userGroup.numRecordsIn",
            "0.numRecordsInPerSecond",
            "0.s.KafkaSourceReader.topic.t.partition.x.currentOffset",
            "0.s.KafkaSourceReader.topic.currentOffset",
            "",
            ".",
        ] {
            assert_eq!(resolve(id), None, "{id}");
        }
    }

    #[test]
    fn processes_and_jobs() {
        let (cluster, run, tm) = (ClusterId::new("c"), RunId::new("r"), TaskManagerId::new("tm-1"));
        let of = |scope, id| from_rest(&cluster, scope, id).map(|r| (r.entity, r.signal));
        assert_eq!(
            of(RestScope::TaskManager(&tm), "Status.JVM.Memory.Heap.Used"),
            Some((
                Entity::TaskManager { cluster: cluster.clone(), id: tm.clone() },
                Signal::HeapUsed
            ))
        );
        assert_eq!(
            of(RestScope::JobManager, "taskSlotsAvailable"),
            Some((Entity::FlinkCluster { cluster: cluster.clone() }, Signal::SlotsAvailable))
        );
        assert_eq!(
            of(RestScope::Job(&run), "numRestarts"),
            Some((Entity::Run { cluster: cluster.clone(), run: run.clone() }, Signal::Restarts))
        );
        assert_eq!(of(RestScope::Job(&run), "lastCheckpointExternalPath"), None);
    }

    #[test]
    fn values_are_strings() {
        assert_eq!(rest_value("1795223101337"), Some(1795223101337.0));
        assert_eq!(rest_value("true"), Some(1.0));
        assert_eq!(rest_value("NaN"), None);
        assert_eq!(rest_value("file:/x"), None);
    }
}
