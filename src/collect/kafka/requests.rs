//! Requests, built for the version that was negotiated. Pure.

use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_producers_request::TopicRequest;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestGroup;
use kafka_protocol::messages::*;
use kafka_protocol::protocol::StrBytes;
use streamwarden_core::estate::Name;

/// Partitions, by topic.
pub type Partitions = Vec<(Name, Vec<i32>)>;

/// What a topic's configuration is asked for.
pub const TOPIC_CONFIG: [&str; 6] = [
    "retention.ms",
    "retention.bytes",
    "cleanup.policy",
    "message.timestamp.type",
    "min.insync.replicas",
    "unclean.leader.election.enable",
];

/// Which offset of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wanted {
    /// The high watermark.
    End,
    /// The last stable offset.
    Stable,
    Begin,
    /// The record with the greatest timestamp.
    Newest,
    /// The first record with at least this timestamp (ms).
    Since(i64),
}

impl Wanted {
    const fn timestamp(self) -> i64 {
        match self {
            Wanted::End | Wanted::Stable => -1,
            Wanted::Begin => -2,
            Wanted::Newest => -3,
            Wanted::Since(at) => at,
        }
    }
    /// The name of the gap where it cannot be had.
    pub const fn what(self) -> &'static str {
        match self {
            Wanted::End => "end offsets",
            Wanted::Stable => "stable offsets",
            Wanted::Begin => "begin offsets",
            Wanted::Newest => "newest records",
            Wanted::Since(_) => "offsets by timestamp",
        }
    }
}

pub fn string(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}
fn topic_name(topic: &Name) -> TopicName {
    TopicName(string(topic))
}

/// Of all topics (never creating one), or of those named; `rights`: with what we may do.
pub fn metadata(version: i16, topics: Option<&[Name]>, rights: bool) -> MetadataRequest {
    let named = topics.map(|topics| {
        let topic = |t| MetadataRequestTopic::default().with_name(Some(topic_name(t)));
        topics.iter().map(topic).collect()
    });
    MetadataRequest::default()
        .with_topics(named)
        .with_allow_auto_topic_creation(false)
        .with_include_cluster_authorized_operations((8..=10).contains(&version))
        .with_include_topic_authorized_operations(rights && version >= 8)
}

pub fn describe_cluster() -> DescribeClusterRequest {
    DescribeClusterRequest::default().with_include_cluster_authorized_operations(true)
}

/// All at once; every partition must be led by the broker that is asked.
pub fn list_offsets(partitions: &Partitions, wanted: Wanted) -> ListOffsetsRequest {
    let partition = |id: &i32| {
        ListOffsetsPartition::default().with_partition_index(*id).with_timestamp(wanted.timestamp())
    };
    let topics = partitions.iter().map(|(topic, ids)| {
        ListOffsetsTopic::default()
            .with_name(topic_name(topic))
            .with_partitions(ids.iter().map(partition).collect())
    });
    ListOffsetsRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_isolation_level(i8::from(wanted == Wanted::Stable))
        .with_topics(topics.collect())
}

pub fn describe_groups(version: i16, groups: &[Name]) -> DescribeGroupsRequest {
    DescribeGroupsRequest::default()
        .with_groups(groups.iter().map(|g| GroupId(string(g))).collect())
        .with_include_authorized_operations(version >= 3)
}

/// How many groups one OffsetFetch takes.
pub const fn groups_per_fetch(version: i16) -> usize {
    if version >= 8 { 200 } else { 1 }
}

/// All committed offsets of these groups (of the first, before version 8).
pub fn offset_fetch(version: i16, groups: &[Name]) -> OffsetFetchRequest {
    let request = OffsetFetchRequest::default();
    if version < 8 {
        let group = groups.first().map(|g| GroupId(string(g))).unwrap_or_default();
        return request.with_group_id(group).with_topics(None);
    }
    let group = |g: &Name| {
        OffsetFetchRequestGroup::default().with_group_id(GroupId(string(g))).with_topics(None)
    };
    request.with_groups(groups.iter().map(group).collect())
}

pub fn describe_configs(topics: &[Name]) -> DescribeConfigsRequest {
    let keys: Vec<_> = TOPIC_CONFIG.into_iter().map(StrBytes::from_static_str).collect();
    const TOPIC: i8 = 2;
    let resource = |topic: &Name| {
        DescribeConfigsResource::default()
            .with_resource_type(TOPIC)
            .with_resource_name(string(topic))
            .with_configuration_keys(Some(keys.clone()))
    };
    DescribeConfigsRequest::default().with_resources(topics.iter().map(resource).collect())
}

/// Of everything that the broker holds.
pub fn describe_log_dirs() -> DescribeLogDirsRequest {
    DescribeLogDirsRequest::default().with_topics(None)
}

pub fn list_transactions() -> ListTransactionsRequest {
    ListTransactionsRequest::default()
}

pub fn describe_transactions(ids: &[Name]) -> DescribeTransactionsRequest {
    let ids = ids.iter().map(|id| TransactionalId(string(id))).collect();
    DescribeTransactionsRequest::default().with_transactional_ids(ids)
}

pub fn describe_producers(partitions: &Partitions) -> DescribeProducersRequest {
    let topics = partitions.iter().map(|(topic, ids)| {
        TopicRequest::default().with_name(topic_name(topic)).with_partition_indexes(ids.clone())
    });
    DescribeProducersRequest::default().with_topics(topics.collect())
}
