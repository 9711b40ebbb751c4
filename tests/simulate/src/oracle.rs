//! What must never be, judged by the truth of the simulated world alone: nothing in here asks a
//! guard or the machine. The names are those of the invariants (ARCHITECTURE.md, "Act").

use crate::database::Row;
use crate::flink::{By, Run};
use crate::jobs::Quirk;
use crate::sim::{Sim, T};
use std::collections::{BTreeMap, BTreeSet};
use streamwarden_core::action::{End, Entry, Request, Seen, Why};
use streamwarden_core::case::{RestorePoint, Step};
use streamwarden_core::estate::{JobState, Millis, Name, RunId, Span};
use streamwarden_core::plan::{EndKind, Switch};

/// So long after a change in the world nobody can have seen it: two looks and their deadline.
const UNSEEN: T = 16_000;
/// A person hears within a minute of a job that is down by our doing.
const PAGE_WITHIN: T = 60_000;
/// An observation counts for two looks.
const SEEN_WITHIN: T = 12_000;
const HAND_OVER: T = 10_000;
/// How an action ends that nobody knows of any more.
pub const LEFT: EndKind = EndKind::Stuck;
const HOUR: T = 3_600_000;

#[derive(Clone, Debug)]
pub struct Violation {
    pub invariant: &'static str,
    pub at: T,
    pub what: String,
}

#[derive(Debug, Default)]
pub struct Oracle {
    pub violations: Vec<Violation>,
    pub actions: BTreeMap<Name, Truth>,
    pub switches: Vec<Switch>,
    /// Planned work: from, until, job.
    pub planned: Vec<(T, T, usize)>,
    /// Plans that were shown to a person; the yes, and when.
    pub proposed: BTreeSet<Name>,
    pub approved: BTreeMap<Name, T>,
    /// Clusters with a third of their jobs ill, since when.
    pub wide_since: Vec<Option<T>>,
    pub sent: u64,
    /// Submissions that nothing of ours can be blamed for: a person was first, or the network
    /// brought one again.
    pub raced: u64,
}

/// What really became of an action.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    pub job: usize,
    pub began: T,
    pub ill_since: Option<T>,
    /// It was well when it began, for so long.
    well_for: T,
    intents: Vec<Request>,
    pub first_sent: Option<T>,
    sent_at: BTreeMap<RunId, T>,
    /// What its plan was to end: the data directory that it stood in may be another since.
    planned: Option<RunId>,
    /// As it was when it began: the targets of its cluster, and free slots for so long.
    blind: bool,
    all_blind: bool,
    no_slots: bool,
    /// Something that changes the job was sent.
    changes: bool,
    /// Another process took it up with a request in the journal that changes the job: it may have been
    /// sent.
    doubtful: bool,
    /// A cancel of ours was taken.
    pub stopped: bool,
    /// What it started since ran, for however short: what comes then is not its doing.
    pub back: bool,
    pub paged: bool,
    /// Its last entry.
    wrote: T,
    /// Down by our doing for so long while somebody could have said so.
    down: T,
    /// Processes that took it up since; each needs a moment.
    handed_over: T,
    /// The newest restore point that it was told of, of each run.
    told: BTreeMap<RunId, RestorePoint>,
    pub ended: Option<(T, EndKind)>,
    /// When it first tried to start the job.
    submits: Option<T>,
    /// The database is one from before it: nothing of it counts there.
    pub forgotten: bool,
    /// Submissions that were refused since their run had ended before.
    burnt: BTreeMap<RunId, u32>,
}

fn age(p: &RestorePoint) -> (Millis, u64) {
    (p.taken, p.checkpoint)
}

impl Sim {
    pub fn violated(&mut self, invariant: &'static str, what: String) {
        if self.mutant.ignore.contains(&invariant) {
            return;
        }
        let at = self.now;
        self.say(|| format!("VIOLATION {invariant}: {what} at {at}"));
        if self.oracle.violations.len() < 20 {
            self.oracle.violations.push(Violation { invariant, at, what });
        }
    }

    pub fn job_of(&self, action: &Name) -> Option<usize> {
        self.oracle.actions.get(action).map(|a| a.job)
    }

