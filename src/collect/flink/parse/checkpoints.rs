//! `/jobs/:id/checkpoints`.

use super::{lenient, moment, named};
use crate::collect::http::parse_json;
use serde::Deserialize;
use streamwarden_core::estate::{
    Checkpoint, CheckpointStats, ClusterId, GapReason, Millis, RestoredCheckpoint, RunId,
};

/// Checkpoints kept of the history; Flink keeps ten unless told otherwise.
const HISTORY: usize = 100;

#[derive(Deserialize)]
struct Stats {
    counts: Counts,
    #[serde(default, deserialize_with = "lenient")]
    latest: Option<Latest>,
    #[serde(default, deserialize_with = "lenient")]
    history: Option<Vec<Raw>>,
}

#[derive(Deserialize)]
struct Counts {
    #[serde(default, deserialize_with = "lenient")]
    completed: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    failed: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    in_progress: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    restored: Option<u64>,
}

#[derive(Deserialize)]
struct Latest {
    #[serde(default, deserialize_with = "lenient")]
    completed: Option<Raw>,
    #[serde(default, deserialize_with = "lenient")]
    restored: Option<RawRestored>,
}

#[derive(Deserialize)]
struct Raw {
    id: u64,
    status: String,
    trigger_timestamp: i64,
    #[serde(default, deserialize_with = "lenient")]
    is_savepoint: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    latest_ack_timestamp: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
    end_to_end_duration: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    state_size: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    checkpointed_size: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    num_acknowledged_subtasks: Option<u32>,
    #[serde(default, deserialize_with = "lenient")]
    num_subtasks: Option<u32>,
    #[serde(default, deserialize_with = "lenient")]
    external_path: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    failure_message: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    checkpoint_type: Option<String>,
}

#[derive(Deserialize)]
struct RawRestored {
    id: u64,
    restore_timestamp: i64,
    #[serde(default, deserialize_with = "lenient")]
    is_savepoint: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    external_path: Option<String>,
}

pub fn checkpoints(
    body: &[u8],
    cluster: &ClusterId,
    run: &RunId,
) -> Result<CheckpointStats, GapReason> {
    let raw: Stats = parse_json(body)?;
    let (completed, restored) = raw.latest.map_or((None, None), |l| (l.completed, l.restored));
    let history = raw.history.unwrap_or_default();
    Ok(CheckpointStats {
        cluster: cluster.clone(),
        run: run.clone(),
        completed: raw.counts.completed,
        failed: raw.counts.failed,
        in_progress: raw.counts.in_progress,
        restored: raw.counts.restored,
        history: history.into_iter().take(HISTORY).map(checkpoint).collect(),
        latest_completed: completed.map(checkpoint),
        latest_restored: restored.map(|r| RestoredCheckpoint {
            id: r.id,
            at: Millis(r.restore_timestamp),
            savepoint: r.is_savepoint.unwrap_or(false),
            external_path: named(r.external_path),
        }),
    })
}

fn checkpoint(raw: Raw) -> Checkpoint {
    Checkpoint {
        id: raw.id,
        savepoint: raw.is_savepoint.unwrap_or(false),
        triggered: Millis(raw.trigger_timestamp),
        latest_ack: moment(raw.latest_ack_timestamp),
        duration_ms: raw.end_to_end_duration,
        state_size: raw.state_size,
        checkpointed_size: raw.checkpointed_size,
        acknowledged: raw.num_acknowledged_subtasks,
        subtasks: raw.num_subtasks,
        external_path: named(raw.external_path),
        failure: named(raw.failure_message),
        unaligned: raw.checkpoint_type.map(|t| t == "UNALIGNED_CHECKPOINT"),
        status: super::name(&raw.status),
    }
}
