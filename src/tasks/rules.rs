//! Looks at the folder of rules every few seconds, so that a changed file is in force at once.

use super::{Beat, LoopHandle};
use crate::clock;
use crate::rules::{LOOK_EVERY, Live};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Runs until `stop`.
///
/// # Errors
/// Reading broke down, which mistakes in files do not.
pub async fn rules_loop(
    live: Live,
    handle: LoopHandle,
    stop: CancellationToken,
) -> Result<(), String> {
    let mut beat = Beat::every(LOOK_EVERY, &stop);
    let mut seen = None;
    while beat.comes().await {
        handle.begin();
        let began = Instant::now();
        let (look, mut before, at) = (live.clone(), seen.take(), clock::now());
        seen = tokio::task::spawn_blocking(move || {
            look.look(&mut before, at);
            before
        })
        .await
        .map_err(|e| format!("reading the rules broke down: {e}"))?;
        let status = live.status();
        let outcome = match status.problems.len() {
            0 => format!("{} rules", status.rules),
            n => format!("{n} mistakes; {} rules are in force without them", status.rules),
        };
        handle.end(outcome, began.elapsed());
    }
    Ok(())
}
