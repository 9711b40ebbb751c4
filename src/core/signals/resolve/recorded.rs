//! Answers of real Flink clusters (tests/fixtures/flink-metrics).

use super::*;
use crate::estate::Millis;
use std::collections::BTreeMap;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../../tests/fixtures/flink-metrics/", $name, ".json"))
    };
}

/// Values by signal and what is left of the entity in a short form; and how many ids were no use.
struct Read(BTreeMap<(Signal, String), f64>, usize);

impl Read {
    fn get(&self, signal: Signal, entity: &str) -> Option<f64> {
        self.0.get(&(signal, entity.to_owned())).copied()
    }
    fn all(&self, signal: Signal) -> Vec<(&str, f64)> {
        self.0.iter().filter(|((s, _), _)| *s == signal).map(|((_, e), v)| (&**e, *v)).collect()
    }
}

const AT: Millis = Millis(1_795_233_890_000);

fn read(json: &str, scope: RestScope<'_>) -> Read {
    let metrics: Vec<BTreeMap<String, String>> = serde_json::from_str(json).unwrap();
    let mut out = Read(BTreeMap::new(), 0);
    for m in metrics {
        let resolved = from_rest(&ClusterId::new("prod"), scope, &m["id"]);
        let Some(r) = resolved else {
            out.1 += 1;
            continue;
        };
        let entity = match &r.entity {
            Entity::Subtask { index, .. } => index.to_string(),
            Entity::Operator { operator, index, .. } => format!("{operator}/{index}"),
            Entity::Position { topic, partition, .. } => format!("{topic}-{partition}"),
            _ => String::new(),
        };
        let value = rest_value(&m["value"]).and_then(|v| r.convert.apply(v, AT));
        if let Some(value) = value {
            let before = out.0.insert((r.signal, entity), value);
            assert!(before.is_none_or(|b| b == value), "{} tells otherwise", m["id"]);
        }
    }
    out
}

fn vertex(json: &str) -> Read {
    read(json, RestScope::Vertex(&RunId::new("r"), &VertexId::new("v")))
}

#[test]
fn a_kafka_source_of_1_20_2_2_and_sql() {
    let old = vertex(fixture!("source-1.20.5"));
    let positions = [
        ("orders-0", 16800.0),
        ("orders-1", 16803.0),
        ("orders-2", 16803.0),
        ("orders-3", 16802.0),
    ];
    assert_eq!(old.all(Signal::SourcePosition), positions);
    assert_eq!(old.get(Signal::SourceCommitted, "orders-0"), Some(15924.0));
    // what a source reads counts at its operator; at task level it does so only since 2.x
    assert_eq!(old.get(Signal::RecordsIn, "0"), Some(0.0));
    assert_eq!(old.get(Signal::OperatorRecordsIn, "Source__orders-source/0"), Some(33593.0));
    assert_eq!(old.get(Signal::OutPoolUsage, "1"), Some(0.16666667));

    let new = vertex(fixture!("source-2.2.1"));
    assert_eq!(new.all(Signal::SourcePosition).len(), 4);
    assert_eq!(new.get(Signal::RecordsIn, "0"), Some(7396.0));
    assert_eq!(new.get(Signal::OutPoolUsage, "1"), Some(0.16666667));

    let sql = vertex(fixture!("sql-source-1.20.3"));
    assert_eq!(sql.get(Signal::SourcePosition, "orders-2"), Some(4744.0));
    assert_eq!(sql.get(Signal::OperatorRecordsIn, "Calc[2]/1"), Some(7373.0));
    assert_eq!((old.1, new.1, sql.1), (18, 21, 28));
}

#[test]
fn a_sink_tells_what_it_sent() {
    for (json, sent) in
        [(fixture!("sink-1.20.5"), [15972.0, 16995.0]), (fixture!("sink-2.2.1"), [6736.0, 7161.0])]
    {
        let sink = vertex(json);
        for (i, sent) in sent.into_iter().enumerate() {
            let writer = format!("order-stats-sink__Writer/{i}");
            assert_eq!(sink.get(Signal::RecordsSent, &writer), Some(sent));
            assert_eq!(sink.get(Signal::ProducerRecordsSent, &writer), Some(sent));
        }
        assert_eq!(sink.get(Signal::IsBackPressured, "0"), Some(0.0));
    }
}

/// What tells a slow broker, a full client and the partition that holds the watermark.
#[test]
fn kafka_clients_and_splits() {
    let (source, sink) = ("Source__orders-source/0", "order-stats-sink__Writer/0");
    let old = vertex(fixture!("clients-1.20.5"));
    assert_eq!(old.get(Signal::FetchLatency, source), Some(1.031651893634166));
    assert_eq!(old.get(Signal::ConsumerReceived, source), Some(5872753.0));
    assert_eq!(old.get(Signal::ProducerReceived, sink), Some(27675.0));
    assert_eq!(old.all(Signal::SplitWatermark), []);
    let new = vertex(fixture!("clients-2.2.1"));
    assert_eq!(new.get(Signal::ProducerLatency, sink), Some(5.266666666666667));
    assert_eq!(new.get(Signal::ProducerQueueTime, sink), Some(20.333333333333332));
    assert_eq!(new.get(Signal::ProducerBufferWait, sink), Some(0.0));
    assert_eq!(new.get(Signal::SendTime, sink), Some(25.0));
    assert_eq!(new.get(Signal::MailboxQueue, "0"), Some(0.0));
    let splits = [("orders-1", 1795233885245.0), ("orders-3", 1795233885242.0)];
    assert_eq!(new.all(Signal::SplitWatermark), splits);
    assert_eq!((old.1, new.1), (0, 0));
}

#[test]
fn vertices_of_2_3() {
    let v = vertex(fixture!("vertex-2.3.0"));
    assert_eq!(v.get(Signal::BackPressuredTime, "1"), Some(99.0));
    assert_eq!(v.get(Signal::IdleTime, "0"), Some(57185.0));
    assert_eq!(v.get(Signal::InputWatermark, "0"), None, "Long.MIN_VALUE");
    let source = vertex(fixture!("legacy-source-2.3.0"));
    assert_eq!(source.get(Signal::OutPoolUsage, "0"), Some(1.0));
    assert_eq!(source.get(Signal::IsBackPressured, "1"), Some(1.0));
    assert_eq!(source.get(Signal::BusyTime, "0"), None, "NaN: busy is not known");
}

#[test]
fn processes_and_jobs() {
    let jm = read(fixture!("jobmanager-2.3.0"), RestScope::JobManager);
    assert_eq!(jm.get(Signal::SlotsAvailable, ""), Some(6.0));
    assert_eq!(jm.get(Signal::CpuTime, ""), Some(18790.0));
    let id = TaskManagerId::new("tm-1");
    for (json, heap) in
        [(fixture!("taskmanager-1.20.5"), 138023424.0), (fixture!("taskmanager-2.3.0"), 99462656.0)]
    {
        let tm = read(json, RestScope::TaskManager(&id));
        assert_eq!(tm.get(Signal::HeapUsed, ""), Some(heap));
        assert_eq!(tm.get(Signal::NetworkMemoryUsed, ""), Some(688128.0));
        assert_eq!(tm.0.len(), 14);
    }
    let job = read(fixture!("job-2.2.1"), RestScope::Job(&RunId::new("r")));
    assert_eq!(job.get(Signal::CheckpointAge, ""), Some(5324.0));
    assert_eq!(job.get(Signal::Restarts, ""), Some(0.0));
}
