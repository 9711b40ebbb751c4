//! Ways from one subject to others: along the plan, the placement, the lineage and the brokers.

use crate::estate::SubjectKind::{self, *};

macro_rules! relations {
    ($( $name:ident = $text:literal, $many:literal, $doc:literal, [$($from:ident => $to:ident),* $(,)?]; )*) => {
        /// Closed: a word of the language each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Relation { $( $name, )* }

        impl Relation {
            pub const ALL: &'static [Relation] = &[ $( Relation::$name, )* ];

            pub const fn name(self) -> &'static str {
                match self { $( Relation::$name => $text, )* }
            }
            /// Leads to several subjects.
            pub const fn many(self) -> bool {
                match self { $( Relation::$name => $many, )* }
            }
            pub const fn doc(self) -> &'static str {
                match self { $( Relation::$name => $doc, )* }
            }
            /// From which kinds it leads to which.
            pub const fn ways(self) -> &'static [(SubjectKind, SubjectKind)] {
                match self { $( Relation::$name => &[ $( ($from, $to), )* ], )* }
            }
        }
    };
}

relations! {
    ToJob = "job", false, "the job that it is a part of",
        [Job => Job, Vertex => Job, Subtask => Job];
    ToSubtask = "subtask", false, "itself", [Subtask => Subtask];
    ToPartition = "partition", false, "itself", [Partition => Partition];
    ToVertex = "vertex", false, "the vertex that it is a part of", [Vertex => Vertex, Subtask => Vertex];
    ToTaskManager = "taskmanager", false, "the TaskManager that it runs on",
        [Subtask => TaskManager, TaskManager => TaskManager];
    ToHost = "host", false, "the machine that it runs on, by the name in its address",
        [Subtask => Host, TaskManager => Host, Broker => Host, Member => Host, Host => Host];
    Cluster = "cluster", false, "the Flink cluster",
        [Job => FlinkCluster, Vertex => FlinkCluster, Subtask => FlinkCluster, TaskManager => FlinkCluster,
         FlinkCluster => FlinkCluster];
    ToTopic = "topic", false, "the topic of a partition", [Partition => Topic, Topic => Topic];
    ToBroker = "broker", false, "the leader of a partition", [Partition => Broker, Broker => Broker];
    ToKafka = "kafka_cluster", false, "the Kafka cluster",
        [Topic => KafkaCluster, Partition => KafkaCluster, Broker => KafkaCluster,
         KafkaCluster => KafkaCluster];
    Jobs = "jobs", true, "jobs of a Flink cluster, with tasks on a TaskManager or host, that read or write there, or stand on it",
        [FlinkCluster => Job, TaskManager => Job, Host => Job, KafkaCluster => Job, Broker => Job,
         Zookeeper => Job, Hdfs => Job, Yarn => Job, Component => Job];
    Vertices = "vertices", true, "all vertices of the job", [Job => Vertex, Vertex => Vertex, Subtask => Vertex];
    Subtasks = "subtasks", true, "subtasks of the vertex or job, or on a TaskManager or host",
        [Vertex => Subtask, Subtask => Subtask, Job => Subtask, TaskManager => Subtask, Host => Subtask];
    TaskManagers = "taskmanagers", true, "TaskManagers that it has tasks on; of a cluster: all that are registered",
        [Job => TaskManager, Vertex => TaskManager, Host => TaskManager, FlinkCluster => TaskManager];
    Hosts = "hosts", true, "machines of its TaskManagers or brokers",
        [Job => Host, FlinkCluster => Host, KafkaCluster => Host];
    Topics = "topics", true, "topics with a partition led by the broker; of a cluster: all",
        [Broker => Topic, KafkaCluster => Topic];
    Partitions = "partitions", true, "partitions of the topic, led by the broker, or read by the job or vertex",
        [Topic => Partition, Broker => Partition, Vertex => Partition, Job => Partition];
    Brokers = "brokers", true, "brokers of the cluster, or that lead partitions of the topic, or of what the job reads and writes",
        [KafkaCluster => Broker, Topic => Broker, Job => Broker];
    KafkaClusters = "kafka_clusters", true, "Kafka clusters that the job reads or writes", [Job => KafkaCluster];
    Upstream = "upstream", true, "the next before it: vertices by the plan, jobs by the lineage",
        [Vertex => Vertex, Job => Job];
    Downstream = "downstream", true, "the next after it", [Vertex => Vertex, Job => Job];
    Ancestors = "ancestors", true, "all before it", [Vertex => Vertex, Job => Job];
    Descendants = "descendants", true, "all after it", [Vertex => Vertex, Job => Job];
    Sources = "sources", true, "vertices of the job without inputs", [Job => Vertex, Vertex => Vertex];
    Sinks = "sinks", true, "vertices of the job that feed no other", [Job => Vertex, Vertex => Vertex];
    Inputs = "inputs", true, "topics that the job or source vertex reads", [Job => Topic, Vertex => Topic];
    Outputs = "outputs", true, "topics that the job or sink vertex writes", [Job => Topic, Vertex => Topic];
    Readers = "readers", true, "jobs that read the topic", [Topic => Job, Partition => Job];
    Zookeepers = "zookeepers", true, "ZooKeepers that it stands on, as the configuration says",
        [Job => Zookeeper, FlinkCluster => Zookeeper];
    HdfsClusters = "hdfs_clusters", true, "HDFS that it stands on: configured, or named by the paths of its checkpoints",
        [Job => Hdfs, FlinkCluster => Hdfs];
    YarnClusters = "yarn_clusters", true, "YARN that it runs in: configured, or named by the ids of its containers",
        [Job => Yarn, FlinkCluster => Yarn];
    Components = "components", true, "components that it uses, or that read or write its topics",
        [Job => Component, FlinkCluster => Component, Topic => Component];
    Members = "members", true, "servers, nodes, queues, endpoints of a base cluster",
        [Zookeeper => Member, Hdfs => Member, Yarn => Member, Component => Member];
    Writers = "writers", true, "jobs that write the topic", [Topic => Job, Partition => Job];
}

