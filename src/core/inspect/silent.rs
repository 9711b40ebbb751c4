//! Who does not answer: what is known of it, and of what is in it, is of another time.

use super::Finding;
use super::score::home;
use crate::estate::{ClusterId, Subject, SubjectKind, TargetKind};
use crate::rules::all_of;
use crate::snapshot::Snapshot;
use std::collections::BTreeSet;

/// What checks look at that find somebody silent.
const SILENCE: &str = "silent_for";

impl Finding {
    /// It says that its subject does not answer.
    pub fn is_silence(&self) -> bool {
        &*self.looks_at == SILENCE
    }
}

/// Everything of a kind, and clusters that were asked and have not answered once.
pub fn subjects(s: &Snapshot, kind: SubjectKind) -> Vec<Subject> {
    let mut all = all_of(s, kind);
    let of: fn(ClusterId) -> Subject = match kind {
        SubjectKind::FlinkCluster => |cluster| Subject::FlinkCluster { cluster },
        SubjectKind::KafkaCluster => |cluster| Subject::KafkaCluster { cluster },
        _ => return all,
    };
    let asked = match kind {
        SubjectKind::FlinkCluster => TargetKind::FlinkRest,
        _ => TargetKind::Kafka,
    };
    let missed =
        s.gaps.iter().filter(|g| g.target.kind == asked).filter_map(|g| g.target.cluster());
    let known: BTreeSet<Subject> = all.iter().cloned().collect();
    let strangers: BTreeSet<Subject> = missed.map(of).filter(|c| !known.contains(c)).collect();
    all.extend(strangers);
    all
}

/// Clusters that a finding says do not answer.
pub fn silent(findings: &[Finding]) -> BTreeSet<Subject> {
    findings.iter().filter(|f| f.is_silence()).map(|f| f.subject.clone()).collect()
}

/// The cluster that it is in, or is.
pub fn cluster_of(subject: &Subject, s: &Snapshot) -> Subject {
    match home(subject, s) {
        Subject::Job { job } => Subject::FlinkCluster { cluster: job.cluster },
        other => other,
    }
}