    pub fn judge_begin(&mut self, id: &Name, job: usize) {
        let open = self.db.rows.open().filter(|r| r.job == job).count();
        if open > 1 {
            self.violated("S1", format!("two open actions of job-{job}"));
        }
        let ill_since = self.jobs[job].ill_since;
        let now = self.now;
        let jm = &self.jms[self.jobs[job].cluster];
        let blind = now < jm.blind.1 && jm.blind.0 > 1 && now - jm.blind_since > UNSEEN + 10_000;
        let no_slots = jm.free_slots().max(jm.free.0) < 2 && now - jm.free.1 > UNSEEN;
        let (_, from, until) = self.blind;
        let all_blind = now < until && now - from > UNSEEN + 10_000;
        let seen = Truth { blind, all_blind, no_slots, ..Truth::default() };
        let well_for = now - self.jobs[job].well_since.unwrap_or(now);
        let planned = self.db.rows.find(id).map(|r| r.plan.run.clone());
        let truth = Truth { job, began: now, ill_since, well_for, planned, ..seen };
        self.oracle.actions.insert(id.clone(), truth);
    }

    /// An entry is durable.
    pub fn journaled(&mut self, action: &Name, entry: &Entry) {
        let now = self.now;
        let Some(truth) = self.oracle.actions.get_mut(action) else { return };
        truth.wrote = now;
        match entry {
            Entry::Intent { request } => truth.intents.push(request.clone()),
            Entry::Paged { .. } => truth.paged = true,
            Entry::Closed { end } => {
                truth.paged |= crate::database::failed(end);
                truth.ended = truth.ended.or(Some((now, end.kind())));
            }
            _ => {}
        }
    }

    /// Before the database takes it: the journal stays one story.
    pub fn judge_entry(&mut self, row: &Row, entry: &Entry) {
        let Entry::Done { started: Some(run) } = entry else { return };
        let open = row.state().open.map(|o| o.request);
        if !matches!(open, Some(Request::Submit { run: r, .. }) if r == *run) {
            self.violated("S2", format!("{:.6}: the journal goes on from another story", row.id));
        }
    }

    pub fn paged(&mut self, action: &Name) {
        if let Some(truth) = self.oracle.actions.get_mut(action) {
            truth.paged = true;
        }
    }

    /// Another process has it now: what the one before was told died with it.
    pub fn forgot(&mut self, action: &Name) {
        if let Some(truth) = self.oracle.actions.get_mut(action) {
            truth.told.clear();
            truth.handed_over += 1;
        }
        let filed: Vec<Request> = self.filed(action).cloned().collect();
        if let Some(truth) = self.oracle.actions.get_mut(action) {
            truth.doubtful |= truth.intents.iter().chain(&filed).any(Request::changes);
        }
    }

    /// Intents that stand in a file, whether the database has them or not.
    fn filed(&self, action: &Name) -> impl Iterator<Item = &Request> {
        let files = self.processes.iter().filter_map(|p| p.disk.spools.get(action));
        files.flat_map(|s| &s.entries).filter_map(|e| match e {
            Entry::Intent { request } => Some(request),
            _ => None,
        })
    }

    pub fn told(&mut self, action: &Name, _job: usize, seen: &Seen) {
        let Some(truth) = self.oracle.actions.get_mut(action) else { return };
        for point in seen.known() {
            let told = truth.told.entry(point.run.clone()).or_insert_with(|| point.clone());
            if age(point) > age(told) {
                *told = point.clone();
            }
        }
    }

