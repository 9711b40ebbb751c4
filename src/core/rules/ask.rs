//! Asking one expression of one subject: evidence asked again, curves for its plot.

use super::asked::{Asked as Asks, Walk};
use super::ast::{Expr, Kind};
use super::check::Checker;
use super::ctx::Ctx;
use super::eval::{Env, Machine};
use super::evidence::{Check, Figure};
use super::lex::Fault;
use super::parse;
use super::types::{Base, Scalar};
use crate::estate::{Millis, Name, Span, Subject, SubjectKind};
use serde::Serialize;

/// A mistake in an expression that was asked: from which character, how many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    pub from: usize,
    pub len: usize,
    pub message: String,
    pub todo: String,
}

impl From<Fault> for Asked {
    fn from(f: Fault) -> Asked {
        Asked { from: f.at.from, len: f.at.len, message: f.message, todo: f.todo }
    }
}

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// None: unknown, and `missing` says what was not seen.
    pub value: Option<Figure>,
    pub missing: Option<Name>,
    /// The comparisons of a truth.
    pub checks: Vec<Check>,
}

/// Longest expression that is taken from outside.
const MAX_TEXT: usize = 4096;

/// Reads and checks an expression over a kind of subject; it must be one value.
///
/// # Errors
/// The first mistake in it.
pub fn parse_check(text: &str, kind: SubjectKind) -> Result<Expr, Asked> {
    if text.len() > MAX_TEXT {
        let message = "this expression is too long".to_owned();
        let todo = format!("at most {MAX_TEXT} bytes");
        return Err(Asked { from: 0, len: 1, message, todo });
    }
    let mut e = parse::expression(text, &[]).map_err(|f| *f)?;
    let mut checker = Checker { lets: &[], weeks: true, faults: Vec::new() };
    checker.value(&mut e, kind);
    match checker.faults.into_iter().next() {
        Some(fault) => Err(fault.into()),
        None => Ok(e),
    }
}

/// Asks an expression of a subject at the context's moment.
///
/// # Errors
/// The first mistake in it.
pub fn ask(text: &str, s: &Subject, ctx: &Ctx<'_>) -> Result<Answer, Asked> {
    let e = parse_check(text, s.kind())?;
    let m = Machine::new(ctx, s, &[]);
    let mut checks = Vec::new();
    let v = if e.ty.base == Base::Truth {
        m.judge(&e, m.env(), &mut checks)
    } else {
        m.eval(&e, m.env()).one()
    };
    Ok(match v {
        Ok(v) => Answer { value: Some(e.ty.figure(&v)), missing: None, checks },
        Err(u) => Answer { value: None, missing: Some(u.why.told(ctx)), checks },
    })
}

/// Series of an exporter that an expression asks for: `metric("…")`.
fn series(e: &Expr) -> Vec<Name> {
    let mut all = Vec::new();
    let mut note = |asked: Asks<'_>| {
        if let Asks::Measure { measure, arg: Some(name), .. } = asked
            && measure.name == "metric"
        {
            all.push(name.clone());
        }
    };
    Walk(&mut note).expr(e);
    all
}

/// A number that is asked again and again, of subjects of one kind.
#[derive(Debug)]
pub struct Question(Expr);

impl Question {
    /// # Errors
    /// The first mistake in it.
    pub fn of(text: &str, kind: SubjectKind) -> Result<Question, Asked> {
        parse_check(text, kind).map(Question)
    }

    /// Series of an exporter that it asks for.
    pub fn series(&self) -> Vec<Name> {
        series(&self.0)
    }

    pub fn is_number(&self) -> bool {
        matches!(self.0.ty.base, Base::Number { .. })
    }

    /// Of what it comes to.
    pub fn unit(&self) -> &'static str {
        match self.0.ty.base {
            Base::Number { dim, .. } => dim.unit(),
            _ => "",
        }
    }

    /// None: unknown, or no number.
    pub fn at(&self, ctx: &Ctx<'_>, s: &Subject, at: Millis) -> Option<f64> {
        number(ctx, s, &self.0, at)
    }
}

/// A condition that is asked again and again, of subjects of one kind.
#[derive(Debug)]
pub struct Claim(Expr);

impl Claim {
    /// # Errors
    /// The first mistake in it; it must be a truth.
    pub fn of(text: &str, kind: SubjectKind) -> Result<Claim, Asked> {
        let e = parse_check(text, kind)?;
        if e.ty.base == Base::Truth {
            return Ok(Claim(e));
        }
        let todo = "compare it: `… >= 0.9`, `… is known`, `… matches \"…\"`".to_owned();
        let message = format!("this is {}, not a truth", e.ty.name());
        Err(Asked { from: 0, len: text.chars().count(), message, todo })
    }

    /// Series of an exporter that it asks for.
    pub fn series(&self) -> Vec<Name> {
        series(&self.0)
    }

    /// None: unknown.
    pub fn holds(&self, ctx: &Ctx<'_>, s: &Subject) -> Option<bool> {
        let m = Machine::new(ctx, s, &[]);
        match m.eval(&self.0, m.env()).one() {
            Ok(Scalar::Truth(t)) => Some(t),
            _ => None,
        }
    }
}

fn number(ctx: &Ctx<'_>, s: &Subject, e: &Expr, at: Millis) -> Option<f64> {
    let m = Machine::new(ctx, s, &[]);
    match m.eval(e, Env { this: s, at, window: None }).one() {
        Ok(Scalar::Number(n)) if n.is_finite() => Some(n),
        _ => None,
    }
}

/// Points of one curve.
pub const MAX_POINTS: usize = 600;

/// A number over time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    pub unit: Name,
    /// None where it is unknown.
    pub points: Vec<(Millis, Option<f64>)>,
    /// Of a comparison: how it compares, and with what, at the end of the curve.
    pub against: Option<(Name, f64)>,
}

/// A number over time, `n` points from `from` to `to`; of a comparison its left side, with the
/// right one as it is at `to`.
///
/// # Errors
/// The first mistake in it; that it is no number.
pub fn curve(
    text: &str,
    s: &Subject,
    ctx: &Ctx<'_>,
    from: Millis,
    to: Millis,
    n: usize,
) -> Result<Curve, Asked> {
    let e = parse_check(text, s.kind())?;
    let (e, against) = sides(&e);
    let unit = match e.ty.base {
        Base::Number { dim, .. } => dim.unit(),
        Base::Moment => "moment",
        _ => {
            let (message, todo) = ("this is no number".to_owned(), "ask for a measure".to_owned());
            return Err(Asked { from: 0, len: text.chars().count(), message, todo });
        }
    };
    let value = |e: &Expr, at: Millis| number(ctx, s, e, at);
    let n = n.clamp(2, MAX_POINTS);
    let apart = (to - from).0 as f64 / (n - 1) as f64;
    let moment = |i: usize| from + Span((apart * i as f64).round() as i64);
    let points = (0..n).map(|i| (moment(i), value(e, moment(i)))).collect();
    let against = against.and_then(|(sign, right)| Some((sign.into(), value(right, to)?)));
    Ok(Curve { unit: unit.into(), points, against })
}

/// Of a comparison that may have to hold for a while: what is compared, how, and with what.
fn sides(e: &Expr) -> (&Expr, Option<(&'static str, &Expr)>) {
    match &e.kind {
        Kind::Held(inner, _) => sides(inner),
        Kind::Compare(how, left, right) => (left, Some((how.sign(), right))),
        _ => (e, None),
    }
}
