//! Plans on small worlds.

use super::*;
use crate::case::*;
use crate::estate::*;
use crate::know::Pass;
use crate::rules::tests::{node, world};
use crate::rules::{RuleSet, SourceFile, Words};
use crate::snapshot::Snapshot;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::Arc;

fn file(name: &str, json: Json) -> SourceFile {
    SourceFile { name: name.into(), root: node(&json) }
}

fn rule(cause: &str, at: &str, cures: &[&str], proof: &str) -> SourceFile {
    file(
        cause,
        json!({
            "cause": cause, "layer": "code", "at": at, "cures": cures, "proof": proof,
            "needs": { "x": "gc of taskmanager \"tm-1\" >= 0ms/s" },
            "says": { "en": "it is slow" }
        }),
    )
}

fn rules(proof: &str) -> RuleSet {
    let all = [
        rule("code.slow", "vertex", &["rescale"], proof),
        rule("clu.lost", "flink_cluster", &["reuse-checkpoint"], proof),
    ];
    let known = ["code.slow", "clu.lost"].map(Name::from);
    RuleSet::compile(&all, &known).unwrap_or_else(|m| panic!("{m:?}"))
}

fn rescale() -> Json {
    json!({
        "playbook": "rescale", "risk": "B", "target": "job",
        "says": { "en": "run {job} with {to} instead of {from}", "zh": "{job}：{from} → {to}" },
        "cures": ["code.slow"],
        "needs": { "no_garbage": "max(gc of taskmanagers) < 100ms/s" },
        "asks": ["running", "true_rate", "too_narrow", "restore_point", "retained"],
        "steps": ["checkpoint 60s", "stop 60s", "choose", "submit_wider 120s", "watch"],
        "rollback": ["stop 60s", "choose", "submit 120s", "watch"],
        "in_place": { "steps": ["scale 120s", "watch"], "rollback": ["scale_back 120s", "watch"] },
        "verify": { "running": "60s", "checkpoints": "2" }
    })
}

fn reuse() -> Json {
    json!({
        "playbook": "reuse-checkpoint", "risk": "A", "target": "job",
        "says": { "en": "run {job} again", "zh": "恢复 {job}" },
        "cures": ["clu.lost"],
        "asks": ["down", "jobmanager_answers", "absence_sure", "nothing_recovers", "nothing_reads",
                 "nothing_writes", "restore_point"],
        "steps": ["choose", "submit 120s", "watch"]
    })
}

fn books() -> Books {
    let files = [file("rescale.yaml", rescale()), file("reuse.yaml", reuse())];
    Books::compile(&files, &rules("bed")).unwrap_or_else(|m| panic!("{m:?}"))
}

struct Scene {
    snapshot: Snapshot,
    incident: Incident,
    ledger: Ledger,
    policy: JobPolicy,
    told: Told,
    rules: RuleSet,
    pass: Pass,
}

fn job() -> JobKey {
    JobKey::new(&ClusterId::new("flink"), "pay")
}

/// A call that waits: 100 of 200 records a second get done, by two subtasks that are always busy.
fn slow() -> Scene {
    let w = world(json!({
        "until": "180s",
        "taskmanagers": ["tm-1"],
        "jobs": { "pay": {
            "plan": "src(2) -> fn(2 rebalance) -> out(2 rebalance)",
            "reads": "orders",
            "config": {
                "checkpoints.externalization.delete_on_cancellation": "false",
                "checkpoints.interval": "10000"
            }
        } },
        "topics": { "orders": { "partitions": 8 } },
        "series": {
            "subtask src/* busy": 0.1, "subtask src/* bp": 0.8,
            "subtask fn/* busy": 1.0, "subtask fn/* rate_in": 50,
            "subtask out/* busy": 0.1,
            "taskmanager tm-1 gc": 0.001,
            "partition orders/* rate": 25,
            "position orders/* rate": 12.5,
            "committed pay/orders/0 rate": 12.5
        }
    }));
    let mut snapshot = w.snapshot;
    let at = snapshot.at;
    let cluster = ClusterId::new("flink");
    let estate = Arc::make_mut(&mut snapshot.estate);
    let run = estate.jobs[&job()].run.id.clone();
    estate.apply(overview(&cluster, 4), at);
    estate.apply(Fact::Checkpoints(checkpoints(&cluster, &run, at - Span::secs(20))), at);
    let fnv = Subject::Vertex { job: job(), vertex: VertexId::new("fn") };
    let incident = incident(fnv, "code.slow", "rescale", SymptomKind::CheckpointOld, at);
    scene(snapshot, incident)
}

