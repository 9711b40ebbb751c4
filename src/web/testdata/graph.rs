//! The lineage of the demo estate with its delays.

use super::{NOW, job, topic};
use streamwarden_core::estate::{JobKey, Millis};
use streamwarden_core::lineage::*;

pub fn known(seconds: f64, target: Option<f64>) -> Delay {
    let sla = target.map(|t| Sla {
        scope: SlaScope::Default,
        target_s: t,
        near: Settings::NEAR,
        objective: Settings::OBJECTIVE,
    });
    Delay {
        now: Some(Reading { at: Millis(NOW.0 - 1000), seconds, at_least: false }),
        method: Some(Method::Position),
        unknown: None,
        quantiles: Quantiles {
            window_s: 3600.0,
            known: 0.97,
            p50: Some(seconds * 0.2),
            p95: Some(seconds * 0.9),
            p99: Some(seconds * 0.98),
        },
        trend: Some(if seconds > 60.0 { 0.92 } else { 0.0 }),
        topic_wait: None,
        inside_wait: None,
        window_wait: None,
        commit_wait: None,
        window_span: None,
        records: None,
        rate: None,
        target_s: target,
        status: judge(Some(seconds), sla.as_ref()),
    }
}

pub fn unknown(why: Why, target: Option<f64>) -> Delay {
    Delay {
        quantiles: Quantiles { window_s: 3600.0, ..Quantiles::default() },
        target_s: target,
        ..Delay::unknown(why)
    }
}

fn reads(from: &str, to: &str, delay: Delay) -> Edge {
    Edge {
        from: NodeRef::Topic { topic: topic(from) },
        to: NodeRef::Job { job: job(to) },
        kind: EdgeKind::Reads,
        known_from: vec![
            KnownFrom::ConnectorMetrics,
            KnownFrom::GroupOffsets { group: format!("{to}-group").into() },
        ],
        groups: vec![format!("{to}-group").into()],
        delay,
        vertex: None,
        unread_partitions: Vec::new(),
    }
}

fn writes(from: &str, to: &str, known_from: KnownFrom) -> Edge {
    Edge {
        from: NodeRef::Job { job: job(from) },
        to: NodeRef::Topic { topic: topic(to) },
        kind: EdgeKind::Writes,
        known_from: vec![known_from],
        groups: Vec::new(),
        delay: Delay { method: Some(Method::Chained), ..known(0.0, None) },
        vertex: None,
        unread_partitions: Vec::new(),
    }
}

struct J {
    name: &'static str,
    layer: Option<&'static str>,
    inside: Delay,
    total: Delay,
    own: Option<f64>,
    at: (u32, u32),
}

fn job_node(j: J) -> Node {
    let status = worst([j.inside.status, j.total.status]);
    Node {
        node: NodeRef::Job { job: job(j.name) },
        layer: j.layer.map(Into::into),
        group: j.layer.map(|_| "orders".into()),
        inside: Some(j.inside),
        total: Some(j.total),
        own: j.own,
        hops: Vec::new(),
        status,
        arises: j.name == "dwd-order-stats",
        inherits: j.name == "ads-risk",
        column: j.at.0,
        row: j.at.1,
    }
}

fn topic_node(name: &str, group: Option<&str>, status: Status, at: (u32, u32)) -> Node {
    Node {
        node: NodeRef::Topic { topic: topic(name) },
        layer: None,
        group: group.map(Into::into),
        inside: None,
        total: None,
        own: None,
        hops: Vec::new(),
        status,
        arises: false,
        inherits: false,
        column: at.0,
        row: at.1,
    }
}

