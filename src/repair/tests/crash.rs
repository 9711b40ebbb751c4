//! A process that ends anywhere, a database that fails anywhere: the action is finished by whoever
//! comes next, under the same ids, and never twice.

use super::fake::{Fake, Next};
use super::support::*;
use crate::repair::crew::one_story;
use crate::repair::driver::{Driver, Outcome, Step as Took};
use crate::repair::recorder::Recorder;
use crate::repair::*;
use std::sync::Arc;
use streamwarden_core::action::{ActionState, End, Entry, Why, run_id};
use streamwarden_core::case::{Hold, Plan};
use streamwarden_core::estate::Span;

/// Takes the open action up as a start does: from the database where it lives, and from the file.
async fn take_up(bench: &Bench) -> Driver {
    let ports = Arc::new(bench.ports());
    let (mut files, bad) = ports.spool.read();
    assert!(bad.is_empty(), "{bad:?}");
    let alive = bench.journal.db.lock().unwrap().is_some();
    let known = if alive { bench.known().await.pop() } else { None };
    let file = files.pop();
    let taken = known.or_else(|| file.as_ref().map(|(_, t)| t.clone())).unwrap();
    let (local, in_file, taken) = match file {
        Some((file, taken)) if !alive => (file, taken.entries.len(), taken),
        file => one_story(&ports.spool, taken, file).unwrap().expect("one story"),
    };
    let recorder = Recorder::new(ports.database.clone(), Some(local), in_file, &taken);
    Driver::new(ports, recorder, &taken).unwrap()
}

async fn step(bench: &Bench, driver: &mut Driver) -> Option<Outcome> {
    match driver.step().await {
        Took::Again => None,
        Took::Wait(until) => {
            bench.pass((until - bench.now()).max(Span(100)));
            None
        }
        Took::End(outcome) => Some(outcome),
    }
}

async fn finish(bench: &Bench, mut driver: Driver) -> ActionState {
    for _ in 0..500 {
        if let Some(outcome) = step(bench, &mut driver).await {
            assert_eq!(outcome, Outcome::Over);
            return driver.state().clone();
        }
    }
    panic!("no end: {:?}", driver.state());
}

fn assert_cured(bench: &Bench, fake: &Fake, state: &ActionState) {
    assert!(
        matches!(state.ended, Some(End::Helped { .. })),
        "{:?} {:?}",
        state.ended,
        bench.told()
    );
    let run = run_id(&state.plan, 1, 1);
    assert_eq!(fake.live(), [run.as_str()], "one live run, under the derived id");
    let flink = fake.0.lock().unwrap();
    let job = &flink.jobs[run.as_str()];
    let newest = *flink.jobs[FIRST].checkpoints.iter().max().unwrap();
    assert_eq!(job.restored.as_ref().unwrap().0, newest, "from the newest point");
    drop(flink);
    for (_, path, body) in fake.sent() {
        if path.ends_with("/run") {
            assert_eq!(body["jobId"], run.as_str(), "never another id");
        }
    }
    assert_eq!(std::fs::read_dir(bench.dir.path().join("actions")).unwrap().count(), 0);
}

/// S2: whatever was sent stood in the journal before.
async fn assert_journaled(bench: &Bench, fake: &Fake) {
    let record = bench.db.actions(None, 0, 1).await.unwrap().remove(0);
    let intents = format!("{:?}", record.entries);
    for (_, path, body) in fake.sent() {
        let id = body["jobId"].as_str().or(body["triggerId"].as_str()).unwrap_or(FIRST);
        assert!(intents.contains(id), "{path} {id} is not in the journal");
    }
    assert_eq!(bench.db.audit_verify(&[]).await.unwrap().faults, []);
}

async fn begun(bench: &Bench) -> Driver {
    begun_by(bench, &plan()).await
}

async fn begun_by(bench: &Bench, plan: &Plan) -> Driver {
    let ports = bench.ports();
    let slot = ports.spool.reserve().unwrap();
    let state = bench.begin(plan).await;
    drop(slot.begin(&state).unwrap());
    take_up(bench).await
}

