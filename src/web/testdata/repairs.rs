//! Repair of the demo estate by hand, and a desk that remembers what it was told.

use super::facts::{run, vertex};
use super::{NOW, flink, job};
use crate::web::repairs::{
    AuditLine, Book, Held, NewSwitch, Proposal, Reach, Record, RepairError, Repairs, Stands,
    Unreadable,
};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, pending, ready};
use std::sync::{Arc, Mutex};
use streamwarden_core::action::{ActionRecord, End, Entry, Request, Why};
use streamwarden_core::case::{
    Before, Cure, Figures, Hold, IncidentId, Mode, Plan, PlanReport, Precondition, RestorePoint,
    Risk, Scope, Step,
};
use streamwarden_core::estate::{Millis, Name, RunId, Span, UnderRepair, VertexId};
use streamwarden_core::plan::{Ask, Bar, Playbook, Switch, What, Word};
use streamwarden_core::rules::Words;

fn ago(s: i64) -> Millis {
    NOW - Span::secs(s)
}

fn words(en: &str, zh: &str) -> Words {
    Words { en: en.into(), zh: zh.into() }
}

fn widths(window: u32) -> std::collections::BTreeMap<VertexId, u32> {
    [("source", 1), ("window", window), ("sink", 1)].map(|(v, n)| (vertex(v), n)).into()
}

fn rescale() -> Plan {
    let holds = |name: &str, holds, en: &str, zh: &str| Precondition {
        name: name.into(),
        holds,
        now: words(en, zh),
    };
    Plan {
        incident: IncidentId("7f3a9c01d2e4b586".into()),
        playbook: "rescale".into(),
        risk: Risk::B,
        job: job("dwd-order-stats"),
        run: run("dwd-order-stats"),
        generation: 3,
        made: NOW,
        steps: vec![
            Step::Scale { parallelism: widths(4), wait_s: 120 },
            Step::Watch { wait_s: 300 },
        ],
        rollback: vec![
            Step::Scale { parallelism: widths(2), wait_s: 120 },
            Step::Watch { wait_s: 300 },
        ],
        jar: None,
        way: None,
        secured: Some(point(4711, 9)),
        preconditions: vec![
            holds("running", Some(true), "RUNNING", "RUNNING"),
            holds("too_narrow", Some(true), "2 subtasks, 4 needed", "现有 2 个子任务，需要 4 个"),
            holds("no_garbage", None, "gc of taskmanagers: not seen", "gc of taskmanagers：未知"),
        ],
        before: Before { parallelism: widths(2), delay_s: Some(94.0), ..Before::default() },
        says: words(
            "run dwd-order-stats with 4 instead of 2 subtasks where it piles up",
            "将 dwd-order-stats 瓶颈处的并行度从 2 调整为 4",
        ),
    }
}

fn point(checkpoint: u64, age_s: i64) -> RestorePoint {
    RestorePoint {
        run: run("dwd-order-stats"),
        checkpoint,
        path: format!("file:///flink/checkpoints/9f01/chk-{checkpoint}").into(),
        taken: ago(age_s),
        savepoint: false,
    }
}

/// One that waits for a yes, and one job for which there is no playbook.
pub fn proposals() -> Vec<Proposal> {
    let plan = rescale();
    let hash = plan.hash();
    let body = r#"{"…bc00":{"parallelism":{"lowerBound":1,"upperBound":1}},"…bc01":{"parallelism":{"lowerBound":1,"upperBound":4}}}"#;
    let put =
        "PUT http://127.0.0.1:8081/jobs/00000000000000000000000000009f01/resource-requirements";
    let other = |name: &str, holds: Vec<Hold>| (Name::from(name), holds);
    vec![
        Proposal {
            incident: plan.incident.clone(),
            job: plan.job.clone(),
            at: NOW,
            report: PlanReport {
                holds: vec![
                    Hold::NeedsApproval { plan: hash.clone() },
                    Hold::Debounce { held_s: 44.0, needs_s: 60.0 },
                ],
                not: vec![other(
                    "restart-from-checkpoint",
                    vec![Hold::NotForThis { why: "it does not cure code.slow_udf_cpu".into() }],
                )],
                plan: Some(plan),
            },
            hash: Some(hash),
            mode: Mode::Approve,
            requests: vec![format!("{put} {body}")],
        },
        Proposal {
            incident: IncidentId("0b1c2d3e4f506172".into()),
            job: job("ods-orders"),
            at: NOW,
            report: PlanReport {
                plan: None,
                holds: Vec::new(),
                not: vec![other(
                    "rescale",
                    vec![Hold::NotForThis {
                        why: "it does not cure code.state_growth_no_ttl".into(),
                    }],
                )],
            },
            hash: None,
            mode: Mode::Observe,
            requests: Vec::new(),
        },
    ]
}

