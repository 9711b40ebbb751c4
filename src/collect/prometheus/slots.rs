//! Which series of one target is what, remembered by a hash of its own bytes: labels are read
//! once, and then only values.

use super::parse::{Bad, Line, Lines, Why, value};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::Arc;
use streamwarden_core::estate::{ClusterId, Entity, Millis, Name, TaskManagerId};
use streamwarden_core::signals::resolve::{self, Convert, Labels, Resolved};
use streamwarden_core::signals::{Sample, Signal};
use xxhash_rust::xxh3::xxh3_128_with_secret;

/// Series that were not seen for this many scrapes are forgotten. It is also how long a duplicate
/// stays unused after the series that it doubled has gone.
const REMEMBERED: u32 = 12;

/// What one text said.
#[derive(Debug, Default)]
pub struct Reading {
    pub samples: Vec<Sample>,
    pub bad: Bad,
    pub lines: u64,
    /// Series with a wanted name that were read, with or without a value.
    pub series: u64,
    /// Beyond the cap: not kept.
    pub over: u64,
    /// Subtasks seen for the first time in this attempt, and the TaskManager they are on.
    pub placed: Vec<(Arc<Entity>, TaskManagerId)>,
}

#[derive(Debug)]
struct Slot {
    what: Option<(Arc<Entity>, Signal, Convert)>,
    seen: u32,
    /// The newest sample with a time of its own that was taken, where a server tells several.
    taken: Option<Millis>,
}

pub struct Slots {
    cluster: ClusterId,
    /// What an exporter that is not Flink's is about.
    component: Entity,
    cap: usize,
    secret: [u8; 192],
    slots: HashMap<u128, Slot, BuildHasherDefault<LowBits>>,
    entities: HashSet<Arc<Entity>>,
    /// Which series speaks for an entity and signal (Flink 1.20 has several under two names).
    claims: HashMap<(Arc<Entity>, Signal), u128>,
    scrape: u32,
}

impl Slots {
    /// `cap`: series kept of one text.
    pub fn new(cluster: ClusterId, component: Name, instance: Name, cap: usize) -> Slots {
        // random keys, so that no target can make two of its series one
        let random = RandomState::new();
        let mut secret = [0; 192];
        for (i, chunk) in secret.chunks_exact_mut(8).enumerate() {
            chunk.copy_from_slice(&random.hash_one(i).to_le_bytes());
        }
        Slots {
            cluster,
            component: Entity::Component { component, instance },
            cap,
            secret,
            slots: HashMap::default(),
            entities: HashSet::new(),
            claims: HashMap::new(),
            scrape: 0,
        }
    }

    /// Series in memory.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// One answer more begins.
    pub fn begin(&mut self) {
        self.scrape = self.scrape.wrapping_add(1);
        if self.scrape.is_multiple_of(REMEMBERED) {
            self.forget(REMEMBERED);
        }
    }

    /// One series of an answer that holds several samples of it, each with its own time: those that
    /// were not taken before. `key`: its labels' bytes.
    pub fn series(
        &mut self,
        key: &[u8],
        name: &str,
        labels: &impl Labels,
        points: impl Iterator<Item = (Millis, f64)>,
        reading: &mut Reading,
    ) {
        if reading.series >= self.cap as u64 {
            reading.over += 1;
            return;
        }
        reading.series += 1;
        let key = xxh3_128_with_secret(key, &self.secret);
        if !self.slots.contains_key(&key) {
            self.meet(key, name, labels, reading);
        }
        let Some(slot) = self.slots.get_mut(&key) else { return };
        slot.seen = self.scrape;
        let Some((entity, signal, convert)) = &slot.what else { return };
        for (at, raw) in points {
            if slot.taken.is_some_and(|taken| at <= taken) {
                continue;
            }
            slot.taken = Some(at);
            if let Some(value) = convert.apply(raw, at) {
                let (entity, signal) = ((**entity).clone(), *signal);
                reading.samples.push(Sample { entity, signal, at, value });
            }
        }
    }

    pub fn read(&mut self, text: &[u8], at: Millis) -> Reading {
        self.begin();
        let mut reading = Reading::default();
        let mut lines = Lines::new(text, resolve::wanted);
        while let Some(line) = lines.next() {
            if let Err(why) = self.line(&line, at, &mut reading) {
                lines.bad.add(line.number, why);
            }
        }
        (reading.bad, reading.lines) = (lines.bad, lines.passed());
        reading
    }

