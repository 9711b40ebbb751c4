//! Reads a checkpoint where it lies on this machine's file systems: its `_metadata`, and of the
//! files that it names the first bytes, where they are below its own folder.

mod place;

use place::own_root;
pub use place::plain_path;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use streamwarden_core::checkpoint::{self, Saved, UnreadWhy, Wanted};

const METADATA: &str = "_metadata";
/// State below Flink's threshold lies within the metadata: 20 KB a piece, 10,000 pieces.
const METADATA_MAX: u64 = 256 << 20;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}: of other file systems nothing is read")]
    Scheme(String),
    #[error("{0} is not there")]
    Missing(PathBuf),
    #[error("{0} is not below a folder that may be read")]
    Outside(PathBuf),
    #[error("{0} is a link that leads out of its folder: it is not followed")]
    Link(PathBuf),
    #[error("{0} is no file")]
    NoFile(PathBuf),
    #[error("{path} has {bytes} bytes; more than {METADATA_MAX} are not read")]
    TooLarge { path: PathBuf, bytes: u64 },
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}: {source}")]
    Metadata { path: PathBuf, source: checkpoint::Error },
}

/// A checkpoint as it was found.
#[derive(Debug)]
pub struct Loaded {
    /// Of the metadata file, links followed.
    pub file: PathBuf,
    pub saved: Saved,
}

/// Reads what `path` names: a `_metadata` file or the folder that holds one, with or without
/// `file:`. Where `roots` are given it must lie below one of them. Blocks.
///
/// # Errors
/// [`Error`]. What lacks of the files beside it is no error: [`checkpoint::SavedOperator::unread`].
pub fn load(path: &str, roots: &[PathBuf]) -> Result<Loaded, Error> {
    let file = metadata_file(path)?;
    let below = |root: &PathBuf| root.canonicalize().is_ok_and(|root| file.starts_with(root));
    if !roots.is_empty() && !roots.iter().any(below) {
        return Err(Error::Outside(file));
    }
    let failed = |source| Error::Read { path: file.clone(), source };
    let known = file.metadata().map_err(failed)?;
    if !known.is_file() {
        return Err(Error::NoFile(file));
    }
    let bytes = known.len();
    if bytes > METADATA_MAX {
        return Err(Error::TooLarge { path: file, bytes });
    }
    let open = File::open(&file).map_err(failed)?;
    let mut draft = checkpoint::read(BufReader::new(open), bytes)
        .map_err(|source| Error::Metadata { path: file.clone(), source })?;
    let folder = file.parent().unwrap_or(Path::new("/"));
    let root = own_root(folder);
    for (at, wanted) in draft.wanted().iter().enumerate() {
        let head = head(wanted, folder, root);
        draft.answer(at, head.as_deref().map_err(Clone::clone));
    }
    let saved = draft.finish();
    Ok(Loaded { file, saved })
}

fn metadata_file(path: &str) -> Result<PathBuf, Error> {
    let plain = plain_path(path).ok_or_else(|| Error::Scheme(path.to_owned()))?;
    let named = if plain.is_dir() { plain.join(METADATA) } else { plain };
    // `chk-7` may be named by its name alone
    let folder = named.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match folder.canonicalize().and_then(|folder| Ok((folder, named.canonicalize()?))) {
        // the folder may be reached by a link; what lies in it is its own
        Ok((folder, file)) if file.parent() == Some(&*folder) => Ok(file),
        Ok(_) => Err(Error::Link(named)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(Error::Missing(named)),
        Err(source) => Err(Error::Read { path: named, source }),
    }
}

/// The bytes that are wanted of a file, if it is the checkpoint's own.
fn head(wanted: &Wanted, folder: &Path, root: &Path) -> Result<Vec<u8>, UnreadWhy> {
    let path = place::of(wanted, folder, root)?;
    let not_readable = |e: std::io::Error| UnreadWhy::NotReadable(e.to_string().as_str().into());
    if !path.metadata().map_err(not_readable)?.is_file() {
        return Err(UnreadWhy::NotReadable("no file".into()));
    }
    let mut file = File::open(&path).map_err(not_readable)?;
    file.seek(SeekFrom::Start(wanted.start)).map_err(not_readable)?;
    let mut bytes = Vec::new();
    file.take(wanted.limit).read_to_end(&mut bytes).map_err(not_readable)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
