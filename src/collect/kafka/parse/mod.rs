//! Answers into facts and figures. Pure: decoded messages in, nothing asked, no clock.

mod configs;
mod dirs;
mod faults;
mod groups;
mod offsets;
mod topology;
mod transactions;

pub use configs::configs;
pub use dirs::log_dirs;
pub use faults::Faults;
pub use groups::{Listed, committed, described, listed};
pub use offsets::{Found, offsets, since_or_end};
pub use topology::{Topology, topology};
pub use transactions::{described_transactions, listed_transactions, producers};

/// How much of one cluster is kept; more becomes a gap with the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    pub brokers: usize,
    pub topics: usize,
    pub partitions: usize,
}

/// Kafka's own limit is 249; a longer name is not one of its topics.
const TOPIC_NAME_MOST: usize = 249;
/// Group and transactional ids have no rule but the protocol's; longer ones are left out.
const ID_MOST: usize = 1024;
