//! What a JobManager can be asked, as paths of its REST API.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use streamwarden_core::estate::{RunId, TaskManagerId, VertexId};
use streamwarden_core::signals::resolve::RestScope;

/// One GET.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ask {
    Jobs,
    Versions,
    Overview,
    JobManagerConfig,
    TaskManagers,
    Detail(RunId),
    JobConfig(RunId),
    CheckpointConfig(RunId),
    Checkpoints(RunId),
    Exceptions(RunId),
    /// Where the subtasks of a vertex run; where labels of metrics tell it, not asked.
    Placed(RunId, VertexId),
    LogList(TaskManagerId),
    LogHead(TaskManagerId),
    /// Probes.
    Threads(TaskManagerId),
    FlameGraph(RunId, VertexId),
    CheckpointDetail(RunId, u64),
    CheckpointSubtasks(RunId, u64, VertexId),
    LogSize(TaskManagerId),
    LogWhole(TaskManagerId),
    MetricNames(Subject),
    /// The n-th part of a subject's names.
    MetricValues(Subject, usize),
}

/// Where metrics hang.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    JobManager,
    TaskManager(TaskManagerId),
    Run(RunId),
    Vertex(RunId, VertexId),
}

impl Subject {
    pub fn scope(&self) -> RestScope<'_> {
        match self {
            Subject::JobManager => RestScope::JobManager,
            Subject::TaskManager(id) => RestScope::TaskManager(id),
            Subject::Run(run) => RestScope::Job(run),
            Subject::Vertex(run, vertex) => RestScope::Vertex(run, vertex),
        }
    }

    pub fn run(&self) -> Option<&RunId> {
        match self {
            Subject::Run(run) | Subject::Vertex(run, _) => Some(run),
            _ => None,
        }
    }

    fn path(&self, id: impl Fn(&str) -> String) -> String {
        match self {
            Subject::JobManager => "/jobmanager".into(),
            Subject::TaskManager(tm) => format!("/taskmanagers/{}", id(tm.as_str())),
            Subject::Run(run) => format!("/jobs/{}", id(run.as_str())),
            Subject::Vertex(run, vertex) => {
                format!("/jobs/{}/vertices/{}", id(run.as_str()), id(vertex.as_str()))
            }
        }
    }
}

impl Ask {
    /// The path below the REST address, without the query of [`Ask::MetricValues`].
    pub fn path(&self) -> String {
        self.path_with(segment)
    }

    /// The same in a person's words: job names for the ids of runs that `name` knows.
    pub fn what(&self, name: impl Fn(&str) -> Option<String>) -> String {
        self.path_with(|id| name(id).unwrap_or_else(|| id.to_owned()))
    }

    fn path_with(&self, id: impl Fn(&str) -> String) -> String {
        let job = |run: &RunId, below: &str| format!("/jobs/{}{below}", id(run.as_str()));
        let tm = |tm: &TaskManagerId, below| format!("/taskmanagers/{}{below}", id(tm.as_str()));
        match self {
            Ask::Jobs => "/jobs/overview".into(),
            Ask::Versions => "/config".into(),
            Ask::Overview => "/overview".into(),
            Ask::JobManagerConfig => "/jobmanager/config".into(),
            Ask::TaskManagers => "/taskmanagers".into(),
            Ask::Detail(run) => job(run, ""),
            Ask::JobConfig(run) => job(run, "/config"),
            Ask::CheckpointConfig(run) => job(run, "/checkpoints/config"),
            Ask::Checkpoints(run) => job(run, "/checkpoints"),
            Ask::Exceptions(run) => job(run, "/exceptions"),
            Ask::Placed(run, vertex) => job(run, &format!("/vertices/{}", id(vertex.as_str()))),
            Ask::LogList(id) | Ask::LogSize(id) => tm(id, "/logs"),
            Ask::LogHead(id) | Ask::LogWhole(id) => tm(id, "/log"),
            Ask::Threads(id) => tm(id, "/thread-dump"),
            Ask::FlameGraph(run, vertex) => {
                format!("{}/vertices/{}/flamegraph", job(run, ""), id(vertex.as_str()))
            }
            Ask::CheckpointDetail(run, n) => job(run, &format!("/checkpoints/details/{n}")),
            Ask::CheckpointSubtasks(run, n, vertex) => {
                let below = format!("/checkpoints/details/{n}/subtasks/{}", id(vertex.as_str()));
                job(run, &below)
            }
            Ask::MetricNames(subject) | Ask::MetricValues(subject, _) => {
                format!("{}/metrics", subject.path(id))
            }
        }
    }

    /// Only asked where somebody allows it, once, without a second try.
    pub fn is_probe(&self) -> bool {
        matches!(
            self,
            Ask::Threads(_)
                | Ask::FlameGraph(..)
                | Ask::CheckpointDetail(..)
                | Ask::CheckpointSubtasks(..)
                | Ask::LogSize(_)
                | Ask::LogWhole(_)
        )
    }

    pub fn run(&self) -> Option<&RunId> {
        match self {
            Ask::Detail(run)
            | Ask::JobConfig(run)
            | Ask::CheckpointConfig(run)
            | Ask::Checkpoints(run)
            | Ask::Exceptions(run)
            | Ask::Placed(run, _)
            | Ask::FlameGraph(run, _)
            | Ask::CheckpointDetail(run, _)
            | Ask::CheckpointSubtasks(run, ..) => Some(run),
            Ask::MetricNames(subject) | Ask::MetricValues(subject, _) => subject.run(),
            _ => None,
        }
    }

    pub fn taskmanager(&self) -> Option<&TaskManagerId> {
        match self {
            Ask::LogList(tm)
            | Ask::LogHead(tm)
            | Ask::Threads(tm)
            | Ask::LogSize(tm)
            | Ask::LogWhole(tm) => Some(tm),
            Ask::MetricNames(Subject::TaskManager(tm))
            | Ask::MetricValues(Subject::TaskManager(tm), _) => Some(tm),
            _ => None,
        }
    }
}

/// Ids come from the estate: nothing in them may leave its segment of the path.
pub fn segment(text: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~');
    utf8_percent_encode(text, KEPT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_id_stays_in_its_segment() {
        let ask = Ask::Exceptions(RunId::new("../../x?a=b#"));
        assert_eq!(ask.path(), "/jobs/%2E%2E%2F%2E%2E%2Fx%3Fa%3Db%23/exceptions");
        let named = |id: &str| (id == "r").then(|| "订单".to_owned());
        let subject = Subject::Vertex(RunId::new("r"), VertexId::new("v"));
        assert_eq!(Ask::MetricValues(subject, 3).what(named), "/jobs/订单/vertices/v/metrics");
    }
}
