//! The pinned jars, by the machine's own Maven, verified before they count as there.

use std::io::{BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::jvm::cache::Cache;
use crate::jvm::java_dir;
use crate::jvm::lock::{Entry, LockFile, sha256};
use crate::jvm::toolchain::{self, Tools};
use crate::progress::Progress;

const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";
const SETS: [&str; 7] =
    ["flink", "flink-2", "kafka", "hadoop", "hadoop-client", "zookeeper", "flink-yarn"];
/// Maven keeps what it has downloaded, so a second try only fetches the rest.
const TRIES: u32 = 3;

/// The jars of a set, all of them there and as locked.
pub fn class_path(
    lock: &LockFile,
    set: &str,
    cache: &Cache,
    tools: &Tools,
    progress: &Progress,
) -> Result<Vec<PathBuf>> {
    let dir = cache.jars(set);
    let missing: Vec<&Entry> =
        lock.set(set).filter(|entry| !is_right(&dir.join(&entry.jar), entry)).collect();
    if !missing.is_empty() {
        let all = lock.set(set).count();
        progress.say(format!(
            "{} of {all} {set} jars are missing; fetching them with Maven",
            missing.len()
        ));
        let staging = tempfile::Builder::new().prefix("jars-").tempdir_in(parent(&dir)?)?;
        copy(set, staging.path(), tools, progress)?;
        for entry in missing {
            accept(entry, staging.path(), &dir)?;
        }
        progress.say(format!("all {all} {set} jars are there and have the right checksums"));
    }
    Ok(lock.set(set).map(|entry| dir.join(&entry.jar)).collect())
}

/// `bed lock`: resolves the poms anew and writes down what came; to be reviewed like any other change.
pub fn write_lock(progress: &Progress) -> Result<()> {
    let tools = toolchain::find(progress)?;
    let mut text = String::from(
        "# SHA-256 of every jar of the bed's class paths. Made by `bed lock`; changed only together with a pom.\n",
    );
    for set in SETS {
        let staging = tempfile::tempdir()?;
        copy(set, staging.path(), &tools, progress)?;
        let mut jars = std::fs::read_dir(staging.path())?.collect::<Result<Vec<_>, _>>()?;
        jars.sort_by_key(std::fs::DirEntry::file_name);
        for jar in jars {
            text +=
                &format!("{}  {set}/{}\n", sha256(&jar.path())?, jar.file_name().to_string_lossy());
        }
    }
    Ok(std::fs::write(java_dir().join("jars.lock"), text)?)
}

fn parent(dir: &Path) -> Result<&Path> {
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    dir.parent().context("the cache has no parent")
}

fn is_right(path: &Path, entry: &Entry) -> bool {
    path.is_file() && sha256(path).is_ok_and(|sum| sum == entry.sha256)
}

/// Into the cache by a rename, so that there is never half a jar under its real name.
fn accept(entry: &Entry, staging: &Path, dir: &Path) -> Result<()> {
    let fetched = staging.join(&entry.jar);
    if !fetched.is_file() {
        bail!("Maven did not bring {}/{}: the pom and jars.lock disagree", entry.set, entry.jar);
    }
    let found = sha256(&fetched)?;
    if found != entry.sha256 {
        bail!(
            "{}/{} has the wrong checksum: SHA-256 is {found}, jars.lock says {}. \
             Remove this jar from Maven's local repository (~/.m2/repository) and try again; \
             if it comes back the same, the repository serves another file and must not be trusted.",
            entry.set,
            entry.jar,
            entry.sha256
        );
    }
    std::fs::rename(&fetched, dir.join(&entry.jar))
        .with_context(|| format!("cannot keep {}", entry.jar))
}

fn copy(set: &str, into: &Path, tools: &Tools, progress: &Progress) -> Result<()> {
    let mut said = String::new();
    for _ in 0..TRIES {
        progress.check()?;
        match run_maven(set, into, tools, progress)? {
            Ok(()) => return Ok(()),
            Err(errors) => said = errors,
        }
        progress.say("Maven failed; trying again from where it stopped");
    }
    bail!("Maven cannot fetch the {set} jars:\n{said}")
}

/// The inner error is what Maven complained about.
fn run_maven(
    set: &str,
    into: &Path,
    tools: &Tools,
    progress: &Progress,
) -> Result<Result<(), String>> {
    let mut complaints = tempfile::tempfile()?;
    let mut child = Command::new(&tools.mvn)
        .args(["-B", "-Dstyle.color=never", "-f"])
        .arg(java_dir().join(set).join("pom.xml"))
        .args([COPY, "-DincludeScope=runtime"])
        .arg(format!("-DoutputDirectory={}", into.display()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // a file cannot fill up and block it, as a second pipe could
        .stderr(complaints.try_clone()?)
        .spawn()
        .with_context(|| format!("cannot run {}", tools.mvn.display()))?;
    let (mut fetched, mut errors) = (0, String::new());
    for line in BufReader::new(child.stdout.take().context("Maven has no stdout")?).lines() {
        let line = line?;
        if line.starts_with("[ERROR]") {
            errors += &line;
            errors.push('\n');
        }
        if line.contains("Downloaded from") && line.contains(".jar (") {
            fetched += 1;
            if fetched % 10 == 0 {
                progress.say(format!("{fetched} jars downloaded"));
            }
        }
        if progress.check().is_err() {
            child.kill()?;
        }
    }
    let status = child.wait()?;
    progress.check()?;
    complaints.rewind()?;
    complaints.read_to_string(&mut errors)?;
    Ok(if status.success() { Ok(()) } else { Err(errors) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_jar_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.jar"), "abc").unwrap();
        let entry = Entry { sha256: "0".repeat(64), set: "flink".into(), jar: "a.jar".into() };
        let error = accept(&entry, dir.path(), dir.path()).unwrap_err().to_string();
        assert!(error.contains("flink/a.jar has the wrong checksum"), "{error}");
        assert!(error.contains("~/.m2/repository"), "{error}");
    }

    #[test]
    fn a_jar_that_did_not_come_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let entry = Entry { sha256: "0".repeat(64), set: "kafka".into(), jar: "b.jar".into() };
        let error = accept(&entry, dir.path(), dir.path()).unwrap_err().to_string();
        assert!(error.contains("did not bring kafka/b.jar"), "{error}");
    }
}
