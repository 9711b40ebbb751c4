//! Nouns of trouble: symptom, diagnosis, assessment, incident.

mod diagnosis;
mod feedback;
mod incident;
mod symptom;

pub use diagnosis::*;
pub use feedback::*;
pub use incident::*;
pub use symptom::*;
