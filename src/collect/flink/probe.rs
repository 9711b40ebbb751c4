//! Questions that cost the estate something, asked one at a time when somebody allows it. They go
//! through the target's own budget like every other request.

use super::ask::Ask;
use super::parse::{self, Flame};
use super::take::Taken;
use super::target::FlinkTarget;
use crate::collect::{Probed, Yield};
use std::collections::VecDeque;
use streamwarden_core::estate::*;

/// Between two dumps that are compared.
const APART: Span = Span::secs(3);
/// Flink samples a flame graph for a few seconds, after the first question.
const SAMPLING: Span = Span(1500);
/// Checkpoint: vertices whose subtasks are asked for.
const VERTICES: usize = 6;
/// Flink copies a whole log to the JobManager to show it.
const LOG_MAX: u64 = 8 << 20;
const LOG_TAIL: usize = 64 << 10;
/// What takes longer is given up.
const PATIENCE: Span = Span::secs(40);

/// What can be asked of a Flink cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FlinkProbe {
    /// Two thread dumps of a TaskManager, 3 s apart.
    Threads(TaskManagerId),
    FlameGraph(RunId, VertexId),
    /// One checkpoint, by its number.
    Checkpoint(RunId, u64),
    LogTail(TaskManagerId),
}

/// The one that is being asked.
pub(super) struct Probing {
    name: Name,
    began: Millis,
    threads: Option<(Millis, Vec<TaskThread>)>,
    checkpoint: Option<CheckpointDetail>,
    vertices: VecDeque<VertexId>,
}

impl FlinkTarget {
    /// Whether one is under way: no other is begun.
    pub fn probing(&self) -> bool {
        self.probing.is_some()
    }

    /// Begins with the next requests; without an effect while another is under way.
    pub fn probe(&mut self, probe: FlinkProbe, name: Name, now: Millis) {
        if self.probing() {
            return;
        }
        let ask = match probe {
            FlinkProbe::Threads(tm) => Ask::Threads(tm),
            FlinkProbe::FlameGraph(run, vertex) => Ask::FlameGraph(run, vertex),
            FlinkProbe::Checkpoint(run, id) => Ask::CheckpointDetail(run, id),
            FlinkProbe::LogTail(tm) => Ask::LogSize(tm),
        };
        let (threads, checkpoint, vertices) = (None, None, VecDeque::new());
        self.probing = Some(Probing { name, began: now, threads, checkpoint, vertices });
        self.schedule(now).once_at(ask, now);
    }

    /// Answered, in vain, or given up.
    pub(super) fn probe_ends(&mut self, missed: Option<GapReason>, out: &mut Yield) {
        if let Some(probing) = self.probing.take() {
            out.probed.push(Probed { name: probing.name, missed });
        }
    }

    pub(super) fn probe_patience(&mut self, now: Millis, out: &mut Yield) {
        if let Some(probing) = &self.probing
            && now - probing.began > PATIENCE
        {
            self.schedule(now).forget_probes();
            let after_ms = u64::try_from(PATIENCE.0).unwrap_or(0);
            self.probe_ends(Some(GapReason::TimedOut { after_ms }), out);
        }
    }

