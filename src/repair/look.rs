//! A look at the job: first the states of its runs, then what else is to be known. What is
//! completed when a run is seen to have ended is all that it will ever complete.
//!
//! What is not answered makes the look one that is not whole: absence then says nothing.

use super::Roots;
use super::client::{ActClient, Answer};
use super::hand::Control;
use super::reply::cut;
use super::roots::local_path;
use super::wire::segment;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;
use streamwarden_core::action::{ActionState, Operation, Request, Restored, RunSeen, Seen};
use streamwarden_core::case::{RestorePoint, newest_first};
use streamwarden_core::checkpoint;
use streamwarden_core::estate::{Identity, JobState, Millis, Name, RunId, VertexId, glob};

/// For one question.
const ASK: Duration = Duration::from_secs(2);
const LIST: Duration = Duration::from_secs(1);
/// Runs that are asked for more than their state: those of the action, and strangers that live.
const STRANGERS: usize = 4;
/// Checkpoints of one run that are looked at.
const POINTS: usize = 200;
/// Newest checkpoints of a run that are read until one of them is whole.
const TRIED: usize = 8;
/// Metadata beyond this are taken as they are.
const READ_MAX: u64 = 16 << 20;

#[derive(Deserialize)]
struct Overview {
    jobs: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    jid: String,
    name: String,
    state: JobState,
}

#[derive(Deserialize)]
struct Detail {
    state: JobState,
    vertices: Vec<Vertex>,
}

