//! Everything of one kind that is there: where a check of an inspection is made.

use crate::estate::{ClusterId, Name, Subject, SubjectKind, TopicId};
use crate::snapshot::Snapshot;

/// Everything of a kind that is there now. Of kinds that are only parts of others (subtasks,
/// partitions) nothing: they are asked of the whole.
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
        SubjectKind::Zookeeper | SubjectKind::Hdfs | SubjectKind::Yarn | SubjectKind::Component => {
            let all = estate.bases.iter().map(|(id, b)| b.subject(id));
            all.filter(|s| s.kind() == kind).collect()
        }
        SubjectKind::Member => {
            let all = estate.bases.iter().flat_map(|(c, b)| b.members.keys().map(move |m| (c, m)));
            all.map(|(c, m)| Subject::Member { cluster: c.clone(), member: m.clone() }).collect()
        }
        // such as an exporter tells about
        SubjectKind::Host => {
            estate.hosts.keys().map(|host| Subject::Host { host: host.clone() }).collect()
        }
        SubjectKind::Subtask | SubjectKind::Partition => Vec::new(),
    }
}
