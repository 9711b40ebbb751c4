//! What surrounds the job: its cluster, what it depends on, and our own eyes.

use super::{fresh, reads, root, writes, young};
use crate::case::*;
use crate::estate::*;
use crate::plan::{ClusterView, Dependency, PlanInput};
use crate::rules::Ctx;
use crate::rules::standing::{Standing, standing};
use crate::signals::Signal;
use crate::snapshot::Snapshot;
use std::collections::BTreeSet;

/// A job that left the list longer ago is no more one of the cluster's.
const FORGOTTEN: Span = Span::secs(3600);
/// A target that was not asked for so long was taken away.
const DROPPED: Span = Span::secs(600);

/// What is ill now, elsewhere too.
pub struct Health<'a> {
    /// Open incidents, the one that a plan is made for among them.
    open: Vec<&'a Incident>,
    /// Symptoms that nobody has explained yet.
    pending: &'a [Symptom],
    /// What shows now. What an incident was found by may be mended, and what it did still there.
    now: &'a [Symptom],
    found: &'a [Diagnosis],
}

/// The cure of what is left of an outage.
const RESUME: &str = "resume-in-waves";
/// Looks at a broker that answers before it counts as well.
const LOOKS: i64 = 4;

/// Whether anything is asked of it that could tell: of a component with an exporter alone, nothing.
fn asked(s: &Snapshot, id: &ClusterId) -> bool {
    let known = s.estate.bases.get(id);
    known.is_some_and(|b| {
        b.base != BaseKind::Component || b.serves.is_some() || !b.health.is_empty()
    })
}

/// A base cluster that somebody has named, or that a path or a container's id names.
fn below(ctx: &Ctx<'_>, subject: &Subject) -> Option<bool> {
    let id = subject.cluster()?;
    match standing(ctx, id, ctx.estate().bases.get(id)?) {
        Standing::Well => Some(false),
        Standing::Ill { .. } => Some(true),
        Standing::Unknown => None,
    }
}

