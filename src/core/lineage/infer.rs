//! Which topic a sink writes, by matched rates: what it sent against what each topic grew by.
//!
//! Nothing in Flink names a Kafka sink's topic (testbed: not in metrics, labels, plan or
//! configuration). On real Flink the right pair is off by at most 0.02 of the volume, a wrong one
//! by 0.76 and more; but a job that passes records on one to one makes its input topic match as
//! well, and so does the topic of a job behind it. So: never a topic that the job itself reads, at
//! least two load levels, and only where exactly one pair explains the topic's growth.

use super::likely::{Writers, writers};
use super::{Curve, Index, Wiring, kafka_of};
use crate::estate::{ClusterId, Estate, JobKey, Millis, Name, Span, TopicId, VertexId};
use crate::lineage::{KnownFrom::ConnectorMetrics, Settings};
use crate::signals::Signal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A pair that matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Match {
    pub vertex: VertexId,
    pub operator: Name,
    /// Distinct load levels at which it held.
    pub levels: u32,
    /// |sent - grown| over the whole volume.
    pub mismatch: f64,
    pub since: Millis,
    /// The run it was seen on; a new run keeps it until it is contradicted.
    pub plan: Option<Name>,
}

/// How a job was last seen to read a topic: a job that is down tells it no more, and its figures
/// are forgotten after hours.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reader {
    pub vertex: Option<VertexId>,
    /// Consumer groups whose committed offsets were its own.
    pub groups: Vec<Name>,
}

/// What has been inferred so far. Carried from one assessment to the next; a match stays until
/// it is contradicted or the job's plan changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inferred {
    pairs: BTreeMap<(JobKey, TopicId), Match>,
    readers: Arc<BTreeMap<(JobKey, TopicId), Reader>>,
    likely: Arc<Writers>,
}

impl Inferred {
    /// As it stood when we last ran.
    pub fn recalled(
        pairs: impl IntoIterator<Item = ((JobKey, TopicId), Match)>,
        readers: impl IntoIterator<Item = ((JobKey, TopicId), Reader)>,
    ) -> Inferred {
        let readers = Arc::new(readers.into_iter().collect());
        Inferred { pairs: pairs.into_iter().collect(), readers, ..Inferred::default() }
    }

    pub fn matches(&self) -> impl Iterator<Item = (&(JobKey, TopicId), &Match)> {
        self.pairs.iter()
    }

    /// By job and topic, as each was last seen.
    pub fn readers(&self) -> impl Iterator<Item = (&(JobKey, TopicId), &Reader)> {
        self.readers.iter()
    }

    /// What `job` was last seen to read.
    pub fn read_by(&self, job: &JobKey) -> impl Iterator<Item = (&TopicId, &Reader)> {
        let first = (job.clone(), TopicId::new(&ClusterId::new(""), ""));
        self.readers
            .range(first..)
            .take_while(move |((j, _), _)| j == job)
            .map(|((_, t), r)| (t, r))
    }

    /// Of topics that no edge names a writer of.
    pub fn likely(&self) -> &Arc<Writers> {
        &self.likely
    }
}

/// One comparison spans this much, and they slide by half of it: a burst per second (window ends)
/// at both ends is then at most a fifth.
const STEP: Span = Span::secs(5);
const WINDOW_STEPS: usize = 2;
/// How far back is compared: a load level may be an hour old.
const LOOK_BACK: Span = Span::secs(3600);
/// Per window, as a share of what was sent: bursts at its ends.
const WINDOW_TOLERANCE: f64 = 0.2;
/// Over all windows (measured: right <= 0.02, wrong >= 0.76).
const TOTAL_TOLERANCE: f64 = 0.04;
/// Two load levels differ by at least this factor: more than the bursts of one level do.
const LEVEL_STEP: f64 = 1.3;
/// Half a minute of windows.
const MIN_WINDOWS: usize = 6;

/// What a count grew by in each window of the common grid, newest first; None where unknown.
pub(super) type Growth = Vec<Option<f64>>;

pub(super) fn growth(curve: &Curve, at: Millis) -> Growth {
    let newest = Millis(at.0 - at.0.rem_euclid(STEP.0));
    let steps = (LOOK_BACK.0 / STEP.0) as usize;
    let values: Vec<Option<f64>> =
        (0..=steps).map(|i| curve.value(Millis(newest.0 - i as i64 * STEP.0))).collect();
    values.windows(WINDOW_STEPS + 1).map(|w| Some(w[0]? - w[WINDOW_STEPS]?)).collect()
}

struct Sink {
    job: JobKey,
    vertex: VertexId,
    operator: Name,
    plan: Option<Name>,
    sent: Growth,
}

