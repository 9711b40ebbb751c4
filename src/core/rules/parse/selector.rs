//! Whom an expression speaks of: `this`, `others(hot)`, `subtask with max(busy) of upstream`.

use super::{Parsed, Parser};
use crate::estate::Name;
use crate::rules::ast::{Expr, Kind, Pick, Selector};
use crate::rules::check::LetIs;
use crate::rules::lex::{Fault, Range, Token};
use crate::rules::relation::Relation;
use crate::rules::text::did_you_mean;
use regex::RegexBuilder;

impl Parser<'_> {
    /// Which `let` of this name chooses subjects.
    fn chooses(&self, word: &str) -> Option<usize> {
        let is = |l: &&crate::rules::check::Let| matches!(l.is, LetIs::Subjects(_));
        self.lets.iter().position(|l| &*l.name == word && is(&l))
    }

    pub(super) fn at_selector(&self) -> bool {
        match self.peek() {
            Token::Word(w) => {
                matches!(&**w, "this" | "others")
                    || Relation::parse(w).is_some()
                    || Relation::plural(w).is_some()
                    || self.chooses(w).is_some()
            }
            _ => false,
        }
    }

    pub(super) fn selector(&mut self) -> Parsed<Selector> {
        self.deeper(Parser::selected)
    }

    fn selected(&mut self) -> Parsed<Selector> {
        let (token, at) = self.take();
        let word = match token {
            Token::Sign("(") => {
                let inner = self.selector()?;
                self.need(")")?;
                return Ok(inner);
            }
            Token::Word(w) => w,
            _ => {
                let todo = "for instance `of upstream` or `of subtask with max(busy)`";
                return Err(Fault::new(at, "a subject is wanted here", todo));
            }
        };
        if word == "this" {
            return Ok(Selector::new(Pick::This, at));
        }
        if word == "others" {
            self.need("(")?;
            let inner = self.selector()?;
            self.need(")")?;
            return Ok(Selector::new(Pick::Others(Box::new(inner)), at.to(self.before())));
        }
        if let Some(i) = self.chooses(&word) {
            return Ok(Selector::new(Pick::Let(i), at));
        }
        self.step(&word, at)
    }

    fn step(&mut self, word: &str, at: Range) -> Parsed<Selector> {
        let chosen = self.chosen(at)?;
        let relation = match &chosen {
            Chosen::All => Relation::parse(word),
            _ => Relation::plural(word),
        };
        let Some(relation) = relation else {
            let todo = match Relation::plural(word) {
                Some(r) => {
                    format!("say which: `{word} with max(…)`, `{word} 0`, or all `{}`", r.name())
                }
                None => {
                    // the rule's own names first: of two that are as near, the first is told
                    let own = self.lets.iter().filter(|l| matches!(l.is, LetIs::Subjects(_)));
                    let words = Relation::ALL.iter().map(|r| r.name()).chain(["this", "others"]);
                    did_you_mean(word, own.map(|l| &*l.name).chain(words))
                }
            };
            return Err(Fault::new(at, format!("`{word}` leads to no subject"), todo));
        };
        let base = if self.word("of") || self.word("on") {
            Some(Box::new(self.selector()?))
        } else {
            None
        };
        let at = at.to(self.before());
        let of = Selector::new(Pick::Step { relation, base }, at);
        let boxed = |s| Box::new(s);
        let kind = match chosen {
            Chosen::All => return Ok(of),
            Chosen::Best(most, by) => Pick::Best { most, by: boxed(by), of: Box::new(of) },
            Chosen::Named(name, quoted) => Pick::Named { name, quoted, of: Box::new(of) },
            Chosen::Where(filter) => Pick::Where { filter: boxed(filter), of: Box::new(of) },
        };
        Ok(Selector::new(kind, at))
    }

    fn chosen(&mut self, at: Range) -> Parsed<Chosen> {
        match self.peek().clone() {
            Token::Number(n, None) => {
                self.take();
                Ok(Chosen::Named(format!("{n}").into(), false))
            }
            Token::Text(t) => {
                self.take();
                Ok(Chosen::Named(t.into(), true))
            }
            Token::Word(w) if w == "where" => {
                self.take();
                if self.sign("(") {
                    let filter = self.or()?;
                    self.need(")")?;
                    return Ok(Chosen::Where(filter));
                }
                let filter = self.primary()?;
                Ok(Chosen::Where(filter))
            }
            Token::Word(w) if w == "with" => {
                self.take();
                let most = self.word("max");
                if !most && !self.word("min") {
                    return Ok(Chosen::Where(self.with_input()?));
                }
                self.need("(")?;
                let by = self.or()?;
                self.need(")")?;
                Ok(Chosen::Best(most, by))
            }
            _ => {
                let _ = at;
                Ok(Chosen::All)
            }
        }
    }

    /// `input hash`: by how the plan ships records to it.
    pub(super) fn with_input(&mut self) -> Parsed<Expr> {
        let at = self.range();
        if !self.word("input") {
            let todo = "write `with max(…)`, `with min(…)`, `with input hash` or `where (…)`";
            return Err(Fault::new(at, format!("`with` {}", self.found()), todo));
        }
        let (token, range) = self.take();
        let Token::Word(ship) = token else {
            return Err(Fault::new(range, "which input?", "for instance `with input hash`"));
        };
        let at = at.to(range);
        let known = ["hash", "rebalance", "forward", "rescale", "broadcast", "global"];
        if !known.contains(&&*ship) {
            let todo = did_you_mean(&ship, known);
            return Err(Fault::new(range, format!("no input is shipped by `{ship}`"), todo));
        }
        let left = Expr::new(Kind::Word { word: "input_ship".into(), arg: None }, at);
        let pattern = format!("\\b{ship}\\b");
        let regex = RegexBuilder::new(&pattern).build().ok();
        Ok(Expr::new(Kind::Matches(Box::new(left), pattern.into(), regex), at))
    }
}

enum Chosen {
    All,
    Best(bool, Expr),
    Named(Name, bool),
    Where(Expr),
}