impl<'a> Health<'a> {
    pub fn of(input: &PlanInput<'a>) -> Health<'a> {
        let open = input.pass.book.incidents.values();
        let ill = |i: &&Incident| {
            matches!(i.state, IncidentState::Provisional | IncidentState::Confirmed)
        };
        Health {
            open: open.filter(ill).collect(),
            pending: &input.pass.assessment.pending,
            now: &input.pass.seen.symptoms,
            found: &input.pass.assessment.found,
        }
    }

    /// Ill jobs of a cluster; those under one named root count once.
    fn roots(&self, cluster: &ClusterId) -> u32 {
        let here = |s: &Symptom| s.job.as_ref().filter(|j| j.cluster == *cluster).cloned();
        let mut roots = 0;
        let mut loose: BTreeSet<JobKey> = self.pending.iter().filter_map(here).collect();
        let mut told: BTreeSet<JobKey> = BTreeSet::new();
        for i in &self.open {
            let jobs: BTreeSet<JobKey> = i.diagnosis.symptoms.iter().filter_map(here).collect();
            if jobs.is_empty() {
                continue;
            }
            if root(&i.diagnosis.verdict).is_some() {
                roots += 1;
                told.extend(jobs);
            } else {
                loose.extend(jobs);
            }
        }
        loose.retain(|j| !told.contains(j));
        u32::try_from(loose.len()).unwrap_or(u32::MAX).saturating_add(roots)
    }

    /// Kafka clusters of what it reads and writes, and what lies below it in its own cluster.
    pub fn dependencies(&self, input: &PlanInput<'_>) -> Vec<Dependency> {
        let (s, job) = (input.snapshot, input.job);
        let topics = reads(s, job).map(|(t, _)| t).chain(writes(s, job).map(|(t, _)| t));
        let kafka: BTreeSet<&ClusterId> = topics.map(|t| &t.cluster).collect();
        let mut out: Vec<Dependency> = kafka
            .into_iter()
            .map(|cluster| Dependency {
                subject: Subject::KafkaCluster { cluster: cluster.clone() },
                ill: self.kafka(s, cluster),
            })
            .collect();
        let subject = Subject::FlinkCluster { cluster: job.cluster.clone() };
        out.push(Dependency { subject, ill: self.flink(input) });
        let ctx = Ctx::new(s);
        let tells = |base: &&Subject| base.cluster().is_some_and(|id| asked(s, id));
        out.extend(
            ctx.stands()
                .under_job(job)
                .filter(tells)
                .map(|base| Dependency { subject: base.clone(), ill: below(&ctx, base) }),
        );
        out
    }

    fn kafka(&self, s: &Snapshot, cluster: &ClusterId) -> Option<bool> {
        let of = |subject: &Subject| match subject {
            Subject::KafkaCluster { cluster: c } | Subject::Broker { cluster: c, .. } => {
                c == cluster
            }
            _ => false,
        };
        let silent = |x: &Symptom| x.kind == SymptomKind::KafkaSilent && of(&x.subject);
        // what has only to be started again is no illness of what it depends on
        let left = |d: &Diagnosis| d.cures.iter().any(|c| &**c == RESUME);
        let ill = |d: &Diagnosis| of(&d.subject) && !left(d);
        if self.now.iter().any(silent) || self.found.iter().any(ill) {
            return Some(true);
        }
        let settled = Span(s.tick.0.saturating_mul(LOOKS));
        let answers = |a: &Answered| a.answering == Answering::Answers && s.at - a.since < settled;
        if s.estate.kafka.get(cluster)?.answers.values().any(answers) {
            return None;
        }
        let seen = s.estate.kafka.get(cluster)?.overview.as_ref().map(|(at, _)| *at);
        let of_kafka = |g: &&Gap| g.target.is_cluster(TargetKind::Kafka, cluster);
        let hidden = s.gaps.iter().filter(of_kafka).any(|g| fails(&g.reason));
        // topics and brokers are read more rarely than offsets: what came last tells more
        let moves = s.signals.rows().any(|row| {
            matches!(&*row.entity, Entity::Partition { topic, .. } if topic.cluster == *cluster)
                && young(s, row.get(Signal::EndOffset).and_then(Series::last).map(|p| p.0))
        });
        (seen.is_some() && moves && !hidden).then_some(false)
    }

    /// Its JobManager, TaskManagers and state storage, unless that is what the incident is about.
    fn flink(&self, input: &PlanInput<'_>) -> Option<bool> {
        let (s, cluster) = (input.snapshot, &input.job.cluster);
        let of = |subject: &Subject| match subject {
            Subject::FlinkCluster { cluster: c } | Subject::TaskManager { cluster: c, .. } => {
                c == cluster
            }
            _ => false,
        };
        let other = |i: &&&Incident| i.id != input.incident.id;
        if self.open.iter().filter(other).any(|i| of(&i.diagnosis.subject)) {
            return Some(true);
        }
        answers(s, cluster).then_some(false)
    }
}

/// Its JobManager has told its jobs within three times that it was asked for them.
pub fn answers(s: &Snapshot, cluster: &ClusterId) -> bool {
    let seen = s.estate.flink.get(cluster).and_then(|f| f.jobs_seen);
    seen.is_some_and(|seen| s.at - seen <= Span(s.jobs_every().0.saturating_mul(3)))
}

pub fn of(input: &PlanInput<'_>, health: &Health<'_>) -> ClusterView {
    let (s, cluster) = (input.snapshot, &input.job.cluster);
    let flink = s.estate.flink.get(cluster);
    let overview = flink.and_then(|f| f.overview.as_ref());
    let seen = |id: &TaskManagerId| {
        let entity = Entity::TaskManager { cluster: cluster.clone(), id: id.clone() };
        let newest = |row: &Row| row.iter().filter_map(|(_, x)| x.last()).map(|p| p.0).max();
        young(s, s.signals.row(&entity).and_then(newest))
    };
    let managers: Vec<&TaskManagerId> = flink.iter().flat_map(|f| f.taskmanagers.keys()).collect();
    let fresh = managers.iter().filter(|id| seen(id)).count() + usize::from(answers(s, cluster));
    let domain = input.told.failure_domain.clone();
    ClusterView {
        fresh_targets: u32::try_from(fresh).unwrap_or(u32::MAX),
        targets: u32::try_from(managers.len() + 1).unwrap_or(u32::MAX),
        jobs: jobs(s, cluster, input.job),
        ill_roots: health.roots(cluster),
        free_slots: overview.map(|(_, o)| o.slots_available),
        slots_seen: overview.map(|(at, _)| *at),
        insecure: input.told.insecure,
        failure_domain: domain.unwrap_or_else(|| cluster.0.clone()),
    }
}

/// What was ended is no job any more, but for the one that is to be started again.
fn jobs(s: &Snapshot, cluster: &ClusterId, ours: &JobKey) -> u32 {
    let here = |j: &&Job| {
        j.key.cluster == *cluster
            && j.gone.is_none_or(|at| s.at - at < FORGOTTEN)
            && (j.key == *ours || !matches!(j.run.state, JobState::Finished | JobState::Canceled))
    };
    u32::try_from(s.estate.jobs.values().filter(here).count()).unwrap_or(u32::MAX)
}

/// Targets of ours that fail, of all that there are: JobManagers, Kafka clusters, metrics.
pub fn collectors(s: &Snapshot) -> (u32, u32) {
    let mut all: BTreeSet<Name> = BTreeSet::new();
    let mut failing: BTreeSet<Name> = BTreeSet::new();
    for cluster in s.estate.flink.keys() {
        all.insert(format!("flink {cluster}").into());
    }
    for cluster in s.estate.kafka.keys() {
        all.insert(format!("kafka {cluster}").into());
    }
    for row in s.signals.rows() {
        let Entity::Target { name } = &*row.entity else { continue };
        let Some((at, up)) = row.get(Signal::TargetUp).and_then(Series::last) else { continue };
        if s.at - at > DROPPED {
            continue;
        }
        all.insert(name.clone());
        if up < 0.5 || s.at - at > fresh(s) {
            failing.insert(name.clone());
        }
    }
    // a DataNode that is dead is not our eye: of what has several members, one that answers is enough
    for gap in s.gaps.iter().filter(|g| fails(&g.reason) && !g.target.kind.is_base()) {
        all.insert(gap.target.name.clone());
        failing.insert(gap.target.name.clone());
    }
    let count = |set: &BTreeSet<Name>| u32::try_from(set.len()).unwrap_or(u32::MAX);
    (count(&failing), count(&all))
}

/// The target itself does not answer as it should; missing rights are no failure of ours.
fn fails(reason: &GapReason) -> bool {
    matches!(
        reason,
        GapReason::Unreachable { .. }
            | GapReason::TimedOut { .. }
            | GapReason::Status { code: 500.. }
            | GapReason::NotUnderstood { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lineage::Lineage;
    use std::sync::Arc;

    const NOW: Millis = Millis(1_800_000_000_000);

    /// A target that answers, and something in it that does not.
    fn failing(kind: TargetKind) -> (u32, u32) {
        let target = Target { name: "one".into(), kind, address: "h:1".into() };
        let mut signals = SeriesTable::default();
        let entity = Entity::Target { name: target.name.clone() };
        signals.record(&entity, Signal::TargetUp, NOW, 1.0);
        let reason = GapReason::Unreachable { detail: "refused".into() };
        let gap = Gap { target, what: "DataNode d1:9864".into(), at: NOW, reason };
        collectors(&Snapshot {
            at: NOW,
            tick: Span::secs(5),
            estate: Arc::default(),
            signals,
            lineage: Arc::new(Lineage { at: NOW, ..Lineage::default() }),
            changes: Arc::default(),
            gaps: Arc::new(vec![gap]),
            past: Arc::default(),
            seasons: Arc::default(),
            planned: Arc::default(),
            repairs: Arc::default(),
        })
    }

    #[test]
    fn a_dead_member_of_what_answers_does_not_blind_us() {
        assert_eq!(failing(TargetKind::Hdfs), (0, 1));
        assert_eq!(failing(TargetKind::FlinkRest), (1, 1));
    }
}
