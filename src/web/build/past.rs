//! What the time before we came was like: offsets by timestamp, checkpoint history, counters.

use crate::web::view::{PastInput, PastView};
use streamwarden_core::estate::{Entity, Job, Millis, TopicId};
use streamwarden_core::lineage::{EdgeKind, NodeRef};
use streamwarden_core::signals::Signal;
use streamwarden_core::snapshot::Snapshot;

pub fn past(s: &Snapshot, job: &Job, node: &NodeRef) -> PastView {
    let reads = s.lineage.edges.iter().filter(|e| e.kind == EdgeKind::Reads && e.to == *node);
    let inputs = reads.filter_map(|e| match &e.from {
        NodeRef::Topic { topic } => input(s, topic, e.delay.rate),
        NodeRef::Job { .. } | NodeRef::Base { .. } => None,
    });
    let mut view = PastView { inputs: inputs.collect(), ..PastView::default() };
    lifetime(s, job, &mut view);
    let history = job.run.checkpoints.iter().flat_map(|(_, c)| &c.history);
    let took: Vec<u64> = history.clone().filter_map(|c| c.duration_ms).collect();
    view.checkpoints = u32::try_from(history.clone().count()).unwrap_or(u32::MAX);
    view.checkpoints_since = history.map(|c| c.triggered.0).min();
    view.checkpoint_max_ms = took.iter().copied().max();
    view.checkpoint_mean_ms =
        (!took.is_empty()).then(|| took.iter().sum::<u64>() as f64 / took.len() as f64);
    view
}

/// Growth of the topic from the oldest moment that the broker told of.
fn input(s: &Snapshot, topic: &TopicId, rate_now: Option<f64>) -> Option<PastInput> {
    let told = &s.estate.kafka.get(&topic.cluster)?.offsets_at;
    let (mut since, mut grown): (Option<Millis>, f64) = (None, 0.0);
    for ((name, partition), points) in told.iter().filter(|((n, _), _)| *n == topic.topic) {
        let entity = Entity::Partition {
            topic: TopicId { cluster: topic.cluster.clone(), topic: name.clone() },
            partition: *partition,
        };
        let (_, end) = s.signals.get(&entity, Signal::EndOffset)?.last()?;
        let (_, first) = *points.first()?;
        // before the first record there was no topic to speak of
        let begun = points.iter().rev().find(|(_, o)| *o == first)?.0;
        since = Some(since.map_or(begun, |t| t.min(begun)));
        grown += end - first as f64;
    }
    let since = since?;
    let seconds = (s.at - since).as_secs();
    (seconds > 0.0).then(|| PastInput {
        topic: topic.topic.to_string(),
        since: since.0,
        rate: grown / seconds,
        rate_now,
    })
}

/// Counters start anew with each attempt: they speak of the whole run only if there was one.
fn lifetime(s: &Snapshot, job: &Job, view: &mut PastView) {
    let seconds = (s.at - job.run.start).as_secs();
    view.running_s = (seconds > 0.0).then_some(seconds);
    let (Some(plan), Some(0.0)) = (job.run.plan(), job.run.restarts) else { return };
    let mut total = 0.0;
    for vertex in plan.vertices.iter().filter(|v| v.inputs.is_empty()) {
        for index in 0..vertex.parallelism {
            let subtask = Entity::Subtask {
                cluster: job.key.cluster.clone(),
                run: job.run.id.clone(),
                vertex: vertex.id.clone(),
                index,
            };
            let last = s.signals.get(&subtask, Signal::RecordsOut).and_then(|r| r.last());
            let Some((_, records)) = last else { return };
            total += records;
        }
    }
    view.lifetime_rate = view.running_s.filter(|_| total > 0.0).map(|s| total / s);
}
