//! Points out of 100, with every deduction.

use super::Finding;
use super::silent::{cluster_of, silent, subjects};
use crate::estate::{ClusterId, Name, Subject, SubjectKind};
use crate::rules::Level;
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Seven high risks, or twenty-five low ones, leave nothing of a subject.
const HIGH: u32 = 15;
const LOW: u32 = 4;
const FULL: u32 = 100;

/// What one finding takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deduction {
    pub check: Name,
    pub subject: Subject,
    pub points: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// 0 to 100: of one subject what the deductions leave; of a team, cluster or the estate the
    /// mean of its subjects. None: no check of it, or of anything in it, could be made, or it does
    /// not answer.
    pub points: Option<f64>,
    /// Of the subject, or of all in it, the largest first.
    pub deductions: Vec<Deduction>,
    /// How many subjects it is the mean of.
    pub of: u32,
    /// Subjects that it leaves out: no check of them could be made.
    #[serde(default)]
    pub unscored: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    pub estate: Score,
    /// By name.
    pub clusters: BTreeMap<Name, Score>,
    pub teams: BTreeMap<Name, Score>,
    /// Jobs and clusters, by id; topics and brokers count in their cluster.
    pub subjects: BTreeMap<String, Score>,
}

impl Finding {
    /// What it takes from its subject's score: nothing where it is waived or another one counts.
    pub fn points(&self) -> u32 {
        match self.level {
            _ if self.waived.is_some() || self.counted_by.is_some() => 0,
            Level::High => HIGH,
            Level::Low => LOW,
        }
    }
}

/// What is waived, and what another finding counts for, takes nothing. `judged`: of these a check
/// could be made; a subject of which none could, or whose cluster does not answer, has no points,
/// and is in no mean.
pub fn scores(
    findings: &[Finding],
    judged: &BTreeSet<Subject>,
    s: &Snapshot,
    team_of: &dyn Fn(&Subject) -> Option<Name>,
) -> Scores {
    // machines are not counted: thousands that are well would hide every job
    let kinds = [
        SubjectKind::Job,
        SubjectKind::FlinkCluster,
        SubjectKind::KafkaCluster,
        SubjectKind::Zookeeper,
        SubjectKind::Hdfs,
        SubjectKind::Yarn,
        SubjectKind::Component,
    ];
    let all: Vec<Subject> = kinds.into_iter().flat_map(|k| subjects(s, k)).collect();
    let silent = silent(findings);
    let mut taken: BTreeMap<Subject, Vec<Deduction>> = BTreeMap::new();
    for f in findings.iter().filter(|f| f.points() > 0) {
        let points = f.points();
        let (check, subject) = (f.check.clone(), f.subject.clone());
        taken.entry(home(&f.subject, s)).or_default().push(Deduction { check, subject, points });
    }
    let seen: BTreeSet<Subject> = judged.iter().map(|subject| home(subject, s)).collect();
    let mut out = Scores::default();
    let mut each = Vec::new();
    for subject in all {
        let known = seen.contains(&subject) && !silent.contains(&cluster_of(&subject, s));
        let score = match known {
            true => own(taken.remove(&subject).unwrap_or_default()),
            false => Score { unscored: 1, ..Score::default() },
        };
        out.subjects.insert(subject.to_string(), score.clone());
        each.push((subject, score));
    }
    out.estate = mean(each.iter().map(|(_, score)| score));
    let mut clusters: BTreeMap<Name, Vec<&Score>> = BTreeMap::new();
    let mut teams: BTreeMap<Name, Vec<&Score>> = BTreeMap::new();
    for (subject, score) in &each {
        if let Some(cluster) = subject.cluster().map(ClusterId::as_str) {
            clusters.entry(cluster.into()).or_default().push(score);
        }
        if let Some(team) = team_of(subject) {
            teams.entry(team).or_default().push(score);
        }
    }
    let means = |all: BTreeMap<Name, Vec<&Score>>| {
        all.into_iter().map(|(name, of)| (name, mean(of.into_iter()))).collect()
    };
    (out.clusters, out.teams) = (means(clusters), means(teams));
    out
}

/// Where a finding counts.
pub(super) fn home(subject: &Subject, s: &Snapshot) -> Subject {
    match subject {
        Subject::Member { cluster, .. } => {
            let base = s.estate.bases.get(cluster).map(|b| b.subject(cluster));
            base.unwrap_or_else(|| subject.clone())
        }
        Subject::Topic { topic } | Subject::Partition { topic, .. } => {
            Subject::KafkaCluster { cluster: topic.cluster.clone() }
        }
        Subject::Broker { cluster, .. } => Subject::KafkaCluster { cluster: cluster.clone() },
        Subject::TaskManager { cluster, .. } => Subject::FlinkCluster { cluster: cluster.clone() },
        Subject::Vertex { job, .. } | Subject::Subtask { job, .. } => {
            Subject::Job { job: job.clone() }
        }
        other => other.clone(),
    }
}

fn own(mut deductions: Vec<Deduction>) -> Score {
    deductions.sort_by(|a, b| (b.points, &a.check).cmp(&(a.points, &b.check)));
    let taken: u32 = deductions.iter().map(|d| d.points).sum();
    let points = Some(f64::from(FULL.saturating_sub(taken)));
    Score { points, deductions, of: 1, unscored: 0 }
}

fn mean<'s>(all: impl Iterator<Item = &'s Score>) -> Score {
    let mut out = Score::default();
    let mut sum = 0.0;
    for score in all {
        sum += score.points.unwrap_or(0.0);
        out.of += score.of;
        out.unscored += score.unscored;
        out.deductions.extend(score.deductions.iter().cloned());
    }
    out.points = (out.of > 0).then(|| sum / f64::from(out.of));
    out.deductions.sort_by(|a, b| (b.points, &a.check).cmp(&(a.points, &b.check)));
    out
}
