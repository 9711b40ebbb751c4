//! The type check: names become measures and `let`s, every node gets its type, units must fit.

mod units;

use super::ast::{Expr, Fold, Kind, Pick, Selector};
use super::lex::Fault;
use super::measures::{self, Measure};
use super::relation::{Relation as R, singular};
use super::text::did_you_mean;
use super::types::{Base, COUNT, Dim, RATIO, Ty};
use crate::estate::{Name, SubjectKind as K};
use crate::past::KEPT;

/// A `let`: a number or a choice of subjects, seen from the rule's own subject.
#[derive(Clone, Debug)]
pub struct Let {
    pub name: Name,
    pub is: LetIs,
    /// One that is not is known by its name only: nothing is said of what is made of it.
    pub sound: bool,
}

#[derive(Clone, Debug)]
pub enum LetIs {
    Value(Expr),
    Subjects(Selector),
}

pub struct Checker<'l> {
    pub lets: &'l [Let],
    /// Weeks may be asked of: they are read for an inspection, and for nothing else.
    pub weeks: bool,
    pub faults: Vec<Fault>,
}

/// Where a measure of parts is asked of a whole, over which parts it is a set.
fn spread(on: &[K], from: K) -> Option<R> {
    let ways: &[(R, K)] = match from {
        K::Job => &[
            (R::Subtasks, K::Subtask),
            (R::Vertices, K::Vertex),
            (R::TaskManagers, K::TaskManager),
        ],
        K::Vertex => &[(R::Subtasks, K::Subtask), (R::TaskManagers, K::TaskManager)],
        K::TaskManager => &[(R::Subtasks, K::Subtask)],
        K::Host => &[(R::TaskManagers, K::TaskManager), (R::Subtasks, K::Subtask)],
        K::FlinkCluster => &[(R::TaskManagers, K::TaskManager), (R::Jobs, K::Job)],
        K::Topic | K::Broker => &[(R::Partitions, K::Partition)],
        K::KafkaCluster => &[(R::Brokers, K::Broker), (R::Topics, K::Topic)],
        K::Zookeeper | K::Hdfs | K::Yarn | K::Component => &[(R::Members, K::Member)],
        K::Subtask | K::Partition | K::Member => &[],
    };
    ways.iter().find(|(_, kind)| on.contains(kind)).map(|(r, _)| *r)
}

