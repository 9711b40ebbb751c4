//! Where the web side reads incidents and writes what people say of them.

use super::build::IncidentFilter;
use super::state::IncidentBook;
use futures_util::future::BoxFuture;
use std::path::PathBuf;
use std::sync::Arc;
use streamwarden_core::case::{Ack, Correction, IncidentId, Record};
use streamwarden_core::estate::{JobKey, Millis, Name};
use streamwarden_core::learn::Lesson;

/// Why the book cannot answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseError {
    NotFound,
    /// Several ids begin so.
    Several(Vec<String>),
    /// The store does not work: what was wrong, what to do.
    Store(String),
}

/// What a person says of an incident; the moment is the server's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    Ack {
        by: Name,
        note: Option<Name>,
    },
    Correct {
        by: Name,
        right: bool,
        cause: Option<Name>,
        subject: Option<Name>,
        note: Option<Name>,
    },
}

/// As it was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    Ack(Ack),
    Correct(Correction),
}

/// Of each correction: the causes that the incident names, and whether a person found it right.
pub type Judged = Vec<(Vec<String>, bool)>;

pub trait Casebook: Send + Sync {
    /// At once.
    fn book(&self) -> Arc<IncidentBook>;

    /// Closed ones that fit, newest first, with how many fit in all.
    fn closed<'a>(
        &'a self,
        filter: &'a IncidentFilter,
    ) -> BoxFuture<'a, Result<(u32, Vec<Record>), CaseError>>;

    /// By its id or the beginning of one.
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Arc<Record>, CaseError>>;

    /// On disk when it returns.
    fn say<'a>(&'a self, id: &'a str, word: Word) -> BoxFuture<'a, Result<Written, CaseError>>;

    /// What was frozen of it, for `replay`: a file of this machine. Looks at the disk.
    fn recording(&self, id: &IncidentId) -> Option<PathBuf>;

    /// Those that opened since, in short; without their teams.
    fn lessons(&self, since: Millis) -> BoxFuture<'_, Result<Vec<Lesson>, CaseError>>;

    fn judged(&self) -> BoxFuture<'_, Result<Judged, CaseError>>;
}

/// What a list is filtered by: a job's node id and key.
pub fn job_words(job: &JobKey) -> [String; 2] {
    [format!("job:{job}"), job.key.to_string()]
}
