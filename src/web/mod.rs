//! JSON API, server-sent events and the page.

pub mod view;
