//! What may stand beside what: units, and shares that are never more than 1.

use super::{Checker, LetIs};
use crate::rules::ast::{Arith, Compare, Expr, Fold, Kind};
use crate::rules::types::{Base, Dim, RATIO, TIME, Ty, is_bare};

impl Checker<'_> {
    pub(super) fn arith(
        &mut self,
        op: Arith,
        l: &Expr,
        r: &Expr,
        a: Base,
        b: Base,
    ) -> Option<Base> {
        use Arith::{Add, Div, Mul, Sub};
        match (op, a, b) {
            (Sub, Base::Moment, Base::Moment) => return Some(Base::number(TIME)),
            (Add | Sub, Base::Moment, Base::Number { dim, .. }) if dim == TIME => {
                return Some(Base::Moment);
            }
            _ => {}
        }
        let da = self.number(l, Ty::one(a))?;
        let db = self.number(r, Ty::one(b))?;
        let both_bare = bare(a) && bare(b);
        match op {
            Mul => Some(Base::Number { dim: da.times(db), bare: both_bare }),
            Div if constant(r) == Some(0.0) => {
                let todo = "divide by what is counted, or leave the division away";
                self.fault(r, "this divides by 0: it is never known", todo);
                None
            }
            Div => Some(Base::Number { dim: da.over(db), bare: both_bare }),
            Add | Sub => {
                self.fits(l, r, a, b)?;
                Some(Base::Number { dim: if bare(a) { db } else { da }, bare: both_bare })
            }
        }
    }

    fn fits(&mut self, l: &Expr, r: &Expr, a: Base, b: Base) -> Option<()> {
        let (Base::Number { dim: da, bare: ba }, Base::Number { dim: db, bare: bb }) = (a, b)
        else {
            return None;
        };
        let free = |e: &Expr, bare: bool, other: Dim| bare && (is_zero(e) || other.takes_bare());
        if da == db && ba == bb || free(l, ba, db) || free(r, bb, da) || (da == db && da == RATIO) {
            return Some(());
        }
        let (wrong, bare, other) = if ba { (l, ba, db) } else { (r, bb, da) };
        if bare {
            let unit = if other.bytes != 0 { "MB" } else { "s" };
            self.fault(
                wrong,
                format!("a unit is missing: this stands beside {}", other.unit()),
                format!("for instance 20{unit}"),
            );
        } else {
            let message = format!("{} stands beside {}", a.name(), b.name());
            self.fault(
                r,
                message,
                "units must fit: convert by `*` and `/`, or compare something else",
            );
        }
        None
    }

    pub(super) fn comparable(
        &mut self,
        op: Compare,
        l: &Expr,
        r: &Expr,
        a: Base,
        b: Base,
    ) -> Option<()> {
        let equality = matches!(op, Compare::Eq | Compare::Ne);
        match (a, b) {
            (Base::Number { .. }, Base::Number { .. }) => self.fits(l, r, a, b),
            (Base::Moment, Base::Moment) => Some(()),
            (Base::Text, Base::Text) | (Base::Truth, Base::Truth) if equality => Some(()),
            (Base::Text, Base::Text) => {
                self.fault(
                    r,
                    "texts are equal or not, never more or less",
                    "use `=`, `!=` or `matches`",
                );
                None
            }
            _ => {
                let message = format!("{} is compared with {}", a.name(), b.name());
                self.fault(r, message, "both sides must be of one type");
                None
            }
        }
    }

    /// A share is never more than 1: `busy > 90` would never hold.
    pub(super) fn within_share(&mut self, l: &Expr, r: &Expr) -> Option<()> {
        for (one, other) in [(l, r), (r, l)] {
            let Kind::Number { value, .. } = &other.kind else { continue };
            if *value > 1.0 && self.is_share(one) {
                let todo = match *value {
                    v if v <= 100.0 => format!("write {v}% or {}", v / 100.0),
                    _ => "write it like 90% or 0.9".to_owned(),
                };
                self.fault(other, "a share is 0 to 1, never more", todo);
                return None;
            }
        }
        Some(())
    }

    fn is_share(&self, e: &Expr) -> bool {
        use Fold::{Max, Mean, Median, Min};
        match &e.kind {
            Kind::Measure { measure, .. } => measure.is_share(),
            Kind::Of(inner, _) | Kind::Over(inner, _) | Kind::Ago(inner, _) => self.is_share(inner),
            Kind::Before(inner) | Kind::Fold(Min | Max | Mean | Median, inner) => {
                self.is_share(inner)
            }
            Kind::Let(i) => match self.lets.get(*i).map(|l| &l.is) {
                Some(LetIs::Value(value)) => self.is_share(value),
                _ => false,
            },
            _ => false,
        }
    }
}

fn bare(b: Base) -> bool {
    is_bare(b)
}

/// What it is whatever is seen.
fn constant(e: &Expr) -> Option<f64> {
    match &e.kind {
        Kind::Number { value, .. } => Some(*value),
        Kind::Negative(inner) => constant(inner).map(|v| -v),
        Kind::Arith(op, l, r) => {
            let (l, r) = (constant(l)?, constant(r)?);
            Some(match op {
                Arith::Add => l + r,
                Arith::Sub => l - r,
                Arith::Mul => l * r,
                Arith::Div => l / r,
            })
        }
        _ => None,
    }
}

fn is_zero(e: &Expr) -> bool {
    matches!(&e.kind, Kind::Number { value, .. } if *value == 0.0)
}
