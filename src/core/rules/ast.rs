//! Expressions and selectors, as they are parsed and then checked in place.

use super::lex::Range;
use super::measures::Measure;
use super::relation::{Relation, singular};
use super::types::{Dim, Ty};
use crate::estate::{Name, Span, SubjectKind};
use regex::Regex;
use std::fmt::Write;

#[derive(Clone, Debug)]
pub struct Expr {
    pub kind: Kind,
    pub at: Range,
    /// Meaningless before the check.
    pub ty: Ty,
}

impl Expr {
    pub fn new(kind: Kind, at: Range) -> Expr {
        Expr { kind, at, ty: Ty::TRUTH }
    }
}

#[derive(Clone, Debug)]
pub enum Kind {
    Number {
        value: f64,
        dim: Option<Dim>,
        text: Name,
    },
    Text(Name),
    Truth(bool),
    /// Before the check: a measure or a `let` name, perhaps with an argument.
    Word {
        word: Name,
        arg: Option<Name>,
    },
    /// `spread`: it is told of parts of the subject, so it is a set over these.
    Measure {
        measure: &'static Measure,
        arg: Option<Name>,
        spread: Option<Relation>,
    },
    Let(usize),
    Of(Box<Expr>, Box<Selector>),
    Over(Box<Expr>, Span),
    Ago(Box<Expr>, Span),
    Before(Box<Expr>),
    Fold(Fold, Box<Expr>),
    CountOf(Box<Selector>),
    Negative(Box<Expr>),
    Arith(Arith, Box<Expr>, Box<Expr>),
    Compare(Compare, Box<Expr>, Box<Expr>),
    Matches(Box<Expr>, Name, Option<Regex>),
    Known(Box<Expr>, bool),
    Not(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Held(Box<Expr>, Span),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    Min,
    Max,
    Median,
    Mean,
    Sum,
    Count,
    Any,
    All,
}

impl Fold {
    pub const ALL: [(Fold, &'static str); 8] = [
        (Fold::Min, "min"),
        (Fold::Max, "max"),
        (Fold::Median, "median"),
        (Fold::Mean, "mean"),
        (Fold::Sum, "sum"),
        (Fold::Count, "count"),
        (Fold::Any, "any"),
        (Fold::All, "all"),
    ];

    pub fn name(self) -> &'static str {
        Fold::ALL.iter().find(|(f, _)| *f == self).map_or("", |(_, n)| n)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arith {
    Add,
    Sub,
    Mul,
    Div,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    Ge,
    Gt,
    Le,
    Lt,
    Eq,
    Ne,
}

impl Compare {
    pub fn sign(self) -> &'static str {
        match self {
            Compare::Ge => ">=",
            Compare::Gt => ">",
            Compare::Le => "<=",
            Compare::Lt => "<",
            Compare::Eq => "=",
            Compare::Ne => "!=",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Selector {
    pub kind: Pick,
    pub at: Range,
    /// What it leads to; meaningless before the check.
    pub to: SubjectKind,
    pub many: bool,
}

#[derive(Clone, Debug)]
pub enum Pick {
    This,
    Let(usize),
    /// `relation [of base]`
    Step {
        relation: Relation,
        base: Option<Box<Selector>>,
    },
    /// The member with the most or least of something.
    Best {
        most: bool,
        by: Box<Expr>,
        of: Box<Selector>,
    },
    /// The member with this index, number or name.
    Named {
        name: Name,
        quoted: bool,
        of: Box<Selector>,
    },
    Where {
        filter: Box<Expr>,
        of: Box<Selector>,
    },
    Others(Box<Selector>),
}

impl Selector {
    pub fn new(kind: Pick, at: Range) -> Selector {
        Selector { kind, at, to: SubjectKind::Job, many: false }
    }
}

/// How `let` names are written out: by their definition, or by what they are now.
pub type Names<'n> = &'n dyn Fn(usize) -> String;

/// The text of an expression, brackets only where they are needed.
pub fn show(e: &Expr, names: Names<'_>) -> String {
    let mut out = String::new();
    write_expr(e, names, 0, &mut out);
    out
}

pub fn show_selector(s: &Selector, names: Names<'_>) -> String {
    let mut out = String::new();
    write_selector(s, names, &mut out);
    out
}

fn binding(kind: &Kind) -> u8 {
    match kind {
        Kind::Or(_) => 1,
        Kind::And(_) => 2,
        Kind::Not(_) => 3,
        Kind::Held(..) => 4,
        Kind::Compare(..) | Kind::Matches(..) | Kind::Known(..) => 5,
        Kind::Arith(Arith::Add | Arith::Sub, ..) => 6,
        Kind::Arith(..) => 7,
        Kind::Negative(_) => 8,
        Kind::Of(..) | Kind::Over(..) | Kind::Ago(..) => 9,
        _ => 10,
    }
}

fn write_expr(e: &Expr, names: Names<'_>, outer: u8, out: &mut String) {
    let mine = binding(&e.kind);
    let brackets = mine < outer;
    if brackets {
        out.push('(');
    }
    let put = |e: &Expr, outer: u8, out: &mut String| write_expr(e, names, outer, out);
    match &e.kind {
        Kind::Number { text, .. } => out.push_str(text),
        Kind::Text(t) => quote(t, out),
        Kind::Truth(t) => out.push_str(if *t { "true" } else { "false" }),
        Kind::Word { word, arg } => call(word, arg.as_deref(), out),
        Kind::Measure { measure, arg, .. } => call(measure.name, arg.as_deref(), out),
        Kind::Let(i) => out.push_str(&names(*i)),
        Kind::Of(inner, s) => {
            put(inner, mine, out);
            out.push_str(" of ");
            write_selector(s, names, out);
        }
        Kind::Over(inner, d) => {
            put(inner, mine, out);
            let _ = write!(out, " over {}", duration(*d));
        }
        Kind::Ago(inner, d) => {
            put(inner, mine, out);
            let _ = write!(out, " ago {}", duration(*d));
        }
        Kind::Before(inner) => {
            out.push_str("before(");
            put(inner, 0, out);
            out.push(')');
        }
        Kind::Fold(f, inner) => {
            out.push_str(f.name());
            out.push('(');
            put(inner, 0, out);
            out.push(')');
        }
        Kind::CountOf(s) => {
            out.push_str("count(");
            write_selector(s, names, out);
            out.push(')');
        }
        Kind::Negative(inner) => {
            out.push('-');
            put(inner, mine, out);
        }
        Kind::Arith(op, l, r) => {
            put(l, mine, out);
            out.push_str(match op {
                Arith::Add => " + ",
                Arith::Sub => " - ",
                Arith::Mul => " * ",
                Arith::Div => " / ",
            });
            put(r, mine + 1, out);
        }
        Kind::Compare(op, l, r) => {
            put(l, mine + 1, out);
            let _ = write!(out, " {} ", op.sign());
            put(r, mine + 1, out);
        }
        Kind::Matches(l, text, _) => {
            put(l, mine + 1, out);
            out.push_str(" matches ");
            quote(text, out);
        }
        Kind::Known(l, known) => {
            put(l, mine + 1, out);
            out.push_str(if *known { " is known" } else { " is unknown" });
        }
        Kind::Not(inner) => {
            out.push_str("not ");
            put(inner, mine, out);
        }
        Kind::And(all) => join(all, " and ", names, mine, out),
        Kind::Or(all) => join(all, " or ", names, mine, out),
        Kind::Held(inner, d) => {
            put(inner, mine + 1, out);
            let _ = write!(out, " for {}", duration(*d));
        }
    }
    if brackets {
        out.push(')');
    }
}

fn join(all: &[Expr], with: &str, names: Names<'_>, mine: u8, out: &mut String) {
    for (i, e) in all.iter().enumerate() {
        if i > 0 {
            out.push_str(with);
        }
        write_expr(e, names, mine + 1, out);
    }
}

fn quote(text: &str, out: &mut String) {
    let _ = write!(out, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
}

fn call(name: &str, arg: Option<&str>, out: &mut String) {
    out.push_str(name);
    if let Some(arg) = arg {
        out.push('(');
        quote(arg, out);
        out.push(')');
    }
}

fn write_selector(s: &Selector, names: Names<'_>, out: &mut String) {
    match &s.kind {
        Pick::This => out.push_str("this"),
        Pick::Let(i) => out.push_str(&names(*i)),
        Pick::Step { relation, base } => {
            out.push_str(relation.name());
            tail(base.as_deref(), names, out);
        }
        Pick::Best { most, by, of } => {
            let way = if *most { "max" } else { "min" };
            let by = show(by, names);
            choice(of, &format!(" with {way}({by})"), names, out);
        }
        Pick::Named { name, quoted, of } => {
            let mut id = String::from(" ");
            if *quoted {
                quote(name, &mut id)
            } else {
                id.push_str(name)
            }
            choice(of, &id, names, out);
        }
        Pick::Where { filter, of } => {
            let text = show(filter, names);
            match &of.kind {
                Pick::Step { relation, base } => {
                    let _ = write!(out, "{} where ({text})", relation.name());
                    tail(base.as_deref(), names, out);
                }
                _ => {
                    write_selector(of, names, out);
                    let _ = write!(out, " where ({text})");
                }
            }
        }
        Pick::Others(inner) => {
            out.push_str("others(");
            write_selector(inner, names, out);
            out.push(')');
        }
    }
}

fn choice(of: &Selector, how: &str, names: Names<'_>, out: &mut String) {
    let base = match &of.kind {
        Pick::Step { relation, base } if Relation::plural(singular(of.to)) == Some(*relation) => {
            out.push_str(singular(of.to));
            base.as_deref()
        }
        Pick::Step { relation, base } => {
            out.push_str(relation.name());
            base.as_deref()
        }
        _ => {
            write_selector(of, names, out);
            None
        }
    };
    out.push_str(how);
    tail(base, names, out);
}

fn tail(base: Option<&Selector>, names: Names<'_>, out: &mut String) {
    if let Some(base) = base {
        out.push_str(" of ");
        write_selector(base, names, out);
    }
}

/// As a rule writes it: 20s, 5m, 1h.
pub fn duration(d: Span) -> String {
    match d.0 {
        ms if ms % 3_600_000 == 0 && ms != 0 => format!("{}h", ms / 3_600_000),
        ms if ms % 60_000 == 0 && ms != 0 => format!("{}m", ms / 60_000),
        ms if ms % 1000 == 0 => format!("{}s", ms / 1000),
        ms => format!("{ms}ms"),
    }
}

/// Says nothing of `let` names: it can be asked of another subject.
pub fn free_of_lets(e: &Expr) -> bool {
    match &e.kind {
        Kind::Let(_) => false,
        Kind::Of(inner, s) => free_of_lets(inner) && selector_free(s),
        Kind::CountOf(s) => selector_free(s),
        Kind::Over(i, _)
        | Kind::Ago(i, _)
        | Kind::Before(i)
        | Kind::Fold(_, i)
        | Kind::Negative(i)
        | Kind::Matches(i, ..)
        | Kind::Known(i, _)
        | Kind::Not(i)
        | Kind::Held(i, _) => free_of_lets(i),
        Kind::Arith(_, l, r) | Kind::Compare(_, l, r) => free_of_lets(l) && free_of_lets(r),
        Kind::And(all) | Kind::Or(all) => all.iter().all(free_of_lets),
        _ => true,
    }
}

fn selector_free(s: &Selector) -> bool {
    match &s.kind {
        Pick::This => true,
        Pick::Let(_) => false,
        Pick::Step { base, .. } => base.as_deref().is_none_or(selector_free),
        Pick::Best { by, of, .. } => free_of_lets(by) && selector_free(of),
        Pick::Named { of, .. } => selector_free(of),
        Pick::Where { filter, of } => free_of_lets(filter) && selector_free(of),
        Pick::Others(inner) => selector_free(inner),
    }
}
