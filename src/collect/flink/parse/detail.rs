//! `/jobs/:id`, with the plan that it holds.

use super::plan::{Plan, in_flow_order};
use super::{lenient, moment, name, named, task_counts};
use crate::collect::http::parse_json;
use serde::Deserialize;
use std::collections::BTreeMap;
use streamwarden_core::estate::{
    ClusterId, GapReason, JobDetail, JobState, Millis, RunId, Vertex, VertexId,
};

#[derive(Deserialize)]
struct Job {
    jid: String,
    name: String,
    state: JobState,
    #[serde(rename = "start-time")]
    start_time: i64,
    #[serde(default, deserialize_with = "lenient")]
    now: Option<i64>,
    #[serde(default, rename = "maxParallelism", deserialize_with = "lenient")]
    max_parallelism: Option<u32>,
    #[serde(default, rename = "schedulerType", deserialize_with = "lenient")]
    scheduler: Option<String>,
    vertices: Vec<RawVertex>,
    #[serde(default, deserialize_with = "lenient")]
    plan: Option<Plan>,
}

#[derive(Deserialize)]
struct RawVertex {
    id: String,
    name: String,
    parallelism: u32,
    #[serde(default, rename = "maxParallelism", deserialize_with = "lenient")]
    max_parallelism: Option<u32>,
    #[serde(default, deserialize_with = "lenient")]
    status: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    tasks: Option<BTreeMap<String, i64>>,
}

pub fn detail(body: &[u8], cluster: &ClusterId) -> Result<JobDetail, GapReason> {
    let raw: Job = parse_json(body)?;
    let plan = raw.plan.unwrap_or_default();
    Ok(JobDetail {
        cluster: cluster.clone(),
        run: RunId(name(&raw.jid)),
        name: name(&raw.name),
        state: raw.state,
        start: Millis(raw.start_time),
        now: moment(raw.now),
        max_parallelism: raw.max_parallelism,
        scheduler: named(raw.scheduler),
        plan_hash: plan.hash(),
        vertices: in_flow_order(raw.vertices.into_iter().map(|v| vertex(v, &plan)).collect()),
    })
}

fn vertex(raw: RawVertex, plan: &Plan) -> Vertex {
    Vertex {
        description: plan.description(&raw.id),
        inputs: plan.inputs(&raw.id),
        id: VertexId(name(&raw.id)),
        name: name(&raw.name),
        parallelism: raw.parallelism,
        max_parallelism: raw.max_parallelism,
        status: name(&raw.status.unwrap_or_default().to_uppercase()),
        tasks: task_counts(raw.tasks),
    }
}
