//! How often the cause is named, and how soon: over our recordings and those of the folders in
//! STREAMWARDEN_INCIDENTS (`a:b`), as if Flink had been asked each 5, 10 and 30 s, and
//! with eyes half shut. Prints Markdown.
//!
//! `cargo bench --bench knowledge [-- words]`; a word is a way of looking (`ways.rs`: 5s, 10s, 30s,
//! series, taskmanager, clocks, late), `jobs` (generated ones alone), `answers` (an hour
//! of them in memory), or how the names of recordings begin.
#![expect(clippy::unwrap_used, reason = "a benchmark may fail loudly")]

mod many;
mod peers;
mod run;
mod table;
mod ways;

use run::{Run, run};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use streamwarden::record::Bundle;
use streamwarden_core::rules::RuleSet;
use tokio::time::Instant;
use ways::{WAYS, Way};

fn main() {
    let loaded =
        streamwarden::rules::load(None).unwrap_or_else(|_| panic!("the rules have mistakes"));
    let (rules, checks) = (loaded.set, loaded.checks);
    let words: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    if words == ["jobs"] {
        return many::jobs(&rules);
    }
    if words == ["inspection"] {
        return many::inspection(1000, &rules, &checks);
    }
    if words == ["answers"] {
        return answers();
    }
    let (ways, names): (Vec<&String>, Vec<&String>) =
        words.iter().partition(|w| WAYS.iter().any(|way| way.word == **w));
    let ways: Vec<&Way> =
        WAYS.iter().filter(|way| ways.is_empty() || ways.iter().any(|w| **w == way.word)).collect();
    let mut files = files();
    files.retain(|(name, _)| names.is_empty() || names.iter().any(|n| name.starts_with(*n)));
    let begun = Instant::now();
    let mut runs = all(&files, &ways, &rules);
    runs.sort_by(|a, b| a.recording.cmp(&b.recording));
    let (n, of) = (files.len(), ways.len());
    println!("{n} recordings, looked at in {of} ways, in {:.0} s\n", begun.elapsed().as_secs_f64());
    table::print(&ways, &runs);
    if words.is_empty() {
        many::jobs(&rules);
        many::inspection(1000, &rules, &checks);
        answers();
    }
}

fn answers() {
    many::recent(&Bundle::open(&files()[0].1).unwrap());
}

/// Ours, of three seeds, and those of the folders named. By name; of two with one name the first.
fn files() -> Vec<(String, PathBuf)> {
    let ours = ["tests/incidents", "benches/knowledge/recordings"];
    let ours = ours.map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    let more = std::env::var_os("STREAMWARDEN_INCIDENTS").unwrap_or_default();
    let mut found = BTreeMap::new();
    let more = std::env::split_paths(&more).filter(|p| !p.as_os_str().is_empty());
    for folder in ours.into_iter().chain(more) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|e| e == "bundle") {
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                found.entry(name).or_insert(path);
            }
        }
    }
    found.into_iter().collect()
}

/// As many recordings at a time as there are processors.
fn all(files: &[(String, PathBuf)], ways: &[&Way], rules: &RuleSet) -> Vec<Run> {
    let left = Mutex::new(files.iter());
    let work = || {
        let mut done = Vec::new();
        while let Some((name, path)) = { left.lock().unwrap().next() } {
            let bundle = Arc::new(Bundle::open(path).unwrap());
            for way in ways {
                done.push(run(name, &bundle, way, rules));
            }
        }
        done
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().flat_map(|t| t.join().unwrap()).collect()
    })
}
