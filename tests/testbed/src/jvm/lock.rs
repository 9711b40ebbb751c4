//! `java/jars.lock`: which jars, with which content. Lines of `<sha256>  <set>/<jar>`, as sha256sum writes them.

use std::fmt::Write;
use std::fs::File;
use std::io;
use std::path::Path;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    pub sha256: String,
    pub set: String,
    pub jar: String,
}

#[derive(Debug)]
pub struct LockFile {
    entries: Vec<Entry>,
    /// of the whole text: what is compiled against these jars belongs to exactly these jars
    pub text: String,
}

impl LockFile {
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let entries = parse(&text).with_context(|| path.display().to_string())?;
        Ok(LockFile { entries, text })
    }

    pub fn set<'a>(&'a self, set: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| entry.set == set)
    }
}

fn parse(text: &str) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for (number, line) in
        text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
    {
        let Some(entry) = entry(line) else {
            bail!("line {}: expected `<sha256>  <set>/<jar>`, found {line:?}", number + 1);
        };
        entries.push(entry);
    }
    Ok(entries)
}

fn entry(line: &str) -> Option<Entry> {
    let (sha256, path) = line.split_once("  ")?;
    let (set, jar) = path.split_once('/')?;
    let hex = sha256.len() == 64
        && sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    // a jar name becomes a path: nothing may lead out of its directory
    let plain = jar.ends_with(".jar") && !jar.contains('/');
    (hex && plain && !set.is_empty()).then(|| Entry {
        sha256: sha256.into(),
        set: set.into(),
        jar: jar.into(),
    })
}

pub fn sha256(path: &Path) -> Result<String> {
    let mut file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut hasher = Sha256::new();
    io::copy(&mut file, &mut hasher).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(hex(&hasher.finalize()))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUM: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn reads_what_sha256sum_writes() {
        let entries = parse(&format!("# why\n\n{SUM}  flink/a-1.jar\n")).unwrap();
        assert_eq!(
            entries,
            [Entry { sha256: SUM.into(), set: "flink".into(), jar: "a-1.jar".into() }]
        );
    }

    #[test]
    fn names_the_line_that_is_wrong() {
        for bad in [
            "flink/a.jar",
            &format!("{SUM}  a.jar"),
            &format!("{SUM}  flink/../a.jar"),
            "12  flink/a.jar",
        ] {
            let error = parse(&format!("# one\n{bad}\n")).unwrap_err().to_string();
            assert!(error.starts_with("line 2: "), "{bad}: {error}");
        }
    }

    #[test]
    fn the_committed_lock_file_is_well_formed() {
        let lock = LockFile::read(&crate::jvm::java_dir().join("jars.lock")).unwrap();
        assert!(lock.set("flink").any(|entry| entry.jar.starts_with("flink-runtime-")));
        assert!(lock.set("kafka").any(|entry| entry.jar.starts_with("kafka_2.13-")));
    }

    #[test]
    fn sums_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        assert_eq!(sha256(&path).unwrap(), SUM);
    }
}
