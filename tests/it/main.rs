//! The built product against real Flink and Kafka. Each case needs STREAMWARDEN_BED=1; `make test`
//! runs the three of `warm` and a repair under our own kills, `make bed-all` (BED_ALL=1) every fault and control.
//! `storm` needs no bed: its JobManagers and its Kafka are its own.

#![expect(
    clippy::disallowed_methods,
    reason = "tests of the running process: their clock is the real one"
)]

mod faults;
mod incidents;
mod kafka;
mod page;
mod prometheus;
mod repair;
mod storm;
mod support;
mod warm;
