//! Who stands on what: jobs and Flink clusters on ZooKeeper, HDFS, YARN and components. Reckoned
//! once per pass.

use super::ctx::Ctx;
use super::links::ends;
use super::relation::Relation as R;
use super::walk::Found;
use crate::estate::{
    BaseCluster, BaseKind, ClusterId, JobKey, MemberRole, Name, Place, Subject, TopicId, glob,
};
use crate::lineage::{NodeRef, Pattern, PatternKind};
use crate::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};

/// What a job stands on that nobody has named, and no path or container id tells.
const NOBODY_SAYS: &str = "what it stands on: nobody says so in the configuration";

#[derive(Default)]
pub struct Stands {
    flink: BTreeMap<ClusterId, Vec<Subject>>,
    jobs: BTreeMap<JobKey, BTreeSet<Subject>>,
    /// Components by topic that they read or write.
    topics: BTreeMap<TopicId, BTreeSet<Subject>>,
}

impl Stands {
    pub fn of(s: &Snapshot) -> Stands {
        let mut out = Stands::default();
        for flink in s.estate.flink.keys() {
            let below: Vec<Subject> =
                s.estate.bases_of(flink).map(|(id, base)| base.subject(id)).collect();
            out.flink.insert(flink.clone(), below);
        }
        let named: Vec<(Subject, &Place)> =
            s.estate.bases.iter().map(|(id, b)| (b.subject(id), &b.place)).collect();
        for (key, job) in &s.estate.jobs {
            let below = out.flink.get(&key.cluster).into_iter().flatten().cloned();
            let flows = |p: &Place| {
                let ends = p.upstream.iter().chain(&p.downstream).map(|g| Pattern::new(g));
                ends.into_iter().any(|g| g.matches(PatternKind::Job, &key.key))
            };
            let says = |p: &Place| {
                p.jobs.iter().any(|g| glob(g, &job.name) || glob(g, &key.key)) || flows(p)
            };
            let named = named.iter().filter(|(_, p)| says(p)).map(|(base, _)| base.clone());
            out.jobs.insert(key.clone(), below.chain(named).collect());
        }
        for edge in &s.lineage.edges {
            let Some((job, topic)) = ends(edge) else { continue };
            for (base, place) in &named {
                if place.reads.iter().chain(&place.writes).any(|t| topic.is_called(t)) {
                    out.topics.entry(topic.clone()).or_default().insert(base.clone());
                    out.jobs.entry(job.clone()).or_default().insert(base.clone());
                }
            }
        }
        out
    }

    pub fn under_job(&self, job: &JobKey) -> impl Iterator<Item = &Subject> {
        self.jobs.get(job).into_iter().flatten()
    }

    /// Components that read or write it.
    pub fn at_topic(&self, topic: &TopicId) -> impl Iterator<Item = &Subject> {
        self.topics.get(topic).into_iter().flatten()
    }

    /// Jobs that stand on it.
    pub fn over<'s>(&'s self, base: &'s Subject) -> impl Iterator<Item = &'s JobKey> {
        self.jobs.iter().filter(move |(_, below)| below.contains(base)).map(|(job, _)| job)
    }
}

/// The base kind that a relation leads to.
fn wanted(relation: R) -> Option<BaseKind> {
    Some(match relation {
        R::Zookeepers => BaseKind::Zookeeper,
        R::HdfsClusters => BaseKind::Hdfs,
        R::YarnClusters => BaseKind::Yarn,
        R::Components => BaseKind::Component,
        _ => return None,
    })
}

fn only(all: impl Iterator<Item = Subject>, kind: BaseKind) -> Found {
    let of = |s: &Subject| matches!(s, Subject::Base { base, .. } if *base == kind);
    let all: BTreeSet<Subject> = all.filter(of).collect();
    let unseen = all.is_empty().then_some(NOBODY_SAYS);
    Found { all: all.into_iter().collect(), unseen }
}

/// From a job, a Flink cluster or a topic down to a base cluster of a kind.
pub fn below(ctx: &Ctx<'_>, relation: R, s: &Subject) -> Found {
    let Some(kind) = wanted(relation) else { return Found::default() };
    let stands = ctx.stands();
    match s {
        Subject::Job { job } => only(stands.under_job(job).cloned(), kind),
        Subject::FlinkCluster { cluster } => {
            only(stands.flink.get(cluster).into_iter().flatten().cloned(), kind)
        }
        Subject::Topic { topic } => {
            only(stands.topics.get(topic).into_iter().flatten().cloned(), kind)
        }
        _ => Found::default(),
    }
}

/// Data goes from the job into this component, and nothing says that the job needs an answer of it:
/// a sink or a warehouse.
pub fn only_feeds(ctx: &Ctx<'_>, job: &JobKey, s: &Subject) -> bool {
    let Subject::Base { base: BaseKind::Component, cluster } = s else { return false };
    let Some(place) = base(ctx, cluster).map(|b| &b.place) else { return false };
    let name = ctx.job(job).map(|j| &j.name);
    let says = |g: &Name| glob(g, &job.key) || name.is_some_and(|n| glob(g, n));
    let gives = |g: &Name| Pattern::new(g).matches(PatternKind::Job, &job.key);
    let reads_of_it = ctx.snapshot.lineage.edges.iter().any(|e| match (&e.from, &e.to) {
        (NodeRef::Topic { topic }, NodeRef::Job { job: reader }) => {
            reader == job && place.writes.iter().any(|t| topic.is_called(t))
        }
        _ => false,
    });
    let used = place.flink.contains(&job.cluster)
        || place.jobs.iter().any(says)
        || place.downstream.iter().any(gives);
    !used && !reads_of_it
}

fn base<'a>(ctx: &Ctx<'a>, cluster: &ClusterId) -> Option<&'a BaseCluster> {
    ctx.estate().bases.get(cluster)
}

fn member(cluster: &ClusterId, name: &Name) -> Subject {
    Subject::Member { cluster: cluster.clone(), member: name.clone() }
}

pub fn of_base(ctx: &Ctx<'_>, relation: R, s: &Subject, cluster: &ClusterId) -> Found {
    match relation {
        R::Members => match base(ctx, cluster) {
            Some(b) => Found::of(b.members.keys().map(|m| member(cluster, m))),
            None => Found::unseen("its members"),
        },
        R::Jobs => Found::of(ctx.stands().over(s).map(|j| Subject::Job { job: j.clone() })),
        _ => Found::default(),
    }
}

pub fn of_member(ctx: &Ctx<'_>, relation: R, cluster: &ClusterId, name: &Name) -> Found {
    let known = base(ctx, cluster).and_then(|b| b.members.get(name));
    match relation {
        R::ToHost => {
            let host = known.and_then(|m| m.is.host.clone());
            Found::one(host.map(|host| Subject::Host { host }), "the member's host")
        }
        _ => Found::default(),
    }
}

/// The others of its role.
pub fn beside(ctx: &Ctx<'_>, cluster: &ClusterId, name: &Name) -> Found {
    let Some(b) = base(ctx, cluster) else { return Found::unseen("its members") };
    let role: Option<MemberRole> = b.members.get(name).map(|m| m.is.role);
    let same = b.members.iter().filter(|(_, m)| Some(m.is.role) == role);
    Found::of(same.map(|(n, _)| member(cluster, n)))
}
