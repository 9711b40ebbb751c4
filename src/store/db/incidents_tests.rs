use super::*;
use crate::web::testdata;
use streamwarden_core::case::*;
use streamwarden_core::estate::{ClusterId, Subject};
use streamwarden_core::rules::Words;

const NOW: Millis = Millis(1_763_700_000_000);

pub(super) fn incident(id: &str, cause: &str, at: Millis) -> Incident {
    let bare = testdata::hazard().incident;
    let job = JobKey::new(&ClusterId::new("prod"), "orders");
    let diagnosis = Diagnosis {
        verdict: Verdict::Root { cause: cause.into() },
        subject: Subject::Job { job },
        role: CauseRole::Root,
        onset: at,
        says: Words { en: "100%_slow".into(), zh: "慢".into() },
        ..bare.diagnosis
    };
    let (id, state, onset) =
        (IncidentId(id.into()), IncidentState::Provisional, at - Span::secs(10));
    Incident { id, state, opened: at, onset, last_seen: at, diagnosis, ..bare }
}

pub(super) fn batch(incidents: Vec<Incident>, events: Vec<IncidentEvent>) -> Batch {
    let findable = || Findable {
        jobs: vec!["job:prod/orders".into(), "orders".into()],
        words: "Map".into(),
        place: "Map of orders".into(),
    };
    let incidents = incidents.into_iter().map(|i| (i, findable())).collect();
    Batch { incidents, events, ..Batch::default() }
}

pub(super) fn opened(i: &Incident) -> IncidentEvent {
    let what = EventKind::Opened { incident: Box::new(i.clone()) };
    IncidentEvent { at: i.opened, id: i.id.clone(), what }
}

async fn temp() -> (tempfile::TempDir, PathBuf, Db) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("streamwarden.db");
    let db = Db::open(&path).await.unwrap();
    (dir, path, db)
}

fn ack(at: i64, by: &str) -> Ack {
    Ack { at: NOW + Span::secs(at), by: by.into(), note: None }
}

#[tokio::test]
async fn an_open_incident_is_taken_up_after_a_restart_with_all_that_was_said() {
    let (_dir, path, db) = temp().await;
    let i = incident("aa11", "code.slow_udf_cpu", NOW);
    let events =
        vec![opened(&i), IncidentEvent { at: NOW, id: i.id.clone(), what: EventKind::Confirmed }];
    let written = batch(vec![i.clone()], events.clone());
    db.save(&written, NOW).await.unwrap();
    // a batch that may have been written is written again
    db.save(&written, NOW).await.unwrap();
    db.ack(&i.id, &ack(1, "li.wei")).await.unwrap();
    let wrong = Correction {
        at: NOW,
        by: "chen".into(),
        right: false,
        cause: Some("gc".into()),
        subject: None,
        note: None,
    };
    db.correct(&i.id, &wrong).await.unwrap();
    // as kill -9 leaves it
    std::mem::forget(db);

    let db = Db::open(&path).await.unwrap();
    let open = db.load_open().await.unwrap();
    let (acks, corrections) = (vec![ack(1, "li.wei")], vec![wrong]);
    assert_eq!(open, [Record { incident: i, events, acks, corrections }]);
    assert_eq!(db.judged().await.unwrap(), [(vec!["code.slow_udf_cpu".to_owned()], false)]);
}

#[tokio::test]
async fn nobody_can_acknowledge_what_is_not_there() {
    let (_dir, _, db) = temp().await;
    assert!(db.ack(&IncidentId("none".into()), &ack(1, "x")).await.is_err());
}

