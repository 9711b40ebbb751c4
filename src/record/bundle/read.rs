use super::line::{FORMAT, Header, Line, LookLine, MoreLine, SeriesLine, VERSION};
use super::{
    Bundle, Column, Error, MAX_FILE, MAX_ITEMS, MAX_LINE, MAX_POINTS, MAX_SERIES, MAX_TEXT, Seen,
    columns, facts,
};
use flate2::bufread::MultiGzDecoder;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use streamwarden_core::estate::{Fact, Millis, Name};

pub fn open(path: &Path, salvage: bool) -> Result<Bundle, Error> {
    let failed = |source| Error::Io { doing: "read", path: path.to_path_buf(), source };
    let file = std::fs::File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.len() > MAX_FILE {
        return Err(Error::TooMany { what: "bytes", most: MAX_FILE as usize });
    }
    read(BufReader::new(file), salvage)
}

/// `salvage`: what stands before the damage, if there is any.
pub fn read(source: impl BufRead, salvage: bool) -> Result<Bundle, Error> {
    let mut lines = Lines::new(BufReader::new(MultiGzDecoder::new(source).take(MAX_TEXT)));
    let mut header = header(lines.next()?)?;
    let mut reading = Reading::default();
    let mut cut = match rest(&mut lines, &mut reading) {
        Err(damage) if salvage => Some(damage.to_string()),
        other => other.map(|()| None)?,
    };
    let Reading { targets, mut looks, series, .. } = reading;
    looks.sort_by_key(|l| l.at);
    if cut.is_none() && header.to == Millis(0) && !looks.is_empty() {
        cut = Some("it was not ended: whoever recorded was killed".to_owned());
    }
    if let Some(why) = &mut cut {
        why.push_str(&missing(&header, looks.last().map(|l| l.at)));
        header.from = looks.first().map_or(Millis(0), |l| l.at);
        header.to = looks.last().map_or(Millis(0), |l| l.at);
    }
    Ok(Bundle { header, targets, looks, series, cut })
}

/// How much of it that is, where the header still tells.
fn missing(header: &Header, last: Option<Millis>) -> String {
    let whole = (header.to - header.from).as_secs();
    let left = last.map_or(whole, |at| (header.to - at).as_secs()).max(0.0);
    match header.to {
        Millis(0) => "; how much is missing is not known".to_owned(),
        _ => format!("; the last {left:.0} s of {whole:.0} s are missing"),
    }
}

fn rest(lines: &mut Lines<impl BufRead>, reading: &mut Reading) -> Result<(), Error> {
    while let Some(text) = lines.next()? {
        let line = serde_json::from_slice(text);
        let number = lines.number;
        let wrong = |what: String| Error::Line { line: number, what };
        reading.take(line.map_err(|e| wrong(e.to_string()))?, number)?;
    }
    Ok(())
}

fn header(text: Option<&[u8]>) -> Result<Header, Error> {
    #[derive(serde::Deserialize)]
    struct Kind {
        format: String,
        version: u32,
    }
    let text = text.ok_or(Error::NoBundle)?;
    let kind: Kind = serde_json::from_slice(text).map_err(|_| Error::NoBundle)?;
    if kind.format != FORMAT {
        return Err(Error::NoBundle);
    }
    if kind.version != VERSION {
        return Err(Error::Newer(kind.version));
    }
    serde_json::from_slice(text).map_err(|e| Error::Line { line: 1, what: e.to_string() })
}

/// Lines of bounded length, counted from 1.
struct Lines<R> {
    source: R,
    buffer: Vec<u8>,
    number: usize,
}

impl<R: BufRead> Lines<R> {
    fn new(source: R) -> Lines<R> {
        Lines { source, buffer: Vec::new(), number: 0 }
    }

    fn next(&mut self) -> Result<Option<&[u8]>, Error> {
        self.buffer.clear();
        let mut bounded = self.source.by_ref().take(MAX_LINE as u64 + 1);
        let read = bounded.read_until(b'\n', &mut self.buffer);
        read.map_err(|source| match self.number {
            0 => Error::NoBundle,
            line => Error::Damaged { line, source },
        })?;
        if self.buffer.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        let line = self.number;
        if self.buffer.len() > MAX_LINE {
            return Err(Error::Line { line, what: format!("it is over {MAX_LINE} bytes") });
        }
        if self.buffer.pop_if(|b| *b == b'\n').is_none() {
            return Err(Error::Line { line, what: "it is cut short".to_owned() });
        }
        Ok(Some(&self.buffer))
    }
}

