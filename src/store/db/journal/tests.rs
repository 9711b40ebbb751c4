use super::super::{Batch, Findable};
use super::testing::{AT, begin, plan};
use super::*;
use sqlx::Executor;
use sqlx::sqlite::SqliteConnectOptions;
use std::path::{Path, PathBuf};
use streamwarden_core::action::{Request, Why};
use streamwarden_core::case::{IncidentId, IncidentState, Step};
use streamwarden_core::estate::RunId;

async fn open() -> (tempfile::TempDir, PathBuf, Db) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("streamwarden.db");
    let db = Db::open(&path).await.unwrap();
    db.take_epoch("test").await.unwrap();
    (dir, path, db)
}

fn cancel() -> Entry {
    Entry::Intent { request: Request::Cancel { run: RunId::new("r1") } }
}

fn closed(end: End) -> Entry {
    Entry::Closed { end }
}

fn refusal<T: std::fmt::Debug>(result: Result<T, JournalError>) -> Refusal {
    match result.unwrap_err() {
        JournalError::Refused(refusal) => refusal,
        JournalError::Db(error) => panic!("{error}"),
    }
}

async fn raw(path: &Path) -> SqliteConnection {
    use sqlx::Connection;
    let options = SqliteConnectOptions::new().filename(path);
    SqliteConnection::connect_with(&options).await.unwrap()
}

#[tokio::test]
async fn what_was_begun_is_taken_up_after_a_kill_with_every_entry() {
    let (_dir, path, db) = open().await;
    let plan = plan("orders", "restart");
    let mut state = begin(&db, &plan).await.unwrap();
    assert_eq!(state.generation, 1);
    let entries = [cancel(), Entry::Done { started: None }];
    for (n, entry) in entries.iter().enumerate() {
        db.append(&state.id, n as u32, AT, entry).await.unwrap();
        state.apply(entry);
    }
    // as kill -9 leaves it
    std::mem::forget(db);

    let db = Db::open(&path).await.unwrap();
    db.take_epoch("again").await.unwrap();
    let found = db.open_actions().await.unwrap();
    assert!(found.unreadable.is_empty());
    assert_eq!(found.actions.len(), 1);
    assert_eq!(found.actions[0].state(), state);
    assert!(state.stopped, "the job is down, and the next process knows");
    let one = async |id: &str| match db.action(id).await.unwrap() {
        FoundAction::One(record) => Some(record.state()),
        _ => None,
    };
    assert_eq!(one(&state.id[..6]).await, Some(state.clone()));
    assert_eq!(db.audit_verify(&[]).await.unwrap().faults, []);
}

#[tokio::test]
async fn guards_are_asked_with_what_the_journal_knows_and_their_no_leaves_nothing() {
    let (_dir, _, db) = open().await;
    db.throw_switch(&Thrown {
        scope: &Scope::Estate,
        by: "li.wei",
        why: "storm",
        until: None,
        hard: true,
        said: AT,
        filed: false,
    })
    .await
    .unwrap();
    let plan = plan("orders", "restart");
    db.approve(&plan, "chen", true).await.unwrap();
    let mut seen = None;
    let what = Beginning { plan: &plan, failure_domain: "prod", by: "policy" };
    let hold = Hold::GenerationMoved;
    let held = db.begin(what, |ledger| {
        seen = Some(ledger.clone());
        Err(vec![hold.clone()])
    });
    assert_eq!(refusal(held.await), Refusal::Held(vec![hold]));
    let ledger = seen.unwrap();
    let switch = &ledger.switches[0];
    assert_eq!((&switch.scope, &*switch.by, switch.hard), (&Scope::Estate, "li.wei", true));
    assert_eq!((&*ledger.approvals[0].plan, ledger.approvals[0].yes), (&*plan.hash(), true));
    assert_eq!((ledger.epoch, ledger.generation, ledger.unsound), (1, 0, None));
    assert!(db.actions(None, 0, 10).await.unwrap().is_empty());
    assert_eq!(db.end_switch(&Scope::Estate, "li.wei").await.unwrap(), 1);
    assert!(db.switches().await.unwrap().is_empty());
    assert_eq!(db.ledger(&plan.job).await.unwrap().generation, 0);
}

