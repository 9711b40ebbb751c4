//! The local file of an action: written and flushed to disk when it begins, with every id that it
//! may use, so that it can be finished when the database is dead. The room is taken beforehand: a
//! full disk stops the next action, not this one.
//!
//! Frames of length, checksum and JSON; the checksum goes on from the frame before it, so that what
//! is left of a torn frame is never read as one.

use super::{Error, TakenUp};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use streamwarden_core::action::{ActionState, Entry, Leg, action_id, run_id, trigger_id};
use streamwarden_core::case::Plan;
use streamwarden_core::estate::{Millis, Name, RunId};

/// Room for a plan and some hundred entries.
const ROOM: usize = 256 << 10;
/// A file that is larger was not written by us.
const MOST: u64 = 64 << 20;
/// The first ids of submissions; the others go by the same rule.
const ATTEMPTS: u32 = 5;

#[derive(Debug)]
pub struct Spool {
    dir: PathBuf,
    slots: AtomicU64,
}

/// The first frame.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Header {
    action: Name,
    generation: u64,
    began: Millis,
    plan: Plan,
    /// For a person, and to know a version that makes other ids.
    runs: Vec<RunId>,
    triggers: Vec<Name>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Frame {
    n: u32,
    at: Millis,
    entry: Entry,
}

/// Room on disk for an action that is about to begin; given back where none does.
#[derive(Debug)]
pub struct Slot {
    file: Option<File>,
    path: PathBuf,
}

#[derive(Debug)]
pub(super) struct LocalFile {
    file: File,
    pub path: PathBuf,
    end: u64,
    crc: u32,
}

impl Spool {
    /// `<data_dir>/actions`; what was reserved and never used goes.
    ///
    /// # Errors
    /// The directory cannot be made or read.
    pub fn open(data_dir: &Path) -> Result<Spool, Error> {
        let dir = data_dir.join("actions");
        let failed = |doing| move |source| (doing, source);
        let made = std::fs::create_dir_all(&dir).map_err(failed("make it"));
        let listed = made.and_then(|()| std::fs::read_dir(&dir).map_err(failed("list it")));
        let listed =
            listed.map_err(|(doing, source)| Error::Local { path: dir.clone(), doing, source })?;
        for entry in listed.flatten().filter(|e| e.path().extension().is_some_and(|x| x == "slot"))
        {
            // left by a process that ended before it began anything
            let _ = std::fs::remove_file(entry.path());
        }
        Ok(Spool { dir, slots: AtomicU64::new(0) })
    }

    /// To be called before the database begins an action; blocks on the disk.
    ///
    /// # Errors
    /// There is no room, or the directory cannot be written: then nothing may begin.
    pub fn reserve(&self) -> Result<Slot, Error> {
        let nth = self.slots.fetch_add(1, Ordering::Relaxed);
        let path = self.dir.join(format!("{}-{nth}.slot", std::process::id()));
        let make = || -> std::io::Result<File> {
            let mut file = File::options().read(true).write(true).create_new(true).open(&path)?;
            file.write_all(&vec![0; ROOM])?;
            file.sync_all()?;
            Ok(file)
        };
        match make() {
            Ok(file) => Ok(Slot { file: Some(file), path }),
            Err(source) => {
                let _ = std::fs::remove_file(&path);
                Err(Error::Local { path, doing: "take room for an action", source })
            }
        }
    }

    /// A file for an action that has none: begun while nobody listened.
    pub(super) fn make(&self, state: &ActionState) -> Result<LocalFile, Error> {
        self.reserve()?.begin(state)
    }

    /// Every action that has a file, with its entries; and files that cannot be used.
    pub(super) fn read(&self) -> (Vec<(LocalFile, TakenUp)>, Vec<Error>) {
        let (mut found, mut bad) = (Vec::new(), Vec::new());
        let failed = |source| Error::Local { path: self.dir.clone(), doing: "list it", source };
        match std::fs::read_dir(&self.dir).map_err(failed) {
            Err(e) => bad.push(e),
            Ok(listed) => {
                let mut paths: Vec<PathBuf> = listed.flatten().map(|e| e.path()).collect();
                paths.retain(|p| p.extension().is_some_and(|x| x == "journal"));
                paths.sort();
                for path in paths {
                    match LocalFile::read(&path) {
                        Ok(one) => found.push(one),
                        Err(e) => bad.push(e),
                    }
                }
            }
        }
        (found, bad)
    }
}

