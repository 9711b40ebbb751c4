//! History on disk: each flush appends what is new, and a start reads it back. Segments are begun
//! anew every ten minutes, so that what is older than the window goes file by file.

mod error;
mod read;
mod record;
mod segment;
#[cfg(test)]
mod tests;

pub use error::Error;
pub use read::Report;

use segment::Segment;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use streamwarden_core::estate::{Chunk, EntityId, Millis, Series, SeriesTable, Span};
use streamwarden_core::signals::Signal;

const SEGMENT: Span = Span::secs(600);
/// A clock that is a little ahead of ours on the way back is not a clock that was set back.
const AHEAD: Span = Span::secs(60);
/// Points in one record at most: a long silence of the disk makes many records, not a long one.
const RECORD_POINTS: usize = 240;
/// Two hours of 100,000 series took about a seventh of this (`cargo bench --bench history`).
pub const DISK_MAX: u64 = 2 << 30;

/// What is on disk, and up to where.
#[derive(Debug)]
pub struct History {
    dir: PathBuf,
    window: Span,
    disk_max: u64,
    /// Finished segments, oldest first.
    finished: Vec<Finished>,
    segment: Option<Segment>,
    /// The last moment of each series that is safely on disk.
    marks: HashMap<EntityId, Vec<(Signal, Millis)>>,
}

#[derive(Debug)]
struct Finished {
    path: PathBuf,
    start: Millis,
    bytes: u64,
}

/// What a flush wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flushed {
    pub points: u64,
    pub bytes: u64,
}

impl History {
    /// Reads what `dir` (made if it is missing) holds of the last `window` before `now`.
    ///
    /// # Errors
    /// The directory or a file in it cannot be read. Damage is no error: see [`Report`].
    pub fn open(
        dir: &Path,
        now: Millis,
        window: Span,
    ) -> Result<(History, SeriesTable, Report), Error> {
        std::fs::create_dir_all(dir).map_err(Error::of("create", dir))?;
        let mut history = History {
            dir: dir.to_path_buf(),
            window,
            disk_max: DISK_MAX,
            finished: Vec::new(),
            segment: None,
            marks: HashMap::new(),
        };
        let (mut table, mut report) = (SeriesTable::default(), Report::default());
        let span = read::Span { from: now - window, to: now + AHEAD };
        for (start, path) in segments(dir, &mut report)? {
            history.take_in(start, path, span, &mut table, &mut report)?;
        }
        report.segments = history.finished.len();
        report.series = table.series_count();
        report.oldest = table.rows().flat_map(|r| r.iter()).filter_map(|(_, s)| s.first()).min();
        for (id, row) in table.rows_by_id() {
            let last = |(signal, s): (Signal, &Series)| Some((signal, s.last()?.0));
            history.marks.insert(id, row.iter().filter_map(last).collect());
        }
        Ok((history, table, report))
    }

    fn take_in(
        &mut self,
        start: Millis,
        path: PathBuf,
        span: read::Span,
        table: &mut SeriesTable,
        report: &mut Report,
    ) -> Result<(), Error> {
        match read::segment(&path, span, table, report)? {
            // of a newer format, perhaps: its age decides, as of the others
            read::Outcome::Foreign => {
                let bytes = path.metadata().map_or(0, |m| m.len());
                report.foreign.push(path.clone());
                self.finished.push(Finished { path, start, bytes });
            }
            read::Outcome::Read { whole, len, kept } => {
                if whole < len {
                    report.cut.push((path.clone(), len - whole));
                }
                if kept == 0 {
                    return std::fs::remove_file(&path).map_err(Error::of("remove", &path));
                }
                if whole < len {
                    let file = std::fs::File::options().write(true).open(&path);
                    let cut = file.and_then(|f| f.set_len(whole));
                    cut.map_err(Error::of("cut off the torn end of", &path))?;
                }
                self.finished.push(Finished { path, start, bytes: whole });
            }
        }
        Ok(())
    }

