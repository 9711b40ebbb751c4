//! Who feeds whom, along the lineage.

use crate::estate::{JobKey, TopicId};
use crate::lineage::{Edge, EdgeKind, Likely, Lineage, NodeRef};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

#[derive(Default)]
pub struct Kin<'a> {
    pub reads: BTreeMap<&'a JobKey, Vec<&'a Edge>>,
    writers: BTreeMap<&'a TopicId, Vec<&'a JobKey>>,
    readers: BTreeMap<&'a TopicId, Vec<&'a JobKey>>,
    writes: BTreeMap<&'a JobKey, Vec<&'a TopicId>>,
    lineage: Option<&'a Lineage>,
}

impl<'a> Kin<'a> {
    pub fn of(lineage: &'a Lineage) -> Kin<'a> {
        let mut kin = Kin { lineage: Some(lineage), ..Kin::default() };
        for edge in &lineage.edges {
            match (edge.kind, &edge.from, &edge.to) {
                (EdgeKind::Reads, NodeRef::Topic { topic }, NodeRef::Job { job }) => {
                    kin.reads.entry(job).or_default().push(edge);
                    kin.readers.entry(topic).or_default().push(job);
                }
                (EdgeKind::Writes, NodeRef::Job { job }, NodeRef::Topic { topic }) => {
                    kin.writers.entry(topic).or_default().push(job);
                    kin.writes.entry(job).or_default().push(topic);
                }
                _ => {}
            }
        }
        kin
    }

    pub fn reads(&self, job: &JobKey) -> &[&'a Edge] {
        self.reads.get(job).map_or(&[], Vec::as_slice)
    }

    pub fn topics_read(&self, job: &JobKey) -> impl Iterator<Item = &'a TopicId> + use<'a, '_> {
        self.reads(job).iter().filter_map(|e| match &e.from {
            NodeRef::Topic { topic } => Some(topic),
            NodeRef::Job { .. } | NodeRef::Base { .. } => None,
        })
    }

    pub fn topics_written(&self, job: &JobKey) -> &[&'a TopicId] {
        self.writes.get(job).map_or(&[], Vec::as_slice)
    }

    pub fn writers(&self, topic: &TopicId) -> &[&'a JobKey] {
        self.writers.get(topic).map_or(&[], Vec::as_slice)
    }

    pub fn readers(&self, topic: &TopicId) -> &[&'a JobKey] {
        self.readers.get(topic).map_or(&[], Vec::as_slice)
    }

    /// Who may write a topic of which no edge tells it: those whose volume fits and those of which
    /// too little was seen; of one that is not seen to grow, all whose topic nobody knows.
    pub fn may_write(&self, topic: &TopicId) -> impl Iterator<Item = &'a JobKey> + use<'a> {
        let table = self.lineage.filter(|_| self.writers(topic).is_empty()).map(|l| &l.likely);
        let likely: Option<&'a Likely> = table.and_then(|t| t.of(topic));
        let all = table.filter(|_| likely.is_none()).map(|t| t.free());
        likely
            .into_iter()
            .flat_map(|l| l.jobs.iter().chain(&l.maybe))
            .chain(all.into_iter().flatten())
    }

    /// Jobs that feed it, nearest first, without itself; a cycle ends where it closes.
    pub fn upstream(&self, job: &JobKey) -> Vec<&'a JobKey> {
        self.walk(job, |j| {
            self.topics_read(j).flat_map(|t| self.writers(t).iter().copied()).collect()
        })
    }

    /// The same with those that may feed it, without those that it is known to feed.
    pub fn may_feed(&self, job: &JobKey) -> Vec<&'a JobKey> {
        let below: BTreeSet<&JobKey> = self.downstream(job).into_iter().collect();
        self.walk(job, |j| {
            let of = |t| self.writers(t).iter().copied().chain(self.may_write(t));
            self.topics_read(j).flat_map(of).filter(|u| !below.contains(u)).collect()
        })
    }

    /// Jobs that it feeds, nearest first.
    pub fn downstream(&self, job: &JobKey) -> Vec<&'a JobKey> {
        self.walk(job, |j| {
            let topics = self.topics_written(j).iter();
            topics.flat_map(|t| self.readers(t).iter().copied()).collect()
        })
    }

    fn walk(&self, from: &JobKey, next: impl Fn(&JobKey) -> Vec<&'a JobKey>) -> Vec<&'a JobKey> {
        let mut seen: BTreeSet<&JobKey> = BTreeSet::new();
        let mut queue: VecDeque<&'a JobKey> = next(from).into();
        let mut out = Vec::new();
        while let Some(job) = queue.pop_front() {
            if job != from && seen.insert(job) {
                out.push(job);
                queue.extend(next(job));
            }
        }
        out
    }
}
