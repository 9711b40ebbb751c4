use super::super::Place;
use super::*;
use streamwarden_core::case::{Incident, IncidentState};
use streamwarden_core::estate::{ClusterId, JobKey};
use streamwarden_core::rules::Words;

fn job(name: &str) -> Subject {
    Subject::Job { job: JobKey::new(&ClusterId::new("c"), name) }
}

fn said(at: i64, verdict: Verdict, subject: Subject) -> IncidentEvent {
    let diagnosis = Diagnosis {
        verdict,
        subject,
        role: CauseRole::Root,
        onset: Millis(at),
        says: Words::default(),
        evidence: Vec::new(),
        considered: Vec::new(),
        missing: Vec::new(),
        consequences: Vec::new(),
        victims: Vec::new(),
        touches: std::collections::BTreeSet::new(),
        symptoms: Vec::new(),
        advice: Vec::new(),
        never: Vec::new(),
        cures: Vec::new(),
        support: 1.0,
    };
    let id = IncidentId("1".into());
    let incident = Incident {
        id: id.clone(),
        state: IncidentState::Provisional,
        opened: Millis(at),
        closed: None,
        onset: Millis(at),
        diagnosis,
        last_seen: Millis(at),
        said: Vec::new(),
        merged_into: None,
        split_from: None,
    };
    IncidentEvent { at: Millis(at), id, what: EventKind::Opened { incident: Box::new(incident) } }
}

fn root(cause: &str) -> Verdict {
    Verdict::Root { cause: cause.into() }
}

fn story() -> Story {
    Story {
        cause: Some("code.slow".into()),
        family: Some("slow".into()),
        place: Some(Place::Job { job: "dwd".into() }),
        victims: vec!["ads".into()],
        decoys: vec!["link.surge".into()],
        injected: Some(Millis(10_000)),
        ..Story::default()
    }
}

fn of(story: &Story, events: &[IncidentEvent]) -> Score {
    score(story, events, &Estate::default())
}

#[test]
fn root_and_place_are_right_and_dated_from_the_injection() {
    let family = Verdict::Family { family: "slow".into(), between: Vec::new() };
    let events = [said(14_000, family, job("dwd")), said(20_000, root("code.slow"), job("dwd"))];
    let s = of(&story(), &events);
    assert_eq!((s.outcome, s.family_s, s.root_s), (Outcome::Right, Some(4.0), Some(10.0)));
    assert_eq!((s.worst, s.false_alarms), (Outcome::Family, 0));
}

#[test]
fn a_victim_and_a_decoy_must_not_be_named() {
    let one =
        |cause: &str, place: &str| of(&story(), &[said(14_000, root(cause), job(place))]).outcome;
    assert_eq!(one("code.slow", "ads"), Outcome::Decoy);
    assert_eq!(one("link.surge", "dwd"), Outcome::Decoy);
    assert_eq!(one("code.other", "dwd"), Outcome::Wrong);
    assert_eq!(one("code.slow", "audit"), Outcome::Wrong);
    let open = Verdict::Undetermined { between: Vec::new() };
    assert_eq!(of(&story(), &[said(14_000, open, job("ads"))]).outcome, Outcome::Undetermined);
    assert_eq!(of(&story(), &[]).outcome, Outcome::Nothing);
}

#[test]
fn a_control_is_right_when_nothing_is_said() {
    let control = Story { injected: Some(Millis(10_000)), ..Story::default() };
    assert_eq!(of(&control, &[]).outcome, Outcome::Right);
    let s = of(&control, &[said(14_000, root("code.slow"), job("dwd"))]);
    assert_eq!((s.outcome, s.false_alarms), (Outcome::Wrong, 1));
    let early = of(&story(), &[said(4_000, root("code.slow"), job("dwd"))]);
    assert_eq!(early.false_alarms, 1);
}

#[test]
fn a_rule_s_record_counts_what_it_named_and_what_it_missed() {
    let wrong = said(14_000, root("code.other"), job("dwd"));
    let scores = [
        (story(), of(&story(), &[said(14_000, root("code.slow"), job("dwd"))])),
        (story(), of(&story(), std::slice::from_ref(&wrong))),
        (Story::default(), of(&Story::default(), std::slice::from_ref(&wrong))),
    ];
    let all = tally(scores.iter().map(|(story, score)| (story, score)));
    let counts = |right, wrong, undetermined| Counts { right, wrong, undetermined };
    assert_eq!(all["code.slow"], counts(1, 0, 1));
    assert_eq!(all["code.other"], counts(0, 2, 0));
}

#[test]
fn a_root_that_was_confirmed_counts_after_it_was_merged() {
    let wrong = said(14_000, root("code.other"), job("dwd"));
    let id = wrong.id.clone();
    let then = |what| IncidentEvent { at: Millis(30_000), id: id.clone(), what };
    let merged = then(EventKind::Merged { into: IncidentId("2".into()) });
    let of = |events: &[IncidentEvent]| of(&story(), events).outcome;
    assert_eq!(of(&[wrong.clone(), merged.clone()]), Outcome::Nothing);
    assert_eq!(of(&[wrong, then(EventKind::Confirmed), merged]), Outcome::Wrong);
}
