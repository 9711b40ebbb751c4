//! Any two reports held against each other.

use super::stands::{CarriedWhy, Stood};
use super::{Finding, Gone, GoneWhy, Report};
use crate::estate::Subject;
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

pub fn compare<'a>(a: &Report, b: &'a Report) -> Compared<'a> {
    let (old, now) = (a.stands(), b.stands());
    let gone: BTreeMap<_, _> = b.gone.iter().map(|g| ((&g.check, &g.subject), g.why)).collect();
    let mut out = Compared::default();
    for f in &b.findings {
        match old.get(&(f.check.clone(), f.subject.clone())) {
            None => out.new.push(f),
            Some(was) if was.level < f.level => out.worse.push(f),
            Some(was) if was.level > f.level => out.better.push(f),
            Some(_) => out.still.push(f),
        }
    }
    let unseen = Some(CarriedWhy::NotSeen);
    for (key, was) in &old {
        match now.get(key) {
            None => {
                let kept = gone.get(&(was.check, was.subject)).copied();
                out.gone.push(was.gone(kept.unwrap_or_else(|| why(was, b))));
            }
            Some(is) if is.why == unseen && was.why != unseen => {
                out.gone.push(was.gone(GoneWhy::NotSeen));
            }
            // it stands: shown, or without room
            Some(_) => {}
        }
    }
    out
}

/// Of a check that could not be made of many subjects only the first are named: then nobody knows.
fn why(f: &Stood<'_>, b: &Report) -> GoneWhy {
    let unseen = |blind: &super::Blind| {
        let more = blind.first.len() < blind.subjects as usize;
        blind.check == *f.check && (more || blind.first.contains(f.subject))
    };
    let id = f.subject.to_string();
    match () {
        () if b.blind.iter().any(unseen) => GoneWhy::NotSeen,
        () if a_scored_kind(f.subject) && !b.scores.subjects.contains_key(&id) => GoneWhy::Left,
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
