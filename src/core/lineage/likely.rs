//! Who may write a topic that nothing names for sure: what each job's sinks sent, held against what
//! the topic grew by. Looser than a match that makes an edge (one load level is enough), so it never
//! makes one; but before a topic is said to be silent for reasons outside of what we see, nobody
//! whom we see may be its writer.

use super::infer::{Growth, growth, topics, windows};
use super::{Curve, Index, Settings, Wiring, kafka_of};
use crate::estate::{
    ClusterId, Estate, Job, JobKey, JobState, Millis, Row, RunId, TopicId, Vertex,
};
use crate::signals::Signal;
use std::collections::{BTreeMap, BTreeSet};

/// Windows (5 s apart, 10 s long) in which something moved, to say anything by.
const MIN_WINDOWS: usize = 4;
/// Share of the volume by which a writer's count and its topic's may differ: both are read in turns
/// of up to half a minute, and bursts fall between. Pairs of strangers differ by 0.76 and more.
const TOLERANCE: f64 = 0.2;
/// One window speaks against a pair where the two differ by more than half.
const WINDOW_OFF: f64 = 0.5;
/// One in so many may: bursts, and where it began or ended.
const OFF_SHARE: usize = 4;
/// Longer lists are cut here, and say nothing.
const MOST: usize = 32;

/// Of one topic without a writer that is known for sure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Likely {
    /// What they sent is what it grew by.
    pub jobs: BTreeSet<JobKey>,
    /// What they sent, or whether they send at all, was not seen well enough to tell.
    pub maybe: BTreeSet<JobKey>,
}

impl Likely {
    /// There may be more of them.
    pub fn is_cut(&self) -> bool {
        self.jobs.len().max(self.maybe.len()) >= MOST
    }
}

/// Carried from one look to the next: what was once told of a pair holds while nothing new is seen
/// of it (a job that failed sends nothing, and counts anew).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Writers {
    of: BTreeMap<TopicId, Likely>,
    met: BTreeSet<JobKey>,
    /// Jobs whose sources are seen and read no topic: what they get comes from elsewhere.
    outside: BTreeSet<JobKey>,
}

#[derive(Clone, Copy, PartialEq)]
enum Told {
    Yes,
    No,
    /// Too little was seen.
    Open,
}

/// What a job sends to Kafka, by sink; None: not all of it is seen.
type Sends = Option<Vec<Growth>>;

impl Writers {
    /// Jobs of which nothing names what they write.
    pub fn free(&self) -> &BTreeSet<JobKey> {
        &self.met
    }

    /// Empty: nobody whom we see writes it. None: it is not seen how it grows.
    pub fn of(&self, topic: &TopicId) -> Option<&Likely> {
        self.of.get(topic)
    }

    /// What it gets comes from no topic; false where its sources are not seen.
    pub fn draws_from_outside(&self, job: &JobKey) -> bool {
        self.outside.contains(job)
    }
}

pub fn writers(
    before: &Writers,
    estate: &Estate,
    index: &Index<'_>,
    wiring: &Wiring,
    settings: &Settings,
    (from, at): (Millis, Millis),
) -> Writers {
    let free: Vec<(&Job, Sends)> = estate
        .jobs
        .values()
        .filter(|j| !j.run.state.is_terminal() && wiring.writes_of(&j.key).next().is_none())
        .map(|j| (j, sends(j, index, from, at)))
        .collect();
    let outside = estate.jobs.values().filter(|j| draws_from_outside(j, index, wiring));
    let mut out = Writers {
        of: BTreeMap::new(),
        met: free.iter().map(|f| f.0.key.clone()).collect(),
        outside: outside.map(|j| j.key.clone()).collect(),
    };
    for (topic, grown) in topics(estate, index, from, at) {
        if !wiring.writers(&topic).is_empty() {
            continue;
        }
        let known = before.of.get(&topic);
        let mut likely = Likely::default();
        for (job, sends) in &free {
            let there = kafka_of(estate, settings, &job.key.cluster, &topic.topic);
            if there != topic.cluster || wiring.reads_of(&job.key).any(|(t, _)| *t == topic) {
                continue;
            }
            let known = known.filter(|_| before.met.contains(&job.key));
            match carried(told(sends, &grown), known, &job.key) {
                Told::Yes => likely.jobs.len() < MOST && likely.jobs.insert(job.key.clone()),
                Told::Open => likely.maybe.len() < MOST && likely.maybe.insert(job.key.clone()),
                Told::No => false,
            };
        }
        out.of.insert(topic, likely);
    }
    // of a topic that is gone it is still asked who wrote it
    let gone = before.of.iter().filter(|(t, _)| index.partitions.contains_key(*t));
    for (topic, likely) in gone.filter(|(t, _)| wiring.writers(t).is_empty()) {
        out.of.entry(topic.clone()).or_insert_with(|| likely.clone());
    }
    out
}

