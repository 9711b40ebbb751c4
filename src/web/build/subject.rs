//! Places: what they are called, which node of the lineage they belong to, which page of Flink
//! shows them.

use crate::web::state::FlinkUrls;
use crate::web::view_incident::SubjectView;
use streamwarden_core::estate::{Estate, JobKey, JobState, Subject, display};
use streamwarden_core::lineage::NodeRef;
use streamwarden_core::snapshot::Snapshot;

/// What names and links are looked up in.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub s: &'a Snapshot,
    pub flink: &'a FlinkUrls,
}

/// Which tab of Flink's page about a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Overview,
    Exceptions,
    Checkpoints,
}

impl Scene<'_> {
    pub fn subject(&self, subject: &Subject) -> SubjectView {
        self.subject_at(subject, Tab::Overview)
    }

    pub fn subject_at(&self, subject: &Subject, tab: Tab) -> SubjectView {
        SubjectView {
            kind: subject.kind().name().to_owned(),
            id: subject.to_string(),
            name: display(subject, &self.s.estate),
            node: node_of(subject).map(|n| n.id()),
            flink_url: self.flink_url(subject, tab),
        }
    }

    pub fn job(&self, job: &JobKey) -> SubjectView {
        self.subject(&Subject::Job { job: job.clone() })
    }

    fn flink_url(&self, subject: &Subject, tab: Tab) -> Option<String> {
        let rest = |cluster| self.flink.get(cluster).map(|url| url.trim_end_matches('/'));
        match subject {
            Subject::Job { job } => {
                let tab = match tab {
                    Tab::Overview => "overview",
                    Tab::Exceptions => "exceptions",
                    Tab::Checkpoints => "checkpoints",
                };
                Some(format!("{}/{tab}", job_page(rest(&job.cluster)?, &self.s.estate, job)?))
            }
            Subject::Vertex { job, vertex } => {
                let page = job_page(rest(&job.cluster)?, &self.s.estate, job)?;
                Some(format!("{page}/overview/{}/detail", segment(vertex.as_str())))
            }
            Subject::Subtask { job, vertex, .. } => {
                let page = job_page(rest(&job.cluster)?, &self.s.estate, job)?;
                Some(format!("{page}/overview/{}/subtasks", segment(vertex.as_str())))
            }
            Subject::TaskManager { cluster, id } => {
                Some(format!("{}/#/task-manager/{}/metrics", rest(cluster)?, segment(id.as_str())))
            }
            Subject::FlinkCluster { cluster } => Some(format!("{}/#/overview", rest(cluster)?)),
            _ => None,
        }
    }
}

/// Flink keeps a job that has ended under another address.
fn job_page(rest: &str, estate: &Estate, job: &JobKey) -> Option<String> {
    let run = &estate.jobs.get(job)?.run;
    let ended = matches!(run.state, JobState::Finished | JobState::Canceled | JobState::Failed);
    let list = if ended { "completed" } else { "running" };
    Some(format!("{rest}/#/job/{list}/{}", segment(run.id.as_str())))
}

fn segment(text: &str) -> impl std::fmt::Display + '_ {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
}

/// A job's parts belong to the job, a topic's to the topic; machines to nobody.
pub fn node_of(subject: &Subject) -> Option<NodeRef> {
    match subject {
        Subject::Topic { topic } | Subject::Partition { topic, .. } => {
            Some(NodeRef::Topic { topic: topic.clone() })
        }
        other => other.job().map(|job| NodeRef::Job { job: job.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata::{self, flink, job};
    use streamwarden_core::estate::TaskManagerId;

    #[test]
    fn a_link_leads_to_the_very_page_of_flink() {
        let s = testdata::snapshot();
        let flink_urls = testdata::flink_urls();
        let scene = Scene { s: &s, flink: &flink_urls };
        let url = |subject: Subject| scene.subject(&subject).flink_url.unwrap();
        let job = job("dwd-order-stats");
        let vertex = s.estate.jobs[&job].run.plan().unwrap().vertices[1].id.clone();
        let page = "http://127.0.0.1:8081/#/job/running/00000000000000000000000000009f01";
        let of_vertex = Subject::Vertex { job: job.clone(), vertex: vertex.clone() };
        assert_eq!(url(of_vertex), format!("{page}/overview/{vertex}/detail"));
        let checkpoints = scene.subject_at(&Subject::Job { job: job.clone() }, Tab::Checkpoints);
        assert_eq!(checkpoints.flink_url, Some(format!("{page}/checkpoints")));
        assert_eq!(checkpoints.node.as_deref(), Some("job:demo/dwd-order-stats"));
        let tm = Subject::TaskManager { cluster: flink(), id: TaskManagerId::new("h:1/../x") };
        assert_eq!(url(tm), "http://127.0.0.1:8081/#/task-manager/h%3A1%2F%2E%2E%2Fx/metrics");
        let none = Scene { s: &s, flink: &FlinkUrls::new() };
        assert_eq!(none.subject(&Subject::Job { job }).flink_url, None);
    }
}
