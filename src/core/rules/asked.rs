//! What an expression asks: each measure with its window and how long ago that ends, each relation
//! that is counted.

use super::ast::{Expr, Kind, Pick, Selector};
use super::measures::Measure;
use crate::estate::{Name, Span};

/// One question; its window is that of the text, None where it says none.
pub enum Asked<'e> {
    Measure { measure: &'static Measure, arg: Option<&'e Name>, window: Option<Span>, ago: Span },
    Relation(&'static str),
}

/// Walks over expressions.
pub struct Walk<'w>(pub &'w mut dyn FnMut(Asked<'_>));

impl Walk<'_> {
    pub fn expr(&mut self, e: &Expr) {
        self.inner(e, (None, Span(0)));
    }

    pub fn selector(&mut self, s: &Selector) {
        self.choice(s, (None, Span(0)));
    }

    /// `at`: the window in force, and how long ago it ends.
    fn inner(&mut self, e: &Expr, (window, ago): (Option<Span>, Span)) {
        let at = (window, ago);
        match &e.kind {
            Kind::Measure { measure, arg, .. } => {
                (self.0)(Asked::Measure { measure, arg: arg.as_ref(), window, ago });
            }
            Kind::Over(inner, d) => self.inner(inner, (Some(*d), ago)),
            Kind::Ago(inner, d) => self.inner(inner, (window, Span(ago.0 + d.0))),
            Kind::Of(inner, s) => {
                self.inner(inner, at);
                self.choice(s, at);
            }
            Kind::CountOf(s) => {
                let mut of = s;
                while let Pick::Where { of: inner, .. } | Pick::Others(inner) = &of.kind {
                    of = inner;
                }
                if let Pick::Step { relation, .. } = &of.kind {
                    (self.0)(Asked::Relation(relation.name()));
                }
                self.choice(s, at);
            }
            Kind::Before(i)
            | Kind::Fold(_, i)
            | Kind::Negative(i)
            | Kind::Matches(i, ..)
            | Kind::Known(i, _)
            | Kind::Not(i)
            | Kind::Held(i, _) => self.inner(i, at),
            Kind::Arith(_, l, r) | Kind::Compare(_, l, r) => {
                self.inner(l, at);
                self.inner(r, at);
            }
            Kind::And(all) | Kind::Or(all) => all.iter().for_each(|e| self.inner(e, at)),
            _ => {}
        }
    }

    fn choice(&mut self, s: &Selector, at: (Option<Span>, Span)) {
        match &s.kind {
            Pick::Step { base: Some(of), .. } | Pick::Named { of, .. } | Pick::Others(of) => {
                self.choice(of, at);
            }
            Pick::Best { by: e, of, .. } | Pick::Where { filter: e, of } => {
                self.inner(e, at);
                self.choice(of, at);
            }
            Pick::This | Pick::Let(_) | Pick::Step { base: None, .. } => {}
        }
    }
}
