//! The first screen: how many, what is late, by group, which clusters, what changed, what is blind.

use super::system::blind;
use super::{STALE, changes, convert, late};
use crate::web::state::SystemInfo;
use crate::web::view::*;
use std::collections::{BTreeMap, HashSet};
use streamwarden_core::estate::{
    Answering, ClusterId, Gap, GapReason, Job, JobState, KafkaCluster, Millis, Span, TargetKind,
};
use streamwarden_core::lineage::{self, Node, NodeRef};
use streamwarden_core::snapshot::Snapshot;

const RECENT: usize = 20;

/// A job that nobody starts again for so long was meant to go.
const MISSED: Span = Span::secs(3600);

/// Minor versions of Flink whose recorded answers our tests parse.
const CLAIMED: [&str; 3] = ["1.20", "2.2", "2.3"];

pub fn overview(s: &Snapshot, info: &SystemInfo) -> Overview {
    let topics = s.estate.kafka.values().map(|k| k.topics.len()).sum::<usize>();
    let mut recent = changes::all(s);
    recent.truncate(RECENT);
    Overview {
        at: s.at.0,
        version: env!("CARGO_PKG_VERSION").into(),
        mode: super::convert::word(&info.mode),
        jobs: count(s),
        topics: topics as u32,
        targets_up: info.targets.iter().filter(|t| t.up == Some(true)).count() as u32,
        targets: info.targets.len() as u32,
        repairs: super::repaired::all(s),
        late: late::late(s),
        groups: groups(s),
        clusters: flink(s).chain(kafka(s)).collect(),
        components: super::bases::rows(s),
        recent_changes: recent,
        blind: blind(s, info),
    }
}

/// Jobs by state. A job that its JobManager told nothing of for a minute is unknown.
fn count(s: &Snapshot) -> JobCounts {
    let mut c = JobCounts::default();
    for job in s.estate.jobs.values().filter(|j| j.gone.is_none() || lost(s, j)) {
        c.total += 1;
        use JobState::*;
        let slot = match &job.run.state {
            _ if job.gone.is_some() => &mut c.lost,
            _ if s.at - job.last_seen > STALE => &mut c.unknown,
            Unknown(_) => &mut c.unknown,
            Running => &mut c.running,
            Failed => &mut c.failed,
            Canceled | Finished | Suspended => &mut c.ended,
            Initializing | Created | Failing | Cancelling | Restarting | Reconciling => {
                &mut c.changing
            }
        };
        *slot += 1;
    }
    c
}

/// Its JobManager forgot it while it was on its way. Missed as long as `core/plan` counts it.
fn lost(s: &Snapshot, job: &Job) -> bool {
    job.gone.is_some_and(|at| s.at - at < MISSED) && !job.run.state.is_terminal()
}

/// Its business line or layer, if it has one, and its cluster: kind and name.
fn groups_of(n: &Node) -> impl Iterator<Item = Group> {
    let cluster = match &n.node {
        NodeRef::Job { job } => &job.cluster,
        NodeRef::Topic { topic } => &topic.cluster,
        NodeRef::Base { cluster, .. } => cluster,
    };
    let group = n.group.as_ref().map(|g| ("group", g.to_string()));
    let layer = n.layer.as_ref().map(|l| ("layer", l.to_string()));
    group.or(layer).into_iter().chain([("cluster", cluster.to_string())])
}

pub fn groups(s: &Snapshot) -> Vec<GroupRow> {
    let all = s.lineage.nodes.iter();
    group_rows(s, all.flat_map(|n| groups_of(n).map(move |group| (group, n))))
}

/// Each node once: in its business line, else its layer, else its cluster.
pub fn once<'a>(s: &Snapshot, nodes: impl Iterator<Item = &'a Node>) -> Vec<GroupRow> {
    group_rows(s, nodes.flat_map(|n| groups_of(n).take(1).map(move |group| (group, n))))
}