/// As long as its incident is open, also under the name of the one that it became a part of.
#[tokio::test]
async fn a_no_is_remembered_until_the_incident_is_over_or_somebody_says_yes() {
    let (_dir, path, db) = open().await;
    let incident = |id: &str| super::super::incidents_tests::incident(id, "code.slow_udf_cpu", AT);
    let save = async |db: &Db, id: &str, end: Option<Option<&str>>| {
        let mut i = incident(id);
        if let Some(into) = end {
            (i.state, i.closed) = (IncidentState::Closed, Some(AT));
            i.merged_into = into.map(|into| IncidentId(into.into()));
        }
        let batch = Batch { incidents: vec![(i, Findable::default())], ..Batch::default() };
        db.save(&batch, AT).await.unwrap();
    };
    let (orders, risk) = (plan("orders", "rescale"), plan("risk", "rescale"));
    let nos = async |db: &Db| -> Vec<String> {
        let all = db.ledger(&orders.job).await.unwrap().declined;
        all.iter().map(|d| format!("{} {} {}", d.incident, d.job.key, d.by)).collect()
    };
    save(&db, "aa11", None).await;
    db.approve(&orders, "chen", false).await.unwrap();
    db.approve(&risk, "chen", false).await.unwrap();
    // a later plan of the same, which has another hash
    let later = Plan { generation: 4, ..risk.clone() };
    db.approve(&later, "li.wei", true).await.unwrap();
    assert_eq!(nos(&db).await, ["aa11 orders chen"]);
    db.approve(&later, "li.wei", false).await.unwrap();
    assert_eq!(nos(&db).await, ["aa11 orders chen", "aa11 risk li.wei"]);
    // as kill -9 leaves it
    std::mem::forget(db);

    let db = Db::open(&path).await.unwrap();
    save(&db, "bb22", None).await;
    save(&db, "aa11", Some(Some("bb22"))).await;
    assert_eq!(nos(&db).await, ["bb22 orders chen", "bb22 risk li.wei"]);
    let of_the_other = Plan { incident: IncidentId("bb22".into()), ..orders.clone() };
    db.approve(&of_the_other, "li.wei", true).await.unwrap();
    assert_eq!(nos(&db).await, ["bb22 risk li.wei"]);
    save(&db, "bb22", Some(None)).await;
    assert_eq!(nos(&db).await, [""; 0]);
}

#[tokio::test]
async fn one_open_action_per_job_and_a_generation_for_each() {
    let (_dir, _, db) = open().await;
    let (orders, risk) = (plan("orders", "restart"), plan("risk", "restart"));
    let first = begin(&db, &orders).await.unwrap();
    let scope = Scope::Job { job: orders.job.clone() };
    let held = refusal(begin(&db, &orders).await);
    assert_eq!(held, Refusal::Held(vec![Hold::ActionOpen { scope }]));
    begin(&db, &risk).await.unwrap();
    assert_eq!(db.ledger(&orders.job).await.unwrap().open.len(), 2);
    db.append(&first.id, 0, AT, &closed(End::NoChange)).await.unwrap();
    assert_eq!(db.job_changed(&orders.job).await.unwrap(), 2);
    let second = begin(&db, &orders).await.unwrap();
    assert_eq!(second.generation, 3);
    assert_ne!(first.id, second.id);
    // also where guards and our own look were off
    let twice = "INSERT INTO actions SELECT 'x', cluster, key, playbook, failure_domain, incident,
        9, epoch, who, began, plan, plan_hash, NULL, NULL, NULL, 0 FROM actions WHERE ended IS NULL";
    let error = db.pool.execute(twice).await.unwrap_err();
    assert!(error.to_string().contains("UNIQUE"), "{error}");
}

