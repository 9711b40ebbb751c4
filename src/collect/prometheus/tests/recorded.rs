//! Texts of real Flink clusters (tests/fixtures/exposition).

use crate::collect::prometheus::{Slots, differences};
use std::collections::BTreeMap;
use streamwarden_core::estate::{Entity, Millis, SeriesTable, Span};
use streamwarden_core::signals::{Sample, Signal, derive};

const KAFKA_1_20: &str = include_str!("../../../../tests/fixtures/exposition/kafka-1.20.5.txt");
const KAFKA_2_2: &str = include_str!("../../../../tests/fixtures/exposition/kafka-2.2.1.txt");
const SQL_1_20: &str = include_str!("../../../../tests/fixtures/exposition/sql-1.20.3.txt");
const TM_1_20: &str = include_str!("../../../../tests/fixtures/exposition/taskmanager-1.20.5.txt");
const TM_2_3: &str = include_str!("../../../../tests/fixtures/exposition/taskmanager-2.3.0.txt");
const JM_2_3: &str = include_str!("../../../../tests/fixtures/exposition/jobmanager-2.3.0.txt");
const SCRAPES: [&str; 3] = [
    include_str!("../../../../tests/fixtures/exposition/scrape-1.20.5-058.txt"),
    include_str!("../../../../tests/fixtures/exposition/scrape-1.20.5-059.txt"),
    include_str!("../../../../tests/fixtures/exposition/scrape-1.20.5-060.txt"),
];
const ALL: [&str; 6] = [KAFKA_1_20, KAFKA_2_2, SQL_1_20, TM_1_20, TM_2_3, JM_2_3];
const AT: Millis = Millis(1_795_240_000_000);

fn slots() -> Slots {
    use streamwarden_core::estate::ClusterId;
    Slots::new(ClusterId::new("prod"), "exporter".into(), "host".into(), 10_000)
}

fn read(text: &str) -> Vec<Sample> {
    let reading = slots().read(text.as_bytes(), AT);
    assert_eq!(reading.bad.first, None);
    reading.samples
}

/// The values of one signal by what is left of its entity in a short form.
fn values(samples: &[Sample], signal: Signal) -> BTreeMap<String, f64> {
    let short = |e: &Entity| match e {
        Entity::Subtask { vertex, index, .. } => format!("{}/{index}", &vertex.as_str()[..4]),
        Entity::Operator { operator, index, .. } => format!("{operator}/{index}"),
        Entity::Position { topic, partition, .. } => format!("{topic}-{partition}"),
        Entity::TaskManager { id, .. } => id.to_string(),
        Entity::Run { run, .. } => run.as_str()[..4].to_owned(),
        other => format!("{other:?}"),
    };
    samples.iter().filter(|s| s.signal == signal).map(|s| (short(&s.entity), s.value)).collect()
}

#[test]
fn every_series_is_known_once() {
    for (i, text) in ALL.iter().enumerate() {
        let mut seen = BTreeMap::new();
        for s in read(text) {
            let twice = seen.insert((s.entity.clone(), s.signal), s.value);
            assert_eq!(twice, None, "text {i}: {:?} {:?}", s.signal, s.entity);
        }
    }
}

#[test]
fn a_second_scrape_reads_the_same_from_memory() {
    for text in ALL {
        let mut slots = slots();
        let first = slots.read(text.as_bytes(), AT);
        let known = slots.len();
        let second = slots.read(text.as_bytes(), AT);
        assert_eq!(first.samples, second.samples);
        assert_eq!(slots.len(), known);
    }
}

/// prometheus-parse agrees on all lines of all texts, where it is not known to be wrong.
#[test]
fn prometheus_parse_reads_the_same() {
    for text in ALL.iter().chain(&SCRAPES) {
        let differences = differences(text.as_bytes());
        let open: Vec<_> = differences
            .iter()
            .filter(|d| d.theirs_is_wrong.is_none())
            .map(|d| d.to_string())
            .collect();
        assert_eq!(open, Vec::<String>::new());
    }
}

