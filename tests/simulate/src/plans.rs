//! What a process sees of the clusters, and which plan it makes of it.

use crate::database::{DbMsg, Rows, submits};
use crate::flink::{Run, TARGETS, ails, widths};
use crate::jobs::{Ill, Quirk, domain};
use crate::process::{ClusterSeen, Eyes, JmReply, JobSeen, Pending, TICK, database_time};
use crate::sim::{EPOCH, Event, Sim, T};
use std::cell::RefMut;
use std::collections::{BTreeMap, BTreeSet};
use streamwarden_core::action::ActionState;
use streamwarden_core::case::{
    Before, Hold, IncidentId, Plan, Precondition, RestorePoint, Risk, Step, Uncertain,
};
use streamwarden_core::estate::{ClusterId, JobState, Millis, RunId, Span, Subject, VertexId};
use streamwarden_core::plan::guard::{Case, Stage, holds_without};
use streamwarden_core::plan::{
    ClusterView, Dependency, Jar, JobView, Ledger, Ownership, SinkLimit, View,
};

/// Targets of the estate that are not of Flink.
pub const OTHERS: u32 = 25;

impl Sim {
    /// What the collectors read from a JobManager in one look.
    pub fn poll(&mut self, cluster: usize) -> JmReply {
        let jm = &self.jms[cluster];
        let mut runs_of: BTreeMap<usize, Vec<&Run>> = BTreeMap::new();
        for run in jm.runs.values() {
            runs_of.entry(run.job).or_default().push(run);
        }
        let of = |job: usize| {
            let j = &self.jobs[job];
            let all = runs_of.get(&job).map_or(&[][..], |runs| runs);
            let runs: Vec<_> = all.iter().filter(|r| r.listed).collect();
            let live = runs.iter().find(|r| r.state == JobState::Running && r.all_running);
            let sick = j
                .sick
                .as_ref()
                .filter(|s| live.is_some_and(|r| ails(s.kind, &s.run, r, j.parallelism)));
            let mut points: Vec<&RestorePoint> =
                runs.iter().flat_map(|r| r.completed.iter().rev().take(3)).collect();
            if jm.readable {
                points.extend(all.iter().filter(|r| !r.listed).filter_map(|r| r.completed.last()));
            }
            points.sort_by_key(|p| std::cmp::Reverse((p.taken, p.checkpoint)));
            points.truncate(3);
            JobSeen {
                job,
                ill: live.is_none() || sick.is_some(),
                sick: sick.map(|s| s.kind),
                parallelism: runs.iter().max_by_key(|r| r.started).map(|r| r.parallelism),
                runs: runs.iter().map(|r| (r.id.clone(), r.state.clone(), r.started)).collect(),
                points: points.into_iter().cloned().collect(),
            }
        };
        let jobs = self.of_cluster(cluster).map(of).collect();
        let seen = ClusterSeen {
            at: self.now,
            fresh: jm.fresh(self.now),
            free_slots: jm.free_slots(),
            dependency_ill: jm.storm.is_some() && jm.named,
        };
        JmReply::Poll { jobs, seen }
    }

    pub fn polled(
        &mut self,
        pid: usize,
        cluster: usize,
        asked: T,
        jobs: &[JobSeen],
        seen: &ClusterSeen,
    ) {
        let mem = &mut self.processes[pid].mem;
        if mem.clusters.get(&cluster).is_some_and(|c| c.at > asked) {
            return;
        }
        mem.clusters.insert(cluster, ClusterSeen { at: asked, ..seen.clone() });
        for told in jobs {
            let eyes = mem.eyes.entry(told.job).or_default();
            // what nobody saw in between does not count
            let gap = asked - eyes.at > 2 * TICK + 1_000;
            let before = eyes.ill_since.filter(|_| !gap);
            let ill_since = told.ill.then(|| before.unwrap_or(asked));
            let well_since = (!told.ill).then(|| eyes.well_since.unwrap_or(asked));
            *eyes = Eyes {
                at: asked,
                ill_since,
                well_since,
                runs: told.runs.clone(),
                sick: told.sick,
                parallelism: told.parallelism.or(eyes.parallelism),
            };
            let known = &mut self.jobs[told.job].known;
            known.run = eyes.current().map(|(run, ..)| run.clone()).or(known.run.take());
            let newest = |points: &[RestorePoint]| points.first().map(|p| (p.taken, p.checkpoint));
            if newest(&told.points) >= newest(&known.points) {
                known.points = told.points.clone();
            }
        }
        for told in jobs {
            self.consider(pid, told.job);
        }
    }