/// The inference after another look. Costs sinks x topics of the same Kafka cluster; call it every
/// few ticks.
pub fn infer(
    before: &Inferred,
    estate: &Estate,
    index: &Index<'_>,
    wiring: &Wiring,
    settings: &Settings,
    at: Millis,
) -> Inferred {
    let from = at - LOOK_BACK;
    let sinks = sinks(estate, index, from, at);
    let topics = topics(estate, index, from, at);
    let reads: BTreeSet<(&TopicId, &JobKey)> = wiring.reads.keys().map(|(t, j)| (t, j)).collect();
    let known: BTreeSet<&JobKey> = surely_written(wiring);
    let dark = dark(wiring, &topics);
    let mut candidates: BTreeMap<usize, Vec<(TopicId, Fit)>> = BTreeMap::new();
    for (i, sink) in sinks.iter().enumerate() {
        if known.contains(&sink.job) {
            continue;
        }
        let fits = topics
            .iter()
            .filter(|(t, _)| !reads.contains(&(t, &sink.job)) && !dark.contains(&t.cluster))
            .filter(|(t, _)| kafka_of(estate, settings, &sink.job.cluster, &t.topic) == t.cluster)
            .filter_map(|(t, grown)| fit(&sink.sent, grown).map(|f| (t.clone(), f)))
            .collect();
        candidates.insert(i, fits);
    }
    let mut pairs = keep(before, estate, &sinks, &topics);
    for (i, topic, fit) in settle(candidates, &written_topics(wiring)) {
        let sink = &sinks[i];
        let since = pairs.get(&(sink.job.clone(), topic.clone())).map_or(at, |m: &Match| m.since);
        let found = Match {
            vertex: sink.vertex.clone(),
            operator: sink.operator.clone(),
            levels: fit.levels,
            mismatch: fit.mismatch,
            since,
            plan: sink.plan.clone(),
        };
        replace(&mut pairs, (sink.job.clone(), topic), found);
    }
    let readers = Arc::new(readers(before, estate, wiring));
    Inferred { pairs, readers, likely: before.likely.clone() }
}

/// What each job reads: as it is seen now, and where nothing is seen of a job any more, as it was.
/// `wiring` is without what was inferred.
fn readers(
    before: &Inferred,
    estate: &Estate,
    wiring: &Wiring,
) -> BTreeMap<(JobKey, TopicId), Reader> {
    let mut out = BTreeMap::new();
    for job in estate.jobs.keys() {
        let seen = wiring.reads_of(job).filter(|(_, w)| w.known_from.contains(&ConnectorMetrics));
        let mut seen: Vec<(TopicId, Reader)> = seen
            .map(|(topic, w)| {
                (topic.clone(), Reader { vertex: w.vertex.clone(), groups: w.groups.clone() })
            })
            .collect();
        if seen.is_empty() {
            seen.extend(before.read_by(job).map(|(t, r)| (t.clone(), r.clone())));
        }
        for (topic, mut reader) in seen {
            let key = (job.clone(), topic);
            // its group is known by what it committed lately
            if reader.groups.is_empty()
                && let Some(known) = before.readers.get(&key)
            {
                reader.groups = known.groups.clone();
            }
            out.insert(key, reader);
        }
    }
    out
}

/// The same with who may write what is still free, as the edges of `wiring` have it by now.
pub fn with_likely(
    inferred: Inferred,
    estate: &Estate,
    index: &Index<'_>,
    wiring: &Wiring,
    settings: &Settings,
    at: Millis,
) -> Inferred {
    let spoken = (at - LOOK_BACK, at);
    let likely = writers(&inferred.likely, estate, index, wiring, settings, spoken);
    Inferred { likely: Arc::new(likely), ..inferred }
}

/// A match explains all that the sink sent and all that the topic grew by: an earlier one of the
/// same sink with another topic, or of another sink with this topic, was wrong (in the bursts of a
/// start, a one to one chain can look like its neighbour for a while).
fn replace(pairs: &mut BTreeMap<(JobKey, TopicId), Match>, pair: (JobKey, TopicId), found: Match) {
    pairs.retain(|(job, topic), m| {
        let same_sink = *job == pair.0 && m.operator == found.operator;
        same_sink == (*topic == pair.1)
    });
    pairs.insert(pair, found);
}

/// Clusters of which a topic in use is not seen to grow: there the only topic that fits may be the
/// wrong one.
fn dark<'w>(wiring: &'w Wiring, topics: &[(TopicId, Growth)]) -> BTreeSet<&'w ClusterId> {
    let seen: BTreeSet<&TopicId> = topics.iter().map(|(t, _)| t).collect();
    let read = wiring.reads.keys().map(|(t, _)| t);
    read.filter(|t| !seen.contains(t)).map(|t| &t.cluster).collect()
}

