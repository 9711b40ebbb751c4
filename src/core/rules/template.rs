//! Sentences with figures in them: `{share:percent}`, `{hot}`, `{rate_in of hot:0}`. What stands
//! between braces is an expression of the language or a subject. A clause between `[[` and `]]` is
//! left out where something in it is unknown.

use super::ast::{Expr, Selector};
use super::check::{Checker, Let};
use super::eval::Machine;
use super::evidence::{Check, Figure};
use super::lex::{Fault, Range};
use super::measures;
use super::parse;
use super::relation::Relation;
use super::text::did_you_mean;
use super::types::{Scalar, Ty};
use crate::estate::SubjectKind;
use crate::text::{self, Tongue};

#[derive(Clone, Debug, Default)]
pub struct Template {
    parts: Vec<Part>,
    written: String,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Value(Format),
    Threshold(Format),
    Expr(Box<Expr>, Format),
    Subjects(Box<Selector>),
    /// Left out where a figure or place in it is unknown.
    /// And what stands in its place where something in it is unknown.
    Clause(Vec<Part>, Vec<Part>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Auto,
    Percent,
    Digits(u8),
    Bytes,
    Duration,
    /// A whole number of things, never too few.
    Up,
    /// Of a length of time: the day on which it is over.
    Date,
}

const FORMATS: [&str; 9] = ["percent", "bytes", "duration", "up", "date", "0", "1", "2", "3"];

fn format_of(word: &str) -> Option<Format> {
    Some(match word {
        "percent" => Format::Percent,
        "bytes" => Format::Bytes,
        "duration" => Format::Duration,
        "up" => Format::Up,
        "date" => Format::Date,
        "0" => Format::Digits(0),
        "1" => Format::Digits(1),
        "2" => Format::Digits(2),
        "3" => Format::Digits(3),
        _ => return None,
    })
}

/// Whether `{value}` and `{threshold}` are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slots {
    /// It is no evidence.
    None,
    /// Those of its comparison.
    OfOne,
    /// Of several comparisons nobody knows which is meant.
    OfSeveral,
}

/// Reads a sentence; what is wrong in it comes with its place.
pub fn template(
    text: &str,
    lets: &[Let],
    this: SubjectKind,
    slots: Slots,
) -> (Template, Vec<Fault>) {
    let written = text.to_owned();
    let (mut out, mut faults) = (Template { parts: Vec::new(), written }, Vec::new());
    let chars: Vec<char> = text.chars().collect();
    let (mut plain, mut i) = (String::new(), 0);
    // what stands before the clause that is open, and where it opened
    let mut before: Option<(Vec<Part>, usize)> = None;
    // what is said of that clause where it is known, once `||` begins the other
    let mut known: Option<Vec<Part>> = None;
    while let Some(c) = chars.get(i) {
        let next = chars.get(i + 1);
        if (*c == '{' && next == Some(&'{')) || (*c == '}' && next == Some(&'}')) {
            plain.push(*c);
            i += 2;
        } else if *c == '[' && next == Some(&'[') && before.is_none() {
            out.parts.push(Part::Text(std::mem::take(&mut plain)));
            before = Some((std::mem::take(&mut out.parts), i));
            i += 2;
        } else if *c == '|' && next == Some(&'|') && before.is_some() && known.is_none() {
            out.parts.push(Part::Text(std::mem::take(&mut plain)));
            known = Some(std::mem::take(&mut out.parts));
            i += 2;
        } else if *c == ']'
            && next == Some(&']')
            && let Some((parts, _)) = before.take()
        {
            out.parts.push(Part::Text(std::mem::take(&mut plain)));
            let last = std::mem::replace(&mut out.parts, parts);
            out.parts.push(match known.take() {
                Some(known) => Part::Clause(known, last),
                None => Part::Clause(last, Vec::new()),
            });
            i += 2;
        } else if *c == '{' {
            let len = chars.iter().skip(i + 1).take_while(|c| **c != '}').count();
            let inner: String = chars.iter().skip(i + 1).take(len).collect();
            if chars.get(i + 1 + len).is_none() {
                let at = Range { from: i, len: 1 };
                faults.push(*Fault::new(at, "`{` without `}`", "close it; a plain brace is `{{`"));
                break;
            }
            out.parts.push(Part::Text(std::mem::take(&mut plain)));
            match slot(&inner, lets, this, slots) {
                Ok(part) => out.parts.push(part),
                Err(found) => faults.extend(found.into_iter().map(|mut f| {
                    f.at.from += i + 1;
                    f
                })),
            }
            i += len + 2;
        } else {
            plain.push(*c);
            i += 1;
        }
    }
    if let Some((_, from)) = before {
        let todo = "close it: what stands between is left out where it is unknown";
        faults.push(*Fault::new(Range { from, len: 2 }, "`[[` without `]]`", todo));
    }
    out.parts.push(Part::Text(plain));
    (out, faults)
}

