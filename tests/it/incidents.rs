//! The recordings of `tests/incidents`: each is of its fault as it is today, and tells the story
//! that lies beside it. BLESS=1 writes stories (and labels that only say more) anew.

use std::path::{Path, PathBuf};
use std::process::Command;
use testbed::recording;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/incidents")
}

fn bless() -> bool {
    std::env::var("BLESS").as_deref() == Ok("1")
}

/// (fault, seed, path), by name.
fn bundles() -> Vec<(String, u64, PathBuf)> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if let Some((fault, seed)) = name.strip_suffix(".bundle").and_then(|n| n.rsplit_once('.')) {
            out.push((fault.to_owned(), seed.parse().unwrap(), path));
        }
    }
    out.sort();
    out
}

#[test]
fn every_recording_is_of_its_fault_as_it_is() {
    let mut stale = Vec::new();
    for (fault, seed, path) in bundles() {
        let bytes = std::fs::read(&path).unwrap();
        let was = recording::header(&bytes).unwrap()["story"].clone();
        let mut is = match recording::story(&fault, seed) {
            Ok(story) => story,
            Err(e) => {
                stale.push(format!("{fault}.{seed}: {e:#}"));
                continue;
            }
        };
        for when in ["injected", "healed"] {
            is[when] = was[when].clone();
        }
        if was["source"] != is["source"] {
            stale.push(format!(
                "{fault}.{seed}: record it anew (`bed record {fault} --seed {seed}`)"
            ));
        } else if was != is && bless() {
            std::fs::write(&path, recording::with_story(&bytes, is).unwrap()).unwrap();
        } else if was != is {
            stale.push(format!("{fault}.{seed}: its label has changed (BLESS=1 writes it)"));
        }
    }
    assert!(stale.is_empty(), "recordings of what is no more:\n{}", stale.join("\n"));
}

#[test]
fn every_recording_tells_its_story() {
    // one seed of each
    let mut firsts = bundles();
    firsts.dedup_by(|a, b| a.0 == b.0);
    let others = std::sync::Mutex::new(Vec::new());
    let left = std::sync::Mutex::new(firsts);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((fault, _, path)) = { left.lock().unwrap().pop() } {
                    others.lock().unwrap().extend(compare(&fault, &path));
                }
            });
        }
    });
    let mut others = others.into_inner().unwrap();
    others.sort();
    assert!(others.is_empty(), "BLESS=1 writes stories anew:\n{}", others.join("\n"));
}

/// Of a story.
const LINES: usize = 40;

/// What differs from the story beside it.
fn compare(fault: &str, path: &Path) -> Option<String> {
    let beside = folder().join(format!("{fault}.story.txt"));
    if bless() {
        std::fs::write(&beside, replay(path)).unwrap();
        return None;
    }
    let Ok(kept) = std::fs::read_to_string(&beside) else {
        return Some(format!("{fault} has no story beside it"));
    };
    let text = replay(path);
    if text.lines().count() > LINES {
        return Some(format!("{fault} tells more than anybody reads:\n{text}"));
    }
    (kept != text).then(|| format!("{fault} was\n{kept}and is\n{text}"))
}

/// At the tick that most estates will have.
fn replay(path: &Path) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_streamwarden"))
        .args(["replay", "--lang", "en", "--tick", "5", "--days"])
        .arg(path)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(matches!(out.status.code(), Some(0 | 3)), "{}: {errors}", path.display());
    String::from_utf8(out.stdout).unwrap()
}
