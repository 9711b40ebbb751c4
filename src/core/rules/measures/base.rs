//! Of what jobs stand on: ZooKeeper, HDFS, YARN, components, and their members.

use super::{Ask, Measure, Scalar};
use crate::estate::{
    Answered, Answering, Application, BaseCluster, BaseMember, ClusterId, Entity, MemberRole,
    Millis, Name, Span, Subject, SubjectKind, SubjectKind as K,
};
use crate::rules::ask::{Claim, ask};
use crate::rules::ctx::{Ctx, RECENT};
use crate::rules::evidence::Figure;
use crate::rules::types::*;
use crate::signals::Signal;
use crate::text::Tongue;

const BASES: &[SubjectKind] = &[K::Zookeeper, K::Hdfs, K::Yarn, K::Component];
const ZK: &[SubjectKind] = &[K::Zookeeper];
const HDFS: &[SubjectKind] = &[K::Hdfs];
const YARN: &[SubjectKind] = &[K::Yarn];
const MEMBER: &[SubjectKind] = &[K::Member];
const WHOLE: Base = Base::number(COUNT);
const SHARE: Base = Base::number(RATIO);
const LENGTH: Base = Base::number(TIME);
const SIZE: Base = Base::number(BYTES);

/// How full a disk is wanted after something was removed: what the advice of the checks asks for.
pub const WANTED_FULL: f64 = 0.7;
/// An application that failed longer ago is yesterday's.
const A_DAY: Span = Span::secs(86_400);

