//! Every call of the database with every fault: nothing panics or hangs, what failed left nothing
//! half, what was carried out unheard may be asked for again, and the next call works.

use super::faults::Fault;
use super::incidents_tests::{batch, incident, opened};
use super::journal::testing::plan;
use super::journal::{Beginning, Thrown};
use super::tests::{change, detail, estate, job};
use super::*;
use futures_util::future::join_all;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Column, Connection, Executor, Row};
use std::collections::BTreeSet;
use std::pin::Pin;
use streamwarden_core::action::{End, Entry};
use streamwarden_core::case::{Ack, Correction, IncidentId, PlanReport, Scope};
use streamwarden_core::estate::{self, ClusterId, EndedEarly, PlannedWork};
use streamwarden_core::inspect::{Inspected, Report, Waiver};
use streamwarden_core::lineage::Inferred;
use streamwarden_core::plan::Switch;
use tokio::time::Instant;

const NOW: Millis = Millis(1_763_700_000_000);

type Did<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + 'a>>;

struct Case {
    name: &'static str,
    writes: bool,
    call: fn(&Db) -> Did<'_>,
}

macro_rules! cases {
    ($db:ident; $($kind:ident $name:ident: $call:expr;)*) => {
        vec![$(Case {
            name: stringify!($name),
            writes: stringify!($kind) == "write",
            call: |$db: &Db| Box::pin(async move {
                $call.await.map(drop).map_err(|e| e.to_string())
            }),
        }),*]
    };
}

/// No page of 512 bytes has room for it.
fn long(text: &str) -> String {
    text.to_owned() + &"长".repeat(600)
}

fn key(name: &str) -> JobKey {
    JobKey::new(&ClusterId::new("prod"), name)
}

fn id() -> IncidentId {
    IncidentId("aa11".into())
}

fn outgoing(id: &str) -> Outgoing {
    let (incident, kind, body) = ("aa11".into(), "opened".into(), long("{}"));
    Outgoing { id: id.into(), incident, kind, made: NOW, body, tries: 0, due: NOW }
}

fn work(id: &str) -> PlannedWork {
    PlannedWork {
        id: id.into(),
        scope: estate::Scope::Estate,
        from: NOW,
        until: NOW + Span::secs(60),
        who: "li".into(),
        why: long("racks").into(),
        made: NOW,
        ended: None,
        silence: None,
    }
}

fn inspected(minutes: i64) -> Inspected {
    let report = Report { at: NOW + Span::secs(60 * minutes), ..Report::default() };
    let (estate, zone) = (long("e").into(), "UTC".into());
    Inspected { report, estate, zone, due: Some(NOW), ..Inspected::default() }
}

fn waiver(id: &str) -> Waiver {
    Waiver {
        id: id.into(),
        check: "kafka.isr".into(),
        subject: "topic:*".into(),
        owner: "li".into(),
        reason: long("moves").into(),
        made: NOW,
        until: NOW + Span::secs(60),
        ended: None,
    }
}

fn held() -> HeldPlan {
    let report = PlanReport::default();
    let (incident, playbook) = ("aa11".into(), "rescale".into());
    HeldPlan {
        incident,
        job: key(&long("orders")),
        playbook,
        hash: "h".into(),
        first: NOW,
        last: NOW,
        report,
    }
}

fn seen() -> Estate {
    let mut orders = job("orders", "r1");
    orders.run.detail = Some(detail(&orders, 4));
    estate(vec![orders, job(&long("paid"), "r2")])
}

const ORDERS: &str = "orders";

/// The action that was begun first, past all faults.
async fn first(db: &Db) -> String {
    let sql = "SELECT id FROM actions ORDER BY began LIMIT 1";
    sqlx::query_scalar(sql).fetch_one(&db.pool).await.unwrap()
}

