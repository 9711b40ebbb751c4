//! What a job could be restored from: what Flink tells of its runs, what lies beside that, and whether
//! each can be read.

use super::super::args::{Estate, reachable};
use super::super::ask::{Server, encode};
use super::super::say::Lang;
use super::super::table::{Cell, Ink, Screen, Table};
use super::super::{Exit, Failure, Output};
use super::inspect::bytes;
use super::job::{Cluster, Found};
use crate::checkpoint::{Error, load, plain_path};
use crate::clock;
use crate::config::Config;
use crate::web::view::JobView;
use std::path::{Path, PathBuf};
use streamwarden_core::checkpoint::OperatorId;
use streamwarden_core::estate::{Checkpoint, CheckpointStats, Millis, plain};

/// Folders that are looked at beside what Flink tells, of each run.
const MOST: usize = 200;
/// Runs of a job that are asked for, the newest first.
const RUNS: usize = 10;

/// One checkpoint or savepoint.
#[derive(Debug, PartialEq, serde::Serialize)]
pub struct Point {
    pub path: String,
    /// Whose: the run that took it, as Flink tells; of one that only lies there, the folder's.
    pub run: String,
    pub savepoint: bool,
    /// When it was triggered, epoch ms; of one that only lies there, when its metadata was written.
    pub taken: Option<Millis>,
    /// Of the whole state, bytes.
    pub size: Option<u64>,
    /// Flink names it; else it was found in the folder.
    pub told: bool,
    /// It outlives a cancel of its run. None: the configuration does not say.
    pub retained: Option<bool>,
    pub metadata: Readable,
}

/// Whether a job could go on from it.
#[derive(Debug, PartialEq, serde::Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Readable {
    Read,
    /// Its folder is gone: a newer one took its place.
    Gone,
    /// On another file system, or outside the roots.
    NotHere,
    Damaged {
        why: String,
    },
}

/// `job`: its name, the id of one of its runs, or that run's REST address.
pub async fn run(
    job: &str,
    roots: &[PathBuf],
    estate: &Estate,
    (all, config): (bool, Option<PathBuf>),
    out: &Output,
) -> Result<Exit, Failure> {
    let mut found = Vec::new();
    let mut listed = true;
    let silent = match runs(job, estate, config.clone()).await {
        Ok(Found { jobs, silent }) => {
            for job in jobs {
                found.extend(points(job.detail.run.as_str(), &job.stats, job.retained, roots));
            }
            silent
        }
        Err(e) => {
            found = left_behind(job, roots, estate, config).await;
            if found.is_empty() {
                return Err(e);
            }
            listed = false;
            Vec::new()
        }
    };
    found.sort_by_key(|p| std::cmp::Reverse(p.taken));
    found.dedup_by(|a, b| a.path == b.path);
    if out.json {
        let view =
            serde_json::json!({ "job": job, "listed": listed, "points": found, "silent": silent });
        out.json(&view);
    } else {
        if !listed {
            let words = out.lang.say(
                "No cluster that answers lists it now. Of its last known run there lies on this machine:\n",
                "没有应答的集群列出该作业。其最近已知运行在本机上留有：\n",
            );
            out.text(words);
        }
        let told = render(&found, all, clock::now(), out.lang, &out.screen);
        out.text(&(told + &Found::told(&silent, out.lang)));
    }
    let usable = found.iter().any(|p| p.metadata == Readable::Read);
    Ok(if usable { Exit::Fine } else { Exit::CannotTell })
}

async fn runs(named: &str, estate: &Estate, config: Option<PathBuf>) -> Result<Found, Failure> {
    if named.starts_with("http://") || named.starts_with("https://") {
        let (cluster, run) = Cluster::of_url(named, &estate.prometheus)?;
        return Ok(Found { jobs: vec![cluster.job(&run).await?], silent: Vec::new() });
    }
    Found::of(&estate.config(config)?, named, RUNS).await
}

/// Of a job that its JobManager forgot: what lies below the roots in the folder of its run, which is
/// named, or which the process that watches knows.
async fn left_behind(
    named: &str,
    given: &[PathBuf],
    estate: &Estate,
    file: Option<PathBuf>,
) -> Vec<Point> {
    let config = estate.config(file).ok();
    let run = match OperatorId::parse(named) {
        Some(_) => Some(named.to_owned()),
        None => match &config {
            Some(config) => known_run(named, config).await,
            None => None,
        },
    };
    let Some(run) = run else { return Vec::new() };
    let acts = config.iter().flat_map(|c| &c.flink).filter_map(|f| f.act.as_ref());
    let named = acts.flat_map(|act| act.roots.names());
    let mut roots: Vec<PathBuf> = named.filter_map(|root| plain_path(&root)).collect();
    roots.extend(given.iter().cloned());
    roots.sort();
    roots.dedup();
    let folders = roots.iter().map(|root| root.join(&run));
    let lies = |path: PathBuf| on_disk(&path, &run, None, given);
    folders.flat_map(|folder| beside(&folder)).map(lies).collect()
}

