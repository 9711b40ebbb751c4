//! Evaluation: pure, three-valued, bounded. Unknown says what was not seen, of whom, and between
//! which bounds it must lie, so that a comparison can be decided where it does not matter.

use super::ast::{Arith, Expr, Fold, Kind, Pick, Selector};
use super::check::{Let, LetIs};
use super::ctx::Ctx;
use super::measures::{self, Ask, Measure, needs};
use super::relation::Relation;
use super::types::Scalar;
pub use super::unknown::{Unknown, Val};
use super::unknown::{between, bounds, compared};
use super::walk::{self, Found};
pub use super::why::Why;
use crate::estate::{Millis, Span, Subject};
use std::cell::{Cell, RefCell};

/// Nodes of one evaluation: a rule over a vertex of 1,000 subtasks takes some ten thousand.
const BUDGET: u32 = 500_000;
/// Members of one set.
const MAX_SET: usize = 100_000;
/// Looks at one window.
pub const MAX_LOOKS: i64 = 12;
/// `before`: quiet time looked at, looks at it, how much of it must be known.
const BEFORE: Span = Span::secs(600);
const BEFORE_LOOKS: i64 = 24;
const BEFORE_KNOWN: Span = Span::secs(10);

#[derive(Clone, Debug)]
pub enum Value {
    One(Val),
    Many(Vec<(Subject, Val)>, Option<Unknown>),
}

impl Value {
    pub fn one(self) -> Val {
        match self {
            Value::One(v) => v,
            Value::Many(..) => Err(Why::NoMember.into()),
        }
    }

    fn map(self, f: impl Fn(Val) -> Val) -> Value {
        match self {
            Value::One(v) => Value::One(f(v)),
            Value::Many(all, unseen) => {
                Value::Many(all.into_iter().map(|(s, v)| (s, f(v))).collect(), unseen)
            }
        }
    }

    /// Both together: one value stands beside each of several.
    fn zip(self, other: Value, f: impl Fn(&Val, &Val) -> Val) -> Value {
        match (self, other) {
            (Value::One(a), Value::One(b)) => Value::One(f(&a, &b)),
            (Value::One(a), b) => b.map(|b| f(&a, &b)),
            (a, Value::One(b)) => a.map(|a| f(&a, &b)),
            (Value::Many(a, ua), Value::Many(b, ub)) => {
                let missing: Val = Err(Why::NoMember.into());
                let all = a
                    .into_iter()
                    .enumerate()
                    .map(|(i, (s, v))| {
                        // nearly always the same subjects in the same order
                        let beside = b.get(i).filter(|(t, _)| *t == s);
                        let beside = beside.or_else(|| b.iter().find(|(t, _)| *t == s));
                        let out = f(&v, beside.map_or(&missing, |(_, w)| w));
                        (s, out)
                    })
                    .collect();
                Value::Many(all, ua.or(ub))
            }
        }
    }
}

#[derive(Clone, Copy)]
pub struct Env<'e> {
    pub this: &'e Subject,
    pub at: Millis,
    pub window: Option<Span>,
}

pub struct Machine<'c, 'a> {
    pub ctx: &'c Ctx<'a>,
    /// The rule's own subject: what `let`s are seen from.
    pub root: &'c Subject,
    lets: &'c [Let],
    chosen: RefCell<Vec<Option<Found>>>,
    steps: Cell<u32>,
}

impl<'c, 'a> Machine<'c, 'a> {
    pub fn new(ctx: &'c Ctx<'a>, root: &'c Subject, lets: &'c [Let]) -> Machine<'c, 'a> {
        let chosen = RefCell::new(vec![None; lets.len()]);
        Machine { ctx, root, lets, chosen, steps: Cell::new(0) }
    }

