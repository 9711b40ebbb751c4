//! One file: gzip of JSON lines. First a header; then, in the order in which they happened, the
//! looks with their facts; last one line per series, its moments and values as columns.
//!
//! A fact that was seen before in the same words is written once; one that changed is written as
//! the difference to the one before; long texts (stack traces, plans) are written once.

mod columns;
mod error;
pub(super) mod facts;
mod line;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use error::Error;
pub use facts::key;
pub use line::{Header, Since};
pub use write::{Writer, head, save};

use std::sync::Arc;
use streamwarden_core::estate::{Entity, Fact, Gap, Millis, Name, Target};
use streamwarden_core::signals::Signal;

/// Bytes of the file.
pub const MAX_FILE: u64 = 64 << 20;
/// Bytes once unpacked.
const MAX_TEXT: u64 = 2 << 30;
/// Bytes of one line.
const MAX_LINE: usize = 16 << 20;
/// Values of all series together; one takes 16 bytes in memory.
const MAX_POINTS: usize = 40_000_000;
const MAX_SERIES: usize = streamwarden_core::estate::MAX_SERIES;
/// Looks, facts, texts, targets: each.
const MAX_ITEMS: usize = 2_000_000;

/// A recording in memory.
#[derive(Clone, Debug)]
pub struct Bundle {
    pub header: Header,
    pub targets: Vec<Target>,
    /// By the time they ended.
    pub looks: Vec<Seen>,
    pub series: Vec<Column>,
    /// Why it ends before its end: what stands behind is lost.
    pub cut: Option<String>,
}

/// A look without its samples: those are in the columns of its target.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Index into [`Bundle::targets`].
    pub target: usize,
    pub at: Millis,
    pub took_ms: f64,
    pub facts: Vec<(Millis, Arc<Fact>)>,
    pub gaps: Vec<Gap>,
    pub seen: Vec<Name>,
}

/// One series as one target told it.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub target: usize,
    pub entity: Entity,
    pub signal: Signal,
    /// Strictly growing; as many as `values`.
    pub times: Arc<Vec<i64>>,
    pub values: Vec<f64>,
}

impl Bundle {
    /// # Errors
    /// The file cannot be read, is no bundle, or was damaged: with its line.
    pub fn open(path: &std::path::Path) -> Result<Bundle, Error> {
        read::open(path, false)
    }

    /// As much as is whole of one that is damaged: `cut` tells.
    ///
    /// # Errors
    /// Not even its header can be read.
    pub fn salvage(path: &std::path::Path) -> Result<Bundle, Error> {
        read::open(path, true)
    }

    /// # Errors
    /// As [`Bundle::open`].
    pub fn of_bytes(bytes: &[u8]) -> Result<Bundle, Error> {
        read::read(bytes, false)
    }
}
