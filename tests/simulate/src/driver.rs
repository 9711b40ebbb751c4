//! What the shell is to the machine: carries out its commands over the faulty network, with the
//! real [`Session`] deciding.

use crate::database::{DbMsg, DbSaid};
use crate::network::{Peer, Way};
use crate::process::{JmMsg, JmReply, LOOK_DEADLINE, Pending, SEND_DEADLINE};
use crate::sim::{Event, Sim, T};
use std::rc::Rc;
use streamwarden_core::action::{
    ActionState, Around, Command, Durable, Entry, Operation, Reply, Request, RunSeen, Seen, Session,
};
use streamwarden_core::case::{Cure, Figures, Hold, Step};
use streamwarden_core::estate::{JobState, Millis, Name, RunId};
use streamwarden_core::plan::Switch;
use streamwarden_core::plan::guard::{Case, Stage, holds_without};

/// What was read of switches may be so old when an effect goes out.
const READ_AGE: T = 900;
/// Older looks tell nothing of now.
const YOUNG: T = 15_000;
/// Well for so long, as seen, is cured.
const WELL_FOR: T = 20_000;

#[derive(Debug)]
pub struct Act {
    pub session: Session,
    pub job: usize,
    busy: Busy,
    wake: T,
    watching: Option<T>,
    taken: T,
    sending: Option<u64>,
}

#[derive(Debug, PartialEq)]
enum Busy {
    No,
    Reading(u64),
    Looking(u64),
    /// It is in the file; until the database has it too.
    Recording(Entry),
    /// Until the database has everything that the file has, before a request goes out.
    Settling,
}

/// Every run with what it showed, and the open trigger's result.
pub type Looked = (Vec<(RunId, RunSeen)>, Option<Operation>);

impl Act {
    pub fn new(session: Session, job: usize, taken: T) -> Act {
        let (busy, wake) = (Busy::No, 0);
        Act { session, job, busy, wake, watching: None, taken, sending: None }
    }
}

impl Sim {
    fn act(&mut self, pid: usize, action: &Name) -> Option<&mut Act> {
        self.processes[pid].mem.acts.get_mut(action)
    }

    pub fn drive(&mut self, pid: usize, action: &Name) {
        // a machine that asks for more than this at one moment runs in a circle
        for _ in 0..50 {
            let now = self.now;
            let Some(act) = self.act(pid, action) else { return };
            if matches!(act.busy, Busy::Recording(_) | Busy::Settling) {
                if self.fenced(pid) {
                    act_free(self.act(pid, action));
                } else if !self.settled(pid, action) {
                    self.flush(pid);
                    return;
                }
                continue;
            }
            if act.busy != Busy::No || now < act.wake {
                return;
            }
            let Some(command) = self.decide(pid, action) else { return };
            if !self.carry_out(pid, action, command) {
                return;
            }
        }
        self.violated("bounds", format!("{action:.6} runs in a circle"));
    }

    fn fenced(&self, pid: usize) -> bool {
        !self.alone() && !self.leads(pid) && !self.mutant.is("no_fence")
    }

    fn decide(&mut self, pid: usize, action: &Name) -> Option<Command> {
        let now = self.now;
        let fenced = self.fenced(pid);
        let act = self.processes[pid].mem.acts.get(action)?;
        let stopped = act.session.state.stopped;
        let waits = !stopped && !act.session.state.stops();
        let blind = self.view(pid, act.job, Some(&act.session.state)).is_none();
        // a process that has just taken it up has not looked around yet
        if !fenced && waits && blind && now - act.taken < 30_000 {
            self.act(pid, action)?.wake = now + 1_000;
            return None;
        }
        let mut holds = if stopped { Vec::new() } else { self.holds_again(pid, action) };
        holds.extend(self.unready(pid, action));
        let hard = self.hard(pid, action);
        let watches =
            matches!(self.act(pid, action)?.session.state.step(), Some(Step::Watch { .. }));
        let since = self.act(pid, action)?.watching;
        self.act(pid, action)?.watching = watches.then(|| since.unwrap_or(now));
        let cure = if watches { self.cure(pid, action) } else { None };
        let clock = now + if self.mutant.is("wall_clock") { self.processes[pid].skew } else { 0 };
        let figures = cure.map(|_| Figures { throughput: Some(2_000.0), ..Figures::default() });
        let around = Around { fenced, holds: &holds, hard: hard.as_ref(), cure, figures };
        let command = self.act(pid, action)?.session.decide(Millis(clock), around);
        Some(self.bent(pid, action, command, &holds))
    }

