//! Compressed history. A sealed chunk is two columns, times and values; the series that were read
//! in the same scrapes share the column of times.

mod bits;
mod ints;
mod open;
mod series;
#[cfg(test)]
mod tests;
mod values;

pub use series::Series;

use super::Millis;
use ints::Ints;
use std::collections::VecDeque;
use std::sync::Arc;
use values::Values;

/// More points than this are damage: a series seals long before.
const MAX_POINTS: u16 = 4096;
const VERSION: u8 = 1;
/// What an allocator keeps beside each block, about.
pub(super) const ALLOCATION: usize = 8;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ChunkError {
    #[error("chunk is cut short or damaged")]
    Damaged,
    #[error("chunk was written by a newer Streamwarden (format {0}, this one reads {VERSION})")]
    Newer(u8),
}

/// The moments of a run of points, strictly growing.
#[derive(Debug, PartialEq, Eq)]
struct Times {
    first: i64,
    last: i64,
    count: u16,
    packed: Box<[u8]>,
}

/// Points of one series, oldest first; at least one. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Chunk {
    times: Arc<Times>,
    last: f64,
    /// None: all are `last`.
    values: Option<Arc<[u8]>>,
}

impl PartialEq for Chunk {
    fn eq(&self, other: &Chunk) -> bool {
        self.times == other.times
            && self.last.to_bits() == other.last.to_bits()
            && self.values == other.values
    }
}

impl Chunk {
    /// None when there is nothing to keep: no points, more than 4096, a time that does not grow,
    /// a value that is not finite.
    pub fn of(points: &[(Millis, f64)]) -> Option<Chunk> {
        Chunk::shared(points, &mut TimesPool::default())
    }

    fn shared(points: &[(Millis, f64)], pool: &mut TimesPool) -> Option<Chunk> {
        let grows = points.windows(2).all(|w| w[0].0 < w[1].0);
        let count = u16::try_from(points.len()).ok().filter(|n| *n <= MAX_POINTS)?;
        if !grows || points.iter().any(|(_, v)| !v.is_finite()) {
            return None;
        }
        let ((first, _), (last, value)) = (*points.first()?, *points.last()?);
        let times: Vec<i64> = points.iter().map(|(t, _)| t.0).collect();
        let values: Vec<f64> = points.iter().map(|(_, v)| *v).collect();
        let pack = |raw: &[i64]| {
            let packed = ints::pack(raw).as_bytes().into();
            Times { first: first.0, last: last.0, count, packed }
        };
        Some(Chunk {
            times: pool.share(times, pack),
            last: value,
            values: values::pack(&values).map(Arc::from),
        })
    }

    pub fn len(&self) -> usize {
        usize::from(self.times.count)
    }
    pub fn is_empty(&self) -> bool {
        self.times.count == 0
    }
    pub fn first(&self) -> Option<Millis> {
        Some(Millis(self.times.first))
    }
    pub fn last(&self) -> Option<(Millis, f64)> {
        Some((Millis(self.times.last), self.last))
    }
    /// The points, decoded one by one.
    pub fn iter(&self) -> ChunkIter<'_> {
        let columns =
            Ints::new(&self.times.packed).zip(Values::new(self.values.as_deref(), self.last));
        ChunkIter { columns, left: self.times.count }
    }

    /// For another process: a version, a checksum, the columns.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = Vec::new();
        self.write(&mut body);
        let mut out = vec![VERSION];
        out.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
        out.extend_from_slice(&body);
        out
    }

    /// # Errors
    /// What [`Chunk::to_bytes`] did not write, or what was damaged since.
    pub fn from_bytes(bytes: &[u8]) -> Result<Chunk, ChunkError> {
        let (version, rest) = bytes.split_first().ok_or(ChunkError::Damaged)?;
        if *version != VERSION {
            return Err(ChunkError::Newer(*version));
        }
        let (sum, body) = rest.split_first_chunk().ok_or(ChunkError::Damaged)?;
        if crc32fast::hash(body) != u32::from_le_bytes(*sum) {
            return Err(ChunkError::Damaged);
        }
        Chunk::read(body)
    }

    /// The columns alone, for a container that has a version and a checksum of its own.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.times.count.to_le_bytes());
        out.extend_from_slice(&(self.times.packed.len() as u16).to_le_bytes());
        out.extend_from_slice(&self.times.packed);
        match &self.values {
            Some(packed) => out.extend_from_slice(packed),
            None => {
                out.push(u8::MAX);
                out.extend_from_slice(&self.last.to_le_bytes());
            }
        }
    }

    /// All of `body` is the chunk; every point is looked at, so that a chunk that was read is as
    /// sound as one that was made.
    ///
    /// # Errors
    /// The columns do not hold what they say.
    pub fn read(body: &[u8]) -> Result<Chunk, ChunkError> {
        Chunk::parse(body).ok_or(ChunkError::Damaged)
    }

    fn parse(body: &[u8]) -> Option<Chunk> {
        let (count, rest) = body.split_first_chunk()?;
        let (times_len, rest) = rest.split_first_chunk()?;
        let (times, values) = rest.split_at_checked(usize::from(u16::from_le_bytes(*times_len)))?;
        let count = u16::from_le_bytes(*count);
        if count == 0 || count > MAX_POINTS {
            return None;
        }
        let (values, last) = match values.split_first()? {
            (&u8::MAX, value) => (None, f64::from_le_bytes(value.try_into().ok()?)),
            _ => (Some(Arc::from(values)), 0.0),
        };
        let mut columns = Ints::new(times)?.zip(Values::new(values.as_deref(), last)?);
        let (first, value) = columns.next()?;
        let mut at = (first, value);
        let mut sound = value.is_finite();
        for _ in 1..count {
            let (time, value) = columns.next()?;
            sound &= time > at.0 && value.is_finite();
            at = (time, value);
        }
        let times = Times { first, last: at.0, count, packed: times.into() };
        sound.then(|| Chunk { times: Arc::new(times), last: at.1, values })
    }

    /// Bytes on the heap: its values, and its part of the times that it shares.
    fn heap(&self) -> f64 {
        let values = self.values.as_ref().map_or(0, |v| v.len() + 16 + ALLOCATION);
        let times = size_of::<Times>() + 16 + self.times.packed.len() + 2 * ALLOCATION;
        values as f64 + times as f64 / Arc::strong_count(&self.times) as f64
    }
}

#[derive(Clone, Debug)]
pub struct ChunkIter<'a> {
    columns: Option<(Ints<'a>, Values<'a>)>,
    left: u16,
}

impl Iterator for ChunkIter<'_> {
    type Item = (Millis, f64);
    fn next(&mut self) -> Option<(Millis, f64)> {
        self.left = self.left.checked_sub(1)?;
        let (times, values) = self.columns.as_mut()?;
        Some((Millis(times.next()?), values.next()?))
    }
}

/// Columns of times that were sealed last, with what they hold: the series of one scrape seal
/// together.
#[derive(Clone, Debug, Default)]
pub(super) struct TimesPool(VecDeque<Arc<(Vec<i64>, Arc<Times>)>>);

impl TimesPool {
    /// As many targets as may seal interleaved and still find each other's column.
    const KEEP: usize = 64;

    fn share(&mut self, raw: Vec<i64>, pack: impl FnOnce(&[i64]) -> Times) -> Arc<Times> {
        if let Some(known) = self.0.iter().find(|known| known.0 == raw) {
            return known.1.clone();
        }
        let times = Arc::new(pack(&raw));
        if self.0.len() >= Self::KEEP {
            self.0.pop_back();
        }
        self.0.push_front(Arc::new((raw, times.clone())));
        times
    }
}
