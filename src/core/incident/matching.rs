//! Which diagnosis is which incident.

use crate::case::{Diagnosis, Incident, IncidentId};
use crate::estate::{JobKey, Subject};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, PartialEq)]
pub enum Match {
    /// `merges`: other open incidents that turn out to be the same.
    Known { id: IncidentId, merges: Vec<IncidentId> },
    /// `split_from`: it was taken to be a part of that one.
    New { split_from: Option<IncidentId> },
}

/// Points for one pair; 0: not the same.
fn likeness(incident: &Incident, d: &Diagnosis) -> u32 {
    let old = &incident.diagnosis;
    let place = old.subject == d.subject;
    let cause = old.verdict == d.verdict;
    let shared = suffering(old).intersection(&suffering(d)).count() as u32;
    match (place, cause) {
        (true, true) => 1000 + shared,
        (true, false) => 500 + shared,
        // the root was taken to sit elsewhere: the same trouble of the same jobs
        (false, _) if shared > 0 => 100 + shared.min(99),
        _ => 0,
    }
}

/// Jobs that the diagnosis explains symptoms of.
fn suffering(d: &Diagnosis) -> BTreeSet<&JobKey> {
    d.symptoms
        .iter()
        .filter_map(|s| s.job.as_ref())
        .chain(d.subject.job())
        .chain(d.victims.iter().map(|v| &v.job))
        .collect()
}

/// Open incidents by their place and by the jobs that suffer: others are not the same.
struct Known<'a> {
    by_place: BTreeMap<&'a Subject, Vec<&'a Incident>>,
    by_job: BTreeMap<&'a JobKey, Vec<&'a Incident>>,
}

impl<'a> Known<'a> {
    fn of(open: &'a BTreeMap<IncidentId, Incident>) -> Known<'a> {
        let mut known = Known { by_place: BTreeMap::new(), by_job: BTreeMap::new() };
        for incident in open.values() {
            let d = &incident.diagnosis;
            known.by_place.entry(&d.subject).or_default().push(incident);
            for job in suffering(d) {
                known.by_job.entry(job).or_default().push(incident);
            }
        }
        known
    }

    /// Each once, by id.
    fn near(&self, d: &Diagnosis) -> impl Iterator<Item = &'a Incident> {
        let jobs = suffering(d).into_iter().filter_map(|j| self.by_job.get(j));
        let all = self.by_place.get(&d.subject).into_iter().chain(jobs).flatten();
        let once: BTreeMap<&IncidentId, &'a Incident> = all.map(|i| (&i.id, *i)).collect();
        once.into_values()
    }
}

/// One answer for each of `found`, in its order. Best pairs first; an incident is given once.
pub fn match_up(open: &BTreeMap<IncidentId, Incident>, found: &[Diagnosis]) -> Vec<Match> {
    let mut pairs: Vec<(u32, usize, &IncidentId)> = Vec::new();
    let known = Known::of(open);
    for (i, d) in found.iter().enumerate() {
        for o in known.near(d) {
            pairs.push((likeness(o, d), i, &o.id));
        }
    }
    pairs.retain(|p| p.0 > 0);
    pairs.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(b.2)));
    let mut taken: BTreeMap<&IncidentId, usize> = BTreeMap::new();
    let mut of: BTreeMap<usize, &IncidentId> = BTreeMap::new();
    for (_, i, id) in &pairs {
        if !of.contains_key(i) && !taken.contains_key(id) {
            of.insert(*i, id);
            taken.insert(id, *i);
        }
    }
    (0..found.len())
        .map(|i| match of.get(&i) {
            Some(id) => {
                let merges = pairs.iter().filter(|p| p.1 == i && !taken.contains_key(p.2));
                let merges = merges.map(|p| p.2.clone()).collect::<BTreeSet<_>>();
                Match::Known { id: (*id).clone(), merges: merges.into_iter().collect() }
            }
            None => {
                let from = pairs.iter().find(|p| p.1 == i).map(|p| p.2.clone());
                Match::New { split_from: from }
            }
        })
        .collect()
}
