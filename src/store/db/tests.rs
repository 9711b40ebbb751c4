use super::*;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, Executor};
use std::collections::BTreeMap;
use streamwarden_core::estate::{
    ChangeKind, ClusterId, Entity, Job, JobDetail, JobRun, JobState, RunId, Vertex, VertexId,
};

const NOW: Millis = Millis(1_763_700_000_000);

fn cluster() -> ClusterId {
    ClusterId::new("prod")
}

pub(super) fn job(name: &str, run: &str) -> Job {
    let run = JobRun {
        id: RunId::new(run),
        state: JobState::Running,
        start: NOW,
        end: None,
        tasks: BTreeMap::new(),
        waiting: None,
        taken_up: None,
        detail: None,
        config: None,
        checkpoints: None,
        exceptions: None,
        restarts: None,
    };
    Job {
        key: JobKey::new(&cluster(), name),
        name: name.into(),
        ambiguous: false,
        first_seen: NOW,
        last_seen: NOW,
        gone: None,
        run,
        earlier: Vec::new(),
    }
}

pub(super) fn detail(job: &Job, parallelism: u32) -> (Millis, JobDetail) {
    let vertex = Vertex {
        id: VertexId::new("v"),
        name: "v".into(),
        parallelism,
        max_parallelism: None,
        status: "RUNNING".into(),
        description: "".into(),
        inputs: Vec::new(),
        tasks: BTreeMap::new(),
    };
    let detail = JobDetail {
        cluster: cluster(),
        run: job.run.id.clone(),
        name: job.name.clone(),
        state: JobState::Running,
        start: NOW,
        now: None,
        max_parallelism: None,
        scheduler: None,
        vertices: vec![vertex],
        plan_hash: "abc".into(),
    };
    (NOW, detail)
}

pub(super) fn estate(jobs: Vec<Job>) -> Estate {
    Estate { jobs: jobs.into_iter().map(|j| (j.key.clone(), j)).collect(), ..Estate::default() }
}

pub(super) fn change(i: i64) -> Change {
    Change {
        at: NOW + Span(i),
        seen: NOW + Span(i + 5),
        entity: Entity::Job { job: JobKey::new(&cluster(), "'; DROP TABLE jobs; --\u{1b}") },
        kind: ChangeKind::Configuration,
        what: Some("a.b".into()),
        from: None,
        to: Some(i.to_string()),
    }
}

async fn raw(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn temp() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("streamwarden.db");
    (dir, path)
}

#[tokio::test]
async fn jobs_runs_and_changes_come_back() {
    let (_dir, path) = temp().await;
    let db = Db::open(&path).await.unwrap();
    let mut orders = job("订单", "r1");
    let risk = job("risk", "r9");
    db.record(&[change(1), change(2)], &estate(vec![orders.clone(), risk]), NOW).await.unwrap();
    orders.run.detail = Some(detail(&orders, 4));
    db.record(&[change(3)], &estate(vec![orders.clone()]), NOW).await.unwrap();
    orders.run = job("订单", "r2").run;
    orders.run.start = NOW + Span::secs(60);
    orders.run.state = JobState::Unknown("HIBERNATING".into());
    orders.gone = Some(NOW + Span::secs(90));
    db.record(&[], &estate(vec![orders.clone()]), NOW).await.unwrap();
    db.close().await;

    let db = Db::open(&path).await.unwrap();
    assert_eq!(
        db.load_changes(NOW, 10).await.unwrap(),
        vec![change(1), change(2), change(3)],
        "oldest first"
    );
    assert_eq!(db.load_changes(NOW, 1).await.unwrap(), vec![change(3)], "the newest of too many");
    assert_eq!(db.load_changes(NOW + Span(8), 10).await.unwrap(), vec![change(3)]);
    let jobs = db.load_jobs().await.unwrap();
    assert_eq!(jobs.len(), 2);
    let stored = jobs.iter().find(|j| j.key == orders.key).unwrap();
    assert_eq!((stored.run.as_str(), stored.gone), ("r2", orders.gone));
    let runs: Vec<_> = stored.runs.iter().map(|r| (r.id.as_str(), r.parallelism)).collect();
    assert_eq!(runs, [("r2", None), ("r1", Some(4))], "newest first");
    assert_eq!(stored.runs[0].state, orders.run.state);
    assert_eq!(stored.runs[1].plan_hash.as_deref(), Some("abc"));
}

