//! What the API answers about the pipeline as a whole. As in `view`: times are ms since the epoch.

use super::view::{Delay, Status};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Collection, queue, processing, warehouse: what stands in each, how late, how much of the time
/// within its target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PipelineView {
    pub at: i64,
    /// In which today and this month are counted.
    pub zone: String,
    /// In the order of the flow.
    pub stages: Vec<StageView>,
    /// Why nothing is known of minutes that are past.
    pub not_kept: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StageView {
    /// collection | queue | processing | warehouse
    pub name: String,
    /// The worst of what stands in it and of its delays.
    pub status: Status,
    /// Over the minutes of all that has a target or a health there.
    pub today: StageShare,
    pub month: StageShare,
    /// The worst that is known: readers of topics, jobs, what hands over to the warehouse,
    /// components by figures of their own.
    pub worst: Option<StageDelay>,
    /// Delays that are known, of how many.
    pub delays_known: u32,
    pub delays: u32,
    /// Worst first, at most 50.
    pub parts: Vec<StagePart>,
    pub parts_total: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StageShare {
    pub from: i64,
    /// Of the known minutes, 0 to 1. None: nothing is known.
    pub share: Option<f64>,
    /// Minutes, those of each part counted by themselves.
    pub known: u32,
    pub within: u32,
    pub unknown: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StageDelay {
    /// Node of the lineage for a link.
    pub id: String,
    /// The edge, job or component.
    pub label: String,
    pub delay: Delay,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StagePart {
    /// Of a component: its id; else the name.
    pub id: String,
    /// kafka | flink | layer | zookeeper | hdfs | yarn | component
    pub kind: String,
    /// As people call such a thing.
    pub sort: String,
    pub name: String,
    pub status: Status,
    /// Jobs that run, or brokers that are there.
    pub up: Option<u32>,
    pub of: Option<u32>,
    /// This month.
    pub share: Option<f64>,
}
