//! Availability: minutes in which what was delivered was within its target, over the minutes that
//! are known. A minute of which nothing is known is neither good nor bad, and is counted beside.

mod told;
mod work;

pub use told::{Budget, DAY, Share, Spender, budget, planned, shares, spenders, unseen, without};

use crate::estate::{Entity, Millis, Name, TopicId};
use crate::lineage::{Ages, Delay, Edge, EdgeKind, Node, NodeRef, Path, Status};
use crate::past::MINUTE;
use crate::signals::Signal;
use crate::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};
use work::Works;

/// What is remembered of a minute: 1 within, 0 not.
pub const WITHIN: &str = "within";
/// 1 for a minute that was out while somebody had announced work there, or on what feeds it; else
/// there is none.
pub const PLANNED: &str = "planned";
/// Of a path: what 95 % of the minute did not exceed, s.
pub const DELAY: &str = "delay";

/// One minute of something that has a target.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// `path:<from>→<to>`, `job:<cluster>/<key>`, `topic:<cluster>/<topic>` or `layer:<name>`.
    pub of: Name,
    pub within: bool,
    /// It was out, and somebody had announced work there or on what feeds it.
    pub planned: bool,
    /// Of a path, s.
    pub p95: Option<f64>,
}

/// The minute that ends at the snapshot's moment, of every declared path, of every job with a
/// target of its own, of its layer or of its edges, of every topic that somebody reads against a
/// target, and of every layer with such jobs. What cannot be told is left out.
pub fn minute(s: &Snapshot) -> Vec<Judged> {
    let ages = Ages::new(&s.signals, s.tick + s.tick + s.tick);
    let look = Look { s, ages };
    let works = Works::of(s);
    let mut out: Vec<Judged> = Vec::new();
    for path in s.lineage.paths.iter().filter(|p| p.declared) {
        let planned = || path.nodes.iter().any(|n| works.reach(n));
        out.extend(look.path(path).map(|j| Judged { planned: !j.within && planned(), ..j }));
    }
    let judged = |of: Name, within: bool, planned: bool| Judged {
        of,
        within,
        planned: planned && !within,
        p95: None,
    };
    let mut layers: BTreeMap<&Name, Vec<(Option<bool>, bool)>> = BTreeMap::new();
    for node in &s.lineage.nodes {
        let Some(within) = look.job(node) else { continue };
        let planned = within == Some(false) && works.reach(&node.node);
        if let Some(layer) = &node.layer {
            layers.entry(layer).or_default().push((within, planned));
        }
        out.extend(within.map(|within| judged(node.node.id().into(), within, planned)));
    }
    for (topic, readers) in look.topics() {
        let node = NodeRef::Topic { topic: topic.clone() };
        let planned = || works.reach(&node) || readers.iter().any(|(job, _)| works.reach(job));
        let within = all(readers.iter().map(|(_, within)| *within));
        out.extend(within.map(|within| judged(node.id().into(), within, !within && planned())));
    }
    for (layer, jobs) in layers {
        // a job that is out without anybody's work is the layer's own trouble
        let planned = jobs.iter().all(|(within, planned)| *within != Some(false) || *planned);
        let within = all(jobs.into_iter().map(|(within, _)| within));
        out.extend(within.map(|w| judged(format!("layer:{layer}").into(), w, planned)));
    }
    out
}

/// All of which [`minute`], or the health of what the jobs stand on, tells whether it was within:
/// also where that is not known now.
pub fn wanted(s: &Snapshot) -> BTreeSet<Name> {
    let look = Look { s, ages: Ages::new(&s.signals, s.tick + s.tick + s.tick) };
    let paths = s.lineage.paths.iter().filter(|p| p.declared && p.delay.target_s.is_some());
    let ends = paths.filter_map(|p| Some((p.nodes.first()?, p.nodes.last()?)));
    let mut out: BTreeSet<Name> = ends.map(|(a, b)| path_name(a.name(), b.name())).collect();
    for node in s.lineage.nodes.iter().filter(|n| look.job(n).is_some()) {
        out.insert(node.node.id().into());
        out.extend(node.layer.iter().map(|layer| format!("layer:{layer}").into()));
    }
    let topics = look.topics().into_keys();
    out.extend(topics.map(|t| NodeRef::Topic { topic: t.clone() }.id().into()));
    out.extend(s.estate.bases.iter().map(|(id, base)| base.subject(id).to_string().into()));
    out
}