    /// A request of ours goes out.
    pub fn judge_send(&mut self, pid: usize, action: &Name, request: &Request) {
        let now = self.now;
        self.oracle.sent += 1;
        let Some(truth) = self.oracle.actions.get_mut(action) else { return };
        let first = truth.first_sent.is_none();
        let untouched = !truth.changes && request.changes();
        truth.changes |= request.changes();
        truth.first_sent.get_or_insert(now);
        truth.sent_at.insert(request.run().clone(), now);
        if matches!(request, Request::Submit { .. }) {
            truth.submits.get_or_insert(now);
        }
        let truth = truth.clone();
        if !truth.intents.contains(request) {
            self.violated("S2", format!("{action:.6} sends {request:?} without an intent"));
        }
        let lease = self.db.lease;
        let holds = lease.holder == (pid, self.processes[pid].life) && now < lease.until;
        if !self.alone() && !holds {
            self.violated("S2b", format!("process {pid} sends without the lease"));
        }
        // a cancel in the journal may have been sent, also one that only a file has, as far as
        // its process can know: who finds the job down finishes
        let cluster = self.jobs[truth.job].cluster;
        let cancels = |r: &Request| matches!(r, Request::Cancel { .. });
        let cancels = truth.intents.iter().any(cancels) || self.filed(action).any(cancels);
        // a start that nobody can have seen yet, or the same again
        let unseen = |r: &crate::flink::Run| r.by == By::Person && now - r.started <= UNSEEN;
        let same =
            |r: &crate::flink::Run| matches!(request, Request::Submit { run, .. } if *run == r.id);
        let down = cancels && self.jms[cluster].live(truth.job).all(|r| unseen(r) || same(r));
        let truth = Truth { stopped: truth.stopped || down, ..truth };
        self.judge_switches(action, &truth);
        if truth.ended.is_some() {
            self.violated("S9", format!("{action:.6} sends after its end"));
        }
        // it was asked a moment before, and the database took its time
        let no_jar = self.jms[cluster].no_jar;
        let gone = now - no_jar.0 > UNSEEN && now < no_jar.1;
        if gone && matches!(request, Request::Cancel { .. }) && !truth.stopped {
            let what =
                format!("{action:.6} stops job-{}, which could not be started again", truth.job);
            self.violated("S10b", what);
        }
        if !truth.stopped {
            self.judge_free(action, &truth, request);
        }
        if first {
            self.judge_first(action, &truth);
        }
        if untouched {
            self.judge_change(action, &truth, request);
        }
    }

