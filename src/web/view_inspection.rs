//! What the API answers about inspections. As in `view`: times are ms since the epoch.

use super::view_incident::TextView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A report in one line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InspectionRow {
    pub at: i64,
    /// For which time it was made; none: somebody asked for it.
    pub due: Option<i64>,
    /// Who asked for it to be kept.
    pub by: Option<String>,
    /// Of the estate, 0 to 100; none: no check of anything could be made.
    pub points: Option<f64>,
    /// Jobs and clusters that the points leave out: no check of them could be made.
    pub unscored: u32,
    pub high: u32,
    /// New, or a low risk before.
    pub high_new: u32,
    pub low: u32,
    pub low_new: u32,
    pub fixed: u32,
    pub waived: u32,
    /// Checks that were made.
    pub checks: u32,
    /// Times that a check was made of something, or could not be.
    pub judged: u64,
    /// Times that it could not be.
    pub not_judged: u64,
    pub took_ms: u64,
}

/// Reports that are kept, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InspectionList {
    pub at: i64,
    /// The line of cron; none: only when somebody asks.
    pub schedule: Option<String>,
    /// The time zone of it.
    pub zone: String,
    /// When it is due next.
    pub next: Option<i64>,
    /// So many are kept; the oldest go first.
    pub most: u32,
    /// How many checks are known.
    pub checks: u32,
    pub inspections: Vec<InspectionRow>,
}

/// A place, as people call it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlaceView {
    /// job | flink_cluster | topic | broker | kafka_cluster | ...
    pub kind: String,
    /// `<kind>:<path>`
    pub id: String,
    pub name: String,
    pub cluster: Option<String>,
    /// The node of the lineage that it belongs to, if any.
    pub node: Option<String>,
}

/// A risk that somebody has taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WaiverView {
    pub id: String,
    pub check: String,
    /// A subject's id, or a pattern over it.
    pub subject: String,
    pub owner: String,
    pub reason: String,
    pub made: i64,
    pub until: i64,
}

/// What is taken on now, the next to end first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WaiverList {
    pub at: i64,
    pub waivers: Vec<WaiverView>,
}

/// One figure that decided, with what it was held against.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProofView {
    /// As the check names it.
    pub name: String,
    pub says: TextView,
    /// In the rules' language; `/api/v1/ask` takes it where it asks nothing of weeks.
    pub expr: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RiskView {
    pub check: String,
    /// flink | kafka | zookeeper | yarn | hdfs | streamwarden | ...
    pub component: String,
    /// high | low
    pub level: String,
    /// new | worse | still; empty where there was no report before it
    pub standing: String,
    /// Since which inspection.
    pub since: i64,
    pub subject: PlaceView,
    /// Whose it is.
    pub team: Option<String>,
    pub says: TextView,
    pub advice: Vec<TextView>,
    pub evidence: Vec<ProofView>,
    /// Causes that may come of it.
    pub prevents: Vec<String>,
    /// Where the threshold comes from.
    pub source: TextView,
    /// What it takes from its subject's score.
    pub points: u32,
    /// Another risk of the same signal and window counts in its place.
    pub counted_by: Option<String>,
    pub waived: Option<WaiverView>,
}

/// What an earlier inspection found and this one did not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GoneView {
    pub check: String,
    pub subject: PlaceView,
    pub level: String,
    /// As it was.
    pub says: TextView,
    /// fixed | not_seen | left
    pub why: String,
}

/// A check that could not be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UnseenView {
    pub check: String,
    pub component: String,
    /// Of how many, and the first of them.
    pub subjects: u32,
    pub first: Vec<PlaceView>,
    /// What was not seen, of the first.
    pub missing: String,
}

/// Risks of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ComponentView {
    pub component: String,
    pub name: TextView,
    pub high: Vec<RiskView>,
    pub low: Vec<RiskView>,
    /// Times that a check of it could not be made of something.
    pub unseen: u32,
}

/// What was taken, and by what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeductionView {
    pub check: String,
    pub subject: PlaceView,
    pub points: u32,
}

