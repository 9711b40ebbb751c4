//! The inspection: every check of every subject, once; what is new against the one before; a score
//! of which each deduction is shown. Pure: a snapshot with weeks in it comes in.

mod compare;
mod happened;
mod score;
mod silent;
mod stands;
mod summary;
#[cfg(test)]
mod tests;
mod waiver;

pub use compare::{Compared, compare};
pub use happened::{Incidents, MAX_INCIDENTS, Occurred, since};
pub use score::{Deduction, Score, Scores, scores};
pub use stands::{Carried, CarriedWhy, MAX_CARRIED};
pub use summary::Summary;
pub use waiver::{LONGEST_WAIVER, Waiver};

use crate::estate::{Millis, Name, Subject, display};
use crate::rules::{Component, Ctx, Evidence, Inspection, Level, Verdict, Words};
use crate::snapshot::Snapshot;

use serde::{Deserialize, Deserializer, Serialize};
use silent::{cluster_of, silent, subjects};
use stands::{Key, Stood, gone, standing};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Findings of one report beyond so many are counted and left out, low risks first; what of them
/// is needed to tell tomorrow what is new is kept in short.
pub const MAX_FINDINGS: usize = 5000;
/// Subjects of one check that are named as not to be judged.
const MAX_BLIND: usize = 20;

/// How a finding stands against the inspection before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    New,
    /// It was a low risk.
    Worse,
    /// It stood then; or there is nothing to compare with.
    Still,
}

/// One risk of one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub check: Name,
    pub component: Component,
    pub subject: Subject,
    pub level: Level,
    pub says: Words,
    pub advice: Vec<Words>,
    pub evidence: Vec<Evidence>,
    pub prevents: Vec<Name>,
    #[serde(deserialize_with = "in_one_or_two")]
    pub source: Words,
    /// Signal and window: of those that are the same, one counts.
    pub looks_at: Name,
    pub standing: Standing,
    /// Since which inspection.
    pub since: Millis,
    pub waived: Option<Waiver>,
    /// Whose it is.
    #[serde(default)]
    pub team: Option<Name>,
    /// Another one of the same signal and window counts in its place.
    pub counted_by: Option<Name>,
}

/// Reports that were kept before sources stood in two languages have one.
fn in_one_or_two<'d, D: Deserializer<'d>>(d: D) -> Result<Words, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Kept {
        Both(Words),
        One(String),
    }
    Ok(match Kept::deserialize(d)? {
        Kept::Both(words) => words,
        Kept::One(text) => Words { en: text.clone(), zh: text },
    })
}

/// A check that could not be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Blind {
    pub check: Name,
    pub component: Component,
    /// How many subjects, and the first of them.
    pub subjects: u32,
    pub first: Vec<Subject>,
    /// What was not seen, of the first.
    pub missing: Name,
}

/// What the inspection before found and this one did not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gone {
    pub check: Name,
    pub subject: Subject,
    pub level: Level,
    pub says: Words,
    pub why: GoneWhy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoneWhy {
    /// It was looked at, and is well.
    Fixed,
    /// It could not be looked at: nothing is known of it.
    NotSeen,
    /// The subject is no more, or the check does not concern it any more.
    Left,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub at: Millis,
    /// Checks that were made of something.
    pub checks: u32,
    /// Subjects that a check was made of, each time counted.
    pub judged: u64,
    /// High before low, new before old.
    pub findings: Vec<Finding>,
    pub left_out: u64,
    /// What stands and is not among the findings; high before low, old before new.
    #[serde(default)]
    pub carried: Vec<Carried>,
    pub gone: Vec<Gone>,
    pub blind: Vec<Blind>,
    pub scores: Scores,
    /// What people call each subject that is in it, by its id: it may be gone when this is read.
    #[serde(default)]
    pub names: BTreeMap<String, Name>,
}

/// A report as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Inspected {
    pub report: Report,
    /// What the estate is called.
    pub estate: Name,
    /// In which times are told: a name of the time zone database.
    pub zone: Name,
    /// For which time it was made; None: somebody asked for it.
    pub due: Option<Millis>,
    pub by: Option<Name>,
    pub took_ms: u64,
    /// The report that it is compared with.
    pub before: Option<Before>,
    /// None: nobody remembers any, or a version that did not tell them.
    #[serde(default)]
    pub incidents: Option<Incidents>,
}

/// Of the report before, what one line tells.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Before {
    pub at: Millis,
    /// None: nothing of the estate was seen.
    pub points: Option<f64>,
}