fn scene(snapshot: Snapshot, incident: Incident) -> Scene {
    let at = snapshot.at;
    let mut policy = JobPolicy::default();
    policy.policy.b = Mode::Auto;
    policy.policy.a = Mode::Auto;
    let mut pass = Pass::default();
    pass.book.incidents.insert(incident.id.clone(), incident.clone());
    Scene {
        snapshot,
        incident,
        ledger: Ledger { now: at, epoch: 1, generation: 7, ..Ledger::default() },
        policy,
        told: Told { owner: Ownership::Submitter("jar".into()), generation: 7, ..Told::default() },
        rules: rules("bed"),
        pass,
    }
}

fn overview(cluster: &ClusterId, free: u32) -> Fact {
    Fact::FlinkOverview(FlinkOverview {
        cluster: cluster.clone(),
        version: "1.20.5".into(),
        commit: None,
        taskmanagers: 1,
        slots_total: 6,
        slots_available: free,
        jobmanager_started: None,
    })
}

fn checkpoints(cluster: &ClusterId, run: &RunId, taken: Millis) -> CheckpointStats {
    let one = Checkpoint {
        id: 9,
        status: "COMPLETED".into(),
        savepoint: false,
        triggered: taken,
        latest_ack: Some(taken),
        duration_ms: Some(50),
        state_size: None,
        checkpointed_size: None,
        acknowledged: None,
        subtasks: None,
        external_path: Some("file:/state/chk-9".into()),
        failure: None,
        unaligned: None,
    };
    CheckpointStats {
        cluster: cluster.clone(),
        run: run.clone(),
        completed: Some(9),
        failed: Some(0),
        in_progress: None,
        restored: None,
        history: vec![one.clone()],
        latest_completed: Some(one),
        latest_restored: None,
    }
}

fn incident(subject: Subject, cause: &str, cure: &str, kind: SymptomKind, at: Millis) -> Incident {
    let symptom = Symptom {
        kind,
        subject: Subject::Job { job: job() },
        job: Some(job()),
        what: None,
        onset: at - Span::secs(120),
        onset_at_least: false,
        value: Some(40.0),
        threshold: None,
        usual: None,
        season: None,
        against: Against::Bound,
        trend: Some(0.5),
    };
    let diagnosis = Diagnosis {
        verdict: Verdict::Root { cause: cause.into() },
        subject,
        role: CauseRole::Root,
        onset: symptom.onset,
        says: Words::default(),
        evidence: Vec::new(),
        considered: Vec::new(),
        missing: Vec::new(),
        consequences: Vec::new(),
        victims: Vec::new(),
        touches: std::collections::BTreeSet::new(),
        symptoms: vec![symptom],
        advice: Vec::new(),
        never: Vec::new(),
        cures: vec![cure.into()],
        support: 1.0,
    };
    Incident {
        id: IncidentId("0123456789abcdef".into()),
        state: IncidentState::Confirmed,
        opened: at - Span::secs(100),
        closed: None,
        onset: diagnosis.onset,
        diagnosis,
        last_seen: at,
        said: Vec::new(),
        merged_into: None,
        split_from: None,
    }
}

impl Scene {
    fn input<'a>(&'a self, job: &'a JobKey) -> PlanInput<'a> {
        PlanInput {
            snapshot: &self.snapshot,
            pass: &self.pass,
            rules: &self.rules,
            incident: &self.incident,
            job,
            ledger: &self.ledger,
            policy: &self.policy,
            told: &self.told,
        }
    }

    fn report(&self) -> PlanReport {
        plan(&books(), &self.input(&job()))
    }

    fn view(&self) -> View {
        super::view(&self.input(&job())).unwrap()
    }

    fn held(&self) -> Vec<&'static str> {
        self.report().holds.iter().map(Hold::name).collect()
    }

    fn estate(&mut self) -> &mut Estate {
        Arc::make_mut(&mut self.snapshot.estate)
    }
}

#[test]
fn as_many_subtasks_as_the_true_rate_asks_for() {
    let s = slow();
    let report = s.report();
    assert_eq!(report.holds, []);
    let plan = report.plan.unwrap();
    assert_eq!((&*plan.playbook, plan.risk, plan.generation), ("rescale", Risk::B, 7));
    // 200 arrive, each can do 50 at 0.75 of its time: six; at most twice as many at once
    assert!(plan.steps.contains(&Step::Submit { parallelism: Some(4), wait_s: 120 }));
    assert_eq!(plan.rollback[2], Step::Submit { parallelism: Some(2), wait_s: 120 });
    assert_eq!(plan.says.en, "run pay with 4 instead of 2");
    assert_eq!(plan.secured.unwrap().checkpoint, 9);
    assert!(plan.preconditions.iter().all(|p| p.holds == Some(true)), "{:?}", plan.preconditions);
    assert_eq!(plan.before.throughput.map(f64::round), Some(100.0));
    assert_eq!(plan.before.symptoms.len(), 1);
    assert_eq!(report.not.len(), 1, "reuse-checkpoint cures something else");
    assert_eq!(report.not[0].1[0].name(), "not_for_this");
}