/// The newest run of a job that nobody lists any more.
async fn known_run(named: &str, config: &Config) -> Option<String> {
    let server = Server::new(&reachable(config.listen)).ok()?;
    let path = format!("job?id={}", encode(named));
    let job: JobView = server.get_of_job(&path, named).await.ok()?;
    Some(job.row.run).filter(|run| OperatorId::parse(run).is_some())
}

fn on_disk(path: &Path, run: &str, retained: Option<bool>, roots: &[PathBuf]) -> Point {
    let text = path.display().to_string();
    let (metadata, size) = read(&text, roots);
    let written = std::fs::metadata(path.join("_metadata")).and_then(|m| m.modified()).ok();
    let since = |t: std::time::SystemTime| t.duration_since(std::time::UNIX_EPOCH).ok();
    let taken = written.and_then(since).and_then(|d| i64::try_from(d.as_millis()).ok());
    Point {
        path: text,
        run: run.to_owned(),
        savepoint: false,
        taken: taken.map(Millis),
        size,
        told: false,
        retained,
        metadata,
    }
}

fn points(
    run: &str,
    stats: &CheckpointStats,
    retained: Option<bool>,
    roots: &[PathBuf],
) -> Vec<Point> {
    let all = stats.history.iter().chain(&stats.latest_completed);
    let done = all.filter(|c| &*c.status == "COMPLETED" && c.failure.is_none());
    let mut out: Vec<Point> = Vec::new();
    for c in done {
        out.extend(told(c, run, retained, roots));
    }
    let folders: Vec<PathBuf> = out
        .iter()
        // outside the roots nothing is looked for either
        .filter(|p| !p.savepoint && p.metadata != Readable::NotHere)
        .filter_map(|p| plain_path(&p.path)?.parent().map(Path::to_owned))
        .collect();
    for path in folders.first().into_iter().flat_map(|folder| beside(folder)) {
        let known = |p: &Point| plain_path(&p.path).is_some_and(|p| p == path);
        if !out.iter().any(known) {
            out.push(Point { size: None, ..on_disk(&path, run, retained, roots) });
        }
    }
    out
}

fn told(c: &Checkpoint, run: &str, retained: Option<bool>, roots: &[PathBuf]) -> Option<Point> {
    let path = c.external_path.as_deref()?.to_owned();
    let (metadata, size) = read(&path, roots);
    Some(Point {
        run: run.to_owned(),
        savepoint: c.savepoint,
        taken: Some(c.triggered),
        size: c.state_size.or(size),
        told: true,
        // a savepoint is the user's own
        retained: if c.savepoint { Some(true) } else { retained },
        metadata,
        path,
    })
}

/// Folders of checkpoints in the run's own.
fn beside(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().take(MOST);
    let is_chk = |e: &std::fs::DirEntry| e.file_name().to_string_lossy().starts_with("chk-");
    entries.filter(is_chk).map(|e| e.path()).filter(|p| p.join("_metadata").is_file()).collect()
}

fn read(path: &str, roots: &[PathBuf]) -> (Readable, Option<u64>) {
    match load(path, roots) {
        Ok(loaded) => (Readable::Read, Some(loaded.saved.bytes)),
        Err(Error::Missing(_) | Error::NoFile(_)) => (Readable::Gone, None),
        Err(Error::Scheme(_) | Error::Outside(_) | Error::Link(_)) => (Readable::NotHere, None),
        Err(e) => (Readable::Damaged { why: e.to_string() }, None),
    }
}