    /// Appends what is new since the last flush that succeeded. After an error everything that
    /// was written before is still whole, and the next flush begins a new segment.
    ///
    /// # Errors
    /// The disk is full, read-only or broken; nothing of this flush counts as written.
    pub fn flush(&mut self, table: &SeriesTable, now: Millis) -> Result<Flushed, Error> {
        self.expire(now)?;
        let written = self.append(table, now);
        if written.is_err()
            && let Some(broken) = self.segment.take()
        {
            let (path, start, bytes) = (broken.path.clone(), broken.start, broken.len);
            broken.abandon();
            if path.exists() {
                self.finished.push(Finished { path, start, bytes });
            }
        }
        written
    }

    fn append(&mut self, table: &SeriesTable, now: Millis) -> Result<Flushed, Error> {
        let mut flushed = Flushed::default();
        let mut marks = HashMap::with_capacity(self.marks.len());
        let before = self.segment.as_ref().map_or(0, |s| s.len);
        for (id, row) in table.rows_by_id() {
            let old = self.marks.get(&id).map_or(&[][..], |m| m);
            let mut new = Vec::with_capacity(row.iter().count());
            for (signal, series) in row.iter() {
                let Some((last, _)) = series.last() else { continue };
                let mark = old.iter().find(|(s, _)| *s == signal).map(|(_, t)| *t);
                new.push((signal, last.max(mark.unwrap_or(last))));
                if mark.is_some_and(|mark| mark >= last) {
                    continue;
                }
                let from = mark.map_or(Millis(i64::MIN), |t| t + Span(1));
                let points: Vec<_> = series.range(from, last).collect();
                let segment = begun(&mut self.segment, &self.dir, now)?;
                for chunk in points.chunks(RECORD_POINTS).filter_map(Chunk::of) {
                    segment.points(id, &row.entity, signal, &chunk)?;
                }
                flushed.points += points.len() as u64;
            }
            marks.insert(id, new);
        }
        if let Some(segment) = self.segment.as_mut().filter(|_| flushed.points > 0) {
            segment.sync()?;
            flushed.bytes = segment.len - before;
        }
        self.marks = marks;
        Ok(flushed)
    }

    /// Ends a segment that is old or long enough, and removes files that are past the window or
    /// too much.
    fn expire(&mut self, now: Millis) -> Result<(), Error> {
        let full =
            |s: &Segment| now - s.start >= SEGMENT || now < s.start || s.len >= self.disk_max / 8;
        if let Some(segment) = self.segment.take_if(|s| full(s)) {
            let Segment { path, start, len, .. } = segment;
            self.finished.push(Finished { path, start, bytes: len });
        }
        while self.finished.first().is_some_and(|_| self.disk_bytes() > self.disk_max)
            // a segment's points are older than the start of the one after it
            || self.finished.get(1).is_some_and(|next| next.start < now - self.window)
        {
            match std::fs::remove_file(&self.finished[0].path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::of("remove", &self.finished[0].path)(e));
                }
                _ => self.finished.remove(0),
            };
        }
        Ok(())
    }

    /// When the oldest segment was begun.
    pub fn oldest(&self) -> Option<Millis> {
        let finished = self.finished.first().map(|f| f.start);
        finished.or_else(|| self.segment.as_ref().map(|s| s.start))
    }

    pub fn disk_bytes(&self) -> u64 {
        let finished: u64 = self.finished.iter().map(|f| f.bytes).sum();
        finished + self.segment.as_ref().map_or(0, |s| s.len)
    }
}

/// The segment to write to; made only when there is something to write.
fn begun<'a>(
    segment: &'a mut Option<Segment>,
    dir: &Path,
    now: Millis,
) -> Result<&'a mut Segment, Error> {
    match segment {
        Some(segment) => Ok(segment),
        None => Ok(segment.insert(Segment::create(dir, now)?)),
    }
}

/// The segments of a directory, oldest first.
fn segments(dir: &Path, report: &mut Report) -> Result<Vec<(Millis, PathBuf)>, Error> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(Error::of("list", dir))? {
        let path = entry.map_err(Error::of("list", dir))?.path();
        match segment::start_of(&path) {
            Some(start) => found.push((start, path)),
            None => report.foreign.push(path),
        }
    }
    found.sort();
    Ok(found)
}
