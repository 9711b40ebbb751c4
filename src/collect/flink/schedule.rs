//! What to ask next. Pure: the answers so far and the time say it.
//!
//! Three ranks: what is asked of the cluster as a whole is few and always comes first; of the rest,
//! two requests in three go to jobs that changed or are ill and one to everything else; a share
//! that nobody needs goes to the other. Within a rank each thing has an interval and, at first, a
//! lead; the highest `lead + wait / interval` is asked. The wait has no bound, so nothing starves;
//! where the budget is too small for all intervals, they stretch alike.

#[cfg(test)]
mod tests;

use super::ask::{Ask, Subject};
use std::collections::{BTreeMap, BTreeSet};
use streamwarden_core::estate::{JobState, JobSummary, Millis, RunId, Span, TaskManagerId};

/// Overview, TaskManagers: each 30 s, and when jobs changed.
const CLUSTER: Span = Span::secs(30);
/// A JobManager's life: each minute, and after each outage.
const LIFE: Span = Span::secs(60);
/// Details and exceptions of a healthy job: a change shows in the job list, this is for the rest.
const HEALTHY: Span = Span::secs(300);
/// Details, exceptions and checkpoints of a job that is ill; TaskManagers while there is one. Two
/// ticks: an answer that tells causes apart is not older.
const ILL: Span = Span::secs(10);
/// Checkpoints of healthy jobs, in turn.
const CHECKPOINTS: Span = Span::secs(15);
/// Names of metrics change with attempts; a new attempt asks for them at once.
const NAMES: Span = Span::secs(120);
/// The first part of a vertex's values: positions and counts, from which latency comes.
const POSITIONS: Span = Span::secs(5);
/// Other values.
const VALUES: Span = Span::secs(20);
/// What was never answered waits in this unit: plans of new jobs come before the repeated
/// questions of known ones.
const FIRST: Span = Span::secs(10);
/// What failed is asked again after this, doubling up to [`HEALTHY`].
const RETRY: Span = Span::secs(10);

/// Leads. An interval of waiting counts 1.
const LEAD_CHANGED: f64 = 10.0;
const LEAD_NEW: f64 = 5.0;
const LEAD_ONCE: f64 = 2.0;
/// Before whatever else is ill: a storm of failed jobs must not hide whether a repair has helped.
const LEAD_WATCHED: f64 = 1000.0;

#[derive(Default)]
pub struct Schedule {
    entries: BTreeMap<Ask, Entry>,
    runs: BTreeMap<RunId, Mark>,
    /// Runs that somebody has a reason to look at closely, though they look healthy from here.
    hurried: BTreeSet<RunId>,
    /// Runs of jobs that we are at work on.
    watched: BTreeSet<RunId>,
    /// Ask for metrics: no Prometheus endpoint is configured.
    metrics: bool,
    /// Other values are asked for as often as positions.
    hasty: bool,
    /// Whose turn it is: 0 and 1 are of [`Rank::Urgent`], 2 of [`Rank::Rest`].
    turn: u8,
}

#[derive(Clone, Copy, PartialEq)]
enum Rank {
    Cluster,
    Urgent,
    Rest,
}

struct Entry {
    due: Millis,
    lead: f64,
    /// Answered before.
    known: bool,
    /// Of a job that is ill.
    ill: bool,
    failed: u32,
}

/// What of a job makes us look closer when it changes.
#[derive(PartialEq)]
struct Mark {
    state: JobState,
    start: Millis,
    modified: Option<Millis>,
    tasks: BTreeMap<String, u32>,
    /// Not as it should be: not RUNNING, or RUNNING without all its tasks.
    ill: bool,
}

impl Mark {
    fn of(job: &JobSummary) -> Mark {
        let fine = |s: &str| s == "running" || s == "finished";
        Mark {
            ill: job.state != JobState::Running
                || job.tasks.iter().any(|(s, n)| *n > 0 && !fine(s)),
            state: job.state.clone(),
            start: job.start,
            modified: job.last_modification,
            tasks: job.tasks.clone(),
        }
    }
}

