use super::*;
use crate::record::Freezer;
use crate::tasks::{Freezing, Watcher, tell};
use std::path::Path;
use streamwarden_core::case::Verdict;
use streamwarden_core::rules::RuleSet;

/// A slow function in the middle job.
fn recorded() -> Arc<Bundle> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Arc::new(Bundle::open(&root.join("tests/incidents/slow-function.1.bundle")).unwrap())
}

fn at_5_s() -> Derive {
    Derive { tick: Some(Span::secs(5)), ..Derive::default() }
}

#[test]
fn the_same_recording_gives_the_same_snapshots() {
    let ages = || -> Vec<String> {
        Replay::new(recorded(), at_5_s()).map(|s| format!("{:?}", s.lineage)).collect()
    };
    let first = ages();
    assert!(first.len() > 10 && first == ages());
}

/// Lives through it as the process would; gives the folder of its data and its last snapshot.
async fn lived(rules: &RuleSet) -> (tempfile::TempDir, Arc<Snapshot>) {
    let mut replay = Replay::new(recorded(), at_5_s());
    let dir = tempfile::tempdir().unwrap();
    let mut freezing = Freezing::new(Freezer::new(dir.path()), Vec::new());
    let mut watcher = Watcher::new(rules.clone());
    let mut last = None;
    while let Some(snapshot) = replay.step() {
        let snapshot = Arc::new(snapshot);
        let events = watcher.pass(&snapshot).events;
        freezing.look(&events, watcher.book(), &snapshot, &replay.world);
        freezing.settled().await;
        last = Some(snapshot);
    }
    (dir, last.unwrap())
}

#[tokio::test]
async fn what_an_incident_froze_tells_the_same_root_and_nothing_of_strangers() {
    let rules = crate::rules::load(None).unwrap_or_else(|p| panic!("{p:?}")).set;
    let (dir, last) = lived(&rules).await;
    let files = std::fs::read_dir(dir.path().join("incidents")).unwrap();
    let files: Vec<_> = files.map(|f| f.unwrap().path()).collect();
    let [file] = &files[..] else { panic!("{files:?}") };
    let frozen = Arc::new(Bundle::open(file).unwrap());
    let told = |bundle, how| tell(bundle, how, Watcher::new(rules.clone())).stood();
    let root = told(recorded(), at_5_s());
    assert!(matches!(&root[..], [(Verdict::Root { .. }, _)]), "{root:?}");
    assert_eq!(told(frozen.clone(), Derive::default()), root);
    let then = Replay::new(frozen, Derive::default()).last().unwrap();
    let jobs = |s: &Snapshot| s.estate.jobs.values().filter(|j| j.gone.is_none()).count();
    // the chain of three belongs together; the fourth has nothing to do with it
    assert_eq!((jobs(&last), jobs(&then)), (4, 3));
}
