//! The lines of a bundle.

use crate::record::Story;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use streamwarden_core::estate::{Entity, Gap, GapReason, Identity, Millis, Name, Target};
use streamwarden_core::lineage::Settings;
use streamwarden_core::signals::Signal;

pub const FORMAT: &str = "streamwarden bundle";
pub const VERSION: u32 = 1;

/// What a recording is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    pub format: String,
    pub version: u32,
    /// The Streamwarden that wrote it.
    pub product: String,
    /// How often targets were looked at.
    pub tick_ms: u64,
    pub from: Millis,
    pub to: Millis,
    /// Layers, targets and declared edges as they were.
    pub settings: Settings,
    pub identity: Vec<Identity>,
    /// What is known to have happened.
    pub story: Option<Story>,
    /// Of the recording of an incident: when that began, by its evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onset: Option<Millis>,
}

/// From when seconds are counted in what is told of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Since {
    /// It was injected.
    Fault,
    /// Of the incident that was recorded.
    Onset,
    /// Nobody knows more than when the recording begins.
    Recording,
}

impl Header {
    pub fn new(tick_ms: u64, settings: Settings, identity: Vec<Identity>) -> Header {
        Header {
            format: FORMAT.to_owned(),
            version: VERSION,
            product: env!("CARGO_PKG_VERSION").to_owned(),
            tick_ms,
            from: Millis(0),
            to: Millis(0),
            settings,
            identity,
            story: None,
            onset: None,
        }
    }

    /// The moment from which seconds are counted.
    pub fn zero(&self) -> (Millis, Since) {
        match (self.story.as_ref().and_then(|s| s.injected), self.onset) {
            (Some(at), _) => (at, Since::Fault),
            (None, Some(at)) => (at, Since::Onset),
            (None, None) => (self.from, Since::Recording),
        }
    }
}

/// After the header. Ids count from 0 in the order in which things of a kind come.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Line {
    Target(Target),
    Text(String),
    /// Something that is asked: what `seen` and gaps name.
    Name(Name),
    Gap(GapLine),
    Fact(FactLine),
    Look(LookLine),
    /// Moments: the first, then steps.
    Times(Vec<i64>),
    Series(SeriesLine),
    /// More of a series, in a recording that was not ended.
    More(MoreLine),
}

#[derive(Debug, Serialize, Deserialize)]
pub struct FactLine {
    /// The one that this one replaces; the difference is to that one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<usize>,
    pub is: Value,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct GapLine {
    pub target: usize,
    pub what: usize,
    pub reason: GapReason,
}

impl GapLine {
    pub fn gap(&self, at: Millis, targets: &[Target], names: &[Name]) -> Option<Gap> {
        let (target, what) = (targets.get(self.target)?.clone(), names.get(self.what)?.clone());
        Some(Gap { target, what, at, reason: self.reason.clone() })
    }
}

/// Moments are so many ms before `at`.
#[derive(Debug, Serialize, Deserialize)]
pub struct LookLine {
    /// Target, ms after the look before, ms that it took.
    pub t: (usize, i64, f64),
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub facts: Vec<(usize, i64)>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub gaps: Vec<(usize, i64)>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub seen: Vec<usize>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct SeriesLine {
    pub target: usize,
    pub entity: Entity,
    pub signal: Signal,
    pub times: usize,
    /// The values are these divided by ten to the power of `digits`: the first, then steps.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub digits: u8,
    /// A step that comes n times is `[step, n]`.
    pub values: Vec<super::columns::Step>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct MoreLine {
    /// Which series.
    pub of: usize,
    pub times: usize,
    #[serde(skip_serializing_if = "is_zero", default)]
    pub digits: u8,
    pub values: Vec<super::columns::Step>,
}

fn is_zero(n: &u8) -> bool {
    *n == 0
}
