//! ListGroups, DescribeGroups, OffsetFetch.

use super::{Faults, ID_MOST};
use kafka_protocol::messages::{DescribeGroupsResponse, ListGroupsResponse, OffsetFetchResponse};
use std::collections::BTreeMap;
use streamwarden_core::estate::Name;

/// A group that a broker coordinates; the state where the version tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub group: Name,
    pub state: Option<Name>,
}

/// All groups whatever their state: those of Flink's KafkaSource are Empty, without members.
pub fn listed(raw: &ListGroupsResponse) -> (Vec<Listed>, Faults) {
    let mut faults = Faults::default();
    if raw.error_code != 0 {
        faults.add(raw.error_code, || "the groups of one broker".into());
    }
    let known = raw.groups.iter().filter(|g| g.group_id.len() <= ID_MOST);
    let groups = known.map(|g| Listed {
        group: Name::from(&**g.group_id),
        state: Some(Name::from(&*g.group_state)).filter(|s| !s.is_empty()),
    });
    (groups.collect(), faults)
}

/// State and number of members by group. A group that its broker no longer holds is left out.
pub fn described(raw: &DescribeGroupsResponse) -> (BTreeMap<Name, (Name, u32)>, Faults) {
    let mut groups = BTreeMap::new();
    let mut faults = Faults::default();
    for group in &raw.groups {
        match group.error_code {
            0 => {
                let members = u32::try_from(group.members.len()).unwrap_or(u32::MAX);
                let state = Name::from(&*group.group_state);
                groups.insert(Name::from(&**group.group_id), (state, members));
            }
            code => faults.add(code, || group.group_id.to_string()),
        }
    }
    (groups, faults)
}

/// The offsets of one group: (topic, partition, offset); without those that are not committed.
pub type Commits = Vec<(Name, i32, i64)>;

/// Committed offsets of the groups asked for; before version 8 that is one, and not named in the
/// answer.
pub fn committed(
    raw: &OffsetFetchResponse,
    version: i16,
    asked: &[Name],
) -> (BTreeMap<Name, Commits>, Faults) {
    let mut groups = BTreeMap::new();
    let mut faults = Faults::default();
    if version >= 8 {
        for group in asked {
            let Some(raw) = raw.groups.iter().find(|g| **g.group_id == **group) else {
                faults.unanswered(|| group.to_string());
                continue;
            };
            if raw.error_code != 0 {
                faults.add(raw.error_code, || group.to_string());
                continue;
            }
            let mut commits = Commits::new();
            for topic in &raw.topics {
                let parts = topic.partitions.iter();
                let parts = parts.map(|p| (p.partition_index, p.committed_offset, p.error_code));
                take(&topic.name, parts, &mut commits, &mut faults);
            }
            groups.insert(group.clone(), commits);
        }
    } else if let Some(group) = asked.first() {
        if raw.error_code != 0 {
            faults.add(raw.error_code, || group.to_string());
            return (groups, faults);
        }
        let mut commits = Commits::new();
        for topic in &raw.topics {
            let parts = topic.partitions.iter();
            let parts = parts.map(|p| (p.partition_index, p.committed_offset, p.error_code));
            take(&topic.name, parts, &mut commits, &mut faults);
        }
        groups.insert(group.clone(), commits);
    }
    (groups, faults)
}

fn take(
    topic: &str,
    partitions: impl Iterator<Item = (i32, i64, i16)>,
    commits: &mut Commits,
    faults: &mut Faults,
) {
    let name = Name::from(topic);
    for (partition, offset, code) in partitions {
        match (code, offset) {
            (0, 0..) => commits.push((name.clone(), partition, offset)),
            (0, _) => {}
            (code, _) => faults.add(code, || format!("{topic}-{partition}")),
        }
    }
}