#[tokio::test]
async fn an_idle_estate_and_a_replay_write_nothing() {
    let (_dir, path) = temp().await;
    let db = Db::open(&path).await.unwrap();
    let mut orders = job("orders", "r1");
    orders.run.detail = Some(detail(&orders, 2));
    let recorded = db.record(&[change(1)], &estate(vec![orders.clone()]), NOW).await.unwrap();
    assert_eq!(recorded, Recorded { jobs: 1, changes: 1 });
    let again = Recorded { jobs: 0, changes: 0 };

    orders.last_seen = NOW + Span::secs(5);
    assert_eq!(db.record(&[], &estate(vec![orders.clone()]), NOW).await.unwrap(), again);
    let mut replayed = change(1);
    replayed.seen = NOW + Span::secs(99);
    assert_eq!(db.record(&[replayed], &estate(vec![]), NOW).await.unwrap(), again);
    db.close().await;

    // a start of ours: first seen is later, the plan is not read yet
    let db = Db::open(&path).await.unwrap();
    orders.first_seen = NOW + Span::secs(60);
    orders.run.detail = None;
    assert_eq!(db.record(&[], &estate(vec![orders.clone()]), NOW).await.unwrap(), again);
    orders.run.state = JobState::Failed;
    assert_eq!(db.record(&[], &estate(vec![orders]), NOW).await.unwrap().jobs, 1);
    let job = &db.load_jobs().await.unwrap()[0];
    assert_eq!((job.first_seen, job.runs[0].parallelism), (NOW, Some(2)));
}

#[tokio::test]
async fn the_file_runs_in_wal_with_full_sync() {
    let (_dir, path) = temp().await;
    let db = Db::open(&path).await.unwrap();
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&db.pool).await.unwrap();
    let sync: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&db.pool).await.unwrap();
    assert_eq!((mode.as_str(), sync), ("wal", 2));
}

#[tokio::test]
async fn wrong_pragmas_refuse_to_start() {
    // in memory SQLite has no WAL and says so only to those who ask
    let error = Db::open(Path::new(":memory:")).await.unwrap_err();
    assert!(matches!(error, Error::Pragma { name: "journal_mode", .. }), "{error:?}");
    assert!(error.to_string().contains("journal_mode = memory, and wal is needed"), "{error}");
}

#[tokio::test]
async fn a_locked_database_is_said() {
    let (_dir, path) = temp().await;
    Db::open(&path).await.unwrap().close().await;
    let mut other = raw(&path).await;
    other.execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").await.unwrap();
    let error = Db::open(&path).await.unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error:?}");
    assert!(error.to_string().contains("streamwarden.db is locked by another process"), "{error}");
    other.close().await.unwrap();
    Db::open(&path).await.unwrap();
}

#[tokio::test]
async fn a_lock_while_running_fails_the_call_and_not_the_next() {
    let (_dir, path) = temp().await;
    let db = Db::open(&path).await.unwrap();
    let mut other = raw(&path).await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let jobs = estate(vec![job("orders", "r1")]);
    let error = db.record(&[change(1)], &jobs, NOW).await.unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error:?}");
    other.execute("ROLLBACK").await.unwrap();
    let recorded = db.record(&[change(1)], &jobs, NOW).await.unwrap();
    assert_eq!(recorded, Recorded { jobs: 1, changes: 1 });
}

