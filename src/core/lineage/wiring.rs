//! Who reads and who writes what, and from what each edge is known.

use super::infer::Inferred;
use super::{Index, KnownFrom, Settings};
use crate::estate::{ClusterId, Estate, Job, JobKey, Millis, Name, Row, Span, TopicId, VertexId};
use crate::signals::Signal;
use std::collections::BTreeMap;

/// What is known of one edge before its latency.
#[derive(Clone, Debug, Default)]
pub struct Wire {
    pub known_from: Vec<KnownFrom>,
    pub groups: Vec<Name>,
    pub vertex: Option<VertexId>,
}

impl Wire {
    fn add(&mut self, from: KnownFrom) {
        if !self.known_from.contains(&from) {
            self.known_from.push(from);
        }
    }

    /// Known by something better than a match of rates.
    pub fn sure(&self) -> bool {
        self.known_from.iter().any(|k| !matches!(k, KnownFrom::MatchedRates { .. }))
    }
}

#[derive(Default)]
pub struct Wiring {
    pub reads: BTreeMap<(TopicId, JobKey), Wire>,
    pub writes: BTreeMap<(JobKey, TopicId), Wire>,
    read_by: BTreeMap<JobKey, Vec<TopicId>>,
    written_by: BTreeMap<JobKey, Vec<TopicId>>,
    writers: BTreeMap<TopicId, Vec<JobKey>>,
}

impl Wiring {
    /// By topic.
    pub fn reads_of<'w>(
        &'w self,
        job: &'w JobKey,
    ) -> impl Iterator<Item = (&'w TopicId, &'w Wire)> {
        let topics = self.read_by.get(job).into_iter().flatten();
        topics.filter_map(|t| Some((t, self.reads.get(&(t.clone(), job.clone()))?)))
    }

    /// By topic.
    pub fn writes_of<'w>(
        &'w self,
        job: &'w JobKey,
    ) -> impl Iterator<Item = (&'w TopicId, &'w Wire)> {
        let topics = self.written_by.get(job).into_iter().flatten();
        topics.filter_map(|t| Some((t, self.writes.get(&(job.clone(), t.clone()))?)))
    }

    pub fn writers(&self, topic: &TopicId) -> &[JobKey] {
        self.writers.get(topic).map_or(&[], Vec::as_slice)
    }

    /// Who asks about one job must not walk over all of them.
    fn indexed(mut self) -> Wiring {
        for (topic, job) in self.reads.keys() {
            self.read_by.entry(job.clone()).or_default().push(topic.clone());
        }
        for (job, topic) in self.writes.keys() {
            self.written_by.entry(job.clone()).or_default().push(topic.clone());
            self.writers.entry(topic.clone()).or_default().push(job.clone());
        }
        self
    }
}

/// The Kafka cluster that a topic named by a Flink job is in: configured, or the only one that
/// has it, or the only one there is; "?" where nothing tells.
pub fn kafka_of(estate: &Estate, settings: &Settings, flink: &ClusterId, topic: &str) -> ClusterId {
    if let Some(k) = settings.kafka_of.get(flink) {
        return k.clone();
    }
    let mut having = estate.kafka.iter().filter(|(_, k)| k.topics.contains_key(topic));
    match (having.next(), having.next()) {
        (Some((id, _)), None) => return id.clone(),
        (Some(_), Some(_)) => return ClusterId::new("?"),
        _ => {}
    }
    let mut all = estate.kafka.keys();
    match (all.next(), all.next()) {
        (Some(id), None) => id.clone(),
        _ => ClusterId::new("?"),
    }
}

pub fn wire(
    estate: &Estate,
    index: &Index<'_>,
    settings: &Settings,
    inferred: &Inferred,
    at: Millis,
) -> Wiring {
    let mut wiring = Wiring::default();
    for job in estate.jobs.values() {
        read_by_metrics(job, estate, index, settings, at, &mut wiring);
        if !job.running() {
            read_before(job, inferred, &mut wiring);
        }
        declared(job, estate, settings, &mut wiring);
        by_exceptions(job, estate, settings, &mut wiring);
        by_transactions(job, estate, index, settings, &mut wiring);
    }
    for ((job, topic), m) in inferred.matches() {
        if estate.jobs.contains_key(job) {
            let wire = wiring.writes.entry((job.clone(), topic.clone())).or_default();
            wire.add(KnownFrom::MatchedRates { levels: m.levels, mismatch: m.mismatch });
            wire.vertex.get_or_insert_with(|| m.vertex.clone());
        }
    }
    wiring.indexed()
}