/// Jobs whose sinks are told by something better than rates.
fn surely_written(wiring: &Wiring) -> BTreeSet<&JobKey> {
    wiring.writes.iter().filter(|(_, w)| w.sure()).map(|((j, _), _)| j).collect()
}

fn written_topics(wiring: &Wiring) -> BTreeSet<TopicId> {
    wiring.writes.iter().filter(|(_, w)| w.sure()).map(|((_, t), _)| t.clone()).collect()
}

/// Earlier matches that still stand: same plan, and the latest window does not speak against it.
fn keep(
    before: &Inferred,
    estate: &Estate,
    sinks: &[Sink],
    topics: &[(TopicId, Growth)],
) -> BTreeMap<(JobKey, TopicId), Match> {
    let stands = |(job, topic): &(JobKey, TopicId), m: &Match| {
        let Some(now) = estate.jobs.get(job) else { return false };
        let plan = now.run.plan().map(|d| d.plan_hash.clone());
        if plan.is_some() && m.plan.is_some() && plan != m.plan {
            return false;
        }
        let sink = sinks.iter().find(|s| s.job == *job && s.operator == m.operator);
        let grown = topics.iter().find(|(t, _)| t == topic);
        match (sink, grown) {
            (Some(s), Some((_, g))) => !contradicted(&s.sent, g),
            _ => true,
        }
    };
    before.pairs.iter().filter(|(k, m)| stands(k, m)).map(|(k, m)| (k.clone(), m.clone())).collect()
}

fn sinks(estate: &Estate, index: &Index<'_>, from: Millis, at: Millis) -> Vec<Sink> {
    let mut out = Vec::new();
    for job in estate.jobs.values() {
        let run = (job.key.cluster.clone(), job.run.id.clone());
        for ((vertex, operator), rows) in index.operators.get(&run).into_iter().flatten() {
            let series: Vec<_> = rows.iter().filter_map(|r| r.get(Signal::RecordsSent)).collect();
            // part of what it sends fits another topic
            let plan = job.run.plan().and_then(|p| p.vertices.iter().find(|v| v.id == *vertex));
            if series.is_empty() || plan.is_some_and(|v| series.len() < v.parallelism as usize) {
                continue;
            }
            out.push(Sink {
                job: job.key.clone(),
                vertex: vertex.clone(),
                operator: operator.clone(),
                plan: job.run.plan().map(|d| d.plan_hash.clone()),
                sent: growth(&Curve::sum(&series, from, at), at),
            });
        }
    }
    out
}

