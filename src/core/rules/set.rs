//! All rules together, and the evaluation of one at one place.

use super::ctx::Ctx;
use super::eval::Machine;
use super::evidence::{Evidence, Truth, Words};
use super::read::compile;
use super::relation::Relation as R;
use super::rule::{Condition, Rule, Sentence};
use super::text::{At, Mistake, SourceFile, did_you_mean};
use super::trace::truth;
use super::types::Scalar;
use super::walk::follow;
use crate::estate::{
    ChangeKind, Entity, JobKey, Millis, Name, Span, Subject, SubjectKind, TopicId, glob,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Rules of one set.
pub const MAX_RULES: usize = 500;

/// Rules that were read, checked and compiled. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct RuleSet(Arc<Vec<Rule>>);

/// What one rule comes to at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// All needs hold and nothing speaks against it. What might speak against it and is unknown
    /// does not stop it; a need that is unknown does.
    pub truth: Truth,
    pub needs: Vec<Evidence>,
    pub against: Vec<Evidence>,
    pub says: Words,
    pub advice: Vec<Words>,
    pub never: Vec<Words>,
    /// 0 to 1: share of the needs that were seen to hold.
    pub support: f64,
    /// Needs, and what speaks against it, that are unknown: name, what was not seen of whom.
    pub missing: Vec<(Name, Name)>,
}

impl RuleSet {
    /// Compiles every file. `known`: causes that have no rule yet but may be named.
    ///
    /// # Errors
    /// Every mistake of every file, in the order of files and lines.
    pub fn compile(files: &[SourceFile], known: &[Name]) -> Result<RuleSet, Vec<Mistake>> {
        let (mut rules, mut mistakes): (Vec<Rule>, Vec<Mistake>) = (Vec::new(), Vec::new());
        for file in files {
            match compile(file) {
                Ok(rule) => rules.push(rule),
                Err(found) => mistakes.extend(found),
            }
        }
        if rules.len() > MAX_RULES {
            let message = format!("{} rules are too many", rules.len());
            let todo = format!("at most {MAX_RULES}");
            let file = files.first().map(|f| f.name.clone()).unwrap_or_else(|| "".into());
            mistakes.push(Mistake { file, at: At::default(), message, todo });
        }
        mistakes.extend(across(&rules, known, mistakes.is_empty()));
        rules.sort_by(|a, b| a.cause.cmp(&b.cause));
        if mistakes.is_empty() { Ok(RuleSet(Arc::new(rules))) } else { Err(mistakes) }
    }

    /// In the order of their causes.
    pub fn rules(&self) -> &[Rule] {
        &self.0
    }

    pub fn get(&self, cause: &str) -> Option<&Rule> {
        self.0.iter().find(|r| &*r.cause == cause)
    }

    /// Causes of one family.
    pub fn family(&self, family: &str) -> impl Iterator<Item = &Rule> {
        self.0.iter().filter(move |r| r.family.as_deref() == Some(family))
    }
}

/// What can only be seen over all files: one rule a cause, and names of causes that exist.
fn across(rules: &[Rule], known: &[Name], whole: bool) -> Vec<Mistake> {
    let mut out = Vec::new();
    let mut seen: Vec<&Rule> = Vec::new();
    for rule in rules {
        if let Some(first) = seen.iter().find(|r| r.cause == rule.cause) {
            out.push(Mistake {
                file: rule.file.clone(),
                at: At { line: 1, column: 1, len: 1 },
                message: format!("`{}` has a rule already", rule.cause),
                todo: format!("it is in {}", first.file),
            });
        }
        seen.push(rule);
    }
    // a rule that could not be read may be the one that is named
    if !whole || known.is_empty() {
        return out;
    }
    let causes: Vec<&str> =
        rules.iter().map(|r| &*r.cause).chain(known.iter().map(|k| &**k)).collect();
    let known: Vec<Name> = causes.into_iter().map(Name::from).collect();
    out.extend(rules.iter().flat_map(|rule| named_causes(&rule.file, &rule.names, &known)));
    out
}

