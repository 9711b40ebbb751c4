//! What a team declares about its lineage: layers, business lines, edges that cannot be seen,
//! targets. Pure settings; the shell's configuration is turned into this.

use crate::estate::{ClusterId, Name, Span, glob};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A named set of jobs and topics, by glob over job keys and topic names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    pub name: Name,
    pub patterns: Vec<Pattern>,
}

/// `*` stands for any run of characters; `job:` or `topic:` in front limits it to one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern {
    pub kind: Option<PatternKind>,
    pub glob: Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatternKind {
    Job,
    Topic,
}

impl Pattern {
    pub fn new(text: &str) -> Pattern {
        let (kind, glob) = match text.split_once(':') {
            Some(("job", g)) => (Some(PatternKind::Job), g),
            Some(("topic", g)) => (Some(PatternKind::Topic), g),
            _ => (None, text),
        };
        Pattern { kind, glob: glob.into() }
    }

    pub fn matches(&self, kind: PatternKind, name: &str) -> bool {
        self.kind.is_none_or(|k| k == kind) && glob(&self.glob, name)
    }
}

/// An edge that the configuration states. Names are exact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredEdge {
    pub job: Name,
    /// The sink or source operator, where a job has several.
    pub operator: Option<Name>,
    pub topic: Name,
    pub writes: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlaScope {
    /// End to end between two nodes, by job key or topic name.
    Path { from: Name, to: Name },
    /// Waiting in the topic and inside the job.
    Edge { topic: Name, job: Name },
    /// Age of the data when it leaves any job of the layer.
    Layer(Name),
    /// Age of the data when it leaves the job, whoever made it late.
    Job(Name),
    /// Every edge that nothing else speaks of.
    Default,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sla {
    pub scope: SlaScope,
    pub target_s: f64,
    /// Orange from this share of the target on.
    pub near: f64,
    /// Share of minutes that are to be within, 0 to 1.
    #[serde(default = "Settings::objective")]
    pub objective: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// In the order of the flow; the first match counts.
    pub layers: Vec<Rule>,
    pub groups: Vec<Rule>,
    pub declared: Vec<DeclaredEdge>,
    pub slas: Vec<Sla>,
    /// Minutes that were out under announced work count for nothing in an availability.
    #[serde(default)]
    pub exclude_planned: bool,
    /// Which Kafka cluster the jobs of a Flink cluster use, where it is configured or was read
    /// in a log.
    pub kafka_of: BTreeMap<ClusterId, ClusterId>,
    /// Over which quantiles are taken.
    pub quantile_window: Span,
    /// A value older than this is unknown, not the same as before: three ticks.
    pub fresh: Span,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            layers: Vec::new(),
            groups: Vec::new(),
            declared: Vec::new(),
            slas: Vec::new(),
            exclude_planned: false,
            kafka_of: BTreeMap::new(),
            quantile_window: Span::secs(3600),
            fresh: Span::secs(15),
        }
    }
}

impl Settings {
    /// Near from 0.8 of the target on, unless declared otherwise.
    pub const NEAR: f64 = 0.8;
    /// Three nines of minutes, unless declared otherwise: 43 minutes of 30 days.
    pub const OBJECTIVE: f64 = 0.999;

    const fn objective() -> f64 {
        Settings::OBJECTIVE
    }

    pub fn layer(&self, kind: PatternKind, name: &str) -> Option<Name> {
        first_match(&self.layers, kind, name)
    }
    pub fn group(&self, kind: PatternKind, name: &str) -> Option<Name> {
        first_match(&self.groups, kind, name)
    }
}

fn first_match(rules: &[Rule], kind: PatternKind, name: &str) -> Option<Name> {
    rules.iter().find(|r| r.patterns.iter().any(|p| p.matches(kind, name))).map(|r| r.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_may_be_for_one_kind() {
        let topic = Pattern::new("topic:orders");
        assert!(topic.matches(PatternKind::Topic, "orders"));
        assert!(!topic.matches(PatternKind::Job, "orders"));
        assert!(Pattern::new("dwd-*").matches(PatternKind::Job, "dwd-order-stats"));
    }
}
