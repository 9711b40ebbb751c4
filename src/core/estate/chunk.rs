//! Compressed history of one signal of one entity: sealed chunks behind `Arc`, one open.

use super::Millis;
use std::sync::Arc;

/// Points per chunk before it is sealed: ten minutes at 5 s.
pub const CHUNK_POINTS: usize = 120;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ChunkError {
    #[error("chunk is cut short or damaged")]
    Damaged,
}

/// Points of one series, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chunk {
    points: Vec<(Millis, f64)>,
}

impl Chunk {
    pub fn len(&self) -> usize {
        self.points.len()
    }
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }
    pub fn first(&self) -> Option<Millis> {
        self.points.first().map(|p| p.0)
    }
    pub fn last(&self) -> Option<(Millis, f64)> {
        self.points.last().copied()
    }
    pub fn iter(&self) -> impl Iterator<Item = (Millis, f64)> + '_ {
        self.points.iter().copied()
    }
}

/// One signal of one entity over time. Times strictly grow; NaN and infinities are never stored.
#[derive(Clone, Debug, Default)]
pub struct Series {
    sealed: Vec<Arc<Chunk>>,
    open: Chunk,
}

impl Series {
    /// Appends; false (and nothing kept) when the value is not finite or the time does not grow.
    pub fn push(&mut self, at: Millis, value: f64) -> bool {
        if !value.is_finite() || self.last().is_some_and(|(t, _)| t >= at) {
            return false;
        }
        if self.open.len() >= CHUNK_POINTS {
            self.sealed.push(Arc::new(std::mem::take(&mut self.open)));
        }
        self.open.points.push((at, value));
        true
    }

    pub fn last(&self) -> Option<(Millis, f64)> {
        self.open.last().or_else(|| self.sealed.last().and_then(|c| c.last()))
    }

    pub fn first(&self) -> Option<Millis> {
        self.sealed.first().and_then(|c| c.first()).or_else(|| self.open.first())
    }

    /// All points, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (Millis, f64)> + '_ {
        self.sealed.iter().flat_map(|c| c.iter()).chain(self.open.iter())
    }

    /// Points with `from <= t <= to`, oldest first. Chunks wholly outside are not decoded.
    pub fn range(&self, from: Millis, to: Millis) -> impl Iterator<Item = (Millis, f64)> + '_ {
        self.sealed
            .iter()
            .map(|c| &**c)
            .chain(std::iter::once(&self.open))
            .filter(move |c| {
                c.first().is_some_and(|f| f <= to) && c.last().is_some_and(|(l, _)| l >= from)
            })
            .flat_map(|c| c.iter())
            .filter(move |(t, _)| *t >= from && *t <= to)
    }

    /// The last point at or before `at`.
    pub fn at_or_before(&self, at: Millis) -> Option<(Millis, f64)> {
        std::iter::once(&self.open)
            .chain(self.sealed.iter().rev().map(|c| &**c))
            .find(|c| c.first().is_some_and(|f| f <= at))
            .and_then(|c| c.iter().take_while(|(t, _)| *t <= at).last())
    }

    /// Drops whole chunks whose last point is before `before`.
    pub fn trim(&mut self, before: Millis) {
        self.sealed.retain(|c| c.last().is_some_and(|(t, _)| t >= before));
    }
}
