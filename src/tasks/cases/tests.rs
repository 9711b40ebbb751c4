use super::*;
use crate::web::testdata::{self, NOW};
use std::path::Path;
use streamwarden_core::estate::{PlannedWork, Scope, Silence};
use streamwarden_core::incident::{Book, fold};

const TICK: Span = Span::secs(5);

async fn store(dir: &Path) -> Arc<Store> {
    Arc::new(Store::open(dir, NOW, store::WINDOW).await.unwrap().0)
}

async fn cases(dir: &Path) -> Cases {
    let only = Happened::ALL.iter().map(|(_, h)| *h).collect();
    let telling = Telling { only, language: Language::En, page: String::new() };
    let flink = Arc::new(ArcSwap::from_pointee(testdata::flink_urls()));
    let freezer = Freezer::new(dir);
    Cases::open(store(dir).await, flink, Some(telling), freezer).await.unwrap()
}

/// The process's own way: fold, then take; `found`: what each pass found, a tick apart.
async fn run(cases: &Cases, from: i64, found: &[Option<Diagnosis>]) {
    run_under(cases, from, found, None).await;
}

/// The same while this is planned.
async fn run_under(
    cases: &Cases,
    from: i64,
    found: &[Option<Diagnosis>],
    work: Option<&PlannedWork>,
) {
    let mut snapshot = testdata::snapshot();
    snapshot.planned = Arc::new(work.into_iter().cloned().collect());
    let mut book = Book::of(cases.incidents());
    for (i, diagnosis) in (0..).zip(found) {
        let at = NOW + Span::secs(from + i * 5);
        let found =
            Assessment { at, found: diagnosis.iter().cloned().collect(), ..Assessment::default() };
        let (next, events) = fold(&book, &found, TICK);
        let pass = Pass { found: &found, open: &next.incidents, events, snapshot: &snapshot };
        cases.take(pass).await;
        cases.write().await.unwrap();
        book = next;
    }
}

fn slow() -> Option<Diagnosis> {
    Some(testdata::record().incident.diagnosis)
}

async fn messages(cases: &Cases) -> Vec<crate::notify::Message> {
    let waiting = cases.0.store.incidents().outgoing(100).await.unwrap();
    waiting.iter().map(|o| serde_json::from_str(&o.body).unwrap()).collect()
}

#[tokio::test]
async fn a_restart_takes_up_what_was_open_and_the_end_is_told_once() {
    let dir = tempfile::tempdir().unwrap();
    let first = cases(dir.path()).await;
    run(&first, 0, &[slow(), slow(), slow(), slow()]).await;
    let id = first.incidents()[0].id.clone();
    let by = |by: &str| Word::Ack { by: by.into(), note: None };
    first.say(&id.0, by("li.wei")).await.unwrap();
    drop(first);

    let second = cases(dir.path()).await;
    let open = second.book().open.clone();
    assert_eq!((open.len(), &open[0].incident.id), (1, &id));
    assert_eq!(&*open[0].acks[0].by, "li.wei");
    assert!(open[0].events.iter().any(|e| e.what == EventKind::Confirmed));
    // the same incident goes on, and nothing is said twice
    run(&second, 20, &[slow(), slow()]).await;
    assert_eq!(second.incidents()[0].id, id);
    let nothing = vec![None; 30];
    run(&second, 30, &nothing).await;
    assert!(second.incidents().is_empty());

    let told = messages(&second).await;
    let events: Vec<&str> = told.iter().map(|m| &*m.event).collect();
    assert_eq!(events, ["opened", "resolved"]);
    assert!(told[0].text.contains("Cause: Window of dwd-order-stats cannot keep up"), "{told:?}");
    assert!(told[1].text.starts_with("Over after "), "{}", told[1].text);
    assert_eq!((&*told[1].state, &told[0].victims), ("closed", &vec!["ads-risk".to_owned()]));
    let (total, closed) = second.closed(&filter("ads-risk")).await.unwrap();
    assert_eq!((total, &closed[0].incident.id), (1, &id));
    let found = second.find(&id.0[..6]).await.unwrap();
    assert_eq!(found.incident.state, IncidentState::Closed);
    let last = found.events.last().map(|e| e.what.clone());
    assert_eq!(last, Some(EventKind::Closed { why: CloseReason::Over }));
    // what is closed can still be judged
    let right = Word::Correct {
        by: "chen".into(),
        right: true,
        cause: None,
        subject: None,
        note: Some("indeed".into()),
    };
    second.say(&id.0, right).await.unwrap();
    assert_eq!(second.find(&id.0).await.unwrap().corrections.len(), 1);
    assert!(second.judged().await.unwrap()[0].1);
}

fn filter(job: &str) -> IncidentFilter {
    IncidentFilter { job: Some(job.into()), limit: 10, ..IncidentFilter::default() }
}

#[tokio::test]
async fn only_what_changes_root_place_or_family_is_told_as_revised() {
    let dir = tempfile::tempdir().unwrap();
    let cases = cases(dir.path()).await;
    let more = slow().map(|mut d| {
        d.victims.push(Victim { job: testdata::job("audit-log"), late_s: None, target_s: None });
        d
    });
    let gc = slow().map(|mut d| {
        d.verdict = Verdict::Root { cause: "res.gc_pressure".into() };
        d
    });
    run(&cases, 0, &[slow(), more.clone(), more, gc.clone(), gc.clone(), gc]).await;
    let told: Vec<_> = messages(&cases).await.into_iter().map(|m| (m.event, m.causes)).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!((&*told[1].0, &*told[1].1[0]), ("revised", "res.gc_pressure"));
    let mut changes = cases.changes();
    assert!(changes.borrow_and_update().open == 1);
}

