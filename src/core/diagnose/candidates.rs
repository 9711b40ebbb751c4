//! Every rule at every place where it could hold, evaluated.

use super::aside::aside;
use super::kin::Kin;
use super::trouble::{TOLERANCE, Trouble, Troubles};
use crate::case::{Symptom, SymptomKind};
use crate::estate::{ClusterId, JobKey, Row, RunId, Subject, SubjectKind};
use crate::rules::{Ctx, Evaluation, Role, Rule, RuleSet, Truth};
use crate::signals::Signal;
use std::collections::{BTreeMap, BTreeSet};

/// Evaluations of one pass end here: a storm of ill jobs must not hold up the next look.
const MOST: usize = 20_000;

pub struct Candidate<'r> {
    pub rule: &'r Rule,
    pub subject: Subject,
    pub found: Evaluation,
    /// Ill jobs that it would explain.
    pub jobs: BTreeSet<JobKey>,
}

impl Candidate<'_> {
    pub fn holds(&self) -> bool {
        self.found.truth == Truth::True
    }

    /// Nothing contradicts it, something speaks for it, and what would decide is not known.
    pub fn open(&self) -> bool {
        self.found.truth == Truth::Unknown
            && self.found.needs.iter().all(|e| e.truth != Truth::False)
            && self.found.against.iter().all(|e| e.truth != Truth::True)
            && self.found.support > 0.0
    }
}

/// Shared places (topics, brokers, TaskManagers, clusters) come once, with all jobs that they touch.
pub fn candidates<'r>(
    rules: &'r RuleSet,
    ctx: &Ctx<'_>,
    kin: &Kin<'_>,
    troubles: &Troubles<'_>,
) -> Vec<Candidate<'r>> {
    let mut found: BTreeMap<(usize, Subject), Candidate<'r>> = BTreeMap::new();
    for trouble in troubles.jobs.values() {
        let ctx = ctx.with_onset(trouble.onset);
        let under = |base: &Subject| ctx.stands().under_job(trouble.job).any(|b| b == base);
        let kinds = troubles.kinds(trouble.job, &kafka_of(&ctx, kin, trouble.job), &under);
        for (n, rule) in rules.rules().iter().enumerate() {
            if !concerns(rule, &kinds) || (trouble.inherits.is_some() && own_place(rule)) {
                continue;
            }
            for subject in rule.subjects(&ctx, trouble.job) {
                if found.len() >= MOST {
                    return found.into_values().collect();
                }
                if !in_place(rule, &subject, trouble)
                    || !spoken_of(rule, &subject, trouble)
                    || aside(&ctx, troubles, trouble, &subject)
                {
                    continue;
                }
                let candidate = found.entry((n, subject.clone())).or_insert_with(|| Candidate {
                    rule,
                    found: rule.evaluate(&ctx, &subject),
                    subject,
                    jobs: BTreeSet::new(),
                });
                candidate.jobs.insert(trouble.job.clone());
            }
        }
    }
    // a topic that is lost is not only its readers' trouble
    let lost = troubles
        .jobs
        .values()
        .flat_map(|t| t.symptoms.iter().copied())
        .filter(|s| s.kind == SymptomKind::InputLost && s.subject.kind() == SubjectKind::Topic);
    for symptom in troubles.shared.iter().copied().chain(lost) {
        at_shared(rules, ctx, kin, troubles, symptom, &mut found);
    }
    found.into_values().collect()
}

/// Rules about the cluster that has the symptom itself, and about what is in it.
fn at_shared<'r>(
    rules: &'r RuleSet,
    ctx: &Ctx<'_>,
    kin: &Kin<'_>,
    troubles: &Troubles<'_>,
    symptom: &Symptom,
    found: &mut BTreeMap<(usize, Subject), Candidate<'r>>,
) {
    let ctx = ctx.with_onset(symptom.onset);
    let mut jobs = touched(&ctx, kin, troubles, &symptom.subject);
    if let Subject::Topic { topic } = &symptom.subject {
        let ill = |j: &&JobKey| {
            troubles.jobs.get(*j).is_some_and(|t| t.onset >= symptom.onset - TOLERANCE)
        };
        jobs.extend(kin.may_write(topic).filter(ill).cloned());
    }
    for (n, rule) in rules.rules().iter().enumerate() {
        if !concerns(rule, &BTreeSet::from([symptom.kind])) || rule.bottleneck {
            continue;
        }
        let places = if rule.at == symptom.subject.kind() {
            vec![symptom.subject.clone()]
        } else if matches!(rule.at, SubjectKind::Broker | SubjectKind::TaskManager) {
            let of = |job: &JobKey| rule.subjects(&ctx, job);
            jobs.iter().flat_map(of).collect::<BTreeSet<_>>().into_iter().collect()
        } else {
            continue;
        };
        for subject in places {
            let candidate = found.entry((n, subject.clone())).or_insert_with(|| Candidate {
                rule,
                found: rule.evaluate(&ctx, &subject),
                subject,
                jobs: BTreeSet::new(),
            });
            candidate.jobs.extend(jobs.iter().cloned());
        }
    }
}