/// Names that no cause has.
pub(super) fn named_causes(file: &Name, names: &[(Name, At)], known: &[Name]) -> Vec<Mistake> {
    let unknown = names.iter().filter(|(name, _)| !known.iter().any(|c| glob(name, c)));
    let told = unknown.filter(|_| !known.is_empty()).map(|(name, at)| Mistake {
        file: file.clone(),
        at: *at,
        message: format!("no cause is called `{name}`"),
        todo: did_you_mean(name, known.iter().map(|k| &**k)),
    });
    told.collect()
}

/// A sink stops so soon after its topic went: its producer keeps trying for two minutes.
const WENT_BEFORE: Span = Span::secs(60);
/// A TaskManager that left this long ago may still be what the job suffers from.
const GONE_FOR: Span = Span::secs(900);

impl Rule {
    /// Places of the rule's kind in or beside a job at which it may hold. A place whose filter
    /// cannot be decided is none.
    pub fn subjects(&self, ctx: &Ctx<'_>, job: &JobKey) -> Vec<Subject> {
        let me = Subject::Job { job: job.clone() };
        let mut all = match self.at {
            SubjectKind::Job => vec![me],
            SubjectKind::Vertex => follow(ctx, R::Vertices, &me).all,
            SubjectKind::Subtask => follow(ctx, R::Subtasks, &me).all,
            SubjectKind::TaskManager => taskmanagers(ctx, &me, job),
            SubjectKind::FlinkCluster => follow(ctx, R::Cluster, &me).all,
            SubjectKind::Topic => topics(ctx, &me),
            SubjectKind::Partition => {
                topics(ctx, &me).iter().flat_map(|t| follow(ctx, R::Partitions, t).all).collect()
            }
            SubjectKind::KafkaCluster => follow(ctx, R::KafkaClusters, &me).all,
            SubjectKind::Broker => brokers(ctx, &me),
            SubjectKind::Host => follow(ctx, R::Hosts, &me).all,
            kind => {
                let below = ctx.stands().under_job(job).cloned().collect::<Vec<_>>();
                match kind {
                    SubjectKind::Member => {
                        below.iter().flat_map(|b| follow(ctx, R::Members, b).all).collect()
                    }
                    _ => below.into_iter().filter(|b| b.kind() == kind).collect(),
                }
            }
        };
        all.retain(|s| self.stands_at(ctx, s));
        all
    }

    /// Is it a place for this rule?
    pub fn stands_at(&self, ctx: &Ctx<'_>, s: &Subject) -> bool {
        if s.kind() != self.at {
            return false;
        }
        let Some(filter) = &self.filter else { return true };
        let m = Machine::new(ctx, s, &[]);
        matches!(m.eval(filter, m.env()).one(), Ok(Scalar::Truth(true)))
    }

    pub fn evaluate(&self, ctx: &Ctx<'_>, s: &Subject) -> Evaluation {
        let m = Machine::new(ctx, s, &self.lets);
        let needs: Vec<Evidence> = self.needs.iter().map(|c| evidence(&m, c)).collect();
        let against: Vec<Evidence> = self.against.iter().map(|c| evidence(&m, c)).collect();
        let has = |all: &[Evidence], t: Truth| all.iter().any(|e| e.truth == t);
        let holds = if has(&needs, Truth::False) || has(&against, Truth::True) {
            Truth::False
        } else if has(&needs, Truth::Unknown) {
            Truth::Unknown
        } else {
            Truth::True
        };
        let held = needs.iter().filter(|e| e.truth == Truth::True).count() as f64;
        let missing = needs
            .iter()
            .chain(&against)
            .filter(|e| e.truth == Truth::Unknown)
            .map(|e| {
                let what = e.checks.iter().find_map(|c| c.missing.clone());
                (e.name.clone(), what.unwrap_or_else(|| "?".into()))
            })
            .collect();
        // nobody reads the words of what does not hold
        let told = |all: &[Sentence]| match holds {
            Truth::False => Vec::new(),
            _ => all.iter().map(|a| a.words(&m, None)).collect(),
        };
        Evaluation {
            truth: holds,
            support: held / (needs.len().max(1) as f64),
            missing,
            says: match holds {
                Truth::False => Words::default(),
                _ => self.says.words(&m, None),
            },
            advice: told(&self.advice),
            never: told(&self.never),
            needs,
            against,
        }
    }

