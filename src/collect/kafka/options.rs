//! How a cluster is watched.

use super::parse::Caps;
use std::time::Duration;
use streamwarden_core::estate::Span;

/// How often, how long, how much. The defaults suit an estate of a few thousand partitions.
#[derive(Clone, Copy, Debug)]
pub struct KafkaOptions {
    /// For a connection with its negotiation and log-in.
    pub connect: Duration,
    /// For one answer.
    pub request: Duration,
    /// For one broker in one tick, and for finding one that tells the metadata.
    pub round: Duration,
    /// For a cold start's offsets by timestamp, all together.
    pub backfill: Duration,
    /// Metadata and topic configurations; also at once after an error that speaks of a move.
    pub topology_every: Span,
    /// Groups with their committed offsets. Flink commits once per checkpoint.
    pub groups_every: Span,
    pub begin_every: Span,
    /// The broker reads a batch from disk for it.
    pub newest_every: Span,
    pub transactions_every: Span,
    pub producers_every: Span,
    /// What lies on the brokers' disks: a broker looks at each of its logs for it.
    pub disks_every: Span,
    pub most_brokers: usize,
    pub most_topics: usize,
    pub most_partitions: usize,
    pub most_groups: usize,
    pub most_transactions: usize,
}

impl Default for KafkaOptions {
    fn default() -> Self {
        KafkaOptions {
            connect: Duration::from_secs(2),
            request: Duration::from_secs(3),
            round: Duration::from_secs(8),
            backfill: Duration::from_secs(30),
            topology_every: Span::secs(30),
            groups_every: Span::secs(10),
            begin_every: Span::secs(30),
            newest_every: Span::secs(15),
            transactions_every: Span::secs(10),
            producers_every: Span::secs(60),
            disks_every: Span::secs(300),
            most_brokers: 500,
            most_topics: 5_000,
            most_partitions: 20_000,
            most_groups: 2_000,
            most_transactions: 10_000,
        }
    }
}

impl KafkaOptions {
    pub const fn caps(&self) -> Caps {
        Caps {
            brokers: self.most_brokers,
            topics: self.most_topics,
            partitions: self.most_partitions,
        }
    }
}