/// Jobs that stand on a cluster, or use a topic.
pub fn touched(
    ctx: &Ctx<'_>,
    kin: &Kin<'_>,
    troubles: &Troubles<'_>,
    subject: &Subject,
) -> BTreeSet<JobKey> {
    let all = ctx.estate().jobs.values().filter(|j| j.gone.is_none() || !j.run.state.is_terminal());
    if let Subject::Base { .. } = subject {
        let on = ctx.stands().over(subject).collect::<BTreeSet<_>>();
        let is_aside =
            |j: &JobKey| troubles.jobs.get(j).is_some_and(|t| aside(ctx, troubles, t, subject));
        let on = |j: &&JobKey| on.contains(j) && !is_aside(j);
        return all.map(|j| &j.key).filter(on).cloned().collect();
    }
    let stands = |job: &JobKey| match subject {
        Subject::FlinkCluster { cluster } => job.cluster == *cluster,
        Subject::KafkaCluster { cluster } | Subject::Broker { cluster, .. } => {
            kafka_of(ctx, kin, job).contains(cluster)
        }
        Subject::Topic { topic } => {
            kin.readers(topic).contains(&job) || kin.writers(topic).contains(&job)
        }
        _ => false,
    };
    all.map(|j| &j.key).filter(|j| stands(j)).cloned().collect()
}

/// The Kafka clusters that a job reads or writes. What a sink writes is not in Flink's answers: of
/// a job that sends to Kafka it may be unknown where, and then it is the only cluster there is.
pub fn kafka_of<'k>(ctx: &'k Ctx<'_>, kin: &'k Kin<'_>, job: &JobKey) -> BTreeSet<&'k ClusterId> {
    let read = kin.topics_read(job).map(|t| &t.cluster);
    let mut all: BTreeSet<&ClusterId> =
        read.chain(kin.topics_written(job).iter().map(|t| &t.cluster)).collect();
    let mut known = ctx.estate().kafka.keys();
    if let (true, Some(only), None) = (sends_somewhere(ctx, kin, job), known.next(), known.next()) {
        all.insert(only);
    }
    all
}

/// It has a Kafka producer, and nothing tells which topic it writes.
fn sends_somewhere(ctx: &Ctx<'_>, kin: &Kin<'_>, job: &JobKey) -> bool {
    let sends =
        |rows: &Vec<&Row>| rows.iter().any(|r| r.get(Signal::ProducerRecordsSent).is_some());
    let run_sends = |run: &RunId| {
        let operators = ctx.index().operators.get(&(job.cluster.clone(), run.clone()));
        operators.is_some_and(|o| o.values().any(sends))
    };
    kin.topics_written(job).is_empty() && ctx.job(job).is_some_and(|j| j.runs().any(run_sends))
}

fn concerns(rule: &Rule, kinds: &BTreeSet<SymptomKind>) -> bool {
    let name = |k: &SymptomKind| rule.when.iter().any(|w| &**w == k.name());
    rule.when.is_empty() || kinds.iter().any(name)
}

/// What speaks of the job itself and its input: no question for one that only inherits.
fn own_place(rule: &Rule) -> bool {
    use SubjectKind::*;
    matches!(rule.at, Job | Vertex | Subtask | Topic | Partition) && rule.role != Role::Hazard
}

/// Where every symptom that a rule about topics is for names its topic, it is asked of those only.
fn spoken_of(rule: &Rule, subject: &Subject, trouble: &Trouble<'_>) -> bool {
    let wanted = |s: &&&Symptom| concerns(rule, &BTreeSet::from([s.kind]));
    let mut of_rule = trouble.symptoms.iter().filter(wanted).peekable();
    if rule.at != SubjectKind::Topic || of_rule.peek().is_none() {
        return true;
    }
    // nothing comes because whoever feeds it is ill: a question for that one
    let fed_by_ill = |s: &Symptom| s.kind == SymptomKind::InputStopped && trouble.feeder.is_some();
    of_rule.any(|s| {
        s.subject.kind() != SubjectKind::Topic || (s.subject == *subject && !fed_by_ill(s))
    })
}

/// A rule about the bottleneck is asked only where the data piles up.
fn in_place(rule: &Rule, subject: &Subject, trouble: &Trouble<'_>) -> bool {
    if !rule.bottleneck {
        return true;
    }
    match subject {
        Subject::Vertex { vertex, .. } | Subject::Subtask { vertex, .. } => {
            trouble.bottlenecks.contains(vertex)
        }
        _ => true,
    }
}
