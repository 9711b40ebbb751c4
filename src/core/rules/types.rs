//! Types of the language: numbers with their dimension, text, truth, and sets of them.

use super::evidence::Figure;
use crate::estate::Name;

/// Exponents of what a number counts. Shares, counts and ms/s have none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dim {
    pub time: i8,
    pub records: i8,
    pub bytes: i8,
    pub cores: i8,
    /// A whole number of things: only for showing.
    pub count: bool,
}

impl PartialEq for Dim {
    fn eq(&self, o: &Dim) -> bool {
        // a core in use is a thread's time per time: it stands beside shares
        (self.time, self.records, self.bytes) == (o.time, o.records, o.bytes)
    }
}

pub const RATIO: Dim = Dim { time: 0, records: 0, bytes: 0, cores: 0, count: false };
pub const COUNT: Dim = Dim { count: true, ..RATIO };
pub const TIME: Dim = Dim { time: 1, ..RATIO };
pub const RECORDS: Dim = Dim { records: 1, ..RATIO };
pub const RECORD_RATE: Dim = Dim { time: -1, records: 1, ..RATIO };
pub const BYTES: Dim = Dim { bytes: 1, ..RATIO };
pub const BYTE_RATE: Dim = Dim { time: -1, bytes: 1, ..RATIO };
pub const CORES: Dim = Dim { cores: 1, ..RATIO };
pub const COUNT_RATE: Dim = Dim { time: -1, count: true, ..RATIO };

impl Dim {
    /// Whose figures are shown in that unit; None: none's.
    pub fn shown_in(unit: &str) -> Option<Dim> {
        let all = [RATIO, COUNT, TIME, RECORDS, RECORD_RATE, BYTES, BYTE_RATE, CORES];
        all.into_iter().find(|d| d.unit() == unit)
    }

    pub fn times(self, o: Dim) -> Dim {
        Dim {
            time: self.time.saturating_add(o.time),
            records: self.records.saturating_add(o.records),
            bytes: self.bytes.saturating_add(o.bytes),
            cores: self.cores.saturating_add(o.cores),
            count: self.count && o.count,
        }
    }

    pub fn over(self, o: Dim) -> Dim {
        let inverse = Dim {
            time: o.time.saturating_neg(),
            records: o.records.saturating_neg(),
            bytes: o.bytes.saturating_neg(),
            cores: o.cores.saturating_neg(),
            count: false,
        };
        self.times(inverse)
    }

    /// May a number without a unit stand beside it? Not beside lengths of time and bytes, where
    /// nobody can tell ms from s.
    pub fn takes_bare(self) -> bool {
        self.bytes == 0 && (self.time <= 0 || self.records != 0)
    }

    /// The unit that figures are shown in.
    pub fn unit(self) -> &'static str {
        match (self.time, self.records, self.bytes, self.cores) {
            (0, 0, 0, 0) if self.count => "count",
            (0, 0, 0, 0) => "ratio",
            (1, 0, 0, 0) => "s",
            (-1, 0, 0, 0) => "1/s",
            (0, 1, 0, 0) => "records",
            (-1, 1, 0, 0) => "records/s",
            (1, -1, 0, 0) => "s/record",
            (0, 0, 1, 0) => "bytes",
            (-1, 0, 1, 0) => "bytes/s",
            (0, -1, 1, 0) => "bytes/record",
            (0, 0, 0, 1) => "cores",
            _ => "mixed",
        }
    }
}

/// What one value is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Base {
    /// `bare`: written without a unit.
    Number {
        dim: Dim,
        bare: bool,
    },
    /// A moment, ms since the epoch.
    Moment,
    Text,
    Truth,
}

impl Base {
    pub const fn number(dim: Dim) -> Base {
        Base::Number { dim, bare: false }
    }

    pub fn name(self) -> String {
        match self {
            Base::Number { bare: true, .. } => "a number without a unit".to_owned(),
            Base::Number { dim, .. } => format!("a number of {}", dim.unit()),
            Base::Moment => "a moment".to_owned(),
            Base::Text => "a text".to_owned(),
            Base::Truth => "a truth".to_owned(),
        }
    }
}

/// Instead of infinity, which JSON has no word for; moments stay what they are.
const MOST_SHOWN: f64 = 1e15;

/// What an expression is: one value, or one per subject.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ty {
    pub base: Base,
    pub set: bool,
}

impl Ty {
    pub const TRUTH: Ty = Ty::one(Base::Truth);

    pub const fn one(base: Base) -> Ty {
        Ty { base, set: false }
    }

    pub fn name(self) -> String {
        if self.set {
            format!("several values, each {}", self.base.name())
        } else {
            self.base.name()
        }
    }

    /// The value as it is kept in evidence.
    pub fn figure(self, value: &Scalar) -> Figure {
        match value {
            Scalar::Number(value) => {
                // more than nothing, divided by nothing
                let value = &value.clamp(-MOST_SHOWN, MOST_SHOWN);
                let unit = match self.base {
                    Base::Number { dim, .. } => dim.unit(),
                    Base::Moment => "moment",
                    _ => "ratio",
                };
                Figure::Number { value: *value, unit: unit.into() }
            }
            Scalar::Text(text) => Figure::Text { text: text.clone() },
            Scalar::Truth(truth) => Figure::Truth { truth: *truth },
        }
    }
}

/// One value at run time: seconds for times, ms since the epoch for moments.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    Number(f64),
    Text(Name),
    Truth(bool),
}

impl From<f64> for Scalar {
    fn from(v: f64) -> Scalar {
        Scalar::Number(v)
    }
}
impl From<bool> for Scalar {
    fn from(v: bool) -> Scalar {
        Scalar::Truth(v)
    }
}
impl From<Name> for Scalar {
    fn from(v: Name) -> Scalar {
        Scalar::Text(v)
    }
}

/// Was it written without a unit?
pub fn is_bare(base: Base) -> bool {
    matches!(base, Base::Number { bare: true, .. })
}