/// How a declared path is named in what is remembered.
pub fn path_name(from: &str, to: &str) -> Name {
    format!("path:{from}→{to}").into()
}

/// One that is out is enough; within is only what is within in every part.
fn all(parts: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => all = None,
        }
    }
    all
}

struct Look<'a> {
    s: &'a Snapshot,
    ages: Ages<'a>,
}

impl Look<'_> {
    fn p95(&self, entity: &Entity, signal: Signal) -> Option<f64> {
        self.ages.quantiles(entity, signal, self.s.at, MINUTE).p95
    }

    fn path(&self, path: &Path) -> Option<Judged> {
        let target = path.delay.target_s?;
        let p95 = self.p95(&Entity::Path { id: path.id.clone() }, Signal::PathAge);
        let on_it = |e: &&Edge| {
            path.nodes.windows(2).any(|w| matches!(w, [a, b] if *a == e.from && *b == e.to))
        };
        let waits = self.s.lineage.edges.iter().filter(on_it).filter_map(waits);
        Some(Judged {
            of: path_name(path.nodes.first()?.name(), path.nodes.last()?.name()),
            within: judge(p95, waits, target)?,
            planned: false,
            p95,
        })
    }

    /// None: nothing is wanted of it. Some(None): nobody can tell.
    fn job(&self, node: &Node) -> Option<Option<bool>> {
        let NodeRef::Job { job } = &node.node else { return None };
        let read = |e: &&Edge| e.kind == EdgeKind::Reads && e.to == node.node;
        let edges = || self.s.lineage.edges.iter().filter(read);
        let whole = node.total.as_ref().and_then(|total| {
            let p95 = self.p95(&Entity::Job { job: job.clone() }, Signal::OutputAge);
            let waits = edges().filter_map(waits).chain(total.seconds());
            Some(judge(p95, waits, total.target_s?))
        });
        let each = edges().filter_map(|e| Some(self.read(e)?.2));
        let parts: Vec<Option<bool>> = whole.into_iter().chain(each).collect();
        (!parts.is_empty()).then(|| all(parts))
    }
}

impl<'a> Look<'a> {
    /// A topic that is read against a target, by whom, and whether that reader was within it.
    fn read(&self, e: &'a Edge) -> Option<(&'a TopicId, &'a NodeRef, Option<bool>)> {
        let (NodeRef::Topic { topic }, NodeRef::Job { job }) = (&e.from, &e.to) else {
            return None;
        };
        let target = e.delay.target_s?;
        let entity = Entity::EdgeRead { topic: topic.clone(), job: job.clone() };
        Some((topic, &e.to, judge(self.p95(&entity, Signal::EdgeAge), waits(e), target)))
    }

    fn topics(&self) -> BTreeMap<&'a TopicId, Vec<(&'a NodeRef, Option<bool>)>> {
        let mut topics: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (topic, job, within) in self.s.lineage.edges.iter().filter_map(|e| self.read(e)) {
            topics.entry(topic).or_default().push((job, within));
        }
        topics
    }
}

/// How late the oldest record that waits there is at least: what has not come yet is late too.
fn waits(edge: &Edge) -> Option<f64> {
    Some(&edge.delay).filter(|_| edge.kind == EdgeKind::Reads).and_then(Delay::seconds)
}

/// What was known of the minute decides. Where most of it is not known, a record that waits for
/// longer than the target is late all the same; that none is seen to wait says nothing.
fn judge(p95: Option<f64>, waits: impl IntoIterator<Item = f64>, target: f64) -> Option<bool> {
    match p95 {
        Some(p95) => Some(p95 <= target),
        None => waits.into_iter().any(|w| w > target).then_some(false),
    }
}

/// For a word beside a figure.
pub fn status(share: Option<f64>, objective: f64) -> Status {
    match share {
        None => Status::Unknown,
        Some(share) if share < objective => Status::Over,
        Some(_) => Status::Normal,
    }
}

/// The minute that a moment belongs to.
pub fn minute_of(at: Millis) -> Millis {
    Millis(at.0.div_euclid(MINUTE.0) * MINUTE.0)
}

#[cfg(test)]
mod tests;