    /// The guards once more, as long as nothing is stopped.
    fn holds_again(&self, pid: usize, action: &Name) -> Vec<Hold> {
        if self.mutant.is("no_second_look") {
            return Vec::new();
        }
        let mem = &self.processes[pid].mem;
        let blind = || vec![Hold::StaleSnapshot { age_s: f64::INFINITY, limit_s: 0.0 }];
        let (Some(act), Some(rows)) = (mem.acts.get(action), &mem.rows) else { return blind() };
        let state = &act.session.state;
        let Some(view) = self.view(pid, act.job, Some(state)) else { return blind() };
        let ledger = self.ledger(pid, act.job, rows);
        let policy = &self.jobs[act.job].policy;
        let stage = if self.mutant.is("asks_too_little") { Stage::Effect } else { state.stage() };
        let case = Case { plan: &state.plan, view: &view, ledger: &ledger, policy, stage };
        holds_without(&case, self.mutant.off).collect()
    }

    /// As `repair/driver.rs` asks before a stop.
    fn unready(&self, pid: usize, action: &Name) -> Option<Hold> {
        let act = self.processes[pid].mem.acts.get(action)?;
        let jm = &self.jms[self.jobs[act.job].cluster];
        let asks = act.session.about_to_stop() && !self.mutant.is("stops_for_good");
        let gone = asks && self.now < jm.no_jar.1;
        gone.then(|| Hold::CannotSubmit { why: "no jar".into() })
    }

    fn hard(&self, pid: usize, action: &Name) -> Option<Switch> {
        let p = &self.processes[pid];
        let state = &p.mem.acts.get(action)?.session.state;
        let now = crate::process::database_time(&p.mem, self.now);
        let rows = p.mem.rows.iter().flat_map(|r| &r.switches);
        let on = |s: &&Switch| {
            s.hard
                && s.until.is_none_or(|u| now < u)
                && s.scope.covers(&state.plan.job, &state.plan.playbook)
        };
        p.disk.switches.iter().chain(rows).find(on).cloned()
    }

    /// By what this process sees of the job since the watch began.
    fn cure(&self, pid: usize, action: &Name) -> Option<Cure> {
        let mem = &self.processes[pid].mem;
        let act = mem.acts.get(action)?;
        let (since, eyes) = (act.watching?, mem.eyes.get(&act.job)?);
        if eyes.at <= since || self.now - eyes.at > YOUNG {
            return None;
        }
        let (run, state, _) = eyes.current()?;
        if run != act.session.state.current() {
            return None;
        }
        let watched = eyes.at - since;
        match eyes.well_since {
            Some(well) if eyes.at - well.max(since) >= WELL_FOR => Some(Cure::Cured),
            _ if state.is_terminal() => Some(Cure::Worse),
            None if watched >= 60_000 && *state == JobState::Running => Some(Cure::NoChange),
            None if watched >= 90_000 => Some(Cure::Worse),
            _ => None,
        }
    }

    /// True: it may be asked again at once.
    fn carry_out(&mut self, pid: usize, action: &Name, command: Command) -> bool {
        let now = self.now;
        let Some(act) = self.act(pid, action) else { return false };
        let stopped = act.session.state.stopped;
        let effect = matches!(command, Command::Send(_) | Command::Record(Entry::Intent { .. }));
        if effect && !stopped && now - self.processes[pid].mem.rows_asked > READ_AGE {
            let req = self.to_database(pid, DbMsg::Lease, Pending::Lease);
            if let Some(act) = self.act(pid, action) {
                act.busy = Busy::Reading(req);
            }
            return false;
        }
        match command {
            Command::Wait(until) => {
                let skew = if self.mutant.is("wall_clock") { self.processes[pid].skew } else { 0 };
                if let Some(act) = self.act(pid, action) {
                    act.wake = (until.0 - skew).clamp(now + 1, now + 5_000);
                }
                false
            }
            Command::Look => {
                self.look(pid, action);
                false
            }
            Command::Record(entry) => {
                let job = self.act(pid, action).map_or(0, |a| a.job);
                self.say(|| format!("{action:.6} of job-{job} at {now}: {entry:?}"));
                if self.point(pid) {
                    return false;
                }
                self.record(pid, action, entry)
            }
            Command::Send(_) if self.unsettled(pid, action) => {
                if let Some(act) = self.act(pid, action) {
                    act.busy = Busy::Settling;
                }
                self.flush(pid);
                false
            }
            Command::Send(request) => {
                self.send(pid, action, request);
                true
            }
            Command::LetGo | Command::Rest => {
                self.processes[pid].mem.acts.remove(action);
                false
            }
        }
    }

