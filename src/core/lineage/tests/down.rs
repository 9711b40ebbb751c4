//! Jobs that do not run: where they will go on, and for how long that is known.

use super::*;

#[test]
fn a_job_that_is_down_reads_what_it_read_by_the_group_it_had() {
    let mut s = Small::new(&["in"]);
    s.jobs(0, &[("a", JobState::Running)]);
    let group = GroupId::new(&ClusterId::new("k"), "g");
    let committed = Entity::Committed { group, topic: "in".into(), partition: 0 };
    for at in [0, 5_000] {
        s.end("in", 0, at, 50.0);
        s.position("a", "src", "in", 0, at, 40.0);
        let e = Entity::Position {
            cluster: flink(),
            run: RunId::new("run-a"),
            vertex: VertexId::new("src"),
            topic: "in".into(),
            partition: 0,
        };
        s.table.record(&e, Signal::SourceCommitted, Millis(at), 40.0);
        s.table.record(&committed, Signal::CommittedOffset, Millis(at), 40.0);
    }
    s.infer(5_000);
    // hours later: it is gone, and so is all that it told
    let later = 9_000_000;
    s.jobs(later, &[]);
    s.table.trim(Millis(later - 100_000));
    s.end("in", 0, later, 60.0);
    s.table.record(&committed, Signal::CommittedOffset, Millis(later), 40.0);
    s.infer(later);
    let l = s.assess(later);
    let read = edge(&l, "in", "a");
    assert_eq!(read.groups, [Name::from("g")]);
    assert_eq!(read.vertex, Some(VertexId::new("src")));
    assert_eq!(read.delay.records, Some(20.0), "{:?}", read.delay);
    // a run that reads something else tells so itself
    s.jobs(later, &[("a", JobState::Running)]);
    assert!(s.assess(later).edges.is_empty());
}

/// Ten records a second; read to the end until 20 s, saved and committed up to 15 s.
fn ended(groups: bool) -> Small {
    let mut s = Small::new(&["in"]);
    let group = GroupId::new(&ClusterId::new("k"), "g");
    let committed = Entity::Committed { group, topic: "in".into(), partition: 0 };
    let source = Entity::Position {
        cluster: flink(),
        run: RunId::new("run-a"),
        vertex: VertexId::new("src"),
        topic: "in".into(),
        partition: 0,
    };
    for t in 0..=60 {
        let at = t * 1000;
        s.jobs(at, if t <= 20 { &[("a", JobState::Running)] } else { &[] });
        s.end("in", 0, at, t as f64 * 10.0);
        if t <= 20 {
            s.position("a", "src", "in", 0, at, t as f64 * 10.0);
        }
        if groups {
            let saved = (t.min(15) / 5) as f64 * 50.0;
            s.table.record(&committed, Signal::CommittedOffset, Millis(at), saved);
            s.table.record(&source, Signal::SourceCommitted, Millis(at.min(20_000)), saved);
        }
        s.infer(at);
    }
    s
}

#[test]
fn what_a_job_that_is_down_has_read_since_its_checkpoint_waits_again() {
    let mut s = ended(true);
    let down = edge(&s.assess(60_000), "in", "a").delay.clone();
    let said = down.now.unwrap();
    assert!((said.seconds - 45.0).abs() < 0.2 && !said.at_least, "{down:?}");
    assert_eq!(down.method, Some(Method::Committed));
    // nobody knows where it goes on: from there or from before
    let said = edge(&ended(false).assess(60_000), "in", "a").delay.now.unwrap();
    assert!((said.seconds - 40.0).abs() < 0.2 && said.at_least, "{said:?}");
}

#[test]
fn a_job_is_down_for_as_long_as_its_jobmanager_is_known_to_say_so() {
    let mut s = ended(true);
    for t in 61..=90 {
        s.end("in", 0, t * 1000, t as f64 * 10.0);
    }
    // it may have been started meanwhile, and have read all of it
    let said = edge(&s.assess(70_000), "in", "a").delay.now.unwrap();
    assert_eq!(said.at, Millis(60_000), "{said:?}");
    let lost = edge(&s.assess(90_000), "in", "a").delay.clone();
    assert_eq!((lost.now, lost.unknown), (None, Some(Why::PositionStale)));
}
