//! JSON API, server-sent events and the page.

mod api;
pub mod build;
mod error;
mod events;
mod guard;
mod health;
mod openapi;
mod own_metrics;
mod params;
mod process;
mod router;
mod server;
pub mod state;
#[cfg(test)]
mod testdata;
#[cfg(test)]
mod tests;
mod ui;
pub mod view;
pub mod view_incident;

pub use server::{Error, bind, serve};
