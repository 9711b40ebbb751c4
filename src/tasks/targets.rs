//! Of each target: does it answer, since when not, and what is open of it.

use crate::collect::Yield;
use crate::store::WINDOW;
use crate::web::view::TargetView;
use std::collections::{BTreeMap, VecDeque};
use streamwarden_core::estate::{Gap, GapReason, Millis, Name, Target};

/// What is known of our targets. Gaps stay open until the same thing is seen again.
#[derive(Debug, Default)]
pub struct TargetBook {
    targets: BTreeMap<Name, Entry>,
}

#[derive(Debug)]
struct Entry {
    target: Target,
    last_try: Option<Millis>,
    last_ok: Option<Millis>,
    took_ms: Option<f64>,
    samples: Option<u64>,
    bytes: u64,
    requests: u64,
    failing_since: Option<Millis>,
    error: Option<String>,
    /// By what was asked; `at` stays the moment it was first missed.
    open: BTreeMap<Name, Gap>,
    /// Series that its looks began, by when; as far back as series are kept.
    began: VecDeque<(Millis, u64)>,
}

const NEW_SERIES: &str = "new series";

impl TargetBook {
    pub fn add(&mut self, target: &Target) {
        self.targets.entry(target.name.clone()).or_insert_with(|| Entry {
            target: target.clone(),
            last_try: None,
            last_ok: None,
            took_ms: None,
            samples: None,
            bytes: 0,
            requests: 0,
            failing_since: None,
            error: None,
            open: BTreeMap::new(),
            began: VecDeque::new(),
        });
    }

    /// How many series a target began that are still kept: where labels explode, this does.
    pub fn began(&mut self, name: &Name, at: Millis) -> u64 {
        let Some(entry) = self.targets.get_mut(name) else { return 0 };
        while entry.began.front().is_some_and(|(t, _)| at - *t > WINDOW) {
            entry.began.pop_front();
        }
        entry.began.iter().map(|(_, n)| n).sum()
    }

    /// Of one look: the series it began, and the values that found no place.
    pub fn note_kept(&mut self, name: &Name, began: u64, refused: u64, at: Millis) {
        let Some(entry) = self.targets.get_mut(name) else { return };
        if began > 0 {
            entry.began.push_back((at, began));
        }
        if refused == 0 {
            entry.open.remove(NEW_SERIES);
            return;
        }
        let seen = entry.samples.unwrap_or(0);
        let what = "values (too many series were begun: do labels change all the time?)";
        let reason =
            GapReason::TooMany { what: what.into(), cap: seen.saturating_sub(refused), seen };
        let since = entry.open.get(NEW_SERIES).map_or(at, |g| g.at);
        let gap = Gap { target: entry.target.clone(), what: NEW_SERIES.into(), at: since, reason };
        entry.open.insert(gap.what.clone(), gap);
    }

    pub fn remove(&mut self, name: &Name) {
        self.targets.remove(name);
    }

    /// Takes note of one look that ended at `at`.
    pub fn note(&mut self, target: &Target, found: &Yield, at: Millis, took_ms: f64) {
        self.add(target);
        let Some(entry) = self.targets.get_mut(&target.name) else { return };
        entry.last_try = Some(at);
        entry.took_ms = Some(took_ms);
        entry.samples = Some(found.samples.len() as u64);
        entry.bytes += found.bytes;
        entry.requests += u64::from(found.requests);
        for what in &found.seen {
            entry.open.remove(what);
        }
        for gap in &found.gaps {
            let since = entry.open.get(&gap.what).map_or(gap.at, |g| g.at);
            entry.open.insert(gap.what.clone(), Gap { at: since, ..gap.clone() });
        }
        // rights and caps are blind spots of a target that answers; one that shows nothing at all
        // for want of rights is not up
        // and a cluster of which one member answers is seen: the others are blind spots
        let part = target.kind.is_base() && !found.seen.is_empty();
        let failed = found.gaps.iter().filter(|_| !part).find(|g| match g.reason {
            GapReason::NoRights { .. } => found.seen.is_empty(),
            GapReason::TooMany { .. } | GapReason::NotConfigured { .. } => false,
            _ => true,
        });
        match failed {
            Some(gap) => {
                entry.failing_since.get_or_insert(at);
                entry.error = Some(format!("{}: {}", gap.what, say(&gap.reason)));
            }
            None if !found.seen.is_empty() => {
                entry.failing_since = None;
                entry.error = None;
            }
            None => {}
        }
        if !found.seen.is_empty() {
            entry.last_ok = Some(at);
        }
    }