impl Relation {
    pub fn parse(word: &str) -> Option<Relation> {
        Relation::ALL.iter().copied().find(|r| r.name() == word)
    }

    /// Where it leads from a kind.
    pub fn target(self, from: SubjectKind) -> Option<SubjectKind> {
        self.ways().iter().find(|(f, _)| *f == from).map(|(_, to)| *to)
    }

    /// What `<kind> with max(…)` and `<kind> 3` choose from.
    pub fn plural(word: &str) -> Option<Relation> {
        Some(match word {
            "job" | "jobs" => Relation::Jobs,
            "vertex" | "vertices" => Relation::Vertices,
            "subtask" | "subtasks" => Relation::Subtasks,
            "taskmanager" | "taskmanagers" => Relation::TaskManagers,
            "host" | "hosts" => Relation::Hosts,
            "topic" | "topics" => Relation::Topics,
            "partition" | "partitions" => Relation::Partitions,
            "broker" | "brokers" => Relation::Brokers,
            "kafka_cluster" | "kafka_clusters" => Relation::KafkaClusters,
            "zookeeper" | "zookeepers" => Relation::Zookeepers,
            "hdfs" | "hdfs_clusters" => Relation::HdfsClusters,
            "yarn" | "yarn_clusters" => Relation::YarnClusters,
            "component" | "components" => Relation::Components,
            "member" | "members" => Relation::Members,
            other => return Relation::parse(other).filter(|r| r.many()),
        })
    }
}

/// The word for one of a kind, as `with` and evidence texts write it.
pub fn singular(kind: SubjectKind) -> &'static str {
    match kind {
        FlinkCluster => "cluster",
        other => other.name(),
    }
}
