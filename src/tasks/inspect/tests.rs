//! Due times, stops, two processes one after the other, messages, waivers.

use super::*;
use crate::notify::Language;
use crate::schedule::Schedule;
use crate::store::WINDOW;
use crate::web::testdata;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use std::path::Path;
use streamwarden_core::lineage::Pattern;

const DAY: Span = Span::secs(86_400);
/// 2026-01-15 08:00 in Shanghai.
const DUE: Millis = Millis(1_768_435_200_000);

fn settings() -> Inspect {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let team = Rule { name: "risk".into(), patterns: vec![Pattern::new("ads-*")] };
    Inspect {
        schedule: Some(Schedule::new("0 8 * * *", zone.clone()).unwrap()),
        zone,
        estate: None,
        teams: vec![team],
    }
}

/// A process that was started at a moment, and what it sees.
async fn started(dir: &Path, at: Millis) -> (Inspector, Arc<ArcSwap<Snapshot>>) {
    let (store, _) = Store::open(dir, at, WINDOW).await.unwrap();
    let snapshot = Arc::new(ArcSwap::from_pointee(Snapshot { at, ..testdata::snapshot() }));
    let only = BTreeSet::from([Happened::Inspection]);
    let bench = Bench {
        store: Arc::new(store),
        minutes: None,
        snapshot: snapshot.clone(),
        checks: Arc::new(Checks::default),
        settings: settings(),
        telling: Some(Telling {
            only,
            language: Language::Both,
            page: "https://sw.example".into(),
        }),
        started: at,
    };
    (Inspector::new(bench), snapshot)
}

/// What its loop says at a moment, and for which times reports are kept, as days since `DUE`.
async fn at(
    (inspector, snapshot): &(Inspector, Arc<ArcSwap<Snapshot>>),
    answered: &mut Option<Millis>,
    now: Millis,
) -> (String, Vec<i64>) {
    snapshot.store(Arc::new(Snapshot { at: now, ..testdata::snapshot() }));
    let said = inspector.look(answered, now).await.unwrap_or_else(|e| panic!("{e}"));
    let kept = inspector.list(10).await.unwrap();
    (said, kept.iter().filter_map(|h| Some((h.due? - DUE).0 / DAY.0)).collect())
}

#[tokio::test]
async fn one_for_each_time_and_one_for_all_that_were_missed() {
    let dir = tempfile::tempdir().unwrap();
    let hour = |n: i64| Span::secs(3600 * n);
    let first = started(dir.path(), DUE - hour(20)).await;
    let mut answered = None;
    let (said, kept) = at(&first, &mut answered, DUE - hour(19)).await;
    assert_eq!((said.as_str(), kept.len()), ("not due", 0), "nothing was missed before we came");
    assert_eq!(at(&first, &mut answered, DUE - Span(1)).await.1, [0i64; 0]);
    assert_eq!(at(&first, &mut answered, DUE + Span(1)).await.1, [0]);
    assert_eq!(at(&first, &mut answered, DUE + hour(1)).await.1, [0], "once");
    drop(first);

    // it was away for three mornings
    let start = DUE + Span(3 * DAY.0) + hour(2);
    let second = started(dir.path(), start).await;
    let mut answered = None;
    let (said, kept) = at(&second, &mut answered, start + Span::secs(60)).await;
    assert!(said.contains("looked at first") && kept == [0], "{said}");
    assert_eq!(at(&second, &mut answered, start + hour(1)).await.1, [3, 0]);
    assert_eq!(at(&second, &mut answered, start + hour(2)).await.1, [3, 0]);
    // the clock went back a day, and is right again
    assert_eq!(at(&second, &mut answered, start - Span(DAY.0)).await.1, [3, 0]);
    assert_eq!(at(&second, &mut answered, DUE + Span(4 * DAY.0)).await.1, [4, 3, 0]);
    let sent = second.0.0.bench.store.incidents().outgoing(10).await.unwrap();
    assert_eq!(sent.len(), 3, "a message for each");
    let body: InspectionMessage = serde_json::from_str(&sent[2].body).unwrap();
    let page = format!("https://sw.example/#/inspection/{}", body.at);
    assert_eq!((body.event.as_str(), body.page), ("inspection", page));
    assert!(body.text.contains('\n'), "both languages: {}", body.text);
    drop(second);

    // killed right after it had it on disk
    let third = started(dir.path(), DUE + Span(4 * DAY.0) + hour(1)).await;
    assert_eq!(at(&third, &mut None, DUE + Span(4 * DAY.0) + hour(2)).await.1, [4, 3, 0]);
}

#[tokio::test]
async fn who_asks_gets_one_that_is_not_kept_and_who_keeps_it_has_a_name() {
    let dir = tempfile::tempdir().unwrap();
    let (inspector, _) = started(dir.path(), DUE).await;
    let (a, b) = tokio::join!(inspector.now(), inspector.now());
    assert!(Arc::ptr_eq(&a.unwrap(), &b.unwrap()), "the same");
    assert_eq!(inspector.list(10).await.unwrap(), []);
    assert_eq!(inspector.report(Millis(i64::MAX)).await, Err(InspectError::NotFound));
    let kept = inspector.keep("zhou".into()).await.unwrap();
    let told = kept.incidents.as_ref().unwrap();
    assert_eq!((told.from, told.all), (DUE - DAY, 0), "nobody inspected before: a day");
    assert_eq!(inspector.report(Millis(i64::MAX)).await.unwrap(), kept);
    assert_eq!((kept.by.as_deref(), &*kept.estate), (Some("zhou"), "demo"));
}

#[tokio::test]
async fn risks_are_taken_and_taken_back_by_somebody() {
    let dir = tempfile::tempdir().unwrap();
    let (inspector, _) = started(dir.path(), clock::now()).await;
    let new = |subject: &str| NewWaiver {
        check: "kafka.isr".into(),
        subject: subject.into(),
        owner: "li".into(),
        reason: "new racks".into(),
        until: clock::now() + DAY,
    };
    let a = inspector.waive(new("topic:pay/*")).await.unwrap();
    let b = inspector.waive(new("topic:risk/*")).await.unwrap();
    assert_eq!(inspector.waivers().await.unwrap().len(), 2);
    assert!(matches!(inspector.unwaive("", "x".into()).await, Err(InspectError::Several(_))));
    assert_eq!(inspector.unwaive("zz", "x".into()).await, Err(InspectError::NotFound));
    let ended = inspector.unwaive(&a.id[..9], "chen".into()).await.unwrap();
    assert_eq!(ended.ended.map(|e| e.by), Some("chen".into()));
    assert_eq!(inspector.waivers().await.unwrap(), [b]);
}

#[test]
fn a_part_of_a_job_is_of_the_jobs_team() {
    let s = testdata::snapshot();
    let report = judge(&[], &s, None, &[], &settings()).report;
    let risk = &report.scores.teams["risk"];
    assert_eq!((risk.of, risk.unscored), (0, 1), "no check was made of it");
    assert_eq!(report.scores.teams.len(), 1, "of the others nobody is said to be");
}