#[test]
fn a_yes_outlives_the_next_checkpoint() {
    let plan = |newest: &dyn Fn(&mut Checkpoint)| {
        let mut s = slow();
        let of = s.estate().jobs.get_mut(&job()).unwrap().run.checkpoints.as_mut().unwrap();
        newest(&mut of.1.history[0]);
        of.1.latest_completed = None;
        s.report().plan.unwrap()
    };
    let first = plan(&|_| {});
    let next = plan(&|c| {
        (c.id, c.external_path) = (10, Some("file:/state/chk-10".into()));
        c.triggered = c.triggered + Span::secs(10);
    });
    assert_ne!(first.secured, next.secured);
    assert_eq!(first.hash(), next.hash());
    let down = |plan: &Plan| {
        let steps = [Step::Choose, Step::Submit { parallelism: None, wait_s: 1 }].to_vec();
        Plan { steps, ..plan.clone() }.hash()
    };
    assert_ne!(down(&first), down(&next), "a job that is down takes no more of them");

    let another = |change: &dyn Fn(&mut Plan)| {
        let mut plan = first.clone();
        change(&mut plan);
        plan.hash()
    };
    let others = [
        plan(&|c| c.savepoint = true).hash(),
        another(&|p| p.secured = None),
        another(&|p| p.job = JobKey::new(&ClusterId::new("flink"), "other")),
        another(&|p| p.run = RunId::new("other")),
        another(&|p| p.generation += 1),
        another(&|p| p.incident = IncidentId("other".into())),
        another(&|p| p.steps.truncate(1)),
        another(&|p| p.rollback.clear()),
        first.hash(),
    ];
    assert_eq!(others.iter().collect::<BTreeSet<_>>().len(), others.len());
}

#[test]
fn in_place_where_the_scheduler_is_adaptive() {
    let mut s = slow();
    s.told.adaptive = Some(true);
    let plan = s.report().plan.unwrap();
    let to = ["src", "fn", "out"].map(|v| (VertexId::new(v), 4));
    assert_eq!(plan.steps[0], Step::Scale { parallelism: to.into(), wait_s: 120 });
    let back = ["src", "fn", "out"].map(|v| (VertexId::new(v), 2));
    assert_eq!(plan.rollback[0], Step::Scale { parallelism: back.into(), wait_s: 120 });
}

#[test]
fn slots_and_partitions_bound_it_and_say_so() {
    let mut s = slow();
    let at = s.snapshot.at;
    s.estate().apply(overview(&ClusterId::new("flink"), 1), at);
    let plan = s.report().plan.unwrap();
    assert!(plan.steps.contains(&Step::Submit { parallelism: Some(3), wait_s: 120 }));
    s.estate().apply(overview(&ClusterId::new("flink"), 0), at);
    assert_eq!(s.held(), ["no_slots"]);
    let kafka = s.estate().kafka.get_mut(&ClusterId::new("kafka")).unwrap();
    kafka.topics.get_mut("orders").unwrap().partitions.truncate(2);
    assert_eq!(s.held(), ["partition_cap", "no_slots"]);
}

#[test]
fn what_is_not_known_holds() {
    let mut s = slow();
    s.told.owner = Ownership::Unknown;
    assert_eq!(s.held(), ["no_submitter"]);
    let mut s = slow();
    s.estate().jobs.get_mut(&job()).unwrap().run.config = None;
    assert_eq!(s.held(), ["precondition", "no_restore_point"], "retained?");
    let mut s = slow();
    s.estate().jobs.get_mut(&job()).unwrap().run.checkpoints = None;
    assert_eq!(s.held(), ["precondition", "no_restore_point"]);
    let mut s = slow();
    s.estate().flink.get_mut(&ClusterId::new("flink")).unwrap().jobs_seen = None;
    assert!(s.held().contains(&"dependency_ill"), "its JobManager does not answer");
    for (tick, seen_s, answers) in [(1, 14, true), (1, 16, false), (5, 16, false), (10, 29, true)] {
        let mut s = slow();
        s.snapshot.tick = Span::secs(tick);
        let at = s.snapshot.at - Span::secs(seen_s);
        s.estate().flink.get_mut(&ClusterId::new("flink")).unwrap().jobs_seen = Some(at);
        let ill = s.held().contains(&"dependency_ill");
        assert_eq!(ill, !answers, "tick {tick}: seen {seen_s} s ago");
    }
}

