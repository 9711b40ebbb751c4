//! Which jobs are ill, by which symptoms, and which of them are so only because an upstream is.

use super::bottleneck::bottlenecks;
use super::kin::Kin;
use crate::case::{Symptom, SymptomKind};
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
}

pub struct Troubles<'a> {
    pub at: Millis,
    pub jobs: BTreeMap<&'a JobKey, Trouble<'a>>,
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
                NodeRef::Topic { .. } => None,
            })
            .collect();
        let ill: BTreeMap<&JobKey, Millis> = by_job
            .iter()
            .filter_map(|(j, s)| Some((*j, s.iter().map(|s| s.onset).min()?)))
            .collect();
        let tolerance = Span(s.tick.0 * TOLERANCE_TICKS).max(TOLERANCE);
        let jobs = by_job
            .into_iter()
            .map(|(job, symptoms)| {
                let onset = ill.get(job).copied().unwrap_or(s.at);
                let node = nodes.get(job).copied();
                let hops: &[Hop] = node.map_or(&[], |n| &n.hops);
                let places =
                    s.estate.jobs.get(job).map(|j| bottlenecks(s, j, hops, kin.reads(job)));
                let inherits = inherits(kin, node, job, &symptoms, &ill, tolerance);
                let bottlenecks = places.unwrap_or_default();
                (job, Trouble { job, symptoms, onset, bottlenecks, inherits })
            })
            .collect();
        Troubles { at: s.at, jobs, shared }
    }

    /// Kinds of symptoms of a job and of the clusters that it stands on.
    pub fn kinds(&self, job: &JobKey, kafka: &BTreeSet<&ClusterId>) -> BTreeSet<SymptomKind> {
        let own = self.jobs.get(job).into_iter().flat_map(|t| t.symptoms.iter().map(|s| s.kind));
        let below = self.shared.iter().filter(|s| match &s.subject {
            Subject::FlinkCluster { cluster } => *cluster == job.cluster,
            Subject::KafkaCluster { cluster } | Subject::Broker { cluster, .. } => {
                kafka.contains(cluster)
            }
            _ => false,
        });
        own.chain(below.map(|s| s.kind)).collect()
    }
}

/// Symptoms that a late, down or silent upstream gives its readers.
fn can_be_inherited(s: &Symptom) -> bool {
    use SymptomKind::*;
    matches!(s.kind, Late | PathLate | ThroughputDropped | InputStopped | WatermarkStalled)
}

/// The nearest ill job upstream whose trouble began no later, if nothing of the job's own is wrong:
/// most of its delay came with its input, and nothing of it fails.
fn inherits<'a>(
    kin: &Kin<'a>,
    node: Option<&Node>,
    job: &JobKey,
    symptoms: &[&Symptom],
    ill: &BTreeMap<&'a JobKey, Millis>,
    tolerance: Span,
) -> Option<&'a JobKey> {
    if !symptoms.iter().all(|s| can_be_inherited(s)) {
        return None;
    }
    let (own, total) =
        node.map_or((None, None), |n| (n.own, n.total.as_ref().and_then(|t| t.seconds())));
    let mostly_own = matches!((own, total), (Some(o), Some(t)) if o > t * ARISES_SHARE);
    let late = symptoms.iter().any(|s| matches!(s.kind, SymptomKind::Late | SymptomKind::PathLate));
    if late && mostly_own {
        return None;
    }
    let onset = symptoms.iter().map(|s| s.onset).min()?;
    kin.upstream(job)
        .into_iter()
        .find(|u| ill.get(u).is_some_and(|began| *began <= onset + tolerance))
}
