//! Takes looks from a running process and writes them as a bundle: in parts while it runs, so that
//! whoever is killed leaves what was seen, and as a whole when it ends.

use super::Look;
use super::bundle::{self, Error, Header, MAX_FILE, Writer};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use streamwarden_core::estate::{Millis, Span};

/// Looks that wait to be packed. A packer that is so far behind will not catch up.
const WAITING: usize = 512;

/// What is seen is in the file after so long: a larger part packs better, a smaller one loses less.
const PART: Span = Span::secs(10);

enum Message {
    Look(Box<Look>),
    End(Box<Header>),
}

/// Hands looks to the thread that packs them; never waits. A cheap clone.
#[derive(Clone, Debug)]
pub struct Recorder {
    to: SyncSender<Message>,
    stopped: Arc<AtomicBool>,
}

/// The recording as a whole; to be finished.
#[derive(Debug)]
pub struct Recording {
    recorder: Recorder,
    thread: JoinHandle<Result<(), Error>>,
    path: PathBuf,
}

impl Recording {
    /// `header` as far as it is known.
    ///
    /// # Errors
    /// No thread can be started, or the folder cannot be written to: said now, not after hours.
    pub fn start(path: PathBuf, header: &Header) -> Result<Recording, Error> {
        let failed = |source| Error::Io { doing: "write", path: path.clone(), source };
        let parts = Parts::begin(&path, &bundle::head(header)?).map_err(failed)?;
        let (to, from) = sync_channel(WAITING);
        let stopped = Arc::new(AtomicBool::new(false));
        let (file, halt) = (path.clone(), stopped.clone());
        let thread = std::thread::Builder::new()
            .name("record".into())
            .spawn(move || pack(&from, parts, &file, &halt))
            .map_err(|source| Error::Io { doing: "record", path: path.clone(), source })?;
        Ok(Recording { recorder: Recorder { to, stopped }, thread, path })
    }

    pub fn recorder(&self) -> Recorder {
        self.recorder.clone()
    }

    /// Writes the file; waits until it is done.
    ///
    /// # Errors
    /// It cannot be written, or became too large.
    pub fn finish(self, header: Header) -> Result<PathBuf, Error> {
        let _ = self.recorder.to.send(Message::End(Box::new(header)));
        let ended = self.thread.join();
        let broken = || Error::Line { line: 0, what: "the recorder broke down".to_owned() };
        ended.map_err(|_| broken())??;
        Ok(self.path)
    }
}

impl Recorder {
    pub fn take(&self, look: Look) {
        if self.stopped.load(Ordering::Relaxed) {
            return;
        }
        let full = matches!(
            self.to.try_send(Message::Look(Box::new(look))),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_))
        );
        // a recording with a hole would tell a story that was not
        if full && !self.stopped.swap(true, Ordering::Relaxed) {
            tracing::error!("recording stops here: looks come faster than they can be packed");
        }
    }
}

/// The file while it grows.
struct Parts {
    file: File,
    bytes: u64,
    last: Option<Millis>,
}

impl Parts {
    fn begin(path: &Path, head: &[u8]) -> std::io::Result<Parts> {
        let mut file = File::create(path)?;
        file.write_all(head)?;
        Ok(Parts { file, bytes: head.len() as u64, last: None })
    }

    fn due(&mut self, at: Millis) -> bool {
        let last = *self.last.get_or_insert(at);
        let due = at - last >= PART;
        if due {
            self.last = Some(at);
        }
        due
    }

    fn add(&mut self, part: &[u8]) -> Result<(), String> {
        self.bytes += part.len() as u64;
        if self.bytes > MAX_FILE {
            return Err(format!("in parts it is over {MAX_FILE} bytes"));
        }
        self.file.write_all(part).map_err(|e| e.to_string())
    }
}

fn pack(
    from: &Receiver<Message>,
    parts: Parts,
    path: &Path,
    stopped: &AtomicBool,
) -> Result<(), Error> {
    let mut writer = Writer::default();
    let mut parts = Some(parts);
    while let Ok(message) = from.recv() {
        let look = match message {
            Message::Look(look) => look,
            Message::End(header) => return bundle::save(path, &writer.finish(*header)?),
        };
        if let Err(error) = writer.look(&look)
            && !stopped.swap(true, Ordering::Relaxed)
        {
            tracing::error!(%error, "recording stops here");
        }
        if let Some(open) = parts.as_mut()
            && open.due(look.at)
            && let Err(error) = writer.part().map_err(|e| e.to_string()).and_then(|p| open.add(&p))
        {
            parts = None;
            tracing::warn!(%error, "what is recorded from here on is written at the end only");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Bundle;
    use streamwarden_core::estate::{Entity, Target, TargetKind};
    use streamwarden_core::lineage::Settings;
    use streamwarden_core::signals::{Sample, Signal};

    fn look(at: i64) -> Look {
        let target =
            Target { name: "pay".into(), kind: TargetKind::Kafka, address: "k:9092".into() };
        let entity = Entity::Target { name: "pay".into() };
        let value = at as f64;
        let sample = Sample { entity, signal: Signal::TargetUp, at: Millis(at), value };
        Look {
            target,
            at: Millis(at),
            took_ms: 1.0,
            samples: vec![sample],
            facts: Vec::new(),
            gaps: Vec::new(),
            seen: vec!["metadata".into()],
        }
    }

    /// Whoever is killed leaves all but the last seconds; who ends leaves the same as ever.
    #[test]
    fn a_recording_can_be_read_while_it_grows() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("x.bundle");
        let header = Header::new(1000, Settings::default(), Vec::new());
        let recording = Recording::start(path.clone(), &header).expect("started");
        for at in 1..=35 {
            recording.recorder().take(look(at * 1000));
        }
        let read = || Bundle::open(&path).ok().filter(|b| b.looks.len() == 31);
        let killed = (0..500).find_map(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            read()
        });
        let killed = killed.expect("three parts of ten seconds");
        assert_eq!((killed.header.from, killed.header.to), (Millis(1000), Millis(31_000)));
        assert_eq!((killed.series.len(), killed.series[0].values.len()), (1, 31));
        assert!(killed.cut.is_some_and(|c| c.contains("is not known")));
        let bytes = std::fs::read(&path).expect("bytes");
        std::fs::write(&path, &bytes[..bytes.len() - 40]).expect("cut");
        assert!(Bundle::open(&path).is_err());
        let left = Bundle::salvage(&path).expect("what is whole");
        assert!(left.looks.len() >= 21 && left.cut.is_some_and(|c| c.contains("damaged")));
        recording.finish(header).expect("ended");
        let whole = Bundle::open(&path).expect("whole");
        assert_eq!((whole.looks.len(), whole.series[0].values.len(), whole.cut), (35, 35, None));
    }
}
