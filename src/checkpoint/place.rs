//! Which file a checkpoint means, and whether it is one of its own: the text comes from a file that
//! anybody may have written.

use std::path::{Component, Path, PathBuf};
use streamwarden_core::checkpoint::{UnreadWhy, Wanted};

/// The path on this machine; None: it is on another file system.
pub fn plain_path(text: &str) -> Option<PathBuf> {
    let Some((scheme, rest)) = text.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
        return Some(text.into());
    };
    if !scheme.eq_ignore_ascii_case("file") {
        return None;
    }
    // file:/a, file:///a, and file://localhost/a
    let path = match rest.strip_prefix("//") {
        Some(rest) => rest.strip_prefix("localhost").unwrap_or(rest),
        None => rest,
    };
    path.starts_with('/').then(|| path.into())
}

fn is_scheme(text: &str) -> bool {
    text.len() > 1
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// What belongs to the checkpoint in this folder: of `…/<job>/chk-7` also `…/<job>/shared` and what
/// tasks own; a savepoint has all within its own.
pub fn own_root(folder: &Path) -> &Path {
    let is_chk = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("chk-"));
    folder.parent().filter(|_| is_chk).unwrap_or(folder)
}

/// The file that is wanted, links followed, if it lies below `root`.
pub fn of(wanted: &Wanted, folder: &Path, root: &Path) -> Result<PathBuf, UnreadWhy> {
    let path = if wanted.beside {
        folder.join(&wanted.path)
    } else {
        plain_path(&wanted.path).ok_or(UnreadWhy::Scheme)?
    };
    let climbs = path.components().any(|part| part == Component::ParentDir);
    if climbs || !path.is_absolute() || !path.starts_with(root) {
        return Err(UnreadWhy::Outside);
    }
    let real = path.canonicalize().map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => UnreadWhy::Missing,
        _ => UnreadWhy::NotReadable(e.to_string().as_str().into()),
    })?;
    if real.starts_with(root) { Ok(real) } else { Err(UnreadWhy::Outside) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(path: &str, beside: bool) -> Wanted {
        Wanted { path: path.into(), beside, start: 0, limit: 1, whole: true, keyed: true }
    }

    #[test]
    fn only_its_own_files() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        let chk = base.join("job/chk-3");
        std::fs::create_dir_all(&chk).unwrap();
        std::fs::create_dir_all(base.join("job/shared")).unwrap();
        std::fs::write(base.join("job/shared/a"), "a").unwrap();
        std::fs::write(base.join("secret"), "s").unwrap();
        std::os::unix::fs::symlink(base.join("secret"), chk.join("link")).unwrap();
        let root = own_root(&chk);
        assert_eq!(root, base.join("job"));
        let at = |path: &str, beside| of(&wanted(path, beside), &chk, root);
        let shared = base.join("job/shared/a");
        assert_eq!(at(&format!("file:{}", shared.display()), false), Ok(shared.clone()));
        assert_eq!(at(&format!("file://{}", shared.display()), false), Ok(shared));
        assert_eq!(at("gone", true), Err(UnreadWhy::Missing));
        assert_eq!(at("s3://bucket/a", false), Err(UnreadWhy::Scheme));
        let secret = base.join("secret").display().to_string();
        for outside in ["../../secret", "../shared/a", &secret, "link"] {
            assert_eq!(at(outside, true), Err(UnreadWhy::Outside), "{outside}");
            assert_eq!(at(outside, false), Err(UnreadWhy::Outside), "{outside}");
        }
        assert_eq!(own_root(Path::new("/s/savepoint-1-2")), Path::new("/s/savepoint-1-2"));
        assert_eq!(plain_path("file://other/a"), None);
    }
}
