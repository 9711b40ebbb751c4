use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

const PREFIX: &str = "streamwarden-bed-";
const OWNER: &str = "owner";

/// Where a bed writes. The kernel releases the lock however we end, which tells an abandoned directory from a used one.
pub enum BedDir {
    Own { dir: TempDir, _lock: File },
    Given(PathBuf),
}

impl BedDir {
    pub fn create(given: Option<PathBuf>) -> Result<Self> {
        if let Some(path) = given {
            std::fs::create_dir_all(&path)
                .with_context(|| format!("cannot make {}", path.display()))?;
            return Ok(BedDir::Given(path.canonicalize()?));
        }
        let parent = std::env::temp_dir();
        sweep(&parent);
        let dir = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        Ok(BedDir::Own { _lock: own(dir.path())?, dir })
    }

    pub fn path(&self) -> &Path {
        match self {
            BedDir::Own { dir, .. } => dir.path(),
            BedDir::Given(path) => path,
        }
    }
}

/// Locked before it has its name: nobody can find it unlocked while we live.
fn own(dir: &Path) -> Result<File> {
    let unnamed = dir.join("owner.new");
    let file = File::create(&unnamed)?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    std::fs::rename(&unnamed, dir.join(OWNER))?;
    Ok(file)
}

/// Removes what drivers left that were killed. Best effort: it is only about disk space.
fn sweep(parent: &Path) {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    for dir in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX)) {
        let owner = File::open(dir.path().join(OWNER));
        if owner.is_ok_and(|file| flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok()) {
            let _ = std::fs::remove_dir_all(dir.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_abandoned_directory_goes_and_a_used_one_stays() {
        let parent = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let dir = parent.path().join(name);
            std::fs::create_dir(&dir).unwrap();
            dir
        };
        let (used, abandoned) = (make("streamwarden-bed-a"), make("streamwarden-bed-b"));
        let (starting, foreign) = (make("streamwarden-bed-c"), make("else"));
        let _lock = own(&used).unwrap();
        drop(own(&abandoned).unwrap());
        drop(own(&foreign).unwrap());
        sweep(parent.path());
        assert!(used.exists() && starting.exists() && foreign.exists());
        assert!(!abandoned.exists());
    }
}
