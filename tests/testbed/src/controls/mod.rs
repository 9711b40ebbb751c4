//! What looks like a fault and is none. Same trait, no cause.

mod failed_checkpoint;
mod planned_restart;
mod quiet_exactly_once;
mod scrape_gap;
mod window_end_bursts;

use crate::faults::Fault;

pub(crate) const CONTROLS: &[&dyn Fault] = &[
    &planned_restart::PlannedRestart,
    &scrape_gap::ScrapeGap,
    &quiet_exactly_once::QuietExactlyOnce,
    &failed_checkpoint::FailedCheckpoint,
    &window_end_bursts::WindowEndBursts,
];