#[tokio::test]
async fn an_action_goes_from_begin_to_cure() {
    let (server, fake) = Fake::start().await;
    let bench = Bench::new(&server.uri()).await;
    let driver = begun(&bench).await;
    let state = finish(&bench, driver).await;
    assert_cured(&bench, &fake, &state);
    assert_journaled(&bench, &fake).await;
    assert!(bench.db.open_actions().await.unwrap().actions.is_empty());
}

/// kill -9 after the n-th command, for every n, twice in a row.
#[tokio::test]
async fn a_process_may_end_between_any_two_commands() {
    for cut in 0..60 {
        let (server, fake) = Fake::start().await;
        let bench = Bench::new(&server.uri()).await;
        let mut driver = begun(&bench).await;
        let mut ended = None;
        for again in 0..2 {
            for _ in 0..=cut {
                ended = ended.or(step(&bench, &mut driver).await);
            }
            if ended.is_some() {
                break;
            }
            drop(driver);
            // another process later; the database may be as it was, the file too
            bench.pass(Span::secs(3 + again));
            driver = take_up(&bench).await;
        }
        if ended.is_some() {
            assert!(cut > 5, "the action has more steps than that");
            break;
        }
        let state = finish(&bench, driver).await;
        assert_cured(&bench, &fake, &state);
        assert_journaled(&bench, &fake).await;
    }
}

/// Each call of the database fails once, before or after it was carried out.
#[tokio::test]
async fn each_call_of_the_database_may_fail() {
    for fault in [Fault::Error, Fault::DoneAndTimedOut] {
        for nth in 0..12 {
            let (server, fake) = Fake::start().await;
            let bench = Bench::new(&server.uri()).await;
            let driver = begun(&bench).await;
            *bench.journal.fault.lock().unwrap() = Some((nth, fault));
            let state = finish(&bench, driver).await;
            assert_cured(&bench, &fake, &state);
            assert_journaled(&bench, &fake).await;
            let record = bench.db.actions(None, 0, 1).await.unwrap().remove(0);
            assert_eq!(record.state(), state, "nothing acknowledged is lost: {fault:?} {nth}");
        }
    }
}

/// Each request is lost, or done without an answer.
#[tokio::test]
async fn each_request_may_be_lost_or_unanswered() {
    for next in [Next::Lost, Next::DoneAndSilent, Next::Status(503)] {
        for nth in 0..3 {
            let (server, fake) = Fake::start().await;
            let bench = Bench::new(&server.uri()).await;
            let mut driver = begun(&bench).await;
            for _ in 0..500 {
                if fake.sent().len() == nth {
                    fake.0.lock().unwrap().next = next;
                }
                if driver.state().ended.is_some() {
                    break;
                }
                step(&bench, &mut driver).await;
            }
            let state = finish(&bench, driver).await;
            assert_cured(&bench, &fake, &state);
        }
    }
}

/// S10b, D2: the database dies before the stop: nothing is sent. It dies after it: the job is
/// started again from the file, and the journal is whole when it is back.
#[tokio::test]
async fn with_the_database_dead_nothing_begins_and_what_is_down_is_finished() {
    let (server, fake) = Fake::start().await;
    let bench = Bench::new(&server.uri()).await;
    let mut driver = begun(&bench).await;
    let db = bench.journal.db.lock().unwrap().take();
    for _ in 0..20 {
        assert_eq!(step(&bench, &mut driver).await, None);
    }
    assert!(fake.sent().is_empty(), "no journal, no effect");
    assert!(bench.told().iter().any(|t| t.starts_with("Stalled")));
    *bench.journal.db.lock().unwrap() = db.clone();
    while !driver.state().stopped {
        assert_eq!(step(&bench, &mut driver).await, None);
    }
    *bench.journal.db.lock().unwrap() = None;
    // and this process ends as well
    drop(driver);
    let mut driver = take_up(&bench).await;
    assert!(driver.state().stopped, "the file knows");
    while driver.state().stopped {
        assert_eq!(step(&bench, &mut driver).await, None);
    }
    assert_eq!(fake.live().len(), 1, "it runs again");
    *bench.journal.db.lock().unwrap() = db;
    let state = finish(&bench, driver).await;
    assert_cured(&bench, &fake, &state);
    assert_journaled(&bench, &fake).await;
}