#[tokio::test]
async fn closed_ones_are_listed_newest_first_and_found_by_job_cause_and_text() {
    let (_dir, _, db) = temp().await;
    let close = |id, cause, at: i64| {
        let closed = Some(NOW + Span::secs(at));
        Incident { state: IncidentState::Closed, closed, ..incident(id, cause, NOW) }
    };
    let (state, late) = (IncidentState::Confirmed, incident("dd55", "code.stuck_task", NOW));
    let confirmed = Incident { state, ..late };
    let all = vec![
        close("aa11", "code.slow_udf_cpu", 1),
        close("aa22", "link.auth_expired", 3),
        close("bb33", "res.gc_pressure", 2),
        incident("cc44", "code.stuck_task", NOW),
        confirmed,
    ];
    db.save(&batch(all, Vec::new()), NOW).await.unwrap();
    let ask = async |f: ClosedFilter| {
        let limit = if f.limit == 0 { 10 } else { f.limit };
        let (total, list) = db.closed(&ClosedFilter { limit, ..f }).await.unwrap();
        (total, list.iter().map(|r| r.incident.id.0.to_string()).collect::<Vec<_>>().join(" "))
    };
    let happened = db.happened(Millis(0), 2).await.unwrap();
    assert_eq!((happened.all, happened.open), (4, 1));
    let first: Vec<&str> = happened.first.iter().map(|i| &*i.id.0).collect();
    assert_eq!(first, ["dd55", "aa11"], "open ones first, no suspicion, not more than asked for");
    assert_eq!(db.happened(NOW + Span::secs(3), 9).await.unwrap().all, 2);
    assert_eq!(ask(ClosedFilter::default()).await, (3, "aa22 bb33 aa11".into()));
    let page = ClosedFilter { offset: 1, limit: 1, ..ClosedFilter::default() };
    assert_eq!(ask(page).await, (3, "bb33".into()));
    let cause = Some("res.gc_pressure".into());
    assert_eq!(ask(ClosedFilter { cause, ..ClosedFilter::default() }).await.1, "bb33");
    let text = |t: &str| ClosedFilter { text: Some(t.into()), ..ClosedFilter::default() };
    assert_eq!(ask(text("AUTH")).await.1, "aa22");
    assert_eq!(ask(text("100%_S")).await.0, 3, "what LIKE understands is text here");
    assert_eq!(ask(text("100_%")).await.0, 0);
    assert_eq!(ask(text("prod/ord")).await.0, 3, "a job that it touches");
    assert_eq!((ask(text("au")).await.1, ask(text("zz")).await.0), ("aa22".into(), 0));
    assert_eq!(ask(text(r#"a" OR words : "b"#)).await.0, 0, "what the index understands is text");
    let job = |j: &str| ClosedFilter { job: Some(j.into()), ..ClosedFilter::default() };
    assert_eq!((ask(job("orders")).await.0, ask(job("order")).await.0), (3, 0));

    assert!(matches!(db.find("bb").await.unwrap(), Found::One(r) if &*r.incident.id.0 == "bb33"));
    assert!(matches!(db.find("aa").await.unwrap(), Found::Several(ids) if ids.len() == 2));
    assert_eq!(db.find("%").await.unwrap(), Found::None);
}

#[tokio::test]
async fn what_is_old_goes_with_all_that_hangs_on_it() {
    let (_dir, _, db) = temp().await;
    let old = Incident {
        state: IncidentState::Closed,
        closed: Some(NOW),
        ..incident("aa11", "code.slow_udf_cpu", NOW)
    };
    db.save(&batch(vec![old.clone()], vec![opened(&old)]), NOW).await.unwrap();
    db.ack(&old.id, &ack(1, "x")).await.unwrap();
    let later = NOW + KEEP_GONE + Span::secs(1);
    let new = Incident { closed: Some(later), ..old.clone() };
    let new = Incident { id: IncidentId("bb22".into()), ..new };
    db.save(&batch(vec![new], Vec::new()), later).await.unwrap();
    assert_eq!(db.find("aa11").await.unwrap(), Found::None);
    for (table, kept) in
        [("incident_events", 0), ("acks", 0), ("incident_numbers", 1), ("incident_text", 1)]
    {
        let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let left: i64 = sqlx::query_scalar(sql).fetch_one(&db.pool).await.unwrap();
        assert_eq!(left, kept, "{table}");
    }
    let short = db.lessons(Millis(0)).await.unwrap();
    assert_eq!(
        (short.len(), &*short[0].id, &*short[0].causes[0]),
        (1, "bb22", "code.slow_udf_cpu")
    );
    assert_eq!(short[0].place_name, "Map of orders");
    let troubled = db.troubled(Millis(0)).await.unwrap();
    assert_eq!((troubled.len(), troubled[0].from), (1, short[0].onset));
    assert_eq!((troubled[0].to, &*troubled[0].jobs[0]), (short[0].closed, "job:prod/orders"));
    if let Some(closed) = short[0].closed {
        assert!(db.troubled(closed + Span(1)).await.unwrap().is_empty());
    }
}
