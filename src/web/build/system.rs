//! Our own machinery, and what we cannot see.

use crate::web::state::SystemInfo;
use crate::web::view::{BlindView, SystemView};
use streamwarden_core::estate::{Gap, GapReason, Millis, TargetKind};
use streamwarden_core::lineage::{Blind, BlindKind, Edge, NodeRef, Why};
use streamwarden_core::signals::Signal;
use streamwarden_core::snapshot::Snapshot;

use super::as_of::edge_entity;
use super::convert;

const MAX_BLIND: usize = 200;

pub fn system(s: &Snapshot, info: &SystemInfo) -> SystemView {
    SystemView {
        at: s.at.0,
        version: env!("CARGO_PKG_VERSION").into(),
        started: info.started.0,
        targets: info.targets.clone(),
        loops: info.loops.clone(),
        blind: blind(s, info),
        store: info.store.clone(),
    }
}

/// Our own memory first, then gaps of collection: they explain much of what follows.
pub fn blind(s: &Snapshot, info: &SystemInfo) -> Vec<BlindView> {
    let unknown = s.lineage.edges.iter().filter(|e| unexplained(e));
    let gaps = s.gaps.iter().map(gap);
    let structure = s.lineage.blind.iter().map(|b| lineage(s, b));
    not_kept(s, info)
        .into_iter()
        .chain(no_minutes(info))
        .chain(gaps)
        .chain(structure)
        .chain(unknown.map(|e| edge(s, e)))
        .take(MAX_BLIND)
        .collect()
}

/// A full disk: what is seen is lost with the process, and a report that is due is not made.
fn not_kept(s: &Snapshot, info: &SystemInfo) -> Option<BlindView> {
    Some(BlindView {
        kind: "not_kept".into(),
        node: None,
        what: "what is seen now, on disk".into(),
        why: info.store.error.clone()?,
        since: info.store.last_flush.unwrap_or(s.at.0),
        target: None,
        todo: Some("make room for `data_dir`, or mend it: then it goes on by itself, and an inspection that is due is made".into()),
    })
}

/// Without minutes there is no availability, and no check of weeks.
fn no_minutes(info: &SystemInfo) -> Option<BlindView> {
    Some(BlindView {
        kind: "no_minutes".into(),
        node: None,
        what: "the minutes of weeks".into(),
        why: info.no_minutes.clone()?,
        since: info.started.0,
        target: None,
        todo: Some("then start it again: a new file is begun; availability and inspections have nothing until then".into()),
    })
}

/// Of unknown delay, and neither the structure nor a job that stands still says why.
fn unexplained(e: &Edge) -> bool {
    !matches!(e.delay.unknown, None | Some(Why::NoEndOffset | Why::NoMetrics | Why::NotRunning))
}

/// The address of a target that stands for target files.
const FILES: &str = "file_sd";

fn gap(g: &Gap) -> BlindView {
    let (kind, why, todo) = reason(&g.reason);
    let of_file = &*g.target.address == FILES && kind == "not_understood";
    BlindView {
        kind: kind.into(),
        node: None,
        what: format!("{} of {}", g.what, g.target.name),
        why,
        since: g.at.0,
        target: Some(g.target.name.to_string()),
        todo: match g.target.kind {
            _ if of_file => Some("correct the file: a list of { targets: [host:port] }"),
            TargetKind::Kafka if kind == "not_configured" => Some("give --kafka"),
            TargetKind::Kafka => todo,
            // there a right is a credential, and the reason says which
            _ => todo.filter(|_| kind != "no_rights"),
        }
        .map(Into::into),
    }
}

fn reason(r: &GapReason) -> (&'static str, String, Option<&'static str>) {
    use GapReason::*;
    match r {
        Unreachable { detail } => (
            "unreachable",
            match detail.starts_with("no connection") {
                true => detail.to_string(),
                false => format!("no connection: {detail}"),
            },
            Some("check the address, and that it listens for this host"),
        ),
        TimedOut { after_ms } => ("timed_out", format!("no answer within {after_ms} ms"), None),
        Status { code } => ("status", format!("it answered HTTP {code}"), None),
        NotUnderstood { detail } => (
            "not_understood",
            format!("the answer is not understood: {detail}"),
            Some(match detail.contains("is not a number") {
                true => "look at what it measures: it told no number",
                false => "check that the address is of this kind of target",
            }),
        ),
        TooLarge { cap_bytes } => ("too_large", format!("more than {cap_bytes} bytes"), None),
        TooMany { what, cap, seen } => {
            ("too_many", format!("{seen} {what}, of which {cap} are kept"), None)
        }
        NoRights { detail } => {
            ("no_rights", detail.clone(), Some("give the observer the right to describe it"))
        }
        Kafka { error } => ("kafka", format!("Kafka answered {error}"), None),
        NotConfigured { detail } => ("not_configured", detail.clone(), None),
    }
}

