//! Flink REST: facts, and metrics where no Prometheus endpoint is given.
//!
//! [`FlinkTarget::tick`] asks (target), [`schedule`] says what, [`parse`] reads, take makes facts
//! of it.

mod ask;
mod metrics;
pub mod parse;
mod probe;
mod schedule;
mod take;
mod target;
#[cfg(test)]
mod tests;

pub use probe::FlinkProbe;
pub use target::{Cost, FlinkOptions, FlinkTarget};