    fn line(&mut self, line: &Line<'_>, at: Millis, reading: &mut Reading) -> Result<(), Why> {
        if reading.series >= self.cap as u64 {
            reading.over += 1;
            return Ok(());
        }
        let (key, tail) = self.slot(line, reading)?;
        reading.series += 1;
        let (raw, stamp) = value(tail)?;
        let Some(slot) = self.slots.get_mut(&key) else { return Ok(()) };
        slot.seen = self.scrape;
        let Some((entity, signal, convert)) = &slot.what else { return Ok(()) };
        // a value that carries its own time is as old as it says; nothing is from the future
        let at = stamp.map_or(at, |t| Millis(t.min(at.0)));
        if let Some(value) = convert.apply(raw, at) {
            reading.samples.push(Sample { entity: (**entity).clone(), signal: *signal, at, value });
        }
        Ok(())
    }

    fn slot<'a>(
        &mut self,
        line: &Line<'a>,
        reading: &mut Reading,
    ) -> Result<(u128, &'a [u8]), Why> {
        let guess = line.guess();
        let key = xxh3_128_with_secret(guess.series, &self.secret);
        if self.slots.contains_key(&key) {
            return Ok((key, guess.tail));
        }
        let (split, name, labels) = line.split()?;
        let key = xxh3_128_with_secret(split.series, &self.secret);
        if !self.slots.contains_key(&key) {
            self.meet(key, name, &labels, reading);
        }
        Ok((key, split.tail))
    }

    /// A series that was not seen before.
    fn meet(&mut self, key: u128, name: &str, labels: &impl Labels, reading: &mut Reading) {
        let found = resolve::from_prometheus(&self.cluster, name, labels).or_else(|| {
            let (signal, convert) = resolve::from_exporter(name, labels)?;
            Some(Resolved { entity: self.component.clone(), signal, convert })
        });
        let placed = self.insert(key, found);
        if let (Some(subtask), Some(id)) = (placed, labels.get("tm_id")) {
            reading.placed.push((subtask, TaskManagerId::new(&*id)));
        }
    }

    /// The subtask that is now known, if it is one: told once, by the signal that every task has.
    fn insert(&mut self, key: u128, found: Option<Resolved>) -> Option<Arc<Entity>> {
        if self.slots.len() >= self.cap.saturating_mul(2) {
            self.forget(1);
        }
        let what = found.and_then(|r| {
            let entity = self.entities.get(&r.entity).cloned().unwrap_or_else(|| {
                let entity = Arc::new(r.entity);
                self.entities.insert(entity.clone());
                entity
            });
            let claim = (entity.clone(), r.signal);
            // a series of an earlier attempt gives way, one of this very text does not
            let owner = self.claims.get(&claim).and_then(|k| self.slots.get(k));
            if owner.is_some_and(|s| s.seen == self.scrape) {
                return None;
            }
            let before = self.claims.insert(claim, key);
            // two that spoke in turns would be counters that fall
            if let Some(slot) = before.and_then(|key| self.slots.get_mut(&key)) {
                slot.what = None;
            }
            Some((entity, r.signal, r.convert))
        });
        let placed = what.as_ref().filter(|(entity, signal, _)| {
            *signal == Signal::IdleTime && matches!(**entity, Entity::Subtask { .. })
        });
        let placed = placed.map(|(entity, _, _)| entity.clone());
        self.slots.insert(key, Slot { what, seen: self.scrape, taken: None });
        placed
    }

    /// Drops what was not seen in the last `scrapes`, and what stands for nothing.
    fn forget(&mut self, scrapes: u32) {
        let now = self.scrape;
        self.slots.retain(|_, s| s.what.is_some() && now.wrapping_sub(s.seen) < scrapes);
        self.claims.retain(|_, key| self.slots.contains_key(key));
        let used: HashSet<Arc<Entity>> = self.claims.keys().map(|(e, _)| e.clone()).collect();
        self.entities = used;
    }
}

/// The keys are hashes already.
#[derive(Default)]
struct LowBits(u64);

impl Hasher for LowBits {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*b);
        }
    }
    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }
}