/// Each method of the handle, by its name.
fn cases() -> Vec<Case> {
    let mut all = cases! { db;
        read load_changes: db.load_changes(NOW, 10);
        read load_jobs: db.load_jobs();
        read remembered: db.remembered();
        read load_open: db.load_open();
        read lessons: db.lessons(NOW - Span::secs(60));
        read troubled: db.troubled(NOW - Span::secs(60));
        read happened: db.happened(NOW - Span::secs(60), 5);
        read closed: db.closed(&ClosedFilter { limit: 5, ..ClosedFilter::default() });
        read find: db.find("aa");
        read judged: db.judged();
        read outgoing: db.outgoing(10);
        read sent_since: db.sent_since(NOW);
        read held_plans: db.held_plans(None, 10);
        read planned_work: db.planned_work(NOW);
        read hushed: db.hushed();
        read inspections: db.inspections(10);
        read inspection: db.inspection(NOW, false);
        read waivers: db.waivers(NOW);
        read ledger: db.ledger(&key(ORDERS));
        read past_24h: db.past_24h();
        read switches: db.switches();
        read generations: db.generations();
        read playbook_ends: db.playbook_ends();
        read open_actions: db.open_actions();
        read action: db.action("a");
        read actions: db.actions(None, 0, 10);
        read audit_head: db.audit_head();
        read audit_rows: db.audit_rows(0, 10);
        read audit_verify: db.audit_verify(&[]);
    };
    all.extend(cases! { db;
        write record: db.record(&[change(1)], &seen(), NOW);
        write remember: db.remember(&seen(), &Inferred::default(), NOW);
        write save: {
            let more = incident("bb22", "code.slow_udf_cpu", NOW);
            async move { db.save(&batch(vec![more.clone()], vec![opened(&more)]), NOW).await }
        };
        write ack: db.ack(&id(), &Ack { at: NOW, by: "li".into(), note: Some(long("me").into()) });
        write correct: db.correct(&id(), &Correction { at: NOW, by: "li".into(), right: true,
            cause: None, subject: None, note: Some(long("indeed").into()) });
        write queue: db.queue(&[outgoing("m9")]);
        write done: db.done(&["m1".to_owned()], Some(&outgoing("sum")), NOW);
        write again: db.again("m1", NOW + Span::secs(9), NOW);
        write keep_held: db.keep_held(&[held()], NOW);
        write plan: db.plan(&work("w2"));
        write end_work: db.end_work("w1", &EndedEarly { at: NOW, by: long("chen").into() });
        write inspection_due: db.inspection_due(NOW);
        write keep_inspection: db.keep_inspection(&inspected(9), Some(&outgoing("m8")));
        write waive: db.waive(&waiver("v2"));
        write end_waiver: db.end_waiver("v1", &EndedEarly { at: NOW, by: long("chen").into() });
        write take_epoch: db.take_epoch(&long("another start"));
        write begin: db.begin(Beginning { plan: &plan(&long("paid"), "restart"),
            failure_domain: "prod", by: "policy" }, |_| Ok(()));
        write append: async move {
            db.append(&first(db).await, 1, NOW, &Entry::Closed { end: End::NoChange }).await
        };
        write throw_switch: db.throw_switch(&Thrown { scope: &Scope::Job { job: key("x") },
            by: "li", why: &long("storm"), until: None, hard: true, said: NOW, filed: false });
        write end_switch: db.end_switch(&Scope::Estate, &long("li"));
        write approve: db.approve(&plan(&long("paid"), "restart"), "chen", true);
        write look_at: async move { db.look_at(&first(db).await, "li", &long("seen")).await };
        write playbook_on: db.playbook_on("restart", "li", &long("it is well"));
        write file_stops: {
            let scope = Scope::Job { job: key(&long("x")) };
            let (by, why) = ("file".into(), "storm".into());
            let line = Switch { scope, by, why, at: NOW, until: None, hard: false };
            async move { db.file_stops(&[line]).await }
        };
        write job_changed: db.job_changed(&key(&long("ads")));
        write audit: db.audit("li", "said", &serde_json::json!({ "what": long("x") }));
    });
    all
}

