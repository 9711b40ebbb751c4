//! What goes wrong in two hours: about one thing in ten seconds.

use crate::flink::By;
use crate::jobs::{Ill, Quirk, Sick};
use crate::network::{Peer, Way};
use crate::sim::{CLUSTERS, EPOCH, Event, Sim, T};
use streamwarden_core::case::{Mode, Scope};
use streamwarden_core::estate::{self, ClusterId, JobState, Millis, PlannedWork, RunId};
use streamwarden_core::plan::Approval;

const EVERY: T = 10_000;

impl Sim {
    pub fn fault(&mut self) {
        let next = self.rng.between(1, 2 * EVERY);
        self.push(next, Event::Fault);
        if self.quiet {
            return;
        }
        self.count.faults += 1;
        let pid = self.rng.below(self.processes.len());
        let cluster = self.rng.below(CLUSTERS);
        match self.rng.below(100) {
            0..5 => {
                let back = self.rng.between(1_000, 20_000);
                self.crash(pid, back);
            }
            // at some point of what it does next
            5..12 => {
                let at = self.processes[pid].points + self.rng.between(1, 8) as u64;
                self.processes[pid].dies_at = vec![at];
            }
            12..22 => self.pause(pid),
            22..32 => self.partition(pid, Peer::Database),
            32..44 => self.partition(pid, Peer::JobManager(cluster)),
            44..54 => self.processes[pid].skew = self.rng.between(-120_000, 120_000),
            54..56 => self.db.down = self.now + self.rng.between(1_000, 90_000),
            56..59 => self.db.slow = self.now + self.rng.between(1_000, 60_000),
            59..62 => self.db.doubtful = self.now + self.rng.between(1_000, 60_000),
            62..85 => self.fail_some_job(),
            85 => {
                let most = if self.rng.chance(0.25) { 25 } else { 2 };
                let lasts = self.rng.between(5_000, most * 60_000);
                let (now, jm) = (self.now, &mut self.jms[cluster]);
                if now >= jm.no_jar.1 {
                    jm.no_jar = (now, now + lasts);
                }
            }
            86..88 => {
                let down = self.rng.between(3_000, 40_000);
                self.kill_jobmanager(cluster, down);
            }
            88..91 => {
                let blind =
                    (self.rng.between(2, 4) as u32, self.now + self.rng.between(20_000, 120_000));
                if self.rng.chance(0.5) {
                    (self.jms[cluster].blind, self.jms[cluster].blind_since) = (blind, self.now);
                } else {
                    self.blind = (12, self.now, blind.1);
                }
            }
            91..94 => self.by_hand(),
            94 => self.storm(cluster),
            95 => self.kill_switch(),
            96..98 => self.planned_work(),
            // now and then, by hand, where one process has its database to itself
            98 if self.alone() && self.rng.chance(0.3) => self.restored(),
            99 => self.taken_back(),
            _ => self.fail_some_job(),
        }
    }

    fn pause(&mut self, pid: usize) {
        let lasts = self.rng.between(100, 60_000);
        let p = &mut self.processes[pid];
        if p.up {
            p.paused = p.paused.max(self.now + lasts);
        }
    }

    fn partition(&mut self, pid: usize, peer: Peer) {
        let until = self.now + self.rng.between(1_000, 90_000);
        let ways = self.rng.below(3);
        if ways != 1 {
            self.net.cut(pid, peer, Way::Out, until);
        }
        if ways != 0 {
            self.net.cut(pid, peer, Way::Back, until);
        }
    }

    fn fail_some_job(&mut self) {
        let job = self.rng.below(self.jobs.len());
        let cluster = self.jobs[job].cluster;
        let run = self.jms[cluster].live(job).find(|r| r.state == JobState::Running);
        let Some(run) = run.map(|r| r.id.clone()) else { return };
        match self.rng.below(10) {
            0..3 => {
                let back = self.rng.between(3_000, 90_000);
                self.fail_run(cluster, &run, Some(back));
            }
            3..5 => self.fail_run(cluster, &run, None),
            5..7 => self.sicken(job, Ill::Slow, run),
            7..9 => self.sicken(job, Ill::Wedged, run),
            _ => self.sicken(job, Ill::Incurable, run),
        }
    }

