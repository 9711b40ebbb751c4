//! What a database can answer instead, and what to do then.

use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} is locked by another process: stop what has it open (`fuser {}` names it)", .path.display(), .path.display())]
    Locked { path: PathBuf, source: sqlx::Error },
    #[error("{} cannot be written (read-only file, file system or directory): make it writable for the user that runs Streamwarden, or move the data directory", .path.display())]
    ReadOnly { path: PathBuf, source: sqlx::Error },
    #[error("no space left for {}: free some space, or move the data directory", .path.display())]
    Full { path: PathBuf, source: sqlx::Error },
    #[error("{} cannot be opened: see that its directory exists, is on a writable file system and belongs to the user that runs Streamwarden", .path.display())]
    CannotOpen { path: PathBuf, source: sqlx::Error },
    #[error("{} is not a database of Streamwarden's: move it away, or choose another data directory", .path.display())]
    NotADatabase { path: PathBuf },
    #[error("{} is damaged: move it away (history is kept elsewhere) and start again, or restore a backup", .path.display())]
    Damaged { path: PathBuf, source: sqlx::Error },
    #[error("{} was written by a newer Streamwarden (schema {schema}, this one knows {known}); start that version, or choose another data directory", .path.display())]
    Newer { path: PathBuf, schema: i64, known: i64 },
    #[error("{} has schema {schema} in another form than this Streamwarden's: it was written by an unreleased build; move it away, or start that build", .path.display())]
    Different { path: PathBuf, schema: i64 },
    #[error("{} runs with {name} = {got}, and {want} is needed so that nothing is lost in a crash; put the data directory on a local file system", .path.display())]
    Pragma { path: PathBuf, name: &'static str, got: String, want: &'static str },
    #[error("{} did not answer within {after_s} s ({doing}): its disk may be stuck", .path.display())]
    TimedOut { path: PathBuf, doing: &'static str, after_s: u64 },
    #[error("{} is no longer the file that was opened (removed, or another in its place): what is written would be lost at the end of this process; put it back, or start Streamwarden anew", .path.display())]
    Gone { path: PathBuf },
    #[error("cannot {doing} in {}", .path.display())]
    Sql { path: PathBuf, doing: &'static str, source: sqlx::Error },
}

// primary result codes, https://www.sqlite.org/rescode.html
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READONLY: i32 = 8;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const NOTADB: i32 = 26;

impl Error {
    pub fn of(doing: &'static str, path: &Path, source: sqlx::Error) -> Error {
        let path = path.to_path_buf();
        let code = source.as_database_error().and_then(|e| e.code()?.parse::<i32>().ok());
        match code.map(|code| code & 0xff) {
            Some(BUSY | LOCKED) => Error::Locked { path, source },
            Some(READONLY) => Error::ReadOnly { path, source },
            Some(FULL) => Error::Full { path, source },
            Some(CANTOPEN) => Error::CannotOpen { path, source },
            Some(NOTADB) => Error::NotADatabase { path },
            Some(CORRUPT) => Error::Damaged { path, source },
            _ => Error::Sql { path, doing, source },
        }
    }
}
