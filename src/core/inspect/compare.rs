//! Any two reports held against each other.

use super::{Finding, Gone, GoneWhy, Report};
use crate::estate::{Name, Subject};
use std::collections::BTreeMap;

/// What the second has that the first had not, and the other way round; in the order of the second.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compared<'a> {
    pub new: Vec<&'a Finding>,
    /// Low before, high now.
    pub worse: Vec<&'a Finding>,
    /// High before, low now.
    pub better: Vec<&'a Finding>,
    pub still: Vec<&'a Finding>,
    pub gone: Vec<Gone>,
}

type Key<'k> = (&'k Name, &'k Subject);

fn by_key(r: &Report) -> BTreeMap<Key<'_>, &Finding> {
    r.findings.iter().map(|f| ((&f.check, &f.subject), f)).collect()
}

pub fn compare<'a>(a: &Report, b: &'a Report) -> Compared<'a> {
    let (old, now) = (by_key(a), by_key(b));
    let mut out = Compared::default();
    for f in &b.findings {
        match old.get(&(&f.check, &f.subject)) {
            None => out.new.push(f),
            Some(was) if was.level < f.level => out.worse.push(f),
            Some(was) if was.level > f.level => out.better.push(f),
            Some(_) => out.still.push(f),
        }
    }
    let gone = a.findings.iter().filter(|f| !now.contains_key(&(&f.check, &f.subject)));
    out.gone = gone
        .map(|f| Gone {
            check: f.check.clone(),
            subject: f.subject.clone(),
            level: f.level,
            says: f.says.clone(),
            why: why(f, b),
        })
        .collect();
    out
}

/// Of a check that could not be made of many subjects only the first are named: then nobody knows.
fn why(f: &Finding, b: &Report) -> GoneWhy {
    let kept = b.gone.iter().find(|g| g.check == f.check && g.subject == f.subject);
    if let Some(gone) = kept {
        return gone.why;
    }
    let unseen = |blind: &super::Blind| {
        let more = blind.first.len() < blind.subjects as usize;
        blind.check == f.check && (more || blind.first.contains(&f.subject))
    };
    let id = f.subject.to_string();
    match () {
        () if b.blind.iter().any(unseen) => GoneWhy::NotSeen,
        () if a_scored_kind(&f.subject) && !b.scores.subjects.contains_key(&id) => GoneWhy::Left,
        () => GoneWhy::Fixed,
    }
}

/// Of these each that is there has a score.
fn a_scored_kind(subject: &Subject) -> bool {
    matches!(
        subject,
        Subject::Job { .. } | Subject::FlinkCluster { .. } | Subject::KafkaCluster { .. }
    )
}