    pub fn lets(&self) -> &'c [Let] {
        self.lets
    }

    pub fn env(&self) -> Env<'c> {
        Env { this: self.root, at: self.ctx.at, window: None }
    }

    fn step(&self) -> Result<(), Unknown> {
        let n = self.steps.get();
        self.steps.set(n.saturating_add(1));
        if n < BUDGET { Ok(()) } else { Err(Why::Budget.into()) }
    }

    pub fn eval(&self, e: &Expr, env: Env<'_>) -> Value {
        if let Err(spent) = self.step() {
            return Value::One(Err(spent));
        }
        match &e.kind {
            Kind::Number { value, .. } => Value::One(Ok(Scalar::Number(*value))),
            Kind::Text(t) => Value::One(Ok(Scalar::Text(t.clone()))),
            Kind::Truth(t) => Value::One(Ok(Scalar::Truth(*t))),
            // the check has replaced them
            Kind::Word { .. } => Value::One(Err(Why::NoMember.into())),
            Kind::Measure { measure, arg, spread } => {
                self.measure(measure, arg.as_deref(), *spread, env)
            }
            Kind::Let(i) => match self.lets.get(*i).map(|l| &l.is) {
                Some(LetIs::Value(v)) => {
                    self.eval(v, Env { this: self.root, at: env.at, window: None })
                }
                _ => Value::One(Err(Why::NoMember.into())),
            },
            Kind::Of(inner, s) => self.of(inner, s, env),
            Kind::Over(inner, d) => self.eval(inner, Env { window: Some(*d), ..env }),
            Kind::Ago(inner, d) => self.eval(inner, Env { at: env.at - *d, ..env }),
            Kind::Before(inner) => Value::One(self.before(inner, env)),
            Kind::Fold(fold, inner) => Value::One(folded(*fold, self.eval(inner, env))),
            Kind::CountOf(s) => {
                let found = self.select(s, env);
                Value::One(match found.unseen {
                    Some(what) => {
                        Err(Unknown { low: found.all.len() as f64, ..Why::Unseen(what).into() })
                    }
                    None => Ok((found.all.len() as f64).into()),
                })
            }
            Kind::Negative(inner) => self.eval(inner, env).map(|v| match v {
                Ok(Scalar::Number(n)) => Ok(Scalar::Number(-n)),
                Err(u) => Err(Unknown { low: -u.high, high: -u.low, ..u }),
                other => other,
            }),
            Kind::Arith(op, l, r) => {
                self.eval(l, env).zip(self.eval(r, env), |a, b| computed(*op, a, b))
            }
            Kind::Compare(op, l, r) => {
                self.eval(l, env).zip(self.eval(r, env), |a, b| compared(*op, a, b))
            }
            Kind::Matches(inner, _, regex) => self.eval(inner, env).map(|v| match (v?, regex) {
                (Scalar::Text(t), Some(r)) => Ok(r.is_match(&t).into()),
                _ => Err(Why::NoMember.into()),
            }),
            Kind::Known(inner, known) => {
                self.eval(inner, env).map(|v| Ok((v.is_ok() == *known).into()))
            }
            Kind::Not(inner) => self.eval(inner, env).map(not),
            Kind::And(all) => self.all_of(all, env, false),
            Kind::Or(all) => self.all_of(all, env, true),
            Kind::Held(inner, d) => self.held(inner, *d, env).0,
        }
    }

    fn measure(
        &self,
        m: &'static Measure,
        arg: Option<&str>,
        spread: Option<Relation>,
        env: Env<'_>,
    ) -> Value {
        let ask =
            Ask { ctx: self.ctx, at: env.at, window: m.window(env.window, self.ctx.tick()), arg };
        let get = |s: &Subject| -> Val {
            self.step()?;
            let found = (m.get)(&ask, s).filter(|v| !matches!(v, Scalar::Number(n) if n.is_nan()));
            let why = || match needs(m, &ask, s) {
                Some((needs, has)) => Why::TooShort(m.name, s.clone(), needs, has),
                None => Why::NotSeen(m.name, s.clone()),
            };
            match found {
                None => Err(why().into()),
                Some(Scalar::Number(n)) => match measures::bounds(m, &ask, s, n) {
                    Some((low, high)) => Err(Unknown { why: why(), low, high }),
                    None => Ok(n.into()),
                },
                Some(other) => Ok(other),
            }
        };
        let Some(relation) = spread else { return Value::One(get(env.this)) };
        let found = walk::follow(self.ctx, relation, env.this);
        many(bounded(found), |s| get(s))
    }

    fn of(&self, inner: &Expr, s: &Selector, env: Env<'_>) -> Value {
        let found = self.select(s, env);
        if !s.many {
            return match found.all.first() {
                Some(this) => self.eval(inner, Env { this, ..env }),
                None => Value::One(Err(found.unseen.map_or(Why::NoMember, Why::Unseen).into())),
            };
        }
        let mut all = Vec::new();
        let mut unseen = found.unseen.map(|u| Why::Unseen(u).into());
        for this in found.all {
            match self.eval(inner, Env { this: &this, ..env }) {
                Value::One(v) => all.push((this, v)),
                Value::Many(more, u) => {
                    all.extend(more);
                    unseen = unseen.or(u);
                }
            }
            if all.len() > MAX_SET {
                unseen = Some(Why::Budget.into());
                break;
            }
        }
        Value::Many(all, unseen)
    }

    /// The subjects that a selector chooses. A `let` chooses once, now: `hot` is the same one over
    /// the whole window.
    pub fn select(&self, s: &Selector, env: Env<'_>) -> Found {
        if self.step().is_err() {
            return Found { all: Vec::new(), unseen: Some("too much to look at") };
        }
        let found = match &s.kind {
            Pick::This => Found { all: vec![env.this.clone()], unseen: None },
            Pick::Let(i) => return self.chosen(*i),
            Pick::Step { relation, base } => {
                let from = match base {
                    Some(base) => self.select(base, env),
                    None => Found { all: vec![env.this.clone()], unseen: None },
                };
                let mut out = Found { all: Vec::new(), unseen: from.unseen };
                let mut seen = std::collections::BTreeSet::new();
                for s in &from.all {
                    let next = walk::follow(self.ctx, *relation, s);
                    out.unseen = out.unseen.or(next.unseen);
                    out.all.extend(next.all.into_iter().filter(|s| seen.insert(s.clone())));
                }
                out
            }
            Pick::Best { most, by, of } => self.best(*most, by, self.select(of, env), env),
            Pick::Named { name, of, .. } => {
                let mut found = self.select(of, env);
                found.all.retain(|s| walk::is_called(self.ctx, s, name));
                found.all.truncate(1);
                found
            }
            Pick::Where { filter, of } => self.filtered(filter, self.select(of, env), env),
            Pick::Others(inner) => {
                let found = self.select(inner, env);
                match found.all.first() {
                    Some(s) => walk::others(self.ctx, s),
                    None => found,
                }
            }
        };
        bounded(found)
    }

    pub fn chosen(&self, i: usize) -> Found {
        if let Some(found) = self.chosen.borrow().get(i).cloned().flatten() {
            return found;
        }
        let found = match self.lets.get(i).map(|l| &l.is) {
            Some(LetIs::Subjects(s)) => self.select(s, self.env()),
            _ => Found::default(),
        };
        if let Some(slot) = self.chosen.borrow_mut().get_mut(i) {
            *slot = Some(found.clone());
        }
        found
    }

    /// Of those that are known; unknown where that is less than three quarters of them.
    fn best(&self, most: bool, by: &Expr, of: Found, env: Env<'_>) -> Found {
        if of.unseen.is_some() {
            return Found { all: Vec::new(), unseen: of.unseen };
        }
        let total = of.all.len();
        let known: Vec<(f64, Subject)> = of
            .all
            .into_iter()
            .filter_map(|this| match self.eval(by, Env { this: &this, ..env }).one() {
                Ok(Scalar::Number(n)) => Some((n, this)),
                Err(u) => u.so_far().map(|(n, _)| (n, this)),
                _ => None,
            })
            .collect();
        if known.len() * 4 < total * 3 {
            return Found { all: Vec::new(), unseen: Some("enough of them to choose from") };
        }
        let better = |a: f64, b: f64| if most { a > b } else { a < b };
        let best = known.into_iter().reduce(|a, b| if better(b.0, a.0) { b } else { a });
        Found { all: best.into_iter().map(|b| b.1).collect(), unseen: None }
    }

    fn filtered(&self, filter: &Expr, of: Found, env: Env<'_>) -> Found {
        let mut out = Found { all: Vec::new(), unseen: of.unseen };
        for this in of.all {
            match self.eval(filter, Env { this: &this, ..env }).one() {
                Ok(Scalar::Truth(true)) => out.all.push(this),
                Ok(_) => {}
                Err(_) => out.unseen = out.unseen.or(Some("what the choice depends on")),
            }
        }
        out
    }

    fn all_of(&self, all: &[Expr], env: Env<'_>, any: bool) -> Value {
        let mut out = Value::One(Ok((!any).into()));
        for part in all {
            out = out.zip(self.eval(part, env), |a, b| either(a, b, any));
            if matches!(&out, Value::One(Ok(Scalar::Truth(t))) if *t == any) {
                break;
            }
        }
        out
    }

    /// At every look of the window, newest first; and the look that decided it was not so.
    pub fn held(&self, inner: &Expr, span: Span, env: Env<'_>) -> (Value, Millis) {
        let mut out = Value::One(Ok(true.into()));
        let mut decided = env.at;
        for at in looks(env.at - span, env.at, self.ctx.tick(), MAX_LOOKS) {
            let look = self.eval(inner, Env { at, ..env });
            out = out.zip(look, |a, b| either(a, b, false));
            if matches!(out, Value::One(Ok(Scalar::Truth(false)))) {
                decided = at;
                break;
            }
        }
        (out, decided)
    }

    /// The median over the quiet time before the onset.
    fn before(&self, inner: &Expr, env: Env<'_>) -> Val {
        let onset = self.ctx.onset.ok_or(Why::NoOnset)?;
        let tick = self.ctx.tick();
        // an onset is known to a look: the one before it may have seen the first of it
        let to = onset - tick;
        let times = looks(to - BEFORE, to, tick, BEFORE_LOOKS);
        let apart = Span(BEFORE.0 / BEFORE_LOOKS).max(tick);
        let mut known = Vec::new();
        for at in times {
            if let Ok(Scalar::Number(n)) = self.eval(inner, Env { at, ..env }).one() {
                known.push(n);
            } else if known.len() >= 2 && self.steps.get() > BUDGET / 2 {
                break;
            }
        }
        // short histories: look closer at what there is of them
        if Span(apart.0 * known.len() as i64) < BEFORE_KNOWN.max(apart + apart) {
            known.clear();
            for at in looks(to - Span::secs(60), to, tick, MAX_LOOKS) {
                if let Ok(Scalar::Number(n)) = self.eval(inner, Env { at, ..env }).one() {
                    known.push(n);
                }
            }
            let apart = Span(60_000 / MAX_LOOKS).max(tick);
            if Span(apart.0 * known.len() as i64) < BEFORE_KNOWN {
                return Err(Why::NoQuiet.into());
            }
        }
        median(known).map(Scalar::Number).ok_or_else(|| Why::NoQuiet.into())
    }
}

