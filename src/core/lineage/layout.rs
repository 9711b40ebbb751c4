//! Places nodes: columns by the longest way from a first node, rows by barycentre sweeps.

use super::{Edge, Node, NodeRef};
use crate::estate::Name;
use petgraph::Direction;
use petgraph::graphmap::DiGraphMap;
use std::collections::{BTreeMap, BTreeSet};

/// Sets `column` and `row` of each node. A cycle (a job that writes what it reads) is cut where
/// it closes. `layers`, in the order of the flow: what is in a later one stands right of what is in
/// an earlier one, also while no edge between them is known.
pub fn place(nodes: &mut [Node], edges: &[Edge], layers: &[Name]) {
    let at: BTreeMap<NodeRef, usize> =
        nodes.iter().enumerate().map(|(i, n)| (n.node.clone(), i)).collect();
    let mut graph: DiGraphMap<usize, ()> = DiGraphMap::new();
    (0..nodes.len()).for_each(|i| {
        graph.add_node(i);
    });
    for e in edges {
        if let (Some(a), Some(b)) = (at.get(&e.from), at.get(&e.to)) {
            graph.add_edge(*a, *b, ());
        }
    }
    let columns = columns(&in_layers(&graph, nodes, layers), nodes.len() + layers.len());
    let columns = without_gaps(&columns, nodes.len());
    let mut by_column: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (i, c) in columns.iter().enumerate() {
        by_column.entry(*c).or_default().push(i);
    }
    let mut rows = vec![0.0; nodes.len()];
    for column in by_column.values() {
        column.iter().enumerate().for_each(|(r, i)| rows[*i] = r as f64);
    }
    for sweep in 0..SWEEPS {
        let direction = if sweep % 2 == 0 { Direction::Incoming } else { Direction::Outgoing };
        let mut order: Vec<_> = by_column.keys().copied().collect();
        if direction == Direction::Outgoing {
            order.reverse();
        }
        for c in order {
            if let Some(column) = by_column.get_mut(&c) {
                settle(column, &graph, direction, &mut rows);
            }
        }
    }
    for (i, node) in nodes.iter_mut().enumerate() {
        node.column = columns[i];
        node.row = rows[i] as u32;
    }
}

/// The graph with a node between each declared layer and the next, which only columns are counted by.
fn in_layers(
    graph: &DiGraphMap<usize, ()>,
    nodes: &[Node],
    layers: &[Name],
) -> DiGraphMap<usize, ()> {
    let mut graph = graph.clone();
    let between = |rank: usize| nodes.len() + rank;
    for rank in 0..layers.len() {
        graph.add_node(between(rank));
        if rank > 0 {
            graph.add_edge(between(rank - 1), between(rank), ());
        }
    }
    for (i, node) in nodes.iter().enumerate() {
        let rank = node.layer.as_ref().and_then(|l| layers.iter().position(|of| of == l));
        let Some(rank) = rank else { continue };
        graph.add_edge(i, between(rank), ());
        if rank > 0 {
            graph.add_edge(between(rank - 1), i, ());
        }
    }
    graph
}

/// Of the first `n`: columns that none of them stands in are none.
fn without_gaps(columns: &[u32], n: usize) -> Vec<u32> {
    let own = columns.get(..n).unwrap_or_default();
    let used: BTreeSet<u32> = own.iter().copied().collect();
    let rank: BTreeMap<u32, u32> = used.into_iter().zip(0..).collect();
    own.iter().map(|c| rank.get(c).copied().unwrap_or(*c)).collect()
}

/// Enough for the crossings that a person would notice.
const SWEEPS: usize = 6;

fn settle(
    column: &mut [usize],
    graph: &DiGraphMap<usize, ()>,
    direction: Direction,
    rows: &mut [f64],
) {
    let centre = |i: usize| {
        let around: Vec<f64> = graph.neighbors_directed(i, direction).map(|n| rows[n]).collect();
        if around.is_empty() { rows[i] } else { around.iter().sum::<f64>() / around.len() as f64 }
    };
    let mut keyed: Vec<(f64, usize)> = column.iter().map(|i| (centre(*i), *i)).collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    for (r, (_, i)) in keyed.into_iter().enumerate() {
        column[r] = i;
        rows[i] = r as f64;
    }
}

/// Longest way from a first node; an edge that closes a cycle does not count.
fn columns(graph: &DiGraphMap<usize, ()>, n: usize) -> Vec<u32> {
    let mut left: Vec<usize> =
        (0..n).map(|i| graph.neighbors_directed(i, Direction::Incoming).count()).collect();
    let mut columns = vec![0; n];
    let mut done = vec![false; n];
    let mut ready: Vec<usize> = (0..n).filter(|i| left[*i] == 0).collect();
    let mut placed = 0;
    while placed < n {
        let i = match ready.pop() {
            Some(i) => i,
            // only cycles are left: cut at the node with the fewest open inputs
            None => match (0..n).filter(|i| !done[*i]).min_by_key(|i| left[*i]) {
                Some(i) => i,
                None => break,
            },
        };
        if std::mem::replace(&mut done[i], true) {
            continue;
        }
        placed += 1;
        for next in graph.neighbors_directed(i, Direction::Outgoing).filter(|m| !done[*m]) {
            columns[next] = columns[next].max(columns[i] + 1);
            left[next] = left[next].saturating_sub(1);
            if left[next] == 0 {
                ready.push(next);
            }
        }
    }
    columns
}
