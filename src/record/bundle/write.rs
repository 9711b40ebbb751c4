use super::columns::{pack, round};
use super::facts::{self, Texts, diff};
use super::line::{FactLine, GapLine, Header, Line, LookLine, MoreLine, SeriesLine};
use super::{Error, MAX_FILE, MAX_ITEMS, MAX_POINTS, MAX_SERIES};
use crate::record::Look;
use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::Path;
use streamwarden_core::estate::{Entity, Gap, Millis, Name, Target};
use streamwarden_core::signals::Signal;

/// Takes looks in the order in which they ended; keeps facts packed and series as columns.
pub struct Writer {
    out: GzEncoder<Vec<u8>>,
    /// Looks that were handed out in parts, packed.
    log: Vec<u8>,
    /// Series and columns of times in those parts.
    parted: (usize, usize),
    targets: HashMap<Name, usize>,
    names: HashMap<Name, usize>,
    gaps: HashMap<String, usize>,
    texts: Texts,
    /// The last fact of each key, as it was written.
    facts: HashMap<String, (usize, serde_json::Value)>,
    facts_written: usize,
    looks: usize,
    first: Option<Millis>,
    to: Millis,
    /// Of the look before.
    last: Millis,
    columns: HashMap<(usize, Entity, Signal), Points>,
    points: usize,
}

#[derive(Default)]
struct Points {
    times: Vec<i64>,
    values: Vec<f64>,
    /// Its id in the parts, and how many values are in them.
    parted: Option<(usize, usize)>,
}

impl Points {
    fn push(&mut self, signal: Signal, at: Millis, value: f64) -> bool {
        let new = self.times.last().is_none_or(|t| *t < at.0) && value.is_finite();
        if new {
            self.times.push(at.0);
            self.values.push(round(signal, value));
        }
        new
    }
}

impl Default for Writer {
    fn default() -> Writer {
        Writer {
            out: packer(),
            log: Vec::new(),
            parted: (0, 0),
            targets: HashMap::new(),
            names: HashMap::new(),
            gaps: HashMap::new(),
            texts: Texts::default(),
            facts: HashMap::new(),
            facts_written: 0,
            looks: 0,
            first: None,
            to: Millis(0),
            last: Millis(0),
            columns: HashMap::new(),
            points: 0,
        }
    }
}

impl Writer {
    /// # Errors
    /// It would become larger than a bundle may be: nothing of the look is kept.
    pub fn look(&mut self, look: &Look) -> Result<(), Error> {
        self.room_for(look)?;
        let target = self.target(&look.target)?;
        let mut facts = Vec::with_capacity(look.facts.len());
        for (seen, fact) in &look.facts {
            facts.push((self.fact(fact)?, look.at.0.saturating_sub(seen.0)));
        }
        let mut gaps = Vec::with_capacity(look.gaps.len());
        for gap in &look.gaps {
            gaps.push((self.gap(gap)?, look.at.0.saturating_sub(gap.at.0)));
        }
        let mut seen = Vec::with_capacity(look.seen.len());
        for name in &look.seen {
            seen.push(self.name(name)?);
        }
        let first = *self.first.get_or_insert(look.at);
        // looks of several targets end in any order: only the log of them is in order
        let step = look.at.0.saturating_sub(self.last.0);
        (self.first, self.to) = (Some(first.min(look.at)), self.to.max(look.at));
        self.last = look.at;
        let took = (look.took_ms * 10.0).round() / 10.0;
        self.line(&Line::Look(LookLine { t: (target, step, took), facts, gaps, seen }))?;
        self.looks += 1;
        for s in &look.samples {
            let column = self.columns.entry((target, s.entity.clone(), s.signal)).or_default();
            self.points += usize::from(column.push(s.signal, s.at, s.value));
        }
        Ok(())
    }

    /// A whole series at once. Its values come with the looks of `target` that end after them.
    ///
    /// # Errors
    /// It would become larger than a bundle may be.
    pub fn column(
        &mut self,
        target: &Target,
        (entity, signal): (&Entity, Signal),
        points: impl Iterator<Item = (Millis, f64)>,
    ) -> Result<(), Error> {
        let target = self.target(target)?;
        let column = self.columns.entry((target, entity.clone(), signal)).or_default();
        for (at, value) in points {
            if self.points >= MAX_POINTS {
                return Err(Error::TooMany { what: "values", most: MAX_POINTS });
            }
            self.points += usize::from(column.push(signal, at, value));
        }
        Ok(())
    }

