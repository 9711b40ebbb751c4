//! One JobManager: at most one request in flight, and two a second.

use super::ask::Ask;
use super::metrics::Names;
use super::parse::{self, Versions};
use super::probe::Probing;
use super::schedule::Schedule;
use super::take::Taken;
use crate::collect::Yield;
use crate::collect::http::{Answer, ReadClient};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use streamwarden_core::estate::{
    ClusterId, Gap, GapReason, Millis, Name, RunId, Span, Target, TaskManagerId,
};
use streamwarden_core::snapshot::JOBS_EVERY;
use tokio::time::Instant;

/// Of a TaskManager's log this much is read: Kafka's clients say where they connect when a job
/// starts, most often at the log's head.
pub(super) const LOG_HEAD: u64 = 256 * 1024;
/// Flink copies a whole log to the JobManager when its head is asked for. Larger ones are left.
pub(super) const LOG_MAX: u64 = 64 << 20;
/// The budget of a JobManager.
const RATE: f64 = 2.0;
/// While somebody waits for one answer; still one at a time.
const HASTY_RATE: f64 = 10.0;

#[derive(Clone, Debug)]
pub struct FlinkOptions {
    /// Metrics come from there: none are asked by REST.
    pub has_prometheus: bool,
    /// Read the Kafka address in a TaskManager's log, as none is configured.
    pub find_kafka: bool,
    /// Requests a second.
    pub rate: f64,
    /// Values are asked for more often than a long watch needs them.
    pub hasty: bool,
    /// How often the list of jobs is asked. What a tick brings is handed over at its end: ticks
    /// may be shorter than this, so that it is known sooner.
    pub list_every: Duration,
    /// How long one tick may go on asking. What is left waits for the next.
    pub tick: Duration,
    /// Of one request.
    pub deadline: Duration,
    /// Bytes of one answer, unpacked.
    pub cap: u64,
}

impl FlinkOptions {
    /// For the minute in which somebody waits.
    pub fn hasty() -> FlinkOptions {
        FlinkOptions {
            rate: HASTY_RATE,
            hasty: true,
            list_every: Duration::from_secs(2),
            ..FlinkOptions::default()
        }
    }
}

impl Default for FlinkOptions {
    fn default() -> FlinkOptions {
        FlinkOptions {
            has_prometheus: true,
            find_kafka: false,
            rate: RATE,
            hasty: false,
            list_every: Duration::from_millis(JOBS_EVERY.0.unsigned_abs()),
            tick: Duration::from_secs(5),
            deadline: Duration::from_secs(5),
            cap: 16 << 20,
        }
    }
}

/// What we have cost a JobManager since we began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    pub requests: u64,
    /// Of them without an answer that could be used.
    pub failed: u64,
    /// Bytes of bodies, unpacked.
    pub bytes: u64,
    /// Time that requests were in flight.
    pub busy: Duration,
}

/// One JobManager's REST address and what we remember of it between ticks.
pub struct FlinkTarget {
    pub(super) target: Target,
    pub(super) cluster: ClusterId,
    base: String,
    client: ReadClient,
    pub(super) options: FlinkOptions,
    pub(super) schedule: Option<Schedule>,
    pub(super) names: Names,
    /// Names of the runs that are listed.
    pub(super) runs: BTreeMap<RunId, Name>,
    pub(super) taskmanagers: BTreeSet<TaskManagerId>,
    pub(super) versions: Option<Versions>,
    /// `/jobs/:id/config`, until `/checkpoints/config` completes it.
    pub(super) configs: BTreeMap<RunId, BTreeMap<String, String>>,
    pub(super) life: Option<Name>,
    pub(super) life_began: Option<Millis>,
    /// How far the JobManager's clock is ahead of ours.
    pub(super) ahead: Span,
    /// When metrics were last asked: values after a pause are stale.
    pub(super) metrics_asked: Option<Millis>,
    /// TaskManagers whose log was looked at.
    pub(super) logs_read: BTreeSet<TaskManagerId>,
    pub(super) kafka_found: bool,
    /// Gaps that stand, with the run they are about.
    pub(super) open: BTreeMap<Name, Option<RunId>>,
    pub(super) probing: Option<Probing>,
    down: bool,
    listed: Option<Millis>,
    free_at: Option<Instant>,
    cost: Cost,
}

impl FlinkTarget {
    /// `base` is the REST address; user info in it is used as a credential and never shown.
    pub fn new(
        target: Target,
        cluster: ClusterId,
        base: &str,
        client: ReadClient,
        options: FlinkOptions,
    ) -> FlinkTarget {
        FlinkTarget {
            target,
            cluster,
            base: base.trim_end_matches('/').to_owned(),
            client,
            options,
            schedule: None,
            names: Names::default(),
            runs: BTreeMap::new(),
            taskmanagers: BTreeSet::new(),
            versions: None,
            configs: BTreeMap::new(),
            life: None,
            life_began: None,
            ahead: Span(0),
            metrics_asked: None,
            logs_read: BTreeSet::new(),
            kafka_found: false,
            open: BTreeMap::new(),
            probing: None,
            down: false,
            listed: None,
            free_at: None,
            cost: Cost::default(),
        }
    }

    pub fn cluster(&self) -> &ClusterId {
        &self.cluster
    }

    /// Runs to be looked at closely, though their JobManager calls them RUNNING.
    pub fn hurry(&mut self, runs: BTreeSet<RunId>, now: Millis) {
        self.schedule(now).hurry(runs, now);
    }