    /// The file has what the database has not, and that is not enough for a request.
    fn unsettled(&self, pid: usize, action: &Name) -> bool {
        let p = &self.processes[pid];
        let (Some(act), Some(spool)) = (p.mem.acts.get(action), p.disk.spools.get(action)) else {
            return true;
        };
        let behind = spool.acked < spool.entries.len() && !self.mutant.is("file_is_enough");
        behind && act.session.sends_after() == Durable::Both
    }

    /// Into the file first, then into the database, as `repair/recorder.rs` does it. True: it is
    /// durable and taken.
    fn record(&mut self, pid: usize, action: &Name, entry: Entry) -> bool {
        let Some(act) = self.act(pid, action) else { return false };
        let durable = act.session.durable(&entry);
        let chosen = act.session.state.chosen.clone();
        if self.mutant.is("no_journal") && matches!(entry, Entry::Intent { .. }) {
            self.taken(pid, action, &entry);
            return true;
        }
        if let Some(spool) = self.processes[pid].disk.spools.get_mut(action) {
            spool.entries.push(entry.clone());
        }
        if let Entry::Closed { end } = &entry {
            self.judge_end(action, end, chosen.as_ref());
        }
        if durable == Durable::Local {
            self.taken(pid, action, &entry);
            self.journaled(action, &entry);
        } else if let Some(act) = self.act(pid, action) {
            act.busy = Busy::Recording(entry);
        }
        if self.point(pid) {
            return false;
        }
        self.flush(pid);
        durable == Durable::Local
    }

    /// Into the session.
    fn taken(&mut self, pid: usize, action: &Name, entry: &Entry) {
        let now = self.now;
        let clock = now + if self.mutant.is("wall_clock") { self.processes[pid].skew } else { 0 };
        if let Some(act) = self.act(pid, action) {
            (act.busy, act.wake) = (Busy::No, 0);
            act.session.recorded(entry, Millis(clock));
        }
    }

    pub fn appended(&mut self, pid: usize, action: &Name, seq: usize, said: &DbSaid) {
        match said {
            DbSaid::Appended => {
                let Some(spool) = self.processes[pid].disk.spools.get_mut(action) else { return };
                spool.acked = spool.acked.max(seq + 1);
                self.flush(pid);
                self.drive(pid, action);
            }
            // its lease is renewed as soon as the database is back
            DbSaid::Fenced if self.alone() => {}
            DbSaid::Conflict => self.elsewhere(pid, action),
            // it stands still, or finishes from its file what is down; a person hears of it
            DbSaid::Unknown => self.paged(action),
            // somebody else may go on with it: not ours
            _ => {
                self.processes[pid].mem.acts.remove(action);
            }
        }
    }

    /// Who waited for the database goes on, if it has all that the file has.
    fn settled(&mut self, pid: usize, action: &Name) -> bool {
        let spool = self.processes[pid].disk.spools.get(action);
        if spool.is_none_or(|s| s.acked < s.entries.len()) {
            return false;
        }
        match self.act(pid, action).map(|act| std::mem::replace(&mut act.busy, Busy::No)) {
            Some(Busy::Recording(entry)) => self.taken(pid, action, &entry),
            _ => act_free(self.act(pid, action)),
        }
        true
    }