fn nodes() -> Vec<Node> {
    let j =
        |name, layer, inside, total, own, at| job_node(J { name, layer, inside, total, own, at });
    let mut stats = j(
        "dwd-order-stats",
        Some("DWD"),
        known(3.1, None),
        known(94.3, Some(5.0)),
        Some(94.0),
        (2, 0),
    );
    stats.hops = vec![Hop {
        from: super::facts::vertex("source"),
        to: super::facts::vertex("window"),
        ship: "HASH".into(),
        delay: Delay { method: Some(Method::Counters), ..known(2.9, None) },
    }];
    let orders = Some("orders");
    vec![
        j("ods-orders", Some("ODS"), known(0.1, None), known(0.2, Some(2.0)), Some(0.2), (0, 0)),
        topic_node("orders", orders, Status::Over, (1, 0)),
        stats,
        topic_node("order-stats", orders, Status::Normal, (3, 0)),
        j("ads-risk", Some("ADS"), known(0.4, None), known(95.6, Some(10.0)), Some(1.2), (4, 0)),
        topic_node("risk-alerts", orders, Status::NoTarget, (5, 0)),
        topic_node("audit-in", None, Status::Unknown, (0, 1)),
        j(
            "audit-log",
            None,
            unknown(Why::NoMetrics, None),
            unknown(Why::NoMetrics, Some(60.0)),
            None,
            (1, 1),
        ),
        topic_node("audit-out", None, Status::NoTarget, (2, 1)),
    ]
}

fn edges() -> Vec<Edge> {
    let slow = Delay {
        topic_wait: Some(91.0),
        inside_wait: Some(3.1),
        window_wait: Some(0.6),
        window_span: Some(5.0),
        records: Some(182_400.0),
        rate: Some(2004.0),
        ..known(94.1, Some(5.0))
    };
    let matched = KnownFrom::MatchedRates { levels: 3, mismatch: 0.004 };
    vec![
        writes("ods-orders", "orders", KnownFrom::Declared),
        reads("orders", "dwd-order-stats", slow),
        writes("dwd-order-stats", "order-stats", matched),
        reads(
            "order-stats",
            "ads-risk",
            Delay { topic_wait: Some(0.8), inside_wait: Some(0.4), ..known(1.2, Some(5.0)) },
        ),
        writes("ads-risk", "risk-alerts", KnownFrom::Declared),
        reads("audit-in", "audit-log", unknown(Why::PositionStale, Some(60.0))),
        writes("audit-log", "audit-out", KnownFrom::Declared),
    ]
}

pub fn lineage() -> Lineage {
    let chain =
        ["ods-orders", "orders", "dwd-order-stats", "order-stats", "ads-risk", "risk-alerts"];
    let nodes_of_path = chain
        .iter()
        .enumerate()
        .map(|(i, n)| match i % 2 {
            0 => NodeRef::Job { job: job(n) },
            _ => NodeRef::Topic { topic: topic(n) },
        })
        .collect();
    Lineage {
        untraced: Vec::new(),
        at: NOW,
        nodes: nodes(),
        edges: edges(),
        paths: vec![Path {
            id: "p-6f1c2a".into(),
            nodes: nodes_of_path,
            delay: Delay { method: Some(Method::Sum), ..known(95.7, Some(10.0)) },
            slowest: Some(1),
            declared: true,
        }],
        blind: vec![
            Blind {
                node: Some(NodeRef::Job { job: job("audit-log") }),
                kind: BlindKind::NoMetrics,
                detail: String::new(),
            },
            Blind {
                node: Some(NodeRef::Job { job: job("ods-orders") }),
                kind: BlindKind::SinkTopic,
                detail: "Dead letters: Writer".into(),
            },
        ],
        likely: Default::default(),
        layers: Vec::new(),
    }
}

/// The same lineage where one job has another key.
pub fn renamed(l: &Lineage, from: &JobKey, to: &JobKey) -> Lineage {
    let swap = |n: &mut NodeRef| {
        if let NodeRef::Job { job } = n
            && job == from
        {
            *job = to.clone();
        }
    };
    let mut l = l.clone();
    l.nodes.iter_mut().for_each(|n| swap(&mut n.node));
    l.edges.iter_mut().for_each(|e| {
        swap(&mut e.from);
        swap(&mut e.to);
    });
    l.blind.iter_mut().filter_map(|b| b.node.as_mut()).for_each(swap);
    l
}
