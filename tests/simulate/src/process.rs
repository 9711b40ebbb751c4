//! One process of ours: takes the lease, looks at the clusters, proposes plans, takes up what is
//! open. What it knows dies with it, except its disk.

use crate::database::{DbMsg, DbReply, DbSaid, Rows, TTL, replay};
use crate::driver::Act;
use crate::jobs::Ill;
use crate::network::{Peer, Way};
use crate::sim::{EPOCH, Event, Sim, T};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use streamwarden_core::action::{
    ActionState, Entry, Operation, Reply, Request, RunSeen, Session, merged,
};
use streamwarden_core::case::{Plan, RestorePoint};
use streamwarden_core::estate::{JobState, Millis, Name, RunId};
use streamwarden_core::plan::{Ledger, Switch};

/// Between two looks at a cluster.
pub const TICK: T = 5_000;
const DB_DEADLINE: T = 3_000;
pub const LOOK_DEADLINE: T = 5_000;
pub const SEND_DEADLINE: T = 10_000;
const RENEW: T = 1_500;
/// What nobody of us drives any more, although its job is down, is a person's after so long.
const UNATTENDED: T = 8_000;

#[derive(Debug)]
pub struct Process {
    pub up: bool,
    pub life: u32,
    pub paused: T,
    /// Its wall clock is off by so much.
    pub skew: T,
    pub mem: Memory,
    pub disk: Disk,
    /// Points passed in its lives, and those at which it dies.
    pub points: u64,
    pub dies_at: Vec<u64>,
}

/// Survives a crash: written and synced before anything goes on.
#[derive(Debug, Default)]
pub struct Disk {
    pub spools: BTreeMap<Name, Spool>,
    pub switches: Vec<Switch>,
}

#[derive(Clone, Debug)]
pub struct Spool {
    pub job: usize,
    pub plan: Plan,
    pub generation: u64,
    pub began: Millis,
    pub entries: Vec<Entry>,
    /// Entries that the database has.
    pub acked: usize,
    pub unattended: Option<T>,
}

impl Spool {
    pub fn state(&self, id: &Name) -> ActionState {
        replay(id, &self.plan, self.generation, self.began, &self.entries)
    }
}

#[derive(Debug, Default)]
pub struct Memory {
    pub started: T,
    pub epoch: u64,
    pub lease_end: T,
    pub renewed: T,
    pub rows: Option<Rc<Rows>>,
    pub rows_asked: T,
    /// What `rows` tell to the guards, by their version.
    pub ledger: RefCell<Option<(u64, Ledger)>>,
    /// The database's clock is at least so far from ours.
    pub offset: Option<i64>,
    pub pending: BTreeMap<u64, (T, Pending)>,
    pub polled: Vec<T>,
    pub eyes: BTreeMap<usize, Eyes>,
    pub clusters: BTreeMap<usize, ClusterSeen>,
    pub acts: BTreeMap<Name, Act>,
    pub asked_begin: BTreeMap<usize, T>,
}

/// What it knows of a job.
#[derive(Clone, Debug, Default)]
pub struct Eyes {
    pub at: T,
    pub ill_since: Option<T>,
    pub well_since: Option<T>,
    pub runs: Vec<(RunId, JobState, T)>,
    pub sick: Option<Ill>,
    pub parallelism: Option<u32>,
}

impl Eyes {
    /// The run that counts: one that lives, else the latest.
    pub fn current(&self) -> Option<&(RunId, JobState, T)> {
        self.runs.iter().max_by_key(|(_, state, start)| (!state.is_terminal(), *start))
    }
}

#[derive(Clone, Debug)]
pub struct ClusterSeen {
    pub at: T,
    pub fresh: u32,
    pub free_slots: u32,
    pub dependency_ill: bool,
}

#[derive(Debug)]
pub enum Pending {
    Lease,
    Poll { cluster: usize, asked: T },
    States { action: Name, asked: T },
    Details { action: Name, asked: T, states: Vec<(RunId, JobState)> },
    Append { action: Name, seq: usize },
    Begin { job: usize },
    Do { action: Name },
}

#[derive(Debug)]
pub enum JmMsg {
    Poll,
    States { job: usize },
    Details { runs: Vec<RunId>, trigger: Option<Name> },
    Do { action: Name, request: Request },
}

