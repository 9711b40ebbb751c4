//! ListOffsets.

use super::super::requests::{Partitions, Wanted};
use super::Faults;
use kafka_protocol::messages::ListOffsetsResponse;
use std::collections::BTreeMap;
use streamwarden_core::estate::{Millis, Name};

/// What was found in one partition; -1 of the protocol is None.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub topic: Name,
    pub partition: i32,
    pub offset: Option<i64>,
    /// Of the record at the offset; only where a timestamp was asked for.
    pub timestamp: Option<Millis>,
}

/// What was asked, in its order; what is missing or failed is in the faults.
pub fn offsets(
    raw: &ListOffsetsResponse,
    asked: &Partitions,
    wanted: Wanted,
) -> (Vec<Found>, Faults) {
    let mut by_partition = BTreeMap::new();
    for topic in &raw.topics {
        for partition in &topic.partitions {
            by_partition.insert((&**topic.name, partition.partition_index), partition);
        }
    }
    let mut found = Vec::with_capacity(by_partition.len());
    let mut faults = Faults::default();
    for (topic, ids) in asked {
        for id in ids {
            let label = || format!("{topic}-{id}");
            match by_partition.get(&(&**topic, *id)) {
                None => faults.unanswered(label),
                Some(p) if p.error_code != 0 => faults.add(p.error_code, label),
                Some(p) => found.push(Found {
                    topic: topic.clone(),
                    partition: *id,
                    offset: Some(p.offset).filter(|o| *o >= 0),
                    timestamp: Some(p.timestamp)
                        .filter(|t| *t >= 0 && has_timestamp(wanted))
                        .map(Millis),
                }),
            }
        }
    }
    (found, faults)
}

const fn has_timestamp(wanted: Wanted) -> bool {
    matches!(wanted, Wanted::Newest | Wanted::Since(_))
}

/// Offsets by timestamp: where no record is that young, the next one to come is meant.
pub fn since_or_end(found: &Found, end: i64) -> i64 {
    found.offset.map_or(end, |offset| offset.min(end))
}