/// What stands to be answered.
pub fn plan_hash() -> String {
    rescale().hash().to_string()
}

pub fn held() -> Vec<Held> {
    let plan = Plan { made: ago(7000), generation: 2, ..rescale() };
    vec![Held {
        incident: "7f3a9c01d2e4b586".into(),
        job: plan.job.clone(),
        playbook: plan.playbook.clone(),
        hash: plan.hash(),
        first: ago(7200),
        last: ago(7000),
        report: PlanReport {
            holds: vec![
                Hold::ModeForbids { mode: Mode::Observe, risk: Risk::B },
                Hold::BlastRadius { ill: 14, jobs: 20, limit: 0.3 },
            ],
            plan: Some(plan),
            not: Vec::new(),
        },
    }]
}

fn record(id: &str, plan: Plan, began_s: i64, entries: Vec<(i64, Entry)>) -> ActionRecord {
    ActionRecord {
        id: id.into(),
        plan_hash: plan.hash(),
        generation: plan.generation + 1,
        plan,
        failure_domain: "demo".into(),
        by: "policy".into(),
        began: ago(began_s),
        ended: None,
        end: None,
        entries: entries.into_iter().map(|(s, e)| (ago(s), e)).collect(),
        seen: Vec::new(),
    }
}

/// One under way, one that helped, one that is stuck and that nobody has looked at.
pub fn actions() -> Vec<ActionRecord> {
    let restart = |incident: &str, name: &str| Plan {
        incident: IncidentId(incident.into()),
        playbook: "restart-from-checkpoint".into(),
        job: job(name),
        run: run(name),
        generation: 0,
        steps: vec![
            Step::Checkpoint { wait_s: 60 },
            Step::Stop { wait_s: 60 },
            Step::Choose,
            Step::Submit { parallelism: None, wait_s: 120 },
            Step::Watch { wait_s: 300 },
        ],
        rollback: Vec::new(),
        preconditions: Vec::new(),
        says: words(
            &format!("start {name} anew from its checkpoint"),
            &format!("从检查点重启 {name}"),
        ),
        ..rescale()
    };
    let new = RunId::new("5e0000000000000000000000000000a1");
    let stop = |name: &str| Entry::Intent { request: Request::Cancel { run: run(name) } };
    let checkpoint = Request::Checkpoint { run: run("ods-orders"), trigger: "7a11".into() };
    let submit = Request::Submit { run: new.clone(), point: point(4711, 60), parallelism: None };
    let helped = End::Helped { cure: Cure::Cured };
    let why = Why::RestoredOther { path: Some("file:///flink/checkpoints/9f01/chk-4702".into()) };
    let stuck = End::Stuck { why: why.clone() };
    let done = |started| Entry::Done { started };
    let figures = Figures { gone: 0, unknown: 0, throughput: Some(3980.0), delay_s: Some(1.4) };
    let open = record(
        "ac0100000000000000000000000000a1",
        restart("0b1c2d3e4f506172", "ods-orders"),
        70,
        vec![
            (70, Entry::Intent { request: checkpoint }),
            (66, done(None)),
            (66, stop("ods-orders")),
            (62, done(None)),
            (62, Entry::Chosen { point: point(4711, 66) }),
            (61, Entry::Intent { request: submit.clone() }),
        ],
    );
    let cured = record(
        "ac0200000000000000000000000000a2",
        Plan { generation: 2, ..rescale() },
        5000,
        vec![
            (
                5000,
                Entry::Intent {
                    request: Request::Scale { run: run("dwd-order-stats"), parallelism: widths(4) },
                },
            ),
            (4980, done(None)),
            (4838, Entry::Measured { figures }),
            (4838, Entry::Closed { end: helped.clone() }),
        ],
    );
    let failed = record(
        "ac0300000000000000000000000000a3",
        restart("c0ffee0012345678", "ads-risk"),
        4000,
        vec![
            (4000, done(None)),
            (3999, stop("ads-risk")),
            (3990, done(None)),
            (3990, Entry::Chosen { point: point(4711, 4001) }),
            (3989, Entry::Intent { request: submit }),
            (3960, Entry::Paged { why }),
            (3960, Entry::Closed { end: stuck.clone() }),
        ],
    );
    vec![
        open,
        ActionRecord { ended: Some(ago(3960)), end: Some(stuck), by: "chen".into(), ..failed },
        ActionRecord {
            ended: Some(ago(4838)),
            end: Some(helped),
            seen: vec![(ago(4000), "li.wei".into(), "looks well".into())],
            ..cured
        },
    ]
}

