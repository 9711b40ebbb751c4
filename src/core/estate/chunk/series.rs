//! One signal of one entity over time: sealed chunks that every snapshot shares, and one open.

use super::open::Open;
use super::{ALLOCATION, Chunk, TimesPool};
use crate::estate::Millis;
use std::sync::Arc;

/// A chunk is sealed where the clock passes a multiple of this, so that the series of one scrape
/// seal together and share their times: 120 points at 5 s.
const SEAL_EVERY: i64 = 600_000;
/// With fewer points than this it stays open past that moment (slow scrapes) ...
const SEAL_MIN: usize = 60;
/// ... and with this many it is sealed before (fast ones).
const SEAL_MAX: usize = 240;

/// Times strictly grow; NaN and infinities are never stored. A clone shares what is sealed.
#[derive(Clone, Debug, Default)]
pub struct Series {
    sealed: Option<Arc<Vec<Chunk>>>,
    open: Open,
}

impl Series {
    /// Appends; false (and nothing kept) when the value is not finite or the time does not grow.
    pub fn push(&mut self, at: Millis, value: f64) -> bool {
        self.push_sharing(at, value, &mut TimesPool::default())
    }

    /// As [`Series::push`]; a sealed chunk takes its times from the pool where they are known.
    pub(in crate::estate) fn push_sharing(
        &mut self,
        at: Millis,
        value: f64,
        pool: &mut TimesPool,
    ) -> bool {
        let last = self.last();
        if !value.is_finite() || last.is_some_and(|(t, _)| t >= at) {
            return false;
        }
        let turn =
            last.is_some_and(|(t, _)| t.0.div_euclid(SEAL_EVERY) != at.0.div_euclid(SEAL_EVERY));
        if self.open.len() >= SEAL_MAX || (turn && self.open.len() >= SEAL_MIN) {
            self.seal(pool);
        }
        self.open.push(at.0, value);
        true
    }

    fn seal(&mut self, pool: &mut TimesPool) {
        let points: Vec<_> = self.open.iter().map(|(t, v)| (Millis(t), v)).collect();
        if let Some(chunk) = Chunk::shared(&points, pool) {
            let sealed = Arc::make_mut(self.sealed.get_or_insert_default());
            sealed.reserve_exact(1);
            sealed.push(chunk);
        }
        self.open = Open::default();
    }

    fn sealed(&self) -> &[Chunk] {
        self.sealed.as_deref().map_or(&[], |chunks| chunks)
    }

    fn open(&self) -> impl Iterator<Item = (Millis, f64)> + '_ {
        self.open.iter().map(|(t, v)| (Millis(t), v))
    }

    pub fn last(&self) -> Option<(Millis, f64)> {
        let open = self.open.last().map(|(t, v)| (Millis(t), v));
        open.or_else(|| self.sealed().last().and_then(Chunk::last))
    }

    pub fn first(&self) -> Option<Millis> {
        let sealed = self.sealed().first().and_then(Chunk::first);
        sealed.or_else(|| self.open.first().map(Millis))
    }

    /// All points, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (Millis, f64)> + '_ {
        self.sealed().iter().flat_map(Chunk::iter).chain(self.open())
    }

    /// Points with `from <= t <= to`, oldest first. Chunks wholly outside are not decoded.
    pub fn range(&self, from: Millis, to: Millis) -> impl Iterator<Item = (Millis, f64)> + '_ {
        let sealed = self.sealed();
        let start = sealed.partition_point(|c| c.last().is_some_and(|(t, _)| t < from));
        let sealed = sealed[start..].iter().take_while(move |c| c.first().is_some_and(|t| t <= to));
        let open = self.open.last().filter(|(t, _)| *t >= from.0).map(|_| self.open());
        sealed
            .flat_map(Chunk::iter)
            .chain(open.into_iter().flatten())
            .skip_while(move |(t, _)| *t < from)
            .take_while(move |(t, _)| *t <= to)
    }

    /// The last point at or before `at`. Decodes at most one chunk.
    pub fn at_or_before(&self, at: Millis) -> Option<(Millis, f64)> {
        if let Some(last) = self.last().filter(|(t, _)| *t <= at) {
            return Some(last);
        }
        if self.open.first().is_some_and(|t| t <= at.0) {
            return self.open().take_while(|(t, _)| *t <= at).last();
        }
        let sealed = self.sealed();
        let after = sealed.partition_point(|c| c.first().is_some_and(|t| t <= at));
        let chunk = sealed.get(after.checked_sub(1)?)?;
        match chunk.last() {
            Some(last) if last.0 <= at => Some(last),
            _ => chunk.iter().take_while(|(t, _)| *t <= at).last(),
        }
    }

    /// Drops whole chunks whose last point is before `before`.
    pub fn trim(&mut self, before: Millis) {
        let old = self.sealed().partition_point(|c| c.last().is_some_and(|(t, _)| t < before));
        match &mut self.sealed {
            Some(sealed) if old == sealed.len() => self.sealed = None,
            Some(sealed) if old > 0 => {
                let sealed = Arc::make_mut(sealed);
                sealed.drain(..old);
            }
            _ => {}
        }
    }

    /// Number of points; decodes nothing.
    pub fn len(&self) -> usize {
        self.open.len() + self.sealed().iter().map(Chunk::len).sum::<usize>()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes on the heap, about.
    pub fn heap(&self) -> f64 {
        let list = self.sealed.as_ref().map_or(0, |s| {
            size_of::<Vec<Chunk>>() + 16 + s.capacity() * size_of::<Chunk>() + 2 * ALLOCATION
        });
        let own = list + self.open.heap() + ALLOCATION;
        own as f64 + self.sealed().iter().map(Chunk::heap).sum::<f64>()
    }
}
