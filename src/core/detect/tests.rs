//! A delay that falls: who is only catching up after a start, and who is late.

use super::*;
use crate::case::{Calm, SymptomKind};
use crate::estate::*;
use crate::lineage::*;
use crate::signals::Signal;
use std::collections::BTreeMap;
use std::sync::Arc;

const UNTIL: i64 = 300;

/// What one read edge is like over five minutes, a look each 5 s; declared: 10 s.
struct Scenario {
    /// Of the run, s.
    started: i64,
    delay: fn(i64) -> f64,
    /// Whether we looked, and whether records came, at that second.
    looked: fn(i64) -> bool,
    comes: fn(i64) -> bool,
}

impl Scenario {
    const PLAIN: Scenario =
        Scenario { started: -3600, delay: |_| 1.0, looked: |_| true, comes: |_| true };

    fn seen(&self) -> Seen {
        let (flink, kafka) = (ClusterId::new("f"), ClusterId::new("k"));
        let (job, topic) = (JobKey::new(&flink, "late"), TopicId::new(&kafka, "in"));
        let mut estate = Estate::default();
        let partition =
            PartitionFact { id: 0, leader: None, replicas: vec![], isr: vec![], producers: None };
        let known = TopicFact {
            name: topic.topic.clone(),
            id: None,
            partitions: vec![partition],
            config: BTreeMap::new(),
        };
        estate.apply(Fact::Topics { cluster: kafka, topics: vec![known] }, Millis(0));
        let run = JobSummary {
            run: RunId::new("run"),
            name: "late".into(),
            state: JobState::Running,
            start: Millis(self.started * 1000),
            end: None,
            last_modification: None,
            tasks: BTreeMap::new(),
        };
        let at = Millis(UNTIL * 1000);
        estate.apply(Fact::Jobs { cluster: flink, jobs: vec![run] }, at);
        let mut signals = SeriesTable::default();
        let edge = Entity::EdgeRead { topic: topic.clone(), job: job.clone() };
        let end = Entity::Partition { topic: topic.clone(), partition: 0 };
        let mut offset = 1000.0;
        for s in (0..=UNTIL).step_by(5) {
            offset += if (self.comes)(s) { 50.0 } else { 0.0 };
            if (self.looked)(s) {
                signals.record(&edge, Signal::EdgeAge, Millis(s * 1000), (self.delay)(s));
                signals.record(&end, Signal::EndOffset, Millis(s * 1000), offset);
            }
        }
        let seconds = (self.delay)(UNTIL);
        let delay = Delay {
            now: Some(Reading { at, seconds, at_least: false }),
            records: Some(500.0),
            target_s: Some(10.0),
            status: if seconds > 10.0 { Status::Over } else { Status::Normal },
            ..Delay::unknown(Why::NoPosition)
        };
        let reads = Edge {
            from: NodeRef::Topic { topic },
            to: NodeRef::Job { job },
            kind: EdgeKind::Reads,
            known_from: vec![KnownFrom::ConnectorMetrics],
            groups: vec![],
            delay,
            vertex: None,
            unread_partitions: vec![],
        };
        detect(&Snapshot {
            at,
            tick: Span::secs(5),
            estate: Arc::new(estate),
            signals,
            lineage: Arc::new(Lineage { at, edges: vec![reads], ..Lineage::default() }),
            changes: Arc::default(),
            gaps: Arc::default(),
            past: Arc::default(),
            seasons: Arc::default(),
            planned: Arc::default(),
            repairs: Arc::default(),
        })
    }

    /// What it is called.
    fn word(&self) -> String {
        let seen = self.seen();
        let late = |s: &Symptom| matches!(s.kind, SymptomKind::EdgeLate | SymptomKind::LagGrows);
        let calm: Vec<Calm> = seen.calm.iter().map(|c| c.why).collect();
        match (seen.symptoms.iter().filter(|s| late(s)).count(), &calm[..]) {
            (0, []) => "fine".into(),
            (0, [Calm::CatchingUp]) => match seen.calm[0].eta_s {
                Some(eta) => format!("catches up for {eta:.0} s"),
                None => "has just begun".into(),
            },
            (1, []) => "late".into(),
            other => format!("{other:?}"),
        }
    }
}

/// In time until 100 s, 80 s late at 140 s, and on its way down since.
fn hill(s: i64) -> f64 {
    match s {
        ..100 => 1.0,
        100..140 => 2.0 * (s - 100) as f64,
        _ => 80.0 - 0.4 * (s - 140) as f64,
    }
}

#[test]
fn what_falls_is_catching_up_only_after_a_start() {
    let hilly = Scenario { delay: hill, ..Scenario::PLAIN };
    assert_eq!(Scenario::PLAIN.word(), "fine");
    assert_eq!(hilly.word(), "late");
    // it went down at 100 s, and runs again since
    assert_eq!(Scenario { started: 138, ..hilly }.word(), "catches up for 40 s");
    // it was in time for long after it began
    assert_eq!(Scenario { started: 20, delay: hill, ..Scenario::PLAIN }.word(), "late");
}

#[test]
fn our_own_absence_is_no_start_of_theirs() {
    let away = Scenario { delay: hill, looked: |s| !(105..200).contains(&s), ..Scenario::PLAIN };
    assert_eq!(away.word(), "late");
    let came = Scenario { delay: hill, looked: |s| s >= 200, ..Scenario::PLAIN };
    assert_eq!(came.word(), "late");
    let came =
        Scenario { delay: |_| 30.0, looked: |s| !(105..250).contains(&s), ..Scenario::PLAIN };
    assert_eq!(came.word(), "late");
    // records did not come for a while: what comes at once is caught up with
    let paused = Scenario { delay: hill, comes: |s| !(60..138).contains(&s), ..Scenario::PLAIN };
    assert_eq!(paused.word(), "catches up for 40 s");
}