/// What was told before stands where nothing can be told now.
fn carried(now: Told, before: Option<&Likely>, job: &JobKey) -> Told {
    match (now, before) {
        (Told::Open, Some(l)) if l.jobs.contains(job) => Told::Yes,
        (Told::Open, Some(l)) if !l.maybe.contains(job) && l.maybe.len() < MOST => Told::No,
        _ => now,
    }
}

fn told(sends: &Sends, grown: &Growth) -> Told {
    let Some(sends) = sends else { return Told::Open };
    let each: Vec<Told> = sends.iter().map(|sent| pair(sent, grown)).collect();
    match () {
        () if each.contains(&Told::Yes) => Told::Yes,
        () if each.contains(&Told::Open) => Told::Open,
        () => Told::No,
    }
}

fn pair(sent: &Growth, grown: &Growth) -> Told {
    let moved: Vec<(f64, f64)> =
        windows(sent, grown).filter(|(s, g)| *s > 0.0 || *g > 0.0).collect();
    if moved.len() < MIN_WINDOWS {
        return Told::Open;
    }
    let (s, g) = moved.iter().fold((0.0, 0.0), |(s, g), w| (s + w.0, g + w.1));
    let off = moved.iter().filter(|(s, g)| (s - g).abs() > WINDOW_OFF * s.max(*g)).count();
    match (s - g).abs() <= TOLERANCE * s.max(g) && off * OFF_SHARE < moved.len() {
        true => Told::Yes,
        false => Told::No,
    }
}

/// What feeds no other vertex is a sink. One that is seen whole and shows no Kafka producer sends
/// nothing there.
fn sends(job: &Job, index: &Index<'_>, from: Millis, at: Millis) -> Sends {
    let plan = job.run.plan()?;
    let fed: BTreeSet<_> = plan.vertices.iter().flat_map(|v| &v.inputs).map(|i| &i.from).collect();
    let run = (job.key.cluster.clone(), job.run.id.clone());
    let mut out = Vec::new();
    for vertex in &plan.vertices {
        let sent = vertex_sends(&run, vertex, index, from, at)?;
        if sent.is_empty() && !fed.contains(&vertex.id) && !seen_whole(&run, vertex, index) {
            return None;
        }
        out.extend(sent);
    }
    // of one that stands nothing new is seen
    (job.run.state == JobState::Running).then_some(out)
}

fn vertex_sends(run: &Run, v: &Vertex, index: &Index<'_>, from: Millis, at: Millis) -> Sends {
    let mut out = Vec::new();
    for rows in with_any(run, v, index, &OF_SINKS) {
        let of = |signal| {
            let found: Vec<_> = rows.iter().filter_map(|r| r.get(signal)).collect();
            (found.len() == v.parallelism as usize).then_some(found)
        };
        let series = of(Signal::RecordsSent).or_else(|| of(Signal::ProducerRecordsSent))?;
        out.push(growth(&Curve::sum(&series, from, at), at));
    }
    Some(out)
}