fn lineage(s: &Snapshot, b: &Blind) -> BlindView {
    let who = b.node.as_ref().map_or("the estate", NodeRef::name);
    let (what, why, todo) = said(b.kind, who);
    let detail = if b.detail.is_empty() { String::new() } else { format!(": {}", b.detail) };
    BlindView {
        kind: convert::word(&b.kind),
        node: b.node.as_ref().map(NodeRef::id),
        what,
        why: format!("{why}{detail}"),
        since: b.node.as_ref().and_then(|n| started(s, n)).unwrap_or(s.at).0,
        target: None,
        todo: Some(todo.into()),
    }
}

fn said(kind: BlindKind, who: &str) -> (String, &'static str, &'static str) {
    match kind {
        BlindKind::SinkTopic => (
            format!("what {who} writes"),
            "Flink names no topic for this sink",
            "declare it, or wait for a match of rates",
        ),
        BlindKind::NoMetrics => (
            format!("what happens inside {who}"),
            "it runs, but no metrics of it were seen",
            "give its Prometheus endpoint",
        ),
        BlindKind::NoKafka => {
            (format!("the topics of {who}"), "their Kafka cluster is not asked", "give --kafka")
        }
        BlindKind::TopicInvisible => (
            format!("a topic that {who} reads"),
            "its cluster does not show it to us",
            "give the observer the right to describe it",
        ),
        BlindKind::UnreadPartitions => (
            format!("partitions that {who} should read"),
            "it has no position in them",
            "look whether the source discovers new partitions",
        ),
        BlindKind::AmbiguousIdentity => (
            format!("which of the jobs named {who} is which"),
            "several run under one name",
            "configure an identity for them",
        ),
    }
}

fn edge(s: &Snapshot, e: &Edge) -> BlindView {
    let last = edge_entity(e).and_then(|x| s.signals.get(&x, Signal::EdgeAge)?.last());
    let since = last.map(|(at, _)| at).or_else(|| started(s, &e.to));
    BlindView {
        kind: "delay".into(),
        node: Some(e.to.id()),
        what: format!("how late {} → {} is", e.from.name(), e.to.name()),
        why: e.delay.unknown.as_ref().map(convert::word).unwrap_or_default(),
        since: since.unwrap_or(s.at).0,
        target: None,
        todo: None,
    }
}

/// Since when a node has been as it is: a job, its run.
fn started(s: &Snapshot, node: &NodeRef) -> Option<Millis> {
    match node {
        NodeRef::Job { job } => s.estate.jobs.get(job).map(|j| j.run.start.max(j.first_seen)),
        NodeRef::Topic { .. } | NodeRef::Base { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata;

    #[test]
    fn what_is_blind_since_when_and_what_to_do() {
        let mut info =
            SystemInfo { no_minutes: Some("x is no database".into()), ..testdata::info() };
        info.store.error = Some("the disk is full".into());
        let mut blind = blind(&testdata::snapshot(), &info);
        let kept = blind.remove(0);
        assert_eq!((&*kept.kind, &*kept.why), ("not_kept", "the disk is full"));
        let minutes = blind.remove(0);
        assert_eq!((&*minutes.kind, &*minutes.why), ("no_minutes", "x is no database"));
        let kinds: Vec<_> = blind.iter().map(|b| &*b.kind).collect();
        assert_eq!(kinds, ["no_rights", "no_metrics", "sink_topic", "delay"]);
        assert_eq!(blind[2].what, "what ods-orders writes");
        assert!(blind[2].todo.is_some() && blind[0].todo.is_some());
        assert!(blind[3].since < testdata::NOW.0 - 200_000, "since its last value");
    }
}
