use std::path::{Path, PathBuf};
use anyhow::Result;

/// The files of a kind: one per process that wrote it.
pub fn files(dir: &Path, kind: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.strip_prefix(kind).is_some_and(|rest| rest.starts_with('-')) && name.ends_with(".csv") {
            found.push(path);
        }
    }
    Ok(found)
}

pub fn has_arrived(dir: &Path, topic: &str) -> Result<bool> {
    for file in files(dir, "last")? {
        let text = std::fs::read_to_string(file)?;
        if text.lines().any(|line| line.split(',').nth(1) == Some(topic)) {
            return Ok(true);
        }
    }
    Ok(false)
}
