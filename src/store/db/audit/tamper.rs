//! Whatever is done to the log, to the journal that it answers for, or to what forbids that, is
//! found: each in turn, in a database with some of everything.

use super::{Altered, Fault};
use crate::store::db::journal::Thrown;
use crate::store::db::journal::testing::{begin, plan};
use crate::store::db::{Batch, Db, Findable, incidents_tests};
use sqlx::{AssertSqlSafe, Executor, Row};
use std::collections::BTreeSet;
use std::path::Path;
use streamwarden_core::action::{End, Entry, Request, Why};
use streamwarden_core::case::{Incident, IncidentState, Scope};
use streamwarden_core::estate::{EndedEarly, Millis, PlannedWork, RunId, Scope as Place};
use streamwarden_core::estate::{Silence, Span};

const AT: Millis = Millis(1_763_700_000_000);
/// Every one of them is added to and never changed.
const TABLES: [&str; 7] = [
    "actions",
    "action_entries",
    "action_looks",
    "approvals",
    "kill_switches",
    "journal_epochs",
    "planned_work",
];

/// Some of everything: two playbooks that failed twice, yeses and noes, switches.
async fn filled(dir: &Path) -> Db {
    let db = Db::open(&dir.join("streamwarden.db")).await.unwrap();
    db.take_epoch("one").await.unwrap();
    for n in 0..5 {
        let plan = plan(&format!("job-{n}"), "rescale");
        db.approve(&plan, "chen", n % 2 == 0).await.unwrap();
        let action = begin(&db, &plan).await.unwrap();
        let cancel = Entry::Intent { request: Request::Cancel { run: RunId::new("r1") } };
        let end = Entry::Closed { end: End::Stuck { why: Why::TimedOut } };
        let done = Entry::Done { started: None };
        for (i, entry) in [cancel, done, end].iter().enumerate() {
            db.append(&action.id, i as u32, AT, entry).await.unwrap();
        }
        if n < 2 {
            db.look_at(&action.id, "li.wei", "seen").await.unwrap();
        }
    }
    db.playbook_on("rescale", "li.wei", "looked").await.unwrap();
    for scope in [Scope::Estate, Scope::Playbook { playbook: "rescale".into() }] {
        let (scope, why) = (&scope, "storm");
        let (until, hard, said, filed) = (None, false, AT, false);
        let thrown = Thrown { scope, by: "wang", why, until, hard, said, filed };
        db.throw_switch(&thrown).await.unwrap();
        db.throw_switch(&Thrown { until: Some(AT), ..thrown }).await.unwrap();
        db.end_switch(scope, "wang").await.unwrap();
    }
    for (id, silence) in [("w1", None), ("s1", Some(Silence::NoRemediate))] {
        let (scope, who, why) = (Place::Estate, "wang".into(), "racks".into());
        let (id, from, until, made, ended) = (id.into(), AT, AT + Span::secs(60), AT, None);
        let work = PlannedWork { id, scope, from, until, who, why, made, ended, silence };
        db.plan(&work).await.unwrap();
    }
    db.end_work("w1", &EndedEarly { at: AT, by: "chen".into() }).await.unwrap();
    for i in 0..20 {
        db.audit("li.wei", "token.made", &serde_json::json!({ "i": i })).await.unwrap();
    }
    db
}

async fn faults(db: &Db) -> Vec<Fault> {
    db.audit_verify(&[]).await.unwrap().faults
}

async fn execute(db: &Db, sql: String) {
    db.pool.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
}

/// Names and words of all triggers.
async fn triggers(db: &Db) -> Vec<(String, String)> {
    let sql = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'";
    let rows = db.pool.fetch_all(sql).await.unwrap();
    rows.iter().map(|r| (r.get("name"), r.get("sql"))).collect()
}

/// With nothing in the way, as whoever owns the file.
async fn without_triggers(db: &Db) -> Vec<(String, String)> {
    let all = triggers(db).await;
    for (name, _) in &all {
        execute(db, format!("DROP TRIGGER {name}")).await;
    }
    all
}

async fn columns(db: &Db, table: &str) -> Vec<(String, String)> {
    let rows = db.pool.fetch_all(AssertSqlSafe(format!("PRAGMA table_info({table})"))).await;
    rows.unwrap().iter().map(|r| (r.get("name"), r.get("type"))).collect()
}

async fn rowids(db: &Db, table: &str) -> Vec<i64> {
    let sql = format!("SELECT rowid FROM {table} ORDER BY rowid");
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&db.pool).await.unwrap()
}

/// Done, seen, and taken back.
async fn tried(db: &Db, (done, back): (String, String), what: &str) {
    execute(db, done).await;
    let found = faults(db).await;
    execute(db, back).await;
    let real = found.iter().any(|f| !matches!(f, Fault::Schema { .. }));
    assert!(real, "not found: {what}: {found:?}");
}