    /// Runs of jobs that we are at work on.
    pub fn watch(&mut self, runs: BTreeSet<RunId>, now: Millis) {
        self.schedule(now).watch(runs, now);
    }

    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Looks once: the list of jobs when it is its time, then what is due and fits the budget, one
    /// by one. `clock` is asked at each answer. Goes on for at most `options.tick`, or one request's
    /// deadline. A JobManager that is down is only asked for its list.
    pub async fn tick(&mut self, clock: &(dyn Fn() -> Millis + Sync)) -> Yield {
        let mut out = Yield::default();
        let ends = Instant::now() + self.options.tick;
        let now = clock();
        if self.list_is_due(now) {
            self.listed = Some(now);
            let was_down = self.down;
            self.down = !self.ask(Ask::Jobs, clock, &mut out).await;
            if was_down && !self.down {
                let now = clock();
                self.schedule(now).look_again(now);
            }
        }
        self.probe_patience(now, &mut out);
        while !self.down && self.free_at.is_none_or(|free| free + self.pace() <= ends) {
            let now = clock();
            let Some(ask) = self.schedule(now).next(now).cloned() else { break };
            if !self.ask(ask, clock, &mut out).await && self.lost(&out) {
                break;
            }
        }
        out
    }

    /// A little early is on time: ticks are jittered.
    fn list_is_due(&self, now: Millis) -> bool {
        let every = self.options.list_every.as_millis() as f64 * 0.8;
        self.listed.is_none_or(|last| (now - last).0 as f64 >= every)
    }

    /// Between the beginnings of two requests.
    fn pace(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.options.rate.max(0.01))
    }

    pub(super) fn schedule(&mut self, now: Millis) -> &mut Schedule {
        let (metrics, hasty) = (!self.options.has_prometheus, self.options.hasty);
        self.schedule.get_or_insert_with(|| {
            let mut schedule = Schedule::new(metrics, now);
            if hasty {
                schedule.make_haste();
            }
            schedule
        })
    }

    /// The last gap says that nobody is there: no use in asking on.
    fn lost(&self, out: &Yield) -> bool {
        out.gaps.last().is_some_and(|g| matches!(g.reason, GapReason::Unreachable { .. }))
    }

    /// One request, when the budget allows; true when it was answered and understood.
    async fn ask(
        &mut self,
        ask: Ask,
        clock: &(dyn Fn() -> Millis + Sync),
        out: &mut Yield,
    ) -> bool {
        if let Some(free) = self.free_at {
            tokio::time::sleep_until(free).await;
        }
        let begun = Instant::now();
        self.free_at = Some(begun + self.pace());
        let answer = self.fetch(&ask).await;
        let at = clock();
        self.cost.requests += 1;
        self.cost.busy += begun.elapsed();
        out.requests += 1;
        if let Ok(answer) = &answer {
            self.cost.bytes += answer.body.len() as u64;
            out.bytes += answer.body.len() as u64;
        }
        let taken = match answer {
            Ok(answer) => self.take(&ask, &answer.body, at, out),
            Err(GapReason::Status { code: 404 }) => self.take_absent(&ask, at, out),
            Err(reason) => Err(reason),
        };
        let answered = taken.is_ok();
        if ask.is_probe()
            && let Err(reason) = &taken
        {
            self.probe_ends(Some(reason.clone()), out);
        }
        self.schedule(at).done(&ask, at, answered);
        if let Ok(Some(soon)) = taken {
            self.schedule(at).once_at(ask.clone(), at + soon);
        }
        self.tell(&ask, taken, at, out);
        answered
    }

    async fn fetch(&self, ask: &Ask) -> Result<Answer, GapReason> {
        let mut url = format!("{}{}", self.base, ask.path());
        if let Ask::FlameGraph(..) = ask {
            url.push_str("?type=full");
        }
        if let Ask::MetricValues(subject, n) = ask {
            url.push_str("?get=");
            url.push_str(self.names.part(subject, *n).unwrap_or_default());
        }
        match ask {
            Ask::LogHead(_) => self.client.get_head(&url, self.options.deadline, LOG_HEAD).await,
            _ => self.client.get(&url, self.options.deadline, self.options.cap).await,
        }
    }

    fn tell(&mut self, ask: &Ask, taken: Taken, at: Millis, out: &mut Yield) {
        if ask.is_probe() {
            // asked once: what is missing of it is no gap that stays open
            self.cost.failed += u64::from(taken.is_err());
            return;
        }
        let what =
            Name::from(ask.what(|id| self.runs.get(&RunId::new(id)).map(|name| name.to_string())));
        match taken {
            Ok(_) => {
                self.open.remove(&what);
                out.seen.push(what);
            }
            Err(reason) => {
                self.cost.failed += 1;
                self.gap(what, ask.run().cloned(), reason, at, out);
            }
        }
    }

    pub(super) fn gap(
        &mut self,
        what: Name,
        run: Option<RunId>,
        reason: GapReason,
        at: Millis,
        out: &mut Yield,
    ) {
        self.open.insert(what.clone(), run);
        out.gaps.push(Gap { target: self.target.clone(), what, at, reason });
    }

    /// Runs that are gone leave no gap open.
    pub(super) fn forget(&mut self, gone: &[RunId], out: &mut Yield) {
        for run in gone {
            self.runs.remove(run);
            self.configs.remove(run);
            self.names.forget_run(run);
        }
        let closed: Vec<Name> = self
            .open
            .iter()
            .filter(|(_, run)| run.as_ref().is_some_and(|r| gone.contains(r)))
            .map(|(what, _)| what.clone())
            .collect();
        for what in closed {
            self.open.remove(&what);
            out.seen.push(what);
        }
    }

    /// Whether this version's answers were recorded and tested.
    pub fn claimed(&self) -> Option<bool> {
        self.versions.as_ref().map(|v| parse::claimed(&v.version))
    }
}
