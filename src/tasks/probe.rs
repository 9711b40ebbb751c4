//! Which probes may be asked: only where somebody allowed it, each place once in ten minutes, six
//! a minute in all. One at a time per cluster is held by the targets, which ask them within their
//! own budget; answers are facts like all others.

use super::LoopHandle;
use crate::collect::Probed;
use crate::collect::flink::FlinkProbe;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use streamwarden_core::case::Probe;
use streamwarden_core::estate::*;

/// The same place is not asked again before.
const ONCE: Span = Span::secs(600);
/// Begun within a minute, over the whole estate.
const PER_MINUTE: usize = 6;
const QUEUE: usize = 32;
/// What waited longer is of the past.
const OLD: Span = Span::secs(120);

/// A probe, with the place resolved as it is now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    Flink(ClusterId, FlinkProbe),
    Topic(TopicId),
}

/// Probes that wait, and those that were asked.
#[derive(Debug, Default)]
pub struct Desk {
    /// Shows what was asked and what came; None: probes are not allowed.
    board: Option<LoopHandle>,
    queue: VecDeque<(Millis, Order)>,
    asked: BTreeMap<Order, Millis>,
    begun: VecDeque<Millis>,
}

impl Desk {
    pub fn open(&mut self, board: LoopHandle) {
        self.board = Some(board);
    }

    pub fn want(&mut self, wanted: &[Probe], estate: &Estate, now: Millis) {
        if self.board.is_none() {
            return;
        }
        self.asked.retain(|_, at| now - *at < ONCE);
        self.queue.retain(|(at, _)| now - *at < OLD);
        for order in wanted.iter().filter_map(|probe| resolve(probe, estate)) {
            let known = self.asked.contains_key(&key(&order))
                || self.queue.iter().any(|(_, waiting)| key(waiting) == key(&order));
            if !known && self.queue.len() < QUEUE {
                self.queue.push_back((now, order));
            }
        }
    }

    /// The next one for a target that can ask it now, with the name that it is told by.
    pub fn next(&mut self, can: impl Fn(&Order) -> bool, now: Millis) -> Option<(Order, Name)> {
        self.begun.retain(|at| now - *at < Span::secs(60));
        if self.begun.len() >= PER_MINUTE {
            return None;
        }
        let at = self.queue.iter().position(|(_, order)| can(order))?;
        let (_, order) = self.queue.remove(at)?;
        self.begun.push_back(now);
        self.asked.insert(key(&order), now);
        if let Some(board) = &self.board {
            board.begin();
        }
        let name = name(&order);
        Some((order, name))
    }

    pub fn ended(&self, probed: &[Probed]) {
        for probed in probed {
            let came = match &probed.missed {
                None => "answered".into(),
                Some(reason) => reason.brief(),
            };
            if let Some(board) = &self.board {
                board.end(format!("{}: {}", plain(&probed.name), plain(&came)), Duration::ZERO);
            }
        }
    }
}

/// What is asked once: a job's checkpoints, whichever it is.
fn key(order: &Order) -> Order {
    match order {
        Order::Flink(cluster, FlinkProbe::Checkpoint(run, _)) => {
            Order::Flink(cluster.clone(), FlinkProbe::Checkpoint(run.clone(), 0))
        }
        other => other.clone(),
    }
}

fn name(order: &Order) -> Name {
    match order {
        Order::Flink(cluster, FlinkProbe::Threads(tm)) => format!("thread dump {cluster}/{tm}"),
        Order::Flink(cluster, FlinkProbe::LogTail(tm)) => format!("log tail {cluster}/{tm}"),
        Order::Flink(cluster, FlinkProbe::FlameGraph(run, vertex)) => {
            format!("flame graph {cluster}/{run}/{vertex}")
        }
        Order::Flink(cluster, FlinkProbe::Checkpoint(run, id)) => {
            format!("checkpoint {cluster}/{run}/{id}")
        }
        Order::Topic(topic) => format!("topic {topic}"),
    }
    .into()
}

fn resolve(probe: &Probe, estate: &Estate) -> Option<Order> {
    match probe {
        Probe::ThreadDump { subject } => taskmanager(subject, estate)
            .map(|(cluster, tm)| Order::Flink(cluster, FlinkProbe::Threads(tm))),
        Probe::LogTail { subject } => taskmanager(subject, estate)
            .map(|(cluster, tm)| Order::Flink(cluster, FlinkProbe::LogTail(tm))),
        Probe::FlameGraph { subject } => {
            let (Subject::Vertex { job, vertex } | Subject::Subtask { job, vertex, .. }) = subject
            else {
                return None;
            };
            let run = estate.jobs.get(job)?.run.id.clone();
            Some(Order::Flink(job.cluster.clone(), FlinkProbe::FlameGraph(run, vertex.clone())))
        }
        Probe::CheckpointDetail { subject } => {
            let run = &estate.jobs.get(subject.job()?)?.run;
            let (_, stats) = run.checkpoints.as_ref()?;
            let with = |status: &str| stats.history.iter().find(|c| &*c.status == status);
            let told = with("FAILED").or_else(|| with("IN_PROGRESS")).or(stats.history.first())?;
            let probe = FlinkProbe::Checkpoint(run.id.clone(), told.id);
            Some(Order::Flink(stats.cluster.clone(), probe))
        }
        Probe::DescribeTopic { subject } => match subject {
            Subject::Topic { topic } | Subject::Partition { topic, .. } => {
                Some(Order::Topic(topic.clone()))
            }
            _ => None,
        },
    }
}