#[test]
fn differences_name_the_line_and_who_is_wrong() {
    let text =
        b"# TYPE a gauge\na{x=\"1,2\"} 1\nb 2\nc{x=\"a\\\"b\"} 3\nd:e 4\nf{g=\"h\"} 5 6 7\ncut 8";
    let found: Vec<_> =
        differences(text).iter().map(|d| (d.line, d.theirs_is_wrong.is_some())).collect();
    assert_eq!(found, [(2, true), (4, true), (5, true), (6, true), (7, true)]);
    let trailing = &differences(b"f 5 6 7\n")[0];
    assert!(trailing.to_string().contains("line 1: we read no sample"), "{trailing}");
}

fn map(pairs: &[(&str, f64)]) -> BTreeMap<String, f64> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect()
}

#[test]
fn kafka_on_flink_1_20() {
    let s = read(KAFKA_1_20);
    let of = |signal| values(&s, signal);
    let positions = [
        ("orders-0", 17072.0),
        ("orders-1", 17071.0),
        ("orders-2", 17072.0),
        ("orders-3", 17072.0),
    ];
    assert_eq!(of(Signal::SourcePosition), map(&positions));
    assert_eq!(of(Signal::SourceCommitted)["orders-1"], 16923.0);
    let sent = [("order-stats-sink: Writer/0", 15972.0), ("order-stats-sink: Writer/1", 16995.0)];
    assert_eq!(of(Signal::RecordsSent), map(&sent));
    assert_eq!(of(Signal::ProducerRecordsSent), map(&sent));
    let connections = [("Source: orders-source/0", 3.0), ("Source: orders-source/1", 3.0)];
    assert_eq!(of(Signal::ConsumerConnections), map(&connections));
    let lag = [("Source: orders-source/0", 574.0), ("Source: orders-source/1", 572.0)];
    assert_eq!(of(Signal::WatermarkLag), map(&lag));
    let pool = 0.1666666716337204;
    let pools = [("1fda/0", 0.0), ("1fda/1", 0.0), ("f362/0", pool), ("f362/1", pool)];
    assert_eq!(of(Signal::OutPoolUsage), map(&pools));
    // a source vertex counts 0 in at task level
    assert_eq!(of(Signal::RecordsIn)["f362/0"], 0.0);
    assert_eq!(of(Signal::OperatorRecordsIn)["Source: orders-source/0"], 34133.0);
    assert_eq!(of(Signal::CheckpointsCompleted), map(&[("cced", 17.0)]));
    assert_eq!(of(Signal::CheckpointAge), map(&[]), "1.20 does not tell");
    assert_eq!(of(Signal::CpuTime).len(), 3);
    assert_eq!(s.len(), 184);
}

#[test]
fn kafka_on_flink_2_2() {
    let s = read(KAFKA_2_2);
    let of = |signal| values(&s, signal);
    let positions =
        [("orders-0", 3794.0), ("orders-1", 3792.0), ("orders-2", 3793.0), ("orders-3", 3794.0)];
    assert_eq!(of(Signal::SourcePosition), map(&positions));
    let pool = 0.1666666716337204;
    let pools = [("1fda/0", 0.0), ("1fda/1", 0.0), ("f362/0", pool), ("f362/1", pool)];
    assert_eq!(of(Signal::OutPoolUsage), map(&pools), "under its only name");
    assert_eq!(of(Signal::CheckpointAge)["3f19"], AT.0 as f64 - 1_795_233_884_676.0);
    let busy = of(Signal::BusyTime);
    assert_eq!((busy["1fda/0"], busy["f362/1"]), (290.0, 352.0));
    assert_eq!(s.len(), 185);
}

#[test]
fn sql_on_flink_1_20() {
    let s = read(SQL_1_20);
    let of = |signal| values(&s, signal);
    assert_eq!(of(Signal::SourcePosition), map(&[("orders-1", 4797.0), ("orders-3", 4798.0)]));
    assert_eq!(of(Signal::RecordsSent), map(&[("stats[7]: Writer/0", 6840.0)]));
    let lag = [("Source: orders[1]/0", 526.0)];
    assert_eq!(of(Signal::WatermarkLag), map(&lag));
    assert_eq!(s.len(), 81);
}

