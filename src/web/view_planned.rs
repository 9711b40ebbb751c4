//! What the API answers about announced work. As in `view`: times are ms since the epoch.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Work or a silence that somebody announced: nobody is called for what goes wrong there meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedView {
    pub id: String,
    /// estate | cluster | job | topic
    pub kind: String,
    /// `estate`, `cluster:<name>`, `job:<cluster>/<key>` or `topic:<cluster>/<topic>`: a job's and
    /// a topic's are their nodes in the lineage.
    pub scope: String,
    /// As people call it.
    pub name: String,
    pub from: i64,
    pub until: i64,
    pub who: String,
    pub why: String,
    /// When it was announced.
    pub made: i64,
    /// Somebody ended it before its time.
    pub ended: Option<i64>,
    pub ended_by: Option<String>,
    /// coming | now | over
    pub state: String,
    /// No work: what goes wrong there is trouble like any other, and messages wait.
    pub silence: bool,
    /// Of a silence: nothing is repaired there meanwhile.
    pub no_remediate: bool,
}

/// Announced work and silences: what is not over, the next to begin first; then what is, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedList {
    pub at: i64,
    pub open: Vec<PlannedView>,
    /// At most 200.
    pub over: Vec<PlannedView>,
}

/// `POST /api/v1/planned-work/add`: until a moment or for a length of time, at most seven days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// `estate`, or the id or name of a cluster, a job or a topic.
    pub scope: String,
    /// Where nothing is said: now.
    pub from: Option<i64>,
    pub until: Option<i64>,
    /// Instead of `until`, s.
    pub for_s: Option<u32>,
    pub by: String,
    pub why: String,
    /// A silence instead of work: incidents and repair go on as ever, and only messages wait.
    #[serde(default)]
    pub silence: bool,
    /// With `silence`: nothing is repaired there meanwhile, either.
    #[serde(default)]
    pub no_remediate: bool,
}

/// `POST /api/v1/planned-work/end`: it is over before its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndRequest {
    /// Its id, or enough of its beginning.
    pub id: String,
    pub by: String,
}
