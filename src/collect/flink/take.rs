//! An answer into facts, samples and what to ask next.

use super::ask::{Ask, Subject};
use super::target::{FlinkTarget, LOG_MAX};
use super::{metrics, parse};
use crate::collect::Yield;
use streamwarden_core::estate::*;
use streamwarden_core::signals::{Sample, Signal};

/// Jobs kept of one JobManager; those that go on first, then the latest to end.
const JOBS: usize = 2000;
/// Values are stale when metrics were not asked for this long before.
const PAUSE: Span = Span::secs(20);
/// A plan that is not there yet is asked again after this.
const PLAN_SOON: Span = Span::secs(3);
/// A first list of names makes Flink fetch them; the next one, after its default interval, is full.
const NAMES_SOON: Span = Span::secs(12);
/// What is said when the Kafka address cannot be found.
const KAFKA: &str = "kafka address";
/// A new job's Kafka clients have told the log where they connect.
const CLIENTS_STARTED: Span = Span::secs(10);

/// Understood; with a span: to be asked again after it.
pub(super) type Taken = Result<Option<Span>, GapReason>;

impl FlinkTarget {
    pub(super) fn take(&mut self, ask: &Ask, body: &[u8], at: Millis, out: &mut Yield) -> Taken {
        let cluster = self.cluster.clone();
        match ask {
            Ask::Jobs => self.take_jobs(body, at, out)?,
            Ask::Versions => self.versions = Some(parse::versions(body)?),
            Ask::Overview => self.take_overview(body, at, out)?,
            Ask::JobManagerConfig => {
                self.take_life(parse::jobmanager_life(body)?, at);
                let entries = parse::jobmanager_config(body)?;
                out.facts.push((at, Fact::ClusterConfig { cluster, entries }));
            }
            Ask::TaskManagers => self.take_taskmanagers(body, at, out)?,
            Ask::Detail(run) => return self.take_detail(run, body, at, out),
            Ask::JobConfig(run) => {
                self.configs.insert(run.clone(), parse::job_config(body)?);
                self.schedule(at).once_at(Ask::CheckpointConfig(run.clone()), at);
            }
            Ask::CheckpointConfig(run) => {
                let mut entries = parse::checkpoint_config(body)?;
                entries.extend(self.configs.remove(run).unwrap_or_default());
                out.facts.push((at, Fact::JobConfig { cluster, run: run.clone(), entries }));
            }
            Ask::Checkpoints(run) => {
                let stats = parse::checkpoints(body, &cluster, run)?;
                out.samples.extend(self.checkpoint_samples(&stats, at));
                out.facts.push((at, Fact::Checkpoints(stats)));
            }
            Ask::Exceptions(run) => {
                let entries = parse::exceptions(body)?;
                out.facts.push((at, Fact::Exceptions { cluster, run: run.clone(), entries }));
            }
            Ask::Placed(run, vertex) => {
                let placed = parse::placed(body)?.into_iter().map(|(index, taskmanager)| {
                    let (cluster, run, vertex) = (cluster.clone(), run.clone(), vertex.clone());
                    (at, Fact::Placement { cluster, run, vertex, index, taskmanager })
                });
                out.facts.extend(placed);
            }
            Ask::LogList(tm) => self.take_logs(tm, &parse::log_list(body)?, at, out),
            Ask::LogHead(_) => self.take_log(body, at, out),
            probe if probe.is_probe() => return self.take_probe(probe, body, at, out),
            Ask::MetricNames(subject) => {
                let ids = parse::metric_names(body)?;
                let first = self.names.part(subject, 0).is_none();
                let parts = self.names.listed(&cluster, subject, &ids);
                self.schedule(at).values(subject, parts, at);
                self.metrics_asked.get_or_insert(at);
                return Ok(first.then_some(NAMES_SOON));
            }
            Ask::MetricValues(subject, _) => {
                let values = parse::metric_values(body)?;
                let fresh = self.metrics_asked.is_some_and(|before| at - before <= PAUSE);
                self.metrics_asked = Some(at);
                if fresh {
                    out.samples.extend(metrics::samples(&cluster, subject, &values, at));
                }
            }
            // probes are taken above
            _ => {}
        }
        Ok(None)
    }

