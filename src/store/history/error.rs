//! What can go wrong with files, and what to do then.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no space left to write {}: free some space, or move the data directory", .path.display())]
    Full { path: PathBuf, source: io::Error },
    #[error("{} is on a read-only file system: remount it for writing, or move the data directory", .path.display())]
    ReadOnly { path: PathBuf, source: io::Error },
    #[error("no permission for {}: give it to the user that runs Streamwarden", .path.display())]
    Denied { path: PathBuf, source: io::Error },
    #[error("cannot {doing} {}: {source}", .path.display())]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
}

impl Error {
    /// For `map_err`: what was being done to which file.
    pub fn of(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_path_buf();
        move |source| match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::Full { path, source },
            ErrorKind::ReadOnlyFilesystem => Error::ReadOnly { path, source },
            ErrorKind::PermissionDenied => Error::Denied { path, source },
            _ => Error::Io { doing, path, source },
        }
    }
}