/// Moments from `to` back to `from`, a tick apart, at most `most` and then wider.
fn looks(from: Millis, to: Millis, tick: Span, most: i64) -> impl Iterator<Item = Millis> {
    let span = (to - from).0.max(0);
    let apart = tick.0.max(span / (most - 1).max(1)).max(1);
    let n = (span / apart).min(most - 1);
    (0..=n).map(move |i| to - Span(i * apart))
}

fn bounded(mut found: Found) -> Found {
    if found.all.len() > MAX_SET {
        found.all.truncate(MAX_SET);
        found.unseen = Some("too many to look at");
    }
    found
}

fn many(found: Found, get: impl Fn(&Subject) -> Val) -> Value {
    let unseen = found.unseen.map(|u| Why::Unseen(u).into());
    let all = found.all.into_iter().map(|s| {
        let v = get(&s);
        (s, v)
    });
    Value::Many(all.collect(), unseen)
}

fn not(v: Val) -> Val {
    match v? {
        Scalar::Truth(t) => Ok((!t).into()),
        other => Ok(other),
    }
}

/// Kleene's `or` (any) and `and`.
fn either(a: &Val, b: &Val, any: bool) -> Val {
    let decides = |v: &Val| matches!(v, Ok(Scalar::Truth(t)) if *t == any);
    if decides(a) || decides(b) {
        return Ok(any.into());
    }
    match (a, b) {
        (Err(u), _) | (_, Err(u)) => Err(u.clone()),
        _ => Ok((!any).into()),
    }
}

