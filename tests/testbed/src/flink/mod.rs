//! Flink: how it is configured and what we ask of its REST.

mod config;
mod rest;

pub use self::config::{InYarn, JVM_OPTIONS, Places, yaml};
pub use self::rest::{ENTRY_CLASS, Rest, RunningJob};