    pub(super) fn take_probe(
        &mut self,
        ask: &Ask,
        body: &[u8],
        at: Millis,
        out: &mut Yield,
    ) -> Taken {
        match ask {
            Ask::Threads(tm) => return self.take_threads(tm, parse::thread_dump(body)?, at, out),
            Ask::FlameGraph(run, vertex) => match parse::flame(body)? {
                Flame::Waiting => return Ok(Some(SAMPLING)),
                Flame::Disabled => return Err(no_flames()),
                Flame::Ended => return Err(ended()),
                Flame::Sampled(shares) => {
                    let (cluster, run) = (self.cluster.clone(), run.clone());
                    let fact = flame_fact(cluster, run, vertex.clone(), shares);
                    out.facts.push((at, fact));
                }
            },
            Ask::CheckpointDetail(run, _) => {
                let detail = parse::checkpoint_detail(body, &self.cluster, run)?;
                if let Some(probing) = &mut self.probing {
                    probing.vertices = parse::worth_asking(&detail, VERTICES).into();
                    probing.checkpoint = Some(detail);
                }
                return self.next_vertex(at, out);
            }
            Ask::CheckpointSubtasks(_, _, vertex) => {
                let detail = self.probing.as_mut().and_then(|p| p.checkpoint.as_mut());
                if let Some(known) = detail.and_then(|d| d.vertices.get_mut(vertex)) {
                    parse::checkpoint_subtasks(body, known)?;
                }
                return self.next_vertex(at, out);
            }
            Ask::LogSize(tm) => {
                let logs = parse::log_list(body)?;
                let sizes = logs.iter().filter(|f| f.name.ends_with(".log")).filter_map(|f| f.size);
                match sizes.max() {
                    Some(size) if size <= LOG_MAX => {
                        self.schedule(at).once_at(Ask::LogWhole(tm.clone()), at);
                        return Ok(None);
                    }
                    size => return Err(no_log(size)),
                }
            }
            Ask::LogWhole(tm) => {
                let said = parse::log_tail(body, LOG_TAIL);
                let tail = LogTail { cluster: self.cluster.clone(), taskmanager: tm.clone(), said };
                out.facts.push((at, Fact::LogTail(tail)));
            }
            _ => return Ok(None),
        }
        self.probe_ends(None, out);
        Ok(None)
    }

    /// The first dump is told at once, the second with what stood still since.
    fn take_threads(
        &mut self,
        tm: &TaskManagerId,
        mut threads: Vec<TaskThread>,
        at: Millis,
        out: &mut Yield,
    ) -> Taken {
        let before = self.probing.as_mut().and_then(|p| p.threads.take());
        let apart_ms = before.as_ref().map(|(then, _)| (at - *then).0.unsigned_abs());
        match before {
            Some((_, before)) => {
                parse::compare(&mut threads, &before);
                self.probe_ends(None, out);
            }
            None => {
                if let Some(probing) = &mut self.probing {
                    probing.threads = Some((at, threads.clone()));
                }
            }
        }
        let (cluster, taskmanager) = (self.cluster.clone(), tm.clone());
        out.facts
            .push((at, Fact::ThreadDump(ThreadDump { cluster, taskmanager, apart_ms, threads })));
        Ok(apart_ms.is_none().then_some(APART))
    }

    fn next_vertex(&mut self, at: Millis, out: &mut Yield) -> Taken {
        let Some(probing) = &mut self.probing else { return Ok(None) };
        let Some(detail) = &probing.checkpoint else { return Ok(None) };
        if let Some(vertex) = probing.vertices.pop_front() {
            let ask = Ask::CheckpointSubtasks(detail.run.clone(), detail.id, vertex);
            self.schedule(at).once_at(ask, at);
        } else {
            out.facts.push((at, Fact::CheckpointDetail(detail.clone())));
            self.probe_ends(None, out);
        }
        Ok(None)
    }
}

fn flame_fact(cluster: ClusterId, run: RunId, vertex: VertexId, s: parse::Shares) -> Fact {
    let parse::Shares { at, samples, user, idle, off_cpu, on_cpu, top } = s;
    Fact::FlameGraph(FlameGraph {
        cluster,
        run,
        vertex,
        sampled: at,
        samples,
        user,
        idle,
        off_cpu,
        on_cpu,
        top,
    })
}

fn no_flames() -> GapReason {
    let detail = "set rest.flamegraph.enabled: true in Flink's configuration".into();
    GapReason::NotConfigured { detail }
}

fn ended() -> GapReason {
    GapReason::NotUnderstood { detail: "the job has ended".into() }
}

fn no_log(size: Option<u64>) -> GapReason {
    match size {
        Some(_) => GapReason::TooLarge { cap_bytes: LOG_MAX },
        None => GapReason::NotConfigured { detail: "the TaskManager serves no log".into() },
    }
}
