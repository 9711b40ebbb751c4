//! Metrics by REST, where no Prometheus endpoint is given.
//!
//! Flink's REST fetches values from TaskManagers only when someone asks, at most each
//! `metrics.fetcher.update-interval` (10 s unless set), and answers with what it fetched before:
//! values are up to that old, and the first after a pause are older and dropped by the target.
//! Names are listed first and only wanted ones asked: one unknown name can empty an answer.

use super::ask::{Subject, segment};
use std::collections::BTreeMap;
use streamwarden_core::estate::{ClusterId, Millis, RunId, TaskManagerId};
use streamwarden_core::signals::resolve::{from_rest, rest_value};
use streamwarden_core::signals::{Sample, Signal};

/// Flink's HTTP server takes 4096 bytes of request line, path and all.
const QUERY: usize = 3500;
/// Names kept of one subject: a vertex of 128 subtasks with 60 of use each.
const NAMES: usize = 8192;

/// The names to ask for, in parts that fit a request line; positions and counts come first.
#[derive(Default)]
pub struct Names {
    parts: BTreeMap<Subject, Vec<String>>,
}

impl Names {
    /// Takes in a subject's list; returns how many parts there are to ask for.
    pub fn listed(&mut self, cluster: &ClusterId, subject: &Subject, ids: &[String]) -> usize {
        let mut wanted: Vec<(u8, &String)> = ids
            .iter()
            .filter(|id| !id.contains(','))
            .filter_map(|id| Some((weight(from_rest(cluster, subject.scope(), id)?.signal), id)))
            .collect();
        wanted.sort_unstable();
        wanted.truncate(NAMES);
        let mut parts: Vec<String> = Vec::new();
        for (_, id) in wanted {
            let id = segment(id);
            match parts.last_mut() {
                Some(part) if part.len() + id.len() < QUERY => {
                    part.push(',');
                    part.push_str(&id);
                }
                _ => parts.push(id),
            }
        }
        let n = parts.len();
        self.parts.insert(subject.clone(), parts);
        n
    }

    /// The value of `get=`, encoded.
    pub fn part(&self, subject: &Subject, n: usize) -> Option<&str> {
        self.parts.get(subject)?.get(n).map(String::as_str)
    }

    pub fn forget_run(&mut self, run: &RunId) {
        self.parts.retain(|s, _| s.run() != Some(run));
    }

    pub fn keep_taskmanagers(&mut self, there: impl Fn(&TaskManagerId) -> bool) {
        self.parts.retain(|s, _| !matches!(s, Subject::TaskManager(tm) if !there(tm)));
    }
}

/// Values as samples; what Flink says instead of "unknown" is left out.
pub fn samples(
    cluster: &ClusterId,
    subject: &Subject,
    values: &[(String, String)],
    at: Millis,
) -> Vec<Sample> {
    values
        .iter()
        .filter_map(|(id, value)| {
            let known = from_rest(cluster, subject.scope(), id)?;
            let value = known.convert.apply(rest_value(value)?, at)?;
            Some(Sample { entity: known.entity, signal: known.signal, at, value })
        })
        .collect()
}

/// What latency and the bottleneck are computed from is asked first.
fn weight(signal: Signal) -> u8 {
    match signal {
        Signal::SourcePosition | Signal::RecordsSent => 0,
        Signal::RecordsIn
        | Signal::RecordsOut
        | Signal::OperatorRecordsIn
        | Signal::OperatorRecordsOut
        | Signal::InputWatermark
        | Signal::OutputWatermark => 1,
        Signal::IdleTime | Signal::BackPressuredTime | Signal::IsBackPressured => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::flink::parse::{metric_names, metric_values};
    use streamwarden_core::estate::{Entity, VertexId};

    fn read(name: &str) -> Vec<u8> {
        let dir = "/tests/fixtures/flink-rest/kafka-1.20.5/dwd-order-stats/";
        std::fs::read(format!("{}{dir}{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    #[test]
    fn recorded_values_become_samples() {
        let cluster = ClusterId::new("prod");
        let subject = Subject::Vertex(RunId::new("r"), VertexId::new("v"));
        let values = metric_values(&read("v0_metrics_values.json")).unwrap();
        let got = samples(&cluster, &subject, &values, Millis(7));
        let positions: Vec<_> = got
            .iter()
            .filter(|s| s.signal == Signal::SourcePosition)
            .map(|s| match &s.entity {
                Entity::Position { topic, partition, .. } => (&**topic, *partition, s.value),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(positions.len(), 4);
        assert!(positions.contains(&("orders", 3, 16802.0)));
        let pressed = got.iter().find(|s| s.signal == Signal::IsBackPressured).unwrap();
        assert_eq!((pressed.value, pressed.at), (0.0, Millis(7)));
    }

    #[test]
    fn names_are_asked_in_parts_that_fit_and_positions_first() {
        let cluster = ClusterId::new("prod");
        let subject = Subject::Vertex(RunId::new("r"), VertexId::new("v"));
        let mut ids = metric_names(&read("v0_metrics_list.json")).unwrap();
        let mut names = Names::default();
        assert_eq!(names.listed(&cluster, &subject, &ids), 1);
        let part = names.part(&subject, 0).unwrap();
        assert!(part.starts_with("0%2ESource__orders%2Dsource") || part.starts_with("0%2ESource"));
        assert!(part.contains("currentOffset") && !part.contains("mailboxLatency"));
        ids.extend((0..200).map(|i| format!("{i}.some-operator.numRecordsIn")));
        let parts = names.listed(&cluster, &subject, &ids);
        assert!(parts > 1);
        let all: usize = (0..parts)
            .map(|n| names.part(&subject, n).unwrap())
            .inspect(|p| assert!(p.len() <= QUERY))
            .map(|p| p.split(',').count())
            .sum();
        assert!(all > 200);
        assert!(names.part(&subject, 0).unwrap().contains("currentOffset"));
        names.forget_run(&RunId::new("r"));
        assert_eq!(names.part(&subject, 0), None);
    }
}
