//! From an incident to the plan for one of its jobs, or to the reasons why there is none. Pure: the
//! same input gives the same plan; the guards say what holds it.

use super::ask::{Sight, ask, subject};
use super::book::{Bar, Books, Playbook, What, Word};
use super::guard::{Case, Stage, holds};
use super::rate::{Need, need, positions};
use super::take::{interval, reads, surely_newest, view};
use super::{Jar, PlanInput, View, peak};
use crate::case::*;
use crate::estate::{Job, JobState, Name, Span, VertexId};
use crate::rules::{Ctx, Truth, Words, judged};
use std::collections::BTreeMap;

/// Waits where the checkpoint interval is not known.
const INTERVAL: Span = Span::secs(60);
/// A cluster's other repairs wait meanwhile.
const CATCH_UP_MOST: Span = Span::secs(300);
/// For a look more or two.
const SLACK: Span = Span::secs(15);
/// A playbook that ends in telling somebody: that is a message's, and no action.
const PAGE: &str = "page";
/// Why a playbook is not for an incident; `say` has them in Chinese.
pub(super) const ONLY_TELLS: &str = "it only tells somebody";
pub(super) const NO_CAUSE: &str = "the cause is not known";
pub(super) const NO_CURE: &str = "no cure for";

/// What would be done now for this job of the incident, whatever the mode: everything that holds it
/// stands beside it. No plan: nobody knows a cure, and a person is told.
pub fn plan(books: &Books, input: &PlanInput<'_>) -> PlanReport {
    let seen = view(input).zip(input.snapshot.estate.jobs.get(input.job));
    let Some((view, job)) = seen else {
        let what = vec![Name::from(format!("job {}", input.job))];
        return PlanReport { holds: vec![Hold::MissingEvidence { what }], ..Default::default() };
    };
    let need = need(input, job);
    let desk = Desk { input, job, view: &view, need: need.as_ref() };
    let mut not = Vec::new();
    let mut best: Option<(Plan, Vec<Hold>)> = None;
    for book in books.iter() {
        match desk.made(book) {
            Err(why) => not.push((book.name.clone(), vec![why])),
            Ok((plan, holds)) => match &best {
                Some((_, fewer)) if fewer.len() <= holds.len() => {
                    not.push((plan.playbook, holds));
                }
                _ => {
                    let other = best.replace((plan, holds));
                    not.extend(other.map(|(p, h)| (p.playbook, h)));
                }
            },
        }
    }
    match best {
        Some((plan, holds)) => PlanReport { plan: Some(plan), holds, not },
        None => PlanReport { plan: None, holds: Vec::new(), not },
    }
}

/// What must be seen of the job before the plan's effect is judged, in a watch of `watch` s. It
/// never asks for more than the administrator's patience.
pub fn bar(book: &Playbook, policy: &super::JobPolicy, watch: u32) -> Bar {
    let most = policy.policy.limits.verify;
    let patience = book.bar.patience.min(most);
    // judged before the watch is over
    let catch_up = Span((Span::secs(i64::from(watch)).0 - SLACK.0).max(0));
    Bar { running: book.bar.running.min(most), patience, catch_up, ..book.bar }
}

/// What a playbook asks for before anything is done to this job, each with what it comes to now;
/// None: nobody knows the job.
pub fn asked(book: &Playbook, input: &PlanInput<'_>) -> Option<Vec<Precondition>> {
    let (view, job) = view(input).zip(input.snapshot.estate.jobs.get(input.job))?;
    let need = need(input, job);
    Some(Desk { input, job, view: &view, need: need.as_ref() }.preconditions(book))
}

struct Desk<'a> {
    input: &'a PlanInput<'a>,
    job: &'a Job,
    view: &'a View,
    need: Option<&'a Need>,
}

