//! What somebody placed between jobs and topics – a Pulsar, an HBase, a warehouse – as nodes of the
//! lineage. Only for those who look: nothing is decided by such an edge, for nothing shows it.

use super::layout;
use super::{
    Delay, Edge, EdgeKind, KnownFrom, Lineage, Node, NodeRef, Pattern, PatternKind, Status, Why,
};
use crate::estate::{BaseCluster, ClusterId, Estate, Name};
use std::collections::BTreeSet;

/// Neighbours of one of them on one side: a `*` in a large estate joins everything to it.
const MAX_ENDS: usize = 1000;

/// `told`: how one of them stands, and how old the oldest record is that waits in it.
pub fn joined(
    lineage: &Lineage,
    estate: &Estate,
    told: impl Fn(&ClusterId, &BaseCluster) -> (Status, Delay),
) -> Lineage {
    let mut out = lineage.clone();
    let (mut leaving, mut coming) = (Vec::new(), Vec::new());
    for (id, base) in estate.bases.iter().filter(|(_, b)| b.place.flows() != (false, false)) {
        let place = &base.place;
        let this = node_of(id, base);
        let before = ends(lineage, estate, &place.upstream, &place.reads, &this);
        let after = ends(lineage, estate, &place.downstream, &place.writes, &this);
        let (status, delay) = told(id, base);
        // what waits in it waits for whoever comes next; where nobody does, to be taken in
        let into = match after.is_empty() {
            true => delay.clone(),
            false => Delay::unknown(Why::NoMeasure),
        };
        coming.extend(before.into_iter().map(|n| (n, this.clone(), into.clone())));
        leaving.extend(after.into_iter().map(|n| (this.clone(), n, delay.clone())));
        out.nodes.push(node(this, status, place.delay.is_some().then_some(delay)));
    }
    let mut known = BTreeSet::new();
    for (from, to, delay) in leaving.into_iter().chain(coming) {
        if known.insert((from.clone(), to.clone())) {
            out.edges.push(edge(from, to, delay));
        }
    }
    layout::place(&mut out.nodes, &out.edges, &lineage.layers);
    out
}

/// Whether anything is placed there.
pub fn any(estate: &Estate) -> bool {
    estate.bases.values().any(|b| b.place.flows() != (false, false))
}

fn node_of(id: &ClusterId, base: &BaseCluster) -> NodeRef {
    NodeRef::Base { base: base.base, cluster: id.clone() }
}

fn ends(
    lineage: &Lineage,
    estate: &Estate,
    patterns: &[Name],
    topics: &[Name],
    this: &NodeRef,
) -> Vec<NodeRef> {
    let named: Vec<&str> = patterns.iter().filter_map(|p| p.strip_prefix("component:")).collect();
    let patterns: Vec<Pattern> =
        patterns.iter().filter(|p| !p.starts_with("component:")).map(|p| Pattern::new(p)).collect();
    let fits = |n: &NodeRef| match n {
        NodeRef::Job { job } => patterns.iter().any(|p| p.matches(PatternKind::Job, &job.key)),
        NodeRef::Topic { topic } => {
            patterns.iter().any(|p| p.matches(PatternKind::Topic, &topic.topic))
                || topics.iter().any(|t| topic.is_called(t))
        }
        NodeRef::Base { .. } => false,
    };
    let others = estate.bases.iter().filter(|(id, _)| named.contains(&id.as_str()));
    let others = others.map(|(id, base)| node_of(id, base)).filter(|n| n != this);
    let nodes = lineage.nodes.iter().map(|n| &n.node).filter(|n| fits(n)).cloned();
    nodes.chain(others).take(MAX_ENDS).collect()
}

fn edge(from: NodeRef, to: NodeRef, delay: Delay) -> Edge {
    let reads = matches!(from, NodeRef::Topic { .. }) || matches!(to, NodeRef::Job { .. });
    Edge {
        kind: if reads { EdgeKind::Reads } else { EdgeKind::Writes },
        from,
        to,
        known_from: vec![KnownFrom::Declared],
        groups: Vec::new(),
        delay,
        vertex: None,
        unread_partitions: Vec::new(),
    }
}