type Group = (&'static str, String);

fn group_rows<'a>(s: &Snapshot, nodes: impl Iterator<Item = (Group, &'a Node)>) -> Vec<GroupRow> {
    let mut members: BTreeMap<Group, Vec<&Node>> = BTreeMap::new();
    for (group, n) in nodes {
        members.entry(group).or_default().push(n);
    }
    let items = late::items(&s.lineage);
    let mut rows: Vec<_> = members.into_iter().map(|(g, m)| group_row(g, &m, &items)).collect();
    rows.sort_by_key(|r| convert::rank(r.status));
    rows
}

fn group_row((kind, name): Group, members: &[&Node], items: &[LateItem]) -> GroupRow {
    let jobs = members.iter().filter(|n| matches!(n.node, NodeRef::Job { .. })).count();
    let p99 = members.iter().filter_map(|n| n.total.as_ref()?.quantiles.p99);
    let ids: HashSet<String> = members.iter().map(|n| n.node.id()).collect();
    let worst = items
        .iter()
        .filter(|i| i.kind == "job" && ids.contains(&i.id))
        .min_by(|a, b| convert::worst_first(&a.delay, &b.delay));
    GroupRow {
        name,
        kind: kind.into(),
        jobs: jobs as u32,
        topics: members.iter().filter(|n| matches!(n.node, NodeRef::Topic { .. })).count() as u32,
        status: convert::status(lineage::worst(members.iter().map(|n| n.status))),
        p99: p99.max_by(f64::total_cmp),
        worst: worst.cloned(),
    }
}

pub fn flink(s: &Snapshot) -> impl Iterator<Item = ClusterRow> {
    s.estate.flink.iter().map(|(id, c)| {
        let told = c.overview.as_ref().map(|(_, o)| o);
        let seen = c.overview.as_ref().map(|(at, _)| *at).max(c.jobs_seen);
        let jobs = s.estate.jobs.values().filter(|j| j.key.cluster == *id && j.gone.is_none());
        let reachable = reachable(s, TargetKind::FlinkRest, id, seen);
        // what was free a minute ago is no figure of now
        let fresh = |at: Millis| reachable && s.at - at <= STALE;
        let now = c.overview.as_ref().filter(|(at, _)| fresh(*at)).map(|(_, o)| o);
        ClusterRow {
            name: id.to_string(),
            kind: "flink".into(),
            version: told.map(|o| o.version.to_string()),
            version_claimed: told.is_some_and(|o| claimed(&o.version)),
            reachable,
            seen: seen.map(|m| m.0),
            jobs: c.jobs_seen.map(|_| jobs.count() as u32),
            taskmanagers: now.map(|o| o.taskmanagers),
            slots_total: now.map(|o| o.slots_total),
            slots_available: now.map(|o| o.slots_available),
            brokers: None,
            topics: None,
        }
    })
}

pub fn kafka(s: &Snapshot) -> impl Iterator<Item = ClusterRow> {
    s.estate.kafka.iter().map(|(id, c)| {
        let seen = c.overview.as_ref().map(|(at, _)| *at).max(c.topics_seen);
        ClusterRow {
            name: id.to_string(),
            kind: "kafka".into(),
            version: c
                .overview
                .as_ref()
                .and_then(|(_, o)| o.release.as_ref())
                .map(|r| r.to_string()),
            version_claimed: true,
            reachable: reachable(s, TargetKind::Kafka, id, seen) && !all_silent(c),
            seen: seen.map(|m| m.0),
            jobs: None,
            taskmanagers: None,
            slots_total: None,
            slots_available: None,
            brokers: c.overview.as_ref().map(|(_, o)| o.brokers.len() as u32),
            topics: c.topics_seen.map(|_| c.topics.len() as u32),
        }
    })
}

fn claimed(version: &str) -> bool {
    CLAIMED.iter().any(|c| version == *c || version.starts_with(&format!("{c}.")))
}

/// Seen within a minute, and since it last failed to answer. One broker of several is not it.
fn reachable(s: &Snapshot, kind: TargetKind, cluster: &ClusterId, seen: Option<Millis>) -> bool {
    let Some(seen) = seen else { return false };
    let away = |g: &Gap| {
        g.target.is_cluster(kind, cluster)
            && !g.what.starts_with("broker ")
            && g.at >= seen
            && matches!(g.reason, GapReason::Unreachable { .. } | GapReason::TimedOut { .. })
    };
    s.at - seen <= STALE && !s.gaps.iter().any(away)
}