#[tokio::test]
async fn what_starts_a_job_again_is_told_as_such_with_its_root() {
    let (_dir, _, db) = open().await;
    let mut lost = plan("orders", "resume");
    lost.steps = vec![Step::Choose, Step::Submit { parallelism: None, wait_s: 60 }];
    let first = begin(&db, &lost).await.unwrap();
    begin(&db, &plan("risk", "restart")).await.unwrap();
    let told =
        |l: &Ledger| l.open.iter().map(|o| (o.incident.clone(), o.resumes)).collect::<Vec<_>>();
    let ledger = db.ledger(&lost.job).await.unwrap();
    let i: Name = "aa11".into();
    assert_eq!(told(&ledger), [(i.clone(), true), (i, false)]);
    db.append(&first.id, 0, AT, &closed(End::NoChange)).await.unwrap();
    assert!(db.ledger(&lost.job).await.unwrap().past[0].resumes);
}

#[tokio::test]
async fn entries_are_written_once_in_order_and_never_changed() {
    let (_dir, _, db) = open().await;
    let state = begin(&db, &plan("orders", "restart")).await.unwrap();
    db.append(&state.id, 0, AT, &cancel()).await.unwrap();
    db.append(&state.id, 0, AT, &cancel()).await.unwrap();
    let other = db.append(&state.id, 0, AT, &Entry::Dropped).await;
    assert_eq!(refusal(other), Refusal::Conflict { n: 0 });
    let early = db.append(&state.id, 2, AT, &Entry::Dropped).await;
    assert_eq!(refusal(early), Refusal::Early { n: 2, next: 1 });
    let nobody = db.append("none", 0, AT, &Entry::Dropped).await;
    assert_eq!(refusal(nobody), Refusal::NoAction("none".into()));
    let end = closed(End::Stuck { why: Why::CannotTell });
    db.append(&state.id, 1, AT, &end).await.unwrap();
    db.append(&state.id, 1, AT, &end).await.unwrap();
    assert_eq!(refusal(db.append(&state.id, 2, AT, &cancel()).await), Refusal::Over);
    for sql in [
        "UPDATE action_entries SET body = '{}'",
        "DELETE FROM action_entries",
        "UPDATE actions SET ended = NULL",
        "UPDATE actions SET plan = ''",
        "DELETE FROM actions",
        "DELETE FROM kill_switches",
    ] {
        db.throw_switch(&Thrown {
            scope: &Scope::Estate,
            by: "x",
            why: "y",
            until: None,
            hard: false,
            said: AT,
            filed: false,
        })
        .await
        .unwrap();
        assert!(db.pool.execute(sql).await.is_err(), "{sql}");
    }
}

#[tokio::test]
async fn a_switch_that_waited_in_the_file_is_written_once_with_who_and_since_when() {
    let (_dir, _, db) = open().await;
    let (scope, until, said) = (&Scope::Estate, None, AT);
    let thrown = Thrown { scope, by: "chen", why: "y", until, hard: true, said, filed: true };
    let id = db.throw_switch(&thrown).await.unwrap();
    assert_eq!(db.throw_switch(&thrown).await.unwrap(), id, "an answer that was lost");
    let switches = db.switches().await.unwrap();
    assert_eq!((switches.len(), &*switches[0].by, switches[0].at), (1, "chen", AT));
    let rows = db.audit_rows(0, 100).await.unwrap();
    let on: Vec<_> = rows.iter().filter(|r| r.what == "kill_switch.on").collect();
    assert_eq!((on.len(), &*on[0].who), (1, "chen"));
    assert!(on[0].detail.contains(&AT.0.to_string()), "{}", on[0].detail);
    assert_eq!(db.audit_verify(&[]).await.unwrap().faults, []);
}

