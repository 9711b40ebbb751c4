//! Each minute, what is remembered of it goes to disk. History on disk may fail without anything
//! else failing: minutes wait a while, and then they are lost and counted.

use super::{Beat, LoopHandle};
use crate::store::minutes::Minutes;
use crate::web::history::{History, Points};
use arc_swap::ArcSwap;
use futures_util::future::BoxFuture;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use streamwarden_core::estate::Millis;
use streamwarden_core::keep::{Keeper, Minute};
use streamwarden_core::past::Hour;
use streamwarden_core::snapshot::Snapshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub const EVERY: Duration = Duration::from_secs(60);
/// Minutes that wait for a disk that is full or locked.
const WAITING: usize = 30;

/// For the page.
pub struct Weeks {
    /// None: it cannot be used.
    pub minutes: Option<Arc<Minutes>>,
    /// Why not.
    pub why: Option<String>,
}

impl Weeks {
    fn none(&self) -> String {
        let why = self.why.as_deref().unwrap_or("the log says why");
        format!("no history of weeks is kept: {why}")
    }
}

impl History for Weeks {
    fn minutes<'a>(
        &'a self,
        subject: &'a str,
        name: &'a str,
        from: Millis,
        to: Millis,
    ) -> BoxFuture<'a, Result<Points, String>> {
        Box::pin(async move {
            match &self.minutes {
                Some(minutes) => {
                    minutes.series(subject, name, from, to).await.map_err(|e| e.to_string())
                }
                None => Err(self.none()),
            }
        })
    }

    fn hours<'a>(
        &'a self,
        name: &'a str,
        from: Millis,
        to: Millis,
    ) -> BoxFuture<'a, Result<BTreeMap<String, Vec<Hour>>, String>> {
        Box::pin(async move {
            match &self.minutes {
                Some(minutes) => minutes.hours(name, from, to).await.map_err(|e| e.to_string()),
                None => Err(self.none()),
            }
        })
    }

    fn told_by<'a>(
        &'a self,
        cluster: &'a str,
        name: Option<&'a str>,
        from: Millis,
        to: Millis,
    ) -> BoxFuture<'a, Result<Vec<(Millis, String)>, String>> {
        Box::pin(async move {
            match &self.minutes {
                Some(minutes) => {
                    minutes.told_by(cluster, name, from, to).await.map_err(|e| e.to_string())
                }
                None => Err(self.none()),
            }
        })
    }
}

/// Runs until `stop`.
///
/// # Errors
/// Thinning broke down.
pub async fn minutes_loop(
    snapshot: Arc<ArcSwap<Snapshot>>,
    minutes: Arc<Minutes>,
    handle: LoopHandle,
    stop: CancellationToken,
) -> Result<(), String> {
    let keeper = Arc::new(Keeper::default());
    let mut beat = Beat::every(EVERY, &stop);
    let mut waiting: VecDeque<(Millis, Vec<Minute>)> = VecDeque::new();
    let mut lost = 0u64;
    while beat.comes().await {
        handle.begin();
        let began = Instant::now();
        let (now, keeper) = (snapshot.load_full(), keeper.clone());
        let look = now.at;
        let thinned = tokio::task::spawn_blocking(move || keeper.minute(&now)).await;
        let thinned = thinned.map_err(|e| format!("thinning broke down: {e}"))?;
        let values = thinned.len();
        waiting.push_back((look, thinned));
        while waiting.len() > WAITING {
            waiting.pop_front();
            lost += 1;
        }
        let mut failed = None;
        while let Some((at, points)) = waiting.front() {
            match minutes.write(*at, points).await {
                Ok(_) => drop(waiting.pop_front()),
                Err(error) => {
                    tracing::error!(%error, waiting = waiting.len(), "a minute could not be kept; tried again next minute");
                    failed = Some(error.to_string());
                    break;
                }
            }
        }
        let outcome = match failed {
            None => format!("{values} values"),
            Some(error) => format!("{} minutes wait, {lost} are lost: {error}", waiting.len()),
        };
        handle.end(outcome, began.elapsed());
    }
    Ok(())
}