impl Slot {
    /// The action has begun in the database; on disk when it returns.
    pub(super) fn begin(mut self, state: &ActionState) -> Result<LocalFile, Error> {
        let to = self.path.with_file_name(format!("{}.journal", state.id));
        let failed = |doing| {
            let path = to.clone();
            move |source| Error::Local { path, doing, source }
        };
        let Some(file) = self.file.take() else {
            return Err(failed("use it twice")(std::io::Error::other("it is used")));
        };
        let mut local = LocalFile { file, path: self.path.clone(), end: 0, crc: 0 };
        local.put(&header(state))?;
        std::fs::rename(&self.path, &to).map_err(failed("name it"))?;
        let dir = to.parent().map_or(Ok(()), |d| File::open(d).and_then(|d| d.sync_all()));
        dir.map_err(failed("name it"))?;
        local.path = to;
        Ok(local)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // after a begin it has another name
        let _ = std::fs::remove_file(&self.path);
    }
}

fn header(state: &ActionState) -> Header {
    let (plan, generation) = (&state.plan, state.generation);
    let legs = [(Leg::Forward, plan.steps.len()), (Leg::Back, plan.rollback.len())];
    let steps = legs.iter().flat_map(|(leg, n)| (0..*n).map(|step| (*leg, step)));
    Header {
        action: state.id.clone(),
        generation,
        began: state.began,
        plan: plan.clone(),
        runs: (1..=ATTEMPTS).map(|n| run_id(plan, generation, n)).collect(),
        triggers: steps.map(|(leg, step)| trigger_id(plan, generation, leg, step)).collect(),
    }
}

impl LocalFile {
    pub fn append(&mut self, n: u32, at: Millis, entry: &Entry) -> Result<(), Error> {
        self.put(&Frame { n, at, entry: entry.clone() })
    }

    fn put(&mut self, what: &impl Serialize) -> Result<(), Error> {
        let (end, crc) = (self.end, self.crc);
        let mut write = || -> std::io::Result<(u64, u32)> {
            let body = serde_json::to_vec(what)?;
            let crc = sum(crc, &body);
            let len = u32::try_from(body.len()).map_err(std::io::Error::other)?;
            let mut frame = Vec::with_capacity(body.len() + 8);
            frame.extend(len.to_le_bytes());
            frame.extend(crc.to_le_bytes());
            frame.extend(body);
            self.file.seek(SeekFrom::Start(end))?;
            self.file.write_all(&frame)?;
            self.file.sync_data()?;
            Ok((end + frame.len() as u64, crc))
        };
        let failed = |source| Error::Local { path: self.path.clone(), doing: "write it", source };
        // a frame that failed is written over by the next try
        (self.end, self.crc) = write().map_err(failed)?;
        Ok(())
    }

    fn read(path: &Path) -> Result<(LocalFile, TakenUp), Error> {
        let failed = |source| Error::Local { path: path.to_path_buf(), doing: "read it", source };
        let mut file = File::options().read(true).write(true).open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        (&mut file).take(MOST).read_to_end(&mut bytes).map_err(failed)?;
        let mut local = LocalFile { file, path: path.to_path_buf(), end: 0, crc: 0 };
        let broken = || failed(std::io::Error::other("its beginning is damaged"));
        // whole by its checksum, so that somebody wrote it so
        let other = || Error::OtherVersion { path: path.to_path_buf() };
        let body = local.next(&bytes).ok_or_else(broken)?;
        let header: Header = serde_json::from_slice(body).map_err(|_| other())?;
        let mut entries = Vec::new();
        while let Some(body) = local.next(&bytes) {
            let frame: Frame = serde_json::from_slice(body).map_err(|_| other())?;
            // written again after a failed flush
            if frame.n as usize == entries.len() {
                entries.push((frame.at, frame.entry));
            }
        }
        let taken = TakenUp {
            id: header.action.clone(),
            plan: header.plan.clone(),
            generation: header.generation,
            began: header.began,
            entries,
        };
        let same = action_id(&taken.plan.job, taken.generation, taken.began) == taken.id
            && self::header(&taken.begun()) == header;
        match same {
            true => Ok((local, taken)),
            false => Err(other()),
        }
    }

