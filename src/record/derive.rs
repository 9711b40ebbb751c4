//! A recording played back, as it was or as it would have looked: scraped less often, with series
//! missing, a TaskManager unscraped, clocks apart, looks late.

use super::bundle::{Bundle, Column, Seen, facts};
use super::{Look, skew};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use streamwarden_core::estate::{
    Entity, Fact, Gap, Millis, Name, RunId, Span, TargetKind, TaskManagerId, VertexId, glob,
};
use streamwarden_core::signals::{Sample, Signal};

/// How it would have looked.
#[derive(Clone, Debug, PartialEq)]
pub struct Derive {
    /// Flink was asked this often. Shorter than recorded: as recorded.
    pub tick: Option<Span>,
    /// 0 to 1: so many of the series are not there. Drawn by `seed`.
    pub drop_share: f64,
    pub seed: u64,
    pub without: BTreeSet<Signal>,
    /// Kinds of facts that nobody asked for, in the words of a bundle.
    pub unasked: BTreeSet<&'static str>,
    /// Nobody scrapes these.
    pub unscraped: Vec<Unscraped>,
    /// So far the clocks behind a target are ahead of ours, ms.
    pub skew: BTreeMap<Name, i64>,
    /// Every look came this much later than it was.
    pub late_by: Span,
    /// With days before it that are made up (see `days`).
    pub days: bool,
}

impl Default for Derive {
    fn default() -> Derive {
        Derive {
            tick: None,
            drop_share: 0.0,
            seed: 0,
            without: BTreeSet::new(),
            unasked: BTreeSet::new(),
            unscraped: Vec::new(),
            skew: BTreeMap::new(),
            late_by: Span(0),
            days: false,
        }
    }
}