    /// The database tells another story than the file: another process went on, and what it wrote
    /// counts. One that is alone has nobody who could have.
    pub fn elsewhere(&mut self, pid: usize, action: &Name) {
        if self.alone() {
            self.violated("lost", format!("{action:.6}: file and database tell two stories"));
        }
        let p = &mut self.processes[pid];
        p.mem.acts.remove(action);
        p.disk.spools.remove(action);
    }

    /// A read came back; who waited for it goes on.
    pub fn read(&mut self, pid: usize, req: u64) {
        let acts = &self.processes[pid].mem.acts;
        let waits = acts.iter().find(|(_, a)| a.busy == Busy::Reading(req)).map(|(n, _)| n.clone());
        self.flush(pid);
        if let Some(action) = waits {
            act_free(self.act(pid, &action));
            self.drive(pid, &action);
        }
    }

    pub fn unread(&mut self, pid: usize, req: u64) {
        for act in self.processes[pid].mem.acts.values_mut() {
            if act.busy == Busy::Reading(req) {
                act.busy = Busy::No;
            }
        }
    }

    fn look(&mut self, pid: usize, action: &Name) {
        let now = self.now;
        let Some(act) = self.act(pid, action) else { return };
        let job = act.job;
        let cluster = self.jobs[job].cluster;
        let what = Pending::States { action: action.clone(), asked: now };
        let req = self.to_jobmanager(pid, cluster, JmMsg::States { job }, LOOK_DEADLINE, what);
        if let Some(act) = self.act(pid, action) {
            act.busy = Busy::Looking(req);
        }
    }

    /// None: not the whole of it.
    pub fn looked(&mut self, pid: usize, action: &Name, req: u64, asked: T, seen: Option<Looked>) {
        let skew = if self.mutant.is("wall_clock") { self.processes[pid].skew } else { 0 };
        let Some(act) = self.act(pid, action) else { return };
        if act.busy != Busy::Looking(req) {
            return;
        }
        let job = act.job;
        let whole = seen.is_some();
        let (runs, operation) = seen.unwrap_or_default();
        let jm = &self.jms[self.jobs[job].cluster];
        let mut elsewhere = self.jobs[job].known.points.clone();
        if jm.readable && whole {
            elsewhere.extend(jm.of(job).flat_map(|r| r.completed.last().cloned()));
        }
        let runs = runs.into_iter().collect();
        let (asked, gone) = (Millis(asked + skew), Default::default());
        let seen = Seen { asked, whole, runs, elsewhere, gone, operation };
        self.told(action, job, &seen);
        let Some(act) = self.act(pid, action) else { return };
        act.busy = Busy::No;
        act.session.looked(seen);
        self.drive(pid, action);
    }

    fn send(&mut self, pid: usize, action: &Name, request: Request) {
        let now = self.now;
        let clock = now + if self.mutant.is("wall_clock") { self.processes[pid].skew } else { 0 };
        let Some(act) = self.act(pid, action) else { return };
        let job = act.job;
        act.session.sending(Millis(clock));
        let cluster = self.jobs[job].cluster;
        self.say(|| format!("{action:.6} of job-{job} sends at {now}: {request:?}"));
        self.note(request.run().as_str().bytes().map(u64::from).sum());
        self.judge_send(pid, action, &request);
        let msg = JmMsg::Do { action: action.clone(), request };
        let what = Pending::Do { action: action.clone() };
        let req = self.to_jobmanager(pid, cluster, msg, SEND_DEADLINE, what);
        if let Some(act) = self.act(pid, action) {
            act.sending = Some(req);
        }
    }

    pub fn answered(&mut self, pid: usize, action: &Name, reply: Reply) {
        let now = self.now;
        self.say(|| format!("{action:.6} is answered at {now}: {reply:?}"));
        let blunt = self.mutant.is("used_ids") && reply == Reply::Duplicate;
        let reply = if blunt { Reply::Accepted } else { reply };
        if let Some(act) = self.act(pid, action) {
            act.sending = None;
            act.session.replied(reply);
            act.wake = 0;
        }
        self.drive(pid, action);
    }

