//! Which jobs are ill, by which symptoms, and which of them are so only because an upstream is.

use super::bottleneck::bottlenecks;
use super::kin::Kin;
use crate::case::{Calm, Symptom, SymptomKind};
use crate::detect::Seen;
use crate::estate::{ClusterId, JobKey, Millis, Span, Subject, VertexId};
use crate::lineage::{ARISES_SHARE, Hop, Node, NodeRef};
use crate::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};

/// A cause must not begin after what it causes; a moment is known to two looks.
const TOLERANCE_TICKS: i64 = 2;
/// Onsets of delays are where their climb began: a victim's may look earlier by what its own
/// history swings.
pub const TOLERANCE: Span = Span::secs(15);

pub struct Trouble<'a> {
    pub job: &'a JobKey,
    pub symptoms: Vec<&'a Symptom>,
    pub onset: Millis,
    /// Where the data piles up inside it.
    pub bottlenecks: Vec<VertexId>,
    /// The nearest job upstream that explains its symptoms.
    pub inherits: Option<&'a JobKey>,
    /// The nearest ill job that feeds it, whatever else is wrong with itself.
    pub feeder: Option<&'a JobKey>,
}

pub struct Troubles<'a> {
    pub at: Millis,
    pub jobs: BTreeMap<&'a JobKey, Trouble<'a>>,
    /// Jobs that catch up, or that somebody restarts: their readers wait for them.
    pub calm: BTreeSet<&'a JobKey>,
    /// Symptoms of shared things: clusters, topics without readers.
    pub shared: Vec<&'a Symptom>,
}