#[derive(Debug)]
pub struct JobSeen {
    pub job: usize,
    pub runs: Vec<(RunId, JobState, T)>,
    pub ill: bool,
    pub sick: Option<Ill>,
    pub parallelism: Option<u32>,
    pub points: Vec<RestorePoint>,
}

#[derive(Debug)]
pub enum JmReply {
    Poll {
        jobs: Vec<JobSeen>,
        seen: ClusterSeen,
    },
    States(Vec<(RunId, JobState)>),
    /// None: it no longer knows one of them.
    Details(Option<Vec<(RunId, RunSeen)>>, Option<Operation>),
    Did(Reply),
}

impl Default for Process {
    fn default() -> Process {
        Process {
            up: true,
            life: 0,
            paused: 0,
            skew: 0,
            mem: Memory::default(),
            disk: Disk::default(),
            points: 0,
            dies_at: Vec::new(),
        }
    }
}

impl Sim {
    pub fn able(&self, pid: usize) -> bool {
        self.processes[pid].up && self.now >= self.processes[pid].paused
    }

    /// It may write and send. One process alone needs no lease for what it has stopped: nobody
    /// else could act.
    pub fn leads(&self, pid: usize) -> bool {
        let mem = &self.processes[pid].mem;
        mem.epoch > 0 && self.now < mem.lease_end
    }

    pub fn alone(&self) -> bool {
        self.processes.len() == 1
    }

    /// A place where it may be killed; true: it was.
    pub fn point(&mut self, pid: usize) -> bool {
        let p = &mut self.processes[pid];
        p.points += 1;
        let dies = p.up && p.dies_at.contains(&p.points);
        if dies {
            let back = self.rng.between(1_000, 20_000);
            self.crash(pid, back);
        }
        dies
    }

    pub fn crash(&mut self, pid: usize, back: T) {
        let now = self.now;
        let p = &mut self.processes[pid];
        if !p.up {
            return;
        }
        (p.up, p.life, p.paused) = (false, p.life + 1, 0);
        p.mem = Memory::default();
        self.say(|| format!("process {pid} dies at {now}"));
        self.push(back, Event::Start { pid });
    }

    pub fn start(&mut self, pid: usize) {
        let now = self.now;
        let p = &mut self.processes[pid];
        p.up = true;
        p.mem = Memory { started: now, polled: vec![i64::MIN / 2; 8], ..Memory::default() };
        let life = p.life;
        self.say(|| format!("process {pid} starts at {now}"));
        self.push(1, Event::Tick { pid, life });
    }

    pub fn to_database(&mut self, pid: usize, msg: DbMsg, what: Pending) -> u64 {
        self.requests += 1;
        let (req, life, now) = (self.requests, self.processes[pid].life, self.now);
        self.processes[pid].mem.pending.insert(req, (now + DB_DEADLINE, what));
        let msg = Rc::new(msg);
        let arrivals = self.net.arrivals(&mut self.rng, now, pid, Peer::Database, Way::Out);
        let slow = if now < self.db.slow { self.rng.between(200, 6_000) } else { 0 };
        for at in arrivals.into_iter().flatten() {
            let msg = msg.clone();
            self.push(at + slow - now, Event::Database { pid, life, req, msg });
        }
        req
    }

    pub fn to_jobmanager(
        &mut self,
        pid: usize,
        cluster: usize,
        msg: JmMsg,
        deadline: T,
        what: Pending,
    ) -> u64 {
        self.requests += 1;
        let (req, life, now) = (self.requests, self.processes[pid].life, self.now);
        self.processes[pid].mem.pending.insert(req, (now + deadline, what));
        let msg = Rc::new(msg);
        let peer = Peer::JobManager(cluster);
        for at in self.net.arrivals(&mut self.rng, now, pid, peer, Way::Out).into_iter().flatten() {
            let msg = msg.clone();
            self.push(at - now, Event::JobManager { cluster, pid, life, req, msg });
        }
        req
    }

