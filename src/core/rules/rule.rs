//! A rule as it was read: its nouns, and the closed lists of its words.

use super::ast::{Expr, show};
use super::check::Let;
use super::evidence::Words;
use super::template::Template;
use super::text::At;
use crate::estate::{Name, SubjectKind};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    Code,
    Config,
    Resource,
    Cluster,
    Link,
    Data,
    Deploy,
    Observability,
}

/// Role of a cause in the catalogue (`diagnostics/README.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Root,
    /// Points at another job's root.
    Relation,
    /// Has a root elsewhere.
    Consequence,
    /// Nothing is wrong yet.
    Hazard,
    NotAFault,
}

/// What would tell what is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeKind {
    ThreadDump,
    FlameGraph,
    CheckpointDetail,
    LogTail,
    DescribeTopic,
}

/// What stands behind a rule. Without proof it may advise, never act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// A recorded incident.
    Recorded,
    /// A fault of the test bed.
    Bed,
    None,
}

/// Symptoms for which a rule is considered, in the words of the API.
pub const SYMPTOMS: [&str; 18] = [
    "late",
    "edge_late",
    "path_late",
    "lag_grows",
    "watermark_stalled",
    "throughput_dropped",
    "restarted",
    "not_running",
    "checkpoint_old",
    "checkpoints_fail",
    "partitions_unread",
    "input_lost",
    "input_stopped",
    "control_lost",
    "kafka_silent",
    "base_ill",
    "records_dropped",
    "hazard",
];

/// The same sentence in both languages.
#[derive(Clone, Debug, Default)]
pub struct Sentence {
    pub en: Template,
    pub zh: Template,
}

/// A named condition.
#[derive(Clone, Debug)]
pub struct Condition {
    pub name: Name,
    /// As the rule writes it.
    pub text: Name,
    pub expr: Expr,
    pub says: Option<Sentence>,
}

/// The evidence that tells a look-alike apart: `not` turns its sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookalike {
    pub cause: Name,
    pub by: Name,
    pub not: bool,
}

/// A cause, how it is recognised, and what to do about it.
#[derive(Clone, Debug)]
pub struct Rule {
    pub file: Name,
    pub cause: Name,
    pub layer: Layer,
    pub role: Role,
    pub family: Option<Name>,
    pub at: SubjectKind,
    pub filter: Option<Expr>,
    /// Only at vertices that the diagnosis has found to be the bottleneck.
    pub bottleneck: bool,
    /// Empty: any symptom.
    pub when: Vec<Name>,
    pub lets: Vec<Let>,
    pub needs: Vec<Condition>,
    pub against: Vec<Condition>,
    pub lookalikes: Vec<Lookalike>,
    /// Causes, or globs of them, that follow from this one on the same or a covered place.
    pub explains: Vec<Name>,
    pub says: Sentence,
    pub advice: Vec<Sentence>,
    pub never: Vec<Sentence>,
    pub cures: Vec<Name>,
    pub probes: Vec<ProbeKind>,
    pub proof: Proof,
    pub source: Name,
    /// Where `lookalikes` and `explains` name causes: checked over all files.
    pub(super) names: Vec<(Name, At)>,
}

/// Playbooks that a rule may name: what acting on its own knows to do.
pub const PLAYBOOKS: [&str; 6] = [
    "restart-from-checkpoint",
    "reuse-checkpoint",
    "rescale",
    "savepoint-now",
    "resume-in-waves",
    "page",
];

pub const KINDS: [SubjectKind; 15] = [
    SubjectKind::Job,
    SubjectKind::Vertex,
    SubjectKind::Subtask,
    SubjectKind::TaskManager,
    SubjectKind::FlinkCluster,
    SubjectKind::Topic,
    SubjectKind::Partition,
    SubjectKind::Broker,
    SubjectKind::KafkaCluster,
    SubjectKind::Host,
    SubjectKind::Zookeeper,
    SubjectKind::Hdfs,
    SubjectKind::Yarn,
    SubjectKind::Component,
    SubjectKind::Member,
];

/// The words of a closed list, for "did you mean".
pub trait Closed {
    const WORDS: &'static [&'static str];
}
impl Closed for Layer {
    const WORDS: &'static [&'static str] =
        &["code", "config", "resource", "cluster", "link", "data", "deploy", "observability"];
}
impl Closed for Role {
    const WORDS: &'static [&'static str] =
        &["root", "relation", "consequence", "hazard", "not_a_fault"];
}
impl Closed for Proof {
    const WORDS: &'static [&'static str] = &["recorded", "bed", "none"];
}
impl Closed for ProbeKind {
    const WORDS: &'static [&'static str] =
        &["thread_dump", "flame_graph", "checkpoint_detail", "log_tail", "describe_topic"];
}

impl Rule {
    /// Where it is asked, in the language's words.
    pub fn place(&self) -> String {
        let mut text = self.at.name().to_owned();
        if let Some(filter) = &self.filter {
            text.push_str(&format!(" where {}", show(filter, &|_| String::new())));
        }
        if self.bottleneck {
            text.push_str(", the bottleneck");
        }
        text
    }
}

impl Sentence {
    /// With its slots, as the rule has it.
    pub fn written(&self) -> Words {
        Words { en: self.en.written().to_owned(), zh: self.zh.written().to_owned() }
    }

    pub fn words(&self, m: &super::eval::Machine<'_, '_>, check: Option<&super::Check>) -> Words {
        Words { en: self.en.render(m, check, false), zh: self.zh.render(m, check, true) }
    }
}