    /// The next whole frame; None: here it ends, or is torn.
    fn next<'b>(&mut self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        let at = usize::try_from(self.end).ok()?;
        let word = |from: usize| {
            let four = bytes.get(from..from.checked_add(4)?)?;
            Some(u32::from_le_bytes(four.try_into().ok()?))
        };
        let (len, crc) = (usize::try_from(word(at)?).ok()?, word(at + 4)?);
        let body = bytes.get(at + 8..(at + 8).checked_add(len)?)?;
        if len == 0 || sum(self.crc, body) != crc {
            return None;
        }
        self.end = (at + 8 + len) as u64;
        self.crc = crc;
        Some(body)
    }

    /// The database has all of it.
    pub fn remove(self) -> std::io::Result<()> {
        std::fs::remove_file(&self.path)
    }
}

fn sum(before: u32, body: &[u8]) -> u32 {
    let mut hash = crc32fast::Hasher::new_with_initial(before);
    hash.update(body);
    hash.finalize()
}

#[cfg(test)]
mod tests {
    use super::super::tests::support::{cancel, plan};
    use super::*;

    const AT: Millis = Millis(1_763_700_000_000);

    fn begun() -> (tempfile::TempDir, Spool, ActionState) {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path()).unwrap();
        let plan = plan();
        let state = ActionState::begun(action_id(&plan.job, 3, AT), plan, 3, AT);
        (dir, spool, state)
    }

    fn one(spool: &Spool) -> (LocalFile, TakenUp) {
        let (mut found, bad) = spool.read();
        assert!(bad.is_empty(), "{bad:?}");
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    #[test]
    fn an_action_comes_back_with_its_entries_also_after_a_torn_write() {
        let (_dir, spool, state) = begun();
        let mut file = spool.reserve().unwrap().begin(&state).unwrap();
        assert!(std::fs::metadata(&file.path).unwrap().len() >= ROOM as u64, "room is taken");
        file.append(0, AT, &cancel()).unwrap();
        let whole = file.end;
        file.append(1, AT, &Entry::Done { started: None }).unwrap();
        let (path, after) = (file.path.clone(), file.end);
        drop(file);
        assert_eq!(one(&spool).1.entries.len(), 2);
        let bytes = std::fs::read(&path).unwrap();
        for cut in whole..after {
            // torn: the rest of the frame is as it was before, or is something else
            for filler in [0u8, 0xff] {
                let mut torn = bytes.clone();
                torn[cut as usize..after as usize].fill(filler);
                std::fs::write(&path, &torn).unwrap();
                let (mut file, taken) = one(&spool);
                assert_eq!(taken.entries, [(AT, cancel())], "cut at {cut}");
                assert_eq!((&taken.id, &taken.plan), (&state.id, &state.plan));
                file.append(1, AT, &Entry::Dropped).unwrap();
                assert_eq!(one(&spool).1.entries[1].1, Entry::Dropped);
            }
        }
    }

    #[test]
    fn what_began_nothing_leaves_nothing() {
        let (dir, spool, _) = begun();
        drop(spool.reserve().unwrap());
        std::mem::forget(spool.reserve().unwrap());
        assert_eq!(std::fs::read_dir(dir.path().join("actions")).unwrap().count(), 1);
        let spool = Spool::open(dir.path()).unwrap();
        assert_eq!(std::fs::read_dir(dir.path().join("actions")).unwrap().count(), 0);
        assert!(spool.read().0.is_empty());
    }

    #[test]
    fn damage_and_other_ids_are_said() {
        let (_dir, spool, state) = begun();
        let file = spool.reserve().unwrap().begin(&state).unwrap();
        let path = file.path.clone();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[20] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let (found, bad) = spool.read();
        assert!(found.is_empty() && bad[0].to_string().contains("cannot read it"));

        std::fs::remove_file(path).unwrap();
        let other = ActionState { id: "another way to make ids".into(), ..state };
        drop(spool.reserve().unwrap().begin(&other).unwrap());
        assert!(matches!(spool.read().1[..], [Error::OtherVersion { .. }]));
    }

    #[test]
    fn a_directory_that_cannot_be_written_begins_nothing() {
        let (dir, spool, _) = begun();
        std::fs::remove_dir(dir.path().join("actions")).unwrap();
        assert!(matches!(spool.reserve().unwrap_err(), Error::Local { .. }));
    }
}
