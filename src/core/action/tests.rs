use super::*;
use crate::case::{Before, Hold, IncidentId, RestorePoint, Risk, Scope, Step};
use crate::estate::{ClusterId, JobState, VertexId};
use crate::plan::Switch;
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
        jar: None,
        way: None,
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
    let gone = Default::default();
    session.looked(Seen { asked: now, whole: true, runs, elsewhere, gone, operation: None });
    session.decide(now, Around::default())
}

fn record(session: &mut Session, s: i64, command: Command) -> Entry {
    let Command::Record(entry) = command else { panic!("{command:?} at {s} s") };
    session.recorded(&entry, Millis(s * 1_000));
    entry
}

impl RunSeen {
    fn in_state(self, state: JobState) -> RunSeen {
        RunSeen { state, ..self }
    }
}

fn seen(state: JobState, completed: Vec<RestorePoint>) -> RunSeen {
    let (other, restored, parallelism) = (None, None, BTreeMap::new());
    RunSeen { state, other, all_running: false, restored, completed, parallelism }
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

/// The job is down by our stop; its start is in the journal.
fn stopped(rollback: Vec<Step>) -> (Session, Vec<(RunId, RunSeen)>) {
    let (session, ended) = submitting();
    let mut state = session.state;
    (state.stopped, state.changed, state.plan.rollback) = (true, true, rollback);
    (Session::new(state, Millis(0)), ended)
}

/// Refuses every submission: when each was sent, when a person was called, and how it ended.
fn refused(
    session: &mut Session,
    ended: &[(RunId, RunSeen)],
) -> (Vec<Millis>, Vec<Millis>, Entry, Millis) {
    let (mut now, mut sent, mut paged) = (Millis(0), Vec::new(), Vec::new());
    for _ in 0..10_000 {
        let (runs, elsewhere) = (ended.iter().cloned().collect(), Vec::new());
        let gone = Default::default();
        session.looked(Seen { asked: now, whole: true, runs, elsewhere, gone, operation: None });
        match session.decide(now, Around::default()) {
            Command::Wait(until) => now = until.max(Millis(now.0 + 1)),
            Command::Send(_) => {
                sent.push(now);
                session.sending(now);
                session.replied(Reply::Refused("no jar".into()));
            }
            Command::Record(entry) => {
                session.recorded(&entry, now);
                match entry {
                    Entry::Paged { .. } => paged.push(now),
                    Entry::Closed { .. } | Entry::Turned { .. } => {
                        return (sent, paged, entry, now);
                    }
                    _ => {}
                }
            }
            other => panic!("{other:?} at {now:?}"),
        }
    }
    panic!("it has no end")
}

#[test]
fn a_job_that_we_stopped_is_tried_for_half_an_hour_and_a_person_knows_at_once() {
    let (mut session, ended) = stopped(Vec::new());
    let first = session.state.next_run();
    let (sent, paged, end, at) = refused(&mut session, &ended);
    assert_eq!(paged, [Millis(0)], "with the first refusal, and once");
    let gaps: Vec<i64> = sent.windows(2).map(|w| (w[1] - w[0]).0 / 1000).collect();
    for (gap, pause) in gaps.iter().zip([1, 2, 4, 8, 16, 32, 60, 60]) {
        assert!((pause..=pause * 5 / 4).contains(gap), "{gaps:?}");
    }
    assert!(gaps.iter().any(|gap| *gap > 60), "not all to the second: {gaps:?}");
    assert!((1_750_000..2_250_000).contains(&at.0), "{at:?}");
    assert!(matches!(end, Entry::Closed { end: End::Stuck { why: Why::Refused { .. } } }));
    assert_eq!(session.state.next_run(), first, "an id that nobody saw is not left");

    // where there is a way back it is gone soon
    let (mut session, ended) = stopped(vec![Step::Stop { wait_s: 60 }]);
    let (sent, _, end, _) = refused(&mut session, &ended);
    assert!(matches!(end, Entry::Turned { .. }) && sent.len() == 2, "{end:?} after {sent:?}");

    // who did not stop it does not keep at it
    let (mut session, ended) = submitting();
    let (sent, paged, end, _) = refused(&mut session, &ended);
    assert!(matches!(end, Entry::Closed { end: End::Failed { .. } }), "{end:?}");
    assert_eq!((sent.len(), paged.len()), (2, 0));
}

#[test]
fn only_a_hard_switch_ends_it_before() {
    let (mut session, ended) = stopped(Vec::new());
    assert!(matches!(decide(&mut session, 1, &ended), Command::Send(_)));
    send(&mut session, 1, Reply::Refused("no jar".into()));
    for _ in 0..2 {
        let command = decide(&mut session, 1, &ended);
        record(&mut session, 1, command);
    }
    let holds = [Hold::GenerationMoved];
    let around = Around { holds: &holds, ..Around::default() };
    assert!(matches!(session.decide(Millis(1_500), around), Command::Wait(Millis(2_000..=2_250))));
    let hard = Switch {
        scope: Scope::Estate,
        by: "li.wei".into(),
        why: "enough".into(),
        at: Millis(0),
        until: None,
        hard: true,
    };
    let end = session.decide(Millis(1_500), Around { hard: Some(&hard), ..around });
    let why = Why::HardSwitch { by: "li.wei".into() };
    assert_eq!(end, Command::Record(Entry::Closed { end: End::Stuck { why } }));
}

/// A rescale from 1 to 8 that did not come about, on its way back to 1.
fn rescaling() -> (Session, Vec<(RunId, RunSeen)>) {
    let width = |n| BTreeMap::from([(VertexId::new("map"), n)]);
    let to = |n| Step::Scale { parallelism: width(n), wait_s: 60 };
    let mut state = ActionState::begun("a".into(), plan("r", vec![to(8)]), 1, Millis(0));
    state.plan.before.parallelism = width(1);
    state.plan.rollback = vec![to(1)];
    state.changed = true;
    state.apply(&Entry::Turned { why: Why::TimedOut });
    let run = RunSeen { parallelism: width(1), ..seen(JobState::Running, Vec::new()) };
    (Session::new(state, Millis(0)), vec![(RunId::new("r"), run)])
}

#[test]
fn a_wider_parallelism_that_never_came_is_asked_for_no_more_on_the_way_back() {
    let (mut session, runs) = rescaling();
    let command = decide(&mut session, 0, &runs);
    assert!(matches!(record(&mut session, 0, command), Entry::Intent { .. }));
    assert!(matches!(decide(&mut session, 1, &runs), Command::Send(Request::Scale { .. })));
    send(&mut session, 1, Reply::InDoubt);
    assert!(matches!(decide(&mut session, 6, &runs), Command::Send(_)), "it need not have arrived");
    send(&mut session, 6, Reply::Accepted);
    let command = decide(&mut session, 7, &runs);
    assert_eq!(record(&mut session, 7, command), Entry::Done { started: None });
}

#[test]
fn a_hold_between_two_steps_may_pass() {
    let (mut session, runs) = rescaling();
    let holds = [Hold::StaleSnapshot { age_s: 20.0, limit_s: 10.0 }];
    let around = Around { holds: &holds, ..Around::default() };
    let at = |session: &mut Session, s: i64, around| {
        let _ = decide(session, s, &runs);
        session.decide(Millis(s * 1_000), around)
    };
    assert!(matches!(at(&mut session, 59, around), Command::Wait(_)));
    let gone = at(&mut session, 59, Around::default());
    assert!(matches!(gone, Command::Record(Entry::Intent { .. })), "{gone:?}");
    let stuck = at(&mut session, 60, around);
    assert!(matches!(stuck, Command::Record(Entry::Closed { end: End::Stuck { .. } })));
    let by = "li.wei".into();
    let switch = [Hold::KillSwitch { scope: Scope::Estate, by, why: "x".into() }];
    let stuck = at(&mut session, 1, Around { holds: &switch, ..Around::default() });
    assert!(matches!(stuck, Command::Record(Entry::Closed { end: End::Stuck { .. } })));
}

#[test]
fn a_rescale_that_flink_may_have_taken_is_not_said_to_be_unsent() {
    let (mut session, runs) = rescaling();
    let command = decide(&mut session, 0, &runs);
    record(&mut session, 0, command);
    let mut session = Session::new(session.state, Millis(0));
    let holds = [Hold::GenerationMoved];
    let around = Around { holds: &holds, ..Around::default() };
    let mut at = |s: i64| {
        let _ = decide(&mut session, s, &runs);
        session.decide(Millis(s * 1_000), around)
    };
    assert!(matches!(at(59), Command::Wait(_)));
    let end = at(60);
    assert!(matches!(end, Command::Record(Entry::Closed { end: End::Stuck { .. } })), "{end:?}");
}

#[test]
fn nobody_is_called_for_a_savepoint_that_takes_its_time() {
    let state = ActionState::begun(
        "a".into(),
        plan("r", vec![Step::Savepoint { wait_s: 300 }]),
        1,
        Millis(0),
    );
    let mut session = Session::new(state, Millis(0));
    let runs = [(RunId::new("r"), seen(JobState::Running, Vec::new()))];
    let command = decide(&mut session, 0, &runs);
    record(&mut session, 0, command);
    send(&mut session, 1, Reply::Accepted);
    let now = Millis(200_000);
    let operation = Some(Operation::InProgress);
    let (elsewhere, gone) = (Vec::new(), Default::default());
    let runs = runs.into_iter().collect();
    session.looked(Seen { asked: now, whole: true, runs, elsewhere, gone, operation });
    assert!(matches!(session.decide(now, Around::default()), Command::Wait(_)));
}

#[test]
fn what_runs_narrower_than_was_asked_for_is_said_and_no_failure() {
    let (mut session, ended) = submitting();
    let v = |name: &str, n| (VertexId::new(name), n);
    session.state.plan.before.parallelism = [v("map", 8), v("sink", 1)].into();
    let run = session.state.next_run();
    let Some(Intent { request: Request::Submit { point, .. } }) = session.state.open.clone() else {
        panic!("{:?}", session.state.open)
    };
    let request = Request::Submit { run: run.clone(), point: point.clone(), parallelism: Some(8) };
    session.state.open = Some(Intent { request });
    send(&mut session, 1, Reply::Accepted);
    let back = |n| RunSeen {
        all_running: true,
        restored: Some(Restored { checkpoint: point.checkpoint, path: Some(point.path.clone()) }),
        parallelism: [v("map", n), v("sink", 1)].into(),
        ..seen(JobState::Running, Vec::new())
    };
    let with = |n| [ended.clone(), vec![(run.clone(), back(n))]].concat();
    let Command::Record(Entry::Done { .. }) = decide(&mut session.clone(), 2, &with(8)) else {
        panic!("as it was")
    };
    let command = decide(&mut session, 2, &with(3));
    assert_eq!(record(&mut session, 2, command), Entry::Narrower { asked: 8, runs: 3 });
    let command = decide(&mut session, 3, &with(3));
    assert!(matches!(record(&mut session, 3, command), Entry::Done { started: Some(_) }));
}

/// Nothing was sent to end it yet: whoever did may have meant to.
#[test]
fn a_run_that_somebody_ended_before_our_cancel_is_not_started_again() {
    let steps = vec![Step::Stop { wait_s: 60 }, Step::Choose];
    let at_the_stop = |state: JobState| {
        let (session, ended) = submitting();
        let (run, seen) = ended.into_iter().next().unwrap();
        let begun =
            ActionState::begun("a".into(), plan("lost", steps.clone()), 1, session.state.began);
        let mut session = Session::new(begun, Millis(0));
        decide(&mut session, 1, &[(run, RunSeen { state, ..seen })])
    };
    for state in [JobState::Canceled, JobState::Finished] {
        let Command::Record(Entry::Closed { end: End::Held { hold } }) = at_the_stop(state) else {
            panic!("it goes on")
        };
        assert_eq!(hold.name(), "foreign_controller");
    }
    // one that gave up by itself is what it is there for
    let failed = at_the_stop(JobState::Failed);
    assert_eq!(failed, Command::Record(Entry::Done { started: None }));
}

/// What a person does in the last moment: a look comes between the intent and its request.
#[test]
fn what_changed_a_moment_before_our_cancel_is_seen() {
    let width = |n| BTreeMap::from([(VertexId::new("map"), n)]);
    let running = |n| RunSeen {
        parallelism: width(n),
        ..submitting().1.remove(0).1.in_state(JobState::Running)
    };
    let of = |run: &str, seen: RunSeen| (RunId::new(run), seen);
    let scale = Step::Scale { parallelism: width(4), wait_s: 60 };
    for step in [Step::Stop { wait_s: 60 }, scale] {
        let intended = || {
            let mut plan = plan("lost", vec![step.clone(), Step::Choose]);
            plan.before.parallelism = width(2);
            let mut session =
                Session::new(ActionState::begun("a".into(), plan, 1, Millis(0)), Millis(0));
            let command = decide(&mut session, 1, &[of("lost", running(2))]);
            let Command::Record(intent @ Entry::Intent { .. }) = command else {
                panic!("{command:?}")
            };
            // the look is a moment older than the intent
            session.recorded(&intent, Millis(1_100));
            assert_eq!(session.decide(Millis(1_200), Around::default()), Command::Look);
            session
        };
        let sent = decide(&mut intended(), 2, &[of("lost", running(2))]);
        assert!(matches!(sent, Command::Send(_)), "{sent:?}");
        let somebody =
            [vec![of("lost", running(3))], vec![of("lost", running(2)), of("theirs", running(2))]];
        for runs in somebody {
            let mut session = intended();
            let command = decide(&mut session, 2, &runs);
            assert_eq!(record(&mut session, 2, command), Entry::Dropped);
            let command = decide(&mut session, 3, &runs);
            let end = End::Held { hold: Hold::GenerationMoved };
            assert_eq!(record(&mut session, 3, command), Entry::Closed { end });
        }
    }
}

/// The cancel is in the journal, and has not left: what is on its way down is somebody else's doing.
#[test]
fn what_somebody_ends_before_our_cancel_leaves_is_not_ours() {
    for state in [JobState::Cancelling, JobState::Canceled] {
        let (_, ended) = submitting();
        let in_state = |state| vec![(ended[0].0.clone(), ended[0].1.clone().in_state(state))];
        let plan = plan("lost", vec![Step::Stop { wait_s: 60 }, Step::Choose]);
        let begun = ActionState::begun("a".into(), plan, 1, Millis(0));
        let mut session = Session::new(begun, Millis(0));
        let command = decide(&mut session, 1, &in_state(JobState::Running));
        assert!(matches!(record(&mut session, 1, command), Entry::Intent { .. }));
        let command = decide(&mut session, 2, &in_state(state.clone()));
        assert_eq!(record(&mut session, 2, command), Entry::Dropped);
        let command = decide(&mut session, 3, &in_state(state));
        let Entry::Closed { end: End::Held { hold } } = record(&mut session, 3, command) else {
            panic!("it goes on")
        };
        assert_eq!(hold.name(), "foreign_controller");
    }
}

#[test]
fn what_is_started_under_another_name_calls_a_person() {
    let (mut session, ended) = submitting();
    let run = session.state.next_run();
    let from = session.state.chosen.clone().unwrap();
    let other = RunSeen {
        other: Some("audit-log".into()),
        all_running: true,
        restored: Some(Restored { checkpoint: from.checkpoint, path: Some(from.path) }),
        ..seen(JobState::Running, vec![])
    };
    assert!(matches!(decide(&mut session, 1, &ended), Command::Send(_)));
    send(&mut session, 1, Reply::Accepted);
    let runs: Vec<_> = ended.into_iter().chain([(run.clone(), other)]).collect();
    let found = decide(&mut session, 2, &runs);
    let Command::Record(Entry::Closed { end: End::Stuck { why } }) = found else {
        panic!("{found:?}")
    };
    assert_eq!(why, Why::OtherJob { run, name: "audit-log".into() });
}

#[test]
fn what_is_not_on_disk_any_more_is_no_restore_point() {
    let (session, _) = submitting();
    let chosen = session.state.chosen.clone().unwrap();
    let later = RestorePoint { checkpoint: 9, path: "s3://state/lost/chk-9".into(), ..chosen };
    let mut all = Seen {
        asked: Millis(0),
        whole: true,
        runs: BTreeMap::new(),
        elsewhere: vec![later.clone()],
        gone: Default::default(),
        operation: None,
    };
    let newest = |seen: &Seen| judge::newest(&session.state, seen).map(|p| p.checkpoint);
    assert_eq!(newest(&all), Some(9));
    all.gone.insert(later.path);
    assert_eq!(newest(&all), Some(7));
}