    pub fn sicken(&mut self, job: usize, kind: Ill, run: RunId) {
        if self.jobs[job].sick.is_some() {
            return;
        }
        let since = self.now;
        self.say(|| format!("job-{job} falls ill at {since}: {kind:?}"));
        self.jobs[job].sick = Some(Sick { kind, since, run });
        // some get well by themselves before anybody acts, the others much later
        let lasts = if self.rng.chance(0.3) {
            self.rng.between(10_000, 120_000)
        } else {
            self.rng.between(10 * 60_000, 40 * 60_000)
        };
        self.push(lasts, Event::SickEnds { job, since });
        self.refresh(job);
    }

    pub fn sick_ends(&mut self, job: usize, since: T) {
        if self.jobs[job].sick.as_ref().is_some_and(|s| s.since == since) {
            self.jobs[job].sick = None;
            self.refresh(job);
        }
    }

    /// 70 % of a cluster's jobs, for two to ten minutes; most recover, some end.
    fn storm(&mut self, cluster: usize) {
        if self.jms[cluster].storm.is_some() {
            return;
        }
        let now = self.now;
        let lasts = self.rng.between(2 * 60_000, 10 * 60_000);
        self.jms[cluster].storm = Some(now);
        self.jms[cluster].named = self.rng.chance(0.5);
        self.say(|| format!("storm in c{cluster} at {now} for {lasts}"));
        self.push(lasts, Event::StormEnds { cluster });
        // all but two of eight
        let spared = (self.rng.below(8), self.rng.below(8));
        for (n, job) in self.of_cluster(cluster).enumerate() {
            if n == spared.0 || n == spared.1 {
                continue;
            }
            let runs: Vec<RunId> = self.jms[cluster].live(job).map(|r| r.id.clone()).collect();
            for run in runs {
                let back = self.rng.between(5_000, 60_000);
                self.fail_run(cluster, &run, Some(lasts + back));
                if self.rng.chance(0.2) {
                    let ends = self.rng.between(1_000, lasts);
                    self.push(ends, Event::Breaks { cluster, run });
                }
            }
        }
    }

    pub fn storm_ends(&mut self, cluster: usize) {
        self.jms[cluster].storm = None;
    }

    /// A person: starts what is down, or cancels a job and starts it anew.
    fn by_hand(&mut self) {
        let job = self.somewhere();
        if self.jobs[job].quirk == Quirk::Ambiguous {
            return;
        }
        let cluster = self.jobs[job].cluster;
        let live: Vec<RunId> = self.jms[cluster].live(job).map(|r| r.id.clone()).collect();
        for run in live {
            let theirs = self.jms[cluster].runs.get_mut(&run).filter(|r| r.cancelled.is_none());
            if let Some(run) = theirs {
                run.by_hand = true;
            }
            self.cancel(cluster, &run);
        }
        let wait = self.rng.between(3_000, 30_000);
        self.push(wait, Event::Resubmit { job });
    }

    /// Any job, half the time one that we are at work on.
    fn somewhere(&mut self) -> usize {
        let job = self.rng.below(self.jobs.len());
        let open: Vec<usize> = self.db.rows.open().map(|r| r.job).collect();
        match self.rng.chance(0.5) {
            true if !open.is_empty() => open[self.rng.below(open.len())],
            _ => job,
        }
    }

    /// Somebody wants a job to be left alone from now on.
    fn taken_back(&mut self) {
        let job = self.somewhere();
        let j = &mut self.jobs[job];
        if j.quirk != Quirk::None || j.observed.is_some() {
            return;
        }
        j.observed = Some(self.now);
        (j.policy.policy.b, j.policy.policy.c) = (Mode::Observe, Mode::Observe);
        let lasts = self.rng.between(60_000, 10 * 60_000);
        self.push(lasts, Event::GivenBack { job });
    }

