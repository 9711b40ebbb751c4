//! Did it help? The incident's own symptoms after the action against what the plan froze before.
//! Unknown is never cured, and catching up is no failure.

mod after;
mod judge;
#[cfg(test)]
mod tests;

pub use after::{After, AfterSymptom, after};
pub use judge::judge;