#[test]
fn what_is_not_sure_holds() {
    let uncertain = |s: &Scene| match s.report().holds.as_slice() {
        [Hold::NotCertain { why }] => *why,
        other => panic!("{other:?}"),
    };
    let mut s = slow();
    s.incident.state = IncidentState::Provisional;
    assert_eq!(uncertain(&s), Uncertain::Provisional);
    s.incident.state = IncidentState::Recovering;
    assert_eq!(uncertain(&s), Uncertain::Recovering);
    let mut s = slow();
    s.incident.diagnosis.verdict = Verdict::Undetermined { between: vec!["code.slow".into()] };
    assert_eq!(uncertain(&s), Uncertain::Undetermined);
    let mut s = slow();
    s.rules = rules("none");
    assert_eq!(uncertain(&s), Uncertain::Unproven);
    // the job's own metrics alone say that it is late
    let mut s = slow();
    s.incident.diagnosis.symptoms[0].kind = SymptomKind::Late;
    s.snapshot.lineage = Arc::new(without_groups(&s.snapshot));
    assert_eq!(uncertain(&s), Uncertain::OnlyItsOwnWord);
}

fn without_groups(s: &Snapshot) -> crate::lineage::Lineage {
    let mut lineage = (*s.lineage).clone();
    for edge in &mut lineage.edges {
        edge.groups.clear();
    }
    lineage
}

#[test]
fn kafka_vouches_by_what_is_left_in_the_topic() {
    let mut s = slow();
    s.incident.diagnosis.symptoms[0].kind = SymptomKind::Late;
    let mut lineage = (*s.snapshot.lineage).clone();
    for edge in &mut lineage.edges {
        edge.groups = vec!["pay".into()];
    }
    s.snapshot.lineage = Arc::new(lineage);
    assert_eq!(s.held(), [] as [&str; 0]);
}

#[test]
fn five_ill_jobs_of_different_roots_hold() {
    let mut s = slow();
    for i in 0..4 {
        let mut other = s.incident.clone();
        other.id = IncidentId(format!("{i}").into());
        other.diagnosis.subject = Subject::Job { job: job() };
        s.pass.book.incidents.insert(other.id.clone(), other);
    }
    assert_eq!(s.held(), ["blast_radius"]);
}

#[test]
fn a_foreign_change_holds_and_one_of_ours_does_not() {
    let mut s = slow();
    let at = s.snapshot.at;
    let run = s.snapshot.estate.jobs[&job()].run.id.clone();
    s.estate().jobs.get_mut(&job()).unwrap().run.start = at - Span::secs(300);
    assert_eq!(s.held(), ["foreign_controller"]);
    s.told.ours = BTreeSet::from([run.clone()]);
    assert_eq!(s.held(), [] as [&str; 0]);
    // a start of theirs is not forgotten when a run of ours follows
    let start = |seconds: i64, to: &str| Change {
        at: at - Span::secs(seconds),
        seen: at,
        entity: Entity::Job { job: job() },
        kind: ChangeKind::NewRun,
        what: None,
        from: None,
        to: Some(to.into()),
    };
    let mut changes = vec![start(600, "theirs"), start(300, run.as_str())];
    s.snapshot.changes = Arc::new(changes.clone());
    assert_eq!(s.held(), ["foreign_controller"]);
    changes[0] = start(901, "theirs");
    s.snapshot.changes = Arc::new(changes);
    assert_eq!(s.held(), [] as [&str; 0]);
}

/// The JobManager died without high availability: a new one knows nothing of the job.
fn lost() -> Scene {
    let mut s = slow();
    let at = s.snapshot.at;
    let cluster = ClusterId::new("flink");
    let gone = at - Span::secs(30);
    let estate = s.estate();
    estate.apply(Fact::Jobs { cluster: cluster.clone(), jobs: Vec::new() }, gone);
    estate.apply(Fact::Jobs { cluster: cluster.clone(), jobs: Vec::new() }, at);
    let Fact::FlinkOverview(mut o) = overview(&cluster, 6) else { panic!() };
    o.jobmanager_started = Some(gone - Span::secs(5));
    estate.apply(Fact::FlinkOverview(o), at);
    let mut lineage = (*s.snapshot.lineage).clone();
    for edge in &mut lineage.edges {
        edge.groups = vec!["still".into()];
    }
    s.snapshot.lineage = Arc::new(lineage);
    for back in 0..40 {
        let group = GroupId::new(&ClusterId::new("kafka"), "still");
        let entity = Entity::Committed { group, topic: "orders".into(), partition: 0 };
        let t = at - Span::secs(5 * (39 - back));
        s.snapshot.signals.record(&entity, crate::signals::Signal::CommittedOffset, t, 77.0);
    }
    let subject = Subject::FlinkCluster { cluster };
    let lost = incident(subject, "clu.lost", "reuse-checkpoint", SymptomKind::ControlLost, at);
    let mut s = scene(s.snapshot, lost);
    s.told.ha = Some(false);
    s
}