fn computed(op: Arith, a: &Val, b: &Val) -> Val {
    let (a, b) = match (a, b) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(u), _) | (_, Err(u)) => return Err(between(op, a, b, u.why.clone())),
    };
    let (Scalar::Number(a), Scalar::Number(b)) = (a, b) else { return Err(Why::NoMember.into()) };
    let n = match op {
        Arith::Add => a + b,
        Arith::Sub => a - b,
        Arith::Mul => a * b,
        // more than nothing against nothing is more than any bound
        Arith::Div if *b == 0.0 && *a != 0.0 => f64::INFINITY.copysign(*a),
        Arith::Div => a / b,
    };
    if n.is_nan() { Err(Why::Undefined.into()) } else { Ok(n.into()) }
}

fn folded(fold: Fold, value: Value) -> Val {
    let Value::Many(all, unseen) = value else { return value.one() };
    let first_unknown = unseen.clone().or_else(|| all.iter().find_map(|(_, v)| v.clone().err()));
    match fold {
        Fold::Any | Fold::All => {
            let any = fold == Fold::Any;
            if all.is_empty() && unseen.is_none() {
                return if any { Ok(false.into()) } else { Err(Why::NoMember.into()) };
            }
            let start: Val = Ok((!any).into());
            let hidden: Option<Val> = unseen.map(Err);
            all.iter().map(|(_, v)| v).chain(&hidden).fold(start, |a, b| either(&a, b, any))
        }
        Fold::Count => {
            let yes = all.iter().filter(|(_, v)| *v == Ok(Scalar::Truth(true))).count() as f64;
            let open = all.iter().filter(|(_, v)| v.is_err()).count() as f64;
            match first_unknown {
                None => Ok(yes.into()),
                Some(u) => {
                    let high = if unseen.is_some() { f64::INFINITY } else { yes + open };
                    Err(Unknown { low: yes, high, why: u.why })
                }
            }
        }
        _ => numbers(fold, &all, unseen.is_some(), first_unknown),
    }
}

