//! The world of one seed: a queue of events and nothing else that moves. Time is a number, chance
//! comes from the seed; two runs of one seed are the same to the bit.

use crate::backup::Backup;
use crate::database::{Database, DbMsg, DbReply, Lease, Rows};
use crate::flink::{By, JobManager, RunEvent, restore_point};
use crate::jobs::{Ill, Job, Quirk, estate};
use crate::mutant::Mutant;
use crate::network::Network;
use crate::oracle::{Oracle, Violation};
use crate::process::{JmMsg, JmReply, Process};
use crate::rng::Rng;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::ops::Range;
use std::rc::Rc;
use streamwarden_core::estate::{Name, RunId, Span};
use streamwarden_core::plan::EndKind;

/// Milliseconds since the seed's beginning.
pub type T = i64;
/// That beginning, by the clock of the database and of JobManagers.
pub const EPOCH: i64 = 1_700_000_000_000;
pub const CLUSTERS: usize = 3;
const QUIET: T = 15 * 60_000;

#[derive(Debug)]
pub enum Event {
    Start { pid: usize },
    Tick { pid: usize, life: u32 },
    Database { pid: usize, life: u32, req: u64, msg: Rc<DbMsg> },
    DatabaseSaid { pid: usize, life: u32, req: u64, reply: Rc<DbReply> },
    JobManager { cluster: usize, pid: usize, life: u32, req: u64, msg: Rc<JmMsg> },
    JobManagerSaid { pid: usize, life: u32, req: u64, reply: Rc<JmReply> },
    Run { cluster: usize, run: RunId, serial: u32, what: RunEvent },
    Checkpoint { cluster: usize, run: RunId, takes: T },
    Breaks { cluster: usize, run: RunId },
    Expires { cluster: usize, run: RunId },
    JobManagerUp { cluster: usize },
    SickEnds { job: usize, since: T },
    StormEnds { cluster: usize },
    GivenBack { job: usize },
    Resubmit { job: usize },
    Approval { plan: Name, yes: bool },
    Rounds,
    Fault,
    Second,
}

#[derive(Debug)]
struct Item {
    at: T,
    seq: u64,
    event: Event,
}

impl PartialEq for Item {
    fn eq(&self, other: &Item) -> bool {
        (self.at, self.seq) == (other.at, other.seq)
    }
}
impl Eq for Item {}
impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Item) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Item {
    fn cmp(&self, other: &Item) -> std::cmp::Ordering {
        (self.at, self.seq).cmp(&(other.at, other.seq))
    }
}

/// What is played.
#[derive(Clone, Debug)]
pub struct Config {
    pub seed: u64,
    pub mutant: &'static Mutant,
    /// Told to standard error.
    pub story: bool,
    /// Ends where the mutant is seen.
    pub stop: bool,
    /// One illness and no fault but a death at these points of process 0.
    pub script: Option<Script>,
}

impl Config {
    pub fn of(seed: u64) -> Config {
        Config { seed, mutant: &crate::NONE, story: false, stop: false, script: None }
    }
}

#[derive(Clone, Debug)]
pub struct Script {
    pub ill: Option<Ill>,
    pub adaptive: bool,
    pub processes: usize,
    pub dies_at: Vec<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub faults: u64,
    pub events: u64,
}

/// What came of a seed.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub violations: Vec<Violation>,
    /// Of every event in its order.
    pub hash: u64,
    pub count: Count,
    pub sent: u64,
    pub raced: u64,
    pub ends: BTreeMap<EndKind, u32>,
    /// Points that process 0 passed.
    pub points: u64,
}

#[derive(Debug)]
pub struct Sim {
    pub now: T,
    queue: BinaryHeap<Reverse<Item>>,
    seq: u64,
    pub rng: Rng,
    pub jobs: Vec<Job>,
    pub jms: Vec<JobManager>,
    pub db: Database,
    pub backups: Vec<Backup>,
    pub processes: Vec<Process>,
    pub net: Network,
    pub oracle: Oracle,
    pub mutant: &'static Mutant,
    pub requests: u64,
    /// No more faults.
    pub quiet: bool,
    pub count: Count,
    /// Of the targets that are not of Flink: so many do not answer, from and until.
    pub blind: (u32, T, T),
    hash: u64,
    story: bool,
    stop: bool,
    per_cluster: usize,
}

/// Two hours, and a quarter of an hour of peace.
pub fn run(config: &Config) -> Outcome {
    let mut sim = Sim::new(config);
    let ends = if config.script.is_some() { 10 * 60_000 } else { 2 * 3_600_000 };
    sim.until(ends);
    if !config.stop {
        sim.peace();
        sim.until(ends + QUIET);
        sim.judge_rest();
    }
    let mut kinds = BTreeMap::new();
    for (_, end) in sim.oracle.actions.values().filter_map(|a| a.ended) {
        *kinds.entry(end).or_default() += 1;
    }
    Outcome {
        violations: sim.oracle.violations,
        hash: sim.hash,
        count: sim.count,
        sent: sim.oracle.sent,
        raced: sim.oracle.raced,
        ends: kinds,
        points: sim.processes[0].points,
    }
}

