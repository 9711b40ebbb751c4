//! Looking up nodes, and who stands before and after whom.

use super::Error;
use std::collections::{HashMap, VecDeque};
use streamwarden_core::lineage::{Lineage, NodeRef};

/// Neighbours by index into `lineage.nodes`.
pub struct Graph<'a> {
    pub lineage: &'a Lineage,
    index: HashMap<&'a NodeRef, usize>,
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Upstream,
    Downstream,
}

impl<'a> Graph<'a> {
    pub fn new(lineage: &'a Lineage) -> Graph<'a> {
        let index: HashMap<_, _> =
            lineage.nodes.iter().enumerate().map(|(i, n)| (&n.node, i)).collect();
        let mut before = vec![Vec::new(); lineage.nodes.len()];
        let mut after = before.clone();
        for e in &lineage.edges {
            if let (Some(&from), Some(&to)) = (index.get(&e.from), index.get(&e.to)) {
                after[from].push(to);
                before[to].push(from);
            }
        }
        Graph { lineage, index, before, after }
    }

    pub fn of(&self, node: &NodeRef) -> Option<usize> {
        self.index.get(node).copied()
    }

    pub fn next(&self, node: usize, way: Way) -> &[usize] {
        match way {
            Way::Upstream => &self.before[node],
            Way::Downstream => &self.after[node],
        }
    }

    /// Nodes within `hops` edges of `start` in one direction, nearest first, with their distance;
    /// `start` itself included. At most `limit` of them.
    pub fn reach(&self, start: usize, way: Way, hops: u32, limit: usize) -> Vec<(usize, u32)> {
        let mut seen = vec![false; self.lineage.nodes.len()];
        let mut queue = VecDeque::from([(start, 0)]);
        let mut found = Vec::new();
        seen[start] = true;
        while let Some((node, distance)) = queue.pop_front() {
            if found.len() >= limit {
                break;
            }
            found.push((node, distance));
            if distance == hops {
                continue;
            }
            for &n in self.next(node, way) {
                if !std::mem::replace(&mut seen[n], true) {
                    queue.push_back((n, distance + 1));
                }
            }
        }
        found
    }
}

/// How many near names an error offers.
const NEAREST: usize = 3;

/// Finds a node by its full id, or by its bare name where only one has it.
pub fn resolve(
    lineage: &Lineage,
    what: &'static str,
    id: &str,
    fits: impl Fn(&NodeRef) -> bool,
) -> Result<NodeRef, Error> {
    let all = || lineage.nodes.iter().map(|n| &n.node).filter(|n| fits(n));
    if let Some(node) = all().find(|n| n.id() == id) {
        return Ok(node.clone());
    }
    // `demo/orders`, as logs, plans and kill switches name a job
    let bare = |n: &NodeRef| n.id().split_once(':').is_some_and(|(_, bare)| bare == id);
    let fits = |n: &&NodeRef| n.name() == id || bare(n);
    let named: Vec<_> = all().filter(fits).take(NEAREST + 1).collect();
    match named.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(Error::NotFound { what, id: id.to_owned(), nearest: nearest(all(), id) }),
        several => Err(Error::Ambiguous {
            id: id.to_owned(),
            candidates: several.iter().map(|n| n.id()).collect(),
        }),
    }
}

fn nearest<'a>(nodes: impl Iterator<Item = &'a NodeRef>, id: &str) -> Vec<String> {
    let bare = id.rsplit('/').next().unwrap_or(id);
    let mut scored: Vec<_> = nodes
        .map(|n| (strsim::jaro_winkler(n.name(), bare), n))
        .filter(|(score, _)| *score > 0.7)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(NEAREST).map(|(_, n)| n.id()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata;

    #[test]
    fn found_by_id_or_name_else_the_nearest_are_told() {
        let s = testdata::snapshot();
        let find = |id| resolve(&s.lineage, "node", id, |_| true);
        assert_eq!(find("job:demo/ads-risk").map(|n| n.id()), Ok("job:demo/ads-risk".into()));
        assert_eq!(find("demo/ads-risk").map(|n| n.id()), Ok("job:demo/ads-risk".into()));
        assert_eq!(find("orders").map(|n| n.id()), Ok("topic:pay-1/orders".into()));
        match find("dwd-order-stat") {
            Err(Error::NotFound { nearest, .. }) => {
                assert_eq!(nearest[0], "job:demo/dwd-order-stats");
            }
            other => panic!("{other:?}"),
        }
    }
}