    pub fn given_back(&mut self, job: usize) {
        let j = &mut self.jobs[job];
        j.observed = None;
        (j.policy.policy.b, j.policy.policy.c) = (Mode::Auto, Mode::Auto);
    }

    /// Looks first, and starts it where nothing of it lives.
    pub fn resubmit(&mut self, job: usize) {
        let cluster = self.jobs[job].cluster;
        let jm = &self.jms[cluster];
        if !jm.up || jm.live(job).count() > 0 {
            return;
        }
        let (point, now) = (jm.newest(job).cloned(), self.now);
        let id = RunId::new(format!("{:032x}", u128::from(self.rng.draw())));
        let width = self.jobs[job].parallelism;
        self.say(|| format!("a person starts job-{job} as {id:.6} at {now}"));
        self.launch(job, id, By::Person, point, width);
    }

    fn kill_switch(&mut self) {
        let job = self.rng.below(self.jobs.len());
        let key = self.jobs[job].key.clone();
        let scope = match self.rng.below(4) {
            0 => Scope::Estate,
            1 => Scope::Cluster { cluster: ClusterId::new(key.cluster.as_str()).0 },
            2 => Scope::Playbook { playbook: "restart-from-checkpoint".into() },
            _ => Scope::Job { job: key },
        };
        let (hard, lasts) = (self.rng.chance(0.2), self.rng.between(10_000, 5 * 60_000));
        self.switch(scope, hard, lasts);
    }

    fn planned_work(&mut self) {
        let job = self.rng.below(self.jobs.len());
        let (now, until) = (self.now, self.now + self.rng.between(60_000, 20 * 60_000));
        let work = PlannedWork {
            id: format!("w-{now}").into(),
            scope: estate::Scope::Job { job: self.jobs[job].key.clone() },
            from: Millis(EPOCH + now),
            until: Millis(EPOCH + until),
            who: "li.wei".into(),
            why: "upgrade".into(),
            made: Millis(EPOCH + now),
            ended: None,
            // on every other job it is a silence in which nothing may be repaired
            silence: (job % 2 == 1).then_some(estate::Silence::NoRemediate),
        };
        self.oracle.planned.push((now, until, job));
        self.write(|rows| rows.planned.push(work));
    }

    pub fn approval(&mut self, plan: &streamwarden_core::estate::Name, yes: bool) {
        let at = self.clock();
        if yes {
            self.oracle.approved.insert(plan.clone(), self.now);
        }
        let said = Approval { plan: plan.clone(), by: "wang.fang".into(), at, yes };
        self.write(|rows| rows.approvals.push(said));
    }

    /// Every few minutes somebody goes through what is stuck or failed, and starts what is down.
    pub fn rounds(&mut self) {
        let wait = self.rng.between(2 * 60_000, 8 * 60_000);
        self.push(wait, Event::Rounds);
        self.backup();
        let now = self.clock();
        let lately = |at: Millis| (now - at).0 < 60_000;
        let unseen = self
            .db
            .rows
            .actions
            .iter()
            .any(|r| r.seen_by.is_none() && r.ended.is_some_and(|(at, _)| !lately(at)));
        if unseen {
            self.write(|rows| {
                for row in &mut rows.actions {
                    let failed = row.ended.is_some_and(|(at, _)| !lately(at));
                    if row.seen_by.is_none() && failed {
                        std::rc::Rc::make_mut(row).seen_by = Some("wang.fang".into());
                    }
                }
            });
        }
        for job in 0..self.jobs.len() {
            let open = self.db.rows.open().any(|r| r.job == job);
            let since = self.jobs[job].ill_since;
            let down = self.jms[self.jobs[job].cluster].live(job).count() == 0;
            if down && !open && since.is_some_and(|s| self.now - s > 10 * 60_000) {
                self.resubmit(job);
            }
        }
    }
}
