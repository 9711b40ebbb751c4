//! What looks like a fault and is none. Same trait, no cause.

mod commit_lag_illusion;
mod counter_reset;
mod failed_checkpoint;
mod planned_restart;
mod planned_savepoint;
mod quiet_exactly_once;
mod quiet_night;
mod scrape_gap;
mod window_end_bursts;

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
];