    fn consider(&mut self, pid: usize, job: usize) {
        let now = self.now;
        if !self.leads(pid) {
            return;
        }
        let mem = &self.processes[pid].mem;
        let asked = mem.asked_begin.get(&job).is_some_and(|at| now - at < 5_000);
        let Some(rows) = mem.rows.clone() else { return };
        if asked || mem.eyes.get(&job).is_none_or(|e| e.ill_since.is_none()) {
            return;
        }
        let Some(view) = self.view(pid, job, None) else { return };
        let Some(plan) = self.plan(pid, job, &view) else { return };
        let holds = {
            let (ledger, policy) = (&self.ledger(pid, job, &rows), &self.jobs[job].policy);
            let case = Case { plan: &plan, view: &view, ledger, policy, stage: Stage::Begin };
            let mut holds = holds_without(&case, self.mutant.off);
            match holds.next() {
                // whether it lacks a yes and nothing else
                Some(hold @ Hold::NeedsApproval { .. }) => [Some(hold), holds.next()],
                // what else holds it makes no difference
                first => [first, None],
            }
        };
        match &holds {
            [None, _] => {
                let epoch = self.processes[pid].mem.epoch;
                self.processes[pid].mem.asked_begin.insert(job, now);
                let (plan, view) = (Box::new(plan), Box::new(view));
                self.to_database(pid, DbMsg::Begin { plan, view, epoch }, Pending::Begin { job });
            }
            [Some(Hold::NeedsApproval { plan }), None]
                if self.oracle.proposed.insert(plan.clone()) =>
            {
                let wait = self.rng.between(5_000, 40_000);
                let yes = self.rng.chance(0.8);
                self.push(wait, Event::Approval { plan: plan.clone(), yes });
            }
            _ => {}
        }
    }

