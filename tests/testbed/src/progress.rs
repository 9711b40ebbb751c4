//! Progress lines on stderr, and the one way to give up early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, bail};

/// Says what goes on, if anybody wants to hear it, and knows whether somebody wants it to end.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    pub show: bool,
    /// set by a signal handler; every wait of the bed looks at it
    pub cancel: Arc<AtomicBool>,
}

impl Progress {
    pub fn say(&self, line: impl AsRef<str>) {
        if self.show {
            eprintln!("bed: {}", line.as_ref());
        }
    }

    pub fn check(&self) -> Result<()> {
        if self.cancel.load(Ordering::Relaxed) {
            bail!("interrupted");
        }
        Ok(())
    }
}
