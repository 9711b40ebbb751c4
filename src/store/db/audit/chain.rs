//! What is wrong with the log, as its rows tell in order.

use super::row::{AuditRow, Head};
use serde::Serialize;

/// Faults that are told; one shows that something was done to it.
const FAULTS: usize = 50;
/// What is written where the log is not the one that was left.
pub(super) const BROKEN: &str = "audit.broken";

/// What is wrong with the log, or with what it answers for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// The row is not as it was written, or does not follow the row before it.
    Changed { n: i64 },
    /// Rows between these two are not there.
    Missing { after: i64, before: i64 },
    /// A row that was there once is not the one that is there now.
    CutShort { head: i64, rows: i64 },
    /// The file beside the database that names the newest row is gone or unreadable.
    NoHead,
    /// Found when this row was written.
    FoundBroken { n: i64 },
    /// What was written with this row (a part of an action, a word, a switch) is not there as it
    /// was.
    Gone { n: i64, what: String },
    /// It is there, and no row tells of it.
    Untold { what: String },
    /// A table, an index or a trigger that keeps rows is not as it was made.
    Schema { name: String, how: Altered },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Altered {
    Missing,
    Changed,
    Added,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    pub rows: i64,
    pub head: Head,
    /// At most fifty; none: the log is whole.
    pub faults: Vec<Fault>,
}

/// Walks the rows in order.
#[derive(Debug)]
pub(super) struct Chain<'a> {
    pub head: Head,
    rows: i64,
    /// Rows that are known from elsewhere.
    known: &'a [Head],
    met: usize,
    faults: Vec<Fault>,
}

impl<'a> Chain<'a> {
    pub fn new(known: &'a [Head]) -> Chain<'a> {
        let none = known.iter().filter(|h| h.n == 0).count();
        Chain { head: Head::none(), rows: 0, known, met: none, faults: Vec::new() }
    }

    pub fn fault(&mut self, fault: Fault) {
        if self.faults.len() < FAULTS {
            self.faults.push(fault);
        }
    }

    pub fn take(&mut self, row: &AuditRow) {
        let follows = row.n == self.head.n + 1;
        if !follows {
            self.fault(Fault::Missing { after: self.head.n, before: row.n });
        }
        if row.seal() != row.hash || (follows && row.prev != self.head.hash) {
            self.fault(Fault::Changed { n: row.n });
        }
        if row.what == BROKEN {
            self.fault(Fault::FoundBroken { n: row.n });
        }
        self.head = row.head();
        self.rows += 1;
        self.met += self.known.iter().filter(|h| **h == self.head).count();
    }

    pub fn end(mut self) -> AuditReport {
        if self.met < self.known.len() {
            let head = self.known.iter().map(|h| h.n).max().unwrap_or(0);
            self.fault(Fault::CutShort { head, rows: self.rows });
        }
        AuditReport { rows: self.rows, head: self.head, faults: self.faults }
    }
}
