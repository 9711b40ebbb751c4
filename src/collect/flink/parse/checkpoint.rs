//! `/jobs/:id/checkpoints/details/:id`, and `.../subtasks/:vertex` of it.

use super::{lenient, name};
use crate::collect::http::parse_json;
use serde::Deserialize;
use std::collections::BTreeMap;
use streamwarden_core::estate::{
    CheckpointDetail, CheckpointVertex, ClusterId, GapReason, Millis, RunId, VertexId,
};

#[derive(Deserialize)]
struct Raw {
    id: u64,
    status: String,
    trigger_timestamp: i64,
    #[serde(default, deserialize_with = "lenient")]
    end_to_end_duration: Option<u64>,
    tasks: BTreeMap<String, Task>,
}

#[derive(Deserialize)]
struct Task {
    #[serde(default, deserialize_with = "lenient")]
    num_subtasks: Option<u32>,
    #[serde(default, deserialize_with = "lenient")]
    num_acknowledged_subtasks: Option<u32>,
}

pub fn checkpoint_detail(
    body: &[u8],
    cluster: &ClusterId,
    run: &RunId,
) -> Result<CheckpointDetail, GapReason> {
    let raw: Raw = parse_json(body)?;
    let vertex = |t: Task| CheckpointVertex {
        subtasks: t.num_subtasks,
        acknowledged: t.num_acknowledged_subtasks,
        ..CheckpointVertex::default()
    };
    Ok(CheckpointDetail {
        cluster: cluster.clone(),
        run: run.clone(),
        id: raw.id,
        status: name(&raw.status),
        triggered: Millis(raw.trigger_timestamp),
        duration_ms: raw.end_to_end_duration,
        vertices: raw.tasks.into_iter().map(|(id, t)| (VertexId(name(&id)), vertex(t))).collect(),
    })
}

#[derive(Deserialize)]
struct Subtasks {
    subtasks: Vec<Subtask>,
}

#[derive(Deserialize)]
struct Subtask {
    index: u32,
    status: String,
    #[serde(default, deserialize_with = "lenient")]
    state_size: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    start_delay: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    checkpoint: Option<Parts>,
    #[serde(default, deserialize_with = "lenient")]
    alignment: Option<Alignment>,
}

#[derive(Deserialize)]
struct Parts {
    #[serde(default, deserialize_with = "lenient")]
    sync: Option<u64>,
    #[serde(default, deserialize_with = "lenient", rename = "async")]
    later: Option<u64>,
}

#[derive(Deserialize)]
struct Alignment {
    #[serde(default, deserialize_with = "lenient")]
    duration: Option<u64>,
}

/// Completes what the overview said of this vertex.
pub fn checkpoint_subtasks(body: &[u8], vertex: &mut CheckpointVertex) -> Result<(), GapReason> {
    let raw: Subtasks = parse_json(body)?;
    let most = |of: &dyn Fn(&Subtask) -> Option<u64>| raw.subtasks.iter().filter_map(of).max();
    vertex.start_delay_ms = most(&|s| s.start_delay);
    vertex.alignment_ms = most(&|s| s.alignment.as_ref()?.duration);
    vertex.sync_ms = most(&|s| s.checkpoint.as_ref()?.sync);
    vertex.async_ms = most(&|s| s.checkpoint.as_ref()?.later);
    let sizes = || raw.subtasks.iter().filter_map(|s| s.state_size);
    vertex.state_size = sizes().max().zip(sizes().min());
    let pending = raw.subtasks.iter().filter(|s| s.status != "completed");
    vertex.pending = pending.map(|s| s.index).collect();
    Ok(())
}

/// Vertices worth the question, most telling first: who did not answer, then the others as Flink
/// lists them.
pub fn worth_asking(detail: &CheckpointDetail, most: usize) -> Vec<VertexId> {
    let missing = |v: &CheckpointVertex| {
        v.subtasks.zip(v.acknowledged).map_or(0, |(n, a)| n.saturating_sub(a))
    };
    let mut all: Vec<(&VertexId, u32)> =
        detail.vertices.iter().map(|(id, v)| (id, missing(v))).collect();
    all.sort_by_key(|(_, missing)| std::cmp::Reverse(*missing));
    all.into_iter().take(most).map(|(id, _)| id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! file {
        ($name:literal) => {
            include_bytes!(concat!("../../../../tests/fixtures/flink-rest/probes/", $name, ".json"))
        };
    }

    #[test]
    fn who_did_not_answer_a_real_checkpoint_that_expired() {
        let (cluster, run) = (ClusterId::new("pay"), RunId::new("r"));
        let mut detail = checkpoint_detail(file!("checkpoint_expired"), &cluster, &run).unwrap();
        assert_eq!(&*detail.status, "FAILED");
        let asked = worth_asking(&detail, 2);
        assert_eq!(asked.len(), 2);
        let vertex = detail.vertices.get_mut(&asked[0]).unwrap();
        assert_eq!((vertex.subtasks, vertex.acknowledged), (Some(2), Some(0)));
        checkpoint_subtasks(file!("checkpoint_expired_vertex"), vertex).unwrap();
        assert_eq!(vertex.pending, [0, 1]);
        assert_eq!(vertex.start_delay_ms, None, "not known before it answers");
        checkpoint_subtasks(file!("checkpoint_done_vertex"), vertex).unwrap();
        assert_eq!(
            (vertex.start_delay_ms, vertex.sync_ms, vertex.async_ms),
            (Some(8), Some(6), Some(5))
        );
        assert_eq!((vertex.state_size, vertex.pending.len()), (Some((15549, 14261)), 0));
    }
}