fn numbers(fold: Fold, all: &[(Subject, Val)], unseen: bool, unknown: Option<Unknown>) -> Val {
    let known: Vec<f64> = all
        .iter()
        .filter_map(|(_, v)| match v {
            Ok(Scalar::Number(n)) => Some(*n),
            _ => None,
        })
        .collect();
    let enough = !unseen && known.len() * 4 >= all.len() * 3;
    if let Some(u) = unknown {
        // what is not seen can only make it more (or less)
        let all = || all.iter().filter_map(|(_, v)| bounds(v));
        let open = |bound: Option<f64>, open: f64| bound.filter(|_| !unseen).unwrap_or(open);
        let (low, high) = match fold {
            Fold::Max => (all().map(|b| b.0).reduce(f64::max), all().map(|b| b.1).reduce(f64::max)),
            Fold::Min => (all().map(|b| b.0).reduce(f64::min), all().map(|b| b.1).reduce(f64::min)),
            _ => (None, None),
        };
        let (most, least) = (f64::INFINITY, f64::NEG_INFINITY);
        return match fold {
            Fold::Max => Err(Unknown { low: low.unwrap_or(least), high: open(high, most), ..u }),
            Fold::Min => Err(Unknown { low: open(low, least), high: high.unwrap_or(most), ..u }),
            Fold::Median if enough => median(known).map(Scalar::Number).ok_or(u.why.into()),
            Fold::Mean if enough && !known.is_empty() => Ok(mean(&known).into()),
            _ => Err(u.why.into()),
        };
    }
    let result = match fold {
        Fold::Max => known.iter().copied().reduce(f64::max),
        Fold::Min => known.iter().copied().reduce(f64::min),
        Fold::Median if enough => median(known),
        Fold::Mean if enough && !known.is_empty() => Some(mean(&known)),
        Fold::Sum if !known.is_empty() => Some(known.iter().sum()),
        _ => None,
    };
    result.map(Scalar::Number).ok_or_else(|| Why::NoMember.into())
}

