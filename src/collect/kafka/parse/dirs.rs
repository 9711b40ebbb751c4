//! DescribeLogDirs: what lies on one broker's disks.

use super::Faults;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::DescribeLogDirsResponse;
use std::collections::BTreeMap;
use streamwarden_core::estate::{BrokerDirs, LogDir, Name};

/// Directories of one broker: a machine has some dozens of disks.
const DIRS: usize = 256;

/// None: it may not be told.
pub fn log_dirs(
    id: i32,
    raw: &DescribeLogDirsResponse,
    most_topics: usize,
) -> (Option<BrokerDirs>, Faults) {
    let mut faults = Faults::default();
    if raw.error_code != 0 {
        faults.add(raw.error_code, || format!("the disks of broker {id}"));
        return (None, faults);
    }
    let mut topics: BTreeMap<Name, u64> = BTreeMap::new();
    for topic in raw.results.iter().flat_map(|d| &d.topics).filter(|t| !t.name.starts_with("__")) {
        let sizes = topic.partitions.iter().map(|p| u64::try_from(p.partition_size).unwrap_or(0));
        if topics.len() < most_topics || topics.contains_key(&**topic.name) {
            *topics.entry(Name::from(&**topic.name)).or_default() += sizes.sum::<u64>();
        }
    }
    // before version 3 a denied broker answers with no directory at all
    if raw.results.is_empty() {
        let denied = ResponseError::ClusterAuthorizationFailed.code();
        faults.add(denied, || format!("the disks of broker {id}"));
        return (None, faults);
    }
    let known = |bytes: i64| u64::try_from(bytes).ok();
    let dirs = raw.results.iter().take(DIRS).map(|d| LogDir {
        path: Name::from(&*d.log_dir),
        error: ResponseError::try_from_code(d.error_code).map(|e| format!("{e:?}").into()),
        total: known(d.total_bytes),
        free: known(d.usable_bytes),
    });
    (Some(BrokerDirs { id, dirs: dirs.collect(), topics }), faults)
}
