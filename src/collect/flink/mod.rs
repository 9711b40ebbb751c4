//! Flink REST: facts, and metrics where no Prometheus endpoint is given.

pub mod parse;
