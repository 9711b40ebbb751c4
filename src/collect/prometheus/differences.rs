//! Our parser beside `prometheus-parse` on one text, for `doctor`: two readers that agree are
//! likely right. Where that one is known to be wrong, it is said so.

use super::parse::{Lines, RawSample, Why};
use std::collections::BTreeMap;
use std::fmt;

/// At most this many are told: the first ones show what is wrong.
pub const MOST: usize = 20;

/// One line as a parser read it.
#[derive(Clone, Debug)]
pub enum Reading {
    Sample {
        name: String,
        labels: BTreeMap<String, String>,
        value: f64,
    },
    /// Not a sample, and why, where the parser says it.
    Nothing(String),
}

/// A line that the two read in two ways.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// From 1.
    pub line: u64,
    pub ours: Reading,
    pub theirs: Reading,
    /// Why `prometheus-parse` is the wrong one, where that is known. None: one of the two is wrong.
    pub theirs_is_wrong: Option<&'static str>,
}

impl PartialEq for Reading {
    fn eq(&self, other: &Reading) -> bool {
        match (self, other) {
            (Reading::Nothing(_), Reading::Nothing(_)) => true,
            (
                Reading::Sample { name, labels, value },
                Reading::Sample { name: n, labels: l, value: v },
            ) => name == n && labels == l && (value == v || (value.is_nan() && v.is_nan())),
            _ => false,
        }
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reading::Sample { name, labels, value } => write!(f, "{name} {labels:?} = {value}"),
            Reading::Nothing(why) => write!(f, "no sample ({why})"),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { line, ours, theirs, .. } = self;
        write!(f, "line {line}: we read {ours}; prometheus-parse reads {theirs}")?;
        match self.theirs_is_wrong {
            Some(why) => write!(f, "; prometheus-parse is wrong: {why}"),
            None => Ok(()),
        }
    }
}

/// The first [`MOST`] lines that the two parsers read differently.
pub fn differences(text: &[u8]) -> Vec<Difference> {
    let mut ours: BTreeMap<u64, Result<Reading, Why>> = BTreeMap::new();
    let mut lines = Lines::new(text, |_| true);
    for line in lines.by_ref() {
        ours.insert(line.number, line.read().map(|sample| of_ours(&sample)));
    }
    if let Some((line, why @ Why::CutShort)) = lines.bad.first {
        ours.insert(line, Err(why));
    }
    let mut found = Vec::new();
    for (i, line) in text.split(|b| *b == b'\n').enumerate() {
        let number = i as u64 + 1;
        let (ours, why) = match ours.remove(&number) {
            Some(Ok(sample)) => (sample, None),
            Some(Err(why)) => (Reading::Nothing(why.to_string()), Some(why)),
            None => (Reading::Nothing("passed over".into()), None),
        };
        let theirs = theirs(line);
        if ours != theirs {
            let theirs_is_wrong = excuse(line, why);
            found.push(Difference { line: number, ours, theirs, theirs_is_wrong });
            if found.len() == MOST {
                break;
            }
        }
    }
    found
}

fn of_ours(sample: &RawSample<'_>) -> Reading {
    let labels = sample.labels.iter().map(|(n, v)| (n.to_owned(), v.into_owned())).collect();
    Reading::Sample { name: sample.name.to_owned(), labels, value: sample.value }
}

fn theirs(line: &[u8]) -> Reading {
    let Ok(line) = String::from_utf8(line.to_vec()) else {
        return Reading::Nothing("not UTF-8: it gives up on the whole text".into());
    };
    let scrape = match prometheus_parse::Scrape::parse(std::iter::once(Ok(line))) {
        Ok(scrape) => scrape,
        Err(e) => return Reading::Nothing(e.to_string()),
    };
    match scrape.samples.into_iter().next() {
        Some(s) => Reading::Sample {
            name: s.metric,
            labels: s.labels.iter().map(|(n, v)| (n.clone(), v.clone())).collect(),
            // of one line alone nothing is known of its type
            value: match s.value {
                prometheus_parse::Value::Untyped(v) => v,
                _ => f64::NAN,
            },
        },
        None => Reading::Nothing("passed over".into()),
    }
}

/// What prometheus-parse 0.2.5 is known to get wrong, by what is in the line and why we refuse it.
fn excuse(line: &[u8], why: Option<Why>) -> Option<&'static str> {
    let Ok(line) = std::str::from_utf8(line) else {
        return Some("it gives up on a whole text for one line that is not UTF-8");
    };
    match why {
        Some(Why::CutShort) => {
            return Some("it takes a last line without its end, whose number may be cut");
        }
        Some(Why::Timestamp) => return Some("it takes what follows a sample without a look"),
        Some(Why::Labels) => return Some("it takes labels that are not name=\"value\" pairs"),
        Some(Why::Name) => return Some("it takes names that are not metric names"),
        Some(Why::Value | Why::TooLong | Why::Utf8) => return None,
        None => {}
    }
    if line.split(['{', ' ', '\t']).next()?.contains(':') {
        return Some("it knows no colon in a metric name");
    }
    let (_, labels) = line.split_once('{')?;
    if labels.contains('\\') {
        return Some("it does not unescape label values");
    }
    if labels.trim_start().starts_with('}') {
        return Some("it does not know empty braces");
    }
    census(labels)
}

/// What stands in the labels that it cannot take. For text without escapes.
fn census(labels: &str) -> Option<&'static str> {
    let mut quoted = false;
    for c in labels.chars() {
        match c {
            '"' => quoted = !quoted,
            '}' if quoted => return Some("it ends the labels at the first brace, also in a value"),
            '=' if quoted => return Some("it drops a label with = in its value"),
            ',' if quoted => return Some("it splits label values at commas"),
            ' ' | '\t' if !quoted => return Some("it does not know blanks between labels"),
            '}' => return None,
            _ => {}
        }
    }
    None
}
