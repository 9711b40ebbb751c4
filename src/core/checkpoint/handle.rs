//! Pointers to state, as the metadata hold them: within the file, in a file beside it, or elsewhere.

use super::bytes::{Input, Result};
use super::header::HEADER_MAX;
use std::io::Read;

/// One within another: Flink writes two at the most.
const DEPTH: u32 = 8;

/// Where the bytes of a piece of state are.
#[derive(Debug, PartialEq)]
pub enum Place {
    /// Its first [`HEADER_MAX`] bytes.
    Inline(Vec<u8>),
    /// Beside the metadata.
    Beside(String),
    /// A path with or without scheme.
    At(String),
    Nowhere,
}

#[derive(Debug, PartialEq)]
pub struct Stream {
    pub place: Place,
    /// Where in the file it begins.
    pub start: u64,
    pub bytes: u64,
}

impl Stream {
    fn new(place: Place, bytes: u64) -> Stream {
        Stream { place, start: 0, bytes }
    }
}

/// Keyed state of one subtask.
#[derive(Debug, Default)]
pub struct Keyed {
    /// Those whose bytes begin with a header, with where the header ends if that is known.
    pub headers: Vec<(Stream, Option<u64>)>,
    pub bytes: u64,
    pub inline: u64,
    pub shared: Files,
    pub private: Files,
    /// Some of it is a log of changes, which may name states of its own.
    pub logged: bool,
}

#[derive(Debug, Default, Clone, Copy)]
pub struct Files {
    pub count: u32,
    pub bytes: u64,
}

impl Keyed {
    fn count(&mut self, stream: &Stream) {
        self.bytes = self.bytes.saturating_add(stream.bytes);
        if matches!(stream.place, Place::Inline(_)) {
            self.inline = self.inline.saturating_add(stream.bytes);
        }
    }
}

/// State of the operator itself: names and kinds are here, serializers in the header.
#[derive(Debug)]
pub struct Owned {
    /// With the ordinal of how it is dealt out.
    pub names: Vec<(String, u8)>,
    pub stream: Option<Stream>,
    pub header_end: Option<u64>,
}

/// Names of states of one operator in the metadata: more are damage.
const NAMES_MAX: u32 = 100_000;

pub fn stream<R: Read>(input: &mut Input<R>, depth: u32) -> Result<Option<Stream>> {
    Ok(Some(match input.u8()? {
        0 => return Ok(None),
        1 => {
            input.utf()?;
            let bytes = u64::from(input.count(1)?);
            Stream::new(Place::Inline(input.head(bytes, HEADER_MAX)?), bytes)
        }
        2 => {
            let bytes = input.size()?;
            Stream::new(Place::At(input.utf()?), bytes)
        }
        3 if depth < DEPTH => {
            key_groups(input)?;
            return stream(input, depth + 1);
        }
        6 => {
            let beside = input.utf()?;
            Stream::new(Place::Beside(beside), input.size()?)
        }
        15 => {
            let (start, bytes) = (input.size()?, input.size()?);
            input.i32()?;
            let path = input.utf()?;
            input.utf()?;
            Stream { place: Place::At(path), start, bytes }
        }
        16 => Stream::new(Place::Nowhere, 0),
        _ => return Err(input.damaged("a pointer to state of a kind that is not known")),
    }))
}

/// Key groups and where each begins; the first of them ends the header.
fn key_groups<R: Read>(input: &mut Input<R>) -> Result<Option<u64>> {
    input.i32()?;
    let groups = input.count(8)?;
    first(input, groups)
}

/// The least of so many offsets; 0 is none, as a header stands there.
fn first<R: Read>(input: &mut Input<R>, count: u32) -> Result<Option<u64>> {
    let mut least: Option<u64> = None;
    for _ in 0..count {
        let offset = u64::try_from(input.i64()?).unwrap_or(0);
        if offset > 0 {
            least = Some(least.map_or(offset, |l| l.min(offset)));
        }
    }
    Ok(least)
}

pub fn keyed<R: Read>(input: &mut Input<R>, depth: u32) -> Result<Option<Keyed>> {
    let kind = input.u8()?;
    let mut out = Keyed::default();
    match kind {
        0 => return Ok(None),
        3 | 7 | 12 => {
            let end = key_groups(input)?;
            if let Some(stream) = stream(input, depth)? {
                out.count(&stream);
                // no group was written: the header is all there is
                let end = end.or(Some(stream.bytes));
                out.headers.push((stream, end));
            }
            if kind == 12 {
                input.utf()?;
            }
        }
        5 | 11 => incremental(input, kind == 11, depth, &mut out)?,
        8 | 14 if depth < DEPTH => changelog(input, kind == 14, depth, &mut out)?,
        9 => {
            out.logged = true;
            changes(input, &mut out)?;
        }
        10 | 13 => {
            out.logged = true;
            change_files(input, kind == 13, depth, &mut out)?;
        }
        _ => return Err(input.damaged("keyed state of a kind that is not known")),
    }
    Ok(Some(out))
}

