//! The experts' language: typed, three-valued, compiled once; each evaluation leaves a trace.
//!
//! The way of it: `lex`, `parse` and `check` make a tree out of text, `read` a `rule` out of a file;
//! `ctx` is what an evaluation looks at, `measures` and `walk` what it can ask there; `eval`
//! computes, `trace` keeps the comparisons, `template` says them.

mod ask;
mod asked;
mod ast;
mod check;
mod ctx;
pub mod docs;
mod eval;
mod evidence;
pub mod exceptions;
mod inspection;
mod lex;
mod links;
mod looks;
mod measures;
mod parse;
mod places;
mod read;
mod relation;
mod rule;
mod set;
pub(crate) mod stand;
pub mod standing;
mod template;
pub mod testing;
mod text;
mod trace;
mod types;
mod unknown;
mod walk;
mod weeks;
mod why;

pub use ask::{Answer, Asked, Claim, Curve, MAX_POINTS, Question, ask, curve, parse_check};
pub use ctx::Ctx;
pub use evidence::{Check, Evidence, Figure, Truth, Words};
pub use inspection::{Checks, Component, Inspection, Level, Verdict};
pub use parse::KEPT;
pub use places::all_of;
pub use read::{INSPECTION_KEYS, RULE_KEYS, conditions, inspection as read_inspection};
pub use rule::{Condition, Layer, Lookalike, PLAYBOOKS, ProbeKind, Proof, Role, Rule, SYMPTOMS};
pub use set::{Evaluation, MAX_RULES, RuleSet, judged};
pub use text::{At, Mistake, Mistakes, Node, SourceFile, Value, did_you_mean};
pub use weeks::{Weeks, weeks};
pub use why::{told_in_chinese, young};

#[cfg(test)]
pub(crate) mod tests;