/// What a job list brought.
#[derive(Debug, Default, PartialEq)]
pub struct Moved {
    pub new: Vec<RunId>,
    pub gone: Vec<RunId>,
}

impl Schedule {
    pub fn new(metrics: bool, now: Millis) -> Schedule {
        let mut schedule = Schedule { metrics, ..Schedule::default() };
        for ask in [Ask::Versions, Ask::Overview, Ask::TaskManagers, Ask::JobManagerConfig] {
            schedule.at(ask, now, 0.0);
        }
        if metrics {
            schedule.at(Ask::MetricNames(Subject::JobManager), now, LEAD_ONCE);
        }
        schedule
    }

    /// Somebody waits for one answer.
    pub fn make_haste(&mut self) {
        self.hasty = true;
    }

    /// The next thing to ask at `now`; the list of jobs is asked by the tick itself.
    pub fn next(&self, now: Millis) -> Option<&Ask> {
        let turns = match self.turn {
            0 | 1 => [Rank::Cluster, Rank::Urgent, Rank::Rest],
            _ => [Rank::Cluster, Rank::Rest, Rank::Urgent],
        };
        turns.into_iter().find_map(|rank| self.first_of(rank, now))
    }

    fn first_of(&self, rank: Rank, now: Millis) -> Option<&Ask> {
        self.entries
            .iter()
            .filter(|(ask, e)| e.due <= now && rank_of(ask, e) == rank)
            .map(|(ask, e)| {
                let unit = if e.known { self.every(ask, e.ill) } else { FIRST };
                let first = if self.is_watched(ask) { LEAD_WATCHED } else { 0.0 };
                (ask, first + e.lead + (now - e.due).0 as f64 / unit.0 as f64)
            })
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(ask, _)| ask)
    }

    /// Asked and answered, or not.
    pub fn done(&mut self, ask: &Ask, now: Millis, answered: bool) {
        let over = ask.is_probe() || (answered && self.once(ask));
        let hasty = self.hasty;
        let Some(entry) = self.entries.get(ask) else { return };
        if rank_of(ask, entry) != Rank::Cluster {
            self.turn = (self.turn + 1) % 3;
        }
        let Some(entry) = self.entries.get_mut(ask) else { return };
        if over {
            self.entries.remove(ask);
            return;
        }
        entry.lead = 0.0;
        entry.known |= answered;
        entry.failed = if answered { 0 } else { entry.failed + 1 };
        let wait = match entry.failed {
            0 => every(ask, entry.ill, hasty),
            n => Span((RETRY.0 << (n - 1).min(10)).min(HEALTHY.0)),
        };
        entry.due = now + wait;
    }

    /// Asks at `when`, or earlier if that was planned.
    pub fn at(&mut self, ask: Ask, when: Millis, lead: f64) {
        let entry = self.entries.entry(ask).or_insert(Entry {
            due: when,
            lead,
            known: false,
            ill: false,
            failed: 0,
        });
        entry.due = entry.due.min(when);
        entry.lead = entry.lead.max(lead);
    }

    /// Once, with a small lead.
    pub fn once_at(&mut self, ask: Ask, when: Millis) {
        self.at(ask, when, LEAD_ONCE);
    }

    pub fn forget_probes(&mut self) {
        self.entries.retain(|ask, _| !ask.is_probe());
    }

    /// The JobManager answers again, or another one does.
    pub fn look_again(&mut self, now: Millis) {
        for ask in [Ask::JobManagerConfig, Ask::Overview, Ask::TaskManagers] {
            self.at(ask, now, 0.0);
        }
    }

    /// A new list of jobs: what is new or changed is asked first, what is gone no more.
    pub fn jobs(&mut self, list: &[JobSummary], now: Millis) -> Moved {
        let mut moved = Moved::default();
        for job in list {
            let mark = Mark::of(job);
            let known = self.runs.contains_key(&job.run);
            if self.runs.get(&job.run) == Some(&mark) {
                continue;
            }
            self.runs.insert(job.run.clone(), mark);
            if known {
                self.changed(&job.run, now);
            } else {
                self.appeared(job, now);
                moved.new.push(job.run.clone());
            }
        }
        let listed: BTreeSet<&RunId> = list.iter().map(|j| &j.run).collect();
        moved.gone = self.runs.keys().filter(|r| !listed.contains(r)).cloned().collect();
        for run in &moved.gone {
            self.runs.remove(run);
            self.entries.retain(|ask, _| ask.run() != Some(run));
        }
        self.mark_ill();
        moved
    }

    /// Runs that are late, whose checkpoints fail, ...: looked at as closely as those that are not
    /// running, and at once when that is new.
    pub fn hurry(&mut self, runs: BTreeSet<RunId>, now: Millis) {
        if runs == self.hurried {
            return;
        }
        let before = std::mem::replace(&mut self.hurried, runs);
        let new = self.hurried.difference(&before).filter(|run| self.runs.contains_key(*run));
        let new: Vec<RunId> = new.cloned().collect();
        for run in new {
            self.at(Ask::Exceptions(run.clone()), now, LEAD_CHANGED);
            self.at(Ask::Checkpoints(run.clone()), now, LEAD_CHANGED);
            self.place(&run, now);
        }
        self.mark_ill();
    }

    /// Runs of jobs that we are at work on: asked before all others, for a verdict waits.
    pub fn watch(&mut self, runs: BTreeSet<RunId>, now: Millis) {
        let before = std::mem::replace(&mut self.watched, runs);
        if before == self.watched {
            return;
        }
        let new = self.watched.difference(&before).filter(|run| self.runs.contains_key(*run));
        let new: Vec<RunId> = new.cloned().collect();
        for run in new {
            self.at(Ask::Detail(run.clone()), now, LEAD_CHANGED);
            self.at(Ask::Checkpoints(run), now, LEAD_CHANGED);
        }
        self.mark_ill();
    }

    fn is_watched(&self, ask: &Ask) -> bool {
        !self.watched.is_empty() && ask.run().is_some_and(|run| self.watched.contains(run))
    }

    /// Of a job that somebody looks at closely: on which TaskManagers it runs. Where an endpoint
    /// gives the metrics their labels tell it.
    fn place(&mut self, run: &RunId, now: Millis) {
        let vertex = |ask: &Ask| match ask {
            Ask::MetricNames(Subject::Vertex(r, vertex)) if r == run => Some(vertex.clone()),
            _ => None,
        };
        let vertices: Vec<_> = self.entries.keys().filter_map(vertex).collect();
        for vertex in vertices {
            self.at(Ask::Placed(run.clone(), vertex), now, LEAD_NEW);
        }
    }

    fn mark_ill(&mut self) {
        let (hurried, watched, runs) = (&self.hurried, &self.watched, &self.runs);
        let ill = |run: &RunId| {
            let wanted = hurried.contains(run) || watched.contains(run);
            wanted || runs.get(run).is_some_and(|m| m.ill)
        };
        // a TaskManager may be on its way out, or back
        let any = runs.iter().any(|(run, mark)| !mark.state.is_terminal() && ill(run));
        for (ask, entry) in &mut self.entries {
            entry.ill = match ask {
                Ask::TaskManagers => any,
                _ => ask.run().is_some_and(ill),
            };
        }
    }

    fn appeared(&mut self, job: &JobSummary, now: Millis) {
        let run = || job.run.clone();
        // jobs that ended before we came are of the least interest
        let lead = if job.state.is_terminal() { 0.0 } else { LEAD_NEW };
        self.at(Ask::Detail(run()), now, lead);
        self.at(Ask::Checkpoints(run()), now, lead / 2.0);
        self.at(Ask::Exceptions(run()), now, lead / 3.0);
        if !job.state.is_terminal() {
            self.at(Ask::JobConfig(run()), now, LEAD_ONCE);
            if self.metrics {
                self.at(Ask::MetricNames(Subject::Run(run())), now, LEAD_ONCE);
            }
        }
    }

    fn changed(&mut self, run: &RunId, now: Millis) {
        self.at(Ask::Detail(run.clone()), now, LEAD_CHANGED + 2.0);
        self.at(Ask::Exceptions(run.clone()), now, LEAD_CHANGED + 1.0);
        self.at(Ask::Checkpoints(run.clone()), now, LEAD_CHANGED);
        self.at(Ask::TaskManagers, now, 0.0);
        self.at(Ask::Overview, now, 0.0);
        let names: Vec<_> = self
            .entries
            .keys()
            .filter(|a| matches!(a, Ask::MetricNames(_)) && a.run() == Some(run))
            .cloned()
            .collect();
        names.into_iter().for_each(|ask| self.at(ask, now, LEAD_NEW));
        if self.hurried.contains(run) {
            self.place(run, now);
        }
    }

    /// Subjects of metrics as a job's plan tells them.
    pub fn vertices(&mut self, subjects: impl Iterator<Item = Subject>, now: Millis) {
        if self.metrics {
            for subject in subjects {
                let ask = Ask::MetricNames(subject);
                if !self.entries.contains_key(&ask) {
                    self.at(ask, now, LEAD_NEW);
                }
            }
        }
    }

    /// Who is registered now: the metrics of new ones are asked, what is gone no more.
    pub fn taskmanagers(&mut self, ids: &BTreeSet<TaskManagerId>, now: Millis) {
        self.entries.retain(|ask, _| ask.taskmanager().is_none_or(|tm| ids.contains(tm)));
        self.vertices(ids.iter().cloned().map(Subject::TaskManager), now);
    }

    /// A subject has `parts` parts of values to ask for.
    pub fn values(&mut self, subject: &Subject, parts: usize, now: Millis) {
        self.entries.retain(|ask, _| match ask {
            Ask::MetricValues(s, n) => s != subject || *n < parts,
            _ => true,
        });
        for n in 0..parts {
            let ask = Ask::MetricValues(subject.clone(), n);
            if !self.entries.contains_key(&ask) {
                self.at(ask, now, 0.0);
            }
        }
    }

    fn every(&self, ask: &Ask, ill: bool) -> Span {
        every(ask, ill, self.hasty)
    }

    /// Answered once, never asked again.
    fn once(&self, ask: &Ask) -> bool {
        match ask {
            Ask::Versions
            | Ask::JobConfig(_)
            | Ask::CheckpointConfig(_)
            | Ask::LogList(_)
            | Ask::LogHead(_) => true,
            _ => ask
                .run()
                .and_then(|r| self.runs.get(r))
                .is_some_and(|mark| mark.state.is_terminal()),
        }
    }
}