#[tokio::test]
async fn who_lost_the_journal_writes_nothing_more() {
    let (_dir, path, old) = open().await;
    let state = begin(&old, &plan("orders", "restart")).await.unwrap();
    let new = Db::open(&path).await.unwrap();
    assert_eq!(
        refusal(begin(&new, &plan("risk", "restart")).await),
        Refusal::Fenced { ours: 0, theirs: 1 },
        "who took no epoch may not begin"
    );
    assert_eq!(new.take_epoch("new").await.unwrap(), 2);
    let fenced = Refusal::Fenced { ours: 1, theirs: 2 };
    assert_eq!(refusal(old.append(&state.id, 0, AT, &cancel()).await), fenced);
    assert_eq!(refusal(begin(&old, &plan("risk", "restart")).await), fenced);
    new.append(&state.id, 0, AT, &cancel()).await.unwrap();
}

#[tokio::test]
async fn two_failures_within_a_day_switch_a_playbook_off_until_somebody_looked() {
    let (_dir, _, db) = open().await;
    let fail = async |job: &str, end: End| {
        let state = begin(&db, &plan(job, "restart")).await.unwrap();
        db.append(&state.id, 0, AT, &closed(end)).await.unwrap();
        state
    };
    let off = async || {
        let ledger = db.ledger(&plan("x", "restart").job).await.unwrap();
        ledger.playbooks_off.iter().map(|(p, _)| p.to_string()).collect::<Vec<_>>()
    };
    let helped = End::Helped { cure: streamwarden_core::case::Cure::Cured };
    fail("a", helped).await;
    let stuck = fail("b", End::Stuck { why: Why::TimedOut }).await;
    assert!(off().await.is_empty());
    fail("c", End::NoChange).await;
    let failed = fail("d", End::NoChange).await;
    assert_eq!(off().await, ["restart"]);
    db.playbook_on("restart", "li.wei", "a bad rule, mended").await.unwrap();
    assert!(off().await.is_empty());
    fail("e", End::NoChange).await;
    assert!(off().await.is_empty(), "what was looked at counts no more");
    let last = fail("f", End::RolledBack { why: Why::Worse }).await;
    assert_eq!(off().await, ["restart"]);

    let past = db.past_24h().await.unwrap();
    let seen = |id: &Name| past.iter().find(|p| p.action == *id).unwrap().seen_by.clone();
    assert_eq!((past.len(), seen(&last.id)), (6, None));
    assert_eq!(seen(&failed.id).as_deref(), Some("li.wei"), "with the playbook");
    assert_eq!(seen(&stuck.id), None, "a job that is stuck is looked at by itself");
    let several = db.action("").await.unwrap();
    assert!(matches!(several, FoundAction::Several(ids) if ids.len() == 6));
}