    /// What cannot be seen right now.
    pub fn gaps(&self) -> Vec<Gap> {
        self.targets.values().flat_map(|e| e.open.values().cloned()).collect()
    }

    pub fn views(&self) -> Vec<TargetView> {
        self.targets.values().map(Entry::view).collect()
    }
}

impl Entry {
    fn view(&self) -> TargetView {
        let kind = self.target.kind.name();
        TargetView {
            name: self.target.name.to_string(),
            kind: kind.to_owned(),
            address: self.target.address.to_string(),
            up: self.last_try.map(|_| self.failing_since.is_none()),
            last_ok: self.last_ok.map(|t| t.0),
            last_try: self.last_try.map(|t| t.0),
            took_ms: self.took_ms,
            samples: self.samples,
            requests: Some(self.requests),
            bytes: Some(self.bytes),
            error: self.error.clone(),
            since: self.failing_since.map(|t| t.0),
        }
    }
}

/// The reason in words, as command line and log show it.
pub fn say(reason: &GapReason) -> String {
    match reason {
        GapReason::Unreachable { detail } => detail.clone(),
        GapReason::TimedOut { after_ms } => format!("no answer within {after_ms} ms"),
        GapReason::Status { code } => format!("answered {code}"),
        GapReason::NotUnderstood { detail } => format!("answer not understood: {detail}"),
        GapReason::TooLarge { cap_bytes } => format!("the answer is over {cap_bytes} bytes"),
        GapReason::TooMany { what, cap, seen } => format!("{seen} {what}, {cap} are kept"),
        GapReason::NoRights { detail } => format!("rights are missing: {detail}"),
        GapReason::Kafka { error } => format!("Kafka answered {error}"),
        GapReason::NotConfigured { detail } => detail.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamwarden_core::estate::TargetKind;

    #[test]
    fn a_gap_is_open_from_its_first_miss_until_it_is_seen_again() {
        let target =
            Target { name: "pay".into(), kind: TargetKind::FlinkRest, address: "http://x".into() };
        let mut book = TargetBook::default();
        let gap = |at| Gap {
            target: target.clone(),
            what: "/jobs/overview".into(),
            at: Millis(at),
            reason: GapReason::TimedOut { after_ms: 3000 },
        };
        book.note(&target, &Yield { gaps: vec![gap(10)], ..Yield::default() }, Millis(10), 1.0);
        book.note(&target, &Yield { gaps: vec![gap(20)], ..Yield::default() }, Millis(20), 1.0);
        assert_eq!(book.gaps()[0].at, Millis(10));
        assert_eq!(book.views()[0].up, Some(false));
        assert_eq!(book.views()[0].since, Some(10));
        let seen = Yield { seen: vec!["/jobs/overview".into()], ..Yield::default() };
        book.note(&target, &seen, Millis(30), 1.0);
        assert!(book.gaps().is_empty());
        assert_eq!((book.views()[0].up, book.views()[0].last_ok), (Some(true), Some(30)));
    }
    #[test]
    fn a_target_that_lets_us_see_nothing_is_not_up() {
        let target =
            Target { name: "pay".into(), kind: TargetKind::FlinkRest, address: "http://x".into() };
        let mut book = TargetBook::default();
        let gap = Gap {
            target: target.clone(),
            what: "/jobs/overview".into(),
            at: Millis(1),
            reason: GapReason::NoRights { detail: "answered 401".into() },
        };
        let mut found = Yield { gaps: vec![gap], ..Yield::default() };
        book.note(&target, &found, Millis(1), 1.0);
        assert_eq!(book.views()[0].up, Some(false));
        found.seen.push("metadata".into());
        book.note(&target, &found, Millis(2), 1.0);
        assert_eq!(book.views()[0].up, Some(true), "some rights are missing, it answers");
    }
}