impl Checker<'_> {
    /// One truth.
    pub fn truth(&mut self, e: &mut Expr, this: K) {
        let Some(ty) = self.expr(e, this) else { return };
        if ty.base != Base::Truth {
            let todo = "compare it: `… >= 0.9`, `… is known`, `… matches \"…\"`";
            self.fault(e, format!("this is {}, not a truth", ty.name()), todo);
        } else if ty.set {
            self.one_of_many(e);
        }
    }

    /// One value of any type.
    pub fn value(&mut self, e: &mut Expr, this: K) -> Option<Ty> {
        let ty = self.expr(e, this)?;
        if ty.set {
            self.one_of_many(e);
            return None;
        }
        Some(ty)
    }

    fn one_of_many(&mut self, e: &Expr) {
        let place = first_set(e).unwrap_or(e);
        let (message, todo) = if place.ty.base == Base::Truth {
            (
                "several values are compared with one",
                "say which: max(…), min(…) or median(…) of them; or any(…), all(…) of the comparison",
            )
        } else {
            (
                "these are several values, one is wanted",
                "take max(…), min(…), median(…), mean(…) or sum(…)",
            )
        };
        self.fault(place, message, todo);
    }

    fn fault(&mut self, e: &Expr, message: impl Into<String>, todo: impl Into<String>) {
        self.faults.push(*Fault::new(e.at, message, todo));
    }

    /// Types of the whole tree; None after a fault, which has been told.
    pub fn expr(&mut self, e: &mut Expr, this: K) -> Option<Ty> {
        let at = e.at;
        let ty = match &mut e.kind {
            Kind::Number { dim, .. } => {
                let bare = dim.is_none();
                Ty::one(Base::Number { dim: dim.unwrap_or(RATIO), bare })
            }
            Kind::Text(_) => Ty::one(Base::Text),
            Kind::Truth(_) => Ty::TRUTH,
            Kind::Word { word, arg } => {
                let (word, arg) = (word.clone(), arg.clone());
                self.word(e, &word, arg, this)?
            }
            Kind::Measure { .. } | Kind::Let(_) => e.ty,
            Kind::Of(inner, s) => {
                self.selector(s, this)?;
                let ty = self.expr(inner, s.to)?;
                Ty { set: ty.set || s.many, ..ty }
            }
            Kind::Over(inner, _) => {
                let ty = self.expr(inner, this)?;
                if let Some(m) = measured(inner).filter(|m| m.window.is_none()) {
                    let message = format!("`{}` has no window", m.name);
                    self.faults.push(*Fault::new(at, message, "leave `over` away"));
                    return None;
                }
                ty
            }
            Kind::Ago(inner, _) => {
                let ty = self.expr(inner, this)?;
                if let Some(m) = measured(inner).filter(|m| m.now_only) {
                    let message = format!("of `{}` only the present is known", m.name);
                    self.faults.push(*Fault::new(at, message, "leave `ago` away"));
                    return None;
                }
                ty
            }
            Kind::Before(inner) => self.before(inner, this)?,
            Kind::Fold(fold, inner) => {
                let fold = *fold;
                let ty = self.expr(inner, this)?;
                self.fold(fold, inner, ty)?
            }
            Kind::CountOf(s) => {
                self.selector(s, this)?;
                Ty::one(Base::number(COUNT))
            }
            Kind::Negative(inner) => {
                let ty = self.expr(inner, this)?;
                self.number(inner, ty)?;
                ty
            }
            Kind::Arith(op, l, r) => {
                let op = *op;
                let (a, b) = (self.expr(l, this), self.expr(r, this));
                let (a, b) = (a?, b?);
                let base = self.arith(op, l, r, a.base, b.base)?;
                Ty { base, set: a.set || b.set }
            }
            Kind::Compare(op, l, r) => {
                let op = *op;
                let (a, b) = (self.expr(l, this), self.expr(r, this));
                let (a, b) = (a?, b?);
                self.comparable(op, l, r, a.base, b.base)?;
                self.within_share(l, r)?;
                Ty { base: Base::Truth, set: a.set || b.set }
            }
            Kind::Matches(inner, ..) => {
                let ty = self.expr(inner, this)?;
                if ty.base != Base::Text {
                    let message = format!("`matches` wants a text; this is {}", ty.name());
                    self.fault(inner, message, "compare it with `=`, `>=` …");
                    return None;
                }
                Ty { base: Base::Truth, set: ty.set }
            }
            Kind::Known(inner, _) => {
                let ty = self.expr(inner, this)?;
                Ty { base: Base::Truth, set: ty.set }
            }
            Kind::Not(inner) | Kind::Held(inner, _) => {
                let ty = self.expr(inner, this)?;
                self.of_truth(inner, ty)?;
                ty
            }
            Kind::And(all) | Kind::Or(all) => {
                let mut set = false;
                let mut whole = true;
                for part in all {
                    match self.expr(part, this) {
                        Some(ty) => {
                            whole &= self.of_truth(part, ty).is_some();
                            set |= ty.set;
                        }
                        None => whole = false,
                    }
                }
                whole.then_some(Ty { base: Base::Truth, set })?
            }
        };
        e.ty = ty;
        Some(ty)
    }

    fn of_truth(&mut self, e: &Expr, ty: Ty) -> Option<()> {
        if ty.base == Base::Truth {
            return Some(());
        }
        let todo = "compare it: `… >= 0.9`, `… is known`, `… matches \"…\"`";
        self.fault(e, format!("this is {}, not a truth", ty.name()), todo);
        None
    }

    fn number(&mut self, e: &Expr, ty: Ty) -> Option<Dim> {
        match ty.base {
            Base::Number { dim, .. } => Some(dim),
            other => {
                self.fault(
                    e,
                    format!("a number is wanted; this is {}", other.name()),
                    "see the list of measures",
                );
                None
            }
        }
    }

    fn before(&mut self, inner: &mut Expr, this: K) -> Option<Ty> {
        let ty = self.value(inner, this)?;
        self.number(inner, ty)?;
        Some(ty)
    }

    fn fold(&mut self, fold: Fold, inner: &Expr, ty: Ty) -> Option<Ty> {
        let name = fold.name();
        if !ty.set {
            let todo = format!(
                "`{name}` goes over several: `{name}(busy)` of a vertex, `{name}(busy of others(hot))`"
            );
            self.fault(inner, "this is one value already", todo);
            return None;
        }
        match fold {
            Fold::Any | Fold::All | Fold::Count => {
                if ty.base != Base::Truth {
                    let todo = format!(
                        "for instance `{name}(busy >= 0.9)`; count(subtasks) counts subjects"
                    );
                    self.fault(inner, format!("`{name}` wants a comparison of each"), todo);
                    return None;
                }
                let count = fold == Fold::Count;
                Some(if count { Ty::one(Base::number(COUNT)) } else { Ty::TRUTH })
            }
            _ => {
                self.number(inner, ty)?;
                Some(Ty::one(ty.base))
            }
        }
    }

    fn word(&mut self, e: &mut Expr, word: &str, arg: Option<Name>, this: K) -> Option<Ty> {
        if let Some(i) = self.lets.iter().position(|l| &*l.name == word) {
            return match self.lets.get(i).filter(|l| l.sound).map(|l| &l.is) {
                None => None,
                Some(LetIs::Value(value)) => {
                    let ty = value.ty;
                    e.kind = Kind::Let(i);
                    Some(ty)
                }
                Some(LetIs::Subjects(_)) => {
                    let todo = format!("say what of it: `busy of {word}`");
                    self.fault(e, format!("`{word}` is a subject, not a value"), todo);
                    None
                }
            };
        }
        let Some(measure) = measures::find(word) else {
            let lets = self.lets.iter().map(|l| &*l.name);
            let told =
                measures::all().filter(|m| m.on.contains(&this) || spread(m.on, this).is_some());
            // the rule's own names first: of two that are as near, the first is told
            let near: Vec<&str> = lets.chain(told.map(|m| m.name)).collect();
            let todo = did_you_mean(word, near.iter().copied());
            let todo = if todo.starts_with("did") {
                todo
            } else {
                did_you_mean(word, measures::all().map(|m| m.name))
            };
            self.fault(e, format!("`{word}` is no measure and no `let`"), todo);
            return None;
        };
        self.argument(e, measure, arg.as_deref())?;
        if measure.past.is_some() && !self.weeks {
            let message = format!("`{word}` is of weeks, which only an inspection reads");
            self.fault(e, message, "ask for what is or was within two hours");
            return None;
        }
        let base = match measure.base_of(this, arg.as_deref()) {
            Some(base) => base,
            None => return self.forgotten(e, measure, arg.as_deref(), this),
        };
        let spread =
            if measure.on.contains(&this) { None } else { Some(self.parts(e, measure, this)?) };
        e.kind = Kind::Measure { measure, arg, spread };
        Some(Ty { base, set: spread.is_some() })
    }

    /// Nothing of that name is remembered of such a subject.
    fn forgotten(&mut self, e: &Expr, m: &Measure, arg: Option<&str>, this: K) -> Option<Ty> {
        if m.on.contains(&this) {
            let arg = arg.unwrap_or_default();
            let known: Vec<&str> = KEPT.iter().filter(|k| k.of == this).map(|k| k.name).collect();
            let message = format!("nothing called `{arg}` is remembered of a {}", this.name());
            self.fault(e, message, did_you_mean(arg, known));
            return None;
        }
        let on: Vec<&str> = m.on.iter().map(|k| k.name()).collect();
        let message = format!("`{}` is told of {}, not of {}", m.name, on.join(", "), this.name());
        self.fault(e, message, "ask it of another subject, by `of …`");
        None
    }

    fn argument(&mut self, e: &Expr, m: &Measure, arg: Option<&str>) -> Option<()> {
        let name = m.name;
        let told = match (m.arg, arg) {
            (true, None) => {
                Some((format!("`{name}` wants to know of what"), format!("write {name}(\"…\")")))
            }
            (false, Some(_)) => {
                Some((format!("`{name}` takes nothing in brackets"), format!("write {name}")))
            }
            (true, Some(arg))
                if name.starts_with("change") && !measures::CHANGES.contains(&arg) =>
            {
                Some((format!("no change is called `{arg}`"), did_you_mean(arg, measures::CHANGES)))
            }
            _ => None,
        };
        match told {
            Some((message, todo)) => {
                self.fault(e, message, todo);
                None
            }
            None => Some(()),
        }
    }

    fn parts(&mut self, e: &Expr, m: &'static Measure, this: K) -> Option<R> {
        if let Some(r) = spread(m.on, this) {
            return Some(r);
        }
        let on: Vec<&str> = m.on.iter().map(|k| k.name()).collect();
        let way = R::ALL.iter().find(|r| r.target(this).is_some_and(|to| m.on.contains(&to)));
        let todo = match way {
            Some(r) => format!("write `{} of {}`", m.name, r.name()),
            None => "ask it of another subject, by `of …`".to_owned(),
        };
        let message = format!("`{}` is told of {}, not of {}", m.name, on.join(", "), this.name());
        self.fault(e, message, todo);
        None
    }

    /// What it leads to, and to how many.
    pub fn selector(&mut self, s: &mut Selector, this: K) -> Option<()> {
        let (to, many) = match &mut s.kind {
            Pick::This => (this, false),
            Pick::Let(i) => match self.lets.get(*i).filter(|l| l.sound).map(|l| &l.is) {
                Some(LetIs::Subjects(l)) => (l.to, l.many),
                _ => return None,
            },
            Pick::Step { relation, base } => {
                let relation = *relation;
                let (from, many) = match base {
                    Some(base) => {
                        self.selector(base, this)?;
                        (base.to, base.many)
                    }
                    None => (this, false),
                };
                let Some(to) = relation.target(from) else {
                    self.nowhere(s, relation, from);
                    return None;
                };
                (to, many || relation.many())
            }
            Pick::Best { by, of, .. } => {
                self.selector(of, this)?;
                let to = of.to;
                // by what is a mistake of its own: whom it leads to is known
                if let Some(ty) = self.value(by, to) {
                    self.number(by, ty);
                }
                (to, false)
            }
            Pick::Named { of, .. } => {
                self.selector(of, this)?;
                (of.to, false)
            }
            Pick::Where { filter, of } => {
                self.selector(of, this)?;
                let (to, many) = (of.to, of.many);
                self.truth(filter, to);
                (to, many)
            }
            Pick::Others(inner) => {
                self.selector(inner, this)?;
                if inner.many {
                    let todo = "for instance others(hot), others(this)";
                    self.faults.push(*Fault::new(
                        inner.at,
                        "`others` leaves one out, not several",
                        todo,
                    ));
                    return None;
                }
                (inner.to, true)
            }
        };
        (s.to, s.many) = (to, many);
        Some(())
    }

    fn nowhere(&mut self, s: &Selector, relation: R, from: K) {
        let from_here: Vec<&str> =
            R::ALL.iter().filter(|r| r.target(from).is_some()).map(|r| r.name()).collect();
        let message = format!("`{}` leads nowhere from a {}", relation.name(), singular(from));
        let todo = format!("from there: {}", from_here.join(", "));
        self.faults.push(*Fault::new(s.at, message, todo));
    }
}

fn measured(e: &Expr) -> Option<&'static Measure> {
    match &e.kind {
        Kind::Measure { measure, .. } => Some(measure),
        Kind::Of(inner, _) => measured(inner),
        _ => None,
    }
}

/// The innermost place where several values came in.
fn first_set(e: &Expr) -> Option<&Expr> {
    if !e.ty.set {
        return None;
    }
    match &e.kind {
        Kind::And(all) | Kind::Or(all) => all.iter().find_map(first_set),
        Kind::Not(inner) | Kind::Held(inner, _) => first_set(inner),
        _ => Some(e),
    }
}
