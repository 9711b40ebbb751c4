use super::*;
use crate::case::{Before, BeforeSymptom, Cure, SymptomKind};
use crate::estate::*;
use crate::know::Pass;
use crate::plan::Bar;
use crate::rules::tests::world;
use serde_json::json;
use std::sync::Arc;

const BAR: Bar = Bar {
    running: Span::secs(60),
    checkpoints: 2,
    patience: Span::secs(300),
    catch_up: Span::secs(0),
};

fn subject() -> Subject {
    Subject::Job { job: JobKey::new(&ClusterId::new("c"), "j") }
}

fn before() -> Before {
    let symptom =
        BeforeSymptom { kind: SymptomKind::LagGrows, subject: subject(), value: Some(40.0) };
    Before {
        symptoms: vec![symptom],
        throughput: Some(100.0),
        delay_s: Some(40.0),
        ..Before::default()
    }
}

/// Running and checkpointing long enough, with these figures at the end of the watch.
fn now(there: Option<bool>, delay_s: Option<f64>, trend: Option<f64>, rate: Option<f64>) -> After {
    After {
        watched: Span::secs(300),
        running: Some(Span::secs(280)),
        restarts: 0,
        checkpoints: Some(9),
        symptoms: vec![AfterSymptom {
            kind: SymptomKind::LagGrows,
            subject: subject(),
            there,
            value: None,
        }],
        failures: Vec::new(),
        throughput: rate,
        delay_s,
        trend,
    }
}

fn said(after: &After) -> Option<Cure> {
    judge(&before(), after, &BAR)
}

#[test]
fn cured_as_soon_as_it_runs_and_checkpoints_in_time() {
    let mut a = now(Some(false), Some(1.0), Some(-0.1), Some(190.0));
    a.watched = Span::secs(70);
    assert_eq!(said(&a), Some(Cure::Cured));
    a.running = Some(Span::secs(59));
    assert_eq!(said(&a), None);
    a.running = None;
    assert_eq!(said(&a), None, "whether it runs is not known");
    a.running = Some(Span::secs(60));
    for few in [Some(1), None] {
        a.checkpoints = few;
        assert_eq!(said(&a), None);
    }
}

#[test]
fn catching_up_is_improvement_and_never_failure() {
    // later than before, by what the restart took, and it falls
    let mut a = now(Some(true), Some(90.0), Some(-0.8), Some(190.0));
    assert_eq!(said(&a), Some(Cure::Improved));
    a.watched = Span::secs(100);
    assert_eq!(said(&a), None, "it may yet be cured");
    // so long as the plan knows that it takes, it is watched
    a.watched = Span::secs(300);
    let longer = Bar { catch_up: Span::secs(301), ..BAR };
    assert_eq!(judge(&before(), &a, &longer), None);
    a.trend = Some(0.1);
    assert_eq!(judge(&before(), &a, &longer), Some(Cure::NoChange), "it does not fall");
    // the symptom is gone, what waits is not
    assert_eq!(said(&now(Some(false), Some(30.0), None, None)), Some(Cure::Improved));
}

#[test]
fn the_same_is_no_change_and_later_with_less_is_worse() {
    assert_eq!(said(&now(Some(true), Some(80.0), Some(0.5), Some(99.0))), Some(Cure::NoChange));
    assert_eq!(said(&now(Some(true), Some(80.0), Some(0.5), Some(60.0))), Some(Cure::Worse));
    let mut a = now(Some(false), Some(1.0), None, None);
    a.failures = vec![SymptomKind::CheckpointsFail];
    assert_eq!(said(&a), Some(Cure::Worse), "another failure than before");
}

#[test]
fn a_job_that_does_not_stay_up_is_worse_at_once() {
    let mut a = now(Some(false), None, None, None);
    (a.running, a.restarts, a.watched) = (None, 2, Span::secs(40));
    assert_eq!(said(&a), Some(Cure::Worse));
    a.restarts = 1;
    assert_eq!(said(&a), None, "the first may be the action itself");
    let mut failing = before();
    failing.symptoms[0].kind = SymptomKind::Restarted;
    a.restarts = 2;
    assert_eq!(judge(&failing, &a, &BAR), None, "as it did before");
}