pub(super) fn topics(
    estate: &Estate,
    index: &Index<'_>,
    from: Millis,
    at: Millis,
) -> Vec<(TopicId, Growth)> {
    index
        .partitions
        .iter()
        .filter(|(t, _)| {
            estate.kafka.get(&t.cluster).is_some_and(|k| k.topics.contains_key(&t.topic))
        })
        .filter_map(|(t, parts)| {
            let series: Option<Vec<_>> = parts.values().map(|r| r.get(Signal::EndOffset)).collect();
            Some((t.clone(), growth(&Curve::sum(&series?, from, at), at)))
        })
        .collect()
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Fit {
    levels: u32,
    mismatch: f64,
}

/// (sent, grown) of each window that both know, newest first.
pub(super) fn windows(sent: &Growth, grown: &Growth) -> impl Iterator<Item = (f64, f64)> {
    sent.iter().zip(grown).filter_map(|(s, g)| Some(((*s)?, (*g)?)))
}

fn fit(sent: &Growth, grown: &Growth) -> Option<Fit> {
    let windows: Vec<_> = windows(sent, grown).filter(|(s, g)| *s > 0.0 || *g > 0.0).collect();
    if windows.len() < MIN_WINDOWS {
        return None;
    }
    let (s, g) = windows.iter().fold((0.0, 0.0), |(s, g), w| (s + w.0, g + w.1));
    let mismatch = (s - g).abs() / s.max(g);
    let each = windows.iter().all(|(s, g)| (s - g).abs() <= WINDOW_TOLERANCE * s.max(*g) + 2.0);
    if mismatch > TOTAL_TOLERANCE || !each {
        return None;
    }
    let mut rates: Vec<f64> = windows.iter().map(|w| w.0).filter(|s| *s > 0.0).collect();
    rates.sort_by(f64::total_cmp);
    let mut levels = 0;
    let mut floor = f64::NEG_INFINITY;
    for r in rates {
        if floor <= 0.0 || r >= floor * LEVEL_STEP {
            levels += 1;
            floor = r;
        }
    }
    (levels >= 2).then_some(Fit { levels, mismatch })
}

/// A minute of windows all say no.
fn contradicted(sent: &Growth, grown: &Growth) -> bool {
    let latest: Vec<_> = windows(sent, grown).take(12).collect();
    latest.len() == 12
        && latest.iter().all(|(s, g)| (s - g).abs() > 0.5 * s.max(*g) && s.max(*g) > 20.0)
}

/// Pairs that nothing else can explain: a sink with one candidate takes its topic away from the
/// others (its sends alone explain the growth), until nothing moves. What stays ambiguous is not
/// said.
fn settle(
    mut candidates: BTreeMap<usize, Vec<(TopicId, Fit)>>,
    taken: &BTreeSet<TopicId>,
) -> Vec<(usize, TopicId, Fit)> {
    let mut settled = Vec::new();
    for fits in candidates.values_mut() {
        fits.retain(|(t, _)| !taken.contains(t));
    }
    loop {
        let single: BTreeMap<usize, (TopicId, Fit)> = candidates
            .iter()
            .filter(|(_, f)| f.len() == 1)
            .map(|(i, f)| (*i, f[0].clone()))
            .collect();
        // two sinks that both have only this one topic left: neither is sure
        let sure: Vec<_> = single
            .iter()
            .filter(|(i, (t, _))| !single.iter().any(|(j, (u, _))| j != *i && u == t))
            .map(|(i, (t, f))| (*i, t.clone(), *f))
            .collect();
        if sure.is_empty() {
            return settled;
        }
        for (i, topic, fit) in sure {
            candidates.remove(&i);
            for fits in candidates.values_mut() {
                fits.retain(|(t, _)| *t != topic);
            }
            settled.push((i, topic, fit));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::ClusterId;

    /// Counts at 5 s steps; the rate swings between two levels each 40 s.
    fn swinging(low: f64, high: f64, seconds: i64) -> Growth {
        let mut v = 0.0;
        let curve = Curve::of((0..=seconds / 5).map(|i| {
            let rate = if (i / 8) % 2 == 0 { low } else { high };
            v += rate * 5.0;
            (Millis(i * 5000), v)
        }));
        growth(&curve, Millis(seconds * 1000))
    }

    fn topic(name: &str) -> TopicId {
        TopicId::new(&ClusterId::new("k"), name)
    }

    #[test]
    fn needs_two_load_levels() {
        let steady = swinging(300.0, 300.0, 300);
        assert_eq!(fit(&steady, &steady), None);
        let swing = swinging(300.0, 450.0, 300);
        assert_eq!(fit(&swing, &swing).unwrap().levels, 2);
        assert_eq!(fit(&swing, &swinging(300.0, 300.0, 300)), None);
        assert_eq!(fit(&swing, &swinging(300.0, 450.0, 30)), None, "too short");
        let rest = swinging(0.0, 0.0, 300);
        assert_eq!(fit(&rest, &rest), None, "both still");
    }

    #[test]
    fn a_newer_match_takes_the_place_of_what_it_contradicts() {
        let job = |name: &str| JobKey::new(&ClusterId::new("f"), name);
        let of = |operator: &str| Match {
            vertex: VertexId::new("v"),
            operator: operator.into(),
            levels: 2,
            mismatch: 0.0,
            since: Millis(0),
            plan: None,
        };
        let mut pairs = BTreeMap::new();
        replace(&mut pairs, (job("dwd"), topic("alerts")), of("sink"));
        replace(&mut pairs, (job("dwd"), topic("late")), of("side"));
        replace(&mut pairs, (job("ads"), topic("alerts")), of("sink"));
        replace(&mut pairs, (job("dwd"), topic("stats")), of("sink"));
        let left: Vec<_> = pairs.keys().map(|(j, t)| format!("{} {}", j.key, t.topic)).collect();
        assert_eq!(left, ["ads alerts", "dwd late", "dwd stats"]);
    }

    #[test]
    fn one_to_one_chains_are_settled_from_their_end() {
        let f = Fit { levels: 2, mismatch: 0.0 };
        // job 0 may write b or c; job 1 reads b, so only c is left for it
        let c = BTreeMap::from([
            (0, vec![(topic("b"), f), (topic("c"), f)]),
            (1, vec![(topic("c"), f)]),
        ]);
        let got = settle(c, &BTreeSet::new());
        assert_eq!(got, [(1, topic("c"), f), (0, topic("b"), f)]);
        // nothing tells them apart: nothing is said
        let c = BTreeMap::from([(0, vec![(topic("b"), f)]), (1, vec![(topic("b"), f)])]);
        assert_eq!(settle(c, &BTreeSet::new()), []);
    }
}