/// Makes every check of everything that is there. `before`: the report to compare with.
pub fn inspect(
    checks: &[Inspection],
    s: &Snapshot,
    before: Option<&Report>,
    waivers: &[Waiver],
    team_of: &dyn Fn(&Subject) -> Option<Name>,
) -> Report {
    let ctx = Ctx::new(s);
    let old: BTreeMap<Key, Stood<'_>> = before.map(Report::stands).unwrap_or_default();
    let first = !before.is_some_and(Report::judged_some);
    let mut report = Report { at: s.at, ..Report::default() };
    let (mut fine, mut unseen) = (BTreeSet::new(), BTreeSet::new());
    for check in checks {
        let mut blind: Vec<(Subject, Name)> = Vec::new();
        let mut judged = 0u64;
        for subject in subjects(s, check.at) {
            let verdict = match check.stands_at(&ctx, &subject) {
                Some(false) => continue,
                Some(true) => check.judge(&ctx, &subject),
                None => Verdict::CannotTell { missing: "whether it concerns it".into() },
            };
            judged += 1;
            match verdict {
                Verdict::Fine => drop(fine.insert((check.name.clone(), subject))),
                Verdict::CannotTell { missing } => {
                    unseen.insert((check.name.clone(), subject.clone()));
                    blind.push((subject, missing));
                }
                Verdict::Risk { level, evidence, says, advice } => {
                    let key = (check.name.clone(), subject.clone());
                    let (standing, since) = standing(old.get(&key), first, level, s.at);
                    let id = subject.to_string();
                    let waived = waivers.iter().find(|w| w.covers(&check.name, &id, s.at));
                    report.findings.push(Finding {
                        check: check.name.clone(),
                        component: check.component,
                        team: team_of(&subject),
                        subject,
                        level,
                        says,
                        advice,
                        evidence,
                        prevents: check.prevents.clone(),
                        source: check.source.clone(),
                        looks_at: check.looks_at.clone(),
                        standing,
                        since,
                        waived: waived.cloned(),
                        counted_by: None,
                    });
                }
            }
        }
        report.checks += u32::from(judged > 0);
        report.judged += judged;
        report.blind.extend(blinded(check, blind));
    }
    let silent = silent(&report.findings);
    let hidden = |subject: &Subject| silent.contains(&cluster_of(subject, s));
    unseen.extend(old.keys().filter(|(_, subject)| hidden(subject)).cloned());
    (report.gone, report.carried) = gone(&old, &report.findings, &fine, &unseen);
    count_once(&mut report.findings);
    report.findings.sort_by(|a, b| {
        (b.level, a.waived.is_some(), a.standing, &a.check, &a.subject).cmp(&(
            a.level,
            b.waived.is_some(),
            b.standing,
            &b.check,
            &b.subject,
        ))
    });
    let risky = report.findings.iter().map(|f| f.subject.clone());
    let judged = fine.iter().map(|(_, subject)| subject.clone()).chain(risky).collect();
    report.scores = scores(&report.findings, &judged, s, team_of);
    report.cut();
    report.names = names(&report, s, before);
    report
}

/// Who is no more keeps the name of the report before.
fn names(report: &Report, s: &Snapshot, before: Option<&Report>) -> BTreeMap<String, Name> {
    let scored = report.scores.subjects.keys().filter_map(|id| id.parse::<Subject>().ok());
    let told = report.findings.iter().map(|f| &f.subject);
    let blind = report.blind.iter().flat_map(|b| &b.first);
    let unseen = report.carried.iter().filter(|c| c.why == CarriedWhy::NotSeen);
    let mut out: BTreeMap<String, Name> = told
        .chain(blind)
        .chain(unseen.map(|c| &c.subject))
        .cloned()
        .chain(scored)
        .map(|subject| (subject.to_string(), display(&subject, &s.estate).into()))
        .collect();
    for gone in &report.gone {
        let id = gone.subject.to_string();
        let old = before.and_then(|b| b.names.get(&id)).cloned();
        let name = old.unwrap_or_else(|| display(&gone.subject, &s.estate).into());
        out.entry(id).or_insert(name);
    }
    out
}

fn blinded(check: &Inspection, all: Vec<(Subject, Name)>) -> Option<Blind> {
    let missing = all.first()?.1.clone();
    Some(Blind {
        check: check.name.clone(),
        component: check.component,
        subjects: u32::try_from(all.len()).unwrap_or(u32::MAX),
        first: all.into_iter().map(|(s, _)| s).take(MAX_BLIND).collect(),
        missing,
    })
}

/// Of those that look at the same signal and window of one subject, the worst counts; one that
/// somebody has taken only where all are.
fn count_once(findings: &mut [Finding]) {
    let rank = |f: &Finding| (f.waived.is_none(), f.level, Reverse(f.check.clone()));
    let mut worst = BTreeMap::new();
    for f in findings.iter() {
        let best = worst.entry((f.subject.clone(), f.looks_at.clone())).or_insert_with(|| rank(f));
        if rank(f) > *best {
            *best = rank(f);
        }
    }
    for f in findings {
        let best = worst.get(&(f.subject.clone(), f.looks_at.clone()));
        let by = best.map(|(_, _, Reverse(check))| check);
        f.counted_by = by.filter(|check| **check != f.check).cloned();
    }
}
