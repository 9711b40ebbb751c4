//! `/config` and `/overview`.

use super::{lenient, name};
use crate::collect::http::parse_json;
use serde::Deserialize;
use streamwarden_core::estate::{ClusterId, FlinkOverview, GapReason, Name};

/// `/config`: what does not change while a JobManager lives.
#[derive(Clone, Debug, PartialEq)]
pub struct Versions {
    pub version: Name,
    /// The commit, where the build tells one.
    pub commit: Option<Name>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Config {
    flink_version: String,
    #[serde(default, deserialize_with = "lenient")]
    flink_revision: Option<String>,
}

pub fn versions(body: &[u8]) -> Result<Versions, GapReason> {
    let raw: Config = parse_json(body)?;
    // "0980485 @ 2026-06-08T09:21:06+02:00"; "unknown" and the like have no '@'
    let commit = raw.flink_revision.as_deref().and_then(|r| r.split_once(" @ ")).map(|(c, _)| c);
    Ok(Versions { version: name(&raw.flink_version), commit: commit.map(name) })
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Overview {
    taskmanagers: u32,
    slots_total: u32,
    slots_available: u32,
    #[serde(default, deserialize_with = "lenient")]
    flink_version: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    flink_commit: Option<String>,
}

/// `known` is what `/config` said, if it answered. The JobManager's life is not told here.
pub fn overview(
    body: &[u8],
    cluster: &ClusterId,
    known: Option<&Versions>,
) -> Result<FlinkOverview, GapReason> {
    let raw: Overview = parse_json(body)?;
    let version = match (known, raw.flink_version) {
        (_, Some(version)) => name(&version),
        (Some(known), None) => known.version.clone(),
        (None, None) => {
            let detail = "missing field `flink-version`".into();
            return Err(GapReason::NotUnderstood { detail });
        }
    };
    Ok(FlinkOverview {
        cluster: cluster.clone(),
        version,
        commit: raw.flink_commit.as_deref().map(name).or_else(|| known?.commit.clone()),
        taskmanagers: raw.taskmanagers,
        slots_total: raw.slots_total,
        slots_available: raw.slots_available,
        jobmanager_started: None,
    })
}