/// The connector's own gauges name the topic. The newest run that has any counts: a job that is
/// being started anew still reads what it read.
fn read_by_metrics(
    job: &Job,
    estate: &Estate,
    index: &Index<'_>,
    settings: &Settings,
    at: Millis,
    wiring: &mut Wiring,
) {
    let cluster = &job.key.cluster;
    let Some((run, read)) = job
        .runs()
        .map(|r| (cluster.clone(), r.clone()))
        .map(|r| (r.clone(), index.topics_read(&r)))
        .find(|(_, read)| !read.is_empty())
    else {
        return;
    };
    for (name, vertex) in read {
        let topic = TopicId::new(&kafka_of(estate, settings, cluster, &name), name.clone());
        let groups = groups_of(index, &run, &topic, at);
        let wire = wiring.reads.entry((topic, job.key.clone())).or_default();
        wire.add(KnownFrom::ConnectorMetrics);
        for group in groups {
            wire.add(KnownFrom::GroupOffsets { group: group.clone() });
            wire.groups.push(group);
        }
        wire.vertex = Some(vertex);
    }
}

/// A job that is down reads what it read.
fn read_before(job: &Job, inferred: &Inferred, wiring: &mut Wiring) {
    for (topic, reader) in inferred.read_by(&job.key) {
        let wire = wiring.reads.entry((topic.clone(), job.key.clone())).or_default();
        wire.add(KnownFrom::ConnectorMetrics);
        if wire.groups.is_empty() {
            for group in &reader.groups {
                wire.add(KnownFrom::GroupOffsets { group: group.clone() });
                wire.groups.push(group.clone());
            }
        }
        wire.vertex = wire.vertex.take().or_else(|| reader.vertex.clone());
    }
}

/// Groups whose committed offsets are what the source says it has committed: equal on every
/// partition that both know, and on at least one that has moved at all. The two are read at
/// different moments, so equal means: one of them was seen at the other's value lately.
fn groups_of(
    index: &Index<'_>,
    run: &(ClusterId, crate::estate::RunId),
    topic: &TopicId,
    at: Millis,
) -> Vec<Name> {
    let mine: BTreeMap<i32, &Row> = index
        .positions
        .get(run)
        .into_iter()
        .flatten()
        .filter(|p| p.topic == topic.topic)
        .map(|p| (p.partition, p.row))
        .collect();
    let mut verdicts: BTreeMap<Name, (u32, u32)> = BTreeMap::new();
    for (group, partition, row) in index.committed.get(topic).into_iter().flatten() {
        let Some(said) = mine.get(partition).and_then(|r| recent(r, Signal::SourceCommitted, at))
        else {
            continue;
        };
        let Some(seen) = recent(row, Signal::CommittedOffset, at) else { continue };
        let verdict = verdicts.entry(group.clone()).or_default();
        let equal = seen.iter().any(|v| *v > 0.0 && said.contains(v));
        let both_unmoved = seen.iter().chain(&said).all(|v| *v == 0.0);
        if equal {
            verdict.0 += 1;
        } else if !both_unmoved {
            verdict.1 += 1;
        }
    }
    verdicts.into_iter().filter(|(_, (yes, no))| *yes > 0 && *no == 0).map(|(g, _)| g).collect()
}

/// Values of the last two minutes: several checkpoint intervals.
fn recent(row: &Row, signal: Signal, at: Millis) -> Option<Vec<f64>> {
    let values: Vec<f64> =
        row.get(signal)?.range(at - Span::secs(120), at).map(|(_, v)| v).collect();
    (!values.is_empty()).then_some(values)
}

fn declared(job: &Job, estate: &Estate, settings: &Settings, wiring: &mut Wiring) {
    for edge in settings.declared.iter().filter(|e| e.job == job.key.key || e.job == job.name) {
        let topic = TopicId::new(
            &kafka_of(estate, settings, &job.key.cluster, &edge.topic),
            edge.topic.clone(),
        );
        let wire = if edge.writes {
            wiring.writes.entry((job.key.clone(), topic)).or_default()
        } else {
            wiring.reads.entry((topic, job.key.clone())).or_default()
        };
        wire.add(KnownFrom::Declared);
    }
}