fn draws_from_outside(job: &Job, index: &Index<'_>, wiring: &Wiring) -> bool {
    let run = (job.key.cluster.clone(), job.run.id.clone());
    let Some(plan) = job.run.plan() else { return false };
    let mut sources = plan.vertices.iter().filter(|v| v.inputs.is_empty());
    wiring.reads_of(&job.key).next().is_none()
        && sources.all(|v| {
            seen_whole(&run, v, index) && with_any(&run, v, index, &OF_SOURCES).next().is_none()
        })
}

type Run = (ClusterId, RunId);

/// What a Kafka sink's operator shows; of so many something is seen if it is one.
const OF_SINKS: [Signal; 8] = [
    Signal::RecordsSent,
    Signal::RecordsSendErrors,
    Signal::SendTime,
    Signal::ProducerRecordsSent,
    Signal::ProducerConnections,
    Signal::ProducerErrors,
    Signal::ProducerReceived,
    Signal::RequestsInFlight,
];
const OF_SOURCES: [Signal; 8] = [
    Signal::CommitsSucceeded,
    Signal::CommitsFailed,
    Signal::ConsumerConnections,
    Signal::ConsumerRecords,
    Signal::ConsumerBytes,
    Signal::ConsumerReceived,
    Signal::FetchLatency,
    Signal::AssignedPartitions,
];

/// Operators of a vertex that show any of these.
fn with_any<'i, 'a>(
    run: &Run,
    vertex: &'i Vertex,
    index: &'i Index<'a>,
    signals: &'i [Signal],
) -> impl Iterator<Item = &'i Vec<&'a Row>> {
    let shows = move |r: &&Row| signals.iter().any(|s| r.get(*s).is_some());
    let all = index.operators.get(run).into_iter().flatten();
    all.filter(|(k, _)| k.0 == vertex.id)
        .map(|(_, rows)| rows)
        .filter(move |rows| rows.iter().any(shows))
}

/// Something is seen of each of its subtasks.
fn seen_whole(run: &Run, vertex: &Vertex, index: &Index<'_>) -> bool {
    let rows = index.subtasks.get(run).and_then(|v| v.get(&vertex.id));
    rows.is_some_and(|r| r.len() >= vertex.parallelism as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts at 5 s steps at a steady rate, from `from` to `to` s.
    fn counts(rate: f64, from: i64, to: i64) -> Growth {
        let points = (0..=24).map(|i| {
            let t = i * 5;
            (Millis(t * 1000), rate * (t.clamp(from, to) - from) as f64)
        });
        growth(&Curve::of(points), Millis(120_000))
    }

    #[test]
    fn a_writer_sends_what_its_topic_grows_by_and_stops_with_it() {
        let topic = counts(100.0, 0, 80);
        let of = |sent: Growth| told(&Some(vec![sent]), &topic);
        assert!(of(counts(95.0, 0, 80)) == Told::Yes);
        assert!(of(counts(30.0, 0, 80)) == Told::No, "another volume");
        assert!(of(counts(68.0, 0, 120)) == Told::No, "it went on where the topic stood");
        assert!(told(&Some(Vec::new()), &topic) == Told::No, "it has no sink");
        assert!(told(&None, &topic) == Told::Open, "part of it is not seen");
        let still = counts(0.0, 0, 0);
        assert!(told(&Some(vec![still.clone()]), &still) == Told::Open, "nothing moved");
    }

    #[test]
    fn what_was_told_holds_while_nothing_new_is_seen() {
        let job = JobKey::new(&ClusterId::new("f"), "j");
        let was = |jobs: &[&JobKey], maybe: &[&JobKey]| Likely {
            jobs: jobs.iter().map(|j| (*j).clone()).collect(),
            maybe: maybe.iter().map(|j| (*j).clone()).collect(),
        };
        let now = |told, before: &Likely| carried(told, Some(before), &job);
        assert!(now(Told::Open, &was(&[&job], &[])) == Told::Yes);
        assert!(now(Told::Open, &was(&[], &[&job])) == Told::Open);
        assert!(now(Told::Open, &was(&[], &[])) == Told::No);
        assert!(now(Told::No, &was(&[&job], &[])) == Told::No);
        assert!(carried(Told::Open, None, &job) == Told::Open, "never seen before");
    }
}
