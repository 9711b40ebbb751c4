//! Nouns of trouble: symptom, diagnosis, assessment, incident.

mod diagnosis;
mod incident;
mod symptom;

pub use diagnosis::*;
pub use incident::*;
pub use symptom::*;