fn node(node: NodeRef, status: Status, inside: Option<Delay>) -> Node {
    Node {
        node,
        layer: None,
        group: None,
        inside,
        total: None,
        own: None,
        hops: Vec::new(),
        status,
        arises: false,
        inherits: false,
        column: 0,
        row: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::{BaseFact, BaseKind, Fact, JobKey, Millis, Place, TopicId};
    use std::collections::BTreeMap;

    fn lineage() -> Lineage {
        let job = |name: &str| NodeRef::Job { job: JobKey::new(&ClusterId::new("f"), name) };
        let topic = NodeRef::Topic { topic: TopicId::new(&ClusterId::new("k"), "orders") };
        let all = [topic, job("ods"), job("dwd"), job("ads")];
        let nodes = all.map(|n| node(n, Status::Normal, None));
        Lineage { nodes: nodes.into(), ..Lineage::default() }
    }

    #[test]
    fn declared_layers_stand_in_their_order_while_edges_are_unknown() {
        let mut l = lineage();
        l.layers = ["ODS", "DWD", "ADS"].map(Name::from).into();
        let layer = [None, Some("ODS"), Some("DWD"), Some("ADS")];
        for (node, layer) in l.nodes.iter_mut().zip(layer) {
            node.layer = layer.map(Name::from);
        }
        let [orders, ods, dwd, ads] = [0, 1, 2, 3].map(|i: usize| l.nodes[i].node.clone());
        let unknown = || Delay::unknown(Why::NoMeasure);
        let columns = |l: &Lineage| -> Vec<u32> {
            let out = joined(l, &Estate::default(), |_, _| (Status::Unknown, unknown()));
            out.nodes.iter().map(|n| n.column).collect()
        };
        // of nobody it is known what the DWD reads
        l.edges = vec![edge(ods, orders.clone(), unknown()), edge(orders, ads.clone(), unknown())];
        assert_eq!(columns(&l), [1, 0, 2, 3]);
        // a flow back is drawn, and does not hang
        l.edges.push(edge(ads, dwd, unknown()));
        assert_eq!(columns(&l).len(), 4);
        l.layers.clear();
        assert_eq!(columns(&l), [1, 0, 3, 2]);
    }

    fn estate(places: &[(&str, Place)]) -> Estate {
        let mut e = Estate::default();
        for (name, place) in places {
            let fact = BaseFact {
                cluster: ClusterId::new(*name),
                base: BaseKind::Component,
                sort: "x".into(),
                members: Vec::new(),
                notes: BTreeMap::new(),
                serves: None,
                place: place.clone(),
                health: Vec::new(),
            };
            e.apply(Fact::Base(fact), Millis(0));
        }
        e
    }

    fn told(_: &ClusterId, _: &BaseCluster) -> (Status, Delay) {
        (Status::Unknown, Delay { records: Some(7.0), ..Delay::unknown(Why::NoMeasure) })
    }

    #[test]
    fn it_stands_between_those_that_are_named() {
        let names = |all: &[&str]| all.iter().map(|t| Name::from(*t)).collect::<Vec<_>>();
        let pulsar = Place {
            upstream: names(&["job:o*"]),
            downstream: names(&["dwd", "component:ck"]),
            ..Place::default()
        };
        let ck = Place { upstream: names(&["ads", "component:pulsar"]), ..Place::default() };
        let agent = Place { writes: names(&["k/orders"]), ..Place::default() };
        let below = Place { jobs: names(&["*"]), ..Place::default() };
        let all = [("pulsar", pulsar), ("ck", ck), ("agent", agent), ("zk", below)];
        let j = joined(&lineage(), &estate(&all), told);
        let mut edges: Vec<_> = j
            .edges
            .iter()
            .map(|e| format!("{} {:?} {}", e.from.name(), e.kind, e.to.name()))
            .collect();
        edges.sort();
        assert_eq!(
            edges,
            [
                "ads Writes ck",
                "agent Writes orders",
                "ods Writes pulsar",
                "pulsar Reads dwd",
                "pulsar Writes ck",
            ]
        );
        assert_eq!(j.nodes.len(), 7, "what only stands below is no node");
        let column = |name: &str| j.nodes.iter().find(|n| n.node.name() == name).unwrap().column;
        assert!(column("ods") < column("pulsar") && column("pulsar") < column("dwd"));
        // its delay stands on what comes after it, and on what comes before it where nothing does
        let delay = |from: &str, to: &str| {
            let e = j.edges.iter().find(|e| e.from.name() == from && e.to.name() == to);
            e.unwrap().delay.records
        };
        assert_eq!((delay("pulsar", "dwd"), delay("ods", "pulsar")), (Some(7.0), None));
        assert_eq!(delay("ads", "ck"), Some(7.0));
        assert_eq!(joined(&lineage(), &estate(&[]), told).edges.len(), 0);
    }
}
