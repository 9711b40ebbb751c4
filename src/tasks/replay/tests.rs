use super::*;
use crate::record::{Freezer, Frozen};
use std::path::Path;
use streamwarden_core::case::*;
use streamwarden_core::estate::{JobKey, Subject};
use streamwarden_core::rules::Words;

/// A slow function in the middle job.
fn recorded() -> Arc<Bundle> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Arc::new(Bundle::open(&root.join("tests/incidents/slow-function.1.bundle")).unwrap())
}

fn at_10_s() -> Derive {
    Derive { tick: Some(Span::secs(10)), ..Derive::default() }
}

fn incident(job: &JobKey, opened: Millis) -> Incident {
    let diagnosis = Diagnosis {
        verdict: Verdict::Undetermined { between: Vec::new() },
        subject: Subject::Job { job: job.clone() },
        role: CauseRole::Root,
        onset: opened,
        says: Words::default(),
        evidence: Vec::new(),
        considered: Vec::new(),
        missing: Vec::new(),
        consequences: Vec::new(),
        victims: Vec::new(),
        symptoms: Vec::new(),
        advice: Vec::new(),
        never: Vec::new(),
        cures: Vec::new(),
        support: 0.0,
    };
    Incident {
        id: IncidentId("00ff".into()),
        state: IncidentState::Provisional,
        opened,
        closed: None,
        onset: opened,
        diagnosis,
        last_seen: opened,
        said: Vec::new(),
        merged_into: None,
        split_from: None,
    }
}

#[test]
fn the_same_recording_gives_the_same_snapshots() {
    let ages = || -> Vec<String> {
        Replay::new(recorded(), at_10_s()).map(|s| format!("{:?}", s.lineage)).collect()
    };
    let first = ages();
    assert!(first.len() > 10 && first == ages());
}

#[test]
fn what_an_incident_froze_tells_of_its_job_and_not_of_strangers() {
    let bundle = recorded();
    let mut replay = Replay::new(bundle.clone(), at_10_s());
    let last = std::iter::from_fn(|| replay.step()).last().unwrap();
    let story = bundle.header.story.clone().unwrap();
    let named = |name: &str| last.estate.jobs.values().find(|j| *j.name == *name).unwrap();
    let hit = named(story.place.as_ref().unwrap().job().unwrap()).key.clone();
    let dir = tempfile::tempdir().unwrap();
    let freezer = Freezer::new(dir.path());
    let look = replay.world.look();
    let frozen = Frozen {
        incident: &incident(&hit, last.at),
        snapshot: &last,
        recent: &replay.world.recent(),
        settings: &look.settings,
        identity: &[],
        story: None,
    };
    let path = freezer.freeze(&frozen).unwrap();
    assert_eq!(path, freezer.path(&IncidentId("00ff".into())));
    let again = Replay::new(Arc::new(Bundle::open(&path).unwrap()), Derive::default());
    let then = again.last().unwrap();
    let reads = |s: &Snapshot| {
        let edges = s
            .lineage
            .edges
            .iter()
            .filter(|e| e.kind == streamwarden_core::lineage::EdgeKind::Reads);
        let seconds = edges.filter(|e| format!("{:?}", e.to).contains(&*hit.key));
        seconds.filter_map(|e| e.delay.seconds()).fold(0.0, f64::max)
    };
    assert!((reads(&last) - reads(&then)).abs() < 1.0, "{} {}", reads(&last), reads(&then));
    let jobs = |s: &Snapshot| s.estate.jobs.values().filter(|j| j.gone.is_none()).count();
    // the chain of three belongs together; the fourth has nothing to do with it
    assert_eq!((jobs(&last), jobs(&then)), (4, 3));
}
