//! The one list of raw names, spelled as the Prometheus reporter does; the REST API's are the same
//! with `.` and `-` instead of `_`. Seen on Flink 1.20, 2.2 and 2.3 with Kafka connectors 3.4.0
//! and 5.0.0.

use super::Convert::{self, *};
use crate::signals::Signal;

/// What a metric hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Cluster,
    JobManager,
    TaskManager,
    Job,
    Task,
    Operator,
    Position,
    /// A source's split; of Kafka's it is `topic-partition`.
    Split,
}

type Named = (Scope, Signal, Convert);

/// The reporter names series by the logical scope, whatever `metrics.scope.*` says; who relabels
/// may put something in front.
pub(super) fn of_prometheus(name: &str) -> Option<Named> {
    let name = match name.strip_prefix("flink_") {
        Some(name) => name,
        None => &name[name.find("_flink_")? + "_flink_".len()..],
    };
    if let Some(name) = name.strip_prefix("taskmanager_") {
        return match name.strip_prefix("job_task_") {
            Some(name) => match name.strip_prefix("operator_") {
                Some(name) => operator(name),
                None => task(name),
            },
            None => taskmanager(name),
        };
    }
    let name = name.strip_prefix("jobmanager_")?;
    match name.strip_prefix("job_") {
        Some(name) => job(name),
        None => jobmanager(name),
    }
}

pub(super) fn task(name: &str) -> Option<Named> {
    let (signal, convert) = match name {
        "numRecordsIn" => (Signal::RecordsIn, Plain),
        "numRecordsOut" => (Signal::RecordsOut, Plain),
        "numBytesIn" => (Signal::BytesIn, Plain),
        "numBytesOut" => (Signal::BytesOut, Plain),
        "accumulateIdleTimeMs" => (Signal::IdleTime, Plain),
        "accumulateBackPressuredTimeMs" => (Signal::BackPressuredTime, Plain),
        "accumulateBusyTimeMs" => (Signal::BusyTime, Plain),
        "isBackPressured" => (Signal::IsBackPressured, Plain),
        // until 1.20 under both names, since 2.0 under the longer one
        "Shuffle_Netty_Output_Buffers_outPoolUsage" | "buffers_outPoolUsage" => {
            (Signal::OutPoolUsage, Plain)
        }
        "Shuffle_Netty_Input_Buffers_inPoolUsage" | "buffers_inPoolUsage" => {
            (Signal::InPoolUsage, Plain)
        }
        "Shuffle_Netty_Input_Buffers_inputQueueLength" | "buffers_inputQueueLength" => {
            (Signal::InputQueueLength, Plain)
        }
        "Shuffle_Netty_Output_Buffers_outputQueueLength" | "buffers_outputQueueLength" => {
            (Signal::OutputQueueLength, Plain)
        }
        "currentInputWatermark" => (Signal::InputWatermark, Moment),
        "checkpointStartDelayNanos" => (Signal::CheckpointStartDelay, NanosToMillis),
        // ns too, although its name does not say so
        "checkpointAlignmentTime" => (Signal::CheckpointAlignmentTime, NanosToMillis),
        "mailboxQueueSize" => (Signal::MailboxQueue, Plain),
        _ => return None,
    };
    Some((Scope::Task, signal, convert))
}

pub(super) fn operator(name: &str) -> Option<Named> {
    if let Some(name) = name.strip_prefix("KafkaSourceReader_topic_partition_") {
        return position(name);
    }
    let (signal, convert) = match name {
        "numRecordsIn" => (Signal::OperatorRecordsIn, Plain),
        "numRecordsOut" => (Signal::OperatorRecordsOut, Plain),
        "currentOutputWatermark" => (Signal::OutputWatermark, Moment),
        "currentInput1Watermark" => (Signal::FirstInputWatermark, Moment),
        "currentInput2Watermark" => (Signal::SecondInputWatermark, Moment),
        "numRecordsSend" => (Signal::RecordsSent, Plain),
        "numRecordsSendErrors" => (Signal::RecordsSendErrors, Plain),
        "currentSendTime" => (Signal::SendTime, NoneIfNegative),
        "numLateRecordsDropped" => (Signal::LateRecordsDropped, Plain),
        "sourceIdleTime" => (Signal::SourceIdleTime, NoneIfNegative),
        "currentEmitEventTimeLag" => (Signal::EmitEventTimeLag, Lag),
        "watermarkLag" => (Signal::WatermarkLag, Lag),
        "pendingRecords" => (Signal::PendingRecords, NoneIfNegative),
        "KafkaSourceReader_commitsSucceeded" => (Signal::CommitsSucceeded, Plain),
        "KafkaSourceReader_commitsFailed" => (Signal::CommitsFailed, Plain),
        "KafkaSourceReader_KafkaConsumer_connection_count" => (Signal::ConsumerConnections, Plain),
        "KafkaSourceReader_KafkaConsumer_records_consumed_total" => {
            (Signal::ConsumerRecords, Plain)
        }
        "KafkaSourceReader_KafkaConsumer_bytes_consumed_total" => (Signal::ConsumerBytes, Plain),
        "KafkaSourceReader_KafkaConsumer_fetch_throttle_time_max" => {
            (Signal::FetchThrottleTime, Plain)
        }
        "KafkaSourceReader_KafkaConsumer_assigned_partitions" => {
            (Signal::AssignedPartitions, Plain)
        }
        "KafkaSourceReader_KafkaConsumer_incoming_byte_total" => (Signal::ConsumerReceived, Plain),
        "KafkaSourceReader_KafkaConsumer_fetch_latency_avg" => (Signal::FetchLatency, Plain),
        "KafkaProducer_connection_count" => (Signal::ProducerConnections, Plain),
        "KafkaProducer_record_send_total" => (Signal::ProducerRecordsSent, Plain),
        "KafkaProducer_record_retry_total" => (Signal::ProducerRetries, Plain),
        "KafkaProducer_record_error_total" => (Signal::ProducerErrors, Plain),
        "KafkaProducer_produce_throttle_time_max" => (Signal::ProduceThrottleTime, Plain),
        "KafkaProducer_requests_in_flight" => (Signal::RequestsInFlight, Plain),
        "KafkaProducer_incoming_byte_total" => (Signal::ProducerReceived, Plain),
        "KafkaProducer_request_latency_avg" => (Signal::ProducerLatency, Plain),
        "KafkaProducer_record_queue_time_avg" => (Signal::ProducerQueueTime, Plain),
        "KafkaProducer_bufferpool_wait_time_ns_total" => {
            (Signal::ProducerBufferWait, NanosToMillis)
        }
        "split_watermark_currentWatermark" => {
            return Some((Scope::Split, Signal::SplitWatermark, Moment));
        }
        _ => return None,
    };
    Some((Scope::Operator, signal, convert))
}

