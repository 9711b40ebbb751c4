//! Answers to probes: asked only when somebody allows it, seldom, of one place. The newest of each
//! place is kept.

use super::{ClusterId, Estate, Millis, Name, RunId, TaskManagerId, TopicFact, TopicId, VertexId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Answers kept of each kind; the oldest go first.
const KEPT: usize = 64;

/// Task threads of one TaskManager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadDump {
    pub cluster: ClusterId,
    pub taskmanager: TaskManagerId,
    /// How far apart the two dumps were that `stood` compares; None: there is one so far.
    pub apart_ms: Option<u64>,
    pub threads: Vec<TaskThread>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskThread {
    /// The vertex's name, as the thread shows it (it may be cut).
    pub vertex: Name,
    /// From 0.
    pub subtask: u32,
    /// What runs beside the task's own thread: "Source Data Fetcher", "Legacy Source Thread".
    pub role: Option<Name>,
    /// RUNNABLE, BLOCKED, WAITING, TIMED_WAITING.
    pub state: Name,
    /// Innermost first, `class.method`, at most 40.
    pub frames: Vec<Name>,
    /// The innermost frame that is neither Flink's, the JVM's nor a library's of Flink's class path.
    pub user_frame: Option<Name>,
    /// Waits for records in its mailbox: not stuck.
    pub idle: bool,
    /// The user frame was there in the dump before as well, and the thread was not idle.
    pub stood: Option<bool>,
}

/// Where the threads of one vertex spent their time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlameGraph {
    pub cluster: ClusterId,
    pub run: RunId,
    pub vertex: VertexId,
    /// End of Flink's sampling.
    pub sampled: Millis,
    pub samples: u64,
    /// Share of samples within user code, 0 to 1.
    pub user: f64,
    /// Share that waits for records in the mailbox or for a network buffer.
    pub idle: f64,
    /// Of the samples in user code: share that sleeps, waits, or reads from a socket or file.
    pub off_cpu: Option<f64>,
    /// Of the samples in user code: share that computes.
    pub on_cpu: Option<f64>,
    /// The user frame with most samples, and its share of those in user code.
    pub top: Option<(Name, f64)>,
}

/// Who of a checkpoint has answered, and how long the parts took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckpointDetail {
    pub cluster: ClusterId,
    pub run: RunId,
    pub id: u64,
    /// COMPLETED, IN_PROGRESS, FAILED.
    pub status: Name,
    pub triggered: Millis,
    /// From the trigger to the last acknowledgement.
    pub duration_ms: Option<u64>,
    pub vertices: BTreeMap<VertexId, CheckpointVertex>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CheckpointVertex {
    pub subtasks: Option<u32>,
    pub acknowledged: Option<u32>,
    /// Subtasks that had not answered; empty where they were not asked for.
    pub pending: Vec<u32>,
    /// The slowest subtask of each, ms.
    pub start_delay_ms: Option<u64>,
    pub alignment_ms: Option<u64>,
    pub sync_ms: Option<u64>,
    pub async_ms: Option<u64>,
    /// The largest state of a subtask, bytes, and the smallest.
    pub state_size: Option<(u64, u64)>,
}

/// The end of a TaskManager's log: only lines that say something we know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogTail {
    pub cluster: ClusterId,
    pub taskmanager: TaskManagerId,
    /// Which known thing was said, how often, and its last line (made harmless, cut, secrets out).
    pub said: BTreeMap<Name, LogSaid>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSaid {
    pub times: u32,
    pub last: Name,
}

/// One topic, asked for by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicAnswer {
    pub topic: TopicId,
    pub found: TopicFound,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum TopicFound {
    There {
        topic: Box<TopicFact>,
    },
    /// The broker does not know it.
    Unknown,
    /// We may not describe it.
    Denied,
    Failed {
        error: Name,
    },
}

/// What probes have told, newest of each place, with the moment of the answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Probed {
    pub threads: BTreeMap<(ClusterId, TaskManagerId), (Millis, ThreadDump)>,
    pub flames: BTreeMap<(ClusterId, RunId, VertexId), (Millis, FlameGraph)>,
    pub checkpoints: BTreeMap<(ClusterId, RunId), (Millis, CheckpointDetail)>,
    pub logs: BTreeMap<(ClusterId, TaskManagerId), (Millis, LogTail)>,
    pub topics: BTreeMap<TopicId, (Millis, TopicAnswer)>,
}

impl Estate {
    pub(super) fn thread_dump(&mut self, d: ThreadDump, at: Millis) {
        keep(&mut self.probed.threads, (d.cluster.clone(), d.taskmanager.clone()), at, d);
    }

    pub(super) fn flame_graph(&mut self, f: FlameGraph, at: Millis) {
        let key = (f.cluster.clone(), f.run.clone(), f.vertex.clone());
        keep(&mut self.probed.flames, key, at, f);
    }

    pub(super) fn checkpoint_detail(&mut self, c: CheckpointDetail, at: Millis) {
        keep(&mut self.probed.checkpoints, (c.cluster.clone(), c.run.clone()), at, c);
    }

    pub(super) fn log_tail(&mut self, l: LogTail, at: Millis) {
        keep(&mut self.probed.logs, (l.cluster.clone(), l.taskmanager.clone()), at, l);
    }

    pub(super) fn topic_answer(&mut self, t: TopicAnswer, at: Millis) {
        keep(&mut self.probed.topics, t.topic.clone(), at, t);
    }
}

fn keep<K: Ord + Clone, V>(kept: &mut BTreeMap<K, (Millis, V)>, key: K, at: Millis, value: V) {
    kept.insert(key, (at, value));
    if kept.len() > KEPT {
        let oldest = kept.iter().min_by_key(|(_, (at, _))| *at).map(|(key, _)| key.clone());
        oldest.map(|key| kept.remove(&key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::Fact;

    #[test]
    fn the_newest_of_each_place_stays_and_the_oldest_go() {
        let mut estate = Estate::default();
        let tail = |n: i64| LogTail {
            cluster: ClusterId::new("pay"),
            taskmanager: TaskManagerId::new(format!("tm-{n}")),
            said: BTreeMap::new(),
        };
        for n in 0..70 {
            assert_eq!(estate.apply(Fact::LogTail(tail(n)), Millis(n)), []);
        }
        estate.apply(Fact::LogTail(tail(69)), Millis(100));
        let logs = &estate.probed.logs;
        assert_eq!(logs.len(), KEPT);
        assert_eq!(logs.values().map(|(at, _)| at.0).min(), Some(6));
        assert_eq!(logs.values().map(|(at, _)| at.0).max(), Some(100));
    }
}
