//! Everything of one kind that is there: where a check of an inspection is made.

use crate::estate::{ClusterId, Name, Subject, SubjectKind, TopicId};
use crate::snapshot::Snapshot;

/// Everything of a kind that is there now. Of kinds that are only parts of others (subtasks,
/// partitions, machines) nothing: they are asked of the whole.
pub fn all_of(s: &Snapshot, kind: SubjectKind) -> Vec<Subject> {
    let estate = &s.estate;
    let jobs = estate.jobs.values().filter(|j| j.gone.is_none());
    match kind {
        SubjectKind::Job => jobs.map(|j| Subject::Job { job: j.key.clone() }).collect(),
        SubjectKind::Vertex => {
            let planned = jobs.filter_map(|j| Some((&j.key, j.run.plan()?)));
            planned
                .flat_map(|(job, plan)| {
                    plan.vertices
                        .iter()
                        .map(|v| Subject::Vertex { job: job.clone(), vertex: v.id.clone() })
                })
                .collect()
        }
        SubjectKind::FlinkCluster => {
            estate.flink.keys().map(|c| Subject::FlinkCluster { cluster: c.clone() }).collect()
        }
        SubjectKind::TaskManager => {
            let all =
                estate.flink.iter().flat_map(|(c, f)| f.taskmanagers.keys().map(move |t| (c, t)));
            all.map(|(c, t)| Subject::TaskManager { cluster: c.clone(), id: t.clone() }).collect()
        }
        SubjectKind::KafkaCluster => {
            estate.kafka.keys().map(|c| Subject::KafkaCluster { cluster: c.clone() }).collect()
        }
        SubjectKind::Topic => {
            let topic = |c: &ClusterId, t: &Name| TopicId { cluster: c.clone(), topic: t.clone() };
            let all = estate.kafka.iter().flat_map(|(c, k)| k.topics.keys().map(move |t| (c, t)));
            all.map(|(c, t)| Subject::Topic { topic: topic(c, t) }).collect()
        }
        SubjectKind::Broker => {
            let listed = estate.kafka.iter().filter_map(|(c, k)| Some((c, k.overview.as_ref()?)));
            listed
                .flat_map(|(c, (_, o))| {
                    o.brokers.iter().map(|b| Subject::Broker { cluster: c.clone(), id: b.id })
                })
                .collect()
        }
        SubjectKind::Subtask | SubjectKind::Partition | SubjectKind::Host => Vec::new(),
    }
}