    /// What the journal tells, as far as this process has read it, and the switches on its disk.
    pub fn ledger(&self, pid: usize, job: usize, rows: &Rows) -> RefMut<'_, Ledger> {
        let p = &self.processes[pid];
        let (epoch, now) = (p.mem.epoch, database_time(&p.mem, self.now));
        RefMut::map(p.mem.ledger.borrow_mut(), |kept| {
            kept.take_if(|(version, _)| *version != rows.version);
            let fresh = || (rows.version, rows.ledger(job, epoch, now));
            let (_, ledger) = kept.get_or_insert_with(fresh);
            (ledger.now, ledger.epoch) = (now, epoch);
            ledger.generation = rows.generations[job];
            ledger.switches.truncate(rows.switches.len());
            ledger.switches.extend(p.disk.switches.iter().cloned());
            ledger
        })
    }

    /// None: it has not looked yet.
    pub fn view(&self, pid: usize, job: usize, action: Option<&ActionState>) -> Option<View> {
        let mem = &self.processes[pid].mem;
        let (eyes, rows) = (mem.eyes.get(&job)?, mem.rows.as_ref()?);
        let j = &self.jobs[job];
        let seen = mem.clusters.get(&j.cluster)?;
        let at = |t: T| database_time(mem, t);
        let current = eyes.current();
        let run = current.map(|(run, ..)| run.clone());
        let others = eyes.runs.iter().filter(|(run, _, start)| *start > 0 && !self.ours(pid, run));
        let foreign = others.map(|(_, _, start)| *start).max();
        let others = if self.now < self.blind.2 { self.blind.0 } else { 0 };
        let failing: u32 = others + (0..self.jms.len()).map(|c| self.failing(pid, c)).sum::<u32>();
        let ill = self
            .of_cluster(j.cluster)
            .filter(|job| mem.eyes.get(job).is_some_and(|e| e.ill_since.is_some()));
        let live_runs = eyes.runs.iter().filter(|(_, s, _)| !s.is_terminal()).count() as u32;
        Some(View {
            at: at(eyes.at),
            tick: Span(TICK),
            job: JobView {
                key: j.key.clone(),
                ambiguous: live_runs > 1 || j.quirk == Quirk::Ambiguous,
                run: match action {
                    // ours stands in the place of the one that it was made for
                    Some(a) if run.as_ref() == Some(a.current()) => Some(a.plan.run.clone()),
                    _ => run,
                },
                state: current.map(|(_, state, _)| state.clone()),
                generation: rows.generations[job],
                live_runs,
                adaptive: Some(self.jms[j.cluster].adaptive),
                parallelism: eyes.parallelism.map(widths).unwrap_or_default(),
                own: None,
                sources: BTreeSet::from([VertexId::new("v1")]),
                max_parallelism: Some(j.max_parallelism()),
                partitions: Some(j.partitions()),
                sink: match j.quirk {
                    Quirk::SinkLimited => SinkLimit::Yes("sink".into()),
                    _ => SinkLimit::No,
                },
                fixes_parallelism: j.quirk == Quirk::FixedParallelism,
                retained: Some(j.quirk != Quirk::NotRetained),
                restore: j.known.points.clone(),
                owner: match j.quirk {
                    Quirk::Foreign => Ownership::Foreign("operator".into()),
                    Quirk::NoSubmitter => Ownership::Unknown,
                    _ => Ownership::Submitter("jar".into()),
                },
                jar: Jar::Said,
                way: None,
                foreign_change: foreign.map(|start| (at(start), "li.wei".into())),
            },
            cluster: ClusterView {
                fresh_targets: seen.fresh,
                targets: TARGETS,
                jobs: self.of_cluster(j.cluster).len() as u32,
                ill_roots: ill.count() as u32,
                free_slots: Some(seen.free_slots),
                slots_seen: Some(at(seen.at)),
                insecure: j.quirk == Quirk::Insecure,
                failure_domain: domain(j.cluster),
            },
            dependencies: vec![Dependency {
                subject: Subject::KafkaCluster { cluster: ClusterId::new("kafka") },
                ill: Some(seen.dependency_ill),
            }],
            evidence_since: at(eyes.ill_since.unwrap_or(eyes.at)),
            evidence_missing: match j.quirk {
                Quirk::EvidenceMissing => vec!["busy time".into()],
                _ => Vec::new(),
            },
            // its incident is about to end
            uncertain: j.uncertain().or(eyes.ill_since.is_none().then_some(Uncertain::Recovering)),
            failing_targets: failing,
            targets: TARGETS * self.jms.len() as u32 + OTHERS,
        })
    }

    fn failing(&self, pid: usize, cluster: usize) -> u32 {
        match self.processes[pid].mem.clusters.get(&cluster) {
            Some(seen) if self.now - seen.at <= 3 * TICK => TARGETS - seen.fresh,
            _ => TARGETS,
        }
    }

    fn ours(&self, pid: usize, run: &RunId) -> bool {
        let p = &self.processes[pid];
        p.mem.rows.as_ref().is_some_and(|rows| rows.ours(run))
            || p.disk.spools.values().any(|s| s.entries.iter().any(|e| submits(e, run)))
    }

    fn plan(&self, pid: usize, job: usize, view: &View) -> Option<Plan> {
        let j = &self.jobs[job];
        let eyes = self.processes[pid].mem.eyes.get(&job)?;
        let state = view.job.state.as_ref();
        let wider = 2 * j.parallelism;
        let submit = |parallelism| Step::Submit { parallelism, wait_s: 120 };
        let watch = Step::Watch { wait_s: 120 };
        let (checkpoint, stop) = (Step::Checkpoint { wait_s: 20 }, Step::Stop { wait_s: 60 });
        let restart =
            |to| vec![checkpoint.clone(), stop.clone(), Step::Choose, submit(to), watch.clone()];
        let scale = |to| Step::Scale { parallelism: widths(to), wait_s: 60 };
        let (playbook, steps, rollback) = match (state, eyes.sick) {
            (None | Some(JobState::Failed), _) => {
                ("reuse-checkpoint", vec![Step::Choose, submit(None), watch.clone()], vec![])
            }
            (Some(JobState::Running), Some(Ill::Slow)) if self.jms[j.cluster].adaptive => {
                let back = vec![scale(j.parallelism), Step::Watch { wait_s: 60 }];
                ("rescale", vec![scale(wider), watch.clone()], back)
            }
            (Some(JobState::Running), Some(Ill::Slow)) => {
                let back =
                    vec![stop.clone(), Step::Choose, submit(Some(j.parallelism)), watch.clone()];
                ("rescale", restart(Some(wider)), back)
            }
            (Some(JobState::Running | JobState::Restarting), _) => {
                ("restart-from-checkpoint", restart(None), vec![])
            }
            _ => return None,
        };
        Some(Plan {
            incident: IncidentId(format!("i-{job}-{}", j.ill_since.unwrap_or(0)).into()),
            playbook: playbook.into(),
            risk: Risk::B,
            job: j.key.clone(),
            run: view.job.run.clone().or(j.known.run.clone())?,
            generation: view.job.generation,
            made: database_time(&self.processes[pid].mem, self.now),
            steps,
            rollback,
            jar: None,
            way: None,
            secured: view.job.restore.first().cloned(),
            preconditions: vec![Precondition {
                name: "as it should be".into(),
                holds: (j.quirk != Quirk::Precondition).then_some(true),
                now: Default::default(),
            }],
            before: Before::default(),
            says: Default::default(),
        })
    }

    pub fn clock(&self) -> Millis {
        Millis(EPOCH + self.now)
    }
}
