//! A case that every guard lets pass; a test spoils one thing in it.

use super::guard::{Case, Guard, Stage};
use super::*;
use crate::case::*;
use crate::estate::*;
use std::collections::{BTreeMap, BTreeSet};

pub const NOW: Millis = Millis(1_700_000_000_000);

pub struct Bench {
    pub plan: Plan,
    pub view: View,
    pub ledger: Ledger,
    pub policy: JobPolicy,
    pub stage: Stage,
}

pub fn job(name: &str) -> JobKey {
    JobKey::new(&ClusterId::new("c"), name)
}

pub fn point(checkpoint: u64, age: Span) -> RestorePoint {
    RestorePoint {
        run: RunId::new("r1"),
        checkpoint,
        path: format!("s3://state/r1/chk-{checkpoint}").into(),
        taken: NOW - age,
        savepoint: false,
    }
}

pub fn past(of: &str, ended: Span, end: EndKind) -> Past {
    Past {
        action: "a".into(),
        job: job(of),
        playbook: "restart-from-checkpoint".into(),
        failure_domain: "c".into(),
        incident: "i".into(),
        began: NOW - ended - Span::secs(30),
        ended: NOW - ended,
        end,
        resumes: false,
        seen_by: None,
    }
}

pub fn open(of: JobKey, domain: &str) -> OpenAction {
    OpenAction {
        action: "o".into(),
        job: of,
        playbook: "rescale".into(),
        failure_domain: domain.into(),
        incident: "other".into(),
        began: NOW,
        resumes: false,
    }
}

/// Of a job that is down.
pub fn resume() -> Vec<Step> {
    vec![Step::Choose, Step::Submit { parallelism: None, wait_s: 120 }, Step::Watch { wait_s: 60 }]
}

/// In place, from 2 to 4.
pub fn scale() -> Vec<Step> {
    let to = [("v1", 4), ("v2", 4)].map(|(v, n)| (VertexId::new(v), n));
    vec![Step::Scale { parallelism: to.into(), wait_s: 60 }, Step::Watch { wait_s: 60 }]
}

impl Bench {
    pub fn new() -> Bench {
        let mut policy = JobPolicy::default();
        (policy.policy.c, policy.policy.b, policy.policy.a) = (Mode::Auto, Mode::Auto, Mode::Auto);
        let ledger = Ledger { now: NOW, epoch: 1, generation: 3, ..Ledger::default() };
        Bench { plan: plan(), view: view(), ledger, policy, stage: Stage::Begin }
    }

    pub fn case(&self) -> Case<'_> {
        Case {
            plan: &self.plan,
            view: &self.view,
            ledger: &self.ledger,
            policy: &self.policy,
            stage: self.stage,
        }
    }

    /// What one guard says.
    pub fn ask(&self, guard: &str) -> Option<Hold> {
        let guard: &Guard = guard::GUARDS.iter().find(|g| g.name == guard).unwrap();
        (guard.check)(&self.case())
    }

    /// The kind of hold that one guard gives; "" where it lets pass.
    pub fn name(&self, guard: &str) -> &'static str {
        self.ask(guard).map_or("", |h| h.name())
    }
}

fn plan() -> Plan {
    Plan {
        incident: IncidentId("i".into()),
        playbook: "restart-from-checkpoint".into(),
        risk: Risk::B,
        job: job("j"),
        run: RunId::new("r1"),
        generation: 3,
        made: NOW,
        steps: vec![
            Step::Checkpoint { wait_s: 60 },
            Step::Stop { wait_s: 60 },
            Step::Choose,
            Step::Submit { parallelism: None, wait_s: 120 },
            Step::Watch { wait_s: 300 },
        ],
        rollback: Vec::new(),
        jar: None,
        way: None,
        secured: Some(point(7, Span::secs(20))),
        preconditions: Vec::new(),
        before: Before::default(),
        says: Default::default(),
    }
}

fn view() -> View {
    let vertices = ["v1", "v2"].map(|v| (VertexId::new(v), 2));
    View {
        at: NOW,
        tick: Span::secs(5),
        job: JobView {
            key: job("j"),
            ambiguous: false,
            run: Some(RunId::new("r1")),
            state: Some(JobState::Running),
            generation: 3,
            live_runs: 1,
            adaptive: Some(false),
            parallelism: BTreeMap::from(vertices),
            own: Some(2),
            sources: BTreeSet::from([VertexId::new("v1")]),
            max_parallelism: Some(128),
            partitions: Some(8),
            sink: SinkLimit::No,
            fixes_parallelism: false,
            retained: Some(true),
            restore: vec![point(7, Span::secs(20)), point(6, Span::secs(80))],
            owner: Ownership::Submitter("jar".into()),
            jar: Jar::Said,
            way: None,
            foreign_change: None,
        },
        cluster: ClusterView {
            fresh_targets: 5,
            targets: 5,
            jobs: 10,
            ill_roots: 1,
            free_slots: Some(8),
            slots_seen: Some(NOW - Span::secs(5)),
            insecure: false,
            failure_domain: "c".into(),
        },
        dependencies: vec![Dependency {
            subject: Subject::KafkaCluster { cluster: ClusterId::new("k") },
            ill: Some(false),
        }],
        evidence_since: NOW - Span::secs(90),
        evidence_missing: Vec::new(),
        uncertain: None,
        failing_targets: 0,
        targets: 8,
    }
}