impl Desk<'_> {
    /// The plan by one playbook with what holds it; Err: it is not for this.
    fn made(&self, book: &Playbook) -> Result<(Plan, Vec<Hold>), Hold> {
        let not = |why: String| Hold::NotForThis { why: why.into() };
        if &*book.name == PAGE || book.steps.is_empty() {
            return Err(not(ONLY_TELLS.into()));
        }
        let cures = &self.input.incident.diagnosis.cures;
        if !cures.contains(&book.name) {
            let causes = self.input.incident.diagnosis.verdict.causes();
            let causes: Vec<&str> = causes.iter().map(|c| &**c).collect();
            return Err(match causes.as_slice() {
                [] => not(NO_CAUSE.into()),
                some => not(format!("{NO_CURE} {}", some.join(", "))),
            });
        }
        let plan = self.plan(book);
        let case = Case {
            plan: &plan,
            view: self.view,
            ledger: self.input.ledger,
            policy: self.input.policy,
            stage: Stage::Show,
        };
        let holds = holds(&case);
        Ok((plan, holds))
    }

    fn plan(&self, book: &Playbook) -> Plan {
        let (steps, rollback) = match &book.in_place {
            Some(here) if self.view.job.adaptive == Some(true) => (&here.0, &here.1),
            _ => (&book.steps, &book.rollback),
        };
        let to = self.wider();
        let from = self.need.map(|n| n.parallelism).or(peak(&self.view.job)).unwrap_or(0);
        let watch = self.watch(book, to);
        let step = |w: &Word| self.step(w, to, watch);
        let submits = |w: &Word| matches!(w.what, What::Submit | What::SubmitWider);
        let submits = steps.iter().chain(rollback).any(submits);
        let jar = match &self.view.job.jar {
            Jar::Runs(id) if submits => Some(id.clone()),
            _ => None,
        };
        let way = self.view.job.way.clone().filter(|_| submits);
        Plan {
            incident: self.input.incident.id.clone(),
            playbook: book.name.clone(),
            risk: self.risk(book),
            job: self.job.key.clone(),
            run: self.job.run.id.clone(),
            generation: self.input.told.generation,
            made: self.view.at,
            steps: steps
                .iter()
                .filter(|w| w.what != What::Checkpoint || !self.checkpoints_fail_to_come())
                .map(step)
                .collect(),
            jar,
            way,
            rollback: rollback.iter().map(step).collect(),
            secured: self.view.job.restore.first().cloned(),
            preconditions: self.preconditions(book),
            before: self.before(),
            says: self.says(book, from, to),
        }
    }

    /// The newest is older than three intervals and twice as long as it took: a stuck job takes none,
    /// and waiting for another one would only make it later.
    fn checkpoints_fail_to_come(&self) -> bool {
        let (Some(newest), Some(interval)) = (self.view.job.restore.first(), interval(self.job))
        else {
            return false;
        };
        let told = self.job.run.checkpoints.as_ref().and_then(|(_, c)| c.latest_completed.as_ref());
        let took = told.and_then(|c| c.duration_ms).and_then(|ms| i64::try_from(ms).ok());
        let due = Span(interval.saturating_mul(3) + took.unwrap_or(0).saturating_mul(2)) + SLACK;
        self.view.at - newest.taken > due
    }

    /// Going back to an older state than there is loses or doubles data: that is for a person.
    fn risk(&self, book: &Playbook) -> Risk {
        let restores = book.steps.iter().any(|w| w.what == What::Choose);
        // somebody ended it, and may have meant to
        if restores && self.job.gone.is_none() && self.job.run.state == JobState::Canceled {
            return Risk::A;
        }
        match book.only_restores() && surely_newest(self.input, self.job) {
            // the newest state there is: no more than an interruption
            true => book.risk.min(Risk::B),
            false => book.risk,
        }
    }

    fn step(&self, word: &Word, to: Option<u32>, watch: u32) -> Step {
        let wait_s = word.wait_s;
        match word.what {
            What::Checkpoint => Step::Checkpoint { wait_s },
            What::Savepoint => Step::Savepoint { wait_s },
            What::Stop => Step::Stop { wait_s },
            What::Choose => Step::Choose,
            What::Submit => Step::Submit { parallelism: self.view.job.own, wait_s },
            What::SubmitWider => Step::Submit { parallelism: to, wait_s },
            What::Scale => Step::Scale { parallelism: self.scaled(to), wait_s },
            What::ScaleBack => {
                Step::Scale { parallelism: self.view.job.parallelism.clone(), wait_s }
            }
            What::Watch => Step::Watch { wait_s: watch },
        }
    }

    /// As wide as the bottleneck has to be: one step at a time, and no wider than what is there for
    /// it; at least one more, so that a guard says what lacks.
    fn wider(&self) -> Option<u32> {
        let need = self.need?;
        let (job, limits) = (&self.view.job, &self.input.policy.policy.limits);
        let step = (f64::from(need.parallelism) * limits.factor_up).floor() as u32;
        let slots = self.view.cluster.free_slots.map(|free| need.parallelism.saturating_add(free));
        let caps =
            [Some(step), Some(limits.max_parallelism), job.max_parallelism, slots, self.cap()];
        let wanted = caps.into_iter().flatten().fold(need.wanted, u32::min);
        Some(wanted.max(need.parallelism.saturating_add(1)))
    }

    /// Partitions bound the whole job where it is submitted anew, and only the readers in place.
    fn cap(&self) -> Option<u32> {
        let job = &self.view.job;
        let reader = self.need.is_some_and(|n| job.sources.contains(&n.vertex));
        job.partitions.filter(|_| reader || job.adaptive != Some(true))
    }

    /// Every vertex that is as wide as the bottleneck; readers no wider than there are partitions.
    fn scaled(&self, to: Option<u32>) -> BTreeMap<VertexId, u32> {
        let job = &self.view.job;
        let (Some(need), Some(to)) = (self.need, to) else { return job.parallelism.clone() };
        let wider = |(vertex, was): (&VertexId, &u32)| {
            let readers = job.sources.contains(vertex).then_some(job.partitions).flatten();
            let aim = if *was == need.parallelism { to.min(readers.unwrap_or(to)) } else { *was };
            (vertex.clone(), aim.max(*was))
        };
        job.parallelism.iter().map(wider).collect()
    }

    /// Until it runs, has taken its checkpoints, for the patience after that, and until what waits
    /// has gone, s.
    fn watch(&self, book: &Playbook, to: Option<u32>) -> u32 {
        let bar = bar(book, self.input.policy, 0);
        let interval = interval(self.job).map_or(INTERVAL, Span);
        let taken = Span(interval.0.saturating_mul(i64::from(bar.checkpoints) + 1));
        let all = bar.running + taken + bar.patience + self.catch_up(to) + SLACK;
        u32::try_from(all.0 / 1000).unwrap_or(u32::MAX)
    }

    /// How long it takes at the new width to work off what waits, with half as much again; zero
    /// where nobody can tell, bounded since the action stays open meanwhile.
    fn catch_up(&self, to: Option<u32>) -> Span {
        let late = reads(self.input.snapshot, &self.job.key).filter_map(|(_, e)| e.delay.seconds());
        let late = late.max_by(f64::total_cmp);
        let (Some(need), Some(to), Some(late)) = (self.need, to, late) else { return Span(0) };
        let gain = need.each * f64::from(to) - need.arrives;
        let seconds = 1.5 * late * need.arrives / gain;
        if !(seconds.is_finite() && seconds > 0.0) {
            return Span(0);
        }
        Span::secs(seconds.min(CATCH_UP_MOST.as_secs()) as i64)
    }

    fn preconditions(&self, book: &Playbook) -> Vec<Precondition> {
        let sight = Sight { input: self.input, job: self.job, view: self.view, need: self.need };
        let ctx = Ctx::new(self.input.snapshot).with_onset(self.input.incident.onset);
        let subject = subject(self.job);
        let asked = book.asks.iter().map(|a| ask(*a, &sight));
        let needs = judged(&ctx, &subject, &book.needs).into_iter().map(|e| Precondition {
            holds: match e.truth {
                Truth::True => Some(true),
                Truth::False => Some(false),
                Truth::Unknown => None,
            },
            now: e.words.unwrap_or_else(|| same(&e.expr)),
            name: e.name,
        });
        asked.chain(needs).chain(self.last_told(book)).collect()
    }

    /// Of a job that cannot be asked any more the plan rests on what it last told: how old that is.
    fn last_told(&self, book: &Playbook) -> Option<Precondition> {
        let submits = |w: &Word| matches!(w.what, What::Submit | What::SubmitWider);
        self.job.gone.filter(|_| book.steps.iter().any(submits))?;
        let told = self.job.run.detail.as_ref().map(|(at, _)| *at);
        let now = match told {
            Some(at) => {
                let age = (self.view.at - at).as_secs().round();
                let widest = peak(&self.view.job).unwrap_or(0);
                Words {
                    en: format!("parallelism {widest}, told {age} s ago"),
                    zh: format!("并行度 {widest}，{age} 秒前获知"),
                }
            }
            None => Words { en: "unknown".into(), zh: "未知".into() },
        };
        Some(Precondition { name: "last_told".into(), holds: told.map(|_| true), now })
    }

    fn before(&self) -> Before {
        let s = self.input.snapshot;
        let mine = self
            .input
            .incident
            .diagnosis
            .symptoms
            .iter()
            .filter(|x| x.job.as_ref() == Some(&self.job.key));
        let symptoms = mine.map(|x| BeforeSymptom {
            kind: x.kind,
            subject: x.subject.clone(),
            value: x.value,
        });
        let delays = reads(s, &self.job.key).filter_map(|(_, e)| e.delay.seconds());
        Before {
            symptoms: symptoms.collect(),
            throughput: positions(s, self.job),
            delay_s: delays.max_by(f64::total_cmp),
            parallelism: self.view.job.parallelism.clone(),
        }
    }

    /// `to`: None where it is not known how wide.
    fn says(&self, book: &Playbook, from: u32, to: Option<u32>) -> Words {
        let fill = |text: &str, more: &str| {
            text.replace("{from}", &from.to_string())
                .replace("{to}", &to.map_or_else(|| more.to_owned(), |to| to.to_string()))
                .replace("{job}", &self.job.key.key)
        };
        Words { en: fill(&book.says.en, "more"), zh: fill(&book.says.zh, "更大的值") }
    }
}

fn same(text: &str) -> Words {
    Words { en: text.to_owned(), zh: text.to_owned() }
}
