//! A real estate on loopback: Kafka, Flink and four jobs, with faults that can be switched while it runs.
//!
//! In the order that things happen: jars and classes, the estate, the processes, what can be done to them, and the
//! truth that they leave behind.

#![expect(
    clippy::disallowed_methods,
    reason = "the bed is the world that the product watches: its clock is the real one"
)]

pub mod progress;

pub mod jvm;

pub mod estate;

mod flink;
mod net;

pub mod bed;

pub mod controls;
pub mod faults;

pub mod truth;

pub mod product;

pub mod recording;

pub use crate::bed::{Bed, BedOptions, Figures, Mode};
pub use crate::estate::{EstateSpec, FlinkLine, Role};
pub use crate::faults::{Args, Fault, Label, Place};
pub use crate::truth::Truth;
