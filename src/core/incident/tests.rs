use super::*;
use crate::estate::{ClusterId, Name};
use crate::rules::Words;

fn job(name: &str) -> JobKey {
    JobKey::new(&ClusterId::new("pay"), name)
}

fn diagnosis(cause: &str, at: &str, jobs: &[&str]) -> Diagnosis {
    let symptom = |name: &&str| Symptom {
        kind: SymptomKind::Late,
        subject: Subject::Job { job: job(name) },
        job: Some(job(name)),
        what: None,
        onset: Millis(1_000),
        onset_at_least: false,
        value: None,
        threshold: None,
        usual: None,
        season: None,
        against: Against::Target,
        trend: None,
    };
    Diagnosis {
        verdict: Verdict::Root { cause: cause.into() },
        subject: Subject::Job { job: job(at) },
        role: CauseRole::Root,
        onset: Millis(1_000),
        says: Words::default(),
        evidence: vec![],
        considered: vec![],
        missing: vec![],
        consequences: vec![],
        victims: vec![],
        touches: std::collections::BTreeSet::new(),
        symptoms: jobs.iter().map(symptom).collect(),
        advice: vec![],
        never: vec![],
        cures: vec![],
        support: 1.0,
    }
}

fn undetermined(at: &str, between: &[&str]) -> Diagnosis {
    let between: Vec<Name> = between.iter().map(|c| Name::from(*c)).collect();
    Diagnosis { verdict: Verdict::Undetermined { between }, ..diagnosis("", at, &[at]) }
}

/// Passes 5 s apart, in short: `12 opened code.a job:pay/x`.
fn story(passes: &[(i64, Vec<Diagnosis>)]) -> Vec<String> {
    let mut book = Book::default();
    let mut out = Vec::new();
    for (s, found) in passes {
        let found =
            Assessment { at: Millis(s * 1000), found: found.clone(), ..Assessment::default() };
        let (next, events) = fold(&book, &found, Span::secs(5));
        out.extend(events.iter().map(|e| format!("{s} {}", short(&e.what))));
        book = next;
    }
    out
}

fn short(what: &EventKind) -> String {
    let said = |d: &Diagnosis| format!("{} {}", d.verdict.causes().join("|"), d.subject);
    match what {
        EventKind::Opened { incident } => format!("opened {}", said(&incident.diagnosis)),
        EventKind::Revised { diagnosis, .. } => format!("revised {}", said(diagnosis)),
        EventKind::Confirmed => "confirmed".into(),
        EventKind::Spread { victims, .. } => format!("spread {}", victims.len()),
        EventKind::Recovering => "recovering".into(),
        EventKind::Relapsed => "relapsed".into(),
        EventKind::Merged { .. } => "merged".into(),
        EventKind::Split { .. } => "split".into(),
        EventKind::Closed { why } => format!("closed {why:?}"),
    }
}

#[test]
fn opens_confirms_recovers_relapses_and_closes() {
    let a = || vec![diagnosis("code.a", "x", &["x"])];
    let passes = [(5, a()), (10, a()), (15, a()), (20, vec![]), (25, vec![]), (30, a())];
    let rest = [(35, vec![]), (45, vec![]), (95, vec![])];
    let all: Vec<_> = passes.into_iter().chain(rest).collect();
    assert_eq!(
        story(&all),
        [
            "5 opened code.a job:pay/x",
            "15 confirmed",
            "25 recovering",
            "30 relapsed",
            "45 recovering",
            "95 closed Over"
        ]
    );
}

#[test]
fn late_evidence_revises_at_once_towards_a_root_and_only_when_agreed_to_another() {
    let between = || vec![undetermined("x", &["code.a", "code.b"])];
    let a = || vec![diagnosis("code.a", "x", &["x"])];
    let b = || vec![diagnosis("code.b", "x", &["x"])];
    let told = story(&[
        (0, between()),
        (5, between()),
        (10, a()),
        (15, b()),
        (20, a()),
        (25, b()),
        (30, b()),
    ]);
    assert_eq!(
        told,
        [
            "5 opened code.a|code.b job:pay/x",
            "10 revised code.a job:pay/x",
            "30 revised code.b job:pay/x"
        ]
    );
}

#[test]
fn what_was_never_sure_gives_way_when_it_is_back() {
    let of = |cause: &str| vec![diagnosis(cause, "x", &["x"])];
    let passes = [(5, of("code.a")), (10, vec![]), (15, vec![])];
    let rest = [(20, of("code.b")), (25, of("code.b"))];
    let all: Vec<_> = passes.into_iter().chain(rest).collect();
    let told = [
        "5 opened code.a job:pay/x",
        "15 recovering",
        "20 relapsed",
        "25 revised code.b job:pay/x",
    ];
    assert_eq!(story(&all), told);
}