#[derive(Deserialize)]
struct Vertex {
    id: String,
    parallelism: u32,
    #[serde(default)]
    tasks: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Checkpoints {
    #[serde(default)]
    latest: Option<Latest>,
    #[serde(default)]
    history: Vec<Point>,
}

#[derive(Deserialize)]
struct Latest {
    completed: Option<Point>,
    savepoint: Option<Point>,
    restored: Option<RawRestored>,
}

#[derive(Deserialize)]
struct Point {
    id: u64,
    #[serde(default)]
    status: String,
    #[serde(default)]
    is_savepoint: bool,
    trigger_timestamp: i64,
    #[serde(default)]
    external_path: Option<String>,
    #[serde(default)]
    discarded: bool,
}

#[derive(Deserialize)]
struct RawRestored {
    id: u64,
    restore_timestamp: i64,
    #[serde(default)]
    is_savepoint: bool,
    #[serde(default)]
    external_path: Option<String>,
}

#[derive(Deserialize)]
struct Triggered {
    status: Status,
    #[serde(default)]
    operation: Option<BTreeMap<String, serde_json::Value>>,
}

#[derive(Deserialize)]
struct Status {
    id: String,
}

/// No answer that says anything.
struct Unanswered;

pub(super) async fn look(
    client: &ActClient,
    identity: &[Identity],
    roots: &Roots,
    state: &ActionState,
    now: Millis,
) -> Seen {
    let mut seen = Seen {
        asked: now,
        whole: false,
        runs: BTreeMap::new(),
        elsewhere: Vec::new(),
        gone: BTreeSet::new(),
        operation: None,
    };
    let ours: BTreeSet<RunId> =
        state.runs().chain([state.plan.run.clone(), state.current().clone()]).collect();
    let Ok(Some(overview)) = get::<Overview>(client, "/jobs/overview").await else { return seen };
    for job in overview.jobs {
        let id = RunId::new(job.jid);
        let same = covers(identity, state, &job.name);
        if same || ours.contains(&id) {
            let other = (!same).then(|| cut(&job.name));
            seen.runs.insert(id, RunSeen { other, ..unknown(job.state) });
        }
    }
    seen.whole = ask_runs(client, roots, &ours, &mut seen.runs).await.is_ok();
    match operation(client, roots, state).await {
        Ok(operation) => seen.operation = operation,
        Err(Unanswered) => seen.whole = false,
    }
    let told = seen.runs.values().flat_map(|r| &r.completed);
    let told = told.chain(&state.plan.secured).chain(&state.chosen).map(|p| p.path.clone());
    let told = told.collect();
    (seen.elsewhere, seen.gone) = disk(roots, ours, told).await;
    for run in seen.runs.values_mut() {
        run.completed.retain(|p| !seen.gone.contains(&p.path));
    }
    seen
}

/// The run belongs to the job, as the collectors tell jobs apart.
fn covers(identity: &[Identity], state: &ActionState, name: &str) -> bool {
    let job = &state.plan.job;
    let rule = identity.iter().find(|r| r.cluster == job.cluster && glob(&r.job, name));
    *rule.map_or(name, |r| &*r.key) == *job.key
}

fn unknown(state: JobState) -> RunSeen {
    RunSeen {
        state,
        other: None,
        all_running: false,
        restored: None,
        completed: Vec::new(),
        parallelism: BTreeMap::new(),
    }
}

async fn ask_runs(
    client: &ActClient,
    roots: &Roots,
    ours: &BTreeSet<RunId>,
    runs: &mut BTreeMap<RunId, RunSeen>,
) -> Result<(), Unanswered> {
    let mut strangers = 0;
    for (id, run) in runs.iter_mut() {
        if !ours.contains(id) {
            strangers += 1;
            if run.state.is_terminal() || strangers > STRANGERS {
                continue;
            }
        }
        if !run.state.is_terminal() {
            tasks(client, id, run).await?;
        }
        checkpoints(client, roots, id, run).await?;
    }
    Ok(())
}

async fn tasks(client: &ActClient, id: &RunId, run: &mut RunSeen) -> Result<(), Unanswered> {
    let path = format!("/jobs/{}", segment(id.as_str()));
    let Some(detail) = get::<Detail>(client, &path).await? else { return Err(Unanswered) };
    // what was listed first counts as its state; only what both say runs, runs
    let running = |v: &Vertex| {
        let total = v.tasks.get("total").copied();
        let of = |word: &str| {
            v.tasks.iter().find(|(k, _)| k.eq_ignore_ascii_case(word)).map_or(0, |(_, n)| *n)
        };
        let up = of("running") + of("finished");
        up > 0 && up == total.unwrap_or(u64::from(v.parallelism))
    };
    run.all_running = detail.state == JobState::Running
        && !detail.vertices.is_empty()
        && detail.vertices.iter().all(running);
    run.parallelism =
        detail.vertices.into_iter().map(|v| (VertexId::new(v.id), v.parallelism)).collect();
    Ok(())
}

async fn checkpoints(
    client: &ActClient,
    roots: &Roots,
    id: &RunId,
    run: &mut RunSeen,
) -> Result<(), Unanswered> {
    let path = format!("/jobs/{}/checkpoints", segment(id.as_str()));
    let raw: Checkpoints = match client.get(&path, ASK).await {
        Answer::Status { code: 200, body } => parse(&body)?,
        // a job without checkpoints; that the job itself is not found is another matter
        Answer::Status { code: 404, body } if not_enabled(&body) => return Ok(()),
        _ => return Err(Unanswered),
    };
    let Latest { completed, savepoint, restored } =
        raw.latest.unwrap_or(Latest { completed: None, savepoint: None, restored: None });
    let all = raw.history.into_iter().chain(completed).chain(savepoint);
    let mut points: Vec<RestorePoint> = all
        .filter(|p| p.status == "COMPLETED" && !p.discarded)
        .filter_map(|p| {
            let path = Name::from(p.external_path?);
            let (checkpoint, taken) = (p.id, Millis(p.trigger_timestamp));
            Some(RestorePoint {
                run: id.clone(),
                checkpoint,
                path,
                taken,
                savepoint: p.is_savepoint,
            })
        })
        .collect();
    if let Some(r) = restored {
        let path = r.external_path.filter(|p| !p.is_empty()).map(Name::from);
        run.restored = Some(Restored { checkpoint: r.id, path: path.clone() });
        // until it has completed one of its own, this is what the job can go back to
        let base = path.filter(|path| points.iter().all(|p| p.path != *path));
        points.extend(base.map(|path| RestorePoint {
            run: id.clone(),
            checkpoint: r.id,
            path,
            taken: Millis(r.restore_timestamp),
            savepoint: r.is_savepoint,
        }));
    }
    points.retain(|p| roots.admits(&p.path));
    points.sort_by_key(|p| std::cmp::Reverse((p.taken, p.checkpoint)));
    points.dedup();
    points.truncate(POINTS);
    run.completed = points;
    Ok(())
}

fn not_enabled(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body).to_lowercase();
    text.contains("checkpointing") && text.contains("enabled")
}

