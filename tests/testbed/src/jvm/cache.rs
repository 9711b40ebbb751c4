use std::fs::{File, create_dir_all};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::fs::{FlockOperation, flock};

use crate::progress::Progress;

/// Jars and compiled classes, outside the clone so that `git clean` costs nothing.
pub struct Cache {
    root: PathBuf,
}

impl Cache {
    pub fn open() -> Result<Self> {
        let root = root(|name| std::env::var_os(name).map(PathBuf::from))
            .context("no place for the cache: set STREAMWARDEN_CACHE or HOME")?;
        create_dir_all(&root)
            .with_context(|| format!("cannot make the cache directory {}", root.display()))?;
        Ok(Cache { root })
    }

    pub fn jars(&self, set: &str) -> PathBuf {
        self.root.join("jars").join(set)
    }

    pub fn classes(&self) -> PathBuf {
        self.root.join("classes")
    }

    /// Held until the file is dropped; the kernel releases it if we die.
    pub fn exclusive(&self, progress: &Progress) -> Result<File> {
        let path = self.root.join("lock");
        let file =
            File::create(&path).with_context(|| format!("cannot open {}", path.display()))?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            progress.say("another bed is preparing; waiting for it");
            flock(&file, FlockOperation::LockExclusive)
                .with_context(|| format!("cannot lock {}", path.display()))?;
        }
        Ok(file)
    }
}

fn root(var: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    var("STREAMWARDEN_CACHE").or_else(|| Some(xdg(&var)?.join("streamwarden"))).filter(absolute)
}

fn xdg(var: &impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    // the XDG specification says to ignore a relative one
    var("XDG_CACHE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| Some(var("HOME")?.join(Path::new(".cache"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(vars: &[(&str, &str)]) -> Option<PathBuf> {
        root(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| PathBuf::from(v)))
    }

    #[test]
    fn the_nearest_wish_wins() {
        assert_eq!(with(&[("HOME", "/h")]), Some("/h/.cache/streamwarden".into()));
        assert_eq!(
            with(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/x")]),
            Some("/x/streamwarden".into())
        );
        assert_eq!(
            with(&[("HOME", "/h"), ("XDG_CACHE_HOME", "x")]),
            Some("/h/.cache/streamwarden".into())
        );
        assert_eq!(with(&[("STREAMWARDEN_CACHE", "/s"), ("HOME", "/h")]), Some("/s".into()));
        assert_eq!(with(&[]), None);
    }
}