#[tokio::test]
async fn every_cell_and_every_row_that_is_not_as_it_was_written_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let db = filled(dir.path()).await;
    assert_eq!(faults(&db).await, []);
    execute(&db, "PRAGMA foreign_keys = 0; PRAGMA synchronous = 0".into()).await;
    without_triggers(&db).await;
    let rows = rowids(&db, "audit").await;
    assert!(rows.len() >= 50, "{}", rows.len());
    let mut n = 0;
    for table in TABLES.into_iter().chain(["audit", "playbooks_off"]) {
        execute(&db, format!("CREATE TABLE aside AS SELECT * FROM {table}")).await;
        let all = rowids(&db, table).await;
        assert!(!all.is_empty(), "{table}");
        for (nth, row) in all.iter().enumerate() {
            let aside = nth + 1;
            for (column, kind) in columns(&db, table).await {
                let other = match kind.as_str() {
                    "BIGINT" => format!("COALESCE({column}, 0) + 1000000"),
                    _ => format!("COALESCE({column}, '') || ' '"),
                };
                let done = format!("UPDATE {table} SET {column} = {other} WHERE rowid = {row}");
                let was = format!("(SELECT {column} FROM aside WHERE rowid = {aside})");
                let back = format!("UPDATE {table} SET {column} = {was} WHERE rowid = {row}");
                tried(&db, (done, back), &format!("{table}.{column} of row {row}")).await;
                n += 1;
            }
            let gone = format!("DELETE FROM {table} WHERE rowid = {row}");
            let names: Vec<String> = columns(&db, table).await.into_iter().map(|c| c.0).collect();
            let names = names.join(", ");
            let back = format!(
                "INSERT INTO {table} (rowid, {names}) SELECT {row}, {names} FROM aside WHERE rowid = {aside}"
            );
            tried(&db, (gone, back), &format!("{table} without row {row}")).await;
            n += 1;
        }
        execute(&db, "DROP TABLE aside".into()).await;
    }
    assert!(n > 500, "{n}");
    let left = faults(&db).await;
    assert!(left.iter().all(|f| matches!(f, Fault::Schema { .. })), "all was taken back: {left:?}");
}

#[tokio::test]
async fn rows_in_another_order_and_rows_that_are_made_up_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let db = filled(dir.path()).await;
    execute(&db, "PRAGMA foreign_keys = 0; PRAGMA synchronous = 0".into()).await;
    without_triggers(&db).await;
    for n in 1..rowids(&db, "audit").await.len() {
        let to = |a: usize, b: usize| format!("UPDATE audit SET n = {b} WHERE n = {a};");
        let swap = to(n, 0) + &to(n + 1, n) + &to(0, n + 1);
        tried(&db, (swap.clone(), swap), &format!("rows {n} and {} swapped", n + 1)).await;
    }
    for (table, made) in [
        ("approvals", "INSERT INTO approvals (plan, at_ms, who, yes) VALUES ('p', 1, 'x', 1)"),
        ("action_looks", "INSERT INTO action_looks SELECT id, 1, 'x', '' FROM actions LIMIT 1"),
        (
            "playbooks_off",
            "INSERT INTO playbooks_off (playbook, since, action) VALUES ('p', 1, 'a')",
        ),
        ("journal_epochs", "INSERT INTO journal_epochs VALUES (99, 1, 'x')"),
        (
            "planned_work",
            "INSERT INTO planned_work SELECT 'w9', scope, from_ms, until_ms, who, why, made, NULL,
             NULL, 'messages' FROM planned_work LIMIT 1",
        ),
    ] {
        let back = format!("DELETE FROM {table} WHERE rowid = (SELECT MAX(rowid) FROM {table})");
        tried(&db, (made.into(), back), made).await;
    }
}

