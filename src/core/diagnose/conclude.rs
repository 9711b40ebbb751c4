//! What was chosen, as diagnoses: one per root with everything that hangs on it; then what remains
//! unexplained, said honestly.

use super::candidates::{Candidate, touched};
use super::choose::Chosen;
use super::kin::Kin;
use super::parts::*;
use super::trouble::{TOLERANCE, Trouble, Troubles, can_be_inherited};
use super::words;
use crate::case::*;
use crate::detect::{Seen, falls};
use crate::estate::{JobKey, Millis, Name, Span, Subject, SubjectKind};
use crate::rules::exceptions::primary;
use crate::rules::{Ctx, Layer, Role, Rule, Words};
use std::collections::{BTreeMap, BTreeSet};

/// What cannot be decided is said only after so long: most discriminators come within a few looks.
const PATIENCE: Span = Span::secs(40);
/// Failures tell at once what they are, or not at all.
const PATIENCE_FAILOVER: Span = Span::secs(20);
/// A restart whose cause did not show by then, and that nothing followed.
const SETTLED: Span = Span::secs(60);
/// A delay that is on its way down and will be in time again by then is not worth a question.
const SOON: Span = Span::secs(60);
const MOST_CONSIDERED: usize = 8;
const MOST_BETWEEN: usize = 5;
const MOST_MISSING: usize = 8;
/// Letters of an exception's message that go into a sentence.
const MOST_MESSAGE: usize = 200;

pub fn conclude<'a>(
    ctx: &Ctx<'a>,
    kin: &Kin<'a>,
    troubles: &Troubles<'a>,
    chosen: Chosen<'_>,
    seen: &Seen,
) -> Assessment {
    let mut desk = Desk::new(ctx, kin, troubles, &chosen);
    let (calm, unsure) = (seen.calm.clone(), seen.unsure.clone());
    let mut out = Assessment { at: troubles.at, calm, unsure, ..Assessment::default() };
    for i in &chosen.calm {
        out.calm.extend(desk.calm(*i));
    }
    for (root, follows) in &chosen.roots {
        out.found.extend(desk.root(*root, follows));
    }
    for tie in &chosen.ties {
        out.found.extend(desk.tie(tie));
    }
    for job in troubles.jobs.keys() {
        if !desk.told.contains(*job) {
            desk.unexplained(job, &mut out);
        }
    }
    out.wanted = desk.wanted(&out.found);
    out
}

struct Desk<'d, 'a, 'r> {
    ctx: &'d Ctx<'a>,
    kin: &'d Kin<'a>,
    troubles: &'d Troubles<'a>,
    chosen: &'d Chosen<'r>,
    /// Jobs whose symptoms are explained.
    told: BTreeSet<JobKey>,
    /// Candidates by the jobs that they would explain.
    of_job: BTreeMap<&'d JobKey, Vec<usize>>,
    /// Jobs that suffer only because this one does.
    heirs_of: BTreeMap<&'a JobKey, Vec<&'a JobKey>>,
    /// Of each shared symptom: the jobs that stand on its place.
    touched: Vec<BTreeSet<JobKey>>,
}

