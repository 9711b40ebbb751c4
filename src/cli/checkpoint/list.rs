//! What a job could be restored from: what Flink tells of its runs, what lies beside that, and whether
//! each can be read.

use super::super::args::Estate;
use super::super::say::Lang;
use super::super::table::{Cell, Ink, Screen, Table};
use super::super::{Exit, Failure, Output};
use super::inspect::bytes;
use super::job::{Cluster, Found};
use crate::checkpoint::{Error, load, plain_path};
use crate::clock;
use std::path::{Path, PathBuf};
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
    let Found { jobs, silent } = runs(job, estate, config).await?;
    for job in jobs {
        found.extend(points(job.detail.run.as_str(), &job.stats, job.retained, roots));
    }
    found.sort_by_key(|p| std::cmp::Reverse(p.taken));
    found.dedup_by(|a, b| a.path == b.path);
    if out.json {
        out.json(&serde_json::json!({ "job": job, "points": found, "silent": silent }));
    } else {
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
        let text = path.display().to_string();
        let known = |p: &Point| plain_path(&p.path).is_some_and(|p| p == path);
        if !out.iter().any(known) {
            let (metadata, _) = read(&text, roots);
            let written = std::fs::metadata(path.join("_metadata")).and_then(|m| m.modified()).ok();
            let since = |t: std::time::SystemTime| t.duration_since(std::time::UNIX_EPOCH).ok();
            let taken = written.and_then(since).and_then(|d| i64::try_from(d.as_millis()).ok());
            out.push(Point {
                path: text,
                run: run.to_owned(),
                savepoint: false,
                taken: taken.map(Millis),
                size: None,
                told: false,
                retained,
                metadata,
            });
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
}
