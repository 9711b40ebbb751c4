//! What a ZooKeeper server tells of itself: `mntr` says `zk_<name>`, its AdminServer `<name>`.

use super::Convert;
use crate::signals::Signal;

/// A figure of one server, by its name without `zk_`. Seen on ZooKeeper 3.9.
pub fn from_zookeeper(name: &str) -> Option<(Signal, Convert)> {
    Some(match name {
        "avg_latency" => (Signal::ServerLatency, Convert::NoneIfNegative),
        "max_latency" => (Signal::ServerLatencyMax, Convert::NoneIfNegative),
        "outstanding_requests" => (Signal::OutstandingRequests, Convert::NoneIfNegative),
        "num_alive_connections" => (Signal::Connections, Convert::NoneIfNegative),
        "global_sessions" => (Signal::Sessions, Convert::NoneIfNegative),
        "watch_count" => (Signal::Watches, Convert::NoneIfNegative),
        "znode_count" => (Signal::Znodes, Convert::NoneIfNegative),
        "approximate_data_size" => (Signal::DataSize, Convert::NoneIfNegative),
        "avg_snapshottime" => (Signal::SnapshotTime, Convert::NoneIfNegative),
        "max_fsynctime" => (Signal::FsyncTime, Convert::NoneIfNegative),
        "open_file_descriptor_count" => (Signal::OpenFiles, Convert::NoneIfNegative),
        "max_file_descriptor_count" => (Signal::MaxFiles, Convert::NoneIfNegative),
        "uptime" => (Signal::Uptime, Convert::NoneIfNegative),
        // of the leader only
        "synced_followers" => (Signal::SyncedFollowers, Convert::NoneIfNegative),
        "quorum_size" => (Signal::QuorumSize, Convert::NoneIfNegative),
        _ => return None,
    })
}
