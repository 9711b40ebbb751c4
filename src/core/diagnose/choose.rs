//! Which of the candidates is the root. Explaining away first: a cause in the shared layer below
//! covers what it causes above. Two roots stand side by side only where each explains symptoms
//! that the other does not.

use super::candidates::Candidate;
use super::kin::Kin;
use super::trouble::Troubles;
use crate::case::SymptomKind;
use crate::estate::{JobKey, Subject};
use crate::rules::{Layer, Role};
use std::collections::{BTreeMap, BTreeSet};

/// Candidates by what they turned out to be; indices into `all`.
pub struct Chosen<'r> {
    pub all: Vec<Candidate<'r>>,
    /// Root -> what follows from it.
    pub roots: BTreeMap<usize, Vec<usize>>,
    /// Jobs of which several roots remain, and nothing tells them apart.
    pub ties: Vec<Vec<usize>>,
    /// True, and says that there is no trouble.
    pub calm: Vec<usize>,
    /// True consequences whose root was not found.
    pub loose: Vec<usize>,
}

pub fn choose<'r>(all: Vec<Candidate<'r>>, kin: &Kin<'_>, troubles: &Troubles<'_>) -> Chosen<'r> {
    let holds: Vec<usize> =
        (0..all.len()).filter(|i| at(&all, *i).is_some_and(|c| c.holds())).collect();
    let mut explained: BTreeMap<usize, usize> = BTreeMap::new();
    let reach = Reach::of(&all, &holds, kin);
    for &b in &holds {
        let by = reach.over(&all, b).into_iter().filter(|a| *a != b && explains(&all, *a, b));
        // not by something that it explains itself, unless that lies deeper
        let mutual = |a: usize| reach.touches(&all, b, a) && explains(&all, b, a);
        let by = by.filter(|a| !mutual(*a) || deeper(&all, *a, b)).min();
        if let Some(a) = by {
            explained.insert(b, a);
        }
    }
    let free = |i: &usize| !explained.contains_key(i);
    let role = |i: usize| at(&all, i).map(|c| c.rule.role);
    let calm: Vec<usize> =
        holds.iter().copied().filter(|i| role(*i) == Some(Role::NotAFault) && free(i)).collect();
    let root_like = |i: &usize| matches!(role(*i), Some(Role::Root | Role::Hazard));
    let mut roots: Vec<usize> = holds.iter().copied().filter(|i| free(i) && root_like(i)).collect();
    let ties = settle(&all, &mut roots, troubles);
    let tied: BTreeSet<usize> = ties.iter().flatten().copied().collect();
    roots.retain(|r| !tied.contains(r));
    let mut follows: BTreeMap<usize, Vec<usize>> = roots.iter().map(|r| (*r, Vec::new())).collect();
    for b in explained.keys() {
        if let Some(list) = follows.get_mut(&top(&explained, *b)) {
            list.push(*b);
        }
    }
    let loose = holds
        .iter()
        .copied()
        .filter(|i| free(i) && matches!(role(*i), Some(Role::Consequence | Role::Relation)))
        .collect();
    Chosen { all, roots: follows, ties, calm, loose }
}

fn at<'a, 'r>(all: &'a [Candidate<'r>], i: usize) -> Option<&'a Candidate<'r>> {
    all.get(i)
}

/// The end of the chain of explanations; bounded by its length.
fn top(explained: &BTreeMap<usize, usize>, from: usize) -> usize {
    let mut i = from;
    for _ in 0..explained.len() {
        match explained.get(&i) {
            Some(a) => i = *a,
            None => break,
        }
    }
    i
}

/// How far down the lineage each candidate reaches, and who reaches a job.
struct Reach<'a> {
    jobs: BTreeMap<usize, BTreeSet<&'a JobKey>>,
    by: BTreeMap<&'a JobKey, Vec<usize>>,
}

impl<'a> Reach<'a> {
    fn of(all: &'a [Candidate<'_>], holds: &[usize], kin: &Kin<'a>) -> Reach<'a> {
        let mut reach = Reach { jobs: BTreeMap::new(), by: BTreeMap::new() };
        for &i in holds {
            let own = at(all, i).map(|c| &c.jobs).into_iter().flatten();
            let jobs: BTreeSet<&JobKey> =
                own.flat_map(|j| std::iter::once(j).chain(kin.downstream(j))).collect();
            for job in &jobs {
                reach.by.entry(*job).or_default().push(i);
            }
            reach.jobs.insert(i, jobs);
        }
        reach
    }

