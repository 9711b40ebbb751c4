//! JSON API, server-sent events and the page.

mod api;
mod api_availability;
mod api_bases;
mod api_history;
mod api_incident;
mod api_inspection;
mod api_pipeline;
mod api_planned;
mod api_repair;
mod api_review;
mod api_rules;
mod auth;
pub mod build;
pub mod casebook;
mod error;
mod events;
mod guard;
mod health;
pub mod history;
pub mod inspections;
#[cfg(test)]
mod matrix_tests;
mod openapi;
mod own_metrics;
mod params;
pub mod plans;
mod process;
pub mod repairs;
pub mod report;
mod router;
mod server;
pub mod state;
#[cfg(test)]
pub(crate) mod testdata;
#[cfg(test)]
mod tests;
mod ui;
pub mod view;
pub mod view_availability;
pub mod view_base;
pub mod view_incident;
pub mod view_inspection;
pub mod view_pipeline;
pub mod view_planned;
pub mod view_repair;
pub mod view_review;

#[cfg(test)]
pub use router::described;
pub use server::{Error, bind, serve};