/// None of its brokers answers, as they were met last.
fn all_silent(c: &KafkaCluster) -> bool {
    !c.answers.is_empty() && c.answers.values().all(|a| silent(a.answering))
}

pub fn silent(a: Answering) -> bool {
    matches!(a, Answering::Silent | Answering::Unreachable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata;
    use std::sync::Arc;
    use streamwarden_core::estate;

    #[test]
    fn counts_and_groups() {
        let o = overview(&testdata::snapshot(), &testdata::info());
        assert_eq!((o.jobs.total, o.jobs.running, o.jobs.changing), (4, 3, 1));
        assert_eq!((o.targets_up, o.targets), (3, 4));
        let groups: Vec<_> = o.groups.iter().map(|g| (&*g.kind, &*g.name, g.jobs)).collect();
        for told in [("cluster", "demo", 4), ("cluster", "pay-1", 0), ("group", "orders", 3)] {
            assert!(groups.contains(&told), "{told:?} in {groups:?}");
        }
        assert_eq!(o.groups[0].status, Status::Over);
        assert!(o.clusters.iter().all(|c| c.reachable));
        assert!(claimed("2.3.0") && !claimed("2.30.0") && !claimed("1.19.1"));
    }

    #[test]
    fn a_silent_jobmanager_makes_its_jobs_unknown() {
        let mut s = testdata::snapshot();
        s.at = s.at + Span::secs(300);
        let o = overview(&s, &testdata::info());
        assert_eq!((o.jobs.running, o.jobs.unknown), (0, 4));
        assert!(o.clusters.iter().all(|c| !c.reachable));
        assert!(o.clusters.iter().all(|c| c.slots_available.is_none()), "slots of minutes ago");
    }

    fn with_gap(s: &mut Snapshot, kind: TargetKind, name: &str, what: &str, at: Millis) {
        let target = estate::Target { name: name.into(), kind, address: "http://somewhere".into() };
        let reason = GapReason::Unreachable { detail: "refused".into() };
        s.gaps = Arc::new(vec![Gap { target, what: what.into(), reason, at }]);
    }

    #[test]
    fn what_does_not_answer_is_not_reachable_at_once() {
        let is = |s: &Snapshot, name: &str| {
            let o = overview(s, &testdata::info());
            o.clusters.iter().find(|c| c.name == name).unwrap().reachable
        };
        let mut s = testdata::snapshot();
        assert!(is(&s, "demo") && is(&s, "pay-1"));
        let now = s.at;
        with_gap(&mut s, TargetKind::FlinkRest, "flink demo", "/jobs/overview", now);
        assert!(!is(&s, "demo") && is(&s, "pay-1"));
        with_gap(&mut s, TargetKind::Kafka, "kafka pay-1", "metadata", now);
        assert!(is(&s, "demo") && !is(&s, "pay-1"));
        with_gap(&mut s, TargetKind::Kafka, "kafka pay-1", "broker 2 at b:9092", now);
        assert!(is(&s, "pay-1"), "others answer");
        with_gap(&mut s, TargetKind::Kafka, "kafka pay-1", "metadata", Millis(1));
        assert!(is(&s, "pay-1"), "seen since");
    }

    #[test]
    fn jobs_that_went_with_their_jobmanager_are_counted_as_lost() {
        let mut s = testdata::snapshot();
        let mut estate = (*s.estate).clone();
        let at = s.at;
        let mut all = estate.jobs.values_mut();
        let [first, second] = [all.next().unwrap(), all.next().unwrap()];
        first.gone = Some(at);
        (second.gone, second.run.state) = (Some(at), JobState::Canceled);
        s.estate = Arc::new(estate);
        let jobs = overview(&s, &testdata::info()).jobs;
        assert_eq!((jobs.total, jobs.lost), (3, 1), "what ended is no more");
        s.at = s.at + MISSED;
        assert_eq!(overview(&s, &testdata::info()).jobs.lost, 0);
    }
}