/// S2: it died between the file and the database, and the database is dead when it comes back. What
/// only the file has is sent once the database has it too, and the guards were asked again.
#[tokio::test]
async fn what_only_the_file_has_is_not_sent() {
    let (server, fake) = Fake::start().await;
    let bench = Bench::new(&server.uri()).await;
    let ports = bench.ports();
    let slot = ports.spool.reserve().unwrap();
    let mut file = slot.begin(&bench.begin(&plan()).await).unwrap();
    file.append(0, bench.now(), &Entry::Done { started: None }).unwrap();
    file.append(1, bench.now(), &cancel()).unwrap();
    drop(file);
    let db = bench.journal.db.lock().unwrap().take();
    let mut driver = take_up(&bench).await;
    assert!(driver.state().stops(), "the file knows");
    for _ in 0..20 {
        assert_eq!(step(&bench, &mut driver).await, None);
    }
    assert!(fake.sent().is_empty(), "no journal, no effect: {:?}", fake.sent());
    *bench.journal.db.lock().unwrap() = db;
    let state = finish(&bench, driver).await;
    assert_cured(&bench, &fake, &state);
    assert_journaled(&bench, &fake).await;
}

/// The same, and the job went down by itself meanwhile: nobody can know that it was not the cancel,
/// so that it is started again from what the look shows.
#[tokio::test]
async fn what_is_found_down_after_a_cancel_in_the_file_is_started() {
    let (server, fake) = Fake::start().await;
    let bench = Bench::new(&server.uri()).await;
    let ports = bench.ports();
    let slot = ports.spool.reserve().unwrap();
    let mut file = slot.begin(&bench.begin(&plan()).await).unwrap();
    file.append(0, bench.now(), &Entry::Done { started: None }).unwrap();
    file.append(1, bench.now(), &cancel()).unwrap();
    drop(file);
    fake.0.lock().unwrap().jobs.get_mut(FIRST).unwrap().state = "CANCELED".into();
    let db = bench.journal.db.lock().unwrap().take();
    let mut driver = take_up(&bench).await;
    for _ in 0..20 {
        assert_eq!(step(&bench, &mut driver).await, None);
    }
    assert_eq!(fake.live().len(), 1, "it runs again");
    *bench.journal.db.lock().unwrap() = db;
    let state = finish(&bench, driver).await;
    assert_cured(&bench, &fake, &state);
    assert_journaled(&bench, &fake).await;
}

/// A drop that the database does not know may be older than what another process sent.
#[tokio::test]
async fn a_drop_that_only_the_file_has_does_not_count() {
    let (server, fake) = Fake::start().await;
    let bench = Bench::new(&server.uri()).await;
    let mut driver = begun(&bench).await;
    while !driver.state().stops() {
        step(&bench, &mut driver).await;
    }
    let n = driver.state().entries;
    drop(driver);
    let (mut files, _) = bench.ports().spool.read();
    let (mut file, _) = files.pop().unwrap();
    file.append(n, bench.now(), &Entry::Dropped).unwrap();
    drop(file);
    fake.0.lock().unwrap().jobs.get_mut(FIRST).unwrap().state = "CANCELED".into();
    let driver = take_up(&bench).await;
    assert!(driver.state().stops());
    let state = finish(&bench, driver).await;
    assert_cured(&bench, &fake, &state);
    assert_journaled(&bench, &fake).await;
}

/// S11: within a second, with the database dead too; and never after a stop, unless it is hard.
#[tokio::test]
async fn the_kill_switch_file_stops_what_has_not_stopped_anything() {
    for (hard, after_stop, runs) in [(false, false, 1), (false, true, 1), (true, true, 0)] {
        let (server, fake) = Fake::start().await;
        let bench = Bench::new(&server.uri()).await;
        let mut driver = begun(&bench).await;
        while after_stop && !driver.state().stopped {
            step(&bench, &mut driver).await;
        }
        let line = if hard { "hard job prod/orders # storm" } else { "cluster prod # storm" };
        std::fs::write(KillFile::of(bench.dir.path()).path(), line).unwrap();
        let before = fake.sent().len();
        let state = finish(&bench, driver).await;
        assert_eq!(fake.live().len(), runs);
        match (hard, after_stop) {
            (false, false) => {
                assert_eq!((before, fake.sent().len()), (0, 0));
                let hold = Hold::KillSwitch {
                    scope: streamwarden_core::case::Scope::Cluster { cluster: "prod".into() },
                    by: "kill-switch file".into(),
                    why: "storm".into(),
                };
                assert_eq!(state.ended, Some(End::Held { hold }));
            }
            (false, true) => assert_cured(&bench, &fake, &state),
            (true, _) => {
                assert_eq!(fake.sent().len(), before);
                assert!(matches!(state.ended, Some(End::Stuck { .. })));
            }
        }
    }
}

