use anyhow::Result;
use serde_json::{Map, Value, json};
use testbed::{Bed, Role, Truth};

/// Rows are on disk after 100 ms; half a second ago is settled.
const SETTLED_MS: i64 = 500;

/// What the truth says now, and what the processes cost.
pub fn status(bed: &mut Bed) -> Result<Value> {
    let truth = bed.truth()?;
    let at = truth.horizon() - SETTLED_MS;
    let jobs: Map<String, Value> = Role::ALL
        .iter()
        .map(|&role| (bed.spec().job(role).job.clone(), job(bed, &truth, role, at)))
        .collect();
    let ends = [&bed.spec().alerts_topic, &bed.spec().audit_out_topic];
    let ends: Map<String, Value> = ends
        .into_iter()
        .map(|topic| (topic.clone(), json!({ "end_to_end_s": truth.end_to_end(topic, at), "sink_age_s": truth.sink_age(topic, at) })))
        .collect();
    Ok(
        json!({ "at": at, "jobs": jobs, "ends": ends, "truth_rows": truth.rows(), "processes": bed.usage() }),
    )
}

fn job(bed: &Bed, truth: &Truth, role: Role, at: i64) -> Value {
    let name = &bed.spec().job(role).job;
    let input = bed.spec().input(role);
    json!({
        "state": bed.job(role).map_or_else(|error| format!("{error:#}"), |run| run.state),
        "topic_wait_s": input.and_then(|topic| truth.topic_wait(name, topic, at)),
        "topic_age_s": input.and_then(|topic| truth.topic_age(name, topic, at)),
        "inside_s": truth.inside(name, at),
        "read_per_s": truth.read_between(name, at - 5000, at) as f64 / 5.0,
    })
}
