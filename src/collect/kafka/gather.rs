//! One look while it is gathered: the harvests of all brokers, and the yield made of them.

use super::parse::{self, Faults};
use super::requests::Wanted;
use super::round::{Commit, Harvest};
use crate::collect::Yield;
use std::collections::BTreeMap;
use streamwarden_core::estate::{
    BrokerDirs, Entity, Fact, Gap, GapReason, GroupFact, Millis, Name, Target, TransactionFact,
};
use streamwarden_core::signals::{Sample, Signal};

/// The yield of one look while it is gathered.
pub struct Out {
    target: Target,
    at: Millis,
    pub it: Yield,
}

impl Out {
    pub fn new(target: Target, at: Millis) -> Out {
        Out { target, at, it: Yield::default() }
    }
    pub fn gap(&mut self, what: impl Into<Name>, reason: GapReason) {
        let (target, at) = (self.target.clone(), self.at);
        self.it.gaps.push(Gap { target, what: what.into(), at, reason });
    }
    pub fn seen(&mut self, what: impl Into<Name>) {
        self.it.seen.push(what.into());
    }
    pub fn settle(&mut self, what: &'static str, reason: Option<GapReason>) {
        match reason {
            Some(reason) => self.gap(what, reason),
            None => self.seen(what),
        }
    }
    pub fn fact(&mut self, fact: Fact) {
        self.it.facts.push((self.at, fact));
    }
    pub fn sample(&mut self, entity: Entity, signal: Signal, at: Millis, value: f64) {
        self.it.samples.push(Sample { entity, signal, at, value });
    }
}

/// The harvests of all brokers together.
#[derive(Default)]
pub struct Gathered {
    pub offsets: Vec<(Wanted, Millis, Vec<parse::Found>)>,
    pub groups: BTreeMap<i32, Vec<GroupFact>>,
    pub commits: Vec<Commit>,
    pub transactions: Vec<TransactionFact>,
    pub producers: BTreeMap<(Name, i32), u32>,
    pub disks: Vec<BrokerDirs>,
    pub faults: BTreeMap<&'static str, Faults>,
    pub issues: BTreeMap<&'static str, GapReason>,
}

impl Gathered {
    pub fn of(harvests: BTreeMap<i32, Harvest>) -> Gathered {
        let mut all = Gathered::default();
        for (id, harvest) in harvests {
            all.offsets.extend(harvest.offsets);
            if let Some(groups) = harvest.groups {
                all.groups.insert(id, groups);
            }
            all.commits.extend(harvest.commits);
            all.transactions.extend(harvest.transactions.into_iter().flatten());
            all.producers.extend(harvest.producers);
            all.disks.extend(harvest.disks);
            for (what, faults) in harvest.faults {
                all.faults.entry(what).or_default().merge(faults);
            }
            all.issues.extend(harvest.issues);
        }
        all
    }

    /// What missing rights look like; an error of the broker's own says it better.
    pub fn suspect(&mut self, what: &'static str, reason: Option<GapReason>) {
        if let Some(reason) = reason
            && self.faults.get(what).is_none_or(Faults::is_empty)
        {
            self.issues.entry(what).or_insert(reason);
        }
    }

    /// A gap for what failed somewhere; seen is what every broker answered in full.
    pub fn settle(&self, asked: impl Iterator<Item = &'static str>, whole: bool, out: &mut Out) {
        for what in asked {
            let faults = self.faults.get(what).and_then(|f| f.reason(right_for(what)));
            match faults.or_else(|| self.issues.get(what).cloned()) {
                Some(reason) => out.gap(what, reason),
                None if whole => out.seen(what),
                None => {}
            }
        }
    }
}

/// The right that is missing where a broker denies.
fn right_for(what: &str) -> &'static str {
    match what {
        "groups" => "DESCRIBE on group",
        "committed offsets" => "DESCRIBE on",
        "disks" => "DESCRIBE on cluster:",
        "transactions" => "DESCRIBE on transactional id",
        "producers" => "READ (which DescribeProducers takes) on topic",
        _ => "DESCRIBE on topic",
    }
}