/// Whoever is stuck takes no checkpoint any more.
#[test]
fn a_checkpoint_that_will_not_come_is_not_waited_for() {
    let mut s = slow();
    let asks = |s: &Scene| {
        let plan = s.report().plan.unwrap();
        assert!(plan.steps.iter().any(|s| matches!(s, Step::Stop { .. })));
        plan.steps.iter().any(|s| matches!(s, Step::Checkpoint { .. }))
    };
    assert!(asks(&s), "taken 20 s ago, one each 10 s");
    let taken = s.snapshot.at - Span::secs(60);
    let stats = s.estate().jobs.get_mut(&job()).unwrap().run.checkpoints.as_mut().unwrap();
    stats.1.latest_completed.as_mut().unwrap().triggered = taken;
    stats.1.history.iter_mut().for_each(|c| c.triggered = taken);
    assert!(!asks(&s));
}

#[test]
fn a_forgotten_job_goes_on_from_its_newest_checkpoint() {
    let mut s = lost();
    let plan = s.report().plan.unwrap();
    assert_eq!(plan.risk, Risk::A, "a newer one may have completed since it was told");
    assert_eq!(s.held(), ["needs_approval"]);
    s.told.listed = Some(s.snapshot.at - Span::secs(5));
    let report = s.report();
    assert_eq!(report.holds, []);
    let plan = report.plan.unwrap();
    assert_eq!(plan.risk, Risk::B, "its directory was listed after it had gone");
    assert_eq!(plan.steps[..2], [Step::Choose, Step::Submit { parallelism: Some(2), wait_s: 120 }]);
    assert!(plan.preconditions.iter().all(|p| p.holds == Some(true)), "{:?}", plan.preconditions);
}

/// The process ended and began anew, and the JobManager no longer knows the job.
#[test]
fn after_our_own_restart_a_lost_job_has_the_same_plan() {
    for gone_first in [true, false] {
        let mut s = lost();
        let at = s.snapshot.at;
        s.told.listed = Some(at - Span::secs(5));
        let detail = &mut s.estate().jobs.get_mut(&job()).unwrap().run.detail;
        detail.as_mut().unwrap().0 = at - Span::secs(90);
        let plan = s.report().plan.unwrap();
        let told = plan.preconditions.iter().find(|p| &*p.name == "last_told").unwrap();
        assert_eq!(told.now.en, "parallelism 2, told 90 s ago");
        let known = s.snapshot.estate.jobs[&job()].clone();
        let kept = serde_json::to_string(&Remembered::of(&known)).unwrap();
        let kept: Remembered = serde_json::from_str(&kept).unwrap();
        let run = JobSummary {
            run: known.run.id.clone(),
            name: known.name.clone(),
            state: known.run.state.clone(),
            start: known.run.start,
            end: None,
            last_modification: None,
            tasks: Default::default(),
        };
        let seen = (known.first_seen, known.last_seen, known.gone.filter(|_| gone_first));
        let estate = s.estate();
        estate.jobs.clear();
        estate.recall(job(), known.name.clone(), seen, std::slice::from_ref(&run));
        let unknown = s.held();
        assert!(unknown.contains(&"precondition") || unknown.contains(&"no_slots"), "{unknown:?}");
        let estate = s.estate();
        estate.remember(&job(), kept);
        if !gone_first {
            let cluster = ClusterId::new("flink");
            assert_eq!(estate.jobs[&job()].run.detail, None, "it may still be asked");
            let gone = known.gone.unwrap();
            estate.apply(Fact::Jobs { cluster: cluster.clone(), jobs: Vec::new() }, gone);
            estate.apply(Fact::Jobs { cluster, jobs: Vec::new() }, at);
        }
        let report = s.report();
        assert_eq!((report.plan, report.holds), (Some(plan), Vec::new()), "{gone_first}");
    }
}