    /// 404: a job without checkpoints has none to tell of, and a job or TaskManager that has just
    /// gone is missing in the next list.
    pub(super) fn take_absent(&mut self, ask: &Ask, at: Millis, out: &mut Yield) -> Taken {
        match ask {
            Ask::CheckpointConfig(run) => {
                let entries = self.configs.remove(run).unwrap_or_default();
                let (cluster, run) = (self.cluster.clone(), run.clone());
                out.facts.push((at, Fact::JobConfig { cluster, run, entries }));
                Ok(None)
            }
            _ if ask.is_probe() => Err(GapReason::Status { code: 404 }),
            _ if ask.run().is_some() || ask.taskmanager().is_some() => Ok(None),
            _ => Err(GapReason::Status { code: 404 }),
        }
    }

    fn take_jobs(&mut self, body: &[u8], at: Millis, out: &mut Yield) -> Result<(), GapReason> {
        let parse::Jobs { mut jobs, now } = parse::jobs(body)?;
        if let Some(now) = now {
            self.ahead = now - at;
        }
        let seen = jobs.len() as u64;
        jobs.sort_by_key(|j| (j.end.is_some(), std::cmp::Reverse(j.end), j.run.clone()));
        jobs.truncate(JOBS);
        if seen > JOBS as u64 {
            let reason = GapReason::TooMany { what: "jobs".into(), cap: JOBS as u64, seen };
            self.gap("jobs".into(), None, reason, at, out);
        } else {
            self.close("jobs", out);
        }
        self.runs = jobs.iter().map(|j| (j.run.clone(), j.name.clone())).collect();
        let moved = self.schedule(at).jobs(&jobs, at);
        self.forget(&moved.gone, out);
        if !moved.new.is_empty() {
            self.logs_read.clear();
            self.look_for_kafka(at + CLIENTS_STARTED);
        }
        let cluster = self.cluster.clone();
        let running = jobs.iter().filter(|j| j.state == JobState::Running).count();
        let entity = Entity::FlinkCluster { cluster: cluster.clone() };
        out.samples.push(sample(entity, Signal::RunningJobs, at, running as f64));
        for job in &jobs {
            let entity = Entity::Run { cluster: cluster.clone(), run: job.run.clone() };
            let code = f64::from(job.state.code());
            out.samples.push(sample(entity, Signal::JobStateCode, at, code));
        }
        out.facts.push((at, Fact::Jobs { cluster, jobs }));
        Ok(())
    }

    fn close(&mut self, what: &str, out: &mut Yield) {
        if self.open.remove(what).is_some() {
            out.seen.push(what.into());
        }
    }

    fn take_overview(&mut self, body: &[u8], at: Millis, out: &mut Yield) -> Result<(), GapReason> {
        let mut overview = parse::overview(body, &self.cluster, self.versions.as_ref())?;
        overview.jobmanager_started = self.life_began;
        for (signal, value) in [
            (Signal::SlotsTotal, overview.slots_total),
            (Signal::SlotsAvailable, overview.slots_available),
            (Signal::TaskManagers, overview.taskmanagers),
        ] {
            let entity = Entity::FlinkCluster { cluster: self.cluster.clone() };
            out.samples.push(sample(entity, signal, at, f64::from(value)));
        }
        out.facts.push((at, Fact::FlinkOverview(overview)));
        Ok(())
    }

    /// Another process answers: what does not change within a life is asked anew.
    fn take_life(&mut self, life: Option<Name>, at: Millis) {
        let Some(life) = life else { return };
        if self.life.as_ref().is_some_and(|known| *known != life) {
            self.life_began = Some(at);
            let schedule = self.schedule(at);
            schedule.once_at(Ask::Versions, at);
            schedule.once_at(Ask::Overview, at);
        }
        self.life = Some(life);
    }

    fn take_taskmanagers(
        &mut self,
        body: &[u8],
        at: Millis,
        out: &mut Yield,
    ) -> Result<(), GapReason> {
        let list = parse::taskmanagers(body)?;
        self.taskmanagers = list.iter().map(|tm| tm.id.clone()).collect();
        let ids = self.taskmanagers.clone();
        self.schedule(at).taskmanagers(&ids, at);
        self.names.keep_taskmanagers(|tm| ids.contains(tm));
        self.look_for_kafka(at);
        out.facts.push((at, Fact::TaskManagers { cluster: self.cluster.clone(), list }));
        Ok(())
    }

