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
    for &b in &holds {
        let by = holds.iter().copied().filter(|a| *a != b && explains(&all, *a, b, kin));
        // not by something that it explains itself, unless that lies deeper
        let by = by.filter(|a| !explains(&all, b, *a, kin) || deeper(&all, *a, b)).min();
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

/// Whether `a` names `b` as what follows from it, and reaches its place.
fn explains(all: &[Candidate<'_>], a: usize, b: usize, kin: &Kin<'_>) -> bool {
    let (Some(a), Some(b)) = (at(all, a), at(all, b)) else { return false };
    let named = a.rule.explains_cause(&b.rule.cause);
    if !named || (a.rule.cause == b.rule.cause && a.subject == b.subject) {
        return false;
    }
    let same_jobs = a.jobs.intersection(&b.jobs).next().is_some();
    let below = a.jobs.iter().any(|j| kin.downstream(j).iter().any(|d| b.jobs.contains(*d)));
    // inside one job the place must fit, unless the rule speaks of the whole job or of what is below
    let fits = match (a.subject.job(), b.subject.job()) {
        (Some(x), Some(y)) if x == y => {
            !matches!((&a.subject, &b.subject), (Subject::Subtask { .. }, Subject::Subtask { .. }))
                || a.subject == b.subject
        }
        _ => true,
    };
    (same_jobs || below) && fits
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
    let mut ties = Vec::new();
    let mut beaten = BTreeSet::new();
    for &a in roots.iter() {
        if beaten.contains(&a) {
            continue;
        }
        let mut equal = vec![a];
        for &b in roots.iter().filter(|b| **b != a) {
            let (Some(x), Some(y)) = (kinds.get(&a), kinds.get(&b)) else { continue };
            if x.is_disjoint(y) && !x.is_empty() && !y.is_empty() {
                continue;
            }
            if !share_jobs(all, a, b) {
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

fn share_jobs(all: &[Candidate<'_>], a: usize, b: usize) -> bool {
    match (at(all, a), at(all, b)) {
        (Some(a), Some(b)) => a.jobs.intersection(&b.jobs).next().is_some(),
        _ => false,
    }
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
