//! Tokens into expressions. Recursive descent with a bound on its depth.

mod selector;

use super::ast::{Arith, Compare, Expr, Fold, Kind, Selector};
use super::check::Let;
use super::lex::{Fault, Range, Token, tokens};
use super::measures;
use super::types::{Dim, TIME};
use crate::estate::{Name, Span};
use regex::RegexBuilder;

/// Nested brackets and `of` chains; a person writes five.
const MAX_DEPTH: usize = 64;
/// Compiled size of one pattern.
const MAX_REGEX: usize = 1 << 20;

/// So long series are kept in memory: a longer window would never be full.
pub const KEPT: Span = Span::secs(2 * 3600);

/// So long a value an hour is read for an inspection.
pub const REMEMBERED: Span = Span::secs(35 * 86_400);

/// The longest time that may be asked of it.
fn longest(e: &Expr) -> Span {
    match &e.kind {
        Kind::Over(inner, _) | Kind::Ago(inner, _) | Kind::Of(inner, _) => longest(inner),
        Kind::Word { word, .. } if measures::find(word).is_some_and(|m| m.past.is_some()) => {
            REMEMBERED
        }
        _ => KEPT,
    }
}

/// Words that no `let` may take.
pub const RESERVED: [&str; 28] = [
    "and", "or", "not", "is", "known", "unknown", "matches", "for", "over", "within", "ago", "of",
    "on", "with", "where", "this", "others", "before", "true", "false", "min", "max", "median",
    "mean", "sum", "count", "any", "all",
];

type Parsed<T> = Result<T, Box<Fault>>;

struct Parser<'t> {
    tokens: Vec<(Token, Range)>,
    text: Vec<char>,
    next: usize,
    depth: usize,
    /// Some of them choose subjects.
    lets: &'t [Let],
}

/// A whole expression, seen from where these names are known.
pub fn expression(text: &str, lets: &[Let]) -> Parsed<Expr> {
    let mut p = Parser::new(text, lets)?;
    let e = p.or()?;
    p.end()?;
    Ok(e)
}

pub fn selector(text: &str, lets: &[Let]) -> Parsed<Selector> {
    let mut p = Parser::new(text, lets)?;
    let s = p.selector()?;
    p.end()?;
    Ok(s)
}

/// Does the text choose subjects, rather than say something of them?
pub fn is_selector(text: &str, lets: &[Let]) -> bool {
    Parser::new(text, lets).is_ok_and(|p| p.at_selector())
}

/// `vertex with input hash`, `job where …`: the kind, and the filter if there is one.
pub fn place(text: &str) -> Parsed<((String, Range), Option<Expr>)> {
    let mut p = Parser::new(text, &[])?;
    let (token, at) = p.take();
    let Token::Word(kind) = token else {
        return Err(Fault::new(
            at,
            "a place begins with a kind of subject",
            "for instance `vertex`",
        ));
    };
    let filter = match p.peek() {
        Token::Word(w) if w == "where" => {
            p.take();
            Some(p.or()?)
        }
        Token::Word(w) if w == "with" => {
            p.take();
            Some(p.with_input()?)
        }
        _ => None,
    };
    p.end()?;
    Ok(((kind, at), filter))
}