/// S11: the jar is asked for between the guards and the submission, and the JobManager takes its
/// time. A hard switch that is thrown meanwhile leaves the job down; a plain one lets go what has
/// changed nothing yet.
#[tokio::test]
async fn a_switch_that_is_thrown_while_the_jar_is_asked_for_stops_the_submission() {
    let thrown_late = async |plan: Plan, line: &'static str| {
        let (server, fake) = Fake::start().await;
        let mut bench = Bench::new(&server.uri()).await;
        bench.hand = Arc::new(patient(&server.uri(), "s3://b/c"));
        let resumes = plan.resumes();
        if resumes {
            fake.0.lock().unwrap().jobs.get_mut(FIRST).unwrap().state = "FAILED".into();
        }
        let mut driver = begun_by(&bench, &plan).await;
        while driver.state().open.is_none() || !(resumes || driver.state().stopped) {
            step(&bench, &mut driver).await;
        }
        fake.0.lock().unwrap().jars_take = std::time::Duration::from_secs(5);
        let file = KillFile::of(bench.dir.path());
        let throw = async {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            std::fs::write(file.path(), line).unwrap();
        };
        let began = tokio::time::Instant::now();
        let (state, ()) = tokio::join!(finish(&bench, driver), throw);
        assert!(began.elapsed() > std::time::Duration::from_secs(4), "the jar was asked for");
        assert!(fake.sent().iter().all(|(_, path, _)| !path.ends_with("/run")), "{line}");
        state.ended
    };
    let mut resume = plan();
    resume.steps.drain(..2);
    let (hard, plain) = tokio::join!(
        thrown_late(plan(), "hard job prod/orders # storm"),
        thrown_late(resume, "cluster prod # storm"),
    );
    assert!(matches!(hard, Some(End::Stuck { .. })), "{hard:?}");
    let Some(End::Held { hold: Hold::KillSwitch { .. } }) = plain else { panic!("{plain:?}") };
}

/// S2b: who lost the journal sends nothing more.
#[tokio::test]
async fn who_is_fenced_lets_go() {
    let (server, fake) = Fake::start().await;
    let bench = Bench::new(&server.uri()).await;
    let mut driver = begun(&bench).await;
    let other = crate::store::db::Db::open(&bench.dir.path().join("streamwarden.db")).await;
    other.unwrap().take_epoch("the other process").await.unwrap();
    let mut outcome = None;
    for _ in 0..20 {
        outcome = outcome.or(step(&bench, &mut driver).await);
    }
    assert_eq!(outcome, Some(Outcome::LetGo));
    assert!(fake.sent().is_empty());
}

/// The whole crew, with its own loop: what a begin left that timed out is found and finished.
#[tokio::test]
async fn a_crew_takes_up_what_has_no_driver_once() {
    let (server, fake) = Fake::start().await;
    let bench = Bench::new(&server.uri()).await;
    let mut ports = bench.ports();
    let begun = tokio::time::Instant::now();
    ports.clock =
        Arc::new(move || streamwarden_core::estate::Millis(begun.elapsed().as_millis() as i64));
    let crew = Crew::new(ports, tokio_util::sync::CancellationToken::new());
    drop(crew.reserve().await.unwrap());
    bench.begin(&plan()).await;
    let known = bench.known().await;
    assert_eq!(crew.resume(Some(known.clone())).await.taken_up.len(), 1);
    let again = crew.resume(Some(known.clone())).await;
    assert!(again.taken_up.is_empty() && again.left.is_empty() && again.bad.is_empty());
    let over = async {
        while !crew.running().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), over).await.unwrap();
    assert_eq!(fake.live(), [run_id(&plan(), 1, 1).as_str()]);
    let record = bench.db.actions(None, 0, 1).await.unwrap().remove(0);
    assert_cured(&bench, &fake, &record.state());
    // a list of what is open that was read before it ended
    let late = crew.resume(Some(known)).await;
    assert!(late.taken_up.is_empty() && late.left.is_empty(), "{late:?}");
    crew.done().await;
}

