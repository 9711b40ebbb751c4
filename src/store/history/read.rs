//! Segments back into a table: everything up to the first damage, and what the damage cost.

use super::error::Error;
use super::record::{Record, Records};
use super::segment::{FRAME_HEAD, HEAD};
use flate2::read::ZlibDecoder;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use streamwarden_core::estate::{Chunk, Entity, EntityId, Millis, SeriesTable};
use streamwarden_core::signals::Signal;

/// A frame is never this long, packed or not: more is damage, not memory to take.
const FRAME_MAX: u32 = 16 << 20;

/// What was found on disk.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    pub segments: usize,
    pub points: u64,
    pub series: usize,
    pub oldest: Option<Millis>,
    /// Ends that were cut off, torn by a crash or damaged: the file, and bytes lost.
    pub cut: Vec<(PathBuf, u64)>,
    /// Files that are not ours or of a newer format; left alone.
    pub foreign: Vec<PathBuf>,
    /// Points of moments still to come (the clock was set back); not taken.
    pub ahead: u64,
    /// Points of signals that this version does not know; not taken.
    pub unknown: u64,
}

/// Points with `from <= t <= to` are taken.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub from: Millis,
    pub to: Millis,
}

/// How a segment was read.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// Read up to this byte; the file is longer when its end is torn.
    Read {
        whole: u64,
        len: u64,
        kept: u64,
    },
    Foreign,
}

/// Puts what a segment holds into the table.
pub fn segment(
    path: &Path,
    span: Span,
    table: &mut SeriesTable,
    report: &mut Report,
) -> Result<Outcome, Error> {
    let file = File::open(path).map_err(Error::of("open", path))?;
    let len = file.metadata().map_err(Error::of("look at", path))?.len();
    let mut input = BufReader::new(file);
    let mut head = [0; HEAD.len()];
    if !fill(&mut input, &mut head).map_err(Error::of("read", path))? {
        return Ok(Outcome::Read { whole: 0, len, kept: 0 });
    }
    if &head != HEAD {
        return Ok(Outcome::Foreign);
    }
    let before = report.points;
    let mut reader =
        Reader { span, table, report, entities: HashMap::new(), signals: HashMap::new() };
    let mut whole = HEAD.len() as u64;
    while let Some((frame, bytes)) = next_frame(&mut input).map_err(Error::of("read", path))? {
        if reader.frame(&frame).is_none() {
            break;
        }
        whole += bytes;
    }
    Ok(Outcome::Read { whole, len, kept: report.points - before })
}

/// The next frame, unpacked, and its bytes in the file; None at the end and at the first damage.
fn next_frame(input: &mut impl Read) -> std::io::Result<Option<(Vec<u8>, u64)>> {
    let mut head = [0; FRAME_HEAD];
    if !fill(input, &mut head)? {
        return Ok(None);
    }
    let [a, b, c, d, sum @ ..] = head;
    let len = u32::from_le_bytes([a, b, c, d]);
    if len > FRAME_MAX {
        return Ok(None);
    }
    let mut packed = Vec::new();
    input.take(u64::from(len)).read_to_end(&mut packed)?;
    if packed.len() != len as usize || crc32fast::hash(&packed) != u32::from_le_bytes(sum) {
        return Ok(None);
    }
    let mut raw = Vec::new();
    let unpacked = ZlibDecoder::new(&packed[..]).take(u64::from(FRAME_MAX)).read_to_end(&mut raw);
    Ok(unpacked.is_ok().then_some((raw, u64::from(len) + FRAME_HEAD as u64)))
}

/// False when the input ends before the buffer is full.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<bool> {
    match input.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(e),
    }
}

struct Reader<'a> {
    span: Span,
    table: &'a mut SeriesTable,
    report: &'a mut Report,
    /// By their number in this segment.
    entities: HashMap<u32, (Entity, Option<EntityId>)>,
    signals: HashMap<u32, Option<Signal>>,
}

impl Reader<'_> {
    /// None when the frame does not hold together; what it held before that stays.
    fn frame(&mut self, raw: &[u8]) -> Option<()> {
        for record in Records(raw) {
            match record.ok()? {
                Record::Entity { number, json } => {
                    let entity = serde_json::from_slice(json).ok()?;
                    self.entities.insert(number, (entity, None));
                }
                Record::Signal { number, name } => {
                    let name = std::str::from_utf8(name).ok()?;
                    self.signals.insert(number, Signal::parse(name));
                }
                Record::Points { entity, signal, chunk } => {
                    self.points(entity, signal, &Chunk::read(chunk).ok()?)?;
                }
            }
        }
        Some(())
    }

    fn points(&mut self, entity: u32, signal: u32, chunk: &Chunk) -> Option<()> {
        let (entity, id) = self.entities.get_mut(&entity)?;
        let Some(signal) = *self.signals.get(&signal)? else {
            self.report.unknown += chunk.len() as u64;
            return Some(());
        };
        for (at, value) in chunk.iter() {
            if at > self.span.to {
                self.report.ahead += 1;
            } else if at >= self.span.from {
                let id = *id.get_or_insert_with(|| self.table.intern(entity));
                self.report.points += u64::from(self.table.push(id, signal, at, value));
            }
        }
        Some(())
    }
}