#[tokio::test]
async fn an_old_stuck_action_is_told_until_somebody_looked() {
    let (_dir, path, db) = open().await;
    let stuck = begin(&db, &plan("b", "restart")).await.unwrap();
    db.append(&stuck.id, 0, AT, &closed(End::Stuck { why: Why::TimedOut })).await.unwrap();
    let old = "DROP TRIGGER actions_end_once; UPDATE actions SET ended = ended - 30 * 86400000";
    raw(&path).await.execute(old).await.unwrap();
    assert_eq!(db.past_24h().await.unwrap().len(), 1);
    db.look_at(&stuck.id, "chen", "").await.unwrap();
    assert!(db.past_24h().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_database_that_may_lose_what_it_takes_lets_nothing_begin() {
    let (_dir, _, db) = open().await;
    db.pool.execute("PRAGMA synchronous = 1").await.unwrap();
    let refused = refusal(begin(&db, &plan("orders", "restart")).await);
    assert_eq!(refused, Refusal::Unsound("synchronous is 1, and 2 is needed".into()));
}

/// Locked, read-only, full: nothing begins, nothing half is there, and it goes on afterwards.
#[tokio::test]
async fn a_database_in_trouble_begins_nothing_and_loses_nothing() {
    let (_dir, path, db) = open().await;
    let running = begin(&db, &plan("orders", "restart")).await.unwrap();
    let trouble = async |db: &Db| {
        let begun = begin(db, &plan("risk", "restart")).await;
        assert!(matches!(begun, Err(JournalError::Db(_))), "{begun:?}");
        let entry = db.append(&running.id, 0, AT, &cancel()).await;
        assert!(matches!(entry, Err(JournalError::Db(_))), "{entry:?}");
        assert!(db.approve(&plan("risk", "restart"), "x", true).await.is_err());
        assert!(db.playbook_on("p", "x", "").await.is_err());
    };
    db.pool.execute("PRAGMA query_only = 1").await.unwrap();
    trouble(&db).await;
    db.pool.execute("PRAGMA query_only = 0").await.unwrap();

    let mut other = raw(&path).await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let begun = begin(&db, &plan("risk", "restart")).await;
    assert!(matches!(begun, Err(JournalError::Db(Error::Locked { .. }))), "{begun:?}");
    other.execute("ROLLBACK").await.unwrap();

    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&db.pool).await.unwrap();
    let limit = |n: i64| sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {n}"));
    db.pool.execute(sqlx::raw_sql(limit(pages))).await.unwrap();
    let mut wide = plan("risk", "restart");
    wide.says.en = "x".repeat(1 << 16);
    let begun = begin(&db, &wide).await;
    assert!(matches!(begun, Err(JournalError::Db(Error::Full { .. }))), "{begun:?}");
    db.pool.execute(sqlx::raw_sql(limit(100_000))).await.unwrap();

    assert_eq!(db.open_actions().await.unwrap().actions.len(), 1);
    db.append(&running.id, 0, AT, &cancel()).await.unwrap();
    assert_eq!(begin(&db, &plan("risk", "restart")).await.unwrap().generation, 1);
    assert_eq!(db.audit_verify(&[]).await.unwrap().faults, []);
}

/// The caller gave up and the database did it all the same: the same may be written again, and
/// what was begun is found.
#[tokio::test]
async fn what_was_carried_out_after_the_caller_gave_up_is_found() {
    let (_dir, _, db) = open().await;
    let plan = plan("orders", "restart");
    let what = Beginning { plan: &plan, failure_domain: "prod", by: "policy" };
    // the answer is thrown away, as a deadline does
    drop(db.write_begin(what, |_| Ok(())).await.unwrap());
    let found = db.open_actions().await.unwrap();
    let id = found.actions[0].id.clone();
    assert_eq!(found.actions[0].entries, []);
    drop(db.write_entry(&id, 0, AT, &cancel()).await.unwrap());
    db.append(&id, 0, AT, &cancel()).await.unwrap();
    let FoundAction::One(record) = db.action(&id).await.unwrap() else { panic!("{id}") };
    assert_eq!(record.entries, [(AT, cancel())]);
    assert_eq!(db.audit_verify(&[]).await.unwrap().faults, []);
}

#[tokio::test]
async fn an_action_of_a_later_version_keeps_its_job_and_is_left_alone() {
    let (_dir, path, db) = open().await;
    let orders = plan("orders", "restart");
    let state = begin(&db, &orders).await.unwrap();
    let later = "INSERT INTO action_entries SELECT id, 0, 0, 1, '{\"entry\":\"teleported\"}'
                 FROM actions";
    raw(&path).await.execute(later).await.unwrap();
    let found = db.open_actions().await.unwrap();
    let [left] = &found.unreadable[..] else { panic!("{found:?}") };
    assert_eq!((&left.open.action, &left.open.job), (&state.id, &orders.job));
    assert_eq!((found.actions.len(), &*left.by, left.seen.len()), (0, "policy", 0));
    db.look_at(&state.id, "chen", "it runs").await.unwrap();
    let found = db.open_actions().await.unwrap();
    assert_eq!(&*found.unreadable[0].seen[0].1, "chen");
    assert!(matches!(refusal(begin(&db, &orders).await), Refusal::Held(_)));
}
