//! Values over time as a test writes them: `0.9`, `{0s..60s: 100, 60s..: 100->500, 90s..: none}`.

use crate::estate::Span;
use crate::rules::lex::{Token, tokens};
use crate::rules::text::{Mistakes, Node, Value};

#[derive(Clone, Debug, Default)]
pub struct Curve {
    pieces: Vec<Piece>,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    from: Option<Span>,
    to: Option<Span>,
    /// At both ends; None: not seen.
    value: Option<(f64, f64)>,
}

impl Curve {
    pub fn constant(value: f64) -> Curve {
        Curve { pieces: vec![Piece { from: None, to: None, value: Some((value, value)) }] }
    }

    pub fn times(mut self, by: f64) -> Curve {
        for piece in &mut self.pieces {
            piece.value = piece.value.map(|(a, b)| (a * by, b * by));
        }
        self
    }

    /// The value at a moment; a later piece counts where two overlap.
    pub fn at(&self, t: Span, until: Span) -> Option<f64> {
        let inside = |p: &&Piece| p.from.is_none_or(|f| t >= f) && p.to.is_none_or(|e| t < e);
        let piece = self.pieces.iter().rev().find(inside)?;
        let (a, b) = piece.value?;
        let (from, to) = (piece.from.unwrap_or(Span(0)), piece.to.unwrap_or(until));
        let share = (t.0 - from.0) as f64 / (to.0 - from.0).max(1) as f64;
        Some(a + (b - a) * share)
    }
}

pub fn curve(n: &Node, out: &mut Mistakes) -> Option<Curve> {
    match &n.value {
        Value::Text(_) => {
            let value = value(n, out)?;
            Some(Curve { pieces: vec![Piece { from: None, to: None, value }] })
        }
        Value::Map(entries) => {
            let mut pieces = Vec::new();
            for (k, v) in entries {
                let (from, to) = stretch(k, out)?;
                pieces.push(Piece { from, to, value: value(v, out)? });
            }
            Some(Curve { pieces })
        }
        _ => {
            out.add(n.at, "this is no value over time", "a number, or { 0s..60s: 1, 60s..: 2 }");
            None
        }
    }
}

/// `0s..60s`; an end that is left out is None.
pub fn stretch(n: &Node, out: &mut Mistakes) -> Option<(Option<Span>, Option<Span>)> {
    let Some((from, to)) = n.text().unwrap_or_default().split_once("..") else {
        out.add(n.at, "this is no stretch of time", "write it like 0s..60s or 60s..");
        return None;
    };
    let mut end = |t: &str| if t.is_empty() { Some(None) } else { length(t, n, out).map(Some) };
    Some((end(from.trim())?, end(to.trim())?))
}

/// None: a mistake; Some(None): not seen.
fn value(n: &Node, out: &mut Mistakes) -> Option<Option<(f64, f64)>> {
    let text = n.text().unwrap_or_default().trim();
    if matches!(text, "none" | "nan" | "NaN") {
        return Some(None);
    }
    let (a, b) = text.split_once("->").unwrap_or((text, text));
    match (number(a), number(b)) {
        (Some(a), Some(b)) => Some(Some((a, b))),
        _ => {
            out.add(
                n.at,
                format!("`{text}` is no value"),
                "a number, `1->5` for a ramp, or `none`",
            );
            None
        }
    }
}

/// With its unit, in base units.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    match tokens(digits).ok()?.as_slice() {
        [(Token::Number(v, _), _), (Token::End, _)] => Some(sign * v),
        _ => None,
    }
}

pub fn span(n: &Node, out: &mut Mistakes) -> Option<Span> {
    length(n.text().unwrap_or_default(), n, out)
}

fn length(text: &str, n: &Node, out: &mut Mistakes) -> Option<Span> {
    let with_unit = text.ends_with(|c: char| c.is_ascii_alphabetic()) || text == "0";
    match number(text).filter(|_| with_unit) {
        Some(s) => Some(Span::from_secs(s)),
        None => {
            out.add(n.at, format!("`{text}` is no length of time"), "write it like 90s or -1h");
            None
        }
    }
}
