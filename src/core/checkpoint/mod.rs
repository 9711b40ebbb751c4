//! What a completed checkpoint or savepoint of Flink holds, and whether a job can go on from it.
//!
//! [`read`] takes the bytes of `_metadata`, [`Draft`] the headers of the files that it names, and
//! [`Saved`] is what came of both. No field of another's file is believed: every length is held
//! against what is left, nothing nests without bound, and damage is an [`Error`].

mod bytes;
mod compare;
mod describe;
mod draft;
mod handle;
mod header;
mod metadata;
mod program;
mod reuse;
#[cfg(test)]
mod tests;

pub use bytes::Error;
pub use describe::*;
pub use draft::{Draft, Wanted};
pub use header::HEADER_MAX;
pub use metadata::read;
pub use program::*;
pub use reuse::*;
