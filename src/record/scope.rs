//! What belongs to an incident: the jobs, topics and clusters that it is about, and their
//! neighbours in the lineage.

use std::collections::BTreeSet;
use streamwarden_core::case::{Diagnosis, Incident};
use streamwarden_core::estate::{
    ClusterId, Entity, Estate, Fact, JobKey, Name, RunId, Subject, TopicId,
};
use streamwarden_core::lineage::{Lineage, NodeRef};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    jobs: BTreeSet<JobKey>,
    topics: BTreeSet<TopicId>,
    clusters: BTreeSet<ClusterId>,
    /// Names and runs of the jobs, by cluster.
    names: BTreeSet<(ClusterId, Name)>,
    runs: BTreeSet<(ClusterId, RunId)>,
}

impl Scope {
    pub fn of(incident: &Incident, estate: &Estate, lineage: &Lineage) -> Scope {
        let mut scope = Scope::default();
        scope.diagnosis(&incident.diagnosis);
        scope.neighbours(lineage);
        for key in &scope.jobs {
            scope.clusters.insert(key.cluster.clone());
            let Some(job) = estate.jobs.get(key) else { continue };
            scope.names.insert((key.cluster.clone(), job.name.clone()));
            for run in std::iter::once(&job.run.id).chain(&job.earlier) {
                scope.runs.insert((key.cluster.clone(), run.clone()));
            }
        }
        scope.clusters.extend(scope.topics.iter().map(|t| t.cluster.clone()));
        scope
    }

    fn diagnosis(&mut self, d: &Diagnosis) {
        self.subject(&d.subject);
        self.jobs.extend(d.victims.iter().map(|v| v.job.clone()));
        for s in &d.symptoms {
            self.subject(&s.subject);
            self.jobs.extend(s.job.clone());
        }
        for f in &d.consequences {
            self.subject(&f.subject);
        }
    }

    fn subject(&mut self, subject: &Subject) {
        self.jobs.extend(subject.job().cloned());
        match subject {
            Subject::Topic { topic } | Subject::Partition { topic, .. } => {
                self.topics.insert(topic.clone());
            }
            Subject::TaskManager { cluster, .. }
            | Subject::FlinkCluster { cluster }
            | Subject::Broker { cluster, .. }
            | Subject::KafkaCluster { cluster } => {
                self.clusters.insert(cluster.clone());
            }
            _ => {}
        }
    }

    /// One hop: topics of these jobs, and the jobs at the other side of those topics.
    fn neighbours(&mut self, lineage: &Lineage) {
        for _ in 0..2 {
            let (jobs, topics) = (self.jobs.clone(), self.topics.clone());
            for edge in &lineage.edges {
                let ends = [&edge.from, &edge.to];
                let touched = ends.iter().any(|n| match n {
                    NodeRef::Job { job } => jobs.contains(job),
                    NodeRef::Topic { topic } => topics.contains(topic),
                    NodeRef::Base { .. } => false,
                });
                for end in ends.into_iter().filter(|_| touched) {
                    match end {
                        NodeRef::Job { job } => self.jobs.insert(job.clone()),
                        NodeRef::Topic { topic } => self.topics.insert(topic.clone()),
                        NodeRef::Base { .. } => false,
                    };
                }
            }
        }
    }

    /// Whether its series are kept.
    pub fn entity(&self, entity: &Entity) -> bool {
        let topic_named = |topic: &Name| self.topics.iter().any(|t| t.topic == *topic);
        match entity {
            Entity::FlinkCluster { cluster }
            | Entity::JobManager { cluster }
            | Entity::TaskManager { cluster, .. }
            | Entity::KafkaCluster { cluster } => self.clusters.contains(cluster),
            Entity::Run { cluster, run }
            | Entity::Vertex { cluster, run, .. }
            | Entity::Subtask { cluster, run, .. }
            | Entity::Operator { cluster, run, .. }
            | Entity::Position { cluster, run, .. } => {
                self.runs.contains(&(cluster.clone(), run.clone()))
            }
            Entity::Partition { topic, .. } => self.topics.contains(topic),
            Entity::Committed { group, topic, .. } => {
                self.clusters.contains(&group.cluster) && topic_named(topic)
            }
            Entity::Job { job } => self.jobs.contains(job),
            // what is derived is derived again
            Entity::EdgeRead { .. }
            | Entity::EdgeInside { .. }
            | Entity::EdgeWrite { .. }
            | Entity::Path { .. } => false,
            // what lies below may be whose doing it is
            Entity::Target { .. }
            | Entity::Component { .. }
            | Entity::Base { .. }
            | Entity::Metric { .. } => true,
            // thousands; what state they are in is a fact
            Entity::Member { .. } | Entity::Host { .. } | Entity::Mount { .. } => false,
        }
    }

