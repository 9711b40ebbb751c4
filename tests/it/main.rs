//! The built product against real Flink and Kafka. Each case needs STREAMWARDEN_BED=1; `make test`
//! runs the three of `warm`, `make bed-all` (BED_ALL=1) every fault and control.

#![expect(
    clippy::disallowed_methods,
    reason = "tests of the running process: their clock is the real one"
)]

mod faults;
mod incidents;
mod kafka;
mod page;
mod support;
mod warm;