fn slot(inner: &str, lets: &[Let], this: SubjectKind, slots: Slots) -> Result<Part, Vec<Fault>> {
    let (text, format) = match inner.rsplit_once(':') {
        Some((text, word)) => match format_of(word.trim()) {
            Some(format) => (text, format),
            None => {
                let at = Range { from: text.chars().count() + 1, len: word.chars().count().max(1) };
                let todo = did_you_mean(word.trim(), FORMATS);
                return Err(vec![*Fault::new(at, format!("`{word}` is no format"), todo)]);
            }
        },
        None => (inner, Format::Auto),
    };
    match (text.trim(), slots) {
        ("value", Slots::OfOne) => return Ok(Part::Value(format)),
        ("threshold", Slots::OfOne) => return Ok(Part::Threshold(format)),
        ("value" | "threshold", Slots::OfSeveral) => {
            let at = Range { from: 0, len: text.chars().count() };
            let message =
                format!("`{{{}}}` is of one comparison, and here are several", text.trim());
            return Err(vec![*Fault::new(at, message, "name the figure: {max(busy):percent}")]);
        }
        _ => {}
    }
    let mut checker = Checker { lets, weeks: true, faults: Vec::new() };
    let part = if parse::is_selector(text, lets) {
        let mut s = parse::selector(text, lets).map_err(|f| vec![*f])?;
        checker.selector(&mut s, this);
        Part::Subjects(Box::new(s))
    } else {
        let mut e = parse::expression(text, lets).map_err(|f| vec![*f])?;
        checker.value(&mut e, this);
        let word = text.trim();
        if !checker.faults.is_empty()
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && let Some(near) = near_slot(word, lets, slots)
        {
            checker.faults.iter_mut().for_each(|f| f.todo = near.clone());
        }
        Part::Expr(Box::new(e), format)
    };
    if checker.faults.is_empty() { Ok(part) } else { Err(checker.faults) }
}

/// A lone word may be meant for a place as well as for a figure.
fn near_slot(word: &str, lets: &[Let], slots: Slots) -> Option<String> {
    let figures = ["value", "threshold"].into_iter().filter(|_| slots == Slots::OfOne);
    let places = Relation::ALL.iter().map(|r| r.name()).chain(["this"]);
    let own = lets.iter().map(|l| &*l.name);
    let near = did_you_mean(word, figures.chain(own).chain(places));
    let unknown = measures::find(word).is_none() && near.starts_with("did");
    unknown.then_some(near)
}

/// Names told of several subjects; then "…".
const NAMES_TOLD: usize = 5;

impl Template {
    /// As the rule has it.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// What is asked to fill it in.
    pub fn expressions(&self, each: &mut dyn FnMut(&Expr)) {
        fn of(parts: &[Part], each: &mut dyn FnMut(&Expr)) {
            for part in parts {
                match part {
                    Part::Expr(e, _) => each(e),
                    Part::Clause(inner, other) => {
                        of(inner, each);
                        of(other, each);
                    }
                    _ => {}
                }
            }
        }
        of(&self.parts, each);
    }

    pub fn render(&self, m: &Machine<'_, '_>, check: Option<&Check>, zh: bool) -> String {
        let mut out = String::new();
        Saying { m, check, zh }.all(&self.parts, &mut out);
        if zh { out } else { text::singular(&out) }
    }
}

/// Whom a sentence is said of, and in which language.
struct Saying<'s, 'm, 'c> {
    m: &'s Machine<'m, 'c>,
    check: Option<&'s Check>,
    zh: bool,
}

