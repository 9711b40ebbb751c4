use super::next::{PAGE_AFTER, PAGE_TAKEN_UP};
use super::{ActionState, Command, Entry, Left, Observation, next};
use crate::case::{Cure, Figures, Hold, RestorePoint, Step, newest_first};
use crate::estate::{JobState, Millis, Name, RunId, VertexId};
use crate::plan::Switch;
use std::collections::{BTreeMap, BTreeSet};

/// What a look at the job showed.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// When the first question went out, by the asker's own clock.
    pub asked: Millis,
    /// The JobManager answered everything. Without it absence says nothing.
    pub whole: bool,
    /// The plan's run, the action's runs, and every run that the job's identity covers, as far as
    /// they are listed. States are asked *before* checkpoints: what is completed when a run is seen
    /// to have ended is all that it will ever complete.
    pub runs: BTreeMap<RunId, RunSeen>,
    /// Restore points known otherwise: by listing a directory that we may read, or told before by
    /// a JobManager that has forgotten since.
    pub elsewhere: Vec<RestorePoint>,
    /// Paths of points that were told and are not there, or not whole, as far as this machine sees.
    pub gone: BTreeSet<Name>,
    /// The result of the open trigger id.
    pub operation: Option<Operation>,
}

impl Seen {
    /// Every restore point that is known of the job.
    pub fn known(&self) -> impl Iterator<Item = &RestorePoint> {
        self.runs.values().flat_map(|r| &r.completed).chain(&self.elsewhere)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct RunSeen {
    pub state: JobState,
    /// Its name, where that is not the name of the job.
    pub other: Option<Name>,
    /// Every task runs.
    pub all_running: bool,
    pub restored: Option<Restored>,
    /// Completed and usable, newest first.
    pub completed: Vec<RestorePoint>,
    pub parallelism: BTreeMap<VertexId, u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    pub checkpoint: u64,
    pub path: Option<Name>,
}

/// A triggered checkpoint or savepoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    InProgress,
    Completed,
    Failed(Name),
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Accepted,
    /// Flink knows this job id already. What has become of it shows in a look; where it does not,
    /// it has ended, and is too old to be listed.
    Duplicate,
    /// Nothing happened, in the other side's words.
    Refused(Name),
    /// No answer in time, or a broken one.
    InDoubt,
}

/// The open intent, as far as this process has sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The last time.
    pub at: Millis,
    pub times: u32,
    pub reply: Option<Reply>,
}

/// Where an entry has to be durable before the action goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durable {
    /// In the database, conditional on our epoch, and in the local file.
    Both,
    /// The job is down, or on its way: the local file is enough, the database gets it when it is
    /// back.
    Local,
}

/// What one process knows of an action under way. All times are the process's own.
#[derive(Clone, Debug)]
pub struct Session {
    pub state: ActionState,
    /// When this process took it up.
    started: Millis,
    step_since: Millis,
    intended: Millis,
    /// The open intent is older than this process: it may have been sent.
    resumed: bool,
    sent: Option<Sent>,
    seen: Option<Seen>,
    /// Since when the job is down by our doing, or by a request in doubt.
    down_since: Option<Millis>,
    /// When something was sent last of which nobody has seen what became of it; it may yet come.
    doubt: Option<Millis>,
}

/// What the world says beside the looks: fences, guards, verdict.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around<'a> {
    pub fenced: bool,
    /// Guards asked again, at [`ActionState::stage`].
    pub holds: &'a [Hold],
    pub hard: Option<&'a Switch>,
    pub cure: Option<Cure>,
    /// By which figures.
    pub figures: Option<Figures>,
}

impl Session {
    /// Begun by this process a moment ago, or taken up from the journal.
    pub fn new(mut state: ActionState, now: Millis) -> Session {
        // it is watched anew
        state.measured = None;
        let resumed = state.open.is_some();
        // nobody knows for how long it has been down
        let known = if state.stopped || state.stops() { PAGE_TAKEN_UP } else { PAGE_AFTER };
        let down = state.stopped || state.open.as_ref().is_some_and(|o| o.request.is_down());
        let down_since = down.then(|| now - PAGE_AFTER + known);
        // by the process before, a moment ago
        let doubt = (resumed || state.tries > 0).then_some(now);
        Session {
            state,
            started: now,
            step_since: now,
            intended: now,
            resumed,
            sent: None,
            seen: None,
            down_since,
            doubt,
        }
    }