#[test]
fn taskmanagers_of_1_20_and_2_3_tell_the_same_signals() {
    let (old, new) = (read(TM_1_20), read(TM_2_3));
    let names = |s: &[Sample]| {
        let mut names: Vec<Signal> = s.iter().map(|s| s.signal).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    assert_eq!(names(&old), names(&new));
    assert_eq!((old.len(), new.len()), (112, 112));
    assert_eq!(values(&old, Signal::HeapUsed), map(&[("tm_1", 160043520.0)]));
    assert_eq!(values(&new, Signal::HeapUsed), map(&[("tm_2", 118337024.0)]));
    assert_eq!(values(&new, Signal::CpuTime), map(&[("tm_2", 11750.0)]), "ns to ms");
    assert_eq!(values(&new, Signal::CheckpointStartDelay)["e3df/0"], 41.0);
    let watermarks = values(&old, Signal::OutputWatermark);
    assert_eq!(watermarks["Calc_11_/0"], 1795219900987.0);
    assert!(!watermarks.contains_key("Calc_2_/0"), "Long.MIN_VALUE is no watermark");
}

#[test]
fn a_jobmanager_of_2_3() {
    let s = read(JM_2_3);
    assert_eq!(values(&s, Signal::CheckpointsCompleted), map(&[("1dae", 13.0)]));
    let cluster =
        Entity::FlinkCluster { cluster: streamwarden_core::estate::ClusterId::new("prod") };
    let slots = s.iter().find(|s| s.signal == Signal::SlotsTotal).map(|s| (&s.entity, s.value));
    assert_eq!(slots, Some((&cluster, 8.0)));
}

/// Scrapes 5 s apart of a job whose SQL sources are legacy ones and whose windows are half busy.
#[test]
fn consecutive_scrapes_become_shares_of_time() {
    let (mut slots, mut table) = (slots(), SeriesTable::default());
    let at = |i: usize| Millis(AT.0 + 5000 * i as i64);
    for (i, text) in SCRAPES.iter().enumerate() {
        for s in slots.read(text.as_bytes(), at(i)).samples {
            assert!(table.record(&s.entity, s.signal, s.at, s.value));
        }
    }
    let subtasks: Vec<Entity> = table
        .rows()
        .filter(|r| r.get(Signal::IdleTime).is_some())
        .map(|r| (*r.entity).clone())
        .collect();
    assert_eq!(subtasks.len(), 12);
    let mut unknown = 0;
    for e in &subtasks {
        let Entity::Subtask { vertex, index, .. } = e else { panic!("{e:?}") };
        let (end, window) = (at(2), Span::secs(10));
        let busy = derive::busy(&table, e, end, window);
        assert_eq!(derive::back_pressure(&table, e, end, window), Some(0.0));
        match (&vertex.as_str()[..4], index) {
            // idle 25969, 28980, 32035
            ("0461", 0) => assert_eq!(busy, Some(1.0 - 6066.0 / 10_000.0)),
            ("e3df", _) => {
                unknown += usize::from(busy.is_none());
                assert_eq!(derive::idle(&table, e, end, window), None);
            }
            _ => assert!((0.25..0.45).contains(&busy.unwrap()), "{e:?} {busy:?}"),
        }
        assert_eq!(derive::busy(&table, e, end, Span::secs(4)), None);
    }
    assert_eq!(unknown, 4, "legacy sources");
    let cpu = cpu(&table, at(2));
    assert_eq!(cpu, Some(305.0), "ms per s: 122.08 s, 125.13 s");
}

fn cpu(table: &SeriesTable, at: Millis) -> Option<f64> {
    let row = table.rows().find(|r| r.get(Signal::CpuTime).is_some())?;
    derive::rate(row.get(Signal::CpuTime)?, at, Span::secs(10))
}