#[test]
fn unknown_does_not_clear_what_was_known() {
    let a = vec![diagnosis("code.a", "x", &["x"])];
    let between = vec![undetermined("x", &["code.a", "code.b"])];
    let nothing = vec![undetermined("x", &[])];
    assert_eq!(
        story(&[(5, a), (10, between.clone()), (15, between), (20, nothing)]),
        ["5 opened code.a job:pay/x"]
    );
}

#[test]
fn two_that_turn_out_to_be_one_are_merged_and_one_that_turns_out_to_be_two_is_split() {
    let (x, y) = (diagnosis("code.a", "x", &["x"]), diagnosis("code.b", "y", &["y"]));
    let both = diagnosis("clu.c", "x", &["x", "y"]);
    let apart = vec![both.clone(), diagnosis("code.b", "y", &["y"])];
    let told = story(&[(5, vec![x, y]), (10, vec![both.clone()]), (15, vec![both]), (20, apart)]);
    assert_eq!(
        told,
        [
            "5 opened code.a job:pay/x",
            "5 opened code.b job:pay/y",
            "10 merged",
            "10 closed Merged",
            "15 revised clu.c job:pay/x",
            "20 opened code.b job:pay/y",
            "20 split"
        ]
    );
}

#[test]
fn what_cannot_be_told_of_a_victim_waits_for_the_known_root() {
    let root = || diagnosis("clu.c", "x", &["x", "y"]);
    let both = || vec![root(), undetermined("y", &[])];
    // the same of one that shows in the same look; of another it is said at the second
    let z = || vec![root(), undetermined("z", &[])];
    let told = story(&[(5, both()), (10, both()), (15, z()), (20, both()), (25, z()), (30, z())]);
    assert_eq!(told, ["5 opened clu.c job:pay/x", "15 confirmed", "30 opened  job:pay/z"]);
    let told = story(&[(5, vec![root()]), (10, both()), (15, both())]);
    assert_eq!(told, ["5 opened clu.c job:pay/x", "15 confirmed"]);
}

#[test]
fn a_cluster_that_is_not_seen_keeps_its_incidents() {
    let d = diagnosis("code.a", "x", &["x"]);
    let (book, _) =
        fold(&Book::default(), &Assessment { found: vec![d], ..Assessment::default() }, Span(5));
    let calm = NoTrouble {
        subject: Subject::FlinkCluster { cluster: ClusterId::new("pay") },
        why: Calm::NotSeen,
        since: Millis(0),
        eta_s: None,
        usual: None,
    };
    let blind = Assessment { at: Millis(600_000), calm: vec![calm], ..Assessment::default() };
    let (book, events) = fold(&book, &blind, Span(5));
    assert!(events.is_empty() && book.incidents.len() == 1);
}

/// A process that was away for long has not seen it go.
#[test]
fn what_was_open_before_we_came_is_not_missed_at_once() {
    let d = diagnosis("code.a", "x", &["x"]);
    let at = |s: i64, found: Vec<Diagnosis>| Assessment {
        at: Millis(s * 1000),
        found,
        ..Assessment::default()
    };
    let (book, _) = fold(&Book::default(), &at(5, vec![d]), Span::secs(5));
    let mut book = Book::of(book.incidents.into_values());
    let mut told = Vec::new();
    for s in [600, 605, 655, 660, 665, 670, 675, 725, 735] {
        let (next, events) = fold(&book, &at(s, vec![]), Span::secs(5));
        told.extend(events.iter().map(|e| format!("{s} {}", short(&e.what))));
        book = next;
    }
    assert_eq!(told, ["665 recovering", "725 closed Over"]);
}

/// What nobody contradicts to somebody who has just come is no evidence against a root that was sure.
#[test]
fn a_root_from_before_we_came_gives_way_to_another_root_only() {
    let jobs = ["x", "y", "z"];
    let at = |s: i64, found: Vec<Diagnosis>| Assessment {
        at: Millis(s * 1000),
        found,
        ..Assessment::default()
    };
    let (book, _) =
        fold(&Book::default(), &at(5, vec![diagnosis("clu.a", "jm", &jobs)]), Span::secs(5));
    let mut book = Book::of(book.incidents.into_values());
    let untold = || jobs.map(|job| undetermined(job, &["link.b", "link.c"])).to_vec();
    let mut told = Vec::new();
    let mut pass = |s: i64, found: Vec<Diagnosis>| {
        let (next, events) = fold(&book, &at(s, found), Span::secs(5));
        told.extend(events.iter().map(|e| format!("{s} {}", short(&e.what))));
        book = next;
    };
    for s in (600..900).step_by(5) {
        pass(s, untold());
    }
    let root = || vec![diagnosis("link.b", "x", &["x"])];
    pass(900, root());
    pass(905, root());
    assert_eq!(told, ["905 revised link.b job:pay/x"]);
}