    /// What arrives at a JobManager, and its answer on the way back.
    pub fn jobmanager(&mut self, cluster: usize, from: (usize, u32), req: u64, msg: &JmMsg) {
        if !self.jms[cluster].up {
            return;
        }
        let reply = match msg {
            JmMsg::Poll => self.poll(cluster),
            JmMsg::States { job } => {
                let runs = self.jms[cluster].of(*job).filter(|r| r.listed);
                JmReply::States(runs.map(|r| (r.id.clone(), r.state.clone())).collect())
            }
            JmMsg::Details { runs, trigger } => {
                let jm = &self.jms[cluster];
                let of = |id: &RunId| {
                    let run = jm.runs.get(id).filter(|r| r.listed)?;
                    Some((id.clone(), crate::flink::told(run, run.state.clone())))
                };
                let operation = trigger.as_ref().and_then(|t| jm.operation(t));
                JmReply::Details(runs.iter().map(of).collect(), operation)
            }
            JmMsg::Do { action, request } => {
                let said = self.request(cluster, action, request);
                if self.point(from.0) {
                    return;
                }
                JmReply::Did(said)
            }
        };
        let reply = Rc::new(reply);
        let (now, peer) = (self.now, Peer::JobManager(cluster));
        for at in
            self.net.arrivals(&mut self.rng, now, from.0, peer, Way::Back).into_iter().flatten()
        {
            let reply = reply.clone();
            self.push(at - now, Event::JobManagerSaid { pid: from.0, life: from.1, req, reply });
        }
    }

    pub fn jobmanager_said(&mut self, pid: usize, req: u64, reply: &JmReply) {
        let Some((_, what)) = self.processes[pid].mem.pending.remove(&req) else { return };
        match (what, reply) {
            (Pending::Poll { cluster, asked }, JmReply::Poll { jobs, seen }) => {
                self.polled(pid, cluster, asked, jobs, seen);
            }
            (Pending::States { action, asked }, JmReply::States(states)) => {
                self.details(pid, &action, req, asked, states);
            }
            (Pending::Details { action, asked, states }, JmReply::Details(runs, operation)) => {
                let seen =
                    runs.as_ref().map(|runs| (with_states(runs, &states), operation.clone()));
                self.looked(pid, &action, req, asked, seen);
            }
            (Pending::Do { action }, JmReply::Did(said)) => {
                let ours = self.act(pid, &action).is_some_and(|a| a.sending == Some(req));
                if ours && !self.point(pid) {
                    self.answered(pid, &action, said.clone());
                }
            }
            _ => {}
        }
    }

    fn details(
        &mut self,
        pid: usize,
        action: &Name,
        req: u64,
        asked: T,
        states: &[(RunId, JobState)],
    ) {
        let Some(act) = self.act(pid, action) else { return };
        if act.busy != Busy::Looking(req) {
            return;
        }
        let (trigger, job) = (trigger(&act.session.state), act.job);
        let cluster = self.jobs[job].cluster;
        let runs = states.iter().map(|(run, _)| run.clone()).collect();
        let what = Pending::Details { action: action.clone(), asked, states: states.to_vec() };
        let msg = JmMsg::Details { runs, trigger };
        let req = self.to_jobmanager(pid, cluster, msg, LOOK_DEADLINE, what);
        if let Some(act) = self.act(pid, action) {
            act.busy = Busy::Looking(req);
        }
    }
}

fn act_free(act: Option<&mut Act>) {
    if let Some(act) = act {
        (act.busy, act.wake) = (Busy::No, 0);
    }
}

fn trigger(state: &ActionState) -> Option<Name> {
    match state.open.as_ref().map(|o| &o.request) {
        Some(Request::Checkpoint { trigger, .. } | Request::Savepoint { trigger, .. }) => {
            Some(trigger.clone())
        }
        _ => None,
    }
}

/// States were asked before the rest.
fn with_states(runs: &[(RunId, RunSeen)], states: &[(RunId, JobState)]) -> Vec<(RunId, RunSeen)> {
    let of = |(id, seen): &(RunId, RunSeen)| {
        let state = states.iter().find(|(run, _)| run == id).map(|(_, s)| s.clone());
        (id.clone(), RunSeen { state: state.unwrap_or(seen.state.clone()), ..seen.clone() })
    };
    runs.iter().map(of).collect()
}
