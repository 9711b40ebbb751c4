//! An expression's text into words, numbers with units, texts and signs.

use super::types::{BYTES, CORES, Dim, RATIO, RECORDS, TIME};

/// Where a piece stands in the expression, in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    pub from: usize,
    pub len: usize,
}

impl Range {
    pub fn to(self, other: Range) -> Range {
        let end = (other.from + other.len).max(self.from + self.len);
        Range { from: self.from, len: end - self.from }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// In base units; without a unit: None.
    Number(f64, Option<Dim>),
    Text(String),
    Word(String),
    Sign(&'static str),
    End,
}

/// A mistake inside an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub at: Range,
    pub message: String,
    pub todo: String,
}

impl Fault {
    pub fn new(at: Range, message: impl Into<String>, todo: impl Into<String>) -> Box<Fault> {
        Box::new(Fault { at, message: message.into(), todo: todo.into() })
    }
}

/// Tokens of one expression at most: far over what a person writes.
const MAX_TOKENS: usize = 1000;

const SIGNS: [&str; 14] =
    [">=", "<=", "!=", "==", ">", "<", "=", "+", "-", "*", "/", "(", ")", ","];

const UNITS: [(&str, f64, Dim); 21] = [
    ("ms", 0.001, TIME),
    ("s", 1.0, TIME),
    ("m", 60.0, TIME),
    ("min", 60.0, TIME),
    ("h", 3600.0, TIME),
    ("d", 86_400.0, TIME),
    ("%", 0.01, RATIO),
    ("B", 1.0, BYTES),
    ("kB", 1e3, BYTES),
    ("KB", 1e3, BYTES),
    ("MB", 1e6, BYTES),
    ("GB", 1e9, BYTES),
    ("TB", 1e12, BYTES),
    ("KiB", 1024.0, BYTES),
    ("MiB", 1_048_576.0, BYTES),
    ("GiB", 1_073_741_824.0, BYTES),
    ("record", 1.0, RECORDS),
    ("records", 1.0, RECORDS),
    ("core", 1.0, CORES),
    ("cores", 1.0, CORES),
    ("x", 1.0, RATIO),
];

pub fn tokens(text: &str) -> Result<Vec<(Token, Range)>, Box<Fault>> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut i = 0;
    while let Some(c) = chars.get(i).copied() {
        if c.is_whitespace() {
            i += 1;
            continue;
        }
        let from = i;
        let token = if c.is_ascii_digit() {
            number(&chars, &mut i)?
        } else if c == '"' {
            quoted(&chars, &mut i)?
        } else if c.is_ascii_alphabetic() || c == '_' {
            i += run(&chars, i, |c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
            Token::Word(chars.iter().take(i).skip(from).collect())
        } else {
            sign(&chars, &mut i)?
        };
        out.push((token, Range { from, len: i - from }));
        if out.len() > MAX_TOKENS {
            let todo = "split it with `let`";
            return Err(Fault::new(Range { from, len: 1 }, "this expression is too long", todo));
        }
    }
    out.push((Token::End, Range { from: chars.len(), len: 1 }));
    Ok(out)
}

fn run(chars: &[char], from: usize, of: impl Fn(char) -> bool) -> usize {
    chars.iter().skip(from).take_while(|c| of(**c)).count()
}

fn sign(chars: &[char], i: &mut usize) -> Result<Token, Box<Fault>> {
    let rest: String = chars.iter().skip(*i).take(2).collect();
    match SIGNS.iter().find(|s| rest.starts_with(**s)) {
        Some(s) => {
            *i += s.len();
            Ok(Token::Sign(if *s == "==" { "=" } else { s }))
        }
        None => {
            let at = Range { from: *i, len: 1 };
            let found = rest.chars().next().unwrap_or(' ');
            let todo = match found {
                '\'' => "a text is written \"so\"",
                '&' | '|' | '!' => "write `and`, `or`, `not`",
                _ => "signs are >= > < <= = != + - * / ( ) ,",
            };
            Err(Fault::new(at, format!("`{found}` means nothing here"), todo))
        }
    }
}

fn quoted(chars: &[char], i: &mut usize) -> Result<Token, Box<Fault>> {
    let from = *i;
    let mut text = String::new();
    *i += 1;
    loop {
        match (chars.get(*i), chars.get(*i + 1)) {
            (Some('"'), _) => {
                *i += 1;
                return Ok(Token::Text(text));
            }
            (Some('\\'), Some(c @ ('"' | '\\'))) => {
                text.push(*c);
                *i += 2;
            }
            (Some(c), _) => {
                text.push(*c);
                *i += 1;
            }
            (None, _) => {
                let at = Range { from, len: *i - from };
                return Err(Fault::new(at, "this text does not end", "close it with `\"`"));
            }
        }
    }
}

fn number(chars: &[char], i: &mut usize) -> Result<Token, Box<Fault>> {
    let from = *i;
    *i += run(chars, *i, |c| c.is_ascii_digit() || c == '.' || c == '_');
    let digits: String = chars.iter().take(*i).skip(from).filter(|c| **c != '_').collect();
    let unit_from = *i;
    *i += run(chars, *i, |c| c.is_ascii_alphabetic() || c == '%');
    let unit: String = chars.iter().take(*i).skip(unit_from).collect();
    let mut per_second = false;
    if chars.get(*i) == Some(&'/') && chars.get(*i + 1) == Some(&'s') {
        let after = chars.get(*i + 2);
        if !after.is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_') {
            per_second = true;
            *i += 2;
        }
    }
    let at = Range { from, len: *i - from };
    let Ok(value) = digits.parse::<f64>() else {
        return Err(Fault::new(
            at,
            format!("`{digits}` is not a number"),
            "write it like 0.9 or 20s",
        ));
    };
    if unit.is_empty() {
        return Ok(Token::Number(
            value,
            per_second.then_some(Dim { count: true, ..RATIO.over(TIME) }),
        ));
    }
    let Some((_, scale, dim)) = UNITS.iter().find(|(u, ..)| *u == unit) else {
        let known = UNITS.iter().map(|u| u.0);
        let todo = super::text::did_you_mean(&unit, known);
        return Err(Fault::new(at, format!("`{unit}` is not a unit"), todo));
    };
    let dim = if per_second { dim.over(TIME) } else { *dim };
    Ok(Token::Number(value * scale, Some(dim)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::types::RECORD_RATE;

    #[test]
    fn numbers_have_units() {
        let first = |t: &str| tokens(t).map(|t| t[0].0.clone());
        assert_eq!(first("20s"), Ok(Token::Number(20.0, Some(TIME))));
        assert_eq!(first("100ms/s"), Ok(Token::Number(0.1, Some(RATIO))));
        assert_eq!(first("90%"), Ok(Token::Number(0.9, Some(RATIO))));
        assert_eq!(first("10records/s"), Ok(Token::Number(10.0, Some(RECORD_RATE))));
        assert_eq!(first("1_000"), Ok(Token::Number(1000.0, None)));
        assert_eq!(first("\"a\\\"b\""), Ok(Token::Text("a\"b".into())));
        let bad = first("20sms").unwrap_err();
        assert_eq!((bad.at, bad.todo.as_str()), (Range { from: 0, len: 5 }, "did you mean `ms`?"));
        assert!(first("1.2.3").is_err() && first("\"a").is_err() && first("§").is_err());
    }
}
