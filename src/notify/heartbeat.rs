//! A dead man's switch: somebody else is told that we are alive, and calls when nothing comes.

use crate::secret::Secret;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

/// Who is told, and how often.
#[derive(Clone, Debug, PartialEq)]
pub struct Heartbeat {
    pub url: String,
    pub every: Duration,
    pub token: Option<Secret>,
    pub ca_file: Option<PathBuf>,
}

/// What is told: only while every loop moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alive {
    /// `alive`
    pub event: &'static str,
    /// ms since the epoch
    pub at: i64,
    /// The next one comes within so many seconds.
    pub every_s: u64,
    pub version: &'static str,
}

impl Alive {
    pub fn now(at: i64, every: Duration) -> Alive {
        let version = env!("CARGO_PKG_VERSION");
        Alive { event: "alive", at, every_s: every.as_secs(), version }
    }
}
