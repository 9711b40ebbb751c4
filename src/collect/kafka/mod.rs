//! Kafka, read-only. The client can send a closed list of requests ([`reads`]) and no other:
//! there is no Fetch, so payloads are never read, and nothing that changes anything. Not even
//! FindCoordinator, which makes a fresh broker create `__consumer_offsets`: every broker is asked
//! for the groups and transactions it coordinates instead.

mod access;
mod backfill;
mod client;
mod conn;
mod describe;
mod error;
mod gather;
mod options;
mod parse;
mod reach;
mod reads;
mod requests;
mod rights;
mod round;
mod scram;
mod target;
mod tell;
mod wire;

#[cfg(test)]
mod tests;

pub use access::{KafkaAccess, Mechanism, Sasl, Tls};
pub use options::KafkaOptions;
pub use reach::{BrokerReach, Reach, Right};
pub use target::KafkaTarget;
