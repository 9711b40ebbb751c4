//! The database: one lease, the journal, switches. Transactions are atomic; the database itself
//! may be down, slow, or carry out what it never confirms.

use crate::jobs::domain;
use crate::sim::{EPOCH, Sim, T};
use std::rc::Rc;
use streamwarden_core::action::{ActionState, End, Entry, Request, action_id};
use streamwarden_core::case::{Hold, Plan, Scope};
use streamwarden_core::estate::{JobKey, Millis, Name, PlannedWork, RunId};
use streamwarden_core::plan::guard::{Case, Stage, holds_without};
use streamwarden_core::plan::{Approval, EndKind, Ledger, OpenAction, Past, Switch, View};

/// How long the lease lives.
pub const TTL: T = 5_000;

/// One action with its entries.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: Name,
    pub job: usize,
    pub plan: Plan,
    pub generation: u64,
    pub began: Millis,
    pub entries: Vec<Entry>,
    pub ended: Option<(Millis, EndKind)>,
    pub seen_by: Option<Name>,
}

impl Row {
    pub fn state(&self) -> ActionState {
        replay(&self.id, &self.plan, self.generation, self.began, &self.entries)
    }
}

pub fn replay(
    id: &Name,
    plan: &Plan,
    generation: u64,
    began: Millis,
    entries: &[Entry],
) -> ActionState {
    let mut state = ActionState::begun(id.clone(), plan.clone(), generation, began);
    for entry in entries {
        state.apply(entry);
    }
    state
}

#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Counts up with each write.
    pub version: u64,
    pub generations: Vec<u64>,
    pub actions: Vec<Rc<Row>>,
    pub switches: Vec<Switch>,
    pub planned: Vec<PlannedWork>,
    pub approvals: Vec<Approval>,
}

impl Rows {
    pub fn open(&self) -> impl Iterator<Item = &Rc<Row>> {
        self.actions.iter().filter(|a| a.ended.is_none())
    }

    pub fn find(&self, id: &Name) -> Option<&Rc<Row>> {
        self.actions.iter().rev().find(|a| a.id == *id)
    }

    /// A run that an action of ours started, or may have.
    pub fn ours(&self, run: &RunId) -> bool {
        self.actions.iter().flat_map(|a| &a.entries).any(|e| submits(e, run))
    }

    pub fn ledger(&self, job: usize, epoch: u64, now: Millis) -> Ledger {
        let past = self.actions.iter().filter_map(|a| {
            let (ended, end) = a.ended?;
            Some(Past {
                action: a.id.clone(),
                job: a.plan.job.clone(),
                playbook: a.plan.playbook.clone(),
                failure_domain: domain_of(&a.plan.job),
                incident: a.plan.incident.0.clone(),
                began: a.began,
                ended,
                end,
                resumes: a.plan.resumes(),
                seen_by: a.seen_by.clone(),
            })
        });
        let open = self.open().map(|a| OpenAction {
            action: a.id.clone(),
            job: a.plan.job.clone(),
            playbook: a.plan.playbook.clone(),
            failure_domain: domain_of(&a.plan.job),
            incident: a.plan.incident.0.clone(),
            began: a.began,
            resumes: a.plan.resumes(),
        });
        Ledger {
            now,
            epoch,
            generation: self.generations[job],
            open: open.collect(),
            past: past.collect(),
            switches: self.switches.clone(),
            planned: self.planned.clone(),
            approvals: self.approvals.clone(),
            declined: Vec::new(),
            playbooks_off: Vec::new(),
            unsound: None,
        }
    }
}

/// It is about to be submitted under this id.
pub fn submits(entry: &Entry, run: &RunId) -> bool {
    matches!(entry, Entry::Intent { request: Request::Submit { run: r, .. } } if r == run)
}