#[test]
fn absence_is_not_believed_at_once_and_not_while_something_moves() {
    let missing = |s: &Scene| match s.report().holds.as_slice() {
        [Hold::Precondition { name, .. }, ..] => name.to_string(),
        other => panic!("{other:?}"),
    };
    let mut s = lost();
    let at = s.snapshot.at;
    s.estate().jobs.get_mut(&job()).unwrap().gone = Some(at - Span::secs(10));
    assert_eq!(missing(&s), "absence_sure", "two looks");
    // its JobManager is not asked for its jobs more often than each 5 s
    s.snapshot.tick = Span::secs(1);
    assert_eq!(missing(&s), "absence_sure", "two looks of a JobManager");
    let mut s = lost();
    for ha in [Some(true), None] {
        s.told.ha = ha;
        assert_eq!(missing(&s), "nothing_recovers", "it would be there twice");
    }
    let mut s = lost();
    let group = GroupId::new(&ClusterId::new("kafka"), "still");
    let entity = Entity::Committed { group, topic: "orders".into(), partition: 0 };
    let next = at + Span(1);
    s.snapshot.signals.record(&entity, crate::signals::Signal::CommittedOffset, next, 78.0);
    assert_eq!(missing(&s), "nothing_reads", "it may run elsewhere");
    let mut s = lost();
    s.told.listed = Some(at);
    s.snapshot.lineage = Arc::new(without_groups(&s.snapshot));
    assert_eq!(missing(&s), "nothing_reads", "nobody can tell");
}

#[test]
fn the_jobs_of_an_incident_that_something_may_be_done_to() {
    let s = slow();
    assert_eq!(targets(&s.incident, &s.snapshot), [job()]);
    let mut s = lost();
    assert_eq!(targets(&s.incident, &s.snapshot), [job()]);
    let topic = TopicId::new(&ClusterId::new("kafka"), "orders");
    s.incident.diagnosis.subject = Subject::Topic { topic };
    assert_eq!(targets(&s.incident, &s.snapshot), [job()], "its reader");
    let other = TopicId::new(&ClusterId::new("kafka"), "other");
    s.incident.diagnosis.subject = Subject::Topic { topic: other };
    assert_eq!(targets(&s.incident, &s.snapshot), []);
}

/// Its JobManager lists it still: it failed, and then it ended so.
fn ended(state: JobState) -> Scene {
    let mut s = lost();
    let at = s.snapshot.at;
    let ended = s.estate().jobs.get_mut(&job()).unwrap();
    ended.gone = None;
    (ended.run.state, ended.run.end) = (state, Some(at - Span::secs(40)));
    ended.run.checkpoints.as_mut().unwrap().0 = at - Span::secs(10);
    let change = |ago, kind, to: &str| Change {
        at: at - Span::secs(ago),
        seen: at - Span::secs(ago),
        entity: Entity::Job { job: job() },
        kind,
        what: None,
        from: None,
        to: Some(to.to_owned()),
    };
    let last = s.snapshot.estate.jobs[&job()].run.state.as_str();
    s.snapshot.changes = Arc::new(vec![
        change(70, ChangeKind::JobState, "RESTARTING"),
        change(40, ChangeKind::JobState, last),
    ]);
    s
}

#[test]
fn a_job_that_gave_up_goes_on_by_itself_and_one_that_somebody_cancelled_by_a_yes() {
    let s = ended(JobState::Failed);
    assert_eq!(s.held(), [] as [&str; 0], "{:#?}", s.report());
    assert_eq!(s.report().plan.unwrap().risk, Risk::B);

    let mut s = ended(JobState::Canceled);
    assert_eq!(s.held(), ["foreign_controller", "needs_approval"]);
    let plan = s.report().plan.unwrap();
    assert_eq!((&*plan.playbook, plan.risk), ("reuse-checkpoint", Risk::A));
    let (plan, by, at) = (plan.hash(), "chen".into(), s.snapshot.at - Span::secs(5));
    s.ledger.approvals = vec![Approval { plan, by, at, yes: true }];
    assert_eq!(s.held(), [] as [&str; 0], "they know that it was cancelled");
    // its checkpoints went with the cancel
    let config = &mut s.estate().jobs.get_mut(&job()).unwrap().run.config;
    let deleted = "checkpoints.externalization.delete_on_cancellation".to_owned();
    config.as_mut().unwrap().1.insert(deleted, "true".into());
    assert!(s.held().contains(&"no_restore_point"), "{:?}", s.held());
}

#[test]
fn what_was_cancelled_in_the_middle_of_it_is_one_of_its_jobs() {
    let quiet = |s: &mut Scene| s.incident.diagnosis.symptoms.clear();
    let mut s = ended(JobState::Canceled);
    quiet(&mut s);
    assert_eq!(targets(&s.incident, &s.snapshot), [job()]);
    // it had not failed: somebody meant it
    Arc::make_mut(&mut s.snapshot.changes).remove(0);
    assert_eq!(targets(&s.incident, &s.snapshot), []);
    let mut s = ended(JobState::Finished);
    quiet(&mut s);
    assert_eq!(targets(&s.incident, &s.snapshot), []);
}

