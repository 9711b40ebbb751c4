//! What the lineage cannot show, said instead of left out.

use super::assess::Input;
use super::wiring::Wiring;
use super::{Blind, BlindKind, Edge, EdgeKind, Index, NodeRef, Why};
use crate::estate::{Job, JobState, Span};
use crate::signals::Signal;

/// By REST the first metrics of an estate take most of a minute at two requests a second.
const FIRST_METRICS: Span = Span::secs(60);

pub fn blind(
    input: &Input<'_>,
    index: &Index<'_>,
    wiring: &Wiring,
    jobs: &[&Job],
    edges: &[Edge],
) -> Vec<Blind> {
    let mut out = Vec::new();
    for job in jobs {
        let node = Some(NodeRef::Job { job: job.key.clone() });
        let mut say = |kind, detail: String| out.push(Blind { node: node.clone(), kind, detail });
        if job.ambiguous {
            say(BlindKind::AmbiguousIdentity, job.name.to_string());
        }
        let run = (job.key.cluster.clone(), job.run.id.clone());
        let operators = index.operators.get(&run);
        if job.run.state == JobState::Running
            && operators.is_none()
            && input.at - job.first_seen.max(job.run.start) > FIRST_METRICS
        {
            say(BlindKind::NoMetrics, String::new());
        }
        let written = wiring.writes_of(&job.key).next().is_some();
        let sinks: Vec<&str> = operators
            .into_iter()
            .flatten()
            .filter(|(_, rows)| rows.iter().any(|r| r.get(Signal::RecordsSent).is_some()))
            .map(|((_, name), _)| &**name)
            .collect();
        if !written && !sinks.is_empty() {
            say(BlindKind::SinkTopic, sinks.join(", "));
        }
    }
    for e in edges.iter().filter(|e| e.kind == EdgeKind::Reads) {
        let NodeRef::Topic { topic } = &e.from else { continue };
        let mut say = |kind, detail| out.push(Blind { node: Some(e.to.clone()), kind, detail });
        if !e.unread_partitions.is_empty() {
            let list: Vec<String> = e.unread_partitions.iter().map(i32::to_string).collect();
            say(BlindKind::UnreadPartitions, format!("{}: {}", topic.topic, list.join(", ")));
        }
        if e.delay.unknown == Some(Why::NoEndOffset) {
            let kafka = input.estate.kafka.get(&topic.cluster).filter(|k| k.topics_seen.is_some());
            match kafka {
                None => say(BlindKind::NoKafka, topic.topic.to_string()),
                Some(_) => say(BlindKind::TopicInvisible, topic.topic.to_string()),
            }
        }
    }
    out.sort();
    out.dedup();
    out
}