    fn room_for(&self, look: &Look) -> Result<(), Error> {
        let too_many = |what, most| Err(Error::TooMany { what, most });
        if self.points + look.samples.len() > MAX_POINTS {
            return too_many("values", MAX_POINTS);
        }
        if self.columns.len() > MAX_SERIES {
            return too_many("series", MAX_SERIES);
        }
        if self.looks >= MAX_ITEMS || self.facts_written + look.facts.len() > MAX_ITEMS {
            return too_many("looks or facts", MAX_ITEMS);
        }
        if (self.log.len() + self.out.get_ref().len()) as u64 > MAX_FILE / 2 {
            return too_many("bytes of facts", (MAX_FILE / 2) as usize);
        }
        Ok(())
    }

    /// What came since the last part: to be written behind [`head`] and the parts before it, so that
    /// a recording that is not ended can be read up to here.
    ///
    /// # Errors
    /// None that a later part would not have.
    pub fn part(&mut self) -> Result<Vec<u8>, Error> {
        let mut part = std::mem::replace(&mut self.out, packer()).finish().map_err(memory)?;
        self.log.extend_from_slice(&part);
        let mut out = packer();
        let (mut series, mut columns) = self.parted;
        let mut known: HashMap<Vec<i64>, usize> = HashMap::new();
        for ((target, entity, signal), points) in &mut self.columns {
            let from = points.parted.map_or(0, |(_, n)| n);
            let (new, values) = (&points.times[from..], &points.values[from..]);
            let Some((digits, values)) = pack(values).filter(|_| !new.is_empty()) else { continue };
            let times = match known.get(new) {
                Some(id) => *id,
                None => {
                    write_line(&mut out, &Line::Times(steps(new)))?;
                    known.insert(new.to_vec(), columns);
                    columns += 1;
                    columns - 1
                }
            };
            let of = match points.parted {
                Some((of, _)) => {
                    write_line(&mut out, &Line::More(MoreLine { of, times, digits, values }))?;
                    of
                }
                None => {
                    let (target, entity, signal) = (*target, entity.clone(), *signal);
                    let line = SeriesLine { target, entity, signal, times, digits, values };
                    write_line(&mut out, &Line::Series(line))?;
                    series += 1;
                    series - 1
                }
            };
            points.parted = Some((of, points.times.len()));
        }
        self.parted = (series, columns);
        part.extend(out.finish().map_err(memory)?);
        Ok(part)
    }

    /// The whole file. `header` gets the time from the first look to the last.
    ///
    /// # Errors
    /// It is larger than a bundle may be.
    pub fn finish(mut self, mut header: Header) -> Result<Vec<u8>, Error> {
        header.from = self.first.unwrap_or_default();
        header.to = self.to;
        self.whole_log()?;
        let mut columns: Vec<_> = std::mem::take(&mut self.columns).into_iter().collect();
        columns.sort_by(|a, b| {
            let by = |k: &(usize, Entity, Signal)| (k.0, k.2);
            by(&a.0).cmp(&by(&b.0)).then_with(|| a.0.1.cmp(&b.0.1))
        });
        let mut known: HashMap<Vec<i64>, usize> = HashMap::new();
        for ((target, entity, signal), points) in columns {
            let Some((digits, values)) = pack(&points.values) else { continue };
            let next = known.len();
            let times = match known.get(&points.times) {
                Some(id) => *id,
                None => {
                    self.line(&Line::Times(steps(&points.times)))?;
                    known.insert(points.times, next);
                    next
                }
            };
            let line = SeriesLine { target, entity, signal, times, digits, values };
            self.line(&Line::Series(line))?;
        }
        let mut file = head(&header)?;
        file.extend(self.out.finish().map_err(memory)?);
        if file.len() as u64 > MAX_FILE {
            return Err(Error::TooMany { what: "bytes", most: MAX_FILE as usize });
        }
        Ok(file)
    }

