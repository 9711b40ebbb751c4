//! What looks like a fault and is none. Same trait, no cause.

mod commit_lag_illusion;
mod counter_reset;
mod datanode_killed;
mod failed_checkpoint;
pub mod ill_kept;
mod journalnode_killed;
mod nodemanager_lost;
mod planned_restart;
mod planned_savepoint;
mod queue_full;
mod quiet_exactly_once;
mod quiet_night;
mod scrape_gap;
mod window_end_bursts;
pub mod worn_out;
mod zookeeper_follower_frozen;

use crate::faults::Fault;

pub(crate) const CONTROLS: &[&dyn Fault] = &[
    &planned_restart::PlannedRestart,
    &planned_savepoint::PlannedSavepoint,
    &scrape_gap::ScrapeGap,
    &quiet_exactly_once::QuietExactlyOnce,
    &failed_checkpoint::FailedCheckpoint,
    &counter_reset::CounterReset,
    &window_end_bursts::WindowEndBursts,
    &quiet_night::QuietNight,
    &commit_lag_illusion::CommitLagIllusion,
    &zookeeper_follower_frozen::ZookeeperFollowerFrozen,
    &datanode_killed::DataNodeKilled,
    &journalnode_killed::JournalNodeKilled,
    &nodemanager_lost::NodeManagerLost,
    &queue_full::QueueFull,
    &ill_kept::IllKept,
    &worn_out::WornOut,
];