/// Points out of 100: of one job or cluster what the deductions leave; of a team, a cluster or the
/// estate the mean over what is in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScoreView {
    /// A name; of a job or cluster its id.
    pub id: String,
    pub name: String,
    /// None: there is nothing in it that was seen.
    pub points: Option<f64>,
    /// How many it is the mean of.
    pub of: u32,
    /// How many it leaves out: no check of them could be made.
    pub unscored: u32,
    /// The largest first, at most 50.
    pub deductions: Vec<DeductionView>,
    /// Others that are not listed.
    pub more: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScoresView {
    pub estate: ScoreView,
    /// Each with the worst first.
    pub clusters: Vec<ScoreView>,
    pub teams: Vec<ScoreView>,
    /// Jobs and clusters with a deduction; behind them those without points.
    pub subjects: Vec<ScoreView>,
    /// Jobs and clusters with all their points.
    pub whole: u32,
}

/// The report before, which this one is compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BeforeView {
    pub at: i64,
    /// None: nothing of the estate was seen.
    pub points: Option<f64>,
}

/// An incident, as it was known when the report was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OccurredView {
    pub id: String,
    pub onset: i64,
    /// None: it is not over.
    pub closed: Option<i64>,
    pub says: TextView,
}

/// Incidents that were open at any time since `from`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HappenedView {
    pub from: i64,
    pub all: u32,
    pub open: u32,
    /// Open ones first, then the newest; at most 50.
    pub told: Vec<OccurredView>,
}

impl HappenedView {
    /// The first `most` of them, and how many there are beside.
    pub fn first(&self, most: usize) -> (&[OccurredView], usize) {
        let told = self.told.get(..most).unwrap_or(&self.told);
        (told, (self.all as usize).saturating_sub(told.len()))
    }
}

/// One report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InspectionView {
    pub row: InspectionRow,
    /// What the estate is called.
    pub estate: String,
    /// In which times are told.
    pub zone: String,
    /// Made now, and not kept.
    pub kept: bool,
    pub before: Option<BeforeView>,
    /// The report in a sentence.
    pub says: TextView,
    /// What went wrong since the report before. None: nobody remembers any.
    pub incidents: Option<HappenedView>,
    /// Kinds of component with a risk, or with what was not seen; the worst first.
    pub components: Vec<ComponentView>,
    pub gone: Vec<GoneView>,
    pub waived: Vec<RiskView>,
    pub unseen: Vec<UnseenView>,
    pub scores: ScoresView,
    /// Risks that had no room.
    pub left_out: u64,
}

/// A score that is another one in the second report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MovedView {
    pub id: String,
    pub name: String,
    /// None of one: nothing of it could be judged.
    pub from: Option<f64>,
    pub to: Option<f64>,
}

/// Two reports held against each other: what the second has that the first had not, and the other
/// way round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ComparedView {
    pub a: InspectionRow,
    pub b: InspectionRow,
    pub zone: String,
    pub new: Vec<RiskView>,
    pub worse: Vec<RiskView>,
    pub better: Vec<RiskView>,
    pub gone: Vec<GoneView>,
    pub still: Vec<RiskView>,
    /// The farthest first.
    pub moved: Vec<MovedView>,
}

/// `POST /api/v1/inspection/keep`: one is made now and kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepRequest {
    pub by: String,
}

/// `POST /api/v1/waiver/add`: a risk is taken until a moment or for a length of time, at most a
/// year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WaiveRequest {
    /// The name of a check.
    pub check: String,
    /// The id or name of what it is about, or a pattern over ids: `topic:pay/*`.
    pub subject: String,
    pub until: Option<i64>,
    /// Instead of `until`, s.
    pub for_s: Option<u32>,
    pub by: String,
    pub why: String,
}

/// `POST /api/v1/waiver/end`: it counts again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnwaiveRequest {
    /// Its id, or enough of its beginning.
    pub id: String,
    pub by: String,
}
