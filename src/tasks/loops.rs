//! What each loop is doing: idle or running since when, its last outcome.

use crate::clock;
use crate::web::view::LoopView;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// The board on which every loop writes; shared with the page.
#[derive(Clone, Debug, Default)]
pub struct Loops(Arc<Mutex<BTreeMap<String, State>>>);

#[derive(Clone, Debug)]
struct State {
    view: LoopView,
    /// A loop that has not finished a run for this long is stuck.
    period: Duration,
}

/// A run may take this many periods before the loop counts as stuck: deadlines end it earlier.
const STUCK_PERIODS: u32 = 12;

impl Loops {
    /// A line on the board. It is taken off when the handle is dropped.
    pub fn register(&self, name: &str, period: Duration) -> LoopHandle {
        let view = LoopView {
            name: name.to_owned(),
            state: "idle".to_owned(),
            since: clock::now().0,
            runs: 0,
            last_outcome: None,
            last_took_ms: None,
            late_ticks: 0,
        };
        self.lock().insert(name.to_owned(), State { view, period });
        LoopHandle { loops: self.clone(), name: name.to_owned() }
    }

    pub fn views(&self) -> Vec<LoopView> {
        self.lock().values().map(|s| s.view.clone()).collect()
    }

    /// False once a loop has not moved for a long time.
    pub fn moving(&self) -> bool {
        let now = clock::now().0;
        self.lock().values().all(|s| {
            let patience =
                i64::try_from((s.period * STUCK_PERIODS).as_millis()).unwrap_or(i64::MAX);
            now - s.view.since < patience.max(60_000)
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, State>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When a loop runs: at once, then every period. A tick that was missed is left out, not made up
/// for.
pub struct Beat {
    timer: Interval,
    stop: CancellationToken,
}

impl Beat {
    pub fn every(period: Duration, stop: &CancellationToken) -> Beat {
        let mut timer = interval(period);
        timer.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Beat { timer, stop: stop.clone() }
    }

    /// False: the loop is to end.
    pub async fn comes(&mut self) -> bool {
        tokio::select! {
            _ = self.timer.tick() => true,
            () = self.stop.cancelled() => false,
        }
    }
}

#[derive(Debug)]
pub struct LoopHandle {
    loops: Loops,
    name: String,
}

impl LoopHandle {
    pub fn begin(&self) {
        self.update(|v| {
            v.state = "running".to_owned();
            v.since = clock::now().0;
        });
    }

    /// `took`: of the run that ends now.
    pub fn end(&self, outcome: impl Into<String>, took: Duration) {
        let outcome = outcome.into();
        self.update(|v| {
            v.state = "idle".to_owned();
            v.since = clock::now().0;
            v.runs += 1;
            v.last_outcome = Some(outcome);
            v.last_took_ms = Some(took.as_secs_f64() * 1000.0);
        });
    }

    /// Ticks that were left out because the run before took too long.
    pub fn late(&self, ticks: u64) {
        self.update(|v| v.late_ticks += ticks);
    }

    fn update(&self, change: impl FnOnce(&mut LoopView)) {
        if let Some(s) = self.loops.lock().get_mut(&self.name) {
            change(&mut s.view);
        }
    }
}

impl Drop for LoopHandle {
    fn drop(&mut self) {
        self.loops.lock().remove(&self.name);
    }
}
