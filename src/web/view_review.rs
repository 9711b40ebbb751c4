//! What the API answers about months of incidents. As in `view`: times are ms since the epoch.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is learned of the incidents that opened in this time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReviewView {
    /// In which days begin.
    pub zone: String,
    /// When the first of the days began.
    pub from: i64,
    pub to: i64,
    pub all: ReviewGroup,
    /// Most trouble first, at most 50 each. A cause: the one that was named, or its family.
    pub causes: Vec<ReviewGroup>,
    /// Where the roots sit.
    pub places: Vec<ReviewGroup>,
    pub clusters: Vec<ReviewGroup>,
    /// By `groups` of the configuration.
    pub teams: Vec<ReviewGroup>,
    /// The same cause at the same place twice or more, most often first; at most 50.
    pub again: Vec<ReviewAgain>,
}

/// Incidents that share something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReviewGroup {
    pub name: String,
    pub incidents: u32,
    pub open: u32,
    /// From the onset until we said it, s: half of them within, and 95 %.
    pub detect_p50_s: Option<f64>,
    pub detect_p95_s: Option<f64>,
    /// From the onset until it was over, s; of those that are.
    pub recover_p50_s: Option<f64>,
    pub recover_p95_s: Option<f64>,
    /// All of them together, s; one that is open until now.
    pub trouble_s: f64,
    /// When the newest opened.
    pub last: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReviewAgain {
    /// Id and name.
    pub place: String,
    pub place_name: String,
    pub cause: String,
    pub times: u32,
    pub trouble_s: f64,
    /// The newest of them.
    pub incident: String,
    pub last: i64,
}
