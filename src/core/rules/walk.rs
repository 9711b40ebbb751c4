//! Following a relation from one subject to others.

use super::ctx::Ctx;
use super::links::ends;
use super::relation::Relation as R;
use super::stand;
use crate::estate::{
    ClusterId, JobKey, Name, Subject, SubjectKind, TaskManagerId, TopicId, Vertex, VertexId,
};
use crate::lineage::{Edge, EdgeKind, NodeRef};
use std::collections::BTreeSet;

/// Subjects, and what kept others from being seen.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub all: Vec<Subject>,
    /// Members that may be there and are not known; or None of them is.
    pub unseen: Option<&'static str>,
}

impl Found {
    pub(super) fn unseen(what: &'static str) -> Found {
        Found { all: Vec::new(), unseen: Some(what) }
    }
    pub(super) fn of(all: impl IntoIterator<Item = Subject>) -> Found {
        Found { all: all.into_iter().collect(), unseen: None }
    }
    pub(super) fn one(found: Option<Subject>, what: &'static str) -> Found {
        match found {
            Some(s) => Found::of([s]),
            None => Found::unseen(what),
        }
    }
    fn then(self, ctx: &Ctx<'_>, relation: R) -> Found {
        let mut out = Found { all: Vec::new(), unseen: self.unseen };
        let mut seen = BTreeSet::new();
        for s in &self.all {
            let next = follow(ctx, relation, s);
            out.unseen = out.unseen.or(next.unseen);
            out.all.extend(next.all.into_iter().filter(|s| seen.insert(s.clone())));
        }
        out
    }
}

/// Walks along a plan or lineage are cut here: far over what either has.
const MAX_STEPS: usize = 10_000;

const NO_PLAN: &str = "the job's plan";
const NO_PLACE: &str = "on which TaskManager it runs";
const NO_EDGES: &str = "which topics the job reads or writes";

/// What `relation` leads to from `s`; nothing where it leads nowhere from that kind.
pub fn follow(ctx: &Ctx<'_>, relation: R, s: &Subject) -> Found {
    if !relation.many() && relation.target(s.kind()) == Some(s.kind()) {
        return Found::of([s.clone()]);
    }
    if matches!(relation, R::Zookeepers | R::HdfsClusters | R::YarnClusters | R::Components) {
        return stand::below(ctx, relation, s);
    }
    match s {
        Subject::Job { job } => of_job(ctx, relation, job),
        Subject::Vertex { job, vertex } => of_vertex(ctx, relation, job, vertex),
        Subject::Subtask { job, vertex, index } => {
            of_subtask(ctx, relation, s, job, vertex, *index)
        }
        Subject::TaskManager { cluster, id } => of_taskmanager(ctx, relation, s, cluster, id),
        Subject::FlinkCluster { cluster } => of_flink(ctx, relation, cluster),
        Subject::Topic { topic } => of_topic(ctx, relation, topic),
        Subject::Partition { topic, partition } => match relation {
            R::ToTopic => Found::of([Subject::Topic { topic: topic.clone() }]),
            R::ToBroker => Found::one(leader(ctx, topic, *partition), "the partition's leader"),
            R::ToKafka => Found::of([Subject::KafkaCluster { cluster: topic.cluster.clone() }]),
            _ => of_topic(ctx, relation, topic),
        },
        Subject::Broker { cluster, id } => of_broker(ctx, relation, cluster, *id),
        Subject::KafkaCluster { cluster } => of_kafka(ctx, relation, cluster),
        Subject::Host { host } => of_host(ctx, relation, host),
        Subject::Base { cluster, .. } => stand::of_base(ctx, relation, s, cluster),
        Subject::Member { cluster, member } => stand::of_member(ctx, relation, cluster, member),
    }
}

fn job_subject(job: &JobKey) -> Subject {
    Subject::Job { job: job.clone() }
}

fn vertex_subject(job: &JobKey, vertex: &VertexId) -> Subject {
    Subject::Vertex { job: job.clone(), vertex: vertex.clone() }
}

fn flink(cluster: &ClusterId) -> Subject {
    Subject::FlinkCluster { cluster: cluster.clone() }
}