pub const MEASURES: &[Measure] = &[
    Measure::new("serves", BASES, Base::Truth, |q, s| base(q, s)?.serves.map(Scalar::from), "it does its work: ZooKeeper has a leader, HDFS an active NameNode that takes writes and a DataNode that lives, YARN an active ResourceManager, a component answers its probes; unknown where those that are silent could be the ones that do").now(),
    Measure::new("role", MEMBER, Base::Text, |q, s| Some(Name::from(member(q, s)?.is.role.name()).into()), "what it is for: server, namenode, datanode, journalnode, resourcemanager, nodemanager, queue, endpoint").now(),
    Measure::new("member_state", MEMBER, Base::Text, |q, s| member(q, s)?.is.state.clone().map(Scalar::from), "its state in lower case: leader, follower, not_serving, active, standby, live, stale, dead, running, lost, unhealthy, up, down").now(),
    Measure::new("member_state_for", MEMBER, LENGTH, |q, s| Some((q.at - member(q, s)?.since).as_secs().max(0.0).into()), "for how long it has been in that state, as far as we saw").now(),
    Measure::new("member_detail", MEMBER, Base::Text, |q, s| Some(member(q, s)?.is.detail.clone().unwrap_or_else(|| "".into()).into()), "what is said beside its state: a health report, why it does not answer").now(),
    Measure::new("open_files_share", &[K::Member, K::Host], SHARE, |q, s| part(q, s, Signal::OpenFiles, Signal::MaxFiles), "file descriptors in use of those that it may have"),
    Measure::new("open_files_most", &[K::Member, K::Host], WHOLE, |q, s| q.recent(&entity(s)?, Signal::MaxFiles).map(Scalar::from), "file descriptors that it may have"),
    Measure::new("healthy", &[K::Component], Base::Truth, |q, s| healthy(q, s).map(Scalar::from), "every condition that its `health` names holds, and its probes are answered; unknown where neither is known").now(),
    Measure::new("ailment", &[K::Component], Base::Text, ailment, "what of its health fails: the condition with its figure, or the endpoint with what is said of it; empty where it is healthy").now(),
    // ZooKeeper
    Measure::new("zk_quorum_size", ZK, WHOLE, |q, s| of(q, s, Signal::QuorumSize, 1.0), "servers that vote, by the leader's count"),
    Measure::new("zk_synced_followers", ZK, WHOLE, |q, s| of(q, s, Signal::SyncedFollowers, 1.0), "followers that are up to date with the leader"),
    Measure::new("zk_followers_missing", ZK, WHOLE, followers_missing, "voting servers that do not follow the leader"),
    Measure::new("zk_may_lose", ZK, WHOLE, may_lose, "voting servers that may still be lost before the quorum is"),
    Measure::new("zk_latency", MEMBER, LENGTH, |q, s| of(q, s, Signal::ServerLatency, 1e-3), "mean time from a request to its answer since the server began or was reset"),
    Measure::new("zk_latency_max", MEMBER, LENGTH, |q, s| of(q, s, Signal::ServerLatencyMax, 1e-3), "the longest of these"),
    Measure::new("zk_outstanding", MEMBER, WHOLE, |q, s| of(q, s, Signal::OutstandingRequests, 1.0), "requests that wait in the server"),
    Measure::new("zk_connections", MEMBER, WHOLE, |q, s| of(q, s, Signal::Connections, 1.0), "connections of clients"),
    Measure::new("zk_sessions", MEMBER, WHOLE, |q, s| of(q, s, Signal::Sessions, 1.0), "sessions of the ensemble"),
    Measure::new("zk_watches", MEMBER, WHOLE, |q, s| of(q, s, Signal::Watches, 1.0), "watches that clients have set on it"),
    Measure::new("zk_znodes", MEMBER, WHOLE, |q, s| of(q, s, Signal::Znodes, 1.0), "nodes of its tree"),
    Measure::new("zk_data_size", MEMBER, SIZE, |q, s| of(q, s, Signal::DataSize, 1.0), "about how large its data is: what a snapshot writes and a follower that lags has to be sent"),
    Measure::new("zk_snapshot_time", MEMBER, LENGTH, |q, s| of(q, s, Signal::SnapshotTime, 1e-3), "mean time that it takes to write a snapshot"),
    Measure::new("zk_fsync_time", MEMBER, LENGTH, |q, s| of(q, s, Signal::FsyncTime, 1e-3), "the longest that its transaction log took to reach the disk"),
    Measure::new("zk_uptime", MEMBER, LENGTH, |q, s| of(q, s, Signal::Uptime, 1e-3), "how long the server has been running"),
    // HDFS
    Measure::new("hdfs_active_namenodes", HDFS, WHOLE, |q, s| of(q, s, Signal::NameNodesActive, 1.0), "NameNodes that say they are active; unknown where none does and one is silent"),
    Measure::new("hdfs_safe_mode", HDFS, Base::Text, |q, s| base(q, s)?.notes.get("safe_mode").cloned().or_else(|| active(q, s).then(|| "".into())).map(Scalar::from), "what the active NameNode says of its safe mode; empty: it is out of it").now(),
    Measure::new("hdfs_missing_blocks", HDFS, WHOLE, |q, s| of(q, s, Signal::BlocksMissing, 1.0), "blocks of which no replica is left"),
    Measure::new("hdfs_corrupt_blocks", HDFS, WHOLE, |q, s| of(q, s, Signal::BlocksCorrupt, 1.0), "blocks with a corrupt replica"),
    Measure::new("hdfs_under_replicated", HDFS, WHOLE, |q, s| of(q, s, Signal::BlocksUnderReplicated, 1.0), "blocks with fewer replicas than they should have"),
    Measure::new("hdfs_blocks", HDFS, WHOLE, |q, s| of(q, s, Signal::BlocksTotal, 1.0), "blocks in all"),
    Measure::new("hdfs_files", HDFS, WHOLE, |q, s| of(q, s, Signal::FilesTotal, 1.0), "files and directories"),
    Measure::new("hdfs_capacity", HDFS, SIZE, |q, s| of(q, s, Signal::CapacityTotal, 1.0), "what its DataNodes can hold"),
    Measure::new("hdfs_free", HDFS, SIZE, |q, s| of(q, s, Signal::CapacityRemaining, 1.0), "of it, what is free"),
    Measure::new("hdfs_free_share", HDFS, SHARE, |q, s| part(q, s, Signal::CapacityRemaining, Signal::CapacityTotal), "share of its capacity that is free"),
    Measure::new("hdfs_used", HDFS, SIZE, |q, s| of(q, s, Signal::CapacityUsed, 1.0), "of it, what its own blocks take"),
    Measure::new("hdfs_others", HDFS, SIZE, hdfs_others, "of it, what others have written on the same disks, where that alone is over 70 % and nothing that is removed from HDFS makes room enough; unknown else"),
    Measure::new("hdfs_datanodes_live", HDFS, WHOLE, |q, s| of(q, s, Signal::DataNodesLive, 1.0), "DataNodes that its active NameNode counts as live"),
    Measure::new("hdfs_datanodes_dead", HDFS, WHOLE, |q, s| of(q, s, Signal::DataNodesDead, 1.0), "DataNodes that it counts as dead"),
    Measure::new("hdfs_datanodes_stale", HDFS, WHOLE, |q, s| of(q, s, Signal::DataNodesStale, 1.0), "DataNodes that it has not heard of for a while"),
    Measure::new("hdfs_volume_failures", &[K::Hdfs, K::Member], WHOLE, |q, s| of(q, s, Signal::VolumeFailures, 1.0), "volumes of DataNodes that failed"),
    Measure::new("hdfs_last_contact", MEMBER, LENGTH, |q, s| of(q, s, Signal::LastContact, 1e-3), "of a DataNode: how long ago its NameNode heard of it"),
    Measure::new("hdfs_journal_lag", MEMBER, WHOLE, |q, s| of(q, s, Signal::JournalLag, 1.0), "of a JournalNode: transactions that it is behind its NameNode"),
    Measure::new("hdfs_rpc_queue_time", MEMBER, LENGTH, |q, s| of(q, s, Signal::RpcQueueTime, 1e-3), "of a NameNode: mean time that calls wait to be taken up"),
    Measure::new("hdfs_rpc_time", MEMBER, LENGTH, |q, s| of(q, s, Signal::RpcProcessingTime, 1e-3), "of a NameNode: mean time that it works on a call"),
    Measure::new("hdfs_call_queue", MEMBER, WHOLE, |q, s| of(q, s, Signal::CallQueue, 1.0), "of a NameNode: calls that wait"),
    // YARN
    Measure::new("yarn_nodes_active", YARN, WHOLE, |q, s| of(q, s, Signal::NodesActive, 1.0), "NodeManagers that take containers"),
    Measure::new("yarn_nodes_lost", YARN, WHOLE, |q, s| of(q, s, Signal::NodesLost, 1.0), "NodeManagers that it has not heard of for too long"),
    Measure::new("yarn_nodes_unhealthy", YARN, WHOLE, |q, s| of(q, s, Signal::NodesUnhealthy, 1.0), "NodeManagers that say of themselves that they are unhealthy"),
    Measure::new("yarn_apps_pending", YARN, WHOLE, |q, s| of(q, s, Signal::AppsPending, 1.0), "applications that wait for their first container"),
    Measure::new("yarn_apps_running", YARN, WHOLE, |q, s| of(q, s, Signal::AppsRunning, 1.0), "applications that run"),
    Measure::new("yarn_apps_failed", YARN, WHOLE, |q, s| Some((failed(q, s)?.count() as f64).into()), "applications that failed within a day").now(),
    Measure::new("yarn_app_diagnostics", YARN, Base::Text, |q, s| Some(failed(q, s)?.next().map_or_else(|| "".into(), |a| a.diagnostics.clone()).into()), "what YARN says of the newest of these; empty where none failed").now(),
    Measure::new("yarn_app_waits", YARN, Base::Text, |q, s| Some(waiting(q, s)?.map_or_else(|| "".into(), |a| a.diagnostics.clone()).into()), "what YARN says of the application that waits longest for its first container; empty where none waits").now(),
    Measure::new("yarn_containers_pending", YARN, WHOLE, |q, s| of(q, s, Signal::ContainersPending, 1.0), "containers that applications ask for and do not have"),
    Measure::new("yarn_memory_pending", YARN, SIZE, |q, s| of(q, s, Signal::MemoryPending, 1.0), "memory of these"),
    Measure::new("yarn_memory_free", YARN, SIZE, |q, s| of(q, s, Signal::MemoryAvailable, 1.0), "memory that no container has"),
    Measure::new("yarn_memory_free_share", YARN, SHARE, |q, s| part(q, s, Signal::MemoryAvailable, Signal::MemoryTotal), "share of its memory that no container has"),
    Measure::new("yarn_cores_free", YARN, Base::number(CORES), |q, s| of(q, s, Signal::CoresAvailable, 1.0), "cores that no container has"),
    Measure::new("yarn_queue_used", MEMBER, SHARE, |q, s| of(q, s, Signal::QueueUsed, 1.0), "of a queue: share in use of what it may have at most"),
    Measure::new("yarn_queue_pending", MEMBER, WHOLE, |q, s| of(q, s, Signal::ContainersPending, 1.0), "of a queue: containers that wait in it"),
    Measure::new("yarn_queue_apps_pending", MEMBER, WHOLE, |q, s| of(q, s, Signal::AppsPending, 1.0), "of a queue: applications that wait in it"),
    // components
    Measure::new("probe_up", MEMBER, Base::Truth, |q, s| Some((q.recent(&entity(s)?, Signal::ProbeUp)? > 0.5).into()), "it answered its probe as it should"),
    Measure::new("probe_time", MEMBER, LENGTH, |q, s| of(q, s, Signal::ProbeTime, 1e-3), "how long that answer took"),
    Measure::new("metric", &[K::Component], WHOLE, metric, "a series that its configuration names, as its exporter tells it; of several the highest").with_arg(),
];