/// What has become of the open trigger.
async fn operation(
    client: &ActClient,
    roots: &Roots,
    state: &ActionState,
) -> Result<Option<Operation>, Unanswered> {
    let (run, what, trigger) = match state.open.as_ref().map(|i| &i.request) {
        Some(Request::Checkpoint { run, trigger }) => (run, "checkpoints", trigger),
        Some(Request::Savepoint { run, trigger }) => (run, "savepoints", trigger),
        _ => return Ok(None),
    };
    let path = format!("/jobs/{}/{what}/{}", segment(run.as_str()), segment(trigger));
    let Some(triggered) = get::<Triggered>(client, &path).await? else { return Ok(None) };
    if triggered.status.id != "COMPLETED" {
        return Ok(Some(Operation::InProgress));
    }
    let operation = triggered.operation.unwrap_or_default();
    let cause = operation.get("failure-cause").or_else(|| operation.get("failureCause"));
    let location = operation.get("location").and_then(|l| l.as_str()).map(Name::from);
    let written = location.filter(|l| roots.admits(l));
    Ok(Some(match cause.filter(|c| !c.is_null()) {
        None => whole(roots, written).await,
        Some(cause) => {
            let of = |key: &str| cause.get(key).and_then(|v| v.as_str()).unwrap_or_default();
            let stack = of("stack-trace");
            let line = stack.lines().rfind(|l| l.starts_with("Caused by: "));
            let line = line.or_else(|| stack.lines().next()).unwrap_or(of("class"));
            Operation::Failed(cut(line))
        }
    }))
}

/// What was written can be read again, where this machine sees it.
async fn whole(roots: &Roots, written: Option<Name>) -> Operation {
    let (_, lost) = disk(roots, BTreeSet::new(), written.into_iter().collect()).await;
    match lost.first() {
        None => Operation::Completed,
        Some(at) => Operation::Failed(cut(&format!(
            "{at} has no _metadata, or a part of it: nobody could go back to it"
        ))),
    }
}

#[derive(Deserialize)]
struct Setting {
    key: String,
    value: String,
}

/// Flink's defaults where it does not say: no high availability; the default scheduler, but the
/// adaptive one in reactive mode.
pub(super) async fn control(client: &ActClient) -> Option<Control> {
    let settings = get::<Vec<Setting>>(client, "/jobmanager/config").await.ok().flatten()?;
    let said = |keys: &[&str]| {
        let found = settings.iter().find(|s| keys.contains(&s.key.as_str()));
        found.map(|s| s.value.to_lowercase())
    };
    let ha = said(&["high-availability.type", "high-availability"]);
    let scheduler = said(&["jobmanager.scheduler"]);
    let reactive = said(&["scheduler-mode"]).is_some_and(|mode| mode == "reactive");
    let all = settings.iter().map(|s| (s.key.as_str(), s.value.as_str())).collect();
    Some(Control {
        operator: super::Deployment::of(&all),
        ha: ha.is_some_and(|ha| ha != "none"),
        adaptive: scheduler.map_or(reactive, |s| s == "adaptive"),
    })
}