/// Of the one that is under way.
pub fn at_work() -> Vec<UnderRepair> {
    let open = &actions()[0];
    vec![UnderRepair {
        job: open.plan.job.clone(),
        incident: open.plan.incident.0.clone(),
        action: open.id.clone(),
        en: open.plan.says.en.as_str().into(),
        zh: open.plan.says.zh.as_str().into(),
        since: open.began,
        stopped: Some(vec![open.plan.run.clone()]),
        let_go: None,
    }]
}

pub fn switches() -> Vec<Switch> {
    let one = |scope, by: &str, why: &str, until| Switch {
        scope,
        by: by.into(),
        why: why.into(),
        at: ago(900),
        until,
        hard: false,
    };
    vec![
        one(Scope::Job { job: job("ads-risk") }, "li.wei", "it is being rebuilt", Some(ago(-3600))),
        one(Scope::Playbook { playbook: "rescale".into() }, Switch::FILE, "slots are short", None),
    ]
}

pub fn books() -> Vec<Book> {
    let word = |what, wait_s| Word { what, wait_s };
    let rescale = Playbook {
        file: "rescale.yaml".into(),
        name: "rescale".into(),
        risk: Risk::B,
        says: words(
            "run {job} with {to} instead of {from} subtasks where it piles up",
            "将 {job} 瓶颈处的并行度从 {from} 调整为 {to}",
        ),
        cures: vec!["code.slow_udf_cpu".into(), "conf.parallelism_too_low".into()],
        needs: Vec::new(),
        asks: vec![Ask::Running, Ask::TooNarrow],
        steps: vec![
            word(What::Checkpoint, 60),
            word(What::Stop, 60),
            word(What::Choose, 0),
            word(What::SubmitWider, 120),
            word(What::Watch, 300),
        ],
        rollback: vec![word(What::Stop, 60), word(What::Choose, 0), word(What::Submit, 120)],
        in_place: Some((
            vec![word(What::Scale, 120), word(What::Watch, 300)],
            vec![word(What::ScaleBack, 120)],
        )),
        bar: Bar {
            running: Span::secs(60),
            checkpoints: 2,
            patience: Span::secs(300),
            catch_up: Span::secs(600),
        },
        source: "DS2 and Flink's autoscaler".into(),
    };
    let restart = Playbook {
        file: "restart-from-checkpoint.yaml".into(),
        name: "restart-from-checkpoint".into(),
        says: words("start {job} anew from its newest checkpoint", "从最新检查点重启 {job}"),
        cures: vec!["clu.stuck_subtask".into()],
        asks: vec![Ask::RestorePoint, Ask::Retained],
        in_place: None,
        ..rescale.clone()
    };
    vec![
        Book {
            playbook: rescale,
            record: Record { helped: 3, no_change: 1, held: 7, ..Record::default() },
            off_since: None,
        },
        Book {
            playbook: restart,
            record: Record { failed: 1, stuck: 1, ..Record::default() },
            off_since: Some(ago(3960)),
        },
    ]
}

pub fn reach() -> Reach {
    Reach {
        a: Mode::Observe,
        b: Mode::Approve,
        c: Mode::Auto,
        clusters: vec![flink()],
        kill_file: "/var/lib/streamwarden/kill-switch".into(),
        calls: true,
    }
}

pub fn audit() -> Vec<AuditLine> {
    let one = |n: i64, s, who: &str, what: &str, detail: &str| AuditLine {
        n,
        at: ago(s),
        who: who.into(),
        what: what.into(),
        detail: detail.into(),
    };
    vec![
        one(1, 9000, "streamwarden", "journal.taken", r#"{"epoch":1}"#),
        one(2, 900, "li.wei", "kill_switch.on", r#"{"why":"it is being rebuilt"}"#),
        one(3, 100, "<b>chen</b>", "plan.approved", r#"{"plan":"ab"}"#),
    ]
}

/// What somebody said, in the order in which it came.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Answer(Name, Name, bool),
    Throw(NewSwitch),
    Release(Scope, Name),
    Look(Name, Name),
    On(Name, Name),
}

#[derive(Default)]
pub struct FixedRepairs {
    pub heard: Mutex<Vec<Heard>>,
    /// The database is dead.
    pub broken: bool,
    /// It hangs when it is asked for actions.
    pub hangs: bool,
}

impl FixedRepairs {
    fn says<'a, T: Send + 'a>(&self, what: T) -> BoxFuture<'a, Result<T, RepairError>> {
        let dead = RepairError::Store("disk I/O error".into());
        ready(if self.broken { Err(dead) } else { Ok(what) }).boxed()
    }

    fn hears<'a, T: Send + 'a>(
        &self,
        heard: Heard,
        what: T,
    ) -> BoxFuture<'a, Result<T, RepairError>> {
        if !self.broken {
            self.heard.lock().unwrap().push(heard);
        }
        self.says(what)
    }
}