impl Ask<'_, '_> {
    /// The last value of what is looked at more rarely than a job.
    pub(super) fn recent(&self, entity: &Entity, signal: Signal) -> Option<f64> {
        let (t, v) = self.ctx.series(entity, signal)?.at_or_before(self.at)?;
        (self.at - t <= self.ctx.fresh().max(RECENT)).then_some(v)
    }
}

fn hdfs_others(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let figure = |signal| q.recent(&entity(s)?, signal);
    let total = figure(Signal::CapacityTotal)?;
    let others = total - figure(Signal::CapacityUsed)? - figure(Signal::CapacityRemaining)?;
    (others > total * WANTED_FULL).then(|| others.into())
}

fn base<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<&'a BaseCluster> {
    let (Subject::Base { cluster, .. } | Subject::Member { cluster, .. }) = s else { return None };
    let found = q.ctx.snapshot.estate.bases.get(cluster)?;
    // who is not asked any more is not known any more
    q.ctx.is_recent(found.looked).then_some(found)
}

fn member<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<&'a BaseMember> {
    let Subject::Member { member, .. } = s else { return None };
    base(q, s)?.members.get(member)
}

pub fn answered<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<&'a Answered> {
    match s {
        Subject::Host { host } => q.ctx.snapshot.estate.hosts.get(host).map(|h| &h.answered),
        _ => member(q, s)?.answered.as_ref(),
    }
}