    pub fn tick(&mut self, pid: usize) {
        let (now, life) = (self.now, self.processes[pid].life);
        let next = 1_000 + self.rng.between(-20, 20);
        self.push(next, Event::Tick { pid, life });
        self.expire(pid);
        if now - self.processes[pid].mem.renewed >= RENEW {
            self.processes[pid].mem.renewed = now;
            self.to_database(pid, DbMsg::Lease, Pending::Lease);
        }
        self.unattended(pid);
        self.flush(pid);
        if self.leads(pid) {
            for cluster in 0..self.jms.len() {
                if now - self.processes[pid].mem.polled[cluster] >= TICK {
                    self.processes[pid].mem.polled[cluster] = now;
                    let what = Pending::Poll { cluster, asked: now };
                    self.to_jobmanager(pid, cluster, JmMsg::Poll, LOOK_DEADLINE, what);
                }
            }
        }
        self.take_up(pid);
        let acts: Vec<Name> = self.processes[pid].mem.acts.keys().cloned().collect();
        for action in acts {
            self.drive(pid, &action);
        }
    }

    /// What has got no answer in time gets none.
    fn expire(&mut self, pid: usize) {
        let now = self.now;
        let pending = &mut self.processes[pid].mem.pending;
        let late: Vec<u64> =
            pending.iter().filter(|(_, (until, _))| *until <= now).map(|(req, _)| *req).collect();
        for req in late {
            let Some((_, what)) = self.processes[pid].mem.pending.remove(&req) else { continue };
            match what {
                Pending::States { action, asked } | Pending::Details { action, asked, .. } => {
                    self.looked(pid, &action, req, asked, None);
                }
                Pending::Do { action } => self.answered(pid, &action, Reply::InDoubt),
                Pending::Lease => self.unread(pid, req),
                // it may be in the database or not: the next tick sends the same again
                Pending::Append { .. } => {}
                Pending::Poll { .. } | Pending::Begin { .. } => {}
            }
        }
    }

    pub fn database_said(&mut self, pid: usize, req: u64, reply: &DbReply) {
        let now = self.now;
        let Some((deadline, what)) = self.processes[pid].mem.pending.remove(&req) else { return };
        let asked = deadline - DB_DEADLINE;
        let mem = &mut self.processes[pid].mem;
        let offset = reply.now.0 - now;
        mem.offset = Some(mem.offset.map_or(offset, |o| o.max(offset)));
        if mem.rows.as_ref().is_none_or(|rows| reply.rows.version >= rows.version) {
            mem.rows = Some(reply.rows.clone());
            mem.rows_asked = mem.rows_asked.max(asked);
        }
        match what {
            Pending::Lease => {
                if let DbSaid::Lease(epoch) = &reply.what {
                    self.leased(pid, *epoch, asked);
                }
                self.read(pid, req);
            }
            Pending::Append { action, seq } => self.appended(pid, &action, seq, &reply.what),
            Pending::Begin { job } => {
                if let DbSaid::Held(holds) = &reply.what {
                    let names: Vec<_> = holds.iter().map(|h| h.name()).collect();
                    self.say(|| format!("job-{job} is held at {now}: {names:?}"));
                }
                self.take_up(pid);
            }
            _ => {}
        }
    }

    fn leased(&mut self, pid: usize, epoch: Option<u64>, asked: T) {
        let alone = self.alone();
        let mem = &mut self.processes[pid].mem;
        let epoch = epoch.unwrap_or(0);
        if mem.epoch != epoch && !alone {
            // somebody else may have acted in between: from the journal again
            mem.acts.clear();
        }
        mem.epoch = epoch;
        mem.lease_end = if epoch > 0 { asked + TTL } else { 0 };
    }

