//! Raw names end here. A closed enum of signals; resolving raw metric names of Flink (by version),
//! Kafka clients and REST into (entity, signal); and what is derived from counters.

pub mod cut;
pub mod derive;
pub mod resolve;
mod signal;

pub use signal::{Provenance, Sample, Shape, Signal, Unit};
