//! What the API answers about availability. As in `view`: times are ms since the epoch.

use super::view_incident::TextView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Declared paths, jobs and layers with a target: what has least of its error budget left comes
/// first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AvailabilityView {
    pub at: i64,
    /// day | month
    pub by: String,
    /// In which days and months are counted.
    pub zone: String,
    pub from: i64,
    pub to: i64,
    /// Minutes that were out under announced work are not among those that count.
    pub exclude_planned: bool,
    /// Before `limit`.
    pub total: u32,
    pub rows: Vec<AvailabilityRow>,
}

/// Over the whole time. Minutes of which nothing is known are neither good nor bad.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AvailabilityRow {
    /// `path:<from>→<to>`, `job:<cluster>/<key>`, `topic:<cluster>/<topic>`, `layer:<name>` or a
    /// component's id.
    pub subject: String,
    /// path | job | topic | layer | component | zookeeper | hdfs | yarn
    pub kind: String,
    /// As people call it.
    pub name: String,
    /// Share of minutes that are to be within the target, 0 to 1.
    pub objective: f64,
    /// Share of the known minutes that were, 0 to 1. None: nothing is known.
    pub share: Option<f64>,
    pub known: u32,
    pub within: u32,
    pub unknown: u32,
    /// Minutes that were out while somebody had announced work there or on what feeds it.
    pub planned: u32,
    /// Minutes that may be out in this time, and those that are left: under 0, more were.
    pub budget: f64,
    pub left: f64,
    /// More was out than may be, counted over a day at least: of the first minutes one is half.
    pub overspent: bool,
    /// Oldest first.
    pub periods: Vec<AvailabilityPeriod>,
}

/// A day or month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AvailabilityPeriod {
    pub from: i64,
    pub to: i64,
    pub share: Option<f64>,
    pub known: u32,
    pub within: u32,
    pub unknown: u32,
    pub planned: u32,
}

/// Who spent the error budget of one of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SpentView {
    pub subject: String,
    pub from: i64,
    pub to: i64,
    /// Minutes that were out; without those under announced work where these do not count.
    pub out: u32,
    /// Minutes that were out under announced work.
    pub planned: u32,
    /// Most first; each minute once, with the incident that began first of those that were on.
    pub rows: Vec<SpentRow>,
    /// There were more incidents than were read: some minutes may be theirs.
    pub cut: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SpentRow {
    /// None: no incident was on.
    pub incident: Option<String>,
    pub sentence: Option<TextView>,
    pub minutes: u32,
    /// The first of these minutes.
    pub first: i64,
}
