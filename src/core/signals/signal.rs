use crate::estate::{Entity, Millis};
use serde::{Deserialize, Serialize};

/// What a value counts. Shown beside every figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Records,
    Bytes,
    /// Milliseconds of something (never a moment).
    Milliseconds,
    Seconds,
    /// A moment, ms since the epoch.
    Moment,
    Offset,
    /// 0 to 1.
    Ratio,
    Count,
    Cores,
    /// A code of a closed enum (job state).
    Code,
}

/// How a value may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A value of its own.
    Gauge,
    /// Grows; a fall is a new life. Only differences mean something.
    Counter,
}

/// Where a value was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    FlinkRest,
    FlinkPrometheus,
    Exporter,
    Kafka,
    /// Computed by us from other signals.
    Derived,
}

macro_rules! signals {
    ($( $(#[$doc:meta])* $name:ident = $text:literal, $unit:ident, $shape:ident; )*) => {
        /// Every signal that a decision may read. Nothing below this module sees a raw name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Signal { $( $(#[$doc])* $name, )* }

        impl Signal {
            pub const ALL: &'static [Signal] = &[ $( Signal::$name, )* ];
            /// The name in the API, in the store and on disk. Never renamed: history is kept by it.
            pub const fn name(self) -> &'static str {
                match self { $( Signal::$name => $text, )* }
            }
            pub const fn unit(self) -> Unit {
                match self { $( Signal::$name => Unit::$unit, )* }
            }
            pub const fn shape(self) -> Shape {
                match self { $( Signal::$name => Shape::$shape, )* }
            }
            pub fn parse(name: &str) -> Option<Signal> {
                match name { $( $text => Some(Signal::$name), )* _ => None }
            }
        }
    };
}

signals! {
    // ---- Flink: one subtask. Counters start anew with each attempt.
    /// Records in. On a source vertex of Flink 1.20 0 (its operator counts instead); 2.2 counts.
    RecordsIn = "records_in", Records, Counter;
    RecordsOut = "records_out", Records, Counter;
    BytesIn = "bytes_in", Bytes, Counter;
    BytesOut = "bytes_out", Bytes, Counter;
    /// accumulateIdleTimeMs.
    IdleTime = "idle_time", Milliseconds, Counter;
    /// accumulateBackPressuredTimeMs.
    BackPressuredTime = "back_pressured_time", Milliseconds, Counter;
    /// accumulateBusyTimeMs: goes down at times, so only its presence is used. Where Flink cannot
    /// tell (legacy sources: NaN) idle and back-pressured times stand still and say nothing.
    BusyTime = "busy_time", Milliseconds, Gauge;
    /// isBackPressured at the scrape.
    IsBackPressured = "is_back_pressured", Ratio, Gauge;
    /// buffers.outPoolUsage | Shuffle.Netty.Output.Buffers.outPoolUsage.
    OutPoolUsage = "out_pool_usage", Ratio, Gauge;
    /// buffers.inPoolUsage; 0 on local channels even when the queue is full: a weak hint.
    InPoolUsage = "in_pool_usage", Ratio, Gauge;
    InputQueueLength = "input_queue_length", Count, Gauge;
    OutputQueueLength = "output_queue_length", Count, Gauge;
    /// The task's currentInputWatermark; absent while Flink says Long.MIN_VALUE (none yet).
    InputWatermark = "input_watermark", Moment, Gauge;
    CheckpointStartDelay = "checkpoint_start_delay", Milliseconds, Gauge;
    CheckpointAlignmentTime = "checkpoint_alignment_time", Milliseconds, Gauge;
    /// mailboxQueueSize: what waits for the task's thread besides records. Grows where it is stuck.
    MailboxQueue = "mailbox_queue", Count, Gauge;
    // ---- Flink: one operator in one subtask
    OperatorRecordsIn = "operator_records_in", Records, Counter;
    OperatorRecordsOut = "operator_records_out", Records, Counter;
    OutputWatermark = "output_watermark", Moment, Gauge;
    /// An operator of two inputs: its first one's watermark (currentInput1Watermark).
    FirstInputWatermark = "first_input_watermark", Moment, Gauge;
    SecondInputWatermark = "second_input_watermark", Moment, Gauge;
    /// Sinks: numRecordsSend (numRecordsOut of a sink stays 0).
    RecordsSent = "records_sent", Records, Counter;
    RecordsSendErrors = "records_send_errors", Records, Counter;
    /// currentSendTime: how long the sink's latest record took to be sent.
    SendTime = "send_time", Milliseconds, Gauge;
    LateRecordsDropped = "late_records_dropped", Records, Counter;
    SourceIdleTime = "source_idle_time", Milliseconds, Gauge;
    EmitEventTimeLag = "emit_event_time_lag", Milliseconds, Gauge;
    WatermarkLag = "watermark_lag", Milliseconds, Gauge;
    /// pendingRecords: what the last fetch told; not the lag. A weak hint.
    PendingRecords = "pending_records", Records, Gauge;
    CommitsSucceeded = "commits_succeeded", Count, Counter;
    CommitsFailed = "commits_failed", Count, Counter;
    // ---- Kafka clients inside Flink, by operator
    ConsumerConnections = "consumer_connections", Count, Gauge;
    ConsumerRecords = "consumer_records", Records, Counter;
    ConsumerBytes = "consumer_bytes", Bytes, Counter;
    FetchThrottleTime = "fetch_throttle_time", Milliseconds, Gauge;
    /// Bytes that came from brokers, answers without records too: stands when they are silent.
    ConsumerReceived = "consumer_received", Bytes, Counter;
    /// Mean of the client's last 30 s or so; up to fetch.max.wait.ms on a quiet topic.
    FetchLatency = "fetch_latency", Milliseconds, Gauge;
    AssignedPartitions = "assigned_partitions", Count, Gauge;
    ProducerConnections = "producer_connections", Count, Gauge;
    ProducerRecordsSent = "producer_records_sent", Records, Counter;
    ProducerRetries = "producer_retries", Records, Counter;
    ProducerErrors = "producer_errors", Records, Counter;
    ProduceThrottleTime = "produce_throttle_time", Milliseconds, Gauge;
    RequestsInFlight = "requests_in_flight", Count, Gauge;
    /// As [`Signal::ConsumerReceived`].
    ProducerReceived = "producer_received", Bytes, Counter;
    /// From a request to its answer; mean of the client's last 30 s or so.
    ProducerLatency = "producer_latency", Milliseconds, Gauge;
    /// How long batches wait in the client before they are sent; the same mean.
    ProducerQueueTime = "producer_queue_time", Milliseconds, Gauge;
    /// Time that the writer waited for a free buffer: the client takes in more than it can send.
    ProducerBufferWait = "producer_buffer_wait", Milliseconds, Counter;
    // ---- Where a source stands in a partition (Entity::Position)
    /// Last emitted offset + 1: the next record to process.
    SourcePosition = "source_position", Offset, Gauge;
    /// The source's own committedOffset gauge; absent while -1.
    SourceCommitted = "source_committed", Offset, Gauge;
    /// Watermark of this partition alone (2.x): tells which one holds the source back.
    SplitWatermark = "split_watermark", Moment, Gauge;
    // ---- A run
    Restarts = "restarts", Count, Counter;
    Uptime = "uptime", Milliseconds, Gauge;
    JobStateCode = "job_state", Code, Gauge;
    CheckpointsCompleted = "checkpoints_completed", Count, Counter;
    CheckpointsFailed = "checkpoints_failed", Count, Counter;
    CheckpointsInProgress = "checkpoints_in_progress", Count, Gauge;
    LastCheckpointDuration = "last_checkpoint_duration", Milliseconds, Gauge;
    LastCheckpointSize = "last_checkpoint_size", Bytes, Gauge;
    LastCheckpointFullSize = "last_checkpoint_full_size", Bytes, Gauge;
    /// Age of the latest completed checkpoint at the scrape.
    CheckpointAge = "checkpoint_age", Milliseconds, Gauge;
    // ---- JobManager, TaskManager processes
    HeapUsed = "heap_used", Bytes, Gauge;
    HeapMax = "heap_max", Bytes, Gauge;
    NonHeapUsed = "non_heap_used", Bytes, Gauge;
    MetaspaceUsed = "metaspace_used", Bytes, Gauge;
    MetaspaceMax = "metaspace_max", Bytes, Gauge;
    GcTime = "gc_time", Milliseconds, Counter;
    GcCount = "gc_count", Count, Counter;
    /// Status.JVM.CPU.Load, 0 to 1 of the machine.
    CpuLoad = "cpu_load", Ratio, Gauge;
    /// Status.JVM.CPU.Time: must move, else the values are frozen.
    CpuTime = "cpu_time", Milliseconds, Counter;
    Threads = "threads", Count, Gauge;
    ManagedMemoryUsed = "managed_memory_used", Bytes, Gauge;
    ManagedMemoryTotal = "managed_memory_total", Bytes, Gauge;
    NetworkMemoryUsed = "network_memory_used", Bytes, Gauge;
    NetworkMemoryTotal = "network_memory_total", Bytes, Gauge;
    SlotsTotal = "slots_total", Count, Gauge;
    SlotsAvailable = "slots_available", Count, Gauge;
    TaskManagers = "taskmanagers", Count, Gauge;
    RunningJobs = "running_jobs", Count, Gauge;
    // ---- Kafka, from the broker
    /// Latest offset (high watermark).
    EndOffset = "end_offset", Offset, Gauge;
    /// Last stable offset: behind the end while a transaction is open.
    StableOffset = "stable_offset", Offset, Gauge;
    BeginOffset = "begin_offset", Offset, Gauge;
    /// Timestamp of the newest record (ListOffsets max timestamp).
    NewestRecord = "newest_record", Moment, Gauge;
    CommittedOffset = "committed_offset", Offset, Gauge;
    UnderReplicated = "under_replicated", Count, Gauge;
    Brokers = "brokers", Count, Gauge;
    // ---- Base clusters: of one member, or of the whole
    /// From a request to its answer, as the server reckons it since it began or was reset; mean.
    ServerLatency = "server_latency", Milliseconds, Gauge;
    ServerLatencyMax = "server_latency_max", Milliseconds, Gauge;
    OutstandingRequests = "outstanding_requests", Count, Gauge;
    Connections = "connections", Count, Gauge;
    Sessions = "sessions", Count, Gauge;
    Watches = "watches", Count, Gauge;
    Znodes = "znodes", Count, Gauge;
    DataSize = "data_size", Bytes, Gauge;
    /// How long it takes to write a snapshot of its data; mean.
    SnapshotTime = "snapshot_time", Milliseconds, Gauge;
    /// How long its transaction log takes to reach the disk; the longest since it began.
    FsyncTime = "fsync_time", Milliseconds, Gauge;
    OpenFiles = "open_files", Count, Gauge;
    MaxFiles = "max_files", Count, Gauge;
    /// Servers that elect, and followers that are up to date with their leader.
    QuorumSize = "quorum_size", Count, Gauge;
    SyncedFollowers = "synced_followers", Count, Gauge;
    // ---- HDFS, by its active NameNode
    BlocksMissing = "blocks_missing", Count, Gauge;
    BlocksCorrupt = "blocks_corrupt", Count, Gauge;
    BlocksUnderReplicated = "blocks_under_replicated", Count, Gauge;
    BlocksTotal = "blocks_total", Count, Gauge;
    FilesTotal = "files_total", Count, Gauge;
    /// Of the cluster, a DataNode or a file system.
    CapacityTotal = "capacity_total", Bytes, Gauge;
    CapacityRemaining = "capacity_remaining", Bytes, Gauge;
    /// Of an HDFS: what its own blocks take.
    CapacityUsed = "capacity_used", Bytes, Gauge;
    DataNodesLive = "datanodes_live", Count, Gauge;
    DataNodesDead = "datanodes_dead", Count, Gauge;
    DataNodesStale = "datanodes_stale", Count, Gauge;
    VolumeFailures = "volume_failures", Count, Gauge;
    NameNodesActive = "namenodes_active", Count, Gauge;
    /// Since a DataNode last told its NameNode that it is there.
    LastContact = "last_contact", Milliseconds, Gauge;
    /// How far a JournalNode is behind its NameNode, in transactions.
    JournalLag = "journal_lag", Count, Gauge;
    RpcQueueTime = "rpc_queue_time", Milliseconds, Gauge;
    RpcProcessingTime = "rpc_processing_time", Milliseconds, Gauge;
    CallQueue = "call_queue", Count, Gauge;
    // ---- YARN, by its active ResourceManager
    NodesActive = "nodes_active", Count, Gauge;
    NodesLost = "nodes_lost", Count, Gauge;
    NodesUnhealthy = "nodes_unhealthy", Count, Gauge;
    /// Taken out by somebody.
    NodesDecommissioned = "nodes_decommissioned", Count, Gauge;
    AppsPending = "apps_pending", Count, Gauge;
    AppsRunning = "apps_running", Count, Gauge;
    /// Since the ResourceManager began.
    AppsFailed = "apps_failed", Count, Counter;
    ContainersPending = "containers_pending", Count, Gauge;
    MemoryPending = "memory_pending", Bytes, Gauge;
    MemoryAvailable = "memory_available", Bytes, Gauge;
    MemoryTotal = "memory_total", Bytes, Gauge;
    CoresPending = "cores_pending", Cores, Gauge;
    CoresAvailable = "cores_available", Cores, Gauge;
    CoresTotal = "cores_total", Cores, Gauge;
    /// Of what a queue may have at most.
    QueueUsed = "queue_used", Ratio, Gauge;
    // ---- A machine and its file systems
    /// Of all its cores together.
    CpuIdleTime = "cpu_idle_time", Milliseconds, Counter;
    CpuWaitTime = "cpu_wait_time", Milliseconds, Counter;
    CpuStolenTime = "cpu_stolen_time", Milliseconds, Counter;
    Cpus = "cpus", Cores, Gauge;
    Load = "load", Count, Gauge;
    /// The machine's clock against ours at the scrape; positive: it is ahead.
    ClockSkew = "clock_skew", Milliseconds, Gauge;
    /// 1: its clock is kept by somebody.
    ClockSynced = "clock_synced", Ratio, Gauge;
    InodesTotal = "inodes_total", Count, Gauge;
    InodesFree = "inodes_free", Count, Gauge;
    ReadOnly = "read_only", Ratio, Gauge;
    // ---- A component
    /// A series that its configuration names, as it is told.
    Value = "value", Ratio, Gauge;
    /// 1: what it was asked by was answered as it should be.
    ProbeUp = "probe_up", Ratio, Gauge;
    ProbeTime = "probe_time", Milliseconds, Gauge;
    // ---- Derived by lineage, one value per assessment
    /// Age of the oldest record that waits at this edge, s. On a vertex: in its input queue.
    EdgeAge = "edge_age", Seconds, Gauge;
    /// Of it: what waits in the topic, s.
    TopicWait = "topic_wait", Seconds, Gauge;
    /// Of it: what waits inside the job, s.
    InsideWait = "inside_wait", Seconds, Gauge;
    /// Age of the data when it leaves a job, s.
    OutputAge = "output_age", Seconds, Gauge;
    /// Of it: what waits for a transaction to commit, s.
    CommitWait = "commit_wait", Seconds, Gauge;
    /// What windows and watermarks hold back by design, s.
    WindowWait = "window_wait", Seconds, Gauge;
    /// Records that wait at this edge.
    EdgeRecords = "edge_records", Records, Gauge;
    /// Records per second into this edge.
    EdgeRate = "edge_rate", Records, Gauge;
    /// End-to-end delay of a path, s.
    PathAge = "path_age", Seconds, Gauge;
    // ---- Ourselves
    ScrapeDuration = "scrape_duration", Milliseconds, Gauge;
    ScrapeSamples = "scrape_samples", Count, Gauge;
    TargetUp = "target_up", Ratio, Gauge;
}

/// One value, resolved. NaN and infinities never get here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub entity: Entity,
    pub signal: Signal,
    pub at: Millis,
    pub value: f64,
}

#[cfg(test)]
mod tests {
    use super::Signal;

    #[test]
    fn names_are_unique_and_parse_back() {
        let mut names: Vec<_> = Signal::ALL.iter().map(|s| s.name()).collect();
        for s in Signal::ALL {
            assert_eq!(Signal::parse(s.name()), Some(*s));
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Signal::ALL.len());
    }
}