/// `all`: those that are gone, too.
fn render(points: &[Point], all: bool, now: Millis, lang: Lang, screen: &Screen) -> String {
    if points.is_empty() {
        return lang.say("No checkpoint is known of it.\n", "未发现任何检查点。\n").to_owned();
    }
    let mut table = Table::new(0);
    table.heading(&match lang {
        Lang::En => ["taken", "kind", "size", "after a cancel", "metadata", "run", "path"],
        Lang::Zh => ["时间", "类型", "大小", "取消后", "元数据", "运行", "路径"],
    });
    let shown = |p: &&Point| all || p.metadata != Readable::Gone;
    for p in points.iter().filter(shown) {
        let unknown = || lang.say("unknown", "未知").to_owned();
        let kind = match (p.savepoint, p.told) {
            (true, _) => lang.say("savepoint", "保存点"),
            (false, true) => lang.say("checkpoint", "检查点"),
            (false, false) => lang.say("checkpoint, only on disk", "检查点（仅在磁盘）"),
        };
        let kept = match p.retained {
            Some(true) => lang.say("stays", "保留").to_owned(),
            Some(false) => lang.say("is deleted", "删除").to_owned(),
            None => unknown(),
        };
        let (ink, state) = match &p.metadata {
            Readable::Read => (Ink::Plain, lang.say("readable", "可读").to_owned()),
            Readable::Gone => (Ink::Dim, lang.say("gone", "已不存在").to_owned()),
            Readable::NotHere => (Ink::Dim, lang.say("not on this machine", "不在本机").to_owned()),
            Readable::Damaged { why } => (Ink::Over, plain(why).into_owned()),
        };
        table.row(vec![
            Cell::new(p.taken.map_or_else(unknown, |t| lang.ago(now.0 - t.0))),
            Cell::new(kind),
            Cell::new(p.size.map_or_else(unknown, |n| bytes(lang, n))),
            Cell::new(kept),
            Cell::new(state).ink(ink),
            Cell::new(plain(&p.run)),
            Cell::new(plain(&p.path)),
        ]);
    }
    let hidden = points.iter().filter(|p| !shown(p)).count();
    let mut text = if hidden < points.len() { table.render(screen) } else { String::new() };
    if hidden > 0 {
        let words = lang.say(
            "{} more are gone: newer ones took their place (--all lists them)",
            "另有 {} 个已不存在：已被更新的取代（--all 可列出）",
        );
        text.push_str(&(screen.ink(Ink::Dim, &words.replace("{}", &hidden.to_string())) + "\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamwarden_core::estate::{ClusterId, RunId};

    fn checkpoint(id: u64, path: &Path, at: i64) -> Checkpoint {
        Checkpoint {
            id,
            status: "COMPLETED".into(),
            savepoint: false,
            triggered: Millis(at),
            latest_ack: None,
            duration_ms: None,
            state_size: Some(1 << 20),
            checkpointed_size: None,
            acknowledged: None,
            subtasks: None,
            external_path: Some(format!("file:{}", path.display()).as_str().into()),
            failure: None,
            unaligned: None,
        }
    }

    #[test]
    fn told_gone_and_only_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        let run = dir.path().join("b9306f835fc194e9fd24bb7e9c29e111");
        let fixture = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/checkpoints/1.20-rocksdb/chk-3/_metadata"
        );
        for (name, bytes) in [("chk-3", std::fs::read(fixture).unwrap()), ("chk-4", vec![1, 2])] {
            std::fs::create_dir_all(run.join(name)).unwrap();
            std::fs::write(run.join(name).join("_metadata"), bytes).unwrap();
        }
        let history =
            vec![checkpoint(4, &run.join("chk-4"), 400), checkpoint(2, &run.join("chk-2"), 200)];
        let stats = CheckpointStats {
            cluster: ClusterId::new("c"),
            run: RunId::new("r"),
            completed: Some(2),
            failed: None,
            in_progress: None,
            restored: None,
            history,
            latest_completed: None,
            latest_restored: None,
        };
        let found = points("r", &stats, Some(true), &[]);
        let said: Vec<(bool, &str)> = found
            .iter()
            .map(|p| {
                let word = match &p.metadata {
                    Readable::Read => "read",
                    Readable::Gone => "gone",
                    Readable::NotHere => "elsewhere",
                    Readable::Damaged { .. } => "damaged",
                };
                (p.told, word)
            })
            .collect();
        assert_eq!(said, [(true, "damaged"), (true, "gone"), (false, "read")]);
        // a root that it does not lie below
        let elsewhere = tempfile::tempdir().unwrap();
        let outside = points("r", &stats, Some(true), &[elsewhere.path().to_owned()]);
        assert_eq!(outside[0].metadata, Readable::NotHere);
        let screen = Screen { width: 200, colour: false };
        for lang in [Lang::En, Lang::Zh] {
            let told = |all| render(&found, all, Millis(60_200), lang, &screen);
            assert!(told(true).contains("chk-2") && !told(true).contains("--all"));
            assert!(!told(false).contains("chk-2") && told(false).contains("chk-4"));
            assert!(
                told(false).contains(lang.say("1 more are gone", "另有 1 个")),
                "{}",
                told(false)
            );
        }
    }

    /// Its JobManager does not answer, or lists it no more: the folder of the run is still there.
    #[tokio::test]
    async fn a_forgotten_run_is_looked_for_below_the_roots() {
        let dir = tempfile::tempdir().expect("a folder");
        let run = "0123456789abcdef0123456789abcdef";
        let chk = dir.path().join(run).join("chk-7");
        std::fs::create_dir_all(&chk).expect("made");
        std::fs::write(chk.join("_metadata"), b"cut off").expect("written");
        let file = dir.path().join("streamwarden.yaml");
        let text = format!(
            "flink:\n  - name: pay\n    rest: http://127.0.0.1:1\n    act: {{ roots: [\"file://{}\"] }}\n",
            dir.path().display()
        );
        std::fs::write(&file, text).expect("written");
        let estate = Estate { flink: vec![], prometheus: vec![], kafka: vec![] };
        let found = left_behind(run, &[], &estate, Some(file.clone())).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((&*found[0].run, found[0].told), (run, false));
        assert!(matches!(found[0].metadata, Readable::Damaged { .. }), "{found:?}");
        assert!(left_behind("orders", &[], &estate, Some(file)).await.is_empty());
    }
}
