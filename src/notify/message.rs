//! What a message says.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use streamwarden_core::text::hex;

/// What happened to an incident or was done about it, as far as a receiver cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    Opened,
    /// Root, place or family changed.
    Revised,
    Resolved,
    /// A plan stands and is not carried out: it waits for a yes, or something holds it.
    Held,
    RepairBegun,
    RepairEnded,
    /// A person has to look at a repair.
    RepairStuck,
    /// The estate was inspected, because it was time to.
    Inspection,
}

impl Happened {
    pub const ALL: [(&'static str, Happened); 8] = [
        ("opened", Happened::Opened),
        ("revised", Happened::Revised),
        ("resolved", Happened::Resolved),
        ("held", Happened::Held),
        ("repair_begun", Happened::RepairBegun),
        ("repair_ended", Happened::RepairEnded),
        ("repair_stuck", Happened::RepairStuck),
        ("inspection", Happened::Inspection),
    ];

    pub fn name(self) -> &'static str {
        Happened::ALL.iter().find(|(_, h)| *h == self).map_or("", |(name, _)| name)
    }
}

/// In which language `text` is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    En,
    Zh,
    Both,
}

impl Language {
    pub const ALL: [(&'static str, Language); 3] =
        [("en", Language::En), ("zh", Language::Zh), ("both", Language::Both)];

    pub fn pick(self, en: &str, zh: &str) -> String {
        match self {
            Language::En => en.to_owned(),
            Language::Zh => zh.to_owned(),
            Language::Both => format!("{en}\n{zh}"),
        }
    }
}

/// One message, as the receiver gets it. Times are ms since the epoch. Text from the estate is as
/// the estate gave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The same when it comes again: at least once is promised, twice is possible.
    pub id: String,
    pub event: String,
    pub at: i64,
    pub incident: String,
    /// provisional | confirmed | recovering | closed
    pub state: String,
    /// The first line of the incident's page.
    pub text: String,
    /// root | family | undetermined
    pub verdict: String,
    pub causes: Vec<String>,
    pub family: Option<String>,
    /// `<kind>:<path>`, and as people call it.
    pub subject: String,
    pub subject_name: String,
    pub onset: i64,
    /// Over a declared target.
    pub breach: bool,
    pub victims: Vec<String>,
    /// On our page: the whole address where `webhook.page` says it, else what comes after it.
    pub page: String,
}

/// An inspection, as the receiver gets it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InspectionMessage {
    pub id: String,
    /// `inspection`
    pub event: String,
    pub at: i64,
    pub estate: String,
    /// The report in a sentence.
    pub text: String,
    /// Of the estate, 0 to 100; none: nothing was seen. And before.
    pub points: Option<f64>,
    pub before: Option<f64>,
    pub high: u32,
    pub high_new: u32,
    pub low: u32,
    pub low_new: u32,
    pub fixed: u32,
    /// On our page: the whole address where `webhook.page` says it, else what comes after it.
    pub page: String,
}

/// In place of messages that would have been too many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct More {
    pub id: String,
    /// `more`
    pub event: String,
    pub at: i64,
    pub text: String,
    pub opened: u32,
    pub revised: u32,
    pub resolved: u32,
    pub held: u32,
    pub repair_begun: u32,
    pub repair_ended: u32,
    /// Ids of some of the incidents.
    pub incidents: Vec<String>,
}

/// By content, so that a batch that is written again makes no second message.
pub fn message_id(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hex(&hash.finalize()[..8])
}
