//! One loop per target: look, hand in what was seen, wait for the next tick. A target that hangs
//! holds up nobody but itself.

use super::{Eyes, LoopHandle, World};
use crate::clock;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
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
    let mut due = Instant::now() + phase(&target.name, period);
    for n in 0u32.. {
        let swayed = match eyes {
            Eyes::Prometheus(..) => due + period.mul_f64(sway(n)),
            _ => due,
        };
        tokio::select! {
            () = sleep_until(swayed) => {}
            () = stop.cancelled() => return,
        }
        let period = eyes.period(period);
        handle.begin();
        let (at, began) = (clock::now(), Instant::now());
        let wishes = eyes.wishes(&world, at);
        let found = tokio::select! {
            found = eyes.look(at, wishes) => found,
            () = stop.cancelled() => return,
        };
        let took = began.elapsed();
        let outcome = match found.gaps.first() {
            None => format!("{} values, {} facts", found.samples.len(), found.facts.len()),
            Some(gap) => format!("{} gaps, first: {}", found.gaps.len(), gap.what),
        };
        world.take_in(&target, found, clock::now(), took.as_secs_f64() * 1000.0);
        handle.end(outcome, took);
        let late = took.as_millis() / period.as_millis().max(1);
        handle.late(late as u64);
        // a tick that was missed is left out, not made up for
        due += period * (1 + u32::try_from(late).unwrap_or(u32::MAX - 1));
        due = due.max(Instant::now());
    }
}

/// Metrics are not looked at quite evenly: what comes in bursts each second (windows, commits) would
/// be met in the midst of a burst by every look, or by none. Multiples of the golden section fill a
/// share of the period as evenly as a few looks can; the looks stay as many. (End offsets are read
/// out of step by their own period.)
fn sway(n: u32) -> f64 {
    const SHARE: f64 = 0.3;
    const GOLDEN: f64 = 0.618_033_988_749_895;
    SHARE * (f64::from(n) * GOLDEN).fract()
}

/// Spread over the period by name, so that not all targets are asked at once; the first look
/// comes within half a second, so that a person who starts us is not kept waiting.
fn phase(name: &str, period: Duration) -> Duration {
    let hash = name.bytes().fold(0u64, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(b)));
    let most = period.as_millis().clamp(1, 500) as u64;
    Duration::from_millis(hash % most)
}

#[cfg(test)]
mod tests {
    use super::sway;

    #[test]
    fn looks_do_not_keep_step_with_bursts_of_a_second() {
        // of eight looks each 2 s, how many meet the same tenth of a second
        let phases: Vec<f64> = (0..8).map(|n| (sway(n) * 2.0).fract()).collect();
        let near = |p: &f64| phases.iter().filter(|q| (*q - p).abs() < 0.05).count();
        assert!(phases.iter().all(|p| near(p) <= 2), "{phases:?}");
        assert_eq!(sway(0), 0.0, "the first look comes at once");
    }
}
