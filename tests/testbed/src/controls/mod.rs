//! What looks like a fault and is none. Same trait, no cause.

mod planned_restart;
mod quiet_exactly_once;
mod scrape_gap;

use crate::faults::Fault;

pub(crate) const CONTROLS: [&dyn Fault; 3] = [
    &planned_restart::PlannedRestart,
    &scrape_gap::ScrapeGap,
    &quiet_exactly_once::QuietExactlyOnce,
];