impl Sim {
    pub(crate) fn new(config: &Config) -> Sim {
        let mut rng = Rng::new(config.seed);
        let script = config.script.as_ref();
        let debounce = Span::secs([15, 30, 60][rng.below(3)]);
        let per_cluster = 8;
        let jobs = estate(&mut rng, per_cluster, script.is_none(), debounce);
        let jm = |c: usize, rng: &mut Rng| match script {
            Some(s) => JobManager::new(false, s.adaptive, true),
            None => {
                let jm = JobManager::new(rng.chance(0.5), c == 1, rng.chance(0.6));
                JobManager { slots: [18, 20, 40][rng.below(3)], ..jm }
            }
        };
        let jms = (0..CLUSTERS).map(|c| jm(c, &mut rng)).collect();
        let processes = match script {
            Some(s) => s.processes,
            None => 1 + rng.below(3),
        };
        let rows = Rows { generations: vec![0; jobs.len()], ..Rows::default() };
        let mut sim = Sim {
            now: 0,
            queue: BinaryHeap::new(),
            seq: 0,
            rng,
            jobs,
            jms,
            db: Database {
                rows: Rc::new(rows),
                lease: Lease::default(),
                down: 0,
                slow: 0,
                doubtful: 0,
            },
            backups: Vec::new(),
            processes: (0..processes).map(|_| Process::default()).collect(),
            net: Network::new(processes, script.is_none()),
            oracle: Oracle { wide_since: vec![None; CLUSTERS], ..Oracle::default() },
            mutant: config.mutant,
            requests: 0,
            quiet: script.is_some(),
            count: Count::default(),
            blind: (0, 0, 0),
            hash: 0xcbf2_9ce4_8422_2325,
            story: config.story,
            stop: config.stop,
            per_cluster,
        };
        sim.people_the_world();
        match script {
            None => sim.push(1, Event::Fault),
            Some(s) => {
                sim.processes[0].dies_at = s.dies_at.clone();
                let run = RunId::new(format!("{:032x}", 0));
                match s.ill {
                    Some(kind) => sim.sicken(0, kind, run),
                    None => sim.fail_run(0, &run, None),
                }
            }
        }
        sim.push(1_000, Event::Second);
        sim.push(60_000, Event::Rounds);
        for pid in 0..processes {
            sim.push(10 + pid as T, Event::Start { pid });
        }
        sim
    }

    fn people_the_world(&mut self) {
        for job in 0..self.jobs.len() {
            let runs = if self.jobs[job].quirk == Quirk::Ambiguous { 2 } else { 1 };
            for n in 0..runs {
                let cluster = self.jobs[job].cluster;
                let id = RunId::new(format!("{:032x}", job * 2 + n));
                let width = self.jobs[job].parallelism;
                self.launch(job, id.clone(), By::Before, None, width);
                let old = self.jobs[job].quirk == Quirk::OldState;
                let taken = if old { -3 * 3_600_000 } else { -20_000 };
                let point = restore_point(self.jobs[job].root(), &id, 100, taken, false);
                if let Some(run) = self.jms[cluster].runs.get_mut(&id) {
                    run.completed.push(point);
                    (run.state, run.all_running) =
                        (streamwarden_core::estate::JobState::Running, true);
                    (run.started, run.serial) = (-3_600_000, run.serial + 1);
                }
            }
            (self.jobs[job].ill_since, self.jobs[job].well_since) = (None, Some(-3_600_000));
        }
    }

    pub fn of_cluster(&self, cluster: usize) -> Range<usize> {
        cluster * self.per_cluster..(cluster + 1) * self.per_cluster
    }

    /// `wait` from now.
    pub fn push(&mut self, wait: T, event: Event) {
        self.seq += 1;
        self.queue.push(Reverse(Item { at: self.now + wait.max(0), seq: self.seq, event }));
    }

    /// Only where somebody listens.
    pub fn say(&self, what: impl FnOnce() -> String) {
        if self.story {
            eprintln!("{}", what());
        }
    }

    pub fn note(&mut self, what: u64) {
        self.hash = (self.hash ^ what).wrapping_mul(0x0100_0000_01b3);
    }

