//! One process per data directory.

use super::Error;
use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

/// Who holds it may be about to end (a restart), or be a child that is just being started.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(50);

/// Held as long as it lives; the kernel lets go when the process dies, however it dies.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// # Errors
    /// Another process holds it, or the file cannot be made.
    pub fn take(dir: &Path) -> Result<Lock, Error> {
        let path = dir.join("lock");
        let failed = |e| Error::Dir(super::history::Error::of("lock", &path)(e));
        let mut options = File::options();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match try_lock(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let _ = (&mut file).take(20).read_to_string(&mut pid);
                let pid = pid.trim().parse().ok();
                return Err(Error::InUse { dir: dir.to_path_buf(), pid });
            }
            Err(TryLockError::Error(e)) => return Err(failed(e)),
        }
        // only to be named to the one who is refused
        let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Lock { _file: file })
    }
}

fn try_lock(file: &File) -> Result<(), TryLockError> {
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            settled => return settled,
        }
    }
    file.try_lock()
}