/// Of a cluster: does any of those that are asked.
pub fn answers(q: &Ask<'_, '_>, s: &Subject) -> Option<bool> {
    let ok = |a: &Answered| a.answering == Answering::Answers;
    if !matches!(s, Subject::Base { .. }) {
        return answered(q, s).map(ok);
    }
    let all: Vec<&Answered> =
        base(q, s)?.members.values().filter_map(|m| m.answered.as_ref()).collect();
    (!all.is_empty()).then(|| all.into_iter().any(ok))
}

pub fn heard(q: &Ask<'_, '_>, s: &Subject) -> Option<Millis> {
    match s {
        Subject::Base { .. } => {
            let base = base(q, s)?;
            // none ever has: since it was asked first
            let asked = base.members.values().filter_map(|m| m.answered.as_ref());
            base.answered.or_else(|| asked.map(|a| a.since).min())
        }
        _ => answered(q, s).map(|a| a.last_ok.unwrap_or(a.since)),
    }
}

pub(super) fn entity(s: &Subject) -> Option<Entity> {
    Some(match s {
        Subject::Base { cluster, .. } => Entity::Base { cluster: cluster.clone() },
        Subject::Member { cluster, member } => {
            Entity::Member { cluster: cluster.clone(), member: member.clone() }
        }
        Subject::Host { host } => Entity::Host { host: host.clone() },
        _ => return None,
    })
}

fn of(q: &Ask<'_, '_>, s: &Subject, signal: Signal, scale: f64) -> Option<Scalar> {
    q.recent(&entity(s)?, signal).map(|v| (v * scale).into())
}

pub(super) fn part(q: &Ask<'_, '_>, s: &Subject, some: Signal, all: Signal) -> Option<Scalar> {
    let entity = entity(s)?;
    let (some, all) = (q.recent(&entity, some)?, q.recent(&entity, all)?);
    (all > 0.0).then(|| (some / all).into())
}