    pub fn decide(&self, now: Millis, around: Around<'_>) -> Command {
        next(
            &self.state,
            &Observation {
                now,
                around,
                started: self.started,
                step_since: self.step_since,
                intended: self.intended,
                resumed: self.resumed,
                sent: self.sent.as_ref(),
                seen: self.seen.as_ref(),
                down_since: self.down_since,
                doubt: self.doubt,
            },
        )
    }

    /// What came of the last sending of the open intent.
    pub fn reply(&self) -> Option<&Reply> {
        self.sent.as_ref()?.reply.as_ref()
    }

    /// Nothing of a stop has been sent by us, and it is the next thing to do: whether the job could
    /// be started again is asked once more.
    pub fn about_to_stop(&self) -> bool {
        let stops = matches!(self.state.step(), Some(Step::Stop { .. }));
        stops && !self.state.stopped && self.sent.is_none()
    }

    /// How durable `entry` has to be. What follows from a cancel in the journal is found again by
    /// a look: it waits for no database. The end does: until it stands there somebody else may go
    /// on with the action.
    pub fn durable(&self, entry: &Entry) -> Durable {
        let stops = self.state.stops() && (self.resumed || self.sent.is_some());
        match entry {
            Entry::Closed { .. } => Durable::Both,
            _ if self.state.stopped || stops => Durable::Local,
            _ => Durable::Both,
        }
    }

    /// How durable every entry so far has to be before a request goes out. What an earlier process
    /// left may stand in its file alone: while the job runs that is no journal. With the job down
    /// the file is enough.
    pub fn sends_after(&self) -> Durable {
        if self.state.stopped { Durable::Local } else { Durable::Both }
    }

    pub fn looked(&mut self, mut seen: Seen) {
        // a JobManager that forgets does not make what it told untrue
        let before = self.seen.iter().flat_map(|s| s.known());
        let mut before: Vec<RestorePoint> =
            before.filter(|p| !seen.gone.contains(&p.path)).cloned().collect();
        newest_first(&mut before);
        seen.elsewhere.extend(before.into_iter().next());
        self.seen = Some(seen);
    }

    pub fn sending(&mut self, now: Millis) {
        let times = self.sent.as_ref().map_or(0, |s| s.times) + 1;
        self.state.left = Left::Surely;
        self.sent = Some(Sent { at: now, times, reply: None });
        self.doubt = Some(now);
        let down = self.state.open.as_ref().is_some_and(|o| o.request.is_down());
        self.down_since = self.down_since.or(down.then_some(now));
    }

    pub fn replied(&mut self, reply: Reply) {
        if let Some(sent) = &mut self.sent {
            sent.reply = Some(reply);
        }
    }

