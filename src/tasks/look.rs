//! One loop per target: look, hand in what was seen, wait for the next tick. A target that hangs
//! holds up nobody but itself.

use super::{Eyes, LoopHandle, World};
use crate::clock;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

/// Runs until `stop`.
pub async fn look_loop(
    mut eyes: Eyes,
    world: World,
    period: Duration,
    handle: LoopHandle,
    stop: CancellationToken,
) {
    let target = eyes.target().clone();
    let mut timer = interval_at(Instant::now() + phase(&target.name, period), period);
    timer.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            _ = timer.tick() => {}
            () = stop.cancelled() => return,
        }
        handle.begin();
        let (at, began) = (clock::now(), Instant::now());
        let expected = eyes.kafka().map(|k| world.expected(k)).unwrap_or_default();
        let found = tokio::select! {
            found = eyes.look(at, expected) => found,
            () = stop.cancelled() => return,
        };
        let took = began.elapsed();
        let outcome = match found.gaps.first() {
            None => format!("{} values, {} facts", found.samples.len(), found.facts.len()),
            Some(gap) => format!("{} gaps, first: {}", found.gaps.len(), gap.what),
        };
        world.take_in(&target, found, clock::now(), took.as_secs_f64() * 1000.0);
        handle.end(outcome, took);
        handle.late((took.as_millis() / period.as_millis().max(1)) as u64);
    }
}

/// Spread over the period by name, so that not all targets are asked at once; the first look
/// comes within half a second, so that a person who starts us is not kept waiting.
fn phase(name: &str, period: Duration) -> Duration {
    let hash = name.bytes().fold(0u64, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(b)));
    let most = period.as_millis().clamp(1, 500) as u64;
    Duration::from_millis(hash % most)
}