/// A broker dies while a slow function is the incident.
fn broker_dies(onset: i64, jobs: &[&str]) -> Diagnosis {
    let subject = Subject::Broker { cluster: ClusterId::new("k"), id: 1 };
    let mut d = diagnosis("link.broker", "x", jobs);
    let own = Symptom { kind: SymptomKind::KafkaSilent, job: None, ..d.symptoms[0].clone() };
    d.symptoms.push(Symptom { subject: subject.clone(), ..own });
    d.symptoms.iter_mut().for_each(|s| s.onset = Millis(onset * 1000));
    Diagnosis { subject, onset: Millis(onset * 1000), ..d }
}

#[test]
fn a_later_root_elsewhere_is_an_incident_of_its_own() {
    let slow = || vec![diagnosis("code.slow", "x", &["x"])];
    let broker = || vec![broker_dies(100, &["x", "y"])];
    let before = (1..22).map(|n| (n * 5, slow()));
    let while_dead = (22..36).map(|n| (n * 5, broker()));
    let all: Vec<_> = before.chain(while_dead).collect();
    assert_eq!(
        story(&all),
        [
            "5 opened code.slow job:pay/x",
            "15 confirmed",
            "115 opened link.broker broker:k/1",
            "115 recovering",
            "125 confirmed",
            "165 closed Over",
        ]
    );
    // it is still seen when the broker is back
    let short = (22..30).map(|n| (n * 5, broker()));
    let before = (1..22).map(|n| (n * 5, slow()));
    let after = (30..36).map(|n| (n * 5, slow()));
    let told = story(&before.chain(short).chain(after).collect::<Vec<_>>());
    assert_eq!(told[5..], ["150 relapsed", "155 recovering"], "{told:?}");
}

/// What the first root was taken for may turn out to be something deeper that was there all along.
#[test]
fn a_root_that_was_there_all_along_revises_the_first() {
    let slow = || vec![diagnosis("code.slow", "x", &["x"])];
    let broker = || vec![broker_dies(1, &["x", "y"])];
    let before = (1..22).map(|n| (n * 5, slow()));
    let told = story(&before.chain((22..30).map(|n| (n * 5, broker()))).collect::<Vec<_>>());
    assert_eq!(told[2..], ["115 revised link.broker broker:k/1"], "{told:?}");
}

/// A job waits for slots; why there are none, is known half a minute later.
#[test]
fn a_root_that_follows_from_one_found_later_gives_way_to_it() {
    let slots = || vec![diagnosis("clu.slots", "x", &["x"])];
    let full = |explains: bool| {
        let mut d = diagnosis("clu.queue", "y", &["x"]);
        let [was] = <[Diagnosis; 1]>::try_from(slots()).unwrap();
        let follows = Finding { cause: "clu.slots".into(), subject: was.subject, says: was.says };
        d.consequences.extend(explains.then_some(follows));
        vec![d]
    };
    let told = |explains| {
        let before = (1..6).map(|n| (n * 5, slots()));
        story(&before.chain((6..9).map(|n| (n * 5, full(explains)))).collect::<Vec<_>>())
    };
    assert_eq!(told(true)[2..], ["35 revised clu.queue job:pay/y"], "{:?}", told(true));
    // what does not explain it may be its doing
    assert_eq!(told(false).len(), 2, "{:?}", told(false));
}

#[test]
fn a_component_of_which_nothing_is_known_keeps_its_incident() {
    let ck =
        Subject::Base { base: crate::estate::BaseKind::Component, cluster: ClusterId::new("ck") };
    let d = Diagnosis { subject: ck.clone(), ..diagnosis("link.component_ill", "x", &["x"]) };
    let (book, _) =
        fold(&Book::default(), &Assessment { found: vec![d], ..Assessment::default() }, Span(5));
    let at = |s: i64, unsure: &[&Subject]| Assessment {
        at: Millis(s * 1000),
        unsure: unsure.iter().map(|s| (*s).clone()).collect(),
        ..Assessment::default()
    };
    let (book, events) = fold(&book, &at(600, &[&ck]), Span(5));
    assert!(events.is_empty() && book.incidents.len() == 1, "{events:?}");
    let (_, events) = fold(&book, &at(620, &[]), Span(5));
    assert_eq!(events.iter().map(|e| short(&e.what)).collect::<Vec<_>>(), ["recovering"]);
}
