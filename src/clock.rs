//! The one clock.

use streamwarden_core::estate::Millis;

/// Now, in ms since the epoch. Only the shell's loops ask; what they decide with is data.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
pub fn now() -> Millis {
    let since =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
