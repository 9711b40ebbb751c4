//! What people call a subject: names instead of ids, the same in both languages.

use super::{BaseKind, ClusterId, Estate, JobKey, Name, Subject, TaskManagerId, TopicId, VertexId};

/// Jobs and vertices of Flink SQL are named after all that they do.
const MAX_NAME: usize = 80;

/// `dwd-order-stats / Enrich #3`, `orders-7`, `TaskManager tm-1 (10.0.0.3)`. What the estate does
/// not know any more is called by its id. From the estate: hostile, as any name.
pub fn display(subject: &Subject, estate: &Estate) -> String {
    match subject {
        Subject::Job { job } => job_name(job, estate),
        Subject::Vertex { job, vertex } => {
            format!("{} / {}", job_name(job, estate), vertex_name(job, vertex, estate))
        }
        Subject::Subtask { job, vertex, index } => {
            format!("{} / {} #{index}", job_name(job, estate), vertex_name(job, vertex, estate))
        }
        Subject::TaskManager { cluster, id } => {
            let told = estate.flink.get(cluster).and_then(|f| f.taskmanagers.get(id));
            match told.and_then(|t| t.host.as_deref()) {
                Some(host) if !id.as_str().starts_with(host) => {
                    format!("TaskManager {} ({})", cut(id.as_str()), cut(host))
                }
                _ => format!("TaskManager {}", cut(id.as_str())),
            }
        }
        Subject::FlinkCluster { cluster } => format!("Flink {cluster}"),
        Subject::Topic { topic } => cut(&topic.topic),
        Subject::Partition { topic, partition } => format!("{}-{partition}", cut(&topic.topic)),
        Subject::Broker { cluster, id } => format!("broker {id} ({cluster})"),
        Subject::KafkaCluster { cluster } => format!("Kafka {cluster}"),
        Subject::Host { host } => format!("host {}", cut(host)),
        Subject::Base { base, cluster } => {
            let sort = estate.bases.get(cluster).map(|b| &*b.sort);
            let sort = match base {
                BaseKind::Zookeeper => "ZooKeeper",
                BaseKind::Hdfs => "HDFS",
                BaseKind::Yarn => "YARN",
                BaseKind::Component => sort.unwrap_or("component"),
            };
            format!("{} {cluster}", cut(sort))
        }
        Subject::Member { cluster, member } => match estate.bases.get(cluster) {
            Some(base) => {
                let role = base.members.get(member).map_or("member", |m| m.is.role.name());
                format!("{role} {} ({cluster})", cut(member))
            }
            None => format!("{} ({cluster})", cut(member)),
        },
    }
}

/// As Flink shows it.
pub fn job_name(job: &JobKey, estate: &Estate) -> String {
    cut(estate.jobs.get(job).map_or(&job.key, |j| &j.name))
}

fn vertex_name(job: &JobKey, vertex: &VertexId, estate: &Estate) -> String {
    let plan = estate.jobs.get(job).and_then(|j| j.run.plan());
    let named = plan.and_then(|p| p.vertices.iter().find(|v| v.id == *vertex));
    named.map_or_else(|| short(vertex), |v| cut(&v.name))
}

/// Of an id that only a machine reads, enough to find it.
fn short(vertex: &VertexId) -> String {
    vertex.as_str().chars().take(8).collect()
}

fn cut(name: &str) -> String {
    match name.char_indices().nth(MAX_NAME) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or(name)),
        None => name.to_owned(),
    }
}

impl std::str::FromStr for Subject {
    type Err = Name;

    /// The reverse of `Display`. A name may hold `/`, a cluster's and an id may not.
    fn from_str(text: &str) -> Result<Subject, Name> {
        parse(text).ok_or_else(|| Name::from("a subject is written as <kind>:<cluster>/<name>…"))
    }
}

fn parse(text: &str) -> Option<Subject> {
    let (kind, path) = text.split_once(':')?;
    if kind == "host" {
        return (!path.is_empty()).then(|| Subject::Host { host: path.into() });
    }
    let (cluster, rest) = path.split_once('/').map_or((path, ""), |(c, r)| (c, r));
    let cluster = ClusterId::new(cluster);
    let base = BaseKind::parse(kind);
    let whole = matches!(kind, "flink_cluster" | "kafka_cluster") || base.is_some();
    if cluster.as_str().is_empty() || rest.is_empty() != whole {
        return None;
    }
    let job = |key: &str| (!key.is_empty()).then(|| JobKey::new(&cluster, key));
    let topic = |name: &str| (!name.is_empty()).then(|| TopicId::new(&cluster, name));
    Some(match kind {
        "job" => Subject::Job { job: job(rest)? },
        "vertex" => {
            let (key, vertex) = rest.rsplit_once('/')?;
            Subject::Vertex { job: job(key)?, vertex: VertexId::new(vertex) }
        }
        "subtask" => {
            let (rest, index) = rest.rsplit_once('/')?;
            let (key, vertex) = rest.rsplit_once('/')?;
            let (vertex, index) = (VertexId::new(vertex), index.parse().ok()?);
            Subject::Subtask { job: job(key)?, vertex, index }
        }
        "taskmanager" => Subject::TaskManager { cluster, id: TaskManagerId::new(rest) },
        "flink_cluster" => Subject::FlinkCluster { cluster },
        "topic" => Subject::Topic { topic: topic(rest)? },
        "partition" => {
            let (name, partition) = rest.rsplit_once('/')?;
            Subject::Partition { topic: topic(name)?, partition: partition.parse().ok()? }
        }
        "broker" => Subject::Broker { id: rest.parse().ok()?, cluster },
        "kafka_cluster" => Subject::KafkaCluster { cluster },
        "member" => Subject::Member { cluster, member: rest.into() },
        _ => Subject::Base { base: base?, cluster },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_is_read_back_as_it_was_written() {
        let cluster = ClusterId::new("pay");
        let job = JobKey::new(&cluster, "insert into a/b");
        let vertex = VertexId::new("bc76");
        let topic = TopicId::new(&cluster, "orders");
        for subject in [
            Subject::Job { job: job.clone() },
            Subject::Vertex { job: job.clone(), vertex: vertex.clone() },
            Subject::Subtask { job, vertex, index: 3 },
            Subject::TaskManager { cluster: cluster.clone(), id: TaskManagerId::new("h:1-a") },
            Subject::FlinkCluster { cluster: cluster.clone() },
            Subject::Topic { topic: topic.clone() },
            Subject::Partition { topic, partition: 7 },
            Subject::Broker { cluster: cluster.clone(), id: 3 },
            Subject::KafkaCluster { cluster: cluster.clone() },
            Subject::Base { base: BaseKind::Hdfs, cluster: cluster.clone() },
            Subject::Member { cluster, member: "root.a/b".into() },
            Subject::Host { host: "h7".into() },
        ] {
            assert_eq!(subject.to_string().parse(), Ok(subject));
        }
        for bad in ["", "job", "job:pay", "job:/x", "vertex:pay/x", "broker:pay/x", "planet:pay/x"]
        {
            assert!(bad.parse::<Subject>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_not_known_is_called_by_its_id() {
        let job = JobKey::new(&ClusterId::new("pay"), "orders");
        let vertex = Subject::Vertex { job, vertex: VertexId::new("bc764cd8ddf7") };
        assert_eq!(display(&vertex, &Estate::default()), "orders / bc764cd8");
        let long = Subject::Host { host: "x".repeat(200).into() };
        assert!(display(&long, &Estate::default()).ends_with("x…"));
    }
}