impl Derive {
    /// Every signal and every kind of fact that is called so (`*`, `?`); false: none is.
    pub fn leave_out(&mut self, name: &str) -> bool {
        let signals = Signal::ALL.iter().copied().filter(|s| glob(name, s.name()));
        let facts = facts::KINDS.iter().copied().filter(|k| glob(name, k));
        let before = self.without.len() + self.unasked.len();
        self.without.extend(signals);
        self.unasked.extend(facts);
        self.without.len() + self.unasked.len() > before
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unscraped {
    /// By our name of it.
    Target(Name),
    /// Its metrics, wherever they came from; the JobManager still tells that it is there.
    TaskManager(TaskManagerId),
}

/// Looks one by one, oldest first.
pub struct Player {
    bundle: Arc<Bundle>,
    how: Derive,
    /// Of each target: which of its columns are played, and how far.
    columns: Vec<Vec<(usize, usize)>>,
    next: usize,
    turns: Vec<Turn>,
}

/// Of a target that is looked at less often than recorded.
#[derive(Clone, Default)]
struct Turn {
    slot: Option<i64>,
    /// When the look before ended, kept or not.
    before: Option<Millis>,
    held: Held,
}

/// What was seen since the last look that counts.
#[derive(Clone, Default)]
struct Held {
    facts: Vec<(Millis, Arc<Fact>)>,
    told: Vec<Told>,
}

#[derive(Clone)]
enum Told {
    Seen(Name),
    Missed(Gap),
}

impl Player {
    pub fn new(bundle: Arc<Bundle>, how: Derive) -> Player {
        let blind = Blind::new(&bundle, &how);
        let mut columns = vec![Vec::new(); bundle.targets.len()];
        for (i, column) in bundle.series.iter().enumerate() {
            if !blind.hides(column)
                && let Some(of) = columns.get_mut(column.target)
            {
                of.push((i, 0));
            }
        }
        let turns = vec![Turn::default(); bundle.targets.len()];
        Player { bundle, how, columns, next: 0, turns }
    }

    /// How often Flink is asked.
    pub fn tick(&self) -> Span {
        let recorded = Span(i64::try_from(self.bundle.header.tick_ms).unwrap_or(i64::MAX));
        self.how.tick.map_or(recorded, |t| t.max(recorded))
    }

    /// When the next look ends; some end without a look that counts.
    pub fn peek(&self) -> Option<Millis> {
        self.bundle.looks.get(self.next).map(|l| l.at + self.how.late_by)
    }

    /// The next look; the inner `None`: it is left out.
    pub fn step(&mut self) -> Option<Option<Look>> {
        let bundle = self.bundle.clone();
        let look = bundle.looks.get(self.next)?;
        self.next += 1;
        let target = bundle.targets.get(look.target)?;
        if self.how.unscraped.contains(&Unscraped::Target(target.name.clone())) {
            return Some(None);
        }
        let counts = self.counts(look, target.kind);
        let before = self.turns.get_mut(look.target)?.before.replace(look.at);
        if !counts && target.kind == TargetKind::Prometheus {
            return Some(None);
        }
        if !counts {
            self.hold(look);
            return Some(None);
        }
        // of a page only what this scrape read; of what was asked in turn the newest of each
        let since = (target.kind == TargetKind::Prometheus).then_some(before).flatten();
        let samples = self.samples(look, since);
        self.hold(look);
        let held = std::mem::take(&mut self.turns.get_mut(look.target)?.held);
        let mut out = Look {
            target: target.clone(),
            at: look.at + self.how.late_by,
            took_ms: look.took_ms,
            samples,
            facts: held.facts.into_iter().map(|(t, f)| (t, (*f).clone())).collect(),
            gaps: Vec::new(),
            seen: Vec::new(),
        };
        for told in held.told {
            match told {
                Told::Seen(name) => out.seen.push(name),
                Told::Missed(gap) => out.gaps.push(gap),
            }
        }
        if let Some(ahead) = self.how.skew.get(&target.name) {
            skew::look(&mut out, *ahead);
        }
        Some(Some(out))
    }

    /// Kafka is asked each second whatever the tick; Flink once in a tick.
    fn counts(&mut self, look: &Seen, kind: TargetKind) -> bool {
        let tick = self.tick().0.max(1);
        let recorded = i64::try_from(self.bundle.header.tick_ms).unwrap_or(i64::MAX);
        if kind == TargetKind::Kafka || tick <= recorded {
            return true;
        }
        let Some(turn) = self.turns.get_mut(look.target) else { return false };
        // targets are not all asked at once
        let phase = (hash(&[look.target as u64, self.how.seed]) % tick as u64) as i64;
        let slot = (look.at.0 + phase).div_euclid(tick);
        turn.slot.replace(slot) != Some(slot)
    }

    fn hold(&mut self, look: &Seen) {
        let Some(turn) = self.turns.get_mut(look.target) else { return };
        let asked = |f: &&(Millis, Arc<Fact>)| {
            self.how.unasked.is_empty() || !self.how.unasked.contains(facts::kind(&f.1))
        };
        turn.held.facts.extend(look.facts.iter().filter(asked).cloned());
        let what = |told: &Told| match told {
            Told::Seen(name) => name.clone(),
            Told::Missed(gap) => gap.what.clone(),
        };
        let seen = look.seen.iter().cloned().map(Told::Seen);
        for told in seen.chain(look.gaps.iter().cloned().map(Told::Missed)) {
            let about = what(&told);
            turn.held.told.retain(|t| what(t) != about);
            turn.held.told.push(told);
        }
    }

    /// The last value of each series up to the look, if it is newer than `since`; where every look
    /// counts, all of them.
    fn samples(&mut self, look: &Seen, since: Option<Millis>) -> Vec<Sample> {
        let Some(columns) = self.columns.get_mut(look.target) else { return Vec::new() };
        let recorded = i64::try_from(self.bundle.header.tick_ms).unwrap_or(i64::MAX);
        let all = self.how.tick.is_none_or(|t| t.0 <= recorded);
        let mut out = Vec::new();
        for (i, from) in columns {
            let Some(column) = self.bundle.series.get(*i) else { continue };
            let to = *from + column.times[*from..].partition_point(|t| *t <= look.at.0);
            let first = if all { *from } else { to.saturating_sub(1).max(*from) };
            let points = column.times[first..to].iter().zip(&column.values[first..to]);
            out.extend(points.filter(|(t, _)| since.is_none_or(|s| **t > s.0 || all)).map(
                |(t, v)| Sample {
                    entity: column.entity.clone(),
                    signal: column.signal,
                    at: Millis(*t),
                    value: *v,
                },
            ));
            *from = to;
        }
        out
    }
}

/// Which series nobody sees.
struct Blind<'a> {
    how: &'a Derive,
    taskmanagers: BTreeSet<&'a TaskManagerId>,
    /// Where each subtask ran last.
    placed: HashMap<(&'a RunId, &'a VertexId, u32), &'a TaskManagerId>,
}

impl<'a> Blind<'a> {
    fn new(bundle: &'a Bundle, how: &'a Derive) -> Blind<'a> {
        let taskmanagers = how.unscraped.iter().filter_map(|u| match u {
            Unscraped::TaskManager(id) => Some(id),
            Unscraped::Target(_) => None,
        });
        let mut placed = HashMap::new();
        for (_, fact) in bundle.looks.iter().flat_map(|l| &l.facts) {
            if let Fact::Placement { run, vertex, index, taskmanager, .. } = &**fact {
                placed.insert((run, vertex, *index), taskmanager);
            }
        }
        Blind { how, taskmanagers: taskmanagers.collect(), placed }
    }

    fn hides(&self, column: &Column) -> bool {
        if self.how.without.contains(&column.signal) {
            return true;
        }
        let on = match &column.entity {
            Entity::TaskManager { id, .. } => Some(id),
            Entity::Subtask { run, vertex, index, .. }
            | Entity::Operator { run, vertex, index, .. } => {
                self.placed.get(&(run, vertex, *index)).copied()
            }
            _ => None,
        };
        if on.is_some_and(|id| self.taskmanagers.contains(id)) {
            return true;
        }
        if self.how.drop_share <= 0.0 {
            return false;
        }
        let name = format!("{:?} {}", column.entity, column.signal.name());
        let drawn = hash(&[xxhash_rust::xxh3::xxh3_64(name.as_bytes()), self.how.seed]);
        (drawn >> 11) as f64 / (1u64 << 53) as f64 <= self.how.drop_share
    }
}

fn hash(of: &[u64]) -> u64 {
    let bytes: Vec<u8> = of.iter().flat_map(|n| n.to_le_bytes()).collect();
    xxhash_rust::xxh3::xxh3_64(&bytes)
}

#[cfg(test)]
mod tests;
