//! Where the web side reads announced work and writes it down.

use futures_util::future::BoxFuture;
use std::sync::Arc;
use streamwarden_core::estate::{Millis, Name, PlannedWork, Scope, Silence};

/// Why it cannot be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanError {
    NotFound,
    /// Several ids begin so.
    Several(Vec<String>),
    /// It is over already.
    Over(Box<PlannedWork>),
    /// So many are open.
    TooMany(usize),
    /// The store does not work: what was wrong, what to do.
    Store(String),
}

/// As a person announces it; the moment is the server's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWork {
    pub scope: Scope,
    pub from: Millis,
    pub until: Millis,
    pub who: Name,
    pub why: Name,
    pub silence: Option<Silence>,
}

pub trait Plans: Send + Sync {
    /// At once: what is not over, the next to begin first, then what is.
    fn all(&self) -> Arc<Vec<PlannedWork>>;

    /// On disk when it returns.
    fn add(&self, work: NewWork) -> BoxFuture<'_, Result<PlannedWork, PlanError>>;

    /// By its id or the beginning of one; on disk when it returns.
    fn end<'a>(&'a self, id: &'a str, by: Name) -> BoxFuture<'a, Result<PlannedWork, PlanError>>;
}