/// A method that is added must be added here.
#[test]
fn no_method_is_left_out() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/db");
    let mut there: BTreeSet<String> = BTreeSet::new();
    for dir in [here.clone(), here.join("journal"), here.join("audit")] {
        for file in std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()) {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            if !name.ends_with(".rs") || name.contains("test") || name == "faults.rs" {
                continue;
            }
            let text = std::fs::read_to_string(&file).unwrap();
            let ours = text.split("\nimpl Db {").skip(1).flat_map(|b| b.split("\n}").next());
            let methods = ours.flat_map(str::lines);
            let methods = methods.filter_map(|l| l.strip_prefix("    pub async fn "));
            let word = |l: &str| l.split(['(', '<']).next().unwrap().to_owned();
            there.extend(methods.map(word));
        }
    }
    assert!(there.remove("open") && there.remove("close"), "{there:?}");
    let cases = cases();
    let here: BTreeSet<String> = cases.iter().map(|c| c.name.to_owned()).collect();
    assert_eq!(here, there);
    assert_eq!(cases.len(), here.len());
}

/// Every row of the file. `loosely`: without clocks, ids that are drawn and counters; twice the
/// same counts once.
async fn rows(path: &Path, loosely: bool) -> Vec<String> {
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(Duration::from_secs(5));
    let mut c = SqliteConnection::connect_with(&options).await.unwrap();
    let sql =
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'
               AND name NOT LIKE 'sqlite%' AND name NOT GLOB 'incident_text*' ORDER BY name";
    let tables: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut c).await.unwrap();
    assert!(tables.len() > 15, "{tables:?}");
    let mut out = Vec::new();
    for table in tables {
        if loosely && ["audit", "generations", "journal_epochs"].contains(&table.as_str()) {
            continue;
        }
        let sql = AssertSqlSafe(format!("SELECT * FROM {table}"));
        for row in sqlx::query(sql).fetch_all(&mut c).await.unwrap() {
            let mut line = table.clone();
            for (n, column) in row.columns().iter().enumerate() {
                let name = column.name();
                let drawn = ["at_ms", "nth", "tries", "began", "epoch"].contains(&name)
                    || (name == "id" && ["kill_switches", "actions"].contains(&table.as_str()));
                let bytes: Option<Vec<u8>> = row.try_get_unchecked(n).unwrap();
                let value = bytes.map(|b| String::from_utf8_lossy(&b).into_owned());
                match (loosely, name) {
                    (true, _) if drawn => {}
                    (true, "ended") => line += &format!(" ended={}", value.is_some()),
                    _ => line += &format!(" {name}={value:?}"),
                }
            }
            out.push(line);
        }
    }
    c.close().await.unwrap();
    out.sort();
    if loosely {
        out.dedup();
    }
    out
}