impl<'a> Troubles<'a> {
    pub fn of(s: &'a Snapshot, kin: &Kin<'a>, seen: &'a Seen) -> Troubles<'a> {
        let mut by_job: BTreeMap<&'a JobKey, Vec<&'a Symptom>> = BTreeMap::new();
        let mut shared = Vec::new();
        for symptom in &seen.symptoms {
            match &symptom.job {
                Some(job) => by_job.entry(job).or_default().push(symptom),
                None => shared.push(symptom),
            }
        }
        let nodes: BTreeMap<&JobKey, &Node> = s
            .lineage
            .nodes
            .iter()
            .filter_map(|n| match &n.node {
                NodeRef::Job { job } => Some((job, n)),
                NodeRef::Topic { .. } | NodeRef::Base { .. } => None,
            })
            .collect();
        let onsets: BTreeMap<&'a JobKey, Millis> = by_job
            .iter()
            .filter_map(|(j, s)| Some((*j, s.iter().map(|s| s.onset).min()?)))
            .collect();
        let calm: BTreeSet<&'a JobKey> = seen
            .calm
            .iter()
            .filter(|c| {
                matches!(c.why, Calm::CatchingUp | Calm::PlannedRestart | Calm::UnderRepair)
            })
            .filter_map(|c| c.subject.job())
            .collect();
        let stopped = |s: &&Symptom| s.kind == SymptomKind::InputStopped;
        let silent: BTreeSet<&'a JobKey> =
            by_job.iter().filter(|(_, s)| s.iter().all(stopped)).map(|(j, _)| *j).collect();
        let since = calm.iter().map(|j| (*j, Millis(i64::MIN))).chain(onsets).collect();
        let ill = Ill { since, silent };
        let tolerance = Span(s.tick.0 * TOLERANCE_TICKS).max(TOLERANCE);
        let jobs = by_job
            .into_iter()
            .map(|(job, symptoms)| {
                let onset = symptoms.iter().map(|s| s.onset).min().unwrap_or(s.at);
                let node = nodes.get(job).copied();
                let hops: &[Hop] = node.map_or(&[], |n| &n.hops);
                let places =
                    s.estate.jobs.get(job).map(|j| bottlenecks(s, j, hops, kin.reads(job)));
                let bottlenecks = places.unwrap_or_default();
                let own = !bottlenecks.is_empty();
                // nothing is held up in it: then whatever is late in it came in late
                let by = if own { onset + tolerance } else { Millis(i64::MAX) };
                let feeder = ill.feeder(kin, job, onset, by);
                let inherits = feeder.filter(|_| can_inherit(node, own, &symptoms));
                (job, Trouble { job, symptoms, onset, bottlenecks, inherits, feeder })
            })
            .collect();
        Troubles { at: s.at, jobs, calm, shared }
    }

    /// A base cluster or component has a symptom of its own.
    pub fn is_ill(&self, base: &Subject) -> bool {
        self.shared.iter().any(|s| s.kind == SymptomKind::BaseIll && s.subject == *base)
    }

    /// It has symptoms, or catches up after some.
    pub fn suffers(&self, job: &JobKey) -> bool {
        self.jobs.contains_key(job) || self.calm.contains(job)
    }

    /// Kinds of symptoms of a job and of the clusters that it stands on.
    pub fn kinds(
        &self,
        job: &JobKey,
        kafka: &BTreeSet<&ClusterId>,
        under: &dyn Fn(&Subject) -> bool,
    ) -> BTreeSet<SymptomKind> {
        let own = self.jobs.get(job).into_iter().flat_map(|t| t.symptoms.iter().map(|s| s.kind));
        let below = self.shared.iter().filter(|s| match &s.subject {
            Subject::FlinkCluster { cluster } => *cluster == job.cluster,
            Subject::KafkaCluster { cluster } | Subject::Broker { cluster, .. } => {
                kafka.contains(cluster)
            }
            base @ Subject::Base { .. } => under(base),
            _ => false,
        });
        own.chain(below.map(|s| s.kind)).collect()
    }
}

/// Symptoms that a late, down or silent upstream gives its readers.
pub fn can_be_inherited(s: &Symptom) -> bool {
    use SymptomKind::*;
    matches!(s.kind, Late | PathLate | ThroughputDropped | InputStopped | WatermarkStalled)
}

/// Nothing of the job's own is wrong: most of its delay came with its input, and nothing fails.
fn can_inherit(node: Option<&Node>, own_bottleneck: bool, symptoms: &[&Symptom]) -> bool {
    let (own, total) =
        node.map_or((None, None), |n| (n.own, n.total.as_ref().and_then(|t| t.seconds())));
    let mostly_own = matches!((own, total), (Some(o), Some(t)) if o > t * ARISES_SHARE);
    let late = symptoms.iter().any(|s| matches!(s.kind, SymptomKind::Late | SymptomKind::PathLate));
    // a window that waits for its end looks like the job's own delay, and holds nothing up
    symptoms.iter().all(|s| can_be_inherited(s)) && !(late && mostly_own && own_bottleneck)
}

/// Ill jobs, and those that catch up, by when that began.
struct Ill<'a> {
    since: BTreeMap<&'a JobKey, Millis>,
    /// Nothing but that they get nothing is wrong with them.
    silent: BTreeSet<&'a JobKey>,
}

impl<'a> Ill<'a> {
    /// The nearest one upstream whose trouble began by `by`. Where no edge tells who feeds the job,
    /// of those that may feed it the one that fell ill first, before it did.
    fn feeder(&self, kin: &Kin<'a>, job: &JobKey, onset: Millis, by: Millis) -> Option<&'a JobKey> {
        let in_time = |u: &&JobKey| self.since.get(u).is_some_and(|began| *began <= by);
        if let Some(upstream) = kin.upstream(job).into_iter().find(in_time) {
            return Some(upstream);
        }
        // of two that get nothing, only the one that got nothing first can have fed the other
        let before = |u: &JobKey, t: Millis| match self.silent.contains(u) {
            true => t < onset,
            false => t <= onset + TOLERANCE,
        };
        let ill = kin.may_feed(job).into_iter().filter_map(|u| Some((*self.since.get(u)?, u)));
        ill.filter(|(t, u)| before(u, *t)).min().map(|f| f.1)
    }
}