pub fn domain_of(job: &JobKey) -> Name {
    domain(job.cluster.as_str()[1..].parse().unwrap_or(0))
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lease {
    pub epoch: u64,
    /// Process and its life.
    pub holder: (usize, u32),
    pub until: T,
}

#[derive(Debug)]
pub struct Database {
    pub rows: Rc<Rows>,
    pub lease: Lease,
    pub down: T,
    pub slow: T,
    /// Until then an answer in three gets lost behind a write that counts.
    pub doubtful: T,
}

#[derive(Debug)]
pub enum DbMsg {
    /// Take or renew the lease; answers with everything that is in it.
    Lease,
    Append {
        action: Name,
        seq: usize,
        entry: Entry,
        epoch: u64,
    },
    Begin {
        plan: Box<Plan>,
        view: Box<View>,
        epoch: u64,
    },
}

#[derive(Debug)]
pub struct DbReply {
    pub now: Millis,
    pub rows: Rc<Rows>,
    pub what: DbSaid,
}

#[derive(Debug)]
pub enum DbSaid {
    /// The epoch; None: somebody else holds it.
    Lease(Option<u64>),
    Appended,
    /// It knows no such action: it is one from before it.
    Unknown,
    /// Another entry stands there, or the action is over.
    Conflict,
    /// The writer's epoch is not the present one.
    Fenced,
    Begun,
    Held(Vec<Hold>),
}

impl Sim {
    /// None: it does not answer.
    pub fn database(&mut self, from: (usize, u32), msg: &DbMsg) -> Option<DbReply> {
        if self.now < self.db.down {
            return None;
        }
        let what = match msg {
            DbMsg::Lease => DbSaid::Lease(self.lease(from)),
            DbMsg::Append { action, seq, entry, epoch } => {
                let said = self.append(action, *seq, entry, *epoch);
                if matches!(said, DbSaid::Appended) && self.point(from.0) {
                    return None;
                }
                said
            }
            DbMsg::Begin { plan, view, epoch } => self.begin(plan, view, *epoch),
        };
        if self.now < self.db.doubtful && self.rng.chance(0.33) {
            return None;
        }
        Some(DbReply { now: Millis(EPOCH + self.now), rows: self.db.rows.clone(), what })
    }

    fn lease(&mut self, (pid, life): (usize, u32)) -> Option<u64> {
        let now = self.now;
        let lease = &mut self.db.lease;
        if lease.holder == (pid, life) && lease.epoch > 0 && now < lease.until {
            lease.until = now + TTL;
            return Some(lease.epoch);
        }
        let reborn = lease.holder.0 == pid && lease.holder.1 <= life;
        if now < lease.until && !reborn {
            return None;
        }
        *lease = Lease { epoch: lease.epoch + 1, holder: (pid, life), until: now + TTL };
        Some(lease.epoch)
    }

    /// The writer's epoch is live, by the clock of the database.
    fn out_of_epoch(&self, epoch: u64) -> bool {
        let stale = self.db.lease.epoch != epoch || self.now >= self.db.lease.until;
        stale && !self.mutant.is("no_fence")
    }

    fn append(&mut self, action: &Name, seq: usize, entry: &Entry, epoch: u64) -> DbSaid {
        let fenced = self.out_of_epoch(epoch);
        let now = Millis(EPOCH + self.now);
        let Some(at) = self.db.rows.actions.iter().position(|a| a.id == *action) else {
            return DbSaid::Unknown;
        };
        let row = &self.db.rows.actions[at];
        match row.entries.get(seq) {
            Some(there) if there == entry => return DbSaid::Appended,
            Some(_) => return DbSaid::Conflict,
            None if row.ended.is_some() || seq > row.entries.len() => return DbSaid::Conflict,
            None if fenced => return DbSaid::Fenced,
            None => {}
        }
        let row = row.clone();
        self.judge_entry(&row, entry);
        drop(row);
        let rows = Rc::make_mut(&mut self.db.rows);
        rows.version += 1;
        let row = Rc::make_mut(&mut rows.actions[at]);
        row.entries.push(entry.clone());
        if let Entry::Closed { end } = entry {
            row.ended = Some((now, end.kind()));
        }
        self.journaled(action, entry);
        DbSaid::Appended
    }

    fn begin(&mut self, plan: &Plan, view: &View, epoch: u64) -> DbSaid {
        let Some(job) = self.jobs.iter().position(|j| j.key == plan.job) else {
            return DbSaid::Held(Vec::new());
        };
        if self.out_of_epoch(epoch) {
            return DbSaid::Fenced;
        }
        let now = Millis(EPOCH + self.now);
        let ledger = self.db.rows.ledger(job, self.db.lease.epoch, now);
        let policy = &self.jobs[job].policy;
        let case = Case { plan, view, ledger: &ledger, policy, stage: Stage::Begin };
        let holds: Vec<_> = holds_without(&case, self.mutant.off).collect();
        if !holds.is_empty() {
            return DbSaid::Held(holds);
        }
        let rows = Rc::make_mut(&mut self.db.rows);
        rows.version += 1;
        rows.generations[job] += 1;
        let generation = rows.generations[job];
        let id = action_id(&plan.job, generation, now);
        rows.actions.push(Rc::new(Row {
            id: id.clone(),
            job,
            plan: plan.clone(),
            generation,
            began: now,
            entries: Vec::new(),
            ended: None,
            seen_by: None,
        }));
        self.judge_begin(&id, job);
        DbSaid::Begun
    }

    /// A switch, planned work, a yes, a look at what is stuck: by a person, straight into it.
    pub fn write(&mut self, change: impl FnOnce(&mut Rows)) {
        let rows = Rc::make_mut(&mut self.db.rows);
        rows.version += 1;
        change(rows);
    }

    pub fn switch(&mut self, scope: Scope, hard: bool, lasts: T) {
        let now = Millis(EPOCH + self.now);
        let switch = Switch {
            scope,
            by: "li.wei".into(),
            why: "enough".into(),
            at: now,
            until: Some(Millis(EPOCH + self.now + lasts)),
            hard,
        };
        for process in &mut self.processes {
            process.disk.switches.push(switch.clone());
        }
        self.oracle.switches.push(switch.clone());
        self.write(|rows| rows.switches.push(switch));
    }
}

pub fn failed(end: &End) -> bool {
    matches!(end.kind(), EndKind::Stuck)
}