/// The job's own figures say that its state grows; the JobManager's account of its checkpoints has
/// to say so too.
#[test]
fn a_savepoint_is_secured_once_and_not_on_the_job_s_own_word() {
    let mut s = slow();
    s.policy.policy.c = Mode::Auto;
    let job_ = Subject::Job { job: job() };
    let at = s.snapshot.at;
    s.incident = incident(job_, "code.slow", "savepoint-now", SymptomKind::Hazard, at);
    let book = json!({
        "playbook": "savepoint-now", "risk": "C", "target": "job",
        "says": { "en": "save {job}", "zh": "保存 {job}" }, "cures": ["code.slow"],
        "asks": ["running", "savepoint_missing"], "steps": ["savepoint 300s"]
    });
    let rule = rule("code.slow", "vertex", &["savepoint-now"], "bed");
    s.rules = RuleSet::compile(&[rule], &["code.slow".into()]).unwrap();
    let books = Books::compile(&[file("s.yaml", book)], &s.rules).unwrap();
    let held = |s: &Scene| -> Vec<&'static str> {
        let job = job();
        let input = PlanInput {
            snapshot: &s.snapshot,
            pass: &s.pass,
            rules: &s.rules,
            incident: &s.incident,
            job: &job,
            ledger: &s.ledger,
            policy: &s.policy,
            told: &s.told,
        };
        let report = plan(&books, &input);
        assert_eq!(report.plan.unwrap().steps, [Step::Savepoint { wait_s: 300 }]);
        report.holds.iter().map(Hold::name).collect()
    };
    // what is left in the topic would vouch too
    s.snapshot.lineage = Arc::new(without_groups(&s.snapshot));
    assert_eq!(held(&s), ["not_certain"]);
    let told = |s: &mut Scene, first: u64, savepoint: bool| {
        let stats = s.estate().jobs.get_mut(&job()).unwrap().run.checkpoints.as_mut().unwrap();
        let mut newest = stats.1.history[0].clone();
        newest.state_size = Some(9_000_000);
        let mut oldest = newest.clone();
        (oldest.id, oldest.state_size) = (8, Some(first));
        oldest.triggered = newest.triggered - Span::secs(60);
        let mut saved = newest.clone();
        (saved.id, saved.savepoint) = (10, true);
        saved.external_path = Some("file:/state/savepoint-10".into());
        stats.1.history = vec![newest, oldest];
        stats.1.history.extend(savepoint.then_some(saved));
    };
    told(&mut s, 9_000_000, false);
    assert_eq!(held(&s), ["not_certain"], "it does not grow");
    told(&mut s, 2_000_000, false);
    assert_eq!(held(&s), [] as [&str; 0]);
    told(&mut s, 2_000_000, true);
    assert_eq!(held(&s), ["precondition"], "one was taken since it began");
}

#[test]
fn playbooks_and_rules_name_each_other() {
    let told = |book: Json, rules: &RuleSet| {
        let found = Books::compile(&[file("b.yaml", book)], rules).err().unwrap_or_default();
        found.into_iter().map(|m| m.message).collect::<Vec<_>>()
    };
    let only = RuleSet::compile(
        &[rule("code.slow", "vertex", &["rescale"], "bed")],
        &["code.slow".into()],
    )
    .unwrap();
    assert_eq!(told(rescale(), &only), [] as [&str; 0]);
    let mut book = rescale();
    book["cures"] = json!([]);
    assert_eq!(told(book, &only), ["`rescale` does not say that it cures code.slow"]);
    let none = RuleSet::compile(&[rule("code.slow", "vertex", &[], "bed")], &["code.slow".into()]);
    let none = none.unwrap();
    assert_eq!(told(rescale(), &none), ["the rule of code.slow does not name `rescale`"]);
    let mut book = rescale();
    book["playbook"] = json!("savepoint-now");
    book["cures"] = json!([]);
    assert_eq!(told(book, &only), ["`rescale` cures code.slow, and there is no such playbook"]);
}

#[test]
fn mistakes_in_a_playbook_are_all_told() {
    let mut book = rescale();
    book["stepz"] = json!([]);
    book["risk"] = json!("D");
    book["asks"] = json!(["runing"]);
    book["steps"] = json!(["stop", "stop 60s", "watch 5s"]);
    book["says"]["en"] = json!("restart {jobs}");
    book["needs"]["no_garbage"] = json!("max(gcc of taskmanagers) < 1");
    let found = Books::compile(&[file("b.yaml", book)], &rules("bed")).err().unwrap();
    let all: Vec<&str> = found.iter().map(|m| m.message.as_str()).collect();
    for part in [
        "unknown key `stepz`",
        "`D` is none",
        "`runing` is none",
        "`stop`: not so long",
        "`watch 5s`: not so long",
        "not started again",
        "slot that nobody fills",
        "gcc",
    ] {
        assert!(all.iter().any(|m| m.contains(part)), "{part}: {all:?}");
    }
}

