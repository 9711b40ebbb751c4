//! Pure functions from a snapshot to what the API answers.

mod as_of;
mod ask;
mod availability;
mod bases;
mod changes;
mod convert;
mod curves;
mod graph;
mod harm;
mod harm_path;
mod incident;
mod incidents;
mod inspection;
mod job;
mod jobs;
mod joined;
mod known;
mod late;
mod levels;
mod lineage;
mod overview;
mod past;
mod pipeline;
mod planned;
mod repair;
mod repaired;
mod report_line;
mod review;
mod rules;
mod subject;
mod system;
mod topic;
mod vertices;
pub use vertices::busiest;

pub use as_of::as_of;
pub use ask::{CurveOf, answer, evidence_curve};
pub use availability::{AvailabilityAsk, By, availability, edges, promised, spent};
pub use bases::{component, component_list};
pub use changes::{ChangeFilter, MAX_LIMIT as MAX_CHANGES, changes};
pub use convert::{rank, status, word};
pub use curves::{CurveQuery, MAX_POINTS, curves};
pub use harm::{IT_WAS, jobs as harm_jobs};
pub use incident::{correction, incident, of_diagnosis};
pub use incidents::{
    IncidentFilter, MAX_LIMIT as MAX_INCIDENTS, Which, ack, list as incident_list, open_rows,
    record_row, since as incidents_since,
};
pub use inspection::{
    compared, component_name, inspection, inspection_row, waived_subject, waiver, waiver_list,
};
pub use job::job;
pub use jobs::{JobFilter, MAX_LIMIT as MAX_JOBS, jobs};
pub use known::{unknown_cause, unknown_place};
pub use levels::levels;
pub use lineage::{DEFAULT_HOPS, Direction, LineageQuery, MAX_HOPS, lineage};
pub use overview::overview;
pub use pipeline::{Months, pipeline};
pub use planned::{nearest_of, planned, planned_list, scope_of, silence_of, work_of};
pub use repair::{
    action, action_list, action_row, playbook_list, proposal, proposal_list, reach, repair_scope,
    scope_id, switch, switch_list, unreadable,
};
pub use report_line::{inspection_says, points, points_or, rounded};
pub use review::{ReviewFilter, review, unknown as unknown_in_review};
pub use rules::{rule, rules};
pub use subject::Scene;
pub use system::system;
pub use topic::topic;

use streamwarden_core::estate::Span;

/// A cluster that did not answer for this long is not reachable, and what it said last is stale:
/// overviews come each tick (5 s by default), so this is twelve of them.
pub const STALE: Span = Span::secs(60);

/// Figures "now" are means over this: six ticks, so that one late scrape does not shake them.
pub const WINDOW: Span = Span::secs(30);

/// Why a view cannot be built.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum Error {
    #[error("no {what} {id:?} is known")]
    NotFound { what: &'static str, id: String, nearest: Vec<String> },
    #[error("{id:?} may mean several: give the full id")]
    Ambiguous { id: String, candidates: Vec<String> },
    #[error("no known path from {from} to {to}")]
    NoPath { from: String, to: String },
}
