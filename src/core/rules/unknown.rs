//! What is unknown: why, and between which bounds it must lie, so that a comparison can be decided
//! where it does not matter.

use super::ast::{Arith, Compare};
use super::types::Scalar;
use super::why::Why;

#[derive(Clone, Debug, PartialEq)]
pub struct Unknown {
    pub why: Why,
    pub low: f64,
    pub high: f64,
}

impl From<Why> for Unknown {
    fn from(why: Why) -> Unknown {
        Unknown { why, low: f64::NEG_INFINITY, high: f64::INFINITY }
    }
}

impl Unknown {
    /// Of weeks of which too little is known: the figure of what is, and whether the true one may be
    /// more (else less).
    pub fn so_far(&self) -> Option<(f64, bool)> {
        match (&self.why, self.low.is_finite(), self.high.is_finite()) {
            (Why::TooShort(..), true, false) => Some((self.low, true)),
            (Why::TooShort(..), false, true) => Some((self.high, false)),
            _ => None,
        }
    }
}

pub type Val = Result<Scalar, Unknown>;

/// Of weeks of which too little is known, what can be told of the result.
pub fn between(op: Arith, a: &Val, b: &Val, why: Why) -> Unknown {
    let span = |v: &Val| match v {
        Ok(Scalar::Number(n)) => Some((*n, *n)),
        Err(u) => u.so_far().map(|_| (u.low, u.high)),
        Ok(_) => None,
    };
    let times = |(low, high): (f64, f64), by: f64| match by {
        _ if !by.is_finite() || by == 0.0 => None,
        _ if by < 0.0 => Some((high * by, low * by)),
        _ => Some((low * by, high * by)),
    };
    let found = match (op, span(a), span(b)) {
        (Arith::Add, Some(a), Some(b)) => Some((a.0 + b.0, a.1 + b.1)),
        (Arith::Sub, Some(a), Some(b)) => Some((a.0 - b.1, a.1 - b.0)),
        (Arith::Mul, Some(a), Some(b)) if a.0 == a.1 => times(b, a.0),
        (Arith::Mul, Some(a), Some(b)) if b.0 == b.1 => times(a, b.0),
        (Arith::Div, Some(a), Some(b)) if b.0 == b.1 => times(a, 1.0 / b.0),
        _ => None,
    };
    match found.filter(|(low, high)| !low.is_nan() && !high.is_nan()) {
        Some((low, high)) => Unknown { why, low, high },
        None => why.into(),
    }
}

pub fn bounds(v: &Val) -> Option<(f64, f64)> {
    match v {
        Ok(Scalar::Number(n)) => Some((*n, *n)),
        Err(u) => Some((u.low, u.high)),
        Ok(_) => None,
    }
}

pub fn compared(op: Compare, a: &Val, b: &Val) -> Val {
    let unknown = || match (a, b) {
        (Err(u), _) | (_, Err(u)) => Err(u.why.clone().into()),
        _ => Err(Why::NoMember.into()),
    };
    let (Some((al, ah)), Some((bl, bh))) = (bounds(a), bounds(b)) else {
        return match (op, a, b) {
            (Compare::Eq, Ok(a), Ok(b)) => Ok((a == b).into()),
            (Compare::Ne, Ok(a), Ok(b)) => Ok((a != b).into()),
            _ => unknown(),
        };
    };
    let decided = |yes: bool, no: bool| match (yes, no) {
        (true, _) => Ok(true.into()),
        (_, true) => Ok(false.into()),
        _ => unknown(),
    };
    let exact = a.is_ok() && b.is_ok();
    match op {
        Compare::Ge => decided(al >= bh, ah < bl),
        Compare::Gt => decided(al > bh, ah <= bl),
        Compare::Le => decided(ah <= bl, al > bh),
        Compare::Lt => decided(ah < bl, al >= bh),
        Compare::Eq => decided(exact && al == bl, al > bh || ah < bl),
        Compare::Ne => decided(al > bh || ah < bl, exact && al == bl),
    }
}