#[tokio::test]
async fn what_is_not_known_or_not_clear_is_said_so() {
    let dir = tempfile::tempdir().unwrap();
    let cases = cases(dir.path()).await;
    let ack = Word::Ack { by: "x".into(), note: None };
    assert_eq!(cases.say("beef", ack).await, Err(CaseError::NotFound));
    assert_eq!(cases.find("").await.err(), Some(CaseError::NotFound));
}

fn work(until_s: i64) -> PlannedWork {
    let scope = Scope::Job { job: testdata::job("dwd-order-stats") };
    let one = testdata::planned().swap_remove(0);
    PlannedWork { scope, from: NOW, until: NOW + Span::secs(until_s), ..one }
}

#[tokio::test]
async fn under_planned_work_nothing_is_told_and_after_it_what_is_open_still() {
    let dir = tempfile::tempdir().unwrap();
    let first = cases(dir.path()).await;
    let until = work(40);
    run_under(&first, 0, &[slow(), slow(), slow()], Some(&until)).await;
    assert_eq!(first.incidents().len(), 1, "it is recorded all the same");
    assert!(messages(&first).await.is_empty());
    drop(first);

    let second = cases(dir.path()).await;
    run_under(&second, 20, &[slow(), slow()], Some(&until)).await;
    assert!(messages(&second).await.is_empty());
    run_under(&second, 40, &[slow(), slow(), slow()], Some(&until)).await;
    let told = messages(&second).await;
    let [one] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((&*one.event, one.at), ("opened", (NOW + Span::secs(40)).0));
    assert!(one.text.starts_with("Planned work there is over, and it goes on: "), "{}", one.text);
    run_under(&second, 60, &vec![None; 30], Some(&until)).await;
    let events: Vec<_> = messages(&second).await.into_iter().map(|m| m.event).collect();
    assert_eq!(events, ["opened", "resolved"]);
}

#[tokio::test]
async fn a_silence_keeps_messages_back_until_it_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let cases = cases(dir.path()).await;
    let quiet = PlannedWork { silence: Some(Silence::Messages), ..work(40) };
    run_under(&cases, 0, &[slow(), slow(), slow()], Some(&quiet)).await;
    assert_eq!(cases.incidents().len(), 1);
    assert!(messages(&cases).await.is_empty());
    run_under(&cases, 40, &[slow(), slow(), slow()], Some(&quiet)).await;
    let told = messages(&cases).await;
    let [one] = told.as_slice() else { panic!("{told:?}") };
    assert!(one.text.starts_with("The silence there is over, and it goes on: "), "{}", one.text);
}

#[tokio::test]
async fn what_begins_and_ends_under_planned_work_is_never_told() {
    let dir = tempfile::tempdir().unwrap();
    let cases = cases(dir.path()).await;
    let mut found = vec![slow(), slow(), slow(), slow()];
    found.extend(vec![None; 30]);
    run_under(&cases, 0, &found, Some(&work(3600))).await;
    assert!(cases.incidents().is_empty() && messages(&cases).await.is_empty());
    assert!(cases.0.store.incidents().hushed().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_end_of_what_was_told_before_planned_work_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let cases = cases(dir.path()).await;
    let later = PlannedWork { from: NOW + Span::secs(15), ..work(3600) };
    let gc = slow().map(|mut d| {
        d.verdict = Verdict::Root { cause: "res.gc_pressure".into() };
        d
    });
    let mut found = vec![slow(), slow(), slow(), gc.clone(), gc.clone(), gc];
    found.extend(vec![None; 30]);
    run_under(&cases, 0, &found, Some(&later)).await;
    let events: Vec<_> = messages(&cases).await.into_iter().map(|m| m.event).collect();
    assert_eq!(events, ["opened", "resolved"], "not the revision meanwhile");
}

/// The database was lost, and the file of an action under way was not.
#[tokio::test]
async fn who_is_called_for_a_repair_is_called_whatever_is_known_of_its_incident() {
    let dir = tempfile::tempdir().unwrap();
    let cases = cases(dir.path()).await;
    let snapshot = testdata::snapshot();
    let job = snapshot.estate.jobs.keys().next().unwrap();
    let text = TextView { en: "a person has to look".into(), zh: "需要人工处理".into() };
    let lost = IncidentId("f00d".into());
    let of = (&lost, job);
    cases.announce(of, Happened::RepairStuck, &text, &snapshot).await.unwrap();
    let ended = cases.announce(of, Happened::RepairEnded, &text, &snapshot).await;
    assert!(matches!(ended, Err(CaseError::NotFound)), "what calls nobody");
    let told = messages(&cases).await;
    let [message] = &told[..] else { panic!("{told:?}") };
    assert_eq!((message.event.as_str(), &message.incident[..]), ("repair_stuck", "f00d"));
    assert!(message.text.contains("has to look") && message.subject == format!("job:{job}"));
}