impl Saying<'_, '_, '_> {
    /// Whether all of it was known.
    fn all(&self, parts: &[Part], out: &mut String) -> bool {
        let mut known = true;
        for part in parts {
            known &= self.part(part, out);
        }
        known
    }

    fn part(&self, part: &Part, out: &mut String) -> bool {
        match part {
            Part::Text(text) => {
                out.push_str(text);
                true
            }
            Part::Value(f) => self.push(out, self.check.and_then(|c| c.value.as_ref()), *f),
            Part::Threshold(f) => self.push(out, self.check.and_then(|c| c.threshold.as_ref()), *f),
            Part::Expr(e, f) => {
                let told = |v: &Scalar| Ty::one(e.ty.base).figure(v);
                match self.m.eval(e, self.m.env()).one() {
                    Ok(v) => self.push(out, Some(&told(&v)), *f),
                    Err(u) => {
                        let so_far = u.so_far();
                        out.push_str(match so_far {
                            Some((_, true)) => "≥ ",
                            Some((_, false)) => "≤ ",
                            None => "",
                        });
                        self.push(out, so_far.map(|(n, _)| told(&n.into())).as_ref(), *f);
                        // a clause is not said of what is not known
                        false
                    }
                }
            }
            Part::Subjects(s) => {
                let found = self.m.select(s, self.m.env());
                let mut names: Vec<String> =
                    found.all.iter().take(NAMES_TOLD).map(|s| self.m.ctx.label(s)).collect();
                if found.all.len() > NAMES_TOLD {
                    names.push("…".to_owned());
                }
                match names.is_empty() {
                    true => out.push_str(self.unknown()),
                    false => out.push_str(&names.join(", ")),
                }
                !names.is_empty()
            }
            Part::Clause(parts, other) => {
                let mut clause = String::new();
                if self.all(parts, &mut clause) {
                    out.push_str(&clause);
                } else {
                    self.all(other, out);
                }
                true
            }
        }
    }

    fn unknown(&self) -> &'static str {
        if self.zh { "未知" } else { "unknown" }
    }

    fn push(&self, out: &mut String, figure: Option<&Figure>, format: Format) -> bool {
        match figure {
            None => out.push_str(self.unknown()),
            Some(Figure::Text { text }) => out.push_str(text),
            Some(Figure::Truth { truth }) => out.push_str(match (truth, self.zh) {
                (true, false) => "yes",
                (false, false) => "no",
                (true, true) => "是",
                (false, true) => "否",
            }),
            Some(Figure::Number { value, .. }) if format == Format::Date => {
                out.push_str(&day(self.m.ctx.at.0 as f64 + value * 1000.0));
            }
            Some(Figure::Number { value, unit }) => {
                out.push_str(&number(*value, unit, format, self.zh));
            }
        }
        figure.is_some()
    }
}

fn number(v: f64, unit: &str, format: Format, zh: bool) -> String {
    let tongue = if zh { Tongue::Zh } else { Tongue::En };
    match (format, unit) {
        (Format::Percent, _) => format!("{:.0} %", v * 100.0),
        (Format::Digits(d), _) => text::plain(v, d),
        // a hair over a whole number is that number
        (Format::Up, _) => text::plain((v - 1e-6).ceil(), 0),
        (Format::Duration, _) | (Format::Auto, "s" | "s/record") => tongue.small(v),
        (Format::Bytes, _) => text::bytes(v),
        (_, "bytes" | "bytes/s" | "bytes/record") => tongue.figure(v, unit),
        (_, "moment") => moment(v),
        (_, "count" | "records") => text::plain(v, 0),
        (_, "ratio") => text::plain(v, 2),
        // the sentence says of what
        _ if v.abs() >= 10.0 => text::plain(v, 0),
        _ => text::plain(v, 1),
    }
}

/// `2026-11-21 03:12:05 UTC`.
fn moment(ms: f64) -> String {
    let s = ((ms / 1000.0).floor() as i64).rem_euclid(86_400);
    let day = date(ms);
    format!("{day} {:02}:{:02}:{:02} UTC", s / 3600, s / 60 % 60, s % 60)
}

/// `2026-11-21 (UTC)`.
fn day(ms: f64) -> String {
    format!("{} (UTC)", date(ms))
}

fn date(ms: f64) -> String {
    let days = ((ms / 1000.0).floor() as i64).div_euclid(86_400);
    // civil date from days since 1970-01-01, proleptic Gregorian
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (d, m) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let y = yoe + era * 400 + i64::from(m <= 2);
    format!("{y:04}-{m:02}-{d:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_as_a_person_reads_them() {
        assert_eq!(number(0.973, "ratio", Format::Percent, false), "97 %");
        assert_eq!(number(2010.4, "records/s", Format::Auto, false), "2,010");
        assert_eq!(number(94.0, "s", Format::Auto, true), "94 秒");
        assert_eq!(number(0.0096, "s", Format::Auto, false), "9.6 ms");
        assert_eq!(number(4_300_000.0, "bytes", Format::Auto, false), "4.1 MiB");
        assert_eq!(number(105_000.0, "bytes/s", Format::Auto, true), "102.5 KiB/秒");
        assert_eq!(
            number(1_795_223_101_337.0, "moment", Format::Auto, false),
            "2026-11-21 01:05:01 UTC"
        );
        assert_eq!(number(-0.001, "ratio", Format::Auto, false), "0.00");
        let up = |v| number(v, "ratio", Format::Up, false);
        assert_eq!([up(2.1), up(3.0), up(2.0 * 1.05 / 0.7)], ["3", "3", "3"]);
        assert_eq!(day(1_795_223_101_337.0), "2026-11-21 (UTC)");
    }
}
