//! Targets into facts, samples and gaps. No code path here can change anything: the client types
//! have no method that writes.

pub mod flink;
pub mod http;
pub mod kafka;
pub mod prometheus;

use streamwarden_core::estate::{Fact, Gap, Millis};
use streamwarden_core::signals::Sample;

/// What one look at a target brought. Never a `Result`: what could not be seen is a `Gap`.
#[derive(Clone, Debug, Default)]
pub struct Yield {
    pub samples: Vec<Sample>,
    pub facts: Vec<(Millis, Fact)>,
    pub gaps: Vec<Gap>,
    /// What was asked and answered in full: closes the gap of the same name.
    pub seen: Vec<streamwarden_core::estate::Name>,
    /// Bytes read and requests sent, for our own figures.
    pub bytes: u64,
    pub requests: u32,
}

impl Yield {
    pub fn merge(&mut self, other: Yield) {
        self.samples.extend(other.samples);
        self.facts.extend(other.facts);
        self.gaps.extend(other.gaps);
        self.seen.extend(other.seen);
        self.bytes += other.bytes;
        self.requests += other.requests;
    }
}