    fn until(&mut self, end: T) {
        while let Some(Reverse(item)) = self.queue.pop() {
            if item.at > end {
                self.queue.push(Reverse(item));
                break;
            }
            self.now = item.at;
            self.count.events += 1;
            self.note(item.at as u64);
            self.note(kind(&item.event));
            self.happen(item.event);
            if self.stop && self.oracle.violations.iter().any(|v| self.mutant.seen_by(v)) {
                break;
            }
        }
        self.now = end;
    }

    fn peace(&mut self) {
        self.quiet = true;
        self.net.faults = false;
        self.net.mend();
        (self.db.down, self.db.slow, self.db.doubtful) = (0, 0, 0);
        for jm in &mut self.jms {
            jm.no_jar = (0, 0);
        }
        for process in &mut self.processes {
            process.dies_at.clear();
        }
    }

    /// A paused process gets it when it goes on.
    fn asleep(&mut self, pid: usize) -> Option<T> {
        let paused = self.processes[pid].paused;
        (self.now < paused).then(|| paused - self.now)
    }

    fn lives(&self, pid: usize, life: u32) -> bool {
        self.processes[pid].up && self.processes[pid].life == life
    }

    fn happen(&mut self, event: Event) {
        if let Event::Tick { pid, .. }
        | Event::DatabaseSaid { pid, .. }
        | Event::JobManagerSaid { pid, .. } = &event
            && let Some(wait) = self.asleep(*pid)
        {
            self.push(wait, event);
            return;
        }
        match event {
            Event::Start { pid } => self.start(pid),
            Event::Tick { pid, life } if self.lives(pid, life) => self.tick(pid),
            Event::Tick { .. } => {}
            Event::Database { pid, life, req, msg } => {
                if let Some(reply) = self.database((pid, life), &msg) {
                    self.reply(pid, life, req, reply);
                }
            }
            Event::DatabaseSaid { pid, life, req, reply } if self.lives(pid, life) => {
                self.database_said(pid, req, &reply);
            }
            Event::DatabaseSaid { .. } => {}
            Event::JobManager { cluster, pid, life, req, msg } => {
                self.jobmanager(cluster, (pid, life), req, &msg);
            }
            Event::JobManagerSaid { pid, life, req, reply } if self.lives(pid, life) => {
                self.jobmanager_said(pid, req, &reply);
            }
            Event::JobManagerSaid { .. } => {}
            Event::Run { cluster, run, serial, what } => {
                self.run_event(cluster, &run, serial, what);
            }
            Event::Checkpoint { cluster, run, takes } => self.checkpoint(cluster, &run, takes),
            Event::Breaks { cluster, run } => self.fail_run(cluster, &run, None),
            Event::Expires { cluster, run } => self.expires(cluster, &run),
            Event::JobManagerUp { cluster } => self.jms[cluster].up = true,
            Event::SickEnds { job, since } => self.sick_ends(job, since),
            Event::StormEnds { cluster } => self.storm_ends(cluster),
            Event::GivenBack { job } => self.given_back(job),
            Event::Resubmit { job } => self.resubmit(job),
            Event::Approval { plan, yes } => self.approval(&plan, yes),
            Event::Rounds => self.rounds(),
            Event::Fault => self.fault(),
            Event::Second => {
                self.push(1_000, Event::Second);
                self.judge_second();
            }
        }
    }

    fn reply(&mut self, pid: usize, life: u32, req: u64, reply: DbReply) {
        let (now, reply) = (self.now, Rc::new(reply));
        let slow = if now < self.db.slow { self.rng.between(200, 6_000) } else { 0 };
        let peer = crate::network::Peer::Database;
        let way = crate::network::Way::Back;
        for at in self.net.arrivals(&mut self.rng, now, pid, peer, way).into_iter().flatten() {
            let reply = reply.clone();
            self.push(at + slow - now, Event::DatabaseSaid { pid, life, req, reply });
        }
    }
}

fn kind(event: &Event) -> u64 {
    match event {
        Event::Start { pid } => 1 + *pid as u64 * 64,
        Event::Tick { pid, .. } => 2 + *pid as u64 * 64,
        Event::Database { req, .. } => 3 + req * 64,
        Event::DatabaseSaid { req, .. } => 4 + req * 64,
        Event::JobManager { req, .. } => 5 + req * 64,
        Event::JobManagerSaid { req, .. } => 6 + req * 64,
        Event::Run { serial, .. } => 7 + u64::from(*serial) * 64,
        Event::Checkpoint { .. } => 8,
        Event::Breaks { .. } => 9,
        Event::JobManagerUp { .. } => 10,
        Event::SickEnds { .. } => 11,
        Event::StormEnds { .. } => 12,
        Event::GivenBack { .. } => 19,
        Event::Resubmit { .. } => 13,
        Event::Approval { .. } => 14,
        Event::Rounds => 15,
        Event::Fault => 16,
        Event::Second => 17,
        Event::Expires { .. } => 18,
    }
}