impl Repairs for FixedRepairs {
    fn reach(&self) -> Reach {
        reach()
    }

    fn proposals(&self) -> Arc<Vec<Proposal>> {
        Arc::new(proposals())
    }

    fn held<'a>(
        &'a self,
        incident: Option<&'a str>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<Held>, RepairError>> {
        let fits = |h: &Held| incident.is_none_or(|id| *h.incident == *id);
        self.says(held().into_iter().filter(fits).take(limit as usize).collect())
    }

    fn actions<'a>(
        &'a self,
        incident: Option<&'a str>,
        offset: u32,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<ActionRecord>, RepairError>> {
        if self.hangs {
            return pending().boxed();
        }
        let fits = |r: &ActionRecord| incident.is_none_or(|id| *r.plan.incident.0 == *id);
        let all = actions().into_iter().filter(fits);
        self.says(all.skip(offset as usize).take(limit as usize).collect())
    }

    fn action<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<ActionRecord, RepairError>> {
        let mut found: Vec<_> = actions().into_iter().filter(|r| r.id.starts_with(id)).collect();
        match (found.len(), found.pop()) {
            (1, Some(found)) => self.says(found),
            (0, _) => ready(Err(RepairError::NotFound)).boxed(),
            _ => ready(Err(RepairError::Several(vec!["ac01".into(), "ac02".into()]))).boxed(),
        }
    }

    fn unreadable(&self) -> BoxFuture<'_, Result<Vec<Unreadable>, RepairError>> {
        self.says(Vec::new())
    }

    fn answer<'a>(
        &'a self,
        plan: &'a str,
        by: Name,
        yes: bool,
    ) -> BoxFuture<'a, Result<Proposal, RepairError>> {
        let all = proposals();
        match all.iter().find(|p| p.hash.as_deref() == Some(plan)) {
            Some(found) => self.hears(Heard::Answer(plan.into(), by, yes), found.clone()),
            None => {
                let now = all.into_iter().filter_map(|p| p.hash).collect();
                ready(Err(RepairError::Stale { now })).boxed()
            }
        }
    }

    fn switches(&self) -> BoxFuture<'_, Result<Vec<Switch>, RepairError>> {
        self.says(switches())
    }

    fn switches_of_file(&self) -> Vec<Switch> {
        switches().into_iter().filter(Switch::of_file).collect()
    }

    fn throw(&self, switch: NewSwitch) -> BoxFuture<'_, Result<Stands, RepairError>> {
        let stands = if self.hangs { Stands::File } else { Stands::Journal };
        self.hears(Heard::Throw(switch), stands)
    }

    fn release<'a>(
        &'a self,
        scope: &'a Scope,
        by: Name,
    ) -> BoxFuture<'a, Result<u64, RepairError>> {
        let of_db = switches().iter().filter(|s| s.scope == *scope && !s.of_file()).count();
        self.hears(Heard::Release(scope.clone(), by), of_db as u64)
    }

    fn look_at<'a>(
        &'a self,
        action: &'a str,
        by: Name,
        _note: Name,
    ) -> BoxFuture<'a, Result<(), RepairError>> {
        self.hears(Heard::Look(action.into(), by), ())
    }

    fn playbooks(&self) -> BoxFuture<'_, Result<Vec<Book>, RepairError>> {
        self.says(books())
    }

    fn playbook_on<'a>(
        &'a self,
        playbook: &'a str,
        by: Name,
        _note: Name,
    ) -> BoxFuture<'a, Result<(), RepairError>> {
        self.hears(Heard::On(playbook.into(), by), ())
    }

    fn audit(&self, after: i64, limit: u32) -> BoxFuture<'_, Result<Vec<AuditLine>, RepairError>> {
        let rows = audit().into_iter().filter(|r| r.n > after).take(limit as usize);
        self.says(rows.collect())
    }
}
