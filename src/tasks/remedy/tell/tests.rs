use super::*;
use streamwarden_core::case::{Before, IncidentId, Risk, Step};
use streamwarden_core::estate::{ClusterId, JobKey, RunId};

pub fn state() -> ActionState {
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

#[test]
fn where_somebody_wants_quiet_only_calls_are_told() {
    use streamwarden_core::estate::{Scope, Silence};
    let plan = state().plan;
    let (from, at, until) = (Millis(1), Millis(2), Millis(3));
    let of = |scope: Scope| PlannedWork {
        id: "s".into(),
        scope,
        from,
        until,
        who: "li".into(),
        why: "quiet".into(),
        made: from,
        ended: None,
        silence: Some(Silence::Messages),
    };
    let cluster = |name: &str| Scope::Cluster { cluster: ClusterId::new(name) };
    let is = |scope: Scope, root: Option<&Subject>, at| hushed(&[of(scope)], &plan.job, root, at);
    let root = Subject::KafkaCluster { cluster: ClusterId::new("k") };
    assert!(is(cluster("c"), None, at) && is(Scope::Job { job: plan.job.clone() }, None, at));
    assert!(is(cluster("k"), Some(&root), at) && !is(cluster("k"), None, at));
    assert!(!is(cluster("other"), Some(&root), at));
    assert!(!is(cluster("c"), None, until), "it is over");
    let (action, end) = (Name::from("a"), End::NoChange);
    let holds = Vec::new();
    assert!(!News::Held { plan: plan.clone(), holds }.calls());
    assert!(!News::Begun { action: action.clone(), by: "x".into(), plan: plan.clone() }.calls());
    assert!(
        !News::Ended { action: action.clone(), plan: plan.clone(), end, figures: None }.calls()
    );
    assert!(News::Paged { action: action.clone(), plan: plan.clone(), why: Why::Worse }.calls());
    let end = End::Stuck { why: Why::Worse };
    assert!(News::Ended { action, plan, end, figures: None }.calls());
}

#[test]
fn a_suggestion_is_told_as_one_and_how_it_is_done() {
    let plan = Plan { says: Words { en: "run it".into(), zh: "重跑".into() }, ..state().plan };
    let snapshot = crate::web::testdata::snapshot();
    let forbids = |mode| Hold::ModeForbids { mode, risk: Risk::B };
    let say = |holds: &[Hold]| why_not(&plan, holds, snapshot.at, &snapshot.estate);
    let told = say(&[forbids(Mode::Suggest)]);
    assert_eq!(told.en, "Suggested: run it. How, request by request: `streamwarden plan i`");
    assert_eq!(told.zh, "建议：重跑。具体步骤与请求见 `streamwarden plan i`");
    let told = say(&[Hold::NoSubmitter, forbids(Mode::Suggest)]);
    assert!(told.en.contains("First look at: nobody has said how"), "{}", told.en);
    assert!(!told.en.contains("the mode for"), "{}", told.en);
    assert!(say(&[forbids(Mode::Observe)]).en.starts_with("Not done: run it. Why: the mode"));
}

#[test]
fn what_nobody_goes_on_with_calls_once_for_each_reason() {
    let (news, mut heard) = mpsc::channel(8);
    let teller = Teller::new(news);
    let why = |en: &str| Words { en: en.into(), zh: en.into() };
    let mut ask = |en: &str| {
        teller.heard(&state(), &Told::LetGo(&why(en)));
        heard.try_recv().is_ok_and(|news| news.calls())
    };
    assert!(ask("no act") && !ask("no act") && ask("two stories"));
    let plan = state().plan;
    let open = OpenAction {
        action: "b".into(),
        job: plan.job,
        playbook: plan.playbook,
        failure_domain: "c".into(),
        incident: plan.incident.0.clone(),
        began: Millis(1),
        resumes: false,
    };
    let mut ask = || {
        teller.unreadable(&open);
        heard.try_recv().is_ok_and(|n| n.calls() && n.incident() == plan.incident)
    };
    assert!(ask() && !ask());
}