#[derive(Default)]
struct Reading {
    targets: Vec<streamwarden_core::estate::Target>,
    texts: Vec<Name>,
    names: Vec<Name>,
    gaps: Vec<super::line::GapLine>,
    facts: Vec<Arc<Fact>>,
    /// As they were written; taken when the next one of the same thing comes.
    raw: Vec<Value>,
    looks: Vec<Seen>,
    last: i64,
    times: Vec<Arc<Vec<i64>>>,
    series: Vec<Column>,
    points: usize,
}

impl Reading {
    fn take(&mut self, line: Line, number: usize) -> Result<(), Error> {
        let unknown = || Error::Line {
            line: number,
            what: "it names something that no line before it has defined".to_owned(),
        };
        match line {
            Line::Target(t) => push(&mut self.targets, t, "targets", MAX_ITEMS),
            Line::Text(t) => push(&mut self.texts, t.into(), "texts", MAX_ITEMS),
            Line::Name(n) => push(&mut self.names, n, "names", MAX_ITEMS),
            Line::Gap(g) => push(&mut self.gaps, g, "gaps", MAX_ITEMS),
            Line::Fact(f) => {
                let raw = match f.after {
                    None => f.is,
                    Some(before) => {
                        let old = self.raw.get_mut(before).ok_or_else(unknown)?;
                        let mut value = std::mem::take(old);
                        facts::apply(&mut value, &f.is).ok_or_else(unknown)?;
                        value
                    }
                };
                let whole = facts::put_in(&raw, &self.texts).ok_or_else(unknown)?;
                let fact = serde_json::from_value(whole)
                    .map_err(|e| Error::Line { line: number, what: e.to_string() })?;
                push(&mut self.raw, raw, "facts", MAX_ITEMS)?;
                push(&mut self.facts, Arc::new(fact), "facts", MAX_ITEMS)
            }
            Line::Look(l) => {
                let look = self.look(&l).ok_or_else(unknown)?;
                self.last = look.at.0;
                push(&mut self.looks, look, "looks", MAX_ITEMS)
            }
            Line::Times(steps) => {
                let times = Arc::new(columns::times(number, &steps)?);
                push(&mut self.times, times, "columns of times", MAX_SERIES)
            }
            Line::Series(s) => {
                let column = self.column(s).ok_or_else(unknown)?;
                self.points += column.values.len();
                if self.points > MAX_POINTS {
                    return Err(Error::TooMany { what: "values", most: MAX_POINTS });
                }
                push(&mut self.series, column, "series", MAX_SERIES)
            }
            Line::More(more) => self.more(&more, number, unknown),
        }
    }

    fn more(
        &mut self,
        more: &MoreLine,
        line: usize,
        unknown: impl Fn() -> Error,
    ) -> Result<(), Error> {
        let times = self.times.get(more.times).ok_or_else(&unknown)?;
        let values =
            columns::values(more.digits, &more.values, times.len()).ok_or_else(&unknown)?;
        self.points += values.len();
        if self.points > MAX_POINTS {
            return Err(Error::TooMany { what: "values", most: MAX_POINTS });
        }
        let column = self.series.get_mut(more.of).ok_or_else(unknown)?;
        if column.times.last() >= times.first() {
            return Err(Error::Line { line, what: "times must grow".to_owned() });
        }
        Arc::make_mut(&mut column.times).extend_from_slice(times);
        column.values.extend(values);
        Ok(())
    }

    fn look(&self, l: &LookLine) -> Option<Seen> {
        let (target, step, took_ms) = l.t;
        self.targets.get(target)?;
        let at = Millis(self.last.saturating_add(step));
        let before = |ms: i64| Millis(at.0.saturating_sub(ms));
        let facts =
            l.facts.iter().map(|(id, ms)| Some((before(*ms), self.facts.get(*id)?.clone())));
        let gaps = l
            .gaps
            .iter()
            .map(|(id, ms)| self.gaps.get(*id)?.gap(before(*ms), &self.targets, &self.names));
        let seen = l.seen.iter().map(|id| self.names.get(*id).cloned());
        Some(Seen {
            target,
            at,
            took_ms,
            facts: facts.collect::<Option<_>>()?,
            gaps: gaps.collect::<Option<_>>()?,
            seen: seen.collect::<Option<_>>()?,
        })
    }

    fn column(&self, s: SeriesLine) -> Option<Column> {
        self.targets.get(s.target)?;
        let times = self.times.get(s.times)?.clone();
        let values = columns::values(s.digits, &s.values, times.len())?;
        Some(Column { target: s.target, entity: s.entity, signal: s.signal, times, values })
    }
}

fn push<T>(list: &mut Vec<T>, item: T, what: &'static str, most: usize) -> Result<(), Error> {
    if list.len() >= most {
        return Err(Error::TooMany { what, most });
    }
    list.push(item);
    Ok(())
}
