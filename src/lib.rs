//! The shell of Streamwarden: what touches the world. `streamwarden_core` decides.

pub mod access;
pub mod app;
pub mod checkpoint;
pub mod cli;
pub mod clock;
pub mod collect;
pub mod config;
pub mod dial;
pub mod discover;
pub mod notify;
pub mod record;
pub mod repair;
pub mod rules;
pub mod schedule;
pub mod secret;
pub mod store;
pub mod tasks;
pub mod web;