    /// Packed as one again: in parts it is larger.
    fn whole_log(&mut self) -> Result<(), Error> {
        if self.log.is_empty() {
            return Ok(());
        }
        self.log.extend(std::mem::replace(&mut self.out, packer()).finish().map_err(memory)?);
        let log = std::mem::take(&mut self.log);
        io::copy(&mut MultiGzDecoder::new(log.as_slice()), &mut self.out).map_err(memory)?;
        Ok(())
    }

    fn line(&mut self, line: &Line) -> Result<(), Error> {
        write_line(&mut self.out, line)
    }

    fn target(&mut self, target: &Target) -> Result<usize, Error> {
        if let Some(id) = self.targets.get(&target.name) {
            return Ok(*id);
        }
        let id = self.targets.len();
        self.targets.insert(target.name.clone(), id);
        self.line(&Line::Target(target.clone()))?;
        Ok(id)
    }

    fn name(&mut self, name: &Name) -> Result<usize, Error> {
        if let Some(id) = self.names.get(name) {
            return Ok(*id);
        }
        let id = self.names.len();
        self.names.insert(name.clone(), id);
        self.line(&Line::Name(name.clone()))?;
        Ok(id)
    }

    fn gap(&mut self, gap: &Gap) -> Result<usize, Error> {
        let target = self.target(&gap.target)?;
        let line = GapLine { target, what: self.name(&gap.what)?, reason: gap.reason.clone() };
        let key = serde_json::to_string(&line).map_err(json)?;
        if let Some(id) = self.gaps.get(&key) {
            return Ok(*id);
        }
        let id = self.gaps.len();
        self.gaps.insert(key, id);
        self.line(&Line::Gap(line))?;
        Ok(id)
    }

    fn fact(&mut self, fact: &streamwarden_core::estate::Fact) -> Result<usize, Error> {
        let mut texts = Vec::new();
        let value = serde_json::to_value(fact).map_err(json)?;
        let value = self.texts.take_out(value, &mut texts);
        for text in texts {
            self.line(&Line::Text(text))?;
        }
        let key = facts::key(fact);
        let before = self.facts.get(&key);
        let line = match before {
            Some((id, old)) if *old == value => return Ok(*id),
            Some((id, old)) => FactLine { after: Some(*id), is: diff(old, &value) },
            None => FactLine { after: None, is: value.clone() },
        };
        let id = self.facts_written;
        self.facts_written += 1;
        self.facts.insert(key, (id, value));
        self.line(&Line::Fact(line))?;
        Ok(id)
    }
}

fn packer() -> GzEncoder<Vec<u8>> {
    GzEncoder::new(Vec::new(), Compression::best())
}

/// The first moment, then steps.
fn steps(times: &[i64]) -> Vec<i64> {
    let mut before = 0;
    times.iter().map(|t| t - std::mem::replace(&mut before, *t)).collect()
}

/// The header alone is a gzip member of its own, so that it can be written anew. One that tells no
/// time is of a recording that was not ended.
///
/// # Errors
/// None: it is written into memory.
pub fn head(header: &Header) -> Result<Vec<u8>, Error> {
    let mut out = packer();
    write_line(&mut out, header)?;
    out.finish().map_err(memory)
}

fn write_line(out: &mut GzEncoder<Vec<u8>>, line: &impl serde::Serialize) -> Result<(), Error> {
    let mut text = serde_json::to_vec(line).map_err(json)?;
    text.push(b'\n');
    out.write_all(&text).map_err(memory)
}

fn json(e: serde_json::Error) -> Error {
    Error::Line { line: 0, what: e.to_string() }
}

/// Writing into memory does not fail.
fn memory(source: io::Error) -> Error {
    Error::Io { doing: "pack", path: "memory".into(), source }
}

/// Writes it beside, then renames: nobody ever reads half of it.
///
/// # Errors
/// The folder is missing, full or read-only.
pub fn save(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let beside = path.with_extension("part");
    let of = |doing, path: &Path| {
        let path = path.to_path_buf();
        move |source| Error::Io { doing, path, source }
    };
    let write = || -> io::Result<()> {
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(of("write", &beside))?;
    std::fs::rename(&beside, path).map_err(of("write", path))
}
