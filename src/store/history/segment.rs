//! One file of history: a head, then frames, each `length, checksum, deflated records`. A segment
//! is only ever appended to, by the process that made it, and tells every name it uses.

use super::error::Error;
use super::record;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use streamwarden_core::estate::{Chunk, Entity, EntityId, Millis};
use streamwarden_core::signals::Signal;

/// First bytes of every segment; the digit is the format.
pub const HEAD: &[u8; 8] = b"SWHIST1\n";
/// Length and checksum before each frame.
pub const FRAME_HEAD: usize = 8;
/// Records are gathered to about this much before they become a frame.
const FRAME_RAW: usize = 256 << 10;

/// The file's name tells when it was begun.
pub fn file_name(start: Millis) -> String {
    format!("{:015}.seg", start.0)
}
pub fn start_of(path: &Path) -> Option<Millis> {
    let name = path.file_name()?.to_str()?.strip_suffix(".seg")?;
    name.parse().ok().map(Millis)
}

/// A segment being written.
#[derive(Debug)]
pub struct Segment {
    pub path: PathBuf,
    pub start: Millis,
    pub(super) file: File,
    /// Bytes that are whole and synced.
    pub len: u64,
    pending: Vec<u8>,
    written: u64,
    entities: HashMap<EntityId, u32>,
    signals: HashSet<Signal>,
}

impl Segment {
    pub fn create(dir: &Path, now: Millis) -> Result<Segment, Error> {
        let mut start = now;
        let (path, mut file) = loop {
            let path = dir.join(file_name(start));
            match File::options().create_new(true).write(true).open(&path) {
                Ok(file) => break (path, file),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists && start.0 < now.0 + 1000 => {
                    start.0 += 1;
                }
                Err(e) => return Err(Error::of("create", &path)(e)),
            }
        };
        let begun = file.write_all(HEAD).and_then(|()| File::open(dir)?.sync_all());
        if let Err(e) = begun {
            // without its head it would be taken for damage later
            let _ = std::fs::remove_file(&path);
            return Err(Error::of("begin", &path)(e));
        }
        let len = HEAD.len() as u64;
        let (entities, signals) = Default::default();
        Ok(Segment { path, start, file, len, pending: Vec::new(), written: len, entities, signals })
    }

    pub fn points(
        &mut self,
        id: EntityId,
        entity: &Entity,
        signal: Signal,
        chunk: &Chunk,
    ) -> Result<(), Error> {
        let next = self.entities.len() as u32;
        let number = match self.entities.get(&id) {
            Some(number) => *number,
            None => {
                let json = serde_json::to_vec(entity).map_err(io::Error::other);
                let json = json.map_err(Error::of("name an entity in", &self.path))?;
                record::put_entity(&mut self.pending, next, &json);
                self.entities.insert(id, next);
                next
            }
        };
        if self.signals.insert(signal) {
            record::put_signal(&mut self.pending, signal as u32, signal.name());
        }
        record::put_points(&mut self.pending, number, signal as u32, chunk);
        if self.pending.len() >= FRAME_RAW { self.frame() } else { Ok(()) }
    }

    fn frame(&mut self) -> Result<(), Error> {
        let packed = || {
            let mut out = ZlibEncoder::new(vec![0; FRAME_HEAD], Compression::fast());
            out.write_all(&self.pending)?;
            let mut frame = out.finish()?;
            let sum = crc32fast::hash(&frame[FRAME_HEAD..]);
            let len = (frame.len() - FRAME_HEAD) as u32;
            frame[..4].copy_from_slice(&len.to_le_bytes());
            frame[4..FRAME_HEAD].copy_from_slice(&sum.to_le_bytes());
            (&self.file).write_all(&frame)?;
            Ok(frame.len() as u64)
        };
        self.written += packed().map_err(Error::of("write", &self.path))?;
        self.pending.clear();
        Ok(())
    }

    /// Everything so far is on disk when this returns.
    pub fn sync(&mut self) -> Result<(), Error> {
        if !self.pending.is_empty() {
            self.frame()?;
        }
        self.file.sync_data().map_err(Error::of("sync", &self.path))?;
        self.len = self.written;
        Ok(())
    }

    /// After an error: back to what is whole, as far as the disk still lets us. The reader cuts
    /// off what remains.
    pub fn abandon(self) {
        let _ = self.file.set_len(self.len);
        if self.len <= HEAD.len() as u64 {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