fn of_job(ctx: &Ctx<'_>, relation: R, job: &JobKey) -> Found {
    let me = || Found::of([job_subject(job)]);
    match relation {
        R::ToJob => me(),
        R::Cluster => Found::of([flink(&job.cluster)]),
        R::Vertices => vertices(ctx, job, |_| true),
        R::Sources => vertices(ctx, job, |v| v.inputs.is_empty()),
        R::Sinks => {
            let Some(plan) = ctx.plan(job) else { return Found::unseen(NO_PLAN) };
            let fed: BTreeSet<&VertexId> =
                plan.vertices.iter().flat_map(|v| &v.inputs).map(|i| &i.from).collect();
            vertices(ctx, job, |v| !fed.contains(&v.id))
        }
        R::Subtasks => vertices(ctx, job, |_| true).then(ctx, R::Subtasks),
        R::TaskManagers => me().then(ctx, R::Subtasks).then(ctx, R::ToTaskManager),
        R::Hosts => me().then(ctx, R::TaskManagers).then(ctx, R::ToHost),
        R::Inputs | R::Outputs => topics_of(ctx, job, None, relation == R::Inputs),
        R::Partitions => me().then(ctx, R::Inputs).then(ctx, R::Partitions),
        R::KafkaClusters => both_sides(ctx, job).then(ctx, R::ToKafka),
        R::Brokers => both_sides(ctx, job).then(ctx, R::Brokers),
        R::Upstream => me().then(ctx, R::Inputs).then(ctx, R::Writers).without(&job_subject(job)),
        R::Downstream => {
            me().then(ctx, R::Outputs).then(ctx, R::Readers).without(&job_subject(job))
        }
        R::Ancestors => closure(ctx, R::Upstream, job_subject(job)),
        R::Descendants => closure(ctx, R::Downstream, job_subject(job)),
        _ => Found::default(),
    }
}

impl Found {
    fn without(mut self, s: &Subject) -> Found {
        self.all.retain(|x| x != s);
        self
    }
}

/// What it reads and what it writes; where only one side is known, that.
fn both_sides(ctx: &Ctx<'_>, job: &JobKey) -> Found {
    let (read, written) = (topics_of(ctx, job, None, true), topics_of(ctx, job, None, false));
    let unseen = if read.all.is_empty() && written.all.is_empty() { read.unseen } else { None };
    let all: BTreeSet<Subject> = read.all.into_iter().chain(written.all).collect();
    Found { all: all.into_iter().collect(), unseen }
}

fn closure(ctx: &Ctx<'_>, relation: R, from: Subject) -> Found {
    let mut seen = BTreeSet::from([from.clone()]);
    let mut out = Found::default();
    let mut next = vec![from];
    while let Some(s) = next.pop() {
        let step = follow(ctx, relation, &s);
        out.unseen = out.unseen.or(step.unseen);
        for s in step.all {
            if seen.len() < MAX_STEPS && seen.insert(s.clone()) {
                out.all.push(s.clone());
                next.push(s);
            }
        }
    }
    out
}

fn vertices(ctx: &Ctx<'_>, job: &JobKey, which: impl Fn(&Vertex) -> bool) -> Found {
    match ctx.plan(job) {
        Some(plan) => {
            Found::of(plan.vertices.iter().filter(|v| which(v)).map(|v| vertex_subject(job, &v.id)))
        }
        None => Found::unseen(NO_PLAN),
    }
}

fn of_vertex(ctx: &Ctx<'_>, relation: R, job: &JobKey, id: &VertexId) -> Found {
    let me = || vertex_subject(job, id);
    let of_plan = |get: &dyn Fn(&Vertex) -> Vec<Subject>| match ctx.vertex(job, id) {
        Some(v) => Found::of(get(v)),
        None => Found::unseen(NO_PLAN),
    };
    match relation {
        R::Subtasks => of_plan(&|v| {
            (0..v.parallelism)
                .map(|index| Subject::Subtask { job: job.clone(), vertex: id.clone(), index })
                .collect()
        }),
        R::Upstream => of_plan(&|v| {
            let from: BTreeSet<&VertexId> = v.inputs.iter().map(|i| &i.from).collect();
            from.into_iter().map(|f| vertex_subject(job, f)).collect()
        }),
        R::Downstream => vertices(ctx, job, |v| v.inputs.iter().any(|i| i.from == *id)),
        R::Ancestors => closure(ctx, R::Upstream, me()),
        R::Descendants => closure(ctx, R::Downstream, me()),
        R::TaskManagers => Found::of([me()]).then(ctx, R::Subtasks).then(ctx, R::ToTaskManager),
        R::Inputs | R::Outputs => topics_of(ctx, job, Some(id), relation == R::Inputs),
        R::Partitions => topics_of(ctx, job, Some(id), true).then(ctx, R::Partitions),
        R::ToJob | R::Cluster | R::Vertices | R::Sources | R::Sinks => of_job(ctx, relation, job),
        _ => Found::default(),
    }
}

