//! Targets into facts, samples and gaps. No code path here can change anything: the client types
//! have no method that writes.

pub mod base;
pub mod component;
pub mod flink;
pub mod hdfs;
pub mod host;
pub mod http;
pub mod jvm;
pub mod kafka;
pub mod prometheus;
pub mod yarn;
pub mod zookeeper;

use streamwarden_core::estate::{Fact, Gap, GapReason, Millis, Name};
use streamwarden_core::signals::Sample;

/// What one look at a target brought. Never a `Result`: what could not be seen is a `Gap`.
#[derive(Clone, Debug, Default)]
pub struct Yield {
    pub samples: Vec<Sample>,
    pub facts: Vec<(Millis, Fact)>,
    pub gaps: Vec<Gap>,
    /// What was asked and answered in full: closes the gap of the same name.
    pub seen: Vec<Name>,
    /// Probes that came to an end.
    pub probed: Vec<Probed>,
    /// Bytes read and requests sent, for our own figures.
    pub bytes: u64,
    pub requests: u32,
}

/// One probe's end.
#[derive(Clone, Debug, PartialEq)]
pub struct Probed {
    pub name: Name,
    /// Why there is no answer; None: it is among the facts.
    pub missed: Option<GapReason>,
}

impl Yield {
    pub fn merge(&mut self, other: Yield) {
        self.samples.extend(other.samples);
        self.facts.extend(other.facts);
        self.gaps.extend(other.gaps);
        self.seen.extend(other.seen);
        self.probed.extend(other.probed);
        self.bytes += other.bytes;
        self.requests += other.requests;
    }
}