#[test]
fn each_way_of_a_playbook_starts_what_it_stops() {
    let told_of = |risk: &str, key: &str, steps: &[&str]| {
        let mut book = rescale();
        book[key] = json!(steps);
        book["risk"] = json!(risk);
        let all = [file("b.yaml", book), file("c.yaml", reuse())];
        let found = Books::compile(&all, &rules("bed")).err().unwrap_or_default();
        found.iter().map(|m| m.message.as_str()).collect::<Vec<_>>().join("; ")
    };
    let told = |key: &str, steps: &[&str]| told_of("B", key, steps);
    let (stop, start) = ("stop 60s", "submit 120s");
    assert_eq!(told("rollback", &[stop, "choose", start, "watch"]), "");
    assert!(told("rollback", &[stop, "watch"]).contains("not started again"));
    let twice = [stop, "choose", start, stop, "watch"];
    assert!(told("steps", &twice).contains("not started again"));
    assert!(told("steps", &["choose", stop, start, "watch"]).contains("nothing is chosen"));
    assert!(told("rollback", &[stop, "choose", start]).contains("nobody looks"));
    let whole = [stop, "choose", start, "watch"];
    assert!(told_of("C", "steps", &whole).contains("is not harmless"));
    assert!(!told_of("A", "steps", &whole).contains("is not harmless"));
}

#[test]
fn waves_go_upstream_first_and_double() {
    let mut lineage = crate::lineage::Lineage::default();
    let cluster = ClusterId::new("flink");
    let job = |n: u32| JobKey::new(&cluster, format!("j{n:02}"));
    let topic = TopicId::new(&ClusterId::new("kafka"), "t");
    let edge = |from, to, kind| crate::lineage::Edge {
        from,
        to,
        kind,
        known_from: Vec::new(),
        groups: Vec::new(),
        delay: crate::lineage::Delay::unknown(crate::lineage::Why::NoPosition),
        vertex: None,
        unread_partitions: Vec::new(),
    };
    use crate::lineage::{EdgeKind, NodeRef};
    // the last by name feeds the first
    let t = || NodeRef::Topic { topic: topic.clone() };
    lineage.edges.push(edge(NodeRef::Job { job: job(11) }, t(), EdgeKind::Writes));
    lineage.edges.push(edge(t(), NodeRef::Job { job: job(0) }, EdgeKind::Reads));
    let mut s = slow().snapshot;
    s.lineage = Arc::new(lineage);
    let all: BTreeSet<JobKey> = (0..12).map(job).collect();
    let waves = waves(&s, &all);
    assert_eq!(waves.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 4, 4, 1]);
    let place = |j: &JobKey| waves.iter().position(|w| w.contains(j)).unwrap();
    assert!(place(&job(11)) < place(&job(0)));
    assert_eq!(waves.concat().iter().collect::<BTreeSet<_>>().len(), 12);
}

/// As `/jobs/:id/config` and `/jobs/:id` tell it of a job that was started by `flink run -p 8`.
#[test]
fn a_job_comes_back_as_wide_as_it_is() {
    let own = |widths: [u32; 2], default: &str, asked: Option<u32>, adaptive: bool| {
        let mut s = slow();
        s.told.asked_parallelism = asked;
        s.told.adaptive = Some(adaptive);
        let estate = s.estate();
        let run = &mut estate.jobs.get_mut(&job()).unwrap().run;
        let (_, detail) = run.detail.as_mut().unwrap();
        detail.vertices.retain(|v| v.id.as_str() != "out");
        detail.vertices.iter_mut().zip(widths).for_each(|(v, n)| v.parallelism = n);
        let (_, config) = run.config.as_mut().unwrap();
        config.insert("job-parallelism".into(), default.into());
        s.view().job.own
    };
    assert_eq!(own([8, 8], "1", None, false), Some(8), "all the same");
    assert_eq!(own([4, 8], "8", None, false), Some(8), "one of them is set by the program");
    assert_eq!(own([4, 8], "-1", None, false), None, "nobody said");
    assert_eq!(own([4, 8], "2", Some(6), false), Some(6), "as we asked");
    assert_eq!(own([3, 3], "8", None, true), Some(8), "slots lack");
    assert_eq!(own([8, 8], "2", None, true), Some(8), "somebody scaled it in place");
    assert_eq!(own([4, 4], "2", Some(4), true), Some(4), "we did");
    assert_eq!(own([8, 16], "2", Some(16), true), Some(8), "no reader without a partition");
}