fn of_subtask(
    ctx: &Ctx<'_>,
    relation: R,
    s: &Subject,
    job: &JobKey,
    vertex: &VertexId,
    index: u32,
) -> Found {
    match relation {
        R::ToVertex => Found::of([vertex_subject(job, vertex)]),
        R::ToTaskManager => {
            let placed = ctx.job(job).and_then(|j| {
                let placements = &ctx.estate().flink.get(&job.cluster)?.placements;
                placements.get(&(j.run.id.clone(), vertex.clone(), index))
            });
            let tm = placed
                .map(|id| Subject::TaskManager { cluster: job.cluster.clone(), id: id.clone() });
            Found::one(tm, NO_PLACE)
        }
        R::ToHost => Found::of([s.clone()]).then(ctx, R::ToTaskManager).then(ctx, R::ToHost),
        R::Subtasks => of_vertex(ctx, R::Subtasks, job, vertex),
        R::ToJob | R::Cluster | R::Vertices => of_job(ctx, relation, job),
        _ => Found::default(),
    }
}

fn of_taskmanager(
    ctx: &Ctx<'_>,
    relation: R,
    s: &Subject,
    cluster: &ClusterId,
    id: &TaskManagerId,
) -> Found {
    let known = ctx.estate().flink.get(cluster);
    match relation {
        R::Cluster => Found::of([flink(cluster)]),
        R::ToHost => {
            let host = known.and_then(|f| f.taskmanagers.get(id)?.host.clone());
            Found::one(host.map(|host| Subject::Host { host }), "the TaskManager's host")
        }
        R::Subtasks => {
            let placed = known.into_iter().flat_map(|f| &f.placements).filter(|(_, tm)| *tm == id);
            Found::of(placed.filter_map(|((run, vertex, index), _)| {
                let job = ctx.job_of_run(cluster, run)?;
                Some(Subject::Subtask { job: job.clone(), vertex: vertex.clone(), index: *index })
            }))
        }
        R::Jobs => jobs_of(Found::of([s.clone()]).then(ctx, R::Subtasks)),
        _ => Found::default(),
    }
}

fn jobs_of(found: Found) -> Found {
    let jobs: BTreeSet<Subject> =
        found.all.iter().filter_map(Subject::job).map(job_subject).collect();
    Found { all: jobs.into_iter().collect(), unseen: found.unseen }
}

fn of_flink(ctx: &Ctx<'_>, relation: R, cluster: &ClusterId) -> Found {
    match relation {
        R::Jobs => Found::of(
            ctx.estate()
                .jobs
                .values()
                .filter(|j| j.key.cluster == *cluster && j.gone.is_none())
                .map(|j| job_subject(&j.key)),
        ),
        R::TaskManagers => match ctx.estate().flink.get(cluster) {
            Some(f) if f.taskmanagers_seen.is_some() => Found::of(
                f.taskmanagers
                    .keys()
                    .map(|id| Subject::TaskManager { cluster: cluster.clone(), id: id.clone() }),
            ),
            _ => Found::unseen("the cluster's TaskManagers"),
        },
        R::Hosts => Found::of([flink(cluster)]).then(ctx, R::TaskManagers).then(ctx, R::ToHost),
        _ => Found::default(),
    }
}

fn of_host(ctx: &Ctx<'_>, relation: R, host: &Name) -> Found {
    let on_it = || {
        let clusters = ctx.estate().flink.iter();
        Found::of(clusters.flat_map(|(c, f)| {
            f.taskmanagers
                .values()
                .filter(|t| t.host.as_ref() == Some(host))
                .map(|t| Subject::TaskManager { cluster: c.clone(), id: t.id.clone() })
        }))
    };
    match relation {
        R::TaskManagers => on_it(),
        R::Subtasks => on_it().then(ctx, R::Subtasks),
        R::Jobs => jobs_of(on_it().then(ctx, R::Subtasks)),
        _ => Found::default(),
    }
}

