//! What stood before: findings that were shown, those that had no room, and those that could not be
//! looked at since. Against all of them it is judged what is new.

use super::{Finding, Gone, GoneWhy, MAX_FINDINGS, Report, Standing};
use crate::estate::{Millis, Name, Subject};
use crate::rules::{Level, Words};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Risks that stand and are not shown, of one report; what is beyond is forgotten. About a hundred
/// bytes each: 10 MB.
pub const MAX_CARRIED: usize = 100_000;

pub(super) type Key = (Name, Subject);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CarriedWhy {
    /// It could not be looked at: as far as anybody knows it stands.
    NotSeen,
    /// It was found and had no room.
    LeftOut,
}

/// A risk that stands and is not among the findings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Carried {
    pub check: Name,
    pub subject: Subject,
    pub level: Level,
    /// Since which inspection.
    pub since: Millis,
    pub why: CarriedWhy,
    /// As it was when it was shown last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<Words>,
}

/// One risk of a report, whether it is shown or not.
#[derive(Clone, Copy)]
pub(super) struct Stood<'r> {
    pub check: &'r Name,
    pub subject: &'r Subject,
    pub level: Level,
    pub since: Millis,
    pub says: Option<&'r Words>,
    /// None: it is among the findings.
    pub why: Option<CarriedWhy>,
}

impl Stood<'_> {
    pub fn gone(&self, why: GoneWhy) -> Gone {
        let name = || Words { en: self.check.to_string(), zh: self.check.to_string() };
        Gone {
            check: self.check.clone(),
            subject: self.subject.clone(),
            level: self.level,
            says: self.says.cloned().unwrap_or_else(name),
            why,
        }
    }
}

impl Report {
    /// All that stands as far as it tells, by check and subject.
    pub(super) fn stands(&self) -> BTreeMap<Key, Stood<'_>> {
        let carried = self.carried.iter().map(|c| Stood {
            check: &c.check,
            subject: &c.subject,
            level: c.level,
            since: c.since,
            says: c.says.as_ref(),
            why: Some(c.why),
        });
        let shown = self.findings.iter().map(|f| Stood {
            check: &f.check,
            subject: &f.subject,
            level: f.level,
            since: f.since,
            says: Some(&f.says),
            why: None,
        });
        carried.chain(shown).map(|s| ((s.check.clone(), s.subject.clone()), s)).collect()
    }

    /// Some check of something could be made.
    pub fn judged_some(&self) -> bool {
        let blind: u64 = self.blind.iter().map(|b| u64::from(b.subjects)).sum();
        self.judged > blind
    }
}

/// Nothing is new where nothing was judged before.
pub(super) fn standing(
    old: Option<&Stood<'_>>,
    first: bool,
    level: Level,
    at: Millis,
) -> (Standing, Millis) {
    match old {
        None if first => (Standing::Still, at),
        None => (Standing::New, at),
        Some(f) if f.level < level => (Standing::Worse, f.since),
        Some(f) => (Standing::Still, f.since),
    }
}

/// What has gone of what stood; and what could not be looked at, to be remembered.
pub(super) fn gone(
    old: &BTreeMap<Key, Stood<'_>>,
    now: &[Finding],
    fine: &BTreeSet<Key>,
    unseen: &BTreeSet<Key>,
) -> (Vec<Gone>, Vec<Carried>) {
    let now: BTreeSet<(&Name, &Subject)> = now.iter().map(|f| (&f.check, &f.subject)).collect();
    let (mut gone, mut carried) = (Vec::new(), Vec::new());
    for (key, was) in old.iter().filter(|(key, _)| !now.contains(&(&key.0, &key.1))) {
        let why = match () {
            () if fine.contains(key) => GoneWhy::Fixed,
            () if unseen.contains(key) => GoneWhy::NotSeen,
            () => GoneWhy::Left,
        };
        // told once
        if why != GoneWhy::NotSeen || was.why != Some(CarriedWhy::NotSeen) {
            gone.push(was.gone(why));
        }
        if why == GoneWhy::NotSeen {
            carried.push(Carried {
                check: was.check.clone(),
                subject: was.subject.clone(),
                level: was.level,
                since: was.since,
                why: CarriedWhy::NotSeen,
                says: was.says.cloned(),
            });
        }
    }
    (gone, carried)
}

impl Report {
    /// Keeps as many findings as there is room for; of the others what is needed tomorrow.
    pub(super) fn cut(&mut self) {
        let over = self.findings.split_off(self.findings.len().min(MAX_FINDINGS));
        self.left_out = over.len() as u64;
        self.carried.extend(over.into_iter().map(|f| Carried {
            check: f.check,
            subject: f.subject,
            level: f.level,
            since: f.since,
            why: CarriedWhy::LeftOut,
            says: None,
        }));
        self.carried.sort_by(|a, b| (b.level, a.since).cmp(&(a.level, b.since)));
        self.carried.truncate(MAX_CARRIED);
    }
}
