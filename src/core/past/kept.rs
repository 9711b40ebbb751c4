//! What is remembered: a closed list of measures, each a value a minute.

use crate::estate::{SubjectKind, SubjectKind as K};

/// How the looks at one minute become one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// One look at its end: the measure has a window of its own, or is a fact.
    Now,
    Max,
    Min,
    /// The value that 95 % of the looks do not exceed.
    P95,
}

impl Fold {
    pub fn of(self, mut values: Vec<f64>) -> Option<f64> {
        values.retain(|v| v.is_finite());
        values.sort_by(f64::total_cmp);
        let at = match self {
            Fold::Min => 0,
            // nearest rank
            Fold::P95 => (values.len() * 95).div_ceil(100).checked_sub(1)?,
            Fold::Now | Fold::Max => values.len().checked_sub(1)?,
        };
        values.get(at).copied()
    }
}

/// One measure that is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// In files, inspections and the API; never changed once released.
    pub name: &'static str,
    pub of: SubjectKind,
    /// In the rules' language.
    pub ask: &'static str,
    /// Of what it comes to, as the language shows it.
    pub unit: &'static str,
    pub fold: Fold,
}

impl Kept {
    pub fn find(of: SubjectKind, name: &str) -> Option<&'static Kept> {
        KEPT.iter().find(|k| k.of == of && k.name == name)
    }
}

const fn kept(
    name: &'static str,
    of: SubjectKind,
    ask: &'static str,
    unit: &'static str,
    fold: Fold,
) -> Kept {
    Kept { name, of, ask, unit, fold }
}

pub const KEPT: &[Kept] = &[
    // how late
    kept("delay", K::Job, "age", "s", Fold::P95),
    kept("input_delay", K::Job, "edge_age", "s", Fold::P95),
    kept("lag", K::Job, "lag", "records", Fold::Max),
    kept("watermark_lag", K::Job, "max(watermark_lag of subtasks)", "s", Fold::Max),
    // how much
    kept("input_rate", K::Job, "input_rate over 60s", "records/s", Fold::Now),
    kept("late_dropped", K::Job, "sum(late_dropped of subtasks)", "records/s", Fold::Now),
    // how hard it works
    kept("running_share", K::Job, "running_share", "ratio", Fold::Now),
    kept("parallelism", K::Job, "max(parallelism of vertices)", "count", Fold::Now),
    kept("busiest", K::Job, "max(busy over 60s of subtasks)", "ratio", Fold::Now),
    kept("back_pressure", K::Job, "max(bp over 60s of subtasks)", "ratio", Fold::Now),
    kept("restarts", K::Job, "restarts_in over 60s", "count", Fold::Now),
    // its checkpoints and state
    kept("checkpoint_age", K::Job, "checkpoint_age", "s", Fold::Max),
    kept("checkpoint_duration", K::Job, "last_checkpoint_duration", "s", Fold::Now),
    kept("checkpoint_alignment", K::Job, "max(alignment_time of subtasks)", "s", Fold::Max),
    kept("checkpoints_failed", K::Job, "checkpoints_failed_in over 60s", "count", Fold::Now),
    kept("state_size", K::Job, "state_size", "bytes", Fold::Now),
    // its processes: TaskManagers change their names, the job does not
    kept("heap_floor", K::Job, "max(heap_floor over 60s of taskmanagers)", "ratio", Fold::Now),
    kept("metaspace", K::Job, "max(metaspace_share of taskmanagers)", "ratio", Fold::Now),
    kept("managed_memory", K::Job, "max(managed_share of taskmanagers)", "ratio", Fold::Now),
    kept("network_memory", K::Job, "max(network_share of taskmanagers)", "ratio", Fold::Now),
    kept("gc", K::Job, "max(gc over 60s of taskmanagers)", "ratio", Fold::Now),
    kept("cpu_cores", K::Job, "sum(cpu_cores over 60s of taskmanagers)", "cores", Fold::Now),
    kept("threads", K::Job, "max(threads of taskmanagers)", "count", Fold::Now),
    // Flink clusters
    kept("slots_free", K::FlinkCluster, "slots_free", "count", Fold::Min),
    kept("slots_total", K::FlinkCluster, "slots_total", "count", Fold::Min),
    kept("taskmanagers", K::FlinkCluster, "taskmanager_count", "count", Fold::Min),
    kept("jobs_running", K::FlinkCluster, "jobs_running", "count", Fold::Now),
    // Kafka
    kept("produce_rate", K::Topic, "produce_rate over 60s", "records/s", Fold::Now),
    kept("worst_reader_lag", K::Topic, "max(reader_lag of partitions)", "records", Fold::Max),
    kept(
        "partition_share",
        K::Topic,
        "max(share_of_topic over 60s of partitions)",
        "ratio",
        Fold::Now,
    ),
    kept("in_sync", K::Topic, "min(isr_share of partitions)", "ratio", Fold::Now),
    kept("disk_used", K::Broker, "disk_used", "ratio", Fold::Now),
    kept("brokers", K::KafkaCluster, "broker_count", "count", Fold::Min),
    kept("brokers_missing", K::KafkaCluster, "brokers_missing", "count", Fold::Max),
    // what they stand on
    kept("latency", K::Zookeeper, "max(zk_latency of members where (answers))", "s", Fold::Max),
    kept(
        "outstanding",
        K::Zookeeper,
        "max(zk_outstanding of members where (answers))",
        "count",
        Fold::Max,
    ),
    kept(
        "data_size",
        K::Zookeeper,
        "max(zk_data_size of members where (answers))",
        "bytes",
        Fold::Max,
    ),
    kept("synced_followers", K::Zookeeper, "zk_synced_followers", "count", Fold::Min),
    kept("free_share", K::Hdfs, "hdfs_free_share", "ratio", Fold::Min),
    kept("files", K::Hdfs, "hdfs_files", "count", Fold::Max),
    kept("missing_blocks", K::Hdfs, "hdfs_missing_blocks", "count", Fold::Max),
    kept("nodes_active", K::Yarn, "yarn_nodes_active", "count", Fold::Min),
    kept("containers_pending", K::Yarn, "yarn_containers_pending", "count", Fold::Min),
    kept("memory_free_share", K::Yarn, "yarn_memory_free_share", "ratio", Fold::Min),
    kept("disk_free_share", K::Host, "host_disk_free_share", "ratio", Fold::Now),
    kept("memory_free_share", K::Host, "host_memory_free_share", "ratio", Fold::Now),
    kept("cpu", K::Host, "host_cpu over 60s", "ratio", Fold::Now),
];
