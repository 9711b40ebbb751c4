//! A check of the daily inspection: data in the same language as a rule. What it looks at has a
//! name, so that two checks of the same signal and window count as one.

use super::ast::Expr;
use super::check::Let;
use super::ctx::Ctx;
use super::eval::Machine;
use super::evidence::{Evidence, Truth, Words};
use super::read::inspection;
use super::rule::{Closed, Condition, Sentence};
use super::set::{MAX_RULES, evidence, named_causes};
use super::text::{At, Mistake, SourceFile};
use super::types::Scalar;
use crate::estate::{Name, Subject, SubjectKind};
use serde::{Deserialize, Serialize};
use std::ops::Deref;
use std::sync::Arc;

/// Whose risk it is, as the report groups it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Component {
    Flink,
    Kafka,
    Zookeeper,
    Yarn,
    Hdfs,
    /// Machines and the JVMs on them.
    Host,
    /// Whatever else somebody has named.
    Component,
    /// Streamwarden itself: what it cannot see.
    Streamwarden,
}

impl Closed for Component {
    const WORDS: &'static [&'static str] =
        &["flink", "kafka", "zookeeper", "yarn", "hdfs", "host", "component", "streamwarden"];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Low,
    High,
}

/// Hours of the weeks that a check does not look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeavesOut {
    /// In which the job was in an incident whose cause is none of those that the check prevents: what
    /// catches up after an outage says nothing of how much the job can do.
    OtherIncidents,
}

impl Closed for LeavesOut {
    const WORDS: &'static [&'static str] = &["other_incidents"];
}

#[derive(Clone, Debug)]
pub struct Inspection {
    pub file: Name,
    pub name: Name,
    pub component: Component,
    pub at: SubjectKind,
    pub filter: Option<Expr>,
    /// The signal and its window, which its conditions ask: `delay over 7d`.
    pub looks_at: Name,
    pub lets: Vec<Let>,
    /// All of a level must hold; a level without any is never reached.
    pub high: Vec<Condition>,
    pub low: Vec<Condition>,
    pub says: Sentence,
    pub advice: Vec<Sentence>,
    /// Causes that may come of it.
    pub prevents: Vec<Name>,
    /// Which hours of the weeks do not count.
    pub leaves_out: Option<LeavesOut>,
    /// Where in the file it names them.
    pub names: Vec<(Name, At)>,
    /// Where its thresholds come from.
    pub source: Words,
}

/// Checks that were read, by name. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Checks(Arc<Vec<Inspection>>);

impl Deref for Checks {
    type Target = [Inspection];

    fn deref(&self) -> &[Inspection] {
        &self.0
    }
}

impl Checks {
    /// `known`: causes that they may say they prevent; none: all are.
    ///
    /// # Errors
    /// Every mistake of every file, in the order of files and lines.
    pub fn compile(files: &[SourceFile], known: &[Name]) -> Result<Checks, Vec<Mistake>> {
        let (mut checks, mut mistakes): (Vec<Inspection>, Vec<Mistake>) = Default::default();
        for file in files {
            match inspection(file) {
                Ok(check) => checks.push(check),
                Err(found) => mistakes.extend(found),
            }
        }
        for (n, check) in checks.iter().enumerate() {
            let first = checks.iter().take(n).find(|c| c.name == check.name);
            mistakes.extend(first.map(|first| at_top(check, first)));
            mistakes.extend(named_causes(&check.file, &check.names, known));
        }
        if let Some(check) = checks.get(MAX_RULES) {
            let message = format!("{} checks are too many", checks.len());
            let (file, todo) = (check.file.clone(), format!("at most {MAX_RULES}"));
            mistakes.push(Mistake { file, at: At::default(), message, todo });
        }
        checks.sort_by(|a, b| a.name.cmp(&b.name));
        if mistakes.is_empty() { Ok(Checks(Arc::new(checks))) } else { Err(mistakes) }
    }
}

fn at_top(check: &Inspection, first: &Inspection) -> Mistake {
    Mistake {
        file: check.file.clone(),
        at: At { line: 1, column: 1, len: 1 },
        message: format!("there is a check `{}` already", check.name),
        todo: format!("it is in {}", first.file),
    }
}

/// What a check comes to on one subject.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Fine,
    Risk {
        level: Level,
        evidence: Vec<Evidence>,
        says: Words,
        advice: Vec<Words>,
    },
    /// What was not seen.
    CannotTell {
        missing: Name,
    },
}

impl Inspection {
    /// Is it a subject for this check? None: nobody knows.
    pub fn stands_at(&self, ctx: &Ctx<'_>, s: &Subject) -> Option<bool> {
        if s.kind() != self.at {
            return Some(false);
        }
        let Some(filter) = &self.filter else { return Some(true) };
        let m = Machine::new(ctx, s, &[]);
        match m.eval(filter, m.env()).one() {
            Ok(Scalar::Truth(stands)) => Some(stands),
            _ => None,
        }
    }

    pub fn judge(&self, ctx: &Ctx<'_>, s: &Subject) -> Verdict {
        let other = |LeavesOut::OtherIncidents| self.prevents.as_slice().into();
        let ctx = &ctx.calm_but_for(self.leaves_out.map(other));
        let m = Machine::new(ctx, s, &self.lets);
        let mut unknown = None;
        for (level, conditions) in [(Level::High, &self.high), (Level::Low, &self.low)] {
            if conditions.is_empty() {
                continue;
            }
            let all: Vec<Evidence> = conditions.iter().map(|c| evidence(&m, c)).collect();
            if all.iter().any(|e| e.truth == Truth::False) {
                continue;
            }
            if let Some(e) = all.iter().find(|e| e.truth == Truth::Unknown) {
                let what = e.checks.iter().find_map(|c| c.missing.clone());
                unknown = unknown.or(Some(what.unwrap_or_else(|| e.name.clone())));
                continue;
            }
            let advice = self.advice.iter().map(|a| a.words(&m, None)).collect();
            return Verdict::Risk { level, evidence: all, says: self.says.words(&m, None), advice };
        }
        match unknown {
            Some(missing) => Verdict::CannotTell { missing },
            None => Verdict::Fine,
        }
    }
}