fn every(ask: &Ask, ill: bool, hasty: bool) -> Span {
    match ask {
        Ask::Detail(_) | Ask::Exceptions(_) | Ask::Checkpoints(_) | Ask::TaskManagers if ill => ILL,
        Ask::Overview | Ask::TaskManagers => CLUSTER,
        Ask::JobManagerConfig => LIFE,
        Ask::Checkpoints(_) => CHECKPOINTS,
        Ask::MetricNames(_) | Ask::Placed(..) => NAMES,
        Ask::MetricValues(Subject::Vertex(..), 0) => POSITIONS,
        Ask::MetricValues(..) if hasty => POSITIONS,
        Ask::MetricValues(..) => VALUES,
        _ => HEALTHY,
    }
}

fn rank_of(ask: &Ask, entry: &Entry) -> Rank {
    match ask {
        Ask::Versions | Ask::Overview | Ask::TaskManagers | Ask::JobManagerConfig => Rank::Cluster,
        // one TaskManager at a time; nothing of Kafka is seen before
        Ask::LogList(_) | Ask::LogHead(_) => Rank::Cluster,
        // few, by their budget, and somebody waits for the answer
        _ if ask.is_probe() => Rank::Cluster,
        _ if entry.lead >= LEAD_CHANGED || every(ask, entry.ill, false) == ILL => Rank::Urgent,
        _ => Rank::Rest,
    }
}
