//! The experts' language: typed, three-valued, compiled once; each evaluation leaves a trace.

mod evidence;

pub use evidence::{Check, Evidence, Figure, Truth, Words};