/// RocksDB and ForSt: a small file of names, and the database's own files.
fn incremental<R: Read>(i: &mut Input<R>, v2: bool, depth: u32, out: &mut Keyed) -> Result<()> {
    i.i64()?;
    i.utf()?;
    i.i32()?;
    i.i32()?;
    if v2 {
        i.i64()?;
    }
    if let Some(meta) = stream(i, depth)? {
        out.count(&meta);
        let end = Some(meta.bytes);
        out.headers.push((meta, end));
    }
    for shared in [true, false] {
        let count = i.count(3)?;
        for _ in 0..count {
            i.utf()?;
            let Some(file) = stream(i, depth)? else { continue };
            out.count(&file);
            let files = if shared { &mut out.shared } else { &mut out.private };
            files.count = files.count.saturating_add(1);
            files.bytes = files.bytes.saturating_add(file.bytes);
        }
    }
    if v2 {
        i.utf()?;
    }
    Ok(())
}

fn changelog<R: Read>(i: &mut Input<R>, v2: bool, depth: u32, out: &mut Keyed) -> Result<()> {
    i.i32()?;
    i.i32()?;
    i.i64()?;
    // what was written out, then what changed since
    for _ in 0..2 {
        let count = i.count(1)?;
        for _ in 0..count {
            let Some(part) = keyed(i, depth + 1)? else { continue };
            out.headers.extend(part.headers);
            out.logged |= part.logged;
            out.bytes = out.bytes.saturating_add(part.bytes);
            out.inline = out.inline.saturating_add(part.inline);
            for (files, more) in [(&mut out.shared, part.shared), (&mut out.private, part.private)]
            {
                files.count = files.count.saturating_add(more.count);
                files.bytes = files.bytes.saturating_add(more.bytes);
            }
        }
    }
    i.i64()?;
    if v2 {
        i.i64()?;
    }
    i.utf()?;
    Ok(())
}

fn changes<R: Read>(i: &mut Input<R>, out: &mut Keyed) -> Result<()> {
    i.i32()?;
    i.i32()?;
    i.i64()?;
    i.i64()?;
    let count = i.count(8)?;
    for _ in 0..count {
        i.i32()?;
        let bytes = u64::from(i.count(1)?);
        i.skip(bytes)?;
        out.bytes = out.bytes.saturating_add(bytes);
        out.inline = out.inline.saturating_add(bytes);
    }
    i.utf()?;
    Ok(())
}

fn change_files<R: Read>(i: &mut Input<R>, v2: bool, depth: u32, out: &mut Keyed) -> Result<()> {
    i.i32()?;
    i.i32()?;
    let count = i.count(9)?;
    for _ in 0..count {
        i.i64()?;
        if let Some(file) = stream(i, depth)? {
            out.count(&file);
        }
    }
    i.i64()?;
    i.i64()?;
    i.utf()?;
    if v2 {
        i.utf()?;
    }
    Ok(())
}

pub fn owned<R: Read>(input: &mut Input<R>) -> Result<Option<Owned>> {
    let kind = input.u8()?;
    match kind {
        0 => return Ok(None),
        4 | 17 => {}
        _ => return Err(input.damaged("operator state of a kind that is not known")),
    }
    let count = input.count(7)?;
    if count > NAMES_MAX {
        return Err(input.damaged("more states than an operator can have"));
    }
    let mut names = Vec::new();
    let mut header_end: Option<u64> = None;
    for _ in 0..count {
        names.push((input.utf()?, input.u8()?));
        let offsets = input.count(8)?;
        let least = first(input, offsets)?;
        header_end = [header_end, least].into_iter().flatten().min();
    }
    if kind == 17 {
        input.utf()?;
        input.utf()?;
        input.u8()?;
    }
    Ok(Some(Owned { names, stream: stream(input, 0)?, header_end }))
}

/// Records that were on their way to or from a subtask; their bytes.
pub fn channel<R: Read>(input: &mut Input<R>, tagged: bool) -> Result<u64> {
    let kind = if tagged { input.u8()? } else { 1 };
    input.i32()?;
    match kind {
        1 | 2 => {
            input.i32()?;
            input.i32()?;
            let offsets = u64::from(input.count(8)?);
            input.skip(offsets * 8)?;
            let bytes = input.size()?;
            stream(input, 0)?;
            Ok(bytes)
        }
        3 | 4 => {
            let bytes = input.size()?;
            stream(input, 0)?;
            let offsets = u64::from(input.count(1)?);
            input.skip(offsets)?;
            Ok(bytes)
        }
        _ => Err(input.damaged("records in flight of a kind that is not known")),
    }
}