/// What no row of the log holds by itself: which word came last, how far a job has counted, and
/// that the incident of a no is open still.
#[tokio::test]
async fn what_lets_a_plan_go_again_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let db = filled(dir.path()).await;
    let mut incident = incidents_tests::incident("aa11", "code.slow_udf_cpu", AT);
    let mut no = plan("orders", "rescale");
    no.incident = incident.id.clone();
    let save = async |incident: &Incident| {
        let incidents = vec![(incident.clone(), Findable::default())];
        db.save(&Batch { incidents, ..Batch::default() }, AT).await.unwrap();
    };
    save(&incident).await;
    for yes in [true, false] {
        db.approve(&no, "chen", yes).await.unwrap();
    }
    assert_eq!(faults(&db).await, []);
    execute(&db, "PRAGMA foreign_keys = 0; PRAGMA synchronous = 0".into()).await;
    without_triggers(&db).await;
    let set = |what: &str, to: &str| format!("UPDATE {what} SET {to}");
    let nth = |a: i64, b: i64| set("approvals", &format!("nth = {b} WHERE nth = {a}")) + ";";
    let swap = nth(6, 0) + &nth(7, 6) + &nth(0, 7);
    tried(&db, (swap.clone(), swap), "the no before the yes").await;
    let closed = |state| set("incidents", &format!("state = '{state}' WHERE id = 'aa11'"));
    tried(&db, (closed("closed"), closed("open")), "an incident that is open is over").await;
    let count = |n: i64| set("generations", &format!("generation = generation + {n}"));
    tried(&db, (count(-1), count(1)), "a generation that was there already").await;
    let aside = "CREATE TABLE aside AS SELECT * FROM generations; DELETE FROM generations";
    let back = "INSERT INTO generations SELECT * FROM aside; DROP TABLE aside";
    tried(&db, (aside.into(), back.into()), "no generation").await;

    (incident.state, incident.closed) = (IncidentState::Closed, Some(AT));
    save(&incident).await;
    save(&incident).await;
    let rows = db.audit_rows(0, 1000).await.unwrap();
    let over = rows.iter().filter(|r| r.what == "incident.over").count();
    assert_eq!(over, 1, "told once");
    let left = faults(&db).await;
    assert!(left.iter().all(|f| matches!(f, Fault::Schema { .. })), "{left:?}");
    tried(&db, (closed("open"), closed("closed")), "an incident that is over is open").await;
}

/// Cut off at each row, with and without the file that names the newest, while a process runs and
/// while none does; and written on until the file names a row behind the cut.
#[tokio::test]
async fn a_log_that_was_cut_and_written_on_is_not_whole_again() {
    let dir = tempfile::tempdir().unwrap();
    let db = filled(dir.path()).await;
    let rows = db.audit_head().await.unwrap().n;
    db.close().await;
    let stopped = (0..rows).filter(|n| n % 7 == 0 || n + 1 == rows).map(|n| (n, false));
    for (n, running) in (0..rows).map(|n| (n, true)).chain(stopped) {
        let copy = tempfile::tempdir().unwrap();
        for name in ["streamwarden.db", "audit.head"] {
            std::fs::copy(dir.path().join(name), copy.path().join(name)).unwrap();
        }
        let path = copy.path().join("streamwarden.db");
        let mut db = Db::open(&path).await.unwrap();
        execute(&db, "PRAGMA synchronous = 0".into()).await;
        if running {
            db.audit("li.wei", "token.made", &serde_json::json!({})).await.unwrap();
        }
        let all = without_triggers(&db).await;
        execute(&db, format!("DELETE FROM audit WHERE n > {n}")).await;
        for (_, sql) in all {
            execute(&db, sql).await;
        }
        assert!(!faults(&db).await.is_empty(), "cut behind {n}");
        if !running {
            db.close().await;
            db = Db::open(&path).await.unwrap();
            db.take_epoch("two").await.unwrap();
            execute(&db, "PRAGMA synchronous = 0".into()).await;
        }
        // the last one also far enough
        let more = if n + 1 == rows { 5 } else { 2 };
        for _ in 0..more {
            db.audit("li.wei", "token.made", &serde_json::json!({})).await.unwrap();
        }
        let broken = |f: &Fault| matches!(f, Fault::FoundBroken { .. });
        let found = faults(&db).await;
        assert!(found.iter().any(broken), "cut behind {n}, running: {running}: {found:?}");
        let noted = db.read_head().await.unwrap();
        assert_eq!(noted, db.audit_head().await.unwrap(), "and it goes on from there");
        db.close().await;
    }
}

#[tokio::test]
async fn what_keeps_rows_is_held_against_how_it_was_made() {
    let dir = tempfile::tempdir().unwrap();
    let db = filled(dir.path()).await;
    let all = triggers(&db).await;
    let guarded: BTreeSet<&str> = TABLES.into_iter().chain(["audit", "generations"]).collect();
    for table in guarded {
        let on =
            |when: &str| all.iter().any(|(_, sql)| sql.contains(&format!("{when} ON {table}\n")));
        assert!(on("BEFORE UPDATE") && on("BEFORE DELETE"), "{table}");
    }
    let schema = |name: &str, how| Fault::Schema { name: format!("trigger {name}"), how };
    for (name, sql) in &all {
        execute(&db, format!("DROP TRIGGER {name}")).await;
        assert_eq!(faults(&db).await, [schema(name, Altered::Missing)]);
        // as one that does nothing
        let idle = sql.replace("SELECT RAISE", "SELECT 1; --");
        execute(&db, idle.replace("END", "\nEND")).await;
        assert_eq!(faults(&db).await, [schema(name, Altered::Changed)]);
        execute(&db, format!("DROP TRIGGER {name}; {sql}")).await;
        assert_eq!(faults(&db).await, []);
    }
    let quiet = "CREATE TRIGGER quiet AFTER INSERT ON audit BEGIN SELECT 1; END";
    execute(&db, quiet.into()).await;
    assert_eq!(faults(&db).await, [schema("quiet", Altered::Added)]);
}