    /// The entry is durable.
    pub fn recorded(&mut self, entry: &Entry, now: Millis) {
        self.state.apply(entry);
        if entry.aside() {
            return;
        }
        (self.resumed, self.sent) = (false, None);
        let intends = matches!(entry, Entry::Intent { .. });
        self.state.left = if intends { Left::Not } else { Left::Perhaps };
        if let Entry::Intent { .. } = entry {
            self.intended = now;
        }
        match entry {
            Entry::Done { .. } | Entry::Without { .. } | Entry::Turned { .. } => self.doubt = None,
            Entry::Failed { burnt, live, .. } if *burnt || *live => self.doubt = None,
            _ => {}
        }
        let again = self.state.tries > 0;
        match entry {
            // the pause before another try is no part of its time
            Entry::Intent { .. } if again => self.step_since = now,
            Entry::Chosen { .. } if again => {}
            Entry::Intent { .. } | Entry::Dropped => {}
            _ => self.step_since = now,
        }
        if !matches!(entry, Entry::Intent { .. } | Entry::Dropped) {
            self.down_since = self.state.stopped.then(|| self.down_since.unwrap_or(now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{End, Reply, Request};
    use super::*;
    use crate::action::tests::plan;
    use crate::plan::guard::Stage;

    fn point(checkpoint: u64) -> RestorePoint {
        RestorePoint {
            run: RunId::new("lost"),
            checkpoint,
            path: format!("s3://state/lost/chk-{checkpoint}").into(),
            taken: Millis(checkpoint as i64),
            savepoint: false,
        }
    }

    /// A lost job, started again from checkpoint 7; its request is in doubt since 0.
    fn in_doubt() -> Session {
        let steps = vec![Step::Choose, Step::Submit { parallelism: None, wait_s: 120 }];
        let plan = plan("lost", steps);
        let mut session =
            Session::new(ActionState::begun("a".into(), plan, 1, Millis(0)), Millis(0));
        let run = session.state.next_run();
        let request = Request::Submit { run, point: point(7), parallelism: None };
        session.recorded(&Entry::Chosen { point: point(7) }, Millis(0));
        session.recorded(&Entry::Intent { request }, Millis(0));
        session.sending(Millis(0));
        session.replied(Reply::InDoubt);
        session
    }

    /// Decides at `s`, after a look that showed these runs and checkpoint 8 in the directory.
    fn decide(session: &mut Session, s: i64, runs: &[(RunId, RunSeen)]) -> Command {
        let now = Millis(s * 1_000);
        let runs = runs.iter().cloned().collect();
        let elsewhere = vec![point(8)];
        let gone = Default::default();
        session.looked(Seen { asked: now, whole: true, runs, elsewhere, gone, operation: None });
        let holds = [Hold::GenerationMoved];
        session.decide(now, Around { holds: &holds, ..Around::default() })
    }

    #[test]
    fn that_nothing_was_touched_is_said_once_nothing_can_come_any_more() {
        let mut session = in_doubt();
        // got further than what was sent: not the same again
        let Command::Record(failed @ Entry::Failed { .. }) = decide(&mut session, 20, &[]) else {
            panic!("the request is given up");
        };
        session.recorded(&failed, Millis(20_000));
        assert!(matches!(decide(&mut session, 21, &[]), Command::Wait(_)), "it may come yet");
        assert!(matches!(decide(&mut session, 59, &[]), Command::Wait(_)));
        let end = decide(&mut session, 60, &[]);
        assert!(matches!(end, Command::Record(Entry::Closed { end: End::Held { .. } })), "{end:?}");
    }

    #[test]
    fn what_may_have_been_sent_is_weighed_as_if_it_had_not() {
        let mut state = in_doubt().state;
        (state.left, state.paged) = (Left::Perhaps, true);
        let mut session = Session::new(state, Millis(100_000));
        assert_eq!((session.state.stage(), session.state.touched()), (Stage::First, true));
        session.state.chosen = Some(point(8));
        session.state.open.as_mut().unwrap().request =
            Request::Submit { run: session.state.next_run(), point: point(8), parallelism: None };
        assert!(matches!(decide(&mut session, 101, &[]), Command::Wait(_)), "it may come yet");
        let mut free = session.clone();
        let look = Around::default();
        let Command::Send(_) = free.decide(Millis(101_000), look) else { panic!("it is free") };
        free.sending(Millis(101_000));
        assert_eq!(free.state.stage(), Stage::Effect);
        // never sent, as it shows: the guards' no counts
        let Command::Record(dropped @ Entry::Dropped) = decide(&mut session, 160, &[]) else {
            panic!("nothing can come any more");
        };
        session.recorded(&dropped, Millis(160_000));
        let end = decide(&mut session, 161, &[]);
        assert!(matches!(end, Command::Record(Entry::Closed { end: End::Held { .. } })), "{end:?}");
    }

    #[test]
    fn what_comes_late_is_gone_on_with() {
        let mut session = in_doubt();
        let failed = decide(&mut session, 20, &[]);
        let Command::Record(failed) = failed else { panic!("{failed:?}") };
        session.recorded(&failed, Millis(20_000));
        let run = RunSeen {
            state: JobState::Running,
            other: None,
            all_running: true,
            restored: Some(Restored { checkpoint: 7, path: Some(point(7).path) }),
            completed: Vec::new(),
            parallelism: BTreeMap::new(),
        };
        let late = [(session.state.next_run(), run)];
        let Command::Record(intent @ Entry::Intent { .. }) = decide(&mut session, 44, &late) else {
            panic!("it is ours");
        };
        session.recorded(&intent, Millis(44_000));
        let done = decide(&mut session, 45, &late);
        assert!(matches!(done, Command::Record(Entry::Done { started: Some(_) })), "{done:?}");
    }
}