/// The TaskManager itself, or the one that a subtask (of a vertex: its first) is on.
fn taskmanager(subject: &Subject, estate: &Estate) -> Option<(ClusterId, TaskManagerId)> {
    let placed = |job: &JobKey, vertex: &VertexId, index: Option<u32>| {
        let run = &estate.jobs.get(job)?.run.id;
        let places = &estate.flink.get(&job.cluster)?.placements;
        let here = |(r, v, i): &(RunId, VertexId, u32)| {
            r == run && v == vertex && index.is_none_or(|index| *i == index)
        };
        let (_, tm) = places.iter().find(|(at, _)| here(at))?;
        Some((job.cluster.clone(), tm.clone()))
    };
    match subject {
        Subject::TaskManager { cluster, id } => Some((cluster.clone(), id.clone())),
        Subject::Subtask { job, vertex, index } => placed(job, vertex, Some(*index)),
        Subject::Vertex { job, vertex } => placed(job, vertex, None),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Loops;
    use super::*;

    fn of(tm: usize) -> Probe {
        let (cluster, id) = (ClusterId::new("pay"), TaskManagerId::new(format!("tm-{tm}")));
        Probe::ThreadDump { subject: Subject::TaskManager { cluster, id } }
    }

    fn began(desk: &mut Desk, now: i64) -> usize {
        let now = Millis(now * 1000);
        std::iter::from_fn(|| desk.next(|_| true, now)).count()
    }

    #[test]
    fn nothing_is_asked_unless_allowed() {
        let mut desk = Desk::default();
        desk.want(&[of(1)], &Estate::default(), Millis(0));
        assert_eq!(began(&mut desk, 0), 0);
    }

    #[test]
    fn each_place_once_and_six_a_minute() {
        let loops = Loops::default();
        let mut desk = Desk::default();
        desk.open(loops.register("probes", Duration::from_secs(60)));
        let all: Vec<Probe> = (0..9).map(of).collect();
        let estate = Estate::default();
        let mut counts = Vec::new();
        for now in (0..90).step_by(10) {
            desk.want(&all, &estate, Millis(now * 1000));
            counts.push(began(&mut desk, now));
        }
        assert_eq!(counts, [6, 0, 0, 0, 0, 0, 3, 0, 0]);
        desk.want(&all, &estate, Millis(590_000));
        assert_eq!(began(&mut desk, 590), 0, "asked within ten minutes");
        desk.want(&all, &estate, Millis(601_000));
        assert_eq!(began(&mut desk, 601), 6);
        desk.ended(&[Probed {
            name: "thread dump pay/tm-1".into(),
            missed: Some(GapReason::Status { code: 404 }),
        }]);
        let said = loops.views()[0].last_outcome.clone();
        assert_eq!(said.as_deref(), Some("thread dump pay/tm-1: HTTP 404"));
    }

    #[test]
    fn a_subtask_is_asked_for_where_it_runs_now() {
        let cluster = ClusterId::new("pay");
        let mut estate = Estate::default();
        let run = JobSummary {
            run: RunId::new("r1"),
            name: "risk".into(),
            state: JobState::Running,
            start: Millis(1),
            end: None,
            last_modification: None,
            tasks: BTreeMap::new(),
        };
        estate.apply(Fact::Jobs { cluster: cluster.clone(), jobs: vec![run] }, Millis(1));
        for (index, tm) in [(0, "a"), (1, "b")] {
            let fact = Fact::Placement {
                cluster: cluster.clone(),
                run: RunId::new("r1"),
                vertex: VertexId::new("v"),
                index,
                taskmanager: TaskManagerId::new(tm),
            };
            estate.apply(fact, Millis(2));
        }
        let (job, vertex) = (JobKey::new(&cluster, "risk"), VertexId::new("v"));
        let subject = Subject::Subtask { job: job.clone(), vertex: vertex.clone(), index: 1 };
        let order = |probe| resolve(&probe, &estate);
        assert_eq!(
            order(Probe::ThreadDump { subject: subject.clone() }),
            Some(Order::Flink(cluster.clone(), FlinkProbe::Threads(TaskManagerId::new("b"))))
        );
        let flame = FlinkProbe::FlameGraph(RunId::new("r1"), vertex);
        assert_eq!(order(Probe::FlameGraph { subject }), Some(Order::Flink(cluster, flame)));
        assert_eq!(order(Probe::CheckpointDetail { subject: Subject::Job { job } }), None);
    }
}