/// The jar was there when the plan was made.
#[tokio::test]
async fn a_job_that_could_not_be_started_again_is_not_stopped() {
    let (server, fake) = Fake::start().await;
    let bench = Bench::new(&server.uri()).await;
    let plan = Plan { secured: Some(point(6)), ..plan() };
    let driver = begun_by(&bench, &plan).await;
    fake.0.lock().unwrap().no_jars = true;
    let state = finish(&bench, driver).await;
    let Some(End::Held { hold: Hold::CannotSubmit { why } }) = &state.ended else {
        panic!("{:?}", state.ended)
    };
    assert!(why.contains("no jar"), "{why}");
    assert_eq!(fake.live(), [FIRST]);
    assert!(fake.sent().iter().all(|(method, ..)| method != "PATCH"), "{:?}", fake.sent());
}

#[tokio::test]
async fn a_job_that_we_stopped_is_tried_until_the_jar_is_there_again() {
    let (server, fake) = Fake::start().await;
    let bench = Bench::new(&server.uri()).await;
    let plan = Plan { secured: Some(point(6)), ..plan() };
    let mut driver = begun_by(&bench, &plan).await;
    while !driver.state().stopped {
        assert_eq!(step(&bench, &mut driver).await, None);
    }
    fake.0.lock().unwrap().no_jars = true;
    let down = bench.now();
    while bench.now() - down < Span::secs(300) {
        assert_eq!(step(&bench, &mut driver).await, None, "{:?}", driver.state());
    }
    let told = bench.told();
    let calls: Vec<_> = told.iter().filter(|t| t.contains("Recorded(Paged")).collect();
    assert!(calls.len() == 1 && calls[0].contains("no jar"), "{calls:?}");
    assert!((6..14).contains(&driver.state().tries), "{}", driver.state().tries);
    fake.0.lock().unwrap().no_jars = false;
    let state = finish(&bench, driver).await;
    assert_cured(&bench, &fake, &state);
}

/// Its ids are not ours: in doubt, we would start a second copy.
#[tokio::test]
async fn what_another_version_wrote_is_let_go_and_somebody_is_called() {
    let (server, fake) = Fake::start().await;
    let bench = Bench::new(&server.uri()).await;
    let crew = Crew::new(bench.ports(), tokio_util::sync::CancellationToken::new());
    let state = bench.begin(&plan()).await;
    let other = ActionState { generation: state.generation + 1, ..state.clone() };
    drop(bench.ports().spool.make(&other).unwrap());
    let resumed = crew.resume(Some(bench.known().await)).await;
    assert!(resumed.taken_up.is_empty() && resumed.left[0].0 == state.id, "{resumed:?}");
    assert!(bench.told()[0].starts_with("LetGo") && fake.sent().is_empty());
    assert!(crew.running().is_empty());
}

/// A kill -9 between the entry and the message: whoever takes it up calls again, once.
#[tokio::test]
async fn a_person_who_was_called_before_is_called_again_at_a_take_up() {
    let (server, _fake) = Fake::start().await;
    let bench = Bench::new(&server.uri()).await;
    let mut driver = begun(&bench).await;
    while !driver.state().stops() {
        step(&bench, &mut driver).await;
    }
    let (id, n) = (driver.state().id.clone(), driver.state().entries);
    drop(driver);
    let paged = Entry::Paged { why: Why::TimedOut };
    bench.db.append(&id, n, bench.now(), &paged).await.unwrap();
    let crew = Crew::new(bench.ports(), tokio_util::sync::CancellationToken::new());
    for _ in 0..2 {
        crew.resume(Some(bench.known().await)).await;
    }
    let calls = bench.told().into_iter().filter(|t| t.starts_with("Recorded(Paged")).count();
    assert_eq!(calls, 1, "{:?}", bench.told());
}