    fn take_detail(&mut self, run: &RunId, body: &[u8], at: Millis, out: &mut Yield) -> Taken {
        let detail = parse::detail(body, &self.cluster)?;
        if detail.plan_hash.is_empty() {
            // it is being initialised: not a fact yet
            return Ok(Some(PLAN_SOON));
        }
        let subjects: Vec<_> =
            detail.vertices.iter().map(|v| Subject::Vertex(run.clone(), v.id.clone())).collect();
        if !detail.state.is_terminal() {
            self.schedule(at).vertices(subjects.into_iter(), at);
        }
        out.facts.push((at, Fact::JobDetail(detail)));
        Ok(None)
    }

    fn checkpoint_samples(&self, stats: &CheckpointStats, at: Millis) -> Vec<Sample> {
        let last = stats.latest_completed.as_ref();
        // both moments by the JobManager's clock
        let age = last.and_then(|c| c.latest_ack).map(|ack| ((at + self.ahead) - ack).0.max(0));
        let number = |n: Option<u64>| n.map(|n| n as f64);
        [
            (Signal::CheckpointsCompleted, number(stats.completed)),
            (Signal::CheckpointsFailed, number(stats.failed)),
            (Signal::CheckpointsInProgress, number(stats.in_progress)),
            (Signal::LastCheckpointDuration, number(last.and_then(|c| c.duration_ms))),
            (Signal::LastCheckpointSize, number(last.and_then(|c| c.checkpointed_size))),
            (Signal::LastCheckpointFullSize, number(last.and_then(|c| c.state_size))),
            (Signal::CheckpointAge, age.map(|a| a as f64)),
        ]
        .into_iter()
        .filter_map(|(signal, value)| {
            let (cluster, run) = (stats.cluster.clone(), stats.run.clone());
            Some(sample(Entity::Run { cluster, run }, signal, at, value?))
        })
        .collect()
    }

    /// Plans to look into the log of a TaskManager that was not looked at.
    fn look_for_kafka(&mut self, when: Millis) {
        if !self.options.find_kafka || self.kafka_found {
            return;
        }
        let next = self.taskmanagers.iter().find(|tm| !self.logs_read.contains(tm)).cloned();
        if let Some(tm) = next {
            self.logs_read.insert(tm.clone());
            self.schedule(when).once_at(Ask::LogList(tm), when);
        }
    }

    /// The size is looked at first: Flink would copy the whole log to the JobManager.
    fn take_logs(
        &mut self,
        tm: &TaskManagerId,
        logs: &[parse::LogFile],
        at: Millis,
        out: &mut Yield,
    ) {
        let sizes = logs.iter().filter(|f| f.name.ends_with(".log")).filter_map(|f| f.size);
        match sizes.max() {
            Some(size) if size <= LOG_MAX => {
                self.schedule(at).once_at(Ask::LogHead(tm.clone()), at);
            }
            Some(size) => {
                let size = size >> 20;
                self.no_kafka(
                    format!("a log of {size} MiB, which Flink would copy whole"),
                    at,
                    out,
                );
            }
            None => self.no_kafka("TaskManagers that serve no log".into(), at, out),
        }
    }

    fn take_log(&mut self, body: &[u8], at: Millis, out: &mut Yield) {
        let found = parse::kafka_addresses(body);
        if found.is_empty() {
            return self.no_kafka("log heads without a Kafka client's start".into(), at, out);
        }
        self.kafka_found = true;
        self.close(KAFKA, out);
        for (bootstrap, groups) in found {
            let cluster = self.cluster.clone();
            out.facts.push((at, Fact::KafkaAddress { cluster, bootstrap, groups }));
        }
    }

    /// Tries the next TaskManager; says so when there is none left.
    fn no_kafka(&mut self, found: String, at: Millis, out: &mut Yield) {
        if self.taskmanagers.iter().any(|tm| !self.logs_read.contains(tm)) {
            return self.look_for_kafka(at);
        }
        let detail = format!("found only {found}: give --kafka");
        self.gap(KAFKA.into(), None, GapReason::NotConfigured { detail }, at, out);
    }
}

fn sample(entity: Entity, signal: Signal, at: Millis, value: f64) -> Sample {
    Sample { entity, signal, at, value }
}