pub(super) fn position(name: &str) -> Option<Named> {
    match name {
        "currentOffset" => Some((Scope::Position, Signal::SourcePosition, PlusOne)),
        "committedOffset" => Some((Scope::Position, Signal::SourceCommitted, NoneIfNegative)),
        _ => None,
    }
}

pub(super) fn job(name: &str) -> Option<Named> {
    let (signal, convert) = match name {
        "numRestarts" => (Signal::Restarts, Plain),
        "uptime" => (Signal::Uptime, NoneIfNegative),
        "numberOfCompletedCheckpoints" => (Signal::CheckpointsCompleted, Plain),
        "numberOfFailedCheckpoints" => (Signal::CheckpointsFailed, Plain),
        "numberOfInProgressCheckpoints" => (Signal::CheckpointsInProgress, Plain),
        "lastCheckpointDuration" => (Signal::LastCheckpointDuration, NoneIfNegative),
        "lastCheckpointSize" => (Signal::LastCheckpointSize, NoneIfNegative),
        "lastCheckpointFullSize" => (Signal::LastCheckpointFullSize, NoneIfNegative),
        "lastCheckpointCompletedTimestamp" => (Signal::CheckpointAge, EpochToAge),
        _ => return None,
    };
    Some((Scope::Job, signal, convert))
}

pub(super) fn jobmanager(name: &str) -> Option<Named> {
    let signal = match name {
        "taskSlotsTotal" => Signal::SlotsTotal,
        "taskSlotsAvailable" => Signal::SlotsAvailable,
        "numRegisteredTaskManagers" => Signal::TaskManagers,
        "numRunningJobs" => Signal::RunningJobs,
        _ => {
            let (signal, convert) = jvm(name)?;
            return Some((Scope::JobManager, signal, convert));
        }
    };
    Some((Scope::Cluster, signal, Plain))
}

pub(super) fn taskmanager(name: &str) -> Option<Named> {
    let signal = match name {
        "Status_Flink_Memory_Managed_Used" => Signal::ManagedMemoryUsed,
        "Status_Flink_Memory_Managed_Total" => Signal::ManagedMemoryTotal,
        "Status_Shuffle_Netty_UsedMemory" => Signal::NetworkMemoryUsed,
        "Status_Shuffle_Netty_TotalMemory" => Signal::NetworkMemoryTotal,
        _ => {
            let (signal, convert) = jvm(name)?;
            return Some((Scope::TaskManager, signal, convert));
        }
    };
    Some((Scope::TaskManager, signal, Plain))
}

fn jvm(name: &str) -> Option<(Signal, Convert)> {
    Some(match name.strip_prefix("Status_JVM_")? {
        "Memory_Heap_Used" => (Signal::HeapUsed, Plain),
        "Memory_Heap_Max" => (Signal::HeapMax, NoneIfNegative),
        "Memory_NonHeap_Used" => (Signal::NonHeapUsed, Plain),
        "Memory_Metaspace_Used" => (Signal::MetaspaceUsed, Plain),
        "Memory_Metaspace_Max" => (Signal::MetaspaceMax, NoneIfNegative),
        "GarbageCollector_All_Time" => (Signal::GcTime, Plain),
        "GarbageCollector_All_Count" => (Signal::GcCount, Plain),
        "CPU_Load" => (Signal::CpuLoad, NoneIfNegative),
        "CPU_Time" => (Signal::CpuTime, NanosToMillis),
        "Threads_Count" => (Signal::Threads, Plain),
        _ => return None,
    })
}