    /// The fact as far as it belongs here.
    pub fn fact(&self, fact: &Fact) -> Option<Fact> {
        let run = |cluster: &ClusterId, run: &RunId| {
            self.runs.contains(&(cluster.clone(), run.clone())).then(|| fact.clone())
        };
        let of_cluster =
            |cluster: &ClusterId| self.clusters.contains(cluster).then(|| fact.clone());
        match fact {
            Fact::Jobs { cluster, jobs } if self.clusters.contains(cluster) => {
                let kept = |n: &Name| self.names.contains(&(cluster.clone(), n.clone()));
                let jobs = jobs.iter().filter(|j| kept(&j.name)).cloned().collect();
                Some(Fact::Jobs { cluster: cluster.clone(), jobs })
            }
            Fact::Topics { cluster, topics } if self.clusters.contains(cluster) => {
                let kept = |n: &Name| self.topics.contains(&TopicId::new(cluster, n.clone()));
                let topics = topics.iter().filter(|t| kept(&t.name)).cloned().collect();
                Some(Fact::Topics { cluster: cluster.clone(), topics })
            }
            Fact::Groups { cluster, groups } if self.clusters.contains(cluster) => {
                let kept = |n: &Name| self.topics.contains(&TopicId::new(cluster, n.clone()));
                let groups = groups.iter().filter(|g| g.topics.iter().any(kept)).cloned().collect();
                Some(Fact::Groups { cluster: cluster.clone(), groups })
            }
            Fact::LogDirs { cluster, brokers } if self.clusters.contains(cluster) => {
                let mut brokers = brokers.clone();
                for b in &mut brokers {
                    b.topics.retain(|n, _| self.topics.contains(&TopicId::new(cluster, n.clone())));
                }
                Some(Fact::LogDirs { cluster: cluster.clone(), brokers })
            }
            Fact::LogDirs { .. } => None,
            Fact::Base(_) | Fact::Applications { .. } => Some(fact.clone()),
            Fact::Host(_) => None,
            Fact::JobDetail(d) => run(&d.cluster, &d.run),
            Fact::JobConfig { cluster, run: id, .. }
            | Fact::Exceptions { cluster, run: id, .. }
            | Fact::Placement { cluster, run: id, .. } => run(cluster, id),
            Fact::Checkpoints(c) => run(&c.cluster, &c.run),
            Fact::CheckpointDetail(c) => run(&c.cluster, &c.run),
            Fact::FlameGraph(f) => run(&f.cluster, &f.run),
            Fact::OffsetsAt { topic, .. } | Fact::DayFlows { topic, .. } => {
                self.topics.contains(topic).then(|| fact.clone())
            }
            Fact::Topic(t) => self.topics.contains(&t.topic).then(|| fact.clone()),
            Fact::FlinkOverview(o) => of_cluster(&o.cluster),
            Fact::KafkaCluster(o) => of_cluster(&o.cluster),
            Fact::ThreadDump(d) => of_cluster(&d.cluster),
            Fact::LogTail(l) => of_cluster(&l.cluster),
            Fact::Jobs { cluster, .. }
            | Fact::Topics { cluster, .. }
            | Fact::Groups { cluster, .. }
            | Fact::TaskManagers { cluster, .. }
            | Fact::ClusterConfig { cluster, .. }
            | Fact::KafkaAddress { cluster, .. }
            | Fact::Transactions { cluster, .. }
            | Fact::BrokerAnswers { cluster, .. }
            | Fact::TaskManagerAnswers { cluster, .. }
            | Fact::TopicsHidden { cluster, .. } => of_cluster(cluster),
        }
    }
}
