//! Estate and signals into one graph: who reads and writes what, and how late the data is there.

mod graph;
mod settings;

pub use graph::*;
pub use settings::*;