/// Two texts of Kafka's producer name the topic that a sink writes (testbed.md K2).
fn by_exceptions(job: &Job, estate: &Estate, settings: &Settings, wiring: &mut Wiring) {
    let entries = job.run.exceptions.iter().flat_map(|(_, e)| e);
    for stack in entries.flat_map(|e| std::iter::once(e).chain(&e.concurrent)).map(|e| &e.stack) {
        let Some(name) = topic_in(stack) else { continue };
        let topic =
            TopicId::new(&kafka_of(estate, settings, &job.key.cluster, name), Name::from(name));
        // a source can complain of metadata too
        if !wiring.reads.contains_key(&(topic.clone(), job.key.clone())) {
            wiring
                .writes
                .entry((job.key.clone(), topic))
                .or_default()
                .add(KnownFrom::ExceptionText);
        }
    }
}

fn topic_in(stack: &str) -> Option<&str> {
    let legal = |s: &&str| {
        !s.is_empty()
            && s.len() <= 249
            && s.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
    };
    let sent = stack.split_once("Failed to send data to Kafka ").and_then(|(_, rest)| {
        // <topic>-<partition>@<offset>
        rest.split(['@', ' ', '\n']).next()?.rsplit_once('-').map(|(t, _)| t)
    });
    let missing = stack.split_once("Topic ").and_then(|(_, rest)| {
        let (name, after) = rest.split_once(' ')?;
        after.starts_with("not present in metadata").then_some(name)
    });
    sent.or(missing).filter(legal)
}

/// An ongoing transaction names its topics; its id is `<prefix>-<subtask>-<n>`. The prefix must
/// be the job's name or one of its sink operators', and nobody else's.
fn by_transactions(
    job: &Job,
    estate: &Estate,
    index: &Index<'_>,
    settings: &Settings,
    wiring: &mut Wiring,
) {
    let run = (job.key.cluster.clone(), job.run.id.clone());
    let sinks = index
        .operators
        .get(&run)
        .into_iter()
        .flatten()
        .filter(|(_, rows)| rows.iter().any(|r| r.get(Signal::RecordsSent).is_some()));
    let names: Vec<&str> = sinks
        .map(|((_, name), _)| name.strip_suffix(": Writer").unwrap_or(name))
        .chain([&*job.name])
        .collect();
    for kafka in estate.kafka.values() {
        for tx in &kafka.transactions {
            let prefix = transaction_prefix(&tx.transactional_id);
            if names.iter().any(|n| owns(n, prefix)) && sole_owner(estate, job, prefix) {
                for name in &tx.topics {
                    let cluster = kafka_of(estate, settings, &job.key.cluster, name);
                    let wire = wiring
                        .writes
                        .entry((job.key.clone(), TopicId::new(&cluster, name.clone())))
                        .or_default();
                    // one of many subtasks: the prefix says it, once
                    wire.add(KnownFrom::OpenTransactions { transactional_id: prefix.into() });
                }
            }
        }
    }
}

fn transaction_prefix(id: &str) -> &str {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let strip = |s| match str::rsplit_once(s, '-') {
        Some((head, tail)) if digits(tail) => head,
        _ => s,
    };
    strip(strip(id))
}

fn owns(name: &str, prefix: &str) -> bool {
    name.len() >= 3 && (prefix == name || prefix.starts_with(&format!("{name}-")))
}

fn sole_owner(estate: &Estate, job: &Job, prefix: &str) -> bool {
    !estate.jobs.values().any(|other| {
        other.key != job.key && other.name.len() > job.name.len() && owns(&other.name, prefix)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_named_by_exceptions() {
        let send = "java.io.IOException: Failed to send data to Kafka risk-alerts-0@-1 with FlinkKafkaInternalProducer{...}";
        assert_eq!(topic_in(send), Some("risk-alerts"));
        let meta = "org.apache.kafka.common.errors.TimeoutException: Topic orders not present in metadata after 8000 ms.";
        assert_eq!(topic_in(meta), Some("orders"));
        assert_eq!(topic_in("Topic <b>x</b> not present in metadata after"), None);
        assert_eq!(topic_in("Topic is gone"), None);
    }

    #[test]
    fn transaction_ids() {
        assert_eq!(transaction_prefix("ads-risk-0-12"), "ads-risk");
        assert_eq!(transaction_prefix("risk-sink"), "risk-sink");
        assert!(owns("ads-risk", "ads-risk") && owns("ads-risk", "ads-risk-tx"));
        assert!(!owns("ads", "ads-risk".trim_end_matches("-risk").trim_end_matches("ads")));
    }
}
