//! Evaluation with its trace: each comparison with its figures, so that it can be shown, drawn
//! and asked again.

use super::ast::{Expr, Kind, Pick, Selector, free_of_lets, show, show_selector};
use super::check::LetIs;
use super::eval::{Env, Machine, Val};
use super::evidence::{Check, Figure, Truth};
use super::relation::singular;
use super::types::Scalar;
use crate::estate::{Name, Span, Subject};

pub fn truth(v: &Val) -> Truth {
    match v {
        Ok(Scalar::Truth(true)) => Truth::True,
        Ok(_) => Truth::False,
        Err(_) => Truth::Unknown,
    }
}

impl Machine<'_, '_> {
    /// The truth of an expression, and the comparisons that it is made of in the order of the text.
    pub fn judge(&self, e: &Expr, env: Env<'_>, checks: &mut Vec<Check>) -> Val {
        match &e.kind {
            Kind::And(all) => self.judge_all(all, env, checks, false),
            Kind::Or(all) => self.judge_all(all, env, checks, true),
            Kind::Not(inner) if !leaf(inner) => match self.judge(inner, env, checks)? {
                Scalar::Truth(t) => Ok((!t).into()),
                other => Ok(other),
            },
            Kind::Held(inner, d) => {
                let (value, decided) = self.held(inner, *d, env);
                let v = value.one();
                checks.push(self.check(inner, Env { at: decided, ..env }, &v, Some(*d)));
                v
            }
            _ => {
                let v = self.eval(e, env).one();
                checks.push(self.check(e, env, &v, None));
                v
            }
        }
    }

    fn judge_all(&self, all: &[Expr], env: Env<'_>, checks: &mut Vec<Check>, any: bool) -> Val {
        let mut out: Val = Ok((!any).into());
        for part in all {
            let v = self.judge(part, env, checks);
            out = match (out, v) {
                (Ok(Scalar::Truth(t)), _) | (_, Ok(Scalar::Truth(t))) if t == any => Ok(any.into()),
                (Err(u), _) | (_, Err(u)) => Err(u),
                (_, v) => v,
            };
        }
        out
    }

    fn check(&self, e: &Expr, env: Env<'_>, v: &Val, held: Option<Span>) -> Check {
        let (left, op, threshold) = match &e.kind {
            Kind::Compare(op, l, r) => {
                let right = self.eval(r, env).one().ok().map(|v| r.ty.figure(&v));
                (&**l, Some(op.sign()), right)
            }
            Kind::Matches(l, pattern, _) => {
                (&**l, Some("matches"), Some(Figure::Text { text: pattern.clone() }))
            }
            _ => (e, None, None),
        };
        let (subject, expr) = self.place(left, env);
        let value = match self.eval(left, env).one() {
            Ok(value) => Some(value),
            // of too little, and it decides all the same
            Err(u) if v.is_ok() => u.so_far().map(|(n, _)| n.into()),
            Err(_) => None,
        };
        let value = value.map(|v| left.ty.figure(&v));
        Check {
            truth: truth(v),
            subject,
            expr: expr.into(),
            value,
            op: op.map(Name::from),
            threshold,
            held_s: held.map(Span::as_secs),
            missing: v.as_ref().err().map(|u| u.why.told(self.ctx)),
        }
    }

    /// Of whom an expression speaks, and what it says of them: `busy of hot` is the hot subtask's
    /// `busy`.
    fn place(&self, e: &Expr, env: Env<'_>) -> (Subject, String) {
        let (of, over) = match &e.kind {
            Kind::Over(inner, d) => (&**inner, Some(*d)),
            _ => (e, None),
        };
        if let Kind::Of(inner, s) = &of.kind
            && !s.many
            && free_of_lets(inner)
            && let Some(subject) = self.select(s, env).all.into_iter().next()
        {
            let mut text = self.text(inner);
            if let Some(d) = over {
                text.push_str(&format!(" over {}", super::ast::duration(d)));
            }
            return (subject, text);
        }
        (env.this.clone(), self.text(e))
    }

    /// The text of an expression with every `let` written out, the chosen ones as they are now.
    pub fn text(&self, e: &Expr) -> String {
        show(e, &|i| self.written_out(i, 0))
    }

    fn written_out(&self, i: usize, depth: usize) -> String {
        let Some(l) = self.lets().get(i).filter(|_| depth < 8) else { return String::new() };
        match &l.is {
            LetIs::Value(v) => format!("({})", show(v, &|j| self.written_out(j, depth + 1))),
            LetIs::Subjects(s) => match self.named(i, s) {
                Some(name) => name,
                None => format!("({})", show_selector(s, &|j| self.written_out(j, depth + 1))),
            },
        }
    }

    /// `subtask 2` for one that was chosen among all of the rule's subject.
    fn named(&self, i: usize, s: &Selector) -> Option<String> {
        let Pick::Best { of, .. } = &s.kind else { return None };
        let Pick::Step { base: None, relation } = &of.kind else { return None };
        let chosen = self.chosen(i).all.into_iter().next()?;
        let id = match &chosen {
            Subject::Subtask { index, .. } => index.to_string(),
            Subject::Partition { partition, .. } => partition.to_string(),
            Subject::Broker { id, .. } => id.to_string(),
            Subject::Vertex { vertex, .. } => format!("{:?}", vertex.as_str()),
            other => format!("{:?}", self.ctx.label(other)),
        };
        let word = singular(of.to);
        let same = super::relation::Relation::plural(word) == Some(*relation);
        Some(format!("{} {id}", if same { word } else { relation.name() }))
    }
}

fn leaf(e: &Expr) -> bool {
    !matches!(
        e.kind,
        Kind::And(_)
            | Kind::Or(_)
            | Kind::Not(_)
            | Kind::Held(..)
            | Kind::Compare(..)
            | Kind::Matches(..)
    )
}