    /// Only whether it holds: no trace, no words.
    pub fn holds(&self, ctx: &Ctx<'_>, s: &Subject) -> Truth {
        let m = Machine::new(ctx, s, &self.lets);
        let all = |conditions: &[Condition], worst: Truth| {
            let mut out = None;
            for c in conditions {
                let t = truth(&m.eval(&c.expr, m.env()).one());
                if t == worst {
                    return Some(t);
                }
                if t == Truth::Unknown {
                    out = Some(t);
                }
            }
            out
        };
        match (all(&self.needs, Truth::False), all(&self.against, Truth::True)) {
            (Some(Truth::False), _) | (_, Some(Truth::True)) => Truth::False,
            (Some(Truth::Unknown), _) => Truth::Unknown,
            _ => Truth::True,
        }
    }

    /// Does this cause, where it holds, explain that one?
    pub fn explains_cause(&self, cause: &str) -> bool {
        self.explains.iter().any(|pattern| glob(pattern, cause))
    }
}

/// What conditions that belong to no rule come to.
pub fn judged(ctx: &Ctx<'_>, s: &Subject, conditions: &[Condition]) -> Vec<Evidence> {
    let m = Machine::new(ctx, s, &[]);
    conditions.iter().map(|c| evidence(&m, c)).collect()
}

pub(super) fn evidence(m: &Machine<'_, '_>, c: &Condition) -> Evidence {
    let mut checks = Vec::new();
    let v = m.judge(&c.expr, m.env(), &mut checks);
    let words = c.says.as_ref().map(|s| s.words(m, checks.first()));
    Evidence {
        name: c.name.clone(),
        truth: truth(&v),
        expr: c.text.clone(),
        words,
        checks,
        at: m.ctx.at,
    }
}

fn topics(ctx: &Ctx<'_>, job: &Subject) -> Vec<Subject> {
    let both = [R::Inputs, R::Outputs].into_iter().flat_map(|r| follow(ctx, r, job).all);
    let mut all: BTreeSet<Subject> = both.collect();
    if follow(ctx, R::Outputs, job).all.is_empty() {
        all.extend(gone_since(ctx, job));
    }
    all.into_iter().collect()
}

/// Of a job of which nobody knows what it writes: topics of its Kafka that went when it fell ill.
fn gone_since(ctx: &Ctx<'_>, job: &Subject) -> Vec<Subject> {
    let Some(onset) = ctx.onset else { return Vec::new() };
    let clusters = follow(ctx, R::KafkaClusters, job).all;
    let went = ctx.snapshot.changes.iter().filter(|c| {
        c.kind == ChangeKind::TopicGone && c.at >= onset - WENT_BEFORE && c.at <= ctx.at
    });
    let of = went.filter_map(|c| match (&c.entity, &c.what) {
        (Entity::KafkaCluster { cluster }, Some(topic))
            if clusters.contains(&Subject::KafkaCluster { cluster: cluster.clone() }) =>
        {
            Some(Subject::Topic { topic: TopicId::new(cluster, topic.clone()) })
        }
        _ => None,
    });
    of.collect()
}

/// Those it runs on, and those of its cluster that left lately.
fn taskmanagers(ctx: &Ctx<'_>, me: &Subject, job: &JobKey) -> Vec<Subject> {
    let lately = |at: Millis| ctx.at - at <= GONE_FOR;
    let gone = ctx.links().gone.iter().filter(|(c, _, at)| **c == job.cluster && lately(*at));
    let gone = gone.map(|(cluster, id, _)| Subject::TaskManager {
        cluster: (*cluster).clone(),
        id: (*id).clone(),
    });
    let on = follow(ctx, R::TaskManagers, me).all;
    on.into_iter().chain(gone).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Those of its clusters, and those that hold replicas and are listed no more.
fn brokers(ctx: &Ctx<'_>, job: &Subject) -> Vec<Subject> {
    let mut out = BTreeSet::new();
    for cluster in follow(ctx, R::KafkaClusters, job).all {
        out.extend(follow(ctx, R::Brokers, &cluster).all);
        let Subject::KafkaCluster { cluster } = &cluster else { continue };
        let named = ctx.links().replicas(cluster);
        out.extend(named.map(|id| Subject::Broker { cluster: cluster.clone(), id }));
    }
    out.into_iter().collect()
}
