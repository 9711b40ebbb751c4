//! Takes looks from a running process and writes them as a bundle when it ends.

use super::Look;
use super::bundle::{self, Error, Header, Writer};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

/// Looks that wait to be packed. A packer that is so far behind will not catch up.
const WAITING: usize = 512;

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
    /// # Errors
    /// No thread can be started, or the folder cannot be written to: said now, not after hours.
    pub fn start(path: PathBuf) -> Result<Recording, Error> {
        bundle::save(&path, b"")?;
        let (to, from) = sync_channel(WAITING);
        let stopped = Arc::new(AtomicBool::new(false));
        let (file, halt) = (path.clone(), stopped.clone());
        let thread = std::thread::Builder::new()
            .name("record".into())
            .spawn(move || pack(&from, &file, &halt))
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

fn pack(
    from: &Receiver<Message>,
    path: &std::path::Path,
    stopped: &AtomicBool,
) -> Result<(), Error> {
    let mut writer = Writer::default();
    while let Ok(message) = from.recv() {
        match message {
            Message::Look(look) => {
                if let Err(error) = writer.look(&look)
                    && !stopped.swap(true, Ordering::Relaxed)
                {
                    tracing::error!(%error, "recording stops here");
                }
            }
            Message::End(header) => return bundle::save(path, &writer.finish(*header)?),
        }
    }
    Ok(())
}