    /// Of the first that changes the job: it is still to be done, and nobody else did anything.
    fn judge_change(&mut self, action: &Name, truth: &Truth, request: &Request) {
        let (now, job) = (self.now, truth.job);
        let j = &self.jobs[job];
        let mut found: Vec<(&'static str, String)> = Vec::new();
        if !truth.stopped {
            if j.observed.is_some_and(|at| now - at > 1_000) {
                found.push(("S12", "its mode was taken back".into()));
            }
            if j.well_since.is_some_and(|at| now - at > UNSEEN) {
                found.push(("S4", "is well again".into()));
            }
        }
        let row = self.db.rows.find(action);
        let stops = |r: &Row| r.plan.steps.iter().any(|s| matches!(s, Step::Stop { .. }));
        let run = row.filter(|r| stops(r)).and_then(|r| self.jms[j.cluster].runs.get(&r.plan.run));
        let by_hand = run.is_some_and(|r| r.by_hand && r.listed && r.state == JobState::Canceled);
        if by_hand && !truth.doubtful && matches!(request, Request::Submit { .. }) {
            found.push(("S13", "starts what a person ended".into()));
        }
        for (invariant, what) in found {
            self.violated(invariant, format!("{action:.6} on job-{job}: {what}"));
        }
    }

    /// S11: nothing new later than a second after the switch; after a stop only a hard one counts.
    fn judge_switches(&mut self, action: &Name, truth: &Truth) {
        let clock = self.clock();
        let Some(row) = self.db.rows.find(action) else { return };
        let covers = |s: &&Switch| {
            s.scope.covers(&row.plan.job, &row.plan.playbook)
                && (clock - s.at).0 > 1_000
                && s.until.is_none_or(|u| clock < u)
                && (s.hard || !truth.stopped)
        };
        if self.oracle.switches.iter().any(|s| covers(&s)) {
            self.violated("S11", format!("{action:.6} sends under a kill switch"));
        }
    }

    /// Of a job that runs, or that we did not stop: the world must allow it.
    fn judge_free(&mut self, action: &Name, truth: &Truth, request: &Request) {
        let now = self.now;
        let job = truth.job;
        let j = &self.jobs[job];
        let jm = &self.jms[j.cluster];
        let mut found: Vec<(&'static str, String)> = Vec::new();
        if jm.named && jm.storm.is_some_and(|since| now - since > UNSEEN) {
            found.push(("S6", "inside a storm whose dependency is seen to be down".into()));
        }
        let wide = self.wide(j.cluster);
        if wide && self.oracle.wide_since[j.cluster].is_some_and(|since| now - since > UNSEEN) {
            found.push(("S6", "while a third of the cluster is ill".into()));
        }
        if self
            .oracle
            .planned
            .iter()
            .any(|(from, until, of)| *of == job && now > from + 2_000 && now < *until)
        {
            found.push(("S13", "in planned work".into()));
        }
        let hand = jm.of(job).filter(|r| r.listed && r.by == By::Person);
        let hand = hand.map(|r| r.started).max();
        if hand.is_some_and(|at| now - at > UNSEEN && now - at < 15 * 60_000 - 5_000) {
            found.push(("S13", "a person changed it a moment ago".into()));
        }
        let wanted = match request {
            Request::Scale { parallelism, .. } => parallelism.values().max().copied(),
            Request::Submit { parallelism, .. } => *parallelism,
            _ => None,
        };
        let wider = wanted.is_some_and(|w| w > j.parallelism)
            || self.db.rows.find(action).is_some_and(|r| &*r.plan.playbook == "rescale");
        let stops = matches!(request, Request::Cancel { .. } | Request::Submit { .. });
        let quirk = match j.quirk {
            Quirk::None => None,
            Quirk::Ambiguous => Some("S1"),
            Quirk::NotRetained | Quirk::OutsideRoots | Quirk::OldState if stops => Some("S3"),
            Quirk::NoSubmitter if stops => Some("S9"),
            Quirk::Foreign => Some("S13"),
            Quirk::SinkLimited
            | Quirk::FewPartitions
            | Quirk::FixedParallelism
            | Quirk::AtMaxParallelism
                if wider =>
            {
                Some("S8")
            }
            Quirk::Observed | Quirk::Precondition => Some("S12"),
            Quirk::Uncertain | Quirk::EvidenceMissing => Some("S5"),
            Quirk::Insecure => Some("T15"),
            _ => None,
        };
        if let Some(invariant) = quirk {
            found.push((invariant, format!("a job that is {:?}", j.quirk)));
        }
        // forgotten jobs keep nothing that a cancel could take
        let retained = j.quirk == Quirk::NotRetained && matches!(request, Request::Submit { .. });
        for (invariant, what) in found {
            if !(retained && invariant == "S3") {
                self.violated(invariant, format!("{action:.6} on job-{job}: {what}"));
            }
        }
    }

    /// Of the first effect: the decision was right, and there was room for it.
    fn judge_first(&mut self, action: &Name, truth: &Truth) {
        let job = truth.job;
        let debounce = self.jobs[job].policy.policy.limits.debounce.0;
        let mut found: Vec<(&'static str, String)> = Vec::new();
        match truth.ill_since {
            Some(since) if truth.began - since < debounce - 6_000 => {
                found.push(("S5", format!("ill for {} ms only", truth.began - since)));
            }
            Some(_) => {}
            None if truth.well_for > SEEN_WITHIN => {
                found.push(("S4", format!("was well for {} ms", truth.well_for)));
            }
            None => {}
        }
        if truth.blind {
            found.push(("S5", "nearly blind".into()));
        }
        if truth.all_blind {
            found.push(("S6", "blind in the estate".into()));
        }
        let row = self.db.rows.find(action);
        let playbook = row.map_or("", |r| &*r.plan.playbook);
        if truth.no_slots && playbook != "restart-from-checkpoint" {
            found.push(("S8", "without a free slot".into()));
        }
        if self.jobs[job].quirk == Quirk::ByApproval {
            let hash = row.map(|r| r.plan.hash());
            let yes = hash.and_then(|h| self.oracle.approved.get(&h).copied());
            if yes.is_none_or(|at| truth.began - at > 15 * 60_000) {
                found.push(("S12", "without approval".into()));
            }
        }
        self.count(action, truth, &mut found);
        for (invariant, what) in found {
            self.violated(invariant, format!("{action:.6} on job-{job}: {what}"));
        }
    }

    /// Budgets, breadth of our own doing, what did not help before.
    fn count(&mut self, action: &Name, truth: &Truth, found: &mut Vec<(&'static str, String)>) {
        let now = self.now;
        let cluster = self.jobs[truth.job].cluster;
        let domain = crate::jobs::domain(cluster);
        let others = || {
            let all = self.oracle.actions.iter().filter(|(id, _)| *id != action);
            // one that let go before it touched the job counts for nothing
            let held = |a: &Truth| a.ended.is_some_and(|(_, end)| end == EndKind::Held);
            let counts = move |a: &Truth| a.first_sent.is_some() && !held(a) && !a.forgotten;
            all.filter(move |(_, a)| counts(a)).map(|(_, a)| a)
        };
        let there = |a: &&Truth| self.jobs[a.job].cluster == cluster;
        let within = |a: &&Truth| truth.began - a.began < HOUR;
        let open = |a: &&Truth| a.ended.is_none();
        let of_job = others().filter(|a| a.job == truth.job);
        for (used, limit, what) in [
            (of_job.clone().filter(within).count(), 2, "of the job in an hour"),
            (of_job.clone().count(), 5, "of the job in a day"),
            (others().filter(there).filter(within).count(), 6, "of the cluster in an hour"),
            (others().filter(within).count(), 20, "of the estate in an hour"),
            (others().filter(there).filter(open).count(), 1, "open in the cluster"),
            (others().filter(open).count(), 3, "open in the estate"),
        ] {
            if used >= limit {
                found.push(("S6", format!("action {} {what}", used + 1)));
            }
        }
        let busy = |a: &&Truth| {
            crate::jobs::domain(self.jobs[a.job].cluster) != domain
                && a.ended.is_none_or(|(at, _)| truth.began - at < 58_000)
                && a.began < truth.began
        };
        if others().any(|a| busy(&a)) {
            found.push(("S6b", "another failure domain is worked on".into()));
        }
        let last = of_job.clone().filter_map(|a| a.ended).max_by_key(|(at, _)| *at);
        if let Some((at, end)) = last {
            let wait = if end == EndKind::Helped { 5 * 60_000 } else { HOUR };
            if at < truth.began && truth.began - at < wait - 1_000 {
                found.push(("S10", format!("{} ms after one that ended {end:?}", now - at)));
            }
        }
        self.judge_again(action, found);
    }

    /// What failed waits for a person; what did not help is not repeated.
    fn judge_again(&self, action: &Name, found: &mut Vec<(&'static str, String)>) {
        let rows = &self.db.rows;
        let Some(row) = rows.find(action) else { return };
        let past = || {
            let over = rows.actions.iter().filter(|r| r.id != *action && r.seen_by.is_none());
            over.filter_map(|r| Some((r, r.ended?)))
        };
        let bad = |end: EndKind| matches!(end, EndKind::Stuck | EndKind::RolledBack);
        let stuck = past()
            .any(|(r, (at, end))| r.job == row.job && end == EndKind::Stuck && at < row.began);
        if stuck {
            found.push(("S9", "a person has not looked at the last one yet".into()));
        }
        let twice = past().filter(|(r, (at, end))| {
            r.plan.playbook == row.plan.playbook && bad(*end) && *at < row.began
        });
        if twice.count() >= 2 {
            found.push(("S10", "its playbook failed twice, and nobody has looked".into()));
        }
        let vain = past().any(|(r, (_, end))| {
            r.plan.incident == row.plan.incident
                && r.plan.playbook == row.plan.playbook
                && r.job == row.job
                && (end == EndKind::NoChange || bad(end))
        });
        if vain {
            found.push(("S10", "the same did not help before".into()));
        }
    }

    /// A cancel of ours was taken by a run that lived.
    pub fn judge_cancel(&mut self, action: &Name, job: usize, run: &RunId) {
        let cluster = self.jobs[job].cluster;
        let Some(truth) = self.oracle.actions.get_mut(action) else { return };
        (truth.stopped, truth.back, truth.handed_over) = (true, false, 0);
        // what is stuck is a person's already
        let late = truth.ended.is_some_and(|(_, end)| end != EndKind::Stuck);
        if late {
            self.violated("S9", format!("a cancel of {action:.6} comes after its end"));
        }
        let state = self.jms[cluster].newest(job).is_some();
        if !state {
            self.violated("S3", format!("job-{job} is stopped without a checkpoint"));
        }
        let by = self.jms[cluster].runs.get(run).map(|r| r.by.clone());
        let planned = self.oracle.actions.get(action).and_then(|t| t.planned.as_ref()) == Some(run);
        if by != Some(By::Action(action.clone())) && !planned {
            self.violated("S1", format!("{action:.6} cancels {run:.6}, which is not its own"));
        }
    }

    /// A submission of ours is refused: its id is known; `listed`: also to who looks.
    pub fn judge_duplicate(&mut self, action: &Name, run: &RunId, listed: bool) {
        let Some(truth) = self.oracle.actions.get_mut(action) else { return };
        let times = truth.burnt.entry(run.clone()).or_default();
        *times += u32::from(!listed);
        // a reply or two may be lost, and a process or two may end over it
        if *times == 8 {
            self.violated("L6", format!("{action:.6} does not leave {run:.6}, an id that is used"));
        }
    }

    /// A submission of ours is about to be taken.
    pub fn judge_submit(&mut self, action: &Name, job: usize, run: &RunId, point: &RestorePoint) {
        let now = self.now;
        let Some(truth) = self.oracle.actions.get(action).cloned() else { return };
        let sent = truth.sent_at.get(run).copied().unwrap_or(now);
        // it ran under this id since we last sent it: a copy that the network kept, which a
        // JobManager that lost its memory cannot refuse. Nobody can call it back.
        let before = self.jms[self.jobs[job].cluster].runs.get(run);
        if before.is_some_and(|r| r.started >= sent) {
            self.oracle.raced += 1;
            return;
        }
        if matches!(truth.ended, Some((_, EndKind::Held | EndKind::Failed))) {
            self.violated("S9", format!("a submission of {action:.6} comes after its end"));
        }
        let jm = &self.jms[self.jobs[job].cluster];
        // started by hand when the request was on its way: nobody can know of it, nor of what it
        // has got to since
        let hand = |r: &&Run| r.by == By::Person && r.started > sent - UNSEEN;
        let raced: BTreeSet<_> = jm.of(job).filter(hand).map(|r| r.id.clone()).collect();
        let beside: Vec<_> = jm.live(job).map(|r| r.id.clone()).collect();
        for other in beside {
            if raced.contains(&other) {
                self.oracle.raced += 1;
                continue;
            }
            self.violated("S1", format!("job-{job} runs twice: {run:.6} beside {other:.6}"));
        }
        self.judge_point(action, job, point, &truth, &raced);
    }

    /// S3: the newest that completed; of what a JobManager forgot, the newest that was told.
    fn judge_point(
        &mut self,
        action: &Name,
        job: usize,
        point: &RestorePoint,
        truth: &Truth,
        raced: &BTreeSet<RunId>,
    ) {
        let jm = &self.jms[self.jobs[job].cluster];
        let listed = jm.of(job).filter(|r| r.listed || jm.readable);
        let there = listed.filter_map(|r| r.completed.last()).chain(truth.told.values());
        let there = there.filter(|p| !raced.contains(&p.run));
        let newest = there.max_by_key(|p| age(p)).cloned();
        if newest.as_ref().is_some_and(|n| age(n) > age(point)) {
            self.violated(
                "S3",
                format!(
                    "{action:.6} restores job-{job} from {} where {} was there",
                    point.path,
                    newest.map_or_else(String::new, |n| n.path.to_string())
                ),
            );
        }
    }

    pub fn judge_scale(&mut self, action: &Name, job: usize, was: u32, to: u32) {
        let j = &self.jobs[job];
        let bad = to < j.parallelism || f64::from(to) > 2.0 * f64::from(j.parallelism.max(was));
        if bad || to > j.max_parallelism() {
            self.violated("S8", format!("{action:.6} scales job-{job} from {was} to {to}"));
        }
        let late = self.oracle.actions.get(action).and_then(|a| a.ended);
        if was != to && matches!(late, Some((_, EndKind::Held | EndKind::Failed))) {
            self.violated("S9", format!("{action:.6} scales job-{job} after its end"));
        }
    }

    /// S9: it runs from the chosen point, or a person is called. Judged when it is decided: the
    /// database may take it minutes later, and what breaks in between is another fault, which the
    /// next action is for. That nothing is sent after it is judged from then on.
    pub fn judge_end(&mut self, action: &Name, end: &End, chosen: Option<&RestorePoint>) {
        let now = self.now;
        let Some(truth) = self.oracle.actions.get(action).cloned() else { return };
        let cluster = self.jobs[truth.job].cluster;
        let kind = end.kind();
        // a JobManager with high availability forgets a cancel: then it goes on
        let lives = self.jms[cluster].live(truth.job).any(|r| r.cancelled.is_none());
        // nor is it ours to start what a person has ended since
        let theirs = |r: &crate::flink::Run| r.by_hand && r.cancelled >= Some(truth.began);
        let lives = lives || self.jms[cluster].of(truth.job).any(theirs);
        if matches!(kind, EndKind::Held | EndKind::Failed) && truth.stopped && !lives {
            self.violated("S9", format!("{action:.6} ends as {kind:?} after a stop"));
        }
        // the other ways to end are somebody else's doing
        let tried = match end {
            End::Stuck { why: Why::Refused { .. } | Why::JobFailed | Why::TimedOut } => {
                truth.submits
            }
            _ => None,
        };
        let early = tried.map(|at| now - at).filter(|ms| *ms < 20 * 60_000);
        if let Some(ms) = early.filter(|_| truth.stopped && !lives) {
            self.violated(
                "S10b",
                format!("{action:.6} gives up after {ms} ms, and the job is down"),
            );
        }
        if !matches!(kind, EndKind::Helped | EndKind::NoChange | EndKind::RolledBack) {
            return;
        }
        let ours = |r: &&crate::flink::Run| r.by == By::Action(action.clone());
        let runs: Vec<_> = self.jms[cluster].of(truth.job).filter(ours).collect();
        let last = runs.iter().max_by_key(|r| r.started);
        let other = last.is_some_and(|r| r.restored.as_ref() != chosen);
        let down = truth.stopped
            && !last.is_some_and(|r| r.live() || r.ended.is_some_and(|at| now - at < 60_000));
        if other {
            self.violated("S9", format!("{action:.6} ends well from another restore point"));
        }
        if down {
            self.violated("S9", format!("{action:.6} ends as {kind:?} and the job is down"));
        }
    }

    /// Once a second: who is down by our doing, and has anybody said so?
    pub fn judge_second(&mut self) {
        let able: Vec<bool> = (0..self.processes.len()).map(|pid| self.able(pid)).collect();
        let mut late = Vec::new();
        for (id, truth) in &mut self.oracle.actions {
            if !truth.stopped || truth.paged || truth.ended.is_some() {
                continue;
            }
            let cluster = self.jobs[truth.job].cluster;
            let live = || self.jms[cluster].live(truth.job).filter(|r| r.cancelled.is_none());
            let ours = live().any(|r| r.all_running && r.by == By::Action(id.clone()));
            let down = !(truth.back || ours) && live().next().is_none();
            truth.back |= ours;
            // who leads and knows it, or has its file
            let could = (0..able.len()).any(|pid| {
                let p = &self.processes[pid];
                let leads = p.mem.epoch > 0 && self.now < p.mem.lease_end;
                let knows = || {
                    let state = p.disk.spools.get(id).map(|s| s.state(id));
                    state.is_some_and(|s| s.stopped || s.stops())
                };
                able[pid] && (leads || knows())
            });
            match (down, could) {
                (true, true) => truth.down += 1_000,
                (true, false) => {}
                (false, _) => truth.down = 0,
            }
            if truth.down > PAGE_WITHIN + truth.handed_over * HAND_OVER {
                truth.paged = true; // once
                late.push((id.clone(), truth.job));
            }
        }
        for (id, job) in late {
            self.violated("S10b", format!("job-{job} is down by {id:.6}, and nobody was called"));
        }
        for cluster in 0..self.jms.len() {
            let wide = self.wide(cluster);
            let since = &mut self.oracle.wide_since[cluster];
            *since = if wide { Some(since.unwrap_or(self.now)) } else { None };
            let free = self.jms[cluster].free_slots();
            if self.jms[cluster].free.0 != free {
                self.jms[cluster].free = (free, self.now);
            }
        }
    }

    /// Five jobs of the cluster and a third of it are ill.
    pub fn wide(&self, cluster: usize) -> bool {
        let jobs = self.of_cluster(cluster);
        let ill = jobs.clone().filter(|j| self.jobs[*j].ill_since.is_some()).count();
        ill >= 5 && ill as f64 >= 0.3 * jobs.len() as f64
    }

    /// After a quarter of an hour without faults everything has an end, and what we stopped runs.
    pub fn judge_rest(&mut self) {
        // one that began a moment ago is on its way, and one that is tried again for half an hour
        let began = self.clock() - Span(10 * 60_000);
        let tries = |r: &Row| {
            let truth = self.oracle.actions.get(&r.id);
            truth.is_some_and(|t| t.stopped && t.paged && self.now - t.wrote < 2 * 60_000)
        };
        let old = self.db.rows.open().filter(|r| r.began < began && !tries(r));
        let lost: Vec<Name> = old.map(|r| r.id.clone()).collect();
        for id in lost {
            self.violated("lost", format!("{id:.6} has no end"));
        }
        let mut down = Vec::new();
        for (id, truth) in &self.oracle.actions {
            let cluster = self.jobs[truth.job].cluster;
            let live = self.jms[cluster].live(truth.job).count() > 0;
            let after = self.jms[cluster].of(truth.job).any(|r| r.started > truth.began);
            let old = self.now - truth.began > 10 * 60_000;
            if old && truth.stopped && !live && !after && !truth.paged {
                down.push((id.clone(), truth.job));
            }
        }
        for (id, job) in down {
            self.violated("S10b", format!("job-{job} stays down after {id:.6}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flink::restore_point;
    use crate::sim::{Config, Script};

    const SENT: T = 100_000;

    /// Sent from checkpoint 100; a person started the job at `hand`, and that run got to 356.
    fn overtaken(hand: T) -> (Vec<&'static str>, u64) {
        let script = Script { ill: None, adaptive: false, processes: 1, dies_at: Vec::new() };
        let mut sim = Sim::new(&Config { script: Some(script), ..Config::of(7) });
        let (action, run, by_hand) = (Name::from("a"), RunId::new("ours"), RunId::new("hand"));
        let truth = Truth { sent_at: BTreeMap::from([(run.clone(), SENT)]), ..Truth::default() };
        sim.oracle.actions.insert(action.clone(), truth);
        let chosen = sim.jms[0].newest(0).cloned().unwrap();
        sim.now = hand;
        sim.launch(0, by_hand.clone(), By::Person, Some(chosen.clone()), 2);
        let newer = restore_point("s3://state", &by_hand, 356, hand + 1, false);
        sim.jms[0].runs.get_mut(&by_hand).unwrap().completed.push(newer);
        sim.now = SENT + 21_000;
        sim.judge_submit(&action, 0, &run, &chosen);
        (sim.oracle.violations.iter().map(|v| v.invariant).collect(), sim.oracle.raced)
    }

    #[test]
    fn what_a_person_did_before_the_request_could_be_seen() {
        assert_eq!(overtaken(SENT + 6_000), (vec![], 1));
        assert_eq!(overtaken(SENT - UNSEEN - 1), (vec!["S1", "S3"], 0));
    }
}