fn edges<'a>(ctx: &Ctx<'a>) -> impl Iterator<Item = (&'a JobKey, &'a TopicId, &'a Edge)> + use<'a> {
    ctx.snapshot.lineage.edges.iter().filter_map(|e| ends(e).map(|(job, topic)| (job, topic, e)))
}

/// Topics that a job, or one vertex of it, reads or writes. A job of which no edge is known at
/// all is unknown; one that only reads writes nothing that we know of: unknown as well.
fn topics_of(ctx: &Ctx<'_>, job: &JobKey, vertex: Option<&VertexId>, read: bool) -> Found {
    let kind = if read { EdgeKind::Reads } else { EdgeKind::Writes };
    let all: Vec<&Edge> =
        ctx.links().of_job(job).iter().copied().filter(|e| e.kind == kind).collect();
    if all.is_empty() {
        return Found::unseen(NO_EDGES);
    }
    let of = |e: &&&Edge| vertex.is_none_or(|v| e.vertex.as_ref() == Some(v));
    Found::of(all.iter().filter(of).filter_map(|e| match (&e.from, &e.to) {
        (NodeRef::Topic { topic }, _) | (_, NodeRef::Topic { topic }) => {
            Some(Subject::Topic { topic: topic.clone() })
        }
        _ => None,
    }))
}

fn of_topic(ctx: &Ctx<'_>, relation: R, topic: &TopicId) -> Found {
    let jobs = |kind| {
        let of = ctx.links().of_topic(topic).iter().filter(|e| e.kind == kind);
        Found::of(of.filter_map(|e| Some(job_subject(ends(e)?.0))))
    };
    let fact = ctx.estate().kafka.get(&topic.cluster).and_then(|k| k.topics.get(&topic.topic));
    match relation {
        R::Readers => jobs(EdgeKind::Reads),
        R::Writers => {
            let found = jobs(EdgeKind::Writes);
            // Flink names no topic for most sinks: none known is not none
            let unseen = found.all.is_empty().then_some("who writes the topic");
            Found { unseen, ..found }
        }
        R::ToKafka => Found::of([Subject::KafkaCluster { cluster: topic.cluster.clone() }]),
        R::Partitions => {
            let listed = fact.map(|f| f.partitions.iter().map(|p| p.id).collect::<BTreeSet<_>>());
            let seen = || ctx.index().partitions.get(topic).map(|p| p.keys().copied().collect());
            match listed.filter(|l| !l.is_empty()).or_else(seen) {
                Some(ids) => Found::of(
                    ids.into_iter()
                        .map(|partition| Subject::Partition { topic: topic.clone(), partition }),
                ),
                None => Found::unseen("the topic's partitions"),
            }
        }
        R::Brokers => {
            let of = Subject::Topic { topic: topic.clone() };
            Found::of([of]).then(ctx, R::Partitions).then(ctx, R::ToBroker)
        }
        _ => Found::default(),
    }
}

fn leader(ctx: &Ctx<'_>, topic: &TopicId, partition: i32) -> Option<Subject> {
    let fact = ctx.estate().kafka.get(&topic.cluster)?.topics.get(&topic.topic)?;
    let id = fact.partitions.iter().find(|p| p.id == partition)?.leader.filter(|l| *l >= 0)?;
    Some(Subject::Broker { cluster: topic.cluster.clone(), id })
}

fn of_broker(ctx: &Ctx<'_>, relation: R, cluster: &ClusterId, id: i32) -> Found {
    let kafka = ctx.estate().kafka.get(cluster);
    let led = || {
        let topics = kafka.into_iter().flat_map(|k| k.topics.values());
        Found::of(topics.flat_map(|t| {
            t.partitions.iter().filter(|p| p.leader == Some(id)).map(|p| Subject::Partition {
                topic: TopicId::new(cluster, t.name.clone()),
                partition: p.id,
            })
        }))
    };
    match relation {
        R::ToKafka => Found::of([Subject::KafkaCluster { cluster: cluster.clone() }]),
        R::ToHost => {
            let listed = kafka.and_then(|k| k.overview.as_ref()).map(|(_, o)| &o.brokers);
            let host = listed.into_iter().flatten().find(|b| b.id == id).map(|b| b.host.clone());
            Found::one(host.map(|host| Subject::Host { host }), "the broker's host")
        }
        R::Partitions => led(),
        R::Topics => led().then(ctx, R::ToTopic),
        R::Jobs => led().then(ctx, R::Readers),
        _ => Found::default(),
    }
}

fn of_kafka(ctx: &Ctx<'_>, relation: R, cluster: &ClusterId) -> Found {
    let kafka = ctx.estate().kafka.get(cluster);
    match relation {
        R::Topics => match kafka.filter(|k| k.topics_seen.is_some()) {
            Some(k) => Found::of(
                k.topics.keys().map(|t| Subject::Topic { topic: TopicId::new(cluster, t.clone()) }),
            ),
            None => Found::unseen("the cluster's topics"),
        },
        R::Brokers => match kafka.and_then(|k| k.overview.as_ref()) {
            Some((_, o)) => Found::of(
                o.brokers.iter().map(|b| Subject::Broker { cluster: cluster.clone(), id: b.id }),
            ),
            None => Found::unseen("the cluster's brokers"),
        },
        R::Hosts => {
            let me = Subject::KafkaCluster { cluster: cluster.clone() };
            Found::of([me]).then(ctx, R::Brokers).then(ctx, R::ToHost)
        }
        R::Jobs => {
            let jobs: BTreeSet<Subject> = edges(ctx)
                .filter(|(_, t, _)| t.cluster == *cluster)
                .map(|(j, _, _)| job_subject(j))
                .collect();
            Found::of(jobs)
        }
        _ => Found::default(),
    }
}

/// All of the same kind beside it, itself left out.
pub fn others(ctx: &Ctx<'_>, s: &Subject) -> Found {
    let found = match s.kind() {
        SubjectKind::Subtask => follow(ctx, R::Subtasks, s),
        SubjectKind::Vertex => follow(ctx, R::Vertices, s),
        SubjectKind::Job => follow(ctx, R::Cluster, s).then(ctx, R::Jobs),
        SubjectKind::TaskManager => follow(ctx, R::Cluster, s).then(ctx, R::TaskManagers),
        SubjectKind::Partition => follow(ctx, R::ToTopic, s).then(ctx, R::Partitions),
        SubjectKind::Topic => follow(ctx, R::ToKafka, s).then(ctx, R::Topics),
        SubjectKind::Broker => follow(ctx, R::ToKafka, s).then(ctx, R::Brokers),
        SubjectKind::Host => {
            let tms = follow(ctx, R::TaskManagers, s);
            tms.then(ctx, R::Cluster).then(ctx, R::Hosts)
        }
        SubjectKind::FlinkCluster => Found::of(ctx.estate().flink.keys().map(flink)),
        SubjectKind::KafkaCluster => Found::of(
            ctx.estate().kafka.keys().map(|c| Subject::KafkaCluster { cluster: c.clone() }),
        ),
        SubjectKind::Zookeeper | SubjectKind::Hdfs | SubjectKind::Yarn | SubjectKind::Component => {
            let of = ctx.estate().bases.iter().map(|(id, b)| b.subject(id));
            Found::of(of.filter(|o| o.kind() == s.kind()))
        }
        SubjectKind::Member => match s {
            Subject::Member { cluster, member } => stand::beside(ctx, cluster, member),
            _ => Found::default(),
        },
    };
    found.without(s)
}

/// Does a word after a kind (`subtask 2`, `topic "orders"`) mean this one?
pub fn is_called(ctx: &Ctx<'_>, s: &Subject, name: &str) -> bool {
    match s {
        Subject::Subtask { index, .. } => name.parse() == Ok(*index),
        Subject::Partition { partition, .. } => name.parse() == Ok(*partition),
        Subject::Broker { id, .. } => name.parse() == Ok(*id),
        Subject::Vertex { vertex, .. } => vertex.as_str() == name || ctx.label(s) == name,
        _ => ctx.label(s) == name,
    }
}
