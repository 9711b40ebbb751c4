//! Keeps: history to disk each minute, changes and jobs into the database each few seconds, what
//! is older than the window out of memory.

use super::{Beat, LoopHandle, World};
use crate::clock;
use crate::store::{Store, StoreStatus};
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::time::Duration;
use streamwarden_core::estate::Span;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// At most so much history is lost by a kill -9.
const FLUSH_EVERY: Duration = Duration::from_secs(60);
/// At most so many changes.
const RECORD_EVERY: Duration = Duration::from_secs(5);

/// Runs until `stop`, then writes what is left once more.
pub async fn keep_loop(
    world: World,
    store: Arc<Store>,
    kept: Arc<ArcSwap<StoreStatus>>,
    history: Span,
    handle: LoopHandle,
    stop: CancellationToken,
) -> Result<(), String> {
    let mut beat = Beat::every(RECORD_EVERY, &stop);
    let mut flushed = Instant::now();
    loop {
        let last = !beat.comes().await;
        handle.begin();
        let began = Instant::now();
        let mut outcome = record(&world, &store).await;
        if last || flushed.elapsed() >= FLUSH_EVERY {
            flushed = Instant::now();
            world.trim(clock::now() - history);
            outcome = flush(&world, &store).await.or(outcome);
        }
        kept.store(Arc::new(store.status().await));
        let text = outcome.unwrap_or_else(|| "kept".to_owned());
        handle.end(text, began.elapsed());
        if last {
            return Ok(());
        }
    }
}

/// None: all well. The store remembers its error for the page.
async fn record(world: &World, store: &Store) -> Option<String> {
    let (changes, estate) = world.take_unwritten();
    if let Err(e) = store.record(&changes, &estate, clock::now()).await {
        world.still_unwritten(changes);
        tracing::error!(error = %e, "changes could not be recorded; they stay due");
        return Some(e.to_string());
    }
    let error = store.remember(&estate, &world.inferred(), clock::now()).await.err()?;
    tracing::error!(%error, "what is known of jobs could not be written; tried again");
    Some(error.to_string())
}

async fn flush(world: &World, store: &Store) -> Option<String> {
    let error = store.flush(&world.table(), clock::now()).await.err()?;
    tracing::error!(%error, "history could not be written; tried again next minute");
    Some(error.to_string())
}
