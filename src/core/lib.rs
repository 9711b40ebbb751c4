//! What decides in Streamwarden: pure functions over an immutable snapshot.
//!
//! No IO, no clock, no globals: this crate has no tokio, reqwest or sqlx to reach for, and time is
//! data (`snapshot.at`). Modules stand in the order in which data flows; each imports only those
//! above it (`tests/layering.rs` holds that).

pub mod action;
pub mod availability;
pub mod case;
pub mod checkpoint;
pub mod detect;
pub mod diagnose;
pub mod estate;
pub mod incident;
pub mod inspect;
pub mod keep;
pub mod know;
pub mod learn;
pub mod lineage;
pub mod past;
pub mod plan;
pub mod rules;
pub mod signals;
pub mod snapshot;
pub mod text;
pub mod verify;