    /// Every open action is driven by who holds the lease; one process alone also goes on with
    /// what its disk tells, without the database.
    fn take_up(&mut self, pid: usize) {
        let now = self.now;
        let (alone, leads) = (self.alone(), self.leads(pid));
        if !alone && !leads {
            return;
        }
        let p = &self.processes[pid];
        let mut found: Vec<(Name, Spool)> = Vec::new();
        if let (Some(rows), true) = (&p.mem.rows, leads) {
            for row in rows.open().filter(|r| !p.mem.acts.contains_key(&r.id)) {
                let file = p.disk.spools.get(&row.id).map_or(&[][..], |s| &s.entries);
                // another process went on where they differ: the database counts
                let entries = merged(&row.entries, file, |e| e).unwrap_or(&row.entries);
                let spool = Spool {
                    job: row.job,
                    plan: row.plan.clone(),
                    generation: row.generation,
                    began: row.began,
                    entries: entries.to_vec(),
                    acked: row.entries.len(),
                    unattended: None,
                };
                found.push((row.id.clone(), spool));
            }
        }
        // before the database has said anything
        if alone && p.mem.rows.is_none() {
            for (id, spool) in p.disk.spools.iter().filter(|(id, _)| !p.mem.acts.contains_key(*id))
            {
                found.push((id.clone(), spool.clone()));
            }
        }
        for (id, mut spool) in found {
            spool.unattended = None;
            let state = spool.state(&id);
            let ended = state.ended.is_some();
            self.processes[pid].disk.spools.insert(id.clone(), spool.clone());
            if ended {
                continue; // only to be told to the database
            }
            self.say(|| format!("process {pid} takes up {id:.6} of job-{} at {now}", spool.job));
            self.forgot(&id);
            let act = Act::new(Session::new(state, Millis(now)), spool.job, now);
            self.processes[pid].mem.acts.insert(id, act);
        }
    }

    /// What the database tells of it counts, and what is over there is over.
    fn compare(&mut self, pid: usize) {
        let blind = self.mutant.is("two_stories");
        let p = &mut self.processes[pid];
        let Some(rows) = &p.mem.rows else { return };
        let (mut over, mut elsewhere) = (Vec::new(), Vec::new());
        for (id, spool) in &mut p.disk.spools {
            let Some(row) = rows.find(id) else { continue };
            let file = &spool.entries;
            let one = merged(&row.entries, file, |e| e);
            if !blind && one.is_none_or(|all| all.len() > file.len()) {
                elsewhere.push(id.clone());
                continue;
            }
            spool.acked = spool.acked.max(row.entries.len());
            if row.ended.is_some() && !p.mem.acts.contains_key(id) {
                over.push(id.clone());
            }
        }
        over.iter().for_each(|id| drop(p.disk.spools.remove(id)));
        elsewhere.iter().for_each(|id| self.elsewhere(pid, id));
    }

    /// The spool goes to the database, entry by entry.
    pub fn flush(&mut self, pid: usize) {
        if !self.leads(pid) {
            return;
        }
        self.compare(pid);
        let p = &mut self.processes[pid];
        let epoch = p.mem.epoch;
        let mut out = Vec::new();
        for (id, spool) in &p.disk.spools {
            let under_way = p
                .mem
                .pending
                .values()
                .any(|(_, w)| matches!(w, Pending::Append { action, .. } if action == id));
            // nobody drives it: what counts of it is known when it is taken up
            let stale = |e: &Entry| *e == Entry::Dropped && !p.mem.acts.contains_key(id);
            let next = spool.entries.get(spool.acked).filter(|e| !stale(e));
            if let (Some(entry), false) = (next, under_way) {
                out.push((id.clone(), spool.acked, entry.clone()));
            }
        }
        for (action, seq, entry) in out {
            let what = Pending::Append { action: action.clone(), seq };
            self.to_database(pid, DbMsg::Append { action, seq, entry, epoch }, what);
        }
    }

    /// A job that is down by our doing, and nobody drives its action, as far as is known here.
    fn unattended(&mut self, pid: usize) {
        let now = self.now;
        let p = &mut self.processes[pid];
        let mut paged = Vec::new();
        for (id, spool) in &mut p.disk.spools {
            let driven = p.mem.acts.contains_key(id);
            let row = p.mem.rows.as_ref().and_then(|r| r.find(id));
            let elsewhere =
                row.is_some_and(|r| r.ended.is_some() || r.entries.len() > spool.entries.len());
            if driven || elsewhere {
                spool.unattended = None;
                continue;
            }
            let since = *spool.unattended.get_or_insert(now);
            let state = spool.state(id);
            if now - since >= UNATTENDED && (state.stopped || state.stops()) {
                paged.push(id.clone());
            }
        }
        for id in paged {
            self.paged(&id);
        }
    }
}

/// The database's clock, as far as it is known, at a moment of ours.
pub fn database_time(mem: &Memory, at: T) -> Millis {
    Millis(at + mem.offset.unwrap_or(EPOCH))
}