fn followers_missing(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let entity = entity(s)?;
    let (size, synced) =
        (q.recent(&entity, Signal::QuorumSize)?, q.recent(&entity, Signal::SyncedFollowers)?);
    Some((size - 1.0 - synced).max(0.0).into())
}

/// The leader and its followers, less the majority that has to stay.
fn may_lose(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let entity = entity(s)?;
    let (size, synced) =
        (q.recent(&entity, Signal::QuorumSize)?, q.recent(&entity, Signal::SyncedFollowers)?);
    Some((synced + 1.0 - ((size / 2.0).floor() + 1.0)).max(0.0).into())
}

fn active(q: &Ask<'_, '_>, s: &Subject) -> bool {
    let is = |m: &BaseMember| m.is.state.as_deref() == Some("active");
    base(q, s).is_some_and(|b| b.of_role(MemberRole::Namenode).any(is))
}

fn applications<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<&'a [Application]> {
    base(q, s)?.applications.as_ref().map(|(_, list)| &list[..])
}

/// Newest first.
fn failed<'a>(
    q: &Ask<'_, 'a>,
    s: &Subject,
) -> Option<impl Iterator<Item = &'a Application> + use<'a>> {
    let to = q.at;
    let lately = move |t: Millis| t <= to && to - t <= A_DAY;
    let within = move |a: &&Application| a.finished.is_some_and(lately);
    let bad = |a: &&Application| &*a.state == "FAILED" || &*a.outcome == "FAILED";
    Some(applications(q, s)?.iter().filter(bad).filter(within))
}

fn waiting<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<Option<&'a Application>> {
    let waits = |a: &&Application| matches!(&*a.state, "ACCEPTED" | "SUBMITTED" | "NEW");
    Some(applications(q, s)?.iter().filter(waits).min_by_key(|a| a.started))
}

/// What all of its conditions and probes come to, and the first condition that does not hold.
pub fn ailing<'a>(ctx: &Ctx<'a>, s: &Subject, at: Millis) -> (Option<bool>, Option<&'a Name>) {
    let ctx = &ctx.at(at);
    let q = &Ask { ctx, at, window: Span(0), arg: None };
    let Some(base) = base(q, s) else { return (None, None) };
    let mut all = base.serves;
    for text in &base.health {
        let holds = claim(text).and_then(|c| c.holds(ctx, s));
        match holds {
            Some(false) => return (Some(false), Some(text)),
            Some(true) => all = all.or(Some(true)),
            None if all != Some(false) => all = None,
            None => {}
        }
    }
    (all, None)
}

/// A condition that asks for the whole health would never come to an end.
fn claim(text: &str) -> Option<Claim> {
    (!text.contains("healthy")).then(|| Claim::of(text, K::Component).ok())?
}

fn healthy(q: &Ask<'_, '_>, s: &Subject) -> Option<bool> {
    ailing(q.ctx, s, q.at).0
}

fn ailment(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let text: Name = match ailing(q.ctx, s, q.at) {
        (None, _) => return None,
        (Some(true), _) => "".into(),
        (Some(false), Some(condition)) => {
            let found = ask(condition, s, q.ctx).ok()?;
            let figures = found.checks.iter().filter_map(|c| match c.value.as_ref()? {
                Figure::Number { value, unit } => Some(Tongue::En.figure(*value, unit)),
                Figure::Text { text } => Some(text.to_string()),
                Figure::Truth { .. } => None,
            });
            let figures = figures.collect::<Vec<_>>().join(", ");
            let colon = if figures.is_empty() { "" } else { ": " };
            format!("`{condition}`{colon}{figures}").into()
        }
        (Some(false), None) => {
            let all = base(q, s)?.members.iter();
            let mut told = all.filter_map(|(name, m)| Some((name, m.is.detail.as_ref()?)));
            told.next().map_or_else(|| "".into(), |(name, why)| format!("{name}: {why}").into())
        }
    };
    Some(text.into())
}

fn metric(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let Subject::Base { cluster, .. } = s else { return None };
    let cluster: ClusterId = cluster.clone();
    let entity = Entity::Metric { cluster, name: q.arg?.into() };
    q.recent(&entity, Signal::Value).map(Scalar::from)
}
