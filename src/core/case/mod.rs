//! Nouns of trouble and repair: symptom, diagnosis, assessment, incident; plan, hold, cure.

mod diagnosis;
mod feedback;
mod hold;
mod incident;
mod plan;
mod symptom;

pub use diagnosis::*;
pub use feedback::*;
pub use hold::*;
pub use incident::*;
pub use plan::*;
pub use symptom::*;
