//! Where the web side reads reports of inspections, has one made, and writes down who takes a risk.

use futures_util::future::BoxFuture;
use std::sync::Arc;
use streamwarden_core::estate::{Millis, Name, SubjectKind};
use streamwarden_core::inspect::{Inspected, Summary, Waiver};

/// Why it cannot be answered or written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InspectError {
    NotFound,
    /// Several ids begin so.
    Several(Vec<String>),
    /// So many are taken already.
    TooMany(usize),
    /// What was wrong.
    Failed(String),
}

/// A report in one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    pub at: Millis,
    pub due: Option<Millis>,
    pub by: Option<Name>,
    pub summary: Summary,
    pub took_ms: u64,
}

/// When one is made by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timetable {
    /// None: only when somebody asks.
    pub line: Option<String>,
    pub zone: String,
    pub next: Option<Millis>,
    pub most: u32,
}

/// As a person takes a risk; the moment is the server's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWaiver {
    pub check: Name,
    pub subject: Name,
    pub owner: Name,
    pub reason: Name,
    pub until: Millis,
}

type Asked<'a, T> = BoxFuture<'a, Result<T, InspectError>>;

pub trait Inspections: Send + Sync {
    /// Each check's name, and what it is made of.
    fn checks(&self) -> Vec<(Name, SubjectKind)>;

    fn timetable(&self) -> Timetable;

    /// Newest first.
    fn list(&self, limit: u32) -> Asked<'_, Vec<Head>>;

    /// The newest that was made then or before.
    fn report(&self, at: Millis) -> Asked<'_, Arc<Inspected>>;

    /// Made now and not kept. Who asks at the same time gets the same.
    fn now(&self) -> Asked<'_, Arc<Inspected>>;

    /// Made now; on disk when it returns.
    fn keep(&self, by: Name) -> Asked<'_, Arc<Inspected>>;

    /// Those in force, the next to end first.
    fn waivers(&self) -> Asked<'_, Vec<Waiver>>;

    /// On disk when it returns.
    fn waive(&self, new: NewWaiver) -> Asked<'_, Waiver>;

    /// By its id or the beginning of one; on disk when it returns.
    fn unwaive<'a>(&'a self, id: &'a str, by: Name) -> Asked<'a, Waiver>;
}
