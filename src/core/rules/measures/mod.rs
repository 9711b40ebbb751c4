//! What can be asked of a subject: a closed list, one file per area. Each is pure and says None
//! where it is not known: not seen, too old, not a number.

mod base;
mod changes;
mod checkpoint;
mod cluster;
mod exception;
mod host;
mod job;
mod kafka;
mod past;
mod process;
mod series;
mod storage;
mod subtask;
mod uid;
mod vertex;
mod writers;

pub use base::ailing;
pub use changes::KINDS as CHANGES;
pub(super) use past::{bounds, needs};

use super::ctx::Ctx;
use super::types::{Base, Dim, RATIO, Scalar, TIME};
use crate::estate::{Millis, Span, Subject, SubjectKind};
use crate::past::Kept;

/// One question: when, over how long, with which argument.
pub struct Ask<'c, 'a> {
    pub ctx: &'c Ctx<'a>,
    pub at: Millis,
    pub window: Span,
    pub arg: Option<&'c str>,
}

/// A word of the language that says something of a subject.
pub struct Measure {
    pub name: &'static str,
    /// On which kinds of subject it is told.
    pub on: &'static [SubjectKind],
    pub base: Base,
    /// Default window; None: it has none and takes no `over`.
    pub window: Option<Span>,
    /// The window spans so many ticks at least.
    pub ticks: i64,
    /// Takes a text in brackets.
    pub arg: bool,
    /// A fact as it is now: it has no past, `for` holds trivially.
    pub now_only: bool,
    /// Of what is remembered for weeks: its bracket names which, and tells the unit.
    pub past: Option<Of>,
    pub doc: &'static str,
    pub get: fn(&Ask<'_, '_>, &Subject) -> Option<Scalar>,
}

/// What a measure of weeks comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// In the unit of what is remembered.
    Value,
    /// By how much that grows in a second.
    Growth,
    /// Something else, as its `base` says.
    Other,
}

impl std::fmt::Debug for Measure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Measure {
    const fn new(
        name: &'static str,
        on: &'static [SubjectKind],
        base: Base,
        get: fn(&Ask<'_, '_>, &Subject) -> Option<Scalar>,
        doc: &'static str,
    ) -> Measure {
        Measure {
            name,
            on,
            base,
            window: None,
            ticks: 3,
            arg: false,
            now_only: false,
            past: None,
            doc,
            get,
        }
    }

    /// Over so many seconds unless the rule says otherwise; stretched to three ticks.
    const fn over(self, secs: i64) -> Measure {
        Measure { window: Some(Span::secs(secs)), ..self }
    }

    /// Two looks tell whether a value stands.
    const fn at_two_looks(self) -> Measure {
        Measure { ticks: 2, ..self }
    }

    const fn now(self) -> Measure {
        Measure { now_only: true, ..self }
    }

    /// Over a day unless the rule says otherwise.
    const fn of_past(self, of: Of) -> Measure {
        Measure { window: Some(Span::secs(86_400)), arg: true, past: Some(of), ..self }
    }

    const fn with_arg(self) -> Measure {
        Measure { arg: true, ..self }
    }

    /// What it comes to of a kind of subject; None: nothing of that name is remembered there.
    pub fn base_of(&self, kind: SubjectKind, arg: Option<&str>) -> Option<Base> {
        let Some(of) = self.past else { return Some(self.base) };
        let kept = Kept::find(kind, arg?)?;
        let dim = Dim::shown_in(kept.unit)?;
        Some(match of {
            Of::Value => Base::number(dim),
            Of::Growth => Base::number(dim.over(TIME)),
            Of::Other => self.base,
        })
    }

    /// 0 to 1, never more.
    pub fn is_share(&self) -> bool {
        let Base::Number { dim, .. } = self.base else { return false };
        // seconds a second have no bound; of weeks the bracket tells the unit
        self.past.is_none()
            && dim == RATIO
            && !dim.count
            && dim.cores == 0
            && self.name != "age_trend"
    }

    /// The window that is looked at: no shorter than three ticks (else a rate has no two points), or
    /// two where a value only has to stand.
    pub fn window(&self, asked: Option<Span>, tick: Span) -> Span {
        match self.window {
            Some(default) => asked.unwrap_or(default).max(Span(tick.0 * self.ticks)),
            None => Span(0),
        }
    }
}

const AREAS: [&[Measure]; 14] = [
    subtask::MEASURES,
    vertex::MEASURES,
    uid::MEASURES,
    job::MEASURES,
    checkpoint::MEASURES,
    exception::MEASURES,
    process::MEASURES,
    cluster::MEASURES,
    kafka::MEASURES,
    storage::MEASURES,
    base::MEASURES,
    host::MEASURES,
    changes::MEASURES,
    past::MEASURES,
];

/// All of them, in the order of the documentation.
pub fn all() -> impl Iterator<Item = &'static Measure> {
    AREAS.iter().flat_map(|area| area.iter())
}

pub fn find(name: &str) -> Option<&'static Measure> {
    all().find(|m| m.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::parse::RESERVED;
    use crate::rules::relation::Relation;
    use std::collections::BTreeSet;

    #[test]
    fn each_word_means_one_thing() {
        let mut seen: BTreeSet<&str> = RESERVED.into_iter().collect();
        assert!(Relation::ALL.iter().all(|r| seen.insert(r.name())));
        for m in all() {
            assert!(seen.insert(m.name), "`{}` means two things", m.name);
            assert!(!m.on.is_empty() && m.doc.len() > 10, "{} is not explained", m.name);
            assert!(Relation::plural(m.name).is_none(), "`{}` is a kind of subject", m.name);
        }
    }
}