#[tokio::test]
async fn a_full_disk_leaves_no_half_state() {
    let (_dir, path) = temp().await;
    let db = Db::open(&path).await.unwrap();
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&db.pool).await.unwrap();
    let limit = |n: i64| sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {n}"));
    db.pool.execute(sqlx::raw_sql(limit(pages + 2))).await.unwrap();
    let changes: Vec<_> = (0..500).map(change).collect();
    let jobs = estate(vec![job("orders", "r1")]);
    let error = db.record(&changes, &jobs, NOW).await.unwrap_err();
    assert!(matches!(error, Error::Full { .. }), "{error:?}");
    assert!(error.to_string().contains("no space left for"), "{error}");
    assert!(db.load_jobs().await.unwrap().is_empty());
    assert!(db.load_changes(Millis(0), 10).await.unwrap().is_empty());

    db.pool.execute(sqlx::raw_sql(limit(100_000))).await.unwrap();
    let recorded = db.record(&changes, &jobs, NOW).await.unwrap();
    assert_eq!(recorded, Recorded { jobs: 1, changes: 500 });
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_said() {
    let (_dir, path) = temp().await;
    let db = Db::open(&path).await.unwrap();
    db.pool.execute("PRAGMA query_only = 1").await.unwrap();
    let error = db.record(&[change(1)], &Estate::default(), NOW).await.unwrap_err();
    assert!(matches!(error, Error::ReadOnly { .. }), "{error:?}");
    assert!(error.to_string().contains("make it writable"), "{error}");
}

