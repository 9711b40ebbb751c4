//! Where somebody works now, and whom that reaches: what is fed by it is late by their doing.

use crate::estate::{PlannedWork, Subject, work_on};
use crate::lineage::NodeRef;
use crate::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};

pub struct Works<'a>(BTreeSet<&'a NodeRef>);

impl<'a> Works<'a> {
    pub fn of(s: &'a Snapshot) -> Works<'a> {
        let now: Vec<&PlannedWork> = s.planned.iter().filter(|w| w.in_force(s.at)).collect();
        if now.is_empty() {
            return Works(BTreeSet::new());
        }
        let on = |n: &&NodeRef| work_on(now.iter().copied(), &subject(n), s.at).is_some();
        let mut left: Vec<&NodeRef> = s.lineage.nodes.iter().map(|n| &n.node).filter(on).collect();
        let mut next: BTreeMap<&NodeRef, Vec<&NodeRef>> = BTreeMap::new();
        for e in &s.lineage.edges {
            next.entry(&e.from).or_default().push(&e.to);
        }
        let mut reached = BTreeSet::new();
        while let Some(node) = left.pop() {
            if reached.insert(node) {
                left.extend(next.get(node).into_iter().flatten());
            }
        }
        Works(reached)
    }

    pub fn reach(&self, node: &NodeRef) -> bool {
        self.0.contains(node)
    }
}

fn subject(node: &NodeRef) -> Subject {
    match node {
        NodeRef::Job { job } => Subject::Job { job: job.clone() },
        NodeRef::Topic { topic } => Subject::Topic { topic: topic.clone() },
        NodeRef::Base { base, cluster } => Subject::Base { base: *base, cluster: cluster.clone() },
    }
}
