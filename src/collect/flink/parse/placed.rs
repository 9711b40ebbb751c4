//! `/jobs/:id/vertices/:id`: on which TaskManager each subtask runs.

use super::{lenient, name};
use crate::collect::http::parse_json;
use serde::Deserialize;
use streamwarden_core::estate::{GapReason, TaskManagerId};

#[derive(Deserialize)]
struct Vertex {
    subtasks: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Raw {
    subtask: u32,
    #[serde(default, deserialize_with = "lenient")]
    taskmanager_id: Option<String>,
}

/// What Flink writes while a subtask is on none.
const NOWHERE: &str = "(unassigned)";

/// By index; subtasks that are on no TaskManager are left out.
pub fn placed(body: &[u8]) -> Result<Vec<(u32, TaskManagerId)>, GapReason> {
    let raw: Vertex = parse_json(body)?;
    let on = |r: Raw| {
        let tm = r.taskmanager_id.filter(|tm| !tm.is_empty() && tm != NOWHERE)?;
        Some((r.subtask, TaskManagerId(name(&tm))))
    };
    Ok(raw.subtasks.into_iter().filter_map(on).collect())
}