impl<'t> Parser<'t> {
    fn new(text: &str, lets: &'t [Let]) -> Parsed<Parser<'t>> {
        let (tokens, text) = (tokens(text)?, text.chars().collect());
        Ok(Parser { tokens, text, next: 0, depth: 0, lets })
    }

    fn peek(&self) -> &Token {
        self.tokens.get(self.next).map_or(&Token::End, |(t, _)| t)
    }

    fn range(&self) -> Range {
        self.tokens.get(self.next).or(self.tokens.last()).map(|(_, r)| *r).unwrap_or_default()
    }

    fn before(&self) -> Range {
        self.next.checked_sub(1).and_then(|i| self.tokens.get(i)).map(|t| t.1).unwrap_or_default()
    }

    fn take(&mut self) -> (Token, Range) {
        let out = (self.peek().clone(), self.range());
        self.next += 1;
        out
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Word(w) if w == word);
        self.next += usize::from(found);
        found
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Token::Sign(s) if *s == sign);
        self.next += usize::from(found);
        found
    }

    fn need(&mut self, sign: &'static str) -> Parsed<()> {
        if self.sign(sign) {
            return Ok(());
        }
        let found = self.found();
        Err(Fault::new(self.range(), format!("`{sign}` is missing before {found}"), "add it"))
    }

    fn found(&self) -> String {
        match self.peek() {
            Token::End => "the end".to_owned(),
            _ => {
                let r = self.range();
                let text: String = self.text.iter().skip(r.from).take(r.len).collect();
                format!("`{text}`")
            }
        }
    }

    fn end(&mut self) -> Parsed<()> {
        if *self.peek() == Token::End {
            return Ok(());
        }
        let todo = "expected an operator (`and`, `>=`, `of`, `for` …) or the end";
        Err(Fault::new(self.range(), format!("{} is not expected here", self.found()), todo))
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let todo = "split it with `let`";
            return Err(Fault::new(self.range(), "this expression is nested too deeply", todo));
        }
        let out = inner(self);
        self.depth -= 1;
        out
    }

    fn or(&mut self) -> Parsed<Expr> {
        self.deeper(|p| p.chain("or", Parser::and, Kind::Or))
    }

    fn and(&mut self) -> Parsed<Expr> {
        self.chain("and", Parser::not, Kind::And)
    }

    fn chain(
        &mut self,
        word: &str,
        part: impl Fn(&mut Self) -> Parsed<Expr>,
        kind: impl Fn(Vec<Expr>) -> Kind,
    ) -> Parsed<Expr> {
        let first = part(self)?;
        let at = first.at;
        let mut all = vec![first];
        while self.word(word) {
            all.push(part(self)?);
        }
        match (all.len(), all.pop()) {
            (1, Some(only)) => Ok(only),
            (_, last) => {
                all.extend(last);
                Ok(Expr::new(kind(all), at.to(self.before())))
            }
        }
    }

    fn not(&mut self) -> Parsed<Expr> {
        let at = self.range();
        if !self.word("not") {
            return self.held();
        }
        let inner = self.deeper(Parser::not)?;
        Ok(Expr::new(Kind::Not(Box::new(inner)), at.to(self.before())))
    }

    fn held(&mut self) -> Parsed<Expr> {
        let inner = self.comparison()?;
        let at = inner.at;
        if !self.word("for") {
            return Ok(inner);
        }
        let span = self.span(KEPT)?;
        Ok(Expr::new(Kind::Held(Box::new(inner), span), at.to(self.before())))
    }

    fn comparison(&mut self) -> Parsed<Expr> {
        let left = self.sum()?;
        let at = left.at;
        let left = Box::new(left);
        let op = match self.peek() {
            Token::Sign(">=") => Compare::Ge,
            Token::Sign(">") => Compare::Gt,
            Token::Sign("<=") => Compare::Le,
            Token::Sign("<") => Compare::Lt,
            Token::Sign("=") => Compare::Eq,
            Token::Sign("!=") => Compare::Ne,
            Token::Word(w) if w == "is" => return self.known(left, at),
            Token::Word(w) if w == "matches" => return self.matches(left, at),
            _ => return Ok(*left),
        };
        self.take();
        let right = self.sum()?;
        Ok(Expr::new(Kind::Compare(op, left, Box::new(right)), at.to(self.before())))
    }

    fn known(&mut self, left: Box<Expr>, at: Range) -> Parsed<Expr> {
        self.take();
        let known = self.word("known");
        if !known && !self.word("unknown") {
            let todo = "write `is known` or `is unknown`; equal is `=`";
            return Err(Fault::new(self.range(), format!("`is` {}", self.found()), todo));
        }
        Ok(Expr::new(Kind::Known(left, known), at.to(self.before())))
    }

    fn matches(&mut self, left: Box<Expr>, at: Range) -> Parsed<Expr> {
        self.take();
        let (token, range) = self.take();
        let Token::Text(pattern) = token else {
            let todo = "write it like: exception_text matches \"Topic .* not present\"";
            return Err(Fault::new(range, "`matches` wants a pattern in quotes", todo));
        };
        let regex = RegexBuilder::new(&pattern).size_limit(MAX_REGEX).build().map_err(|e| {
            let told = e.to_string();
            let last = told.lines().last().unwrap_or_default().trim().to_owned();
            Fault::new(range, format!("this pattern cannot be read: {last}"), "mend the pattern")
        })?;
        let kind = Kind::Matches(left, Name::from(pattern), Some(regex));
        Ok(Expr::new(kind, at.to(self.before())))
    }

    fn sum(&mut self) -> Parsed<Expr> {
        let mut left = self.product()?;
        loop {
            let op = match self.peek() {
                Token::Sign("+") => Arith::Add,
                Token::Sign("-") => Arith::Sub,
                _ => return Ok(left),
            };
            self.take();
            let right = self.product()?;
            let at = left.at.to(right.at);
            left = Expr::new(Kind::Arith(op, Box::new(left), Box::new(right)), at);
        }
    }

    fn product(&mut self) -> Parsed<Expr> {
        let mut left = self.negative()?;
        loop {
            let op = match self.peek() {
                Token::Sign("*") => Arith::Mul,
                Token::Sign("/") => Arith::Div,
                _ => return Ok(left),
            };
            self.take();
            let right = self.negative()?;
            let at = left.at.to(right.at);
            left = Expr::new(Kind::Arith(op, Box::new(left), Box::new(right)), at);
        }
    }

    fn negative(&mut self) -> Parsed<Expr> {
        let at = self.range();
        if !self.sign("-") {
            return self.modified();
        }
        let inner = self.deeper(Parser::negative)?;
        Ok(Expr::new(Kind::Negative(Box::new(inner)), at.to(self.before())))
    }

    /// A value with `of …`, `over 30s`, `ago 1h` behind it, in any order.
    fn modified(&mut self) -> Parsed<Expr> {
        let mut e = self.primary()?;
        let at = e.at;
        loop {
            let kind = if self.word("of") || self.word("on") {
                let s = self.selector()?;
                Kind::Of(Box::new(e), Box::new(s))
            } else if self.word("over") || self.word("within") {
                let span = self.span(longest(&e))?;
                Kind::Over(Box::new(e), span)
            } else if self.word("ago") {
                let span = self.span(longest(&e))?;
                Kind::Ago(Box::new(e), span)
            } else {
                return Ok(e);
            };
            e = Expr::new(kind, at.to(self.before()));
        }
    }

    fn span(&mut self, most: Span) -> Parsed<Span> {
        let (token, at) = self.take();
        match token {
            Token::Number(s, Some(dim)) if dim == TIME && s > most.as_secs() => {
                let todo = if most == KEPT { "at most 2h" } else { "at most 35d" };
                Err(Fault::new(at, "nothing is kept for so long", todo))
            }
            Token::Number(s, Some(dim)) if dim == TIME && s > 0.0 => Ok(Span::from_secs(s)),
            Token::Number(s, None) => {
                Err(Fault::new(at, "a length of time needs its unit", format!("write {s}s")))
            }
            _ => Err(Fault::new(at, "a length of time is wanted here", "write it like 20s or 5m")),
        }
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let (token, at) = self.take();
        let kind = match token {
            Token::Number(value, dim) => self.literal(value, dim, at),
            Token::Text(t) => Kind::Text(t.into()),
            Token::Sign("(") => {
                let mut inner = self.or()?;
                self.need(")")?;
                inner.at = at.to(self.before());
                return Ok(inner);
            }
            Token::Word(w) => return self.named(w, at),
            _ => {
                self.next -= 1;
                let todo = "expected a measure, a number, a function or `(`";
                return Err(Fault::new(at, format!("{} is not expected here", self.found()), todo));
            }
        };
        Ok(Expr::new(kind, at))
    }

    fn literal(&self, value: f64, dim: Option<Dim>, at: Range) -> Kind {
        let text: String = self.text.iter().skip(at.from).take(at.len).collect();
        Kind::Number { value, dim, text: text.into() }
    }

    fn named(&mut self, word: String, at: Range) -> Parsed<Expr> {
        let fold = Fold::ALL.iter().find(|(_, n)| *n == word).map(|(f, _)| *f);
        let call = matches!(self.peek(), Token::Sign("("));
        let kind = match (&*word, fold, call) {
            ("true", ..) => Kind::Truth(true),
            ("false", ..) => Kind::Truth(false),
            (_, Some(fold), _) => {
                self.need("(")?;
                let kind = if fold == Fold::Count && self.at_selector() {
                    Kind::CountOf(Box::new(self.selector()?))
                } else {
                    Kind::Fold(fold, Box::new(self.or()?))
                };
                self.need(")")?;
                kind
            }
            ("before", ..) => {
                self.need("(")?;
                let inner = self.or()?;
                self.need(")")?;
                Kind::Before(Box::new(inner))
            }
            (w, ..) if RESERVED.contains(&w) => {
                let todo = "expected a measure, a number, a function or `(`";
                return Err(Fault::new(at, format!("`{w}` is not expected here"), todo));
            }
            (_, None, true) => {
                self.take();
                let (token, range) = self.take();
                let Token::Text(arg) = token else {
                    let todo = format!(
                        "{word}(\"…\") takes one text; functions over sets are min max median mean sum count any all"
                    );
                    return Err(Fault::new(
                        range,
                        format!("`{word}` is no function of that"),
                        todo,
                    ));
                };
                self.need(")")?;
                Kind::Word { word: word.into(), arg: Some(arg.into()) }
            }
            _ => Kind::Word { word: word.into(), arg: None },
        };
        Ok(Expr::new(kind, at.to(self.before())))
    }
}
