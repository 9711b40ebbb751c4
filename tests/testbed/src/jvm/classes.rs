//! The bed's own Java, compiled once per content of sources and jars.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::jvm::cache::Cache;
use crate::jvm::java_dir;
use crate::jvm::lock::{LockFile, hex};
use crate::jvm::toolchain::Tools;
use crate::progress::Progress;

/// Java 11 byte code runs on every Flink that the product claims.
const RELEASE: &str = "11";
/// Every change of the sources leaves a jar and a class archive behind.
const KEEP: Duration = Duration::from_secs(14 * 24 * 3600);

/// The jar of `src/common` and, where there is one, `src/<set>`; one source for every line of Flink.
pub fn compiled(
    set: &str,
    jars: &[PathBuf],
    lock: &LockFile,
    cache: &Cache,
    tools: &Tools,
    progress: &Progress,
) -> Result<PathBuf> {
    let source = java_dir().join("src");
    let own = set.split('-').next().unwrap_or(set);
    let mut files = Vec::new();
    for part in ["common", own] {
        let part = source.join(part);
        if part.is_dir() {
            walk(&part, &mut files)?;
        }
    }
    files.sort();
    let jar = cache.classes().join(format!("bed-{set}-{}.jar", &content_hash(&files, lock)?[..16]));
    if jar.is_file() {
        return Ok(jar);
    }
    progress.say(format!("compiling the {set} side"));
    std::fs::create_dir_all(cache.classes())?;
    remove_old(&cache.classes());
    let work = tempfile::Builder::new().prefix("javac-").tempdir_in(cache.classes())?;
    let (java, resources): (Vec<_>, Vec<_>) =
        files.iter().partition(|f| f.extension().is_some_and(|e| e == "java"));
    let class_path: Vec<_> = jars.iter().map(|jar| jar.display().to_string()).collect();
    let classes = work.path().join("classes");
    let mut javac = Command::new(&tools.javac);
    javac
        .args(["--release", RELEASE, "-nowarn", "-cp", &class_path.join(":"), "-d"])
        .arg(&classes)
        .args(java);
    run(&mut javac)?;
    for resource in resources {
        let target = classes.join(resource.strip_prefix(source.join(own))?);
        std::fs::create_dir_all(target.parent().context("a resource without a folder")?)?;
        std::fs::copy(resource, target)?;
    }
    let packed = work.path().join("packed.jar");
    run(Command::new(&tools.jar).arg("cf").arg(&packed).arg("-C").arg(&classes).arg("."))?;
    std::fs::rename(&packed, &jar)?;
    Ok(jar)
}

/// Best effort: whoever still needs one makes it again.
fn remove_old(dir: &Path) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let age = entry.metadata().ok().and_then(|meta| meta.modified().ok()?.elapsed().ok());
        if age.is_some_and(|age| age > KEEP) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn walk(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn content_hash(files: &[PathBuf], lock: &LockFile) -> Result<String> {
    let mut hasher = Sha256::new();
    hasher.update(&lock.text);
    for file in files {
        let bytes = std::fs::read(file)?;
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(&bytes);
    }
    Ok(hex(&hasher.finalize()))
}

fn run(command: &mut Command) -> Result<()> {
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        bail!("{} failed:\n{}", command.get_program().display(), String::from_utf8_lossy(&said));
    }
    Ok(())
}
