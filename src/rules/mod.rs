//! Where rules come from: those in the binary, those of a configured folder, and the tests that
//! stand beside them.

mod books;
mod cases;
mod files;
mod live;
mod load;
#[cfg(test)]
mod tests;

pub use books::{books, tested, tested_instead};
pub use cases::{Bundles, Judge, Outcome, Tested, test, test_books};
pub use files::{Files, MAX_FILE, Scored, is_test, scored, speaks_of_a_cause};
pub use live::{LOOK_EVERY, Live, RulesStatus};
pub use load::{Loaded, causes, load, load_files, load_good};
