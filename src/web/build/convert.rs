//! From the types of the core to those of the API; and what comes first in a list.

use crate::web::view;
use serde::Serialize;
use std::cmp::Ordering;
use streamwarden_core::lineage as core;

pub fn status(s: core::Status) -> view::Status {
    match s {
        core::Status::Normal => view::Status::Normal,
        core::Status::Near => view::Status::Near,
        core::Status::Over => view::Status::Over,
        core::Status::NoTarget => view::Status::NoTarget,
        core::Status::Unknown => view::Status::Unknown,
    }
}

/// 0 is worst. What is not known stands before what is good: it may be bad.
pub fn rank(s: view::Status) -> u8 {
    match s {
        view::Status::Over => 0,
        view::Status::Near => 1,
        view::Status::Unknown => 2,
        view::Status::NoTarget => 3,
        view::Status::Normal => 4,
    }
}

/// Worst first: by status, then by how many times over the target, then by seconds.
pub fn worst_first(a: &view::Delay, b: &view::Delay) -> Ordering {
    let ratio = |d: &view::Delay| match (d.seconds, d.target_s) {
        (Some(s), Some(t)) if t > 0.0 => s / t,
        _ => -1.0,
    };
    let seconds = |d: &view::Delay| d.seconds.unwrap_or(-1.0);
    rank(a.status)
        .cmp(&rank(b.status))
        .then(ratio(b).total_cmp(&ratio(a)))
        .then(seconds(b).total_cmp(&seconds(a)))
}

pub fn is_late(s: view::Status) -> bool {
    matches!(s, view::Status::Over | view::Status::Near)
}

pub fn delay(d: &core::Delay) -> view::Delay {
    view::Delay {
        seconds: d.now.map(|r| r.seconds),
        at_least: d.now.is_some_and(|r| r.at_least),
        at: d.now.map(|r| r.at.0),
        method: d.method.map(|m| word(&m)),
        unknown: d.unknown.as_ref().map(word),
        quantiles: quantiles(&d.quantiles),
        trend: d.trend,
        topic_wait: d.topic_wait,
        inside_wait: d.inside_wait,
        window_wait: d.window_wait,
        commit_wait: d.commit_wait,
        window_span: d.window_span,
        records: d.records,
        rate: d.rate,
        target_s: d.target_s,
        status: status(d.status),
    }
}

pub fn no_delay(why: &str) -> view::Delay {
    view::Delay {
        seconds: None,
        at_least: false,
        at: None,
        method: None,
        unknown: Some(why.to_owned()),
        quantiles: view::Quantiles::default(),
        trend: None,
        topic_wait: None,
        inside_wait: None,
        window_wait: None,
        commit_wait: None,
        window_span: None,
        records: None,
        rate: None,
        target_s: None,
        status: view::Status::Unknown,
    }
}

fn quantiles(q: &core::Quantiles) -> view::Quantiles {
    view::Quantiles { window_s: q.window_s, known: q.known, p50: q.p50, p95: q.p95, p99: q.p99 }
}

pub fn edge(e: &core::Edge) -> view::EdgeView {
    let (from, to) = (e.from.id(), e.to.id());
    view::EdgeView {
        id: edge_id(e),
        from,
        to,
        kind: word(&e.kind),
        known_from: e.known_from.iter().map(known_from).collect(),
        inferred: !e.known_from.is_empty()
            && e.known_from.iter().all(|k| matches!(k, core::KnownFrom::MatchedRates { .. })),
        groups: e.groups.iter().map(|g| g.to_string()).collect(),
        delay: delay(&e.delay),
        unread_partitions: e.unread_partitions.clone(),
        critical: false,
        repair: None,
    }
}

pub fn edge_id(e: &core::Edge) -> String {
    format!("{} -> {}", e.from.id(), e.to.id())
}

fn known_from(k: &core::KnownFrom) -> String {
    use core::KnownFrom::*;
    match k {
        ConnectorMetrics => "connector metrics".into(),
        GroupOffsets { group } => format!("offsets of group {group}"),
        OpenTransactions { transactional_id } => format!("open transaction {transactional_id}"),
        MatchedRates { levels, mismatch } => {
            format!("matched rates ({levels} levels, {:.1} % off)", mismatch * 100.0)
        }
        ExceptionText => "text of an exception".into(),
        Declared => "declared".into(),
    }
}

/// The snake_case word by which serde knows a variant without fields.
pub fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(s)) => s,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_stands_before_good() {
        use view::Status::*;
        assert!(rank(Unknown) < rank(NoTarget) && rank(NoTarget) < rank(Normal));
    }

    #[test]
    fn further_over_its_target_comes_first() {
        let d = |s, t| view::Delay {
            seconds: Some(s),
            target_s: Some(t),
            status: view::Status::Over,
            ..no_delay("")
        };
        assert_eq!(worst_first(&d(10.0, 1.0), &d(50.0, 40.0)), Ordering::Less);
    }
}