    /// Those that reach a job of `b`, in order.
    fn over(&self, all: &[Candidate<'_>], b: usize) -> BTreeSet<usize> {
        let jobs = at(all, b).map(|c| &c.jobs).into_iter().flatten();
        jobs.filter_map(|j| self.by.get(j)).flatten().copied().collect()
    }

    fn touches(&self, all: &[Candidate<'_>], a: usize, b: usize) -> bool {
        let (Some(reached), Some(b)) = (self.jobs.get(&a), at(all, b)) else { return false };
        match reached.len() < b.jobs.len() {
            true => reached.iter().any(|j| b.jobs.contains(*j)),
            false => b.jobs.iter().any(|j| reached.contains(j)),
        }
    }
}

/// Whether `a`, which reaches the jobs of `b`, names it as what follows from it.
fn explains(all: &[Candidate<'_>], a: usize, b: usize) -> bool {
    let (Some(a), Some(b)) = (at(all, a), at(all, b)) else { return false };
    let named = a.rule.explains_cause(&b.rule.cause);
    if !named || (a.rule.cause == b.rule.cause && a.subject == b.subject) {
        return false;
    }
    // inside one job the place must fit, unless the rule speaks of the whole job or of what is below
    match (a.subject.job(), b.subject.job()) {
        (Some(x), Some(y)) if x == y => {
            !matches!((&a.subject, &b.subject), (Subject::Subtask { .. }, Subject::Subtask { .. }))
                || a.subject == b.subject
        }
        _ => true,
    }
}

/// Depth of the layer: what lies below causes what is above, not the other way round.
fn deeper(all: &[Candidate<'_>], a: usize, b: usize) -> bool {
    let depth = |i: usize| {
        at(all, i).map_or(0, |c| match c.rule.layer {
            Layer::Cluster => 4,
            Layer::Resource => 3,
            Layer::Link => 2,
            Layer::Data | Layer::Deploy => 1,
            Layer::Code | Layer::Config | Layer::Observability => 0,
        })
    };
    depth(a) > depth(b)
}

/// Which symptoms of its jobs a candidate can explain.
fn explained_kinds(c: &Candidate<'_>, troubles: &Troubles<'_>) -> BTreeSet<(JobKey, SymptomKind)> {
    let mut out = BTreeSet::new();
    for job in &c.jobs {
        for s in troubles.jobs.get(job).into_iter().flat_map(|t| &t.symptoms) {
            let when = &c.rule.when;
            if when.is_empty() || when.iter().any(|w| &**w == s.kind.name()) {
                out.insert((job.clone(), s.kind));
            }
        }
    }
    out
}

/// Of roots that explain the same symptoms only the best stays; equals are a tie.
fn settle(
    all: &[Candidate<'_>],
    roots: &mut Vec<usize>,
    troubles: &Troubles<'_>,
) -> Vec<Vec<usize>> {
    let kinds: BTreeMap<usize, _> =
        roots.iter().filter_map(|r| Some((*r, explained_kinds(at(all, *r)?, troubles)))).collect();
    let mut by_job: BTreeMap<&JobKey, Vec<usize>> = BTreeMap::new();
    for &i in roots.iter() {
        for job in at(all, i).map(|c| &c.jobs).into_iter().flatten() {
            by_job.entry(job).or_default().push(i);
        }
    }
    let mut ties = Vec::new();
    let mut beaten = BTreeSet::new();
    for &a in roots.iter() {
        if beaten.contains(&a) {
            continue;
        }
        let mut equal = vec![a];
        let jobs = at(all, a).map(|c| &c.jobs).into_iter().flatten();
        let near: BTreeSet<usize> = jobs.filter_map(|j| by_job.get(j)).flatten().copied().collect();
        for b in near.into_iter().filter(|b| *b != a) {
            let (Some(x), Some(y)) = (kinds.get(&a), kinds.get(&b)) else { continue };
            if x.is_disjoint(y) && !x.is_empty() && !y.is_empty() {
                continue;
            }
            // each is ill itself, which the other does not explain
            if ill_bases(all, troubles, a, b) {
                continue;
            }
            match rank(all, a).cmp(&rank(all, b)) {
                std::cmp::Ordering::Greater => {
                    beaten.insert(b);
                }
                std::cmp::Ordering::Less => {
                    beaten.insert(a);
                }
                std::cmp::Ordering::Equal => equal.push(b),
            }
        }
        equal.retain(|i| !beaten.contains(i));
        equal.sort_unstable();
        // the same cause at several places of one job (two hot partitions) is one: the first
        let causes: BTreeSet<&str> =
            equal.iter().filter_map(|i| at(all, *i)).map(|c| &*c.rule.cause).collect();
        if causes.len() > 1 && !ties.contains(&equal) {
            ties.push(equal);
        } else if causes.len() == 1 {
            beaten.extend(equal.iter().skip(1).copied().filter(|i| nested(all, a, *i)));
        }
    }
    roots.retain(|r| !beaten.contains(r));
    ties.retain(|t: &Vec<usize>| t.iter().all(|i| !beaten.contains(i)) && t.len() > 1);
    ties
}

/// Two base clusters or components, each with a symptom of its own.
fn ill_bases(all: &[Candidate<'_>], troubles: &Troubles<'_>, a: usize, b: usize) -> bool {
    let own = |i: usize| {
        let subject = at(all, i).map(|c| &c.subject);
        subject.filter(|s| matches!(s, Subject::Base { .. }) && troubles.is_ill(s))
    };
    matches!((own(a), own(b)), (Some(a), Some(b)) if a != b)
}

/// Parts of the same thing: subtasks of a vertex, partitions of a topic, vertices of a job.
fn nested(all: &[Candidate<'_>], a: usize, b: usize) -> bool {
    match (at(all, a).map(|c| &c.subject), at(all, b).map(|c| &c.subject)) {
        (Some(Subject::Partition { topic: x, .. }), Some(Subject::Partition { topic: y, .. })) => {
            x == y
        }
        (Some(x), Some(y)) => x.job().is_some() && x.job() == y.job(),
        _ => false,
    }
}

/// Root before hazard; more jobs; more of what it needs seen to hold.
fn rank(all: &[Candidate<'_>], i: usize) -> (bool, usize, usize) {
    at(all, i)
        .map_or((false, 0, 0), |c| (c.rule.role == Role::Root, c.jobs.len(), c.found.needs.len()))
}
