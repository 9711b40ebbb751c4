use super::*;
use streamwarden_core::case::{Before, IncidentId, Risk, Step};
use streamwarden_core::estate::{ClusterId, JobKey, RunId};

fn state() -> ActionState {
    let plan = Plan {
        incident: IncidentId("i".into()),
        playbook: "rescale".into(),
        risk: Risk::B,
        job: JobKey::new(&ClusterId::new("c"), "j"),
        run: RunId::new("r1"),
        generation: 0,
        made: Millis(1),
        steps: vec![Step::Stop { wait_s: 60 }, Step::Choose],
        rollback: Vec::new(),
        jar: None,
        way: None,
        secured: None,
        preconditions: Vec::new(),
        before: Before::default(),
        says: Words::default(),
    };
    ActionState::begun("a".into(), plan, 1, Millis(1))
}

fn stuck(why: Why) -> Entry {
    Entry::Closed { end: End::Stuck { why } }
}

#[test]
fn who_was_called_for_it_is_not_called_again_at_the_end() {
    let teller = Teller::new(mpsc::channel(8).0);
    let paged = Entry::Paged { why: Why::JobFailed };
    let ask =
        |entry: &Entry| teller.worth_telling(&state(), &Told::Recorded(entry), Instant::now());
    assert!(matches!(ask(&paged), Some(News::Paged { .. })));
    assert!(ask(&stuck(Why::JobFailed)).is_none());
    // for something else, or without a call before
    assert!(ask(&paged).is_some());
    assert!(ask(&stuck(Why::Worse)).is_some_and(|n| n.calls()));
    assert!(ask(&stuck(Why::JobFailed)).is_some());
    assert!(ask(&paged).is_some());
    let helped = Entry::Closed { end: End::NoChange };
    assert!(matches!(ask(&helped), Some(News::Ended { .. })));
}

#[test]
fn what_stands_still_is_told_once_and_again_when_it_has_moved() {
    let teller = Teller::new(mpsc::channel(8).0);
    let began = Instant::now();
    let ask =
        |what: &Told<'_>, after: u32| teller.worth_telling(&state(), what, began + STALLED * after);
    let stalls = Told::Stalled("the disk is full");
    assert!(ask(&stalls, 0).is_none(), "most of it passes");
    let news = ask(&stalls, 1);
    assert!(matches!(&news, Some(n @ News::Stalled { .. }) if n.calls()), "{news:?}");
    assert!(ask(&stalls, 2).is_none(), "told already");
    ask(&Told::Recorded(&Entry::Dropped), 2);
    assert!(ask(&stalls, 3).is_none());
    assert!(ask(&stalls, 4).is_some());
}