#[test]
fn unknown_is_never_cured() {
    let mut a = now(None, Some(1.0), Some(-0.1), Some(190.0));
    assert_eq!(said(&a), Some(Cure::CannotTell));
    a.watched = Span::secs(100);
    assert_eq!(said(&a), None);
    a.watched = Span::secs(300);
    a.symptoms.clear();
    assert_eq!(said(&a), Some(Cure::CannotTell), "not even looked for");
    let mut late = now(Some(false), None, None, None);
    late.watched = Span::secs(100);
    assert_eq!(said(&late), None, "it was late, and how late it is nobody knows");
}

#[test]
fn what_does_not_interrupt_asks_for_no_checkpoint() {
    let mut a = now(Some(false), Some(1.0), None, None);
    a.checkpoints = None;
    assert_eq!(judge(&before(), &a, &Bar { checkpoints: 0, ..BAR }), Some(Cure::Cured));
}

fn plan(job: &JobKey) -> crate::case::Plan {
    let symptom = |kind| BeforeSymptom {
        kind,
        subject: Subject::Job { job: job.clone() },
        value: Some(40.0),
    };
    crate::case::Plan {
        incident: crate::case::IncidentId("i".into()),
        playbook: "rescale".into(),
        risk: crate::case::Risk::B,
        job: job.clone(),
        run: RunId::new("old"),
        generation: 1,
        made: Millis(0),
        steps: Vec::new(),
        rollback: Vec::new(),
        jar: None,
        way: None,
        secured: None,
        preconditions: Vec::new(),
        before: Before {
            symptoms: [SymptomKind::LagGrows, SymptomKind::Late, SymptomKind::CheckpointOld]
                .map(symptom)
                .to_vec(),
            ..Before::default()
        },
        says: Default::default(),
    }
}

#[test]
fn what_is_seen_of_a_job_after_an_action() {
    let w = world(json!({
        "until": "120s",
        "jobs": { "pay": { "plan": "src(2) -> fn(2 rebalance)", "reads": "orders", "started": "10s" } },
        "topics": { "orders": { "partitions": 2 } },
        "series": { "partition orders/* rate": 50, "position orders/* rate": 50 }
    }));
    let mut s = w.snapshot;
    let job = s.estate.jobs.keys().next().unwrap().clone();
    let plan = plan(&job);
    let since = s.at - Span::secs(40);
    let mut pass = Pass::default();
    let there = |a: &After| a.symptoms.iter().map(|x| x.there).collect::<Vec<_>>();
    let seen = after(&s, &pass, &plan, since);
    assert_eq!((seen.watched, seen.running), (Span::secs(40), Some(Span::secs(110))));
    assert_eq!(seen.throughput.map(f64::round), Some(100.0));
    assert!(seen.delay_s.is_some());
    // of checkpoints nothing was read
    assert_eq!(seen.checkpoints, None);
    assert_eq!(there(&seen), [Some(false), Some(false), None]);
    // one is found again
    pass.seen.symptoms = vec![crate::case::Symptom {
        kind: SymptomKind::Late,
        subject: Subject::Job { job: job.clone() },
        job: Some(job.clone()),
        what: None,
        onset: since,
        onset_at_least: false,
        value: Some(9.0),
        threshold: None,
        usual: None,
        season: None,
        against: crate::case::Against::Bound,
        trend: None,
    }];
    let seen = after(&s, &pass, &plan, since);
    assert_eq!(there(&seen), [Some(false), Some(true), None]);
    assert_eq!(seen.symptoms[1].value, Some(9.0));
    // nobody sees the topic any more: not late is not known
    s.lineage = Arc::default();
    pass.seen.symptoms.clear();
    assert_eq!(there(&after(&s, &pass, &plan, since)), [None, None, None]);
}
