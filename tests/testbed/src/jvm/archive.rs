//! Class data sharing: most of a JVM's start is loading classes, and that can be done once for all.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::jvm::Side;
use crate::jvm::toolchain::Tools;

/// Beside the jar, whose name says the content; an archive of another JDK would be ignored without a word.
pub fn path(jar: &Path, tools: &Tools) -> Result<PathBuf> {
    let stem = jar.file_stem().context("a jar without a name")?.to_string_lossy();
    Ok(jar.with_file_name(format!("{stem}-jdk{}.jsa", tools.version)))
}

/// The JVM option that uses the archive, or the one that lets it be made.
pub fn option(side: &Side, train: bool) -> Option<String> {
    if train {
        return Some("-XX:+RecordDynamicDumpInfo".into());
    }
    side.archive.is_file().then(|| format!("-XX:SharedArchiveFile={}", side.archive.display()))
}

pub fn dump(side: &Side, pid: u32, tools: &Tools) -> Result<()> {
    let made = side.archive.with_extension("part");
    let output = Command::new(&tools.jcmd)
        .args([&pid.to_string(), "VM.cds", "dynamic_dump"])
        .arg(&made)
        .stdin(Stdio::null())
        .output()
        .context("cannot run jcmd")?;
    if !made.is_file() {
        bail!("jcmd made no archive: {}", String::from_utf8_lossy(&output.stdout));
    }
    std::fs::rename(&made, &side.archive).context("cannot keep the archive")
}