/// None: not found.
async fn get<T: DeserializeOwned>(client: &ActClient, path: &str) -> Result<Option<T>, Unanswered> {
    match client.get(path, ASK).await {
        Answer::Status { code: 200, body } => parse(&body).map(Some),
        Answer::Status { code: 404, .. } => Ok(None),
        _ => Err(Unanswered),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unanswered> {
    serde_json::from_slice(body).map_err(|_| Unanswered)
}

/// What this machine's own disk says, where checkpoints lie on it: those of the runs, known also
/// when no JobManager knows them, and which of the paths that were told are not there.
async fn disk(
    roots: &Roots,
    runs: BTreeSet<RunId>,
    told: Vec<Name>,
) -> (Vec<RestorePoint>, BTreeSet<Name>) {
    let roots = roots.clone();
    let list = tokio::task::spawn_blocking(move || {
        let mut found: Vec<RestorePoint> = Vec::new();
        for root in roots.local() {
            found.extend(runs.iter().flat_map(|run| of_run(&root, run)));
        }
        found.retain(|p| roots.admits(&p.path));
        newest_first(&mut found);
        found.truncate(POINTS);
        (found, told.into_iter().filter(|path| gone(&roots, path)).collect())
    });
    match tokio::time::timeout(LIST, list).await {
        Ok(Ok(both)) => both,
        _ => Default::default(),
    }
}

/// Of one run; None: no root on this machine has a directory of it.
pub(super) async fn on_disk(roots: &Roots, run: &RunId) -> Option<Vec<RestorePoint>> {
    let (roots, run) = (roots.clone(), run.clone());
    let list = tokio::task::spawn_blocking(move || {
        let with: Vec<_> = roots.local().filter(|r| r.join(run.as_str()).is_dir()).collect();
        let mut found: Vec<RestorePoint> = with.iter().flat_map(|r| of_run(r, &run)).collect();
        found.retain(|p| roots.admits(&p.path));
        newest_first(&mut found);
        found.truncate(POINTS);
        (!with.is_empty()).then_some(found)
    });
    tokio::time::timeout(LIST, list).await.ok()?.ok()?
}

/// The directory around it, or the root that it lies below, is here, and its metadata is not.
fn gone(roots: &Roots, path: &Name) -> bool {
    let Some(local) = local_path(path) else { return false };
    let here = local.parent().is_some_and(Path::is_dir)
        || roots.local().any(|root| local.starts_with(&root) && root.is_dir());
    let metadata = local.join("_metadata");
    here && (!metadata.is_file() || cut_off(&metadata))
}

/// Flink itself could not read it. Of what is too large, or not known here, nothing is said.
fn cut_off(metadata: &Path) -> bool {
    let Ok(file) = std::fs::File::open(metadata) else { return false };
    let Ok(known) = file.metadata() else { return false };
    if !known.is_file() || known.len() > READ_MAX {
        return false;
    }
    let read = checkpoint::read(std::io::BufReader::new(file), known.len());
    read.is_err_and(|e| e.is_cut_off())
}

fn of_run(root: &Path, run: &RunId) -> Vec<RestorePoint> {
    let hex = run.as_str().len() == 32 && run.as_str().bytes().all(|b| b.is_ascii_hexdigit());
    let dir = root.join(run.as_str());
    let Some(listed) = hex.then(|| std::fs::read_dir(dir).ok()).flatten() else {
        return Vec::new();
    };
    let one = |entry: &std::fs::DirEntry| {
        let name = entry.file_name();
        let n: u64 = name.to_str()?.strip_prefix("chk-")?.parse().ok()?;
        // a link leads elsewhere
        let metadata = entry.path().join("_metadata").symlink_metadata().ok()?;
        let whole = entry.file_type().ok()?.is_dir() && metadata.is_file() && metadata.len() > 0;
        let since = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        whole.then(|| RestorePoint {
            run: run.clone(),
            checkpoint: n,
            path: format!("file:{}", entry.path().display()).into(),
            taken: Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)),
            savepoint: false,
        })
    };
    let entries = listed.flatten().take(10 * POINTS);
    let mut found: Vec<RestorePoint> = entries.filter_map(|e| one(&e)).collect();
    found.sort_by_key(|p| std::cmp::Reverse(p.checkpoint));
    // Flink counts up: none was taken after one of a higher number, whoever has touched its file
    let mut latest = Millis(i64::MAX);
    for point in &mut found {
        latest = latest.min(point.taken);
        point.taken = latest;
    }
    let cut =
        |p: &RestorePoint| local_path(&p.path).is_some_and(|dir| cut_off(&dir.join("_metadata")));
    let damaged = found.iter().take(TRIED).take_while(|p| cut(p)).count();
    found.split_off(damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &[u8] =
        include_bytes!("../../tests/fixtures/checkpoints/1.20-hashmap/chk-3/_metadata");

    #[test]
    fn checkpoints_in_a_directory_are_found_and_links_and_halves_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunId::new("0123456789abcdef0123456789abcdef");
        let chk = |name: &str| dir.path().join(run.as_str()).join(name);
        for name in ["chk-7", "chk-12", "chk-x", "shared", "chk-13"] {
            std::fs::create_dir_all(chk(name)).unwrap();
        }
        for name in ["chk-7", "chk-12", "chk-x", "shared"] {
            std::fs::write(chk(name).join("_metadata"), METADATA).unwrap();
        }
        std::os::unix::fs::symlink(chk("chk-7"), chk("chk-99")).unwrap();
        let mut found = of_run(dir.path(), &run);
        found.sort_by_key(|p| p.checkpoint);
        assert_eq!(found.iter().map(|p| p.checkpoint).collect::<Vec<_>>(), [7, 12]);
        let roots = Roots::new([dir.path().to_str().unwrap()]).unwrap();
        let gone = |path: &Name| gone(&roots, path);
        assert!(!gone(&found[0].path));
        assert!(gone(&format!("file:{}", chk("chk-8").display()).into()));
        assert!(!gone(&"s3://b/x".into()) && !gone(&"file:/not/mounted/here/chk-1".into()));
        let run_gone = dir.path().join("ffffffffffffffffffffffffffffffff/chk-1");
        assert!(gone(&format!("file:{}", run_gone.display()).into()), "its root is here");
        assert!(of_run(dir.path(), &RunId::new("..")).is_empty());
    }

    #[test]
    fn the_highest_number_is_the_newest_and_what_is_cut_off_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunId::new("0123456789abcdef0123456789abcdef");
        let metadata = |n: u64| dir.path().join(run.as_str()).join(format!("chk-{n}/_metadata"));
        for n in [5, 6, 7] {
            std::fs::create_dir_all(metadata(n).parent().unwrap()).unwrap();
            std::fs::write(metadata(n), METADATA).unwrap();
        }
        let touched = |n| std::fs::File::options().append(true).open(metadata(n)).unwrap();
        let later = metadata(7).metadata().unwrap().modified().unwrap() + Duration::from_secs(3600);
        touched(5).set_modified(later).unwrap();
        let newest = || {
            let found = of_run(dir.path(), &run);
            let newest = found.iter().max_by_key(|p| (p.taken, p.checkpoint)).unwrap();
            newest.checkpoint
        };
        assert_eq!(newest(), 7, "5 was touched since");
        std::fs::write(metadata(7), &METADATA[..100]).unwrap();
        assert_eq!(newest(), 6);
        let roots = Roots::new([dir.path().to_str().unwrap()]).unwrap();
        let path = |n: u64| format!("file:{}", metadata(n).parent().unwrap().display()).into();
        assert!(gone(&roots, &path(7)) && !gone(&roots, &path(6)));
    }
}