/// A file with something of everything, on pages so small that nearly each write needs a new one.
async fn prepared(dir: &Path) -> PathBuf {
    let path = dir.join("base.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    raw.execute("PRAGMA page_size = 512; VACUUM").await.unwrap();
    raw.close().await.unwrap();
    let db = Db::open(&path).await.unwrap();
    db.take_epoch("test").await.unwrap();
    let i = incident("aa11", "code.slow_udf_cpu", NOW);
    db.save(&batch(vec![i.clone()], vec![opened(&i)]), NOW).await.unwrap();
    db.queue(&[outgoing("m1"), outgoing("m2")]).await.unwrap();
    db.plan(&work("w1")).await.unwrap();
    db.waive(&waiver("v1")).await.unwrap();
    let (scope, by, why) = (&Scope::Estate, "li", "storm");
    let switch = Thrown { scope, by, why, until: None, hard: false, said: NOW, filed: false };
    db.throw_switch(&switch).await.unwrap();
    let orders_plan = plan(ORDERS, "restart");
    let what = Beginning { plan: &orders_plan, failure_domain: "prod", by: "policy" };
    let begun = db.begin(what, |_| Ok(())).await.unwrap();
    db.append(&begun.id, 0, NOW, &Entry::Dropped).await.unwrap();
    db.close().await;
    path
}

/// On a file of its own, with the right to write the journal.
async fn fresh(base: &Path, dir: &Path, name: &str) -> (PathBuf, Db) {
    let own = dir.join(name);
    std::fs::create_dir(&own).unwrap();
    let path = own.join("streamwarden.db");
    std::fs::copy(base, &path).unwrap();
    std::fs::copy(base.with_file_name("audit.head"), own.join("audit.head")).unwrap();
    let db = Db::open(&path).await.unwrap();
    db.take_epoch("again").await.unwrap();
    (path, db)
}

/// True: the call failed.
async fn one(base: &Path, dir: &Path, case: &Case, fault: Fault) -> bool {
    let Case { name, writes, call } = case;
    let what = format!("{name} with {fault:?}");
    let (path, db) = fresh(base, dir, "right").await;
    let before = rows(&path, false).await.len();
    call(&db).await.unwrap_or_else(|e| panic!("{name}: {e}"));
    let right = rows(&path, true).await;
    assert!(*writes || rows(&path, false).await.len() == before, "{name} only reads");
    drop(db);

    let (path, db) = fresh(base, dir, "faulty").await;
    let before = rows(&path, false).await;
    db.faults.set(Some(fault)).await;
    let began = Instant::now();
    let done = call(&db).await;
    // a log is read by several calls, each with its deadline
    assert!(began.elapsed() < 3 * DEADLINE, "{what}");
    db.faults.set(None).await;
    let then = rows(&path, false).await;
    match (fault, &done) {
        (Fault::Killed, done) => assert!(done.is_err() && then == before, "{what}: {done:?}"),
        (Fault::Locked | Fault::Full | Fault::ReadOnly, Err(e)) => {
            assert!(*writes, "{what}: {e}");
            assert_eq!(then, before, "{what}: nothing half is there");
        }
        (Fault::Mute, done) => {
            assert!(done.is_err(), "{what}");
            assert_eq!(rows(&path, true).await, right, "{what}: it was carried out");
        }
        (Fault::Locked | Fault::ReadOnly, Ok(())) => assert!(!*writes, "{what} wrote"),
        (Fault::Full | Fault::Slow(_), done) => {
            assert!(done.is_ok() || fault != Fault::ALL[4], "{what}: {done:?}");
            let same = done.is_err() || rows(&path, true).await == right;
            assert!(same, "{what}: what was answered with a yes is there");
        }
    }
    // the same again, as whoever heard no yes does
    if done.is_err() {
        let again = call(&db).await;
        let there = fault == Fault::Mute && *name == "begin";
        let refused = matches!(&again, Err(e) if e.contains("guards hold it"));
        assert!(if there { refused } else { again.is_ok() }, "{what}, again: {again:?}");
    }
    assert_eq!(rows(&path, true).await, right, "{what}, in the end");
    assert_eq!(db.audit_verify(&[]).await.unwrap().faults, [], "{what}");
    db.close().await;
    done.is_err()
}

/// How many calls failed.
async fn all_with(fault: Fault) -> usize {
    let dir = tempfile::tempdir().unwrap();
    let base = prepared(dir.path()).await;
    let cases = cases();
    let each = cases.iter().map(|case| {
        let own = dir.path().join(case.name);
        std::fs::create_dir(&own).unwrap();
        let base = &base;
        async move { one(base, &own, case, fault).await }
    });
    join_all(each).await.into_iter().filter(|failed| *failed).count()
}

#[tokio::test]
async fn every_call_with_every_fault_leaves_nothing_half_and_may_be_made_again() {
    let all = cases();
    let writes = all.iter().filter(|c| c.writes).count();
    for (fault, failed) in [
        (Fault::Killed, all.len()),
        (Fault::Locked, writes),
        (Fault::ReadOnly, writes),
        (Fault::Mute, all.len()),
    ] {
        assert_eq!(all_with(fault).await, failed, "{fault:?}");
    }
    // what fits into a page that is there is written
    let full = all_with(Fault::Full).await;
    assert!(full > writes / 2, "{full} of {writes}");
}

#[tokio::test]
async fn a_call_of_a_slow_database_is_waited_for_and_one_of_a_stuck_one_is_not() {
    let secs = |s| Fault::Slow(Duration::from_secs(s));
    let (slow, stuck) = tokio::join!(all_with(Fault::ALL[4]), all_with(secs(60)));
    assert_eq!((slow, stuck), (0, cases().len()));
}
