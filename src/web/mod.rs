//! JSON API, server-sent events and the page.

pub mod build;
pub mod state;
#[cfg(test)]
mod testdata;
pub mod view;
