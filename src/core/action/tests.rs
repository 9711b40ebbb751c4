use super::*;
use crate::case::{Before, IncidentId, RestorePoint, Risk, Step};
use crate::estate::{ClusterId, JobState};
use crate::rules::Words;
use std::collections::BTreeMap;

pub fn plan(run: &str, steps: Vec<Step>) -> Plan {
    Plan {
        incident: IncidentId("i".into()),
        playbook: "restart-from-checkpoint".into(),
        risk: Risk::B,
        job: JobKey::new(&ClusterId::new("c"), "j"),
        run: RunId::new(run),
        generation: 0,
        made: Millis(0),
        steps,
        rollback: Vec::new(),
        secured: None,
        preconditions: Vec::new(),
        before: Before::default(),
        says: Words::default(),
    }
}

#[test]
fn a_generation_that_comes_again_makes_other_ids_for_another_run() {
    let (a, b) = (plan("a", Vec::new()), plan("b", Vec::new()));
    assert_ne!(run_id(&a, 1, 1), run_id(&b, 1, 1));
    assert_ne!(trigger_id(&a, 1, Leg::Forward, 0), trigger_id(&b, 1, Leg::Forward, 0));
    assert_ne!(run_id(&a, 1, 1), run_id(&a, 1, 2));
    assert_ne!(run_id(&a, 1, 1), run_id(&a, 2, 1));
    // whatever else is in the plan: two that replace the same run are one
    let again = Plan { made: Millis(9), incident: IncidentId("k".into()), ..a.clone() };
    assert_eq!(run_id(&a, 1, 1), run_id(&again, 1, 1));
    assert_ne!(action_id(&a.job, 1, Millis(1)), action_id(&a.job, 1, Millis(2)), "a file's name");
}

/// Decides at `s`, after a look that showed these runs.
fn decide(session: &mut Session, s: i64, runs: &[(RunId, RunSeen)]) -> Command {
    let now = Millis(s * 1_000);
    let (runs, elsewhere) = (runs.iter().cloned().collect(), Vec::new());
    session.looked(Seen { asked: now, whole: true, runs, elsewhere, operation: None });
    session.decide(now, Around::default())
}

fn record(session: &mut Session, s: i64, command: Command) -> Entry {
    let Command::Record(entry) = command else { panic!("{command:?} at {s} s") };
    session.recorded(&entry, Millis(s * 1_000));
    entry
}

fn seen(state: JobState, completed: Vec<RestorePoint>) -> RunSeen {
    RunSeen { state, all_running: false, restored: None, completed, parallelism: BTreeMap::new() }
}

/// A job that ended with a checkpoint, whose start from it is in the journal and not sent yet.
fn submitting() -> (Session, Vec<(RunId, RunSeen)>) {
    let steps = vec![Step::Choose, Step::Submit { parallelism: None, wait_s: 120 }];
    let state = ActionState::begun("a".into(), plan("lost", steps), 1, Millis(0));
    let run = RunId::new("lost");
    let point = RestorePoint {
        run: run.clone(),
        checkpoint: 7,
        path: "s3://state/lost/chk-7".into(),
        taken: Millis(7),
        savepoint: false,
    };
    let ended = vec![(run, seen(JobState::Failed, vec![point]))];
    let mut session = Session::new(state, Millis(0));
    for _ in 0..2 {
        let command = decide(&mut session, 0, &ended);
        record(&mut session, 0, command);
    }
    (session, ended)
}

fn send(session: &mut Session, s: i64, reply: Reply) {
    session.sending(Millis(s * 1_000));
    session.replied(reply);
}

#[test]
fn an_id_that_flink_knows_and_does_not_list_is_left_once_nothing_can_come() {
    let (mut session, ended) = submitting();
    let first = session.state.next_run();
    assert!(matches!(decide(&mut session, 1, &ended), Command::Send(_)));
    send(&mut session, 1, Reply::Duplicate);
    assert!(matches!(decide(&mut session, 2, &ended), Command::Wait(_)));
    let command = decide(&mut session, 40, &ended);
    assert!(matches!(record(&mut session, 40, command), Entry::Paged { .. }));
    assert!(matches!(decide(&mut session, 60, &ended), Command::Wait(_)));
    let command = decide(&mut session, 61, &ended);
    let failed = record(&mut session, 61, command);
    assert!(matches!(failed, Entry::Failed { burnt: true, .. }), "{failed:?}");
    assert_ne!(session.state.next_run(), first);
    // listed after all: what it shows counts
    let (mut session, mut ended) = submitting();
    send(&mut session, 1, Reply::Duplicate);
    ended.push((session.state.next_run(), seen(JobState::Initializing, Vec::new())));
    assert!(matches!(decide(&mut session, 2, &ended), Command::Wait(_)));
}
