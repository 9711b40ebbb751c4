//! What the web side is given: the newest snapshot, the state of our own machinery, ticks.

use super::casebook::Casebook;
use super::history::History;
use super::inspections::Inspections;
use super::plans::Plans;
use super::repairs::Repairs;
use super::view::{LoopView, StoreView, TargetView};
use super::view_incident::{IncidentTick, RuleError};
use crate::access::Access;
use arc_swap::ArcSwap;
use std::collections::BTreeMap;
use std::sync::Arc;
use streamwarden_core::case::{Mode, NoTrouble, Record, Symptom};
use streamwarden_core::estate::{ClusterId, Millis, Name, Span};
use streamwarden_core::lineage::Settings;
use streamwarden_core::rules::RuleSet;
use streamwarden_core::snapshot::Snapshot;
use tokio::sync::watch;

/// Our own machinery at one moment.
#[derive(Clone, Debug)]
pub struct SystemInfo {
    pub started: Millis,
    pub targets: Vec<TargetView>,
    pub loops: Vec<LoopView>,
    pub store: StoreView,
    /// Why no history of weeks is kept, with what to do.
    pub no_minutes: Option<String>,
    /// The first assessment is done.
    pub assessed: bool,
    /// No loop is stuck or has stopped.
    pub loops_moving: bool,
    /// Time between assessments.
    pub tick: Span,
    /// The most that may be done by itself, anywhere.
    pub mode: Mode,
}

/// Asked for each answer that shows it; must return at once.
pub trait SystemStatus {
    fn info(&self) -> SystemInfo;
}

/// What an assessment brought, for listening pages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tick {
    pub at: Millis,
    /// Changes found since the tick before.
    pub changes: u32,
}

/// Where each Flink cluster's own page is: addresses that we look at ourselves, never such as the
/// estate says.
pub type FlinkUrls = BTreeMap<ClusterId, String>;

/// As they are now: target files change.
pub type FlinkPages = Arc<ArcSwap<FlinkUrls>>;

/// The rules in force, and the files they were read from.
#[derive(Clone, Debug, Default)]
pub struct RuleShelf {
    pub set: RuleSet,
    /// Every cause that is known by name, with or without a rule.
    pub causes: Vec<Name>,
    /// By the file's name.
    pub texts: BTreeMap<String, String>,
    pub loaded: Option<Millis>,
    /// What is wrong with the files as they are now.
    pub errors: Vec<RuleError>,
    /// None: they never were.
    pub scored: Option<Scored>,
}

/// What our rules were worth on recorded incidents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scored {
    pub at: Millis,
    pub recordings: u32,
    /// They have not changed since.
    pub same_rules: bool,
    pub causes: BTreeMap<Name, RuleCounts>,
}

/// How often a rule was right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleCounts {
    pub right: u32,
    pub wrong: u32,
    pub undetermined: u32,
}

/// Who has the rules.
pub trait Knowledge: Send + Sync {
    /// May read files.
    fn shelf(&self) -> RuleShelf;
}

/// Trouble, as it was last assessed.
#[derive(Clone, Debug, Default)]
pub struct IncidentBook {
    pub at: Millis,
    /// Not closed, in no order.
    pub open: Vec<Arc<Record>>,
    pub calm: Vec<NoTrouble>,
    /// Seen, and not explained yet.
    pub pending: Vec<Symptom>,
}

/// Everything a request reads. Cheap to clone.
#[derive(Clone)]
pub struct WebState {
    pub snapshot: Arc<ArcSwap<Snapshot>>,
    pub system: Arc<dyn SystemStatus + Send + Sync>,
    /// The newest tick; a slow page misses ticks, it never holds them up.
    pub ticks: watch::Receiver<Tick>,
    /// Targets, by which past moments are judged.
    pub settings: Arc<Settings>,
    /// In which days and months begin where nobody asks for another: `inspect.zone`.
    pub zone: jiff::tz::TimeZone,
    /// Names beside loopback and addresses under which we may be asked.
    pub hosts: Arc<[String]>,
    pub cases: Arc<dyn Casebook>,
    pub plans: Arc<dyn Plans>,
    pub repairs: Arc<dyn Repairs>,
    pub history: Arc<dyn History>,
    pub inspections: Arc<dyn Inspections>,
    /// The newest change of the book of incidents.
    pub incident_ticks: watch::Receiver<IncidentTick>,
    pub flink: FlinkPages,
    pub rules: Arc<dyn Knowledge>,
    /// Who may change something.
    pub access: Arc<Access>,
}
