//! Faults that can be switched in a running estate, one file each, labelled with what they are.

mod broker_down;
mod broker_frozen;
mod broker_of_three_down;
mod checkpoint_storage_broken;
mod checkpoint_timeout;
mod component_down;
mod fetch_quota;
mod future_timestamp;
mod gc_pressure;
mod hdfs_datanodes_lost;
mod hdfs_missing_blocks;
mod hdfs_no_active;
mod hdfs_safe_mode;
mod heap_exhausted;
mod hot_partition;
mod idle_partition;
mod job_gave_up;
mod jobmanager_killed;
mod label;
mod late_join_side;
mod offsets_lost;
mod one_key;
mod parallelism_too_low;
mod partitions_added;
mod poison_record;
mod produce_quota;
mod rights_lost;
mod severity;
mod slots_exhausted;
mod slow_function;
mod slow_function_cpu;
mod slow_sink;
mod state_growth;
mod stuck_subtask;
mod surge;
mod taskmanager_frozen;
mod taskmanager_killed;
mod topic_deleted;
mod upstream_stop;
mod user_exception;
mod yarn_node_unhealthy;
mod yarn_queue_full;
mod zookeeper_leader_killed;
mod zookeeper_quorum_lost;
mod zookeeper_server_frozen;

use std::collections::BTreeMap;

use anyhow::{Context, Result};

pub use self::label::{Label, Place};
pub(crate) use self::severity::{pick, severity};
use crate::bed::Bed;
use crate::controls;
use crate::estate::EstateSpec;

/// Numbers that tune a fault; what is not given has a default.
pub type Args = BTreeMap<String, f64>;

pub trait Fault: Sync {
    fn label(&self, spec: &EstateSpec) -> Label;
    /// Makes an estate, before it starts, one that the fault can strike; what fits already stays as it is.
    fn fit(&self, _: &mut EstateSpec) {}
    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()>;
    fn off(&self, bed: &mut Bed) -> Result<()>;
}

/// Every fault, then every control.
pub fn all() -> impl Iterator<Item = &'static dyn Fault> {
    FAULTS.iter().chain(controls::CONTROLS).copied()
}

const FAULTS: &[&dyn Fault] = &[
    &slow_function::SlowFunction,
    &slow_function_cpu::SlowFunctionCpu,
    &one_key::HotKey,
    &one_key::NullKey,
    &stuck_subtask::StuckSubtask,
    &user_exception::UserException,
    &state_growth::StateGrowth,
    &parallelism_too_low::ParallelismTooLow,
    &checkpoint_timeout::CheckpointTimeout,
    &checkpoint_storage_broken::CheckpointStorageBroken,
    &slots_exhausted::SlotsExhausted,
    &broker_frozen::BrokerFrozen,
    &broker_of_three_down::BrokerOfThreeDown,
    &produce_quota::ProduceQuota,
    &fetch_quota::FetchQuota,
    &partitions_added::PartitionsAdded,
    &offsets_lost::OffsetsLost,
    &topic_deleted::TopicDeleted,
    &rights_lost::RightsLost,
    &slow_sink::SlowSink,
    &taskmanager_killed::TaskManagerKilled,
    &taskmanager_frozen::TaskManagerFrozen,
    &heap_exhausted::HeapExhausted,
    &gc_pressure::GcPressure,
    &jobmanager_killed::JobManagerKilled,
    &jobmanager_killed::JobManagerKilledHa,
    &surge::Surge,
    &upstream_stop::UpstreamStop,
    &poison_record::PoisonRecord,
    &late_join_side::LateJoinSide,
    &future_timestamp::FutureTimestamp,
    &idle_partition::IdlePartition,
    &hot_partition::HotPartition,
    &broker_down::BrokerDown,
    &job_gave_up::JobGaveUp,
    &hdfs_safe_mode::HdfsSafeMode,
    &hdfs_no_active::HdfsNoActive,
    &hdfs_datanodes_lost::HdfsDataNodesLost,
    &hdfs_missing_blocks::HdfsMissingBlocks,
    &zookeeper_quorum_lost::ZookeeperQuorumLost,
    &zookeeper_leader_killed::ZookeeperLeaderKilled,
    &zookeeper_server_frozen::ZookeeperServerFrozen,
    &component_down::ComponentDown,
    &yarn_node_unhealthy::YarnNodeUnhealthy,
    &yarn_queue_full::YarnQueueFull,
];

pub fn find(name: &str) -> Result<&'static dyn Fault> {
    // names do not depend on the estate
    let spec = EstateSpec::demo();
    let known = || all().map(|fault| fault.label(&spec).name).collect::<Vec<_>>().join(", ");
    all()
        .find(|fault| fault.label(&spec).name == name)
        .with_context(|| format!("there is no fault or control {name:?}; there are {}", known()))
}

pub(crate) fn arg(args: &Args, name: &str, otherwise: f64) -> f64 {
    args.get(name).copied().unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_fault_has_its_own_name_and_a_cause_and_no_control_has_one() {
        let spec = EstateSpec::seeded(3);
        let names: HashSet<_> = all().map(|fault| fault.label(&spec).name).collect();
        assert_eq!(names.len(), all().count());
        assert!(FAULTS.iter().all(|fault| fault.label(&spec).cause.is_some()));
        assert!(controls::CONTROLS.iter().all(|control| control.label(&spec).cause.is_none()));
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known() {
        let error = find("slow").err().unwrap().to_string();
        assert!(error.contains("slow-function") && error.contains("scrape-gap"), "{error}");
    }
}
