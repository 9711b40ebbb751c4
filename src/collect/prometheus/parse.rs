//! The exposition text format, zero-copy. A line is split only as far as is needed: the name for
//! the filter, then the series' own bytes (`name{labels}`) for the slot cache, then the value; the
//! labels are read once per series.

use super::labels::{self, RawLabels};
use memchr::{memchr, memchr3, memrchr};
use std::str;

/// Longer lines are bad lines. Flink's are below 2 KiB, with long SQL task names 8 KiB.
pub const LONGEST_LINE: usize = 64 * 1024;

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    #[error("not a metric name")]
    Name,
    #[error("labels are not name=\"value\" pairs in braces")]
    Labels,
    #[error("not UTF-8")]
    Utf8,
    #[error("not a number")]
    Value,
    #[error("not a timestamp, or more behind it")]
    Timestamp,
    #[error("longer than 64 KiB")]
    TooLong,
    #[error("the text ends within this line")]
    CutShort,
}

/// Lines that were not understood. The others count all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bad {
    pub lines: u64,
    /// The first of them: its number, from 1.
    pub first: Option<(u64, Why)>,
}

impl Bad {
    pub fn add(&mut self, line: u64, why: Why) {
        self.lines += 1;
        self.first.get_or_insert((line, why));
    }
}

/// One line whose name passed the filter.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub number: u64,
    /// Without the end of line.
    pub text: &'a [u8],
    name: usize,
}

/// A line, read in full.
#[derive(Clone, Copy, Debug)]
pub struct RawSample<'a> {
    pub name: &'a str,
    pub labels: RawLabels<'a>,
    pub value: f64,
    /// Ms since the epoch, where the text tells it.
    pub timestamp: Option<i64>,
}

/// The series' own bytes, and what follows them.
#[derive(Clone, Copy, Debug)]
pub struct Split<'a> {
    pub series: &'a [u8],
    pub tail: &'a [u8],
}

impl<'a> Line<'a> {
    /// The split as it is on nearly every line: at the last brace. Wrong where an exemplar
    /// follows, so it holds only if the same bytes came out of [`Line::split`] before.
    pub fn guess(&self) -> Split<'a> {
        self.at(memrchr(b'}', self.text).map_or(self.name, |i| i + 1))
    }

    /// The split by the grammar, and the name and labels.
    pub fn split(&self) -> Result<(Split<'a>, &'a str, RawLabels<'a>), Why> {
        let name = str::from_utf8(&self.text[..self.name]).map_err(|_| Why::Utf8)?;
        if !labels::is_name(name.as_bytes(), true) {
            return Err(Why::Name);
        }
        let open = self.name + blanks(&self.text[self.name..]);
        if self.text.get(open) != Some(&b'{') {
            return Ok((self.at(self.name), name, RawLabels::default()));
        }
        let inner = &self.text[open + 1..];
        let close = labels::end(inner).ok_or(Why::Labels)?;
        let labels = str::from_utf8(&inner[..close]).map_err(|_| Why::Utf8)?;
        Ok((self.at(open + 1 + close + 1), name, RawLabels::new(labels)))
    }

    pub fn read(&self) -> Result<RawSample<'a>, Why> {
        let (split, name, labels) = self.split()?;
        let (value, timestamp) = value(split.tail)?;
        Ok(RawSample { name, labels, value, timestamp })
    }

    fn at(&self, end: usize) -> Split<'a> {
        let (series, tail) = self.text.split_at(end);
        Split { series, tail }
    }
}

/// Value, timestamp (ms, or OpenMetrics' seconds) and an exemplar that is passed over.
pub fn value(tail: &[u8]) -> Result<(f64, Option<i64>), Why> {
    let (value, rest) = token(tail);
    let value = number(value).ok_or(Why::Value)?;
    let (stamp, rest) = token(rest);
    if stamp.is_empty() || stamp[0] == b'#' {
        return Ok((value, None));
    }
    let stamp = number(stamp).filter(|t| t.is_finite()).ok_or(Why::Timestamp)?;
    if !matches!(token(rest).0.first(), None | Some(b'#')) {
        return Err(Why::Timestamp);
    }
    // below this it would be 1973 in ms: OpenMetrics counts seconds
    let ms = if stamp.abs() < 1e11 { stamp * 1e3 } else { stamp };
    Ok((value, Some(ms as i64)))
}

fn number(text: &[u8]) -> Option<f64> {
    str::from_utf8(text).ok()?.parse().ok()
}

fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

fn token(text: &[u8]) -> (&[u8], &[u8]) {
    let text = &text[blanks(text)..];
    text.split_at(text.iter().position(|b| matches!(b, b' ' | b'\t')).unwrap_or(text.len()))
}

/// The lines of a text whose names are wanted.
pub struct Lines<'a, W> {
    rest: &'a [u8],
    want: W,
    number: u64,
    /// Series of one name stand together: the verdict on the last one.
    last: (&'a [u8], bool),
    pub bad: Bad,
}

impl<'a, W: FnMut(&[u8]) -> bool> Lines<'a, W> {
    pub fn new(text: &'a [u8], want: W) -> Lines<'a, W> {
        Lines { rest: text, want, number: 0, last: (b"", false), bad: Bad::default() }
    }

    /// Lines passed so far, comments included.
    pub fn passed(&self) -> u64 {
        self.number
    }

    fn wanted(&mut self, line: &'a [u8]) -> Option<usize> {
        let ends = |b: Option<&u8>| matches!(b, Some(b'{' | b' ' | b'\t'));
        let (name, verdict) = self.last;
        if !name.is_empty() && line.starts_with(name) && ends(line.get(name.len())) {
            return verdict.then_some(name.len());
        }
        let end = memchr3(b'{', b' ', b'\t', line).unwrap_or(line.len());
        let verdict = (self.want)(&line[..end]);
        self.last = (&line[..end], verdict);
        verdict.then_some(end)
    }
}

impl<'a, W: FnMut(&[u8]) -> bool> Iterator for Lines<'a, W> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        while !self.rest.is_empty() {
            self.number += 1;
            let end = memchr(b'\n', self.rest);
            let (line, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
            self.rest = rest.get(1..).unwrap_or_default();
            let line = &line[blanks(line)..];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if matches!(line.first(), None | Some(b'#')) {
                continue;
            }
            let Some(name) = self.wanted(line) else { continue };
            if line.len() > LONGEST_LINE {
                self.bad.add(self.number, Why::TooLong);
            } else if end.is_none() {
                // the format ends each line; a number may have been cut
                self.bad.add(self.number, Why::CutShort);
            } else {
                return Some(Line { number: self.number, text: line, name });
            }
        }
        None
    }
}