fn mean(all: &[f64]) -> f64 {
    all.iter().sum::<f64>() / all.len() as f64
}

fn median(mut all: Vec<f64>) -> Option<f64> {
    all.sort_by(f64::total_cmp);
    let (low, high) = (all.get(all.len().checked_sub(1)? / 2)?, all.get(all.len() / 2)?);
    Some((low + high) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::ast::Compare;

    fn set(values: &[Option<f64>]) -> Value {
        let job = crate::estate::JobKey::new(&crate::estate::ClusterId::new("c"), "j");
        let all = values.iter().enumerate().map(|(i, v)| {
            let s = Subject::Subtask {
                job: job.clone(),
                vertex: crate::estate::VertexId::new("v"),
                index: i as u32,
            };
            let v = v.map(Scalar::Number).ok_or_else(|| Why::NotSeen("busy", s.clone()).into());
            (s, v)
        });
        Value::Many(all.collect(), None)
    }
    fn ge(fold: Fold, values: &[Option<f64>], bound: f64) -> Option<bool> {
        match compared(Compare::Ge, &folded(fold, set(values)), &Ok(bound.into())) {
            Ok(Scalar::Truth(t)) => Some(t),
            _ => None,
        }
    }

    #[test]
    fn what_is_not_seen_decides_only_where_it_can() {
        assert_eq!(ge(Fold::Max, &[Some(0.95), None], 0.9), Some(true));
        assert_eq!(ge(Fold::Max, &[Some(0.5), None], 0.9), None);
        assert_eq!(ge(Fold::Min, &[Some(0.5), None], 0.9), Some(false));
        assert_eq!(ge(Fold::Min, &[Some(0.95), None], 0.9), None);
        assert_eq!(ge(Fold::Median, &[Some(1.0), Some(1.0), Some(1.0), None], 0.9), Some(true));
        assert_eq!(ge(Fold::Median, &[Some(1.0), None], 0.9), None);
        assert_eq!(ge(Fold::Sum, &[Some(1.0), None], 0.9), None);
        assert_eq!(ge(Fold::Max, &[], 0.9), None);
    }

    #[test]
    fn any_and_all_are_kleenes() {
        let over = |values: &[Option<f64>], fold| {
            folded(fold, set(values).map(|v| compared(Compare::Ge, &v, &Ok(0.9.into()))))
        };
        assert_eq!(over(&[Some(1.0), None], Fold::Any), Ok(true.into()));
        assert!(over(&[Some(0.1), None], Fold::Any).is_err());
        assert_eq!(over(&[Some(0.1), None], Fold::All), Ok(false.into()));
        assert!(over(&[Some(1.0), None], Fold::All).is_err());
        assert!(over(&[], Fold::All).is_err(), "all of none says nothing");
        let two = over(&[Some(1.0), Some(1.0), None], Fold::Count);
        assert_eq!(compared(Compare::Ge, &two, &Ok(2.0.into())), Ok(true.into()));
        assert_eq!(compared(Compare::Ge, &two, &Ok(4.0.into())), Ok(false.into()));
        assert!(compared(Compare::Ge, &two, &Ok(3.0.into())).is_err());
    }

    #[test]
    fn looks_end_at_both_ends() {
        let all: Vec<i64> =
            looks(Millis(0), Millis(20_000), Span::secs(5), MAX_LOOKS).map(|t| t.0).collect();
        assert_eq!(all, [20_000, 15_000, 10_000, 5_000, 0]);
        let far: Vec<_> = looks(Millis(0), Millis(600_000), Span::secs(1), MAX_LOOKS).collect();
        assert_eq!((far.len(), far.last().copied()), (12, Some(Millis(5))));
    }

    #[test]
    fn division() {
        let div = |a: f64, b: f64| computed(Arith::Div, &Ok(a.into()), &Ok(b.into()));
        assert_eq!(div(3.0, 0.0), Ok(f64::INFINITY.into()));
        assert!(div(0.0, 0.0).is_err());
    }
}