#[tokio::test]
async fn what_is_not_ours_is_refused_and_left_as_it_was() {
    let (dir, path) = temp().await;
    std::fs::write(&path, "this is a text, and quite a long one: ".repeat(100)).unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = Db::open(&path).await.unwrap_err();
    assert!(matches!(error, Error::NotADatabase { .. }), "{error:?}");
    assert_eq!(std::fs::read(&path).unwrap(), before);

    let path = dir.path().join("other.db");
    let mut other = raw(&path).await;
    other.execute("CREATE TABLE jobs (id INTEGER)").await.unwrap();
    other.close().await.unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = Db::open(&path).await.unwrap_err();
    assert!(matches!(error, Error::NotADatabase { .. }), "{error:?}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_newer_or_different_schema_is_refused() {
    let (_dir, path) = temp().await;
    Db::open(&path).await.unwrap().close().await;
    let mut other = raw(&path).await;
    let newer = "INSERT INTO _sqlx_migrations
        (version, description, installed_on, success, checksum, execution_time)
        SELECT 99, 'later', installed_on, 1, checksum, 1 FROM _sqlx_migrations WHERE version = 1";
    other.execute(newer).await.unwrap();
    let error = Db::open(&path).await.unwrap_err();
    assert!(matches!(error, Error::Newer { schema: 99, .. }), "{error:?}");
    assert!(error.to_string().contains("was written by a newer Streamwarden"), "{error}");
    other.execute("DELETE FROM _sqlx_migrations WHERE version = 99").await.unwrap();
    other.execute("UPDATE _sqlx_migrations SET checksum = x'00'").await.unwrap();
    let error = Db::open(&path).await.unwrap_err();
    assert!(matches!(error, Error::Different { schema: 1, .. }), "{error:?}");
}

#[tokio::test]
async fn a_path_that_cannot_be_opened_is_said() {
    let error = Db::open(Path::new("/nowhere/streamwarden.db")).await.unwrap_err();
    assert!(matches!(error, Error::CannotOpen { .. }), "{error:?}");
}

#[tokio::test]
async fn what_is_old_or_too_much_goes() {
    let (_dir, path) = temp().await;
    let db = Db::open(&path).await.unwrap();
    let mut old = job("old", "o1");
    old.gone = Some(NOW);
    let mut batch = job("batch", "b0");
    db.record(&[], &estate(vec![old.clone(), batch.clone()]), NOW).await.unwrap();
    for i in 1..RUNS_MAX + 20 {
        batch.run = job("batch", &format!("b{i}")).run;
        batch.run.start = NOW + Span::secs(i);
        db.record(&[], &estate(vec![batch.clone()]), NOW).await.unwrap();
    }
    // every change of one moment, more than are kept
    let later = NOW + KEEP_GONE + Span(1);
    db.record(&[change(1)], &estate(vec![batch]), later).await.unwrap();
    let jobs = db.load_jobs().await.unwrap();
    assert_eq!(jobs.iter().map(|j| &*j.key.key).collect::<Vec<_>>(), ["batch"]);
    assert_eq!(jobs[0].runs.len(), EARLIER_RUNS + 1);
    assert_eq!(jobs[0].runs[0].id.as_str(), format!("b{}", RUNS_MAX + 19));
    let runs: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM runs").fetch_one(&db.pool).await.unwrap();
    assert!(runs <= RUNS_MAX, "{runs}");
}

#[tokio::test]
async fn what_a_plan_needs_of_a_job_outlives_us() {
    use streamwarden_core::estate::{Fact, JobSummary, Remembered, TopicId};
    use streamwarden_core::lineage::{Inferred, Match, Reader};
    let (_dir, path) = temp().await;
    let db = Db::open(&path).await.unwrap();
    let cluster = ClusterId::new("prod");
    let key = JobKey::new(&cluster, "orders");
    let detail = JobDetail {
        cluster: cluster.clone(),
        run: RunId::new("r1"),
        name: "orders".into(),
        state: JobState::Running,
        start: NOW,
        now: Some(NOW),
        max_parallelism: Some(128),
        scheduler: None,
        vertices: vec![Vertex {
            id: VertexId::new("v1"),
            name: "src".into(),
            parallelism: 3,
            max_parallelism: Some(128),
            status: "RUNNING".into(),
            description: "Source: orders".into(),
            inputs: Vec::new(),
            tasks: Default::default(),
        }],
        plan_hash: "p1".into(),
    };
    let listed = JobSummary {
        run: RunId::new("r1"),
        name: "orders".into(),
        state: JobState::Running,
        start: NOW,
        end: None,
        last_modification: None,
        tasks: Default::default(),
    };
    let mut estate = Estate::default();
    let jobs = |jobs| Fact::Jobs { cluster: cluster.clone(), jobs };
    estate.apply(jobs(vec![listed]), NOW);
    estate.apply(Fact::JobDetail(detail), NOW);
    let topic = TopicId::new(&ClusterId::new("kafka"), "paid");
    let wrote = Match {
        vertex: VertexId::new("v1"),
        operator: "sink".into(),
        levels: 2,
        mismatch: 0.01,
        since: NOW,
        plan: Some("p1".into()),
    };
    let orders = TopicId::new(&ClusterId::new("kafka"), "orders");
    let reads = Reader { vertex: Some(VertexId::new("v1")), groups: vec!["audit".into()] };
    let inferred = Inferred::recalled(
        [((key.clone(), topic.clone()), wrote.clone())],
        [((key.clone(), orders.clone()), reads.clone())],
    );
    db.record(&[], &estate, NOW).await.unwrap();
    assert_eq!(db.remember(&estate, &inferred, NOW).await.unwrap(), 3);
    let later = NOW + Span::secs(30);
    assert_eq!(db.remember(&estate, &inferred, later).await.unwrap(), 0, "nothing is new");
    // told again at the end, so that its age is right
    estate.apply(jobs(Vec::new()), later);
    assert_eq!(db.remember(&estate, &inferred, later).await.unwrap(), 2);
    db.close().await;
    let db = Db::open(&path).await.unwrap();
    let found = &db.remembered().await.unwrap()[&key];
    assert_eq!(found.what, Remembered::of(&estate.jobs[&key]));
    assert_eq!(found.what.detail.as_ref().unwrap().0, NOW);
    assert_eq!(found.writes, [(topic, wrote)]);
    assert_eq!(found.reads, [(orders, reads)]);
}