impl<'d, 'a, 'r> Desk<'d, 'a, 'r> {
    fn new(
        ctx: &'d Ctx<'a>,
        kin: &'d Kin<'a>,
        troubles: &'d Troubles<'a>,
        chosen: &'d Chosen<'r>,
    ) -> Desk<'d, 'a, 'r> {
        let mut of_job: BTreeMap<&JobKey, Vec<usize>> = BTreeMap::new();
        let mut heirs_of: BTreeMap<&JobKey, Vec<&JobKey>> = BTreeMap::new();
        for (i, c) in chosen.all.iter().enumerate() {
            for job in &c.jobs {
                of_job.entry(job).or_default().push(i);
            }
        }
        for trouble in troubles.jobs.values() {
            if let Some(from) = trouble.inherits {
                heirs_of.entry(from).or_default().push(trouble.job);
            }
        }
        let on = |s: &&Symptom| touched(ctx, kin, troubles, &s.subject);
        let touched = troubles.shared.iter().map(on).collect();
        Desk { ctx, kin, troubles, chosen, told: BTreeSet::new(), of_job, heirs_of, touched }
    }

    fn candidate(&self, i: usize) -> Option<&Candidate<'r>> {
        self.chosen.all.get(i)
    }

    /// A rule that says it is no trouble takes its symptoms away.
    fn calm(&mut self, i: usize) -> Option<NoTrouble> {
        let c = self.candidate(i)?;
        let (jobs, rule, subject) = (c.jobs.clone(), c.rule, c.subject.clone());
        let why = match rule.cause.split('.').next() {
            Some("obs") => Calm::NotSeen,
            Some("dep") => Calm::CatchingUp,
            _ => Calm::CommitsOnly,
        };
        let since = self.onset(&jobs);
        for job in jobs {
            let all = self.troubles.jobs.get(&job).map_or(&[][..], |t| &t.symptoms);
            if all.iter().all(|s| speaks_of(rule, s)) {
                self.told.insert(job);
            }
        }
        Some(NoTrouble { subject, why, since, eta_s: None, usual: None })
    }

    fn onset(&self, jobs: &BTreeSet<JobKey>) -> Millis {
        let of = |j: &JobKey| self.troubles.jobs.get(j).map(|t| t.onset);
        jobs.iter().filter_map(of).min().unwrap_or(self.troubles.at)
    }

    /// Jobs that suffer only because one of these does.
    fn heirs(&self, jobs: &BTreeSet<JobKey>) -> BTreeSet<JobKey> {
        let mut all = jobs.clone();
        let mut next: Vec<&JobKey> = jobs.iter().collect();
        while let Some(from) = next.pop() {
            for heir in self.heirs_of.get(from).into_iter().flatten() {
                if all.insert((*heir).clone()) {
                    next.push(heir);
                }
            }
        }
        all
    }

    fn root(&mut self, i: usize, follows: &[usize]) -> Option<Diagnosis> {
        let c = self.candidate(i)?;
        let (rule, subject) = (c.rule, c.subject.clone());
        let mut jobs = c.jobs.clone();
        jobs.extend(follows.iter().filter_map(|f| self.candidate(*f)).flat_map(|f| f.jobs.clone()));
        jobs.extend(self.restarted_beside(rule, &subject, &jobs));
        let jobs = self.heirs(&jobs);
        let verdict = Verdict::Root { cause: rule.cause.clone() };
        let mut d = self.begin(verdict, subject, &jobs, follows);
        let c = self.candidate(i)?;
        let after: Vec<_> = follows.iter().filter_map(|f| self.candidate(*f)).collect();
        d.symptoms.retain(|s| s.subject == d.subject || !self.told_by_itself(s, &after));
        d.symptoms = explained(c, &after, d.symptoms);
        d.onset = d.symptoms.iter().map(|s| s.onset).min().unwrap_or(d.onset);
        d.role = role(rule.role);
        d.evidence = telling(&c.found.needs, &c.found.against);
        d.considered = self.considered(&[i], &c.jobs, rule);
        d.missing = self.missing(&[i]);
        d.says = words::joined(&self.headline(&d), &c.found.says);
        d.advice = c.found.advice.clone();
        d.never = c.found.never.clone();
        d.cures = rule.cures.to_vec();
        d.support = c.found.support;
        self.told.extend(jobs);
        Some(d)
    }

    /// That another base cluster is ill has a root of its own there, unless it follows from this one.
    fn told_by_itself(&self, s: &Symptom, follows: &[&Candidate<'r>]) -> bool {
        s.kind == SymptomKind::BaseIll
            && !follows.iter().any(|f| f.subject == s.subject)
            && self.chosen.all.iter().any(|c| c.holds() && c.subject == s.subject)
    }

    /// What a process dies of takes down the jobs that share it: those of the cluster that failed
    /// since, and of which nothing else is known.
    fn restarted_beside(
        &self,
        rule: &Rule,
        subject: &Subject,
        jobs: &BTreeSet<JobKey>,
    ) -> BTreeSet<JobKey> {
        let shared = matches!(rule.layer, Layer::Cluster | Layer::Resource);
        let cluster = match subject {
            Subject::FlinkCluster { cluster } | Subject::TaskManager { cluster, .. } => {
                Some(cluster)
            }
            other => other.job().map(|j| &j.cluster),
        };
        let Some(cluster) = cluster.filter(|_| shared) else { return BTreeSet::new() };
        let since = self.onset(jobs) - TOLERANCE;
        let has_root = |job: &JobKey| {
            let roots = self.chosen.roots.keys().filter_map(|i| self.candidate(*i));
            roots.into_iter().any(|c| c.jobs.contains(job))
        };
        let failed = |t: &&Trouble<'_>| {
            t.job.cluster == *cluster
                && t.symptoms.iter().any(|s| is_failover(s) && s.onset >= since)
                && !has_root(t.job)
        };
        self.troubles.jobs.values().filter(failed).map(|t| t.job.clone()).collect()
    }

    /// Several causes hold and nothing tells them apart.
    fn tie(&mut self, tie: &[usize]) -> Option<Diagnosis> {
        let cs: Vec<&Candidate<'r>> = tie.iter().filter_map(|i| self.candidate(*i)).collect();
        let first = *cs.first()?;
        let jobs: BTreeSet<JobKey> = cs.iter().flat_map(|c| c.jobs.iter().cloned()).collect();
        let d = self.between(&cs, first.subject.clone(), &self.heirs(&jobs), tie);
        self.told.extend(self.heirs(&jobs));
        Some(d)
    }

    /// Nothing holds: a family, or undetermined; or too early to say.
    fn unexplained(&mut self, job: &JobKey, out: &mut Assessment) {
        let Some(trouble) = self.troubles.jobs.get(job) else { return };
        let symptoms: Vec<Symptom> = trouble.symptoms.iter().map(|s| (*s).clone()).collect();
        if let Some(upstream) = trouble.inherits {
            // its upstream is about to be told; then it is told with it
            let catches_up = self.troubles.calm.contains(upstream);
            if catches_up || (self.troubles.jobs.contains_key(upstream) && self.waits(upstream)) {
                out.pending.extend(symptoms);
                return;
            }
        }
        let failover = symptoms.iter().any(is_failover);
        let patience = if failover { PATIENCE_FAILOVER } else { PATIENCE };
        // what may have come from upstream does not make its own trouble older
        let own = symptoms.iter().filter(|s| !can_be_inherited(s)).map(|s| s.onset).min();
        let age = self.troubles.at - own.unwrap_or(trouble.onset);
        // restarted once, a while ago, and all is well since: what it was is no longer to be seen
        let over = symptoms.iter().all(|s| s.kind == SymptomKind::Restarted) && age > SETTLED;
        // back in time before anybody could look
        let brief = symptoms.iter().all(soon_over);
        if age < patience || over || brief {
            out.pending.extend(symptoms);
            return;
        }
        let mut open: Vec<usize> = self.open(job);
        if failover {
            open.retain(|i| self.candidate(*i).is_some_and(|c| tells_of_failures(c.rule)));
        }
        let cs: Vec<&Candidate<'r>> = open.iter().filter_map(|i| self.candidate(*i)).collect();
        let place = cs.first().map_or(Subject::Job { job: job.clone() }, |c| c.subject.clone());
        let same_place = cs.iter().all(|c| c.subject == place);
        let subject = if same_place { place } else { Subject::Job { job: job.clone() } };
        let jobs = self.heirs(&BTreeSet::from([job.clone()]));
        let mut d = self.between(&cs, subject, &jobs, &open);
        if let Some(thrown) = failover.then(|| self.thrown(job, trouble.onset)).flatten() {
            d.says.en += &format!(". Flink says: {thrown}");
            d.says.zh += &format!("。Flink 报告：{thrown}");
        }
        self.told.extend(jobs);
        out.found.push(d);
    }

    /// What it failed with: class and message of the first primary exception since about then.
    fn thrown(&self, job: &JobKey, onset: Millis) -> Option<String> {
        let (_, entries) = self.ctx.job(job)?.run.exceptions.as_ref()?;
        let found = primary(entries, onset - TOLERANCE)?;
        let message: String = found.message.chars().take(MOST_MESSAGE).collect();
        let task = found.task.as_ref().map_or(String::new(), |t| format!(" ({t})"));
        Some(format!("{}: {message}{task}", found.class))
    }

    /// The job itself is ill and not yet told of: so its readers wait too.
    fn waits(&self, job: &JobKey) -> bool {
        !self.told.contains(job)
    }

    /// Open candidates of a job: best supported first, one per cause, roots only.
    fn open(&self, job: &JobKey) -> Vec<usize> {
        let mine = self.of_job.get(job).into_iter().flatten();
        let mut open: Vec<(usize, &Candidate<'r>)> = mine
            .filter_map(|i| Some((*i, self.candidate(*i)?)))
            .filter(|(_, c)| c.open() && c.rule.role == Role::Root)
            .collect();
        open.sort_by(|a, b| b.1.found.support.total_cmp(&a.1.found.support).then(a.0.cmp(&b.0)));
        let best = open.first().map_or(0.0, |o| o.1.found.support);
        let mut causes = BTreeSet::new();
        open.into_iter()
            .filter(|(_, c)| c.found.support >= best / 2.0)
            .filter(|(_, c)| causes.insert(c.rule.cause.clone()))
            .take(MOST_BETWEEN)
            .map(|(i, _)| i)
            .collect()
    }

    fn between(
        &self,
        cs: &[&Candidate<'r>],
        subject: Subject,
        jobs: &BTreeSet<JobKey>,
        of: &[usize],
    ) -> Diagnosis {
        let causes: Vec<Name> = cs.iter().map(|c| c.rule.cause.clone()).collect();
        let family = cs.first().and_then(|c| c.rule.family.as_ref());
        let family = family
            .filter(|f| cs.len() > 1 && cs.iter().all(|c| c.rule.family.as_ref() == Some(*f)));
        let verdict = match family {
            Some(f) => Verdict::Family { family: f.clone(), between: causes.clone() },
            None => Verdict::Undetermined { between: causes.clone() },
        };
        let mut d = self.begin(verdict, subject, jobs, &[]);
        let mut seen = BTreeSet::new();
        d.evidence = cs
            .iter()
            .flat_map(|c| telling(&c.found.needs, &c.found.against))
            .filter(|e| seen.insert((e.name.clone(), e.expr.clone())))
            .collect();
        d.missing = self.missing(of);
        let mut lack: Vec<String> = d.missing.iter().map(|m| m.what.to_string()).collect();
        lack.dedup();
        lack.truncate(3);
        d.says = words::undetermined(&self.headline(&d), &causes, family.map(|f| &**f), &lack);
        if family.is_some() {
            d.advice = shared(cs.iter().map(|c| &c.found.advice));
            if d.advice.is_empty() {
                d.advice = cs.iter().filter_map(|c| words::perhaps(c)).collect();
            }
            d.cures = shared(cs.iter().map(|c| &c.rule.cures));
        }
        d.never = shared(cs.iter().map(|c| &c.found.never));
        d.support = cs.iter().map(|c| c.found.support).fold(0.0, f64::max);
        let loose = self.chosen.loose.iter().filter_map(|i| self.candidate(*i));
        let mine = loose.filter(|c| c.jobs.iter().any(|j| jobs.contains(j)));
        d.consequences.extend(mine.map(finding));
        d
    }

    fn begin(
        &self,
        verdict: Verdict,
        subject: Subject,
        jobs: &BTreeSet<JobKey>,
        follows: &[usize],
    ) -> Diagnosis {
        let of_job = jobs.iter().filter_map(|j| self.troubles.jobs.get(j));
        let shared = self.troubles.shared.iter().zip(&self.touched);
        let below = shared
            .filter(|(s, on)| s.subject == subject || jobs.iter().any(|j| on.contains(j)))
            .map(|(s, _)| s);
        let symptoms: Vec<Symptom> =
            of_job.flat_map(|t| t.symptoms.iter()).chain(below).map(|s| (*s).clone()).collect();
        let onset = symptoms.iter().map(|s| s.onset).min().unwrap_or(self.troubles.at);
        Diagnosis {
            verdict,
            onset,
            says: Words::default(),
            evidence: Vec::new(),
            considered: Vec::new(),
            missing: Vec::new(),
            consequences: follows.iter().filter_map(|i| self.candidate(*i)).map(finding).collect(),
            victims: self.victims(&subject, jobs),
            touches: jobs.iter().map(|j| j.cluster.clone()).collect(),
            symptoms,
            advice: Vec::new(),
            never: Vec::new(),
            cures: Vec::new(),
            support: 0.0,
            role: CauseRole::Root,
            subject,
        }
    }

    /// Every suffering job but the one at fault; nearest to it first. A job that is well beside an ill
    /// component is none: how much it needs that nobody knows.
    fn victims(&self, subject: &Subject, jobs: &BTreeSet<JobKey>) -> Vec<Victim> {
        let own = subject.job();
        let below: Vec<&JobKey> = own.map(|j| self.kin.downstream(j)).unwrap_or_default();
        let near: BTreeMap<&JobKey, usize> = below.into_iter().zip(0..).collect();
        let component = subject.kind() == SubjectKind::Component;
        let hurt = |j: &&JobKey| Some(*j) != own && (!component || self.troubles.suffers(j));
        let mut list: Vec<&JobKey> = jobs.iter().filter(hurt).collect();
        list.sort_by_key(|j| near.get(*j).copied().unwrap_or(usize::MAX));
        list.into_iter()
            .map(|job| {
                let node = self.ctx.links().node(job);
                let total = node.and_then(|n| n.total.as_ref());
                Victim {
                    job: job.clone(),
                    late_s: total.and_then(|t| t.seconds()),
                    target_s: total.and_then(|t| t.target_s),
                }
            })
            .collect()
    }

    /// The worst symptom: what does not run, then what a declared target says, then what fails, then
    /// the latest.
    fn headline(&self, d: &Diagnosis) -> Words {
        let score = |s: &Symptom| {
            let target = s.against == Against::Target;
            let fails = matches!(s.kind, SymptomKind::NotRunning | SymptomKind::Restarted);
            let over = s.value.zip(s.threshold).map_or(0.0, |(v, t)| v / t.max(0.1));
            // some records are dropped as late at all times
            let telling = s.kind != SymptomKind::RecordsDropped;
            let down = s.kind == SymptomKind::NotRunning;
            (telling, down, target, fails, (over * 100.0) as i64)
        };
        let worst = d.symptoms.iter().max_by_key(|s| score(s));
        worst.map(|s| words::symptom(s, self.ctx.estate())).unwrap_or_default()
    }

    /// Other causes at the same jobs, look-alikes first, and why they were not taken.
    fn considered(&self, of: &[usize], jobs: &BTreeSet<JobKey>, rule: &Rule) -> Vec<Considered> {
        let looks_alike = |c: &str| rule.lookalikes.iter().any(|l| &*l.cause == c);
        let mut best: BTreeMap<&str, (bool, f64, Considered)> = BTreeMap::new();
        let beside: BTreeSet<usize> =
            jobs.iter().filter_map(|j| self.of_job.get(j)).flatten().copied().collect();
        for i in beside {
            let Some(c) = self.candidate(i) else { continue };
            if of.contains(&i) || c.rule.cause == rule.cause {
                continue;
            }
            let (why_not, evidence) = why_not(c);
            let alike = looks_alike(&c.rule.cause);
            let near = (alike, c.found.support);
            let known = best.get(&*c.rule.cause);
            if known.is_none_or(|(a, s, _)| (*a, *s) < near) {
                let subject = c.subject.clone();
                let cause = c.rule.cause.clone();
                let item = Considered { cause, subject, why_not, evidence };
                best.insert(&c.rule.cause, (near.0, near.1, item));
            }
        }
        let mut list: Vec<_> = best.into_values().filter(|(a, s, _)| *a || *s > 0.0).collect();
        list.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
        list.into_iter().take(MOST_CONSIDERED).map(|(_, _, c)| c).collect()
    }

    fn missing(&self, of: &[usize]) -> Vec<Missing> {
        let mut seen = BTreeSet::new();
        let mut out = Vec::new();
        for c in of.iter().filter_map(|i| self.candidate(*i)) {
            for (name, what) in &c.found.missing {
                if out.len() < MOST_MISSING && seen.insert((&c.rule.cause, name.clone())) {
                    let probe = c.rule.probes.first().map(|p| probe(*p, &c.subject));
                    let (name, what) = (name.clone(), what.clone());
                    out.push(Missing { name, cause: c.rule.cause.clone(), what, probe });
                }
            }
        }
        out
    }

    /// Probes that would settle what is not settled.
    fn wanted(&self, found: &[Diagnosis]) -> Vec<Probe> {
        let open = found.iter().filter(|d| !matches!(d.verdict, Verdict::Root { .. }));
        let set: BTreeSet<Probe> =
            open.flat_map(|d| d.missing.iter().filter_map(|m| m.probe.clone())).collect();
        set.into_iter().collect()
    }
}

/// At the present speed.
fn soon_over(s: &Symptom) -> bool {
    let over = s.value.zip(s.threshold).map(|(v, t)| v - t);
    falls(s.trend) && over.zip(s.trend).is_some_and(|(over, trend)| over <= -trend * SOON.as_secs())
}
