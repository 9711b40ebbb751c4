//! Drives one action: asks the machine what to do, does it, tells it what came of it. What is
//! decided is decided in core; a driver may end anywhere, and the next one goes on.

use super::recorder::{NotYet, Recorder};
use super::{AroundNow, Error, Hand, Ports, Ready, TakenUp, Told};
use std::sync::Arc;
use std::time::Duration;
#[cfg(test)]
use streamwarden_core::action::ActionState;
use streamwarden_core::action::{Around, Command, Durable, Entry, Reply, Request, Seen, Session};
use streamwarden_core::case::Hold;
use streamwarden_core::estate::{Millis, Span};
use streamwarden_core::plan::Switch;
use streamwarden_core::rules::Words;
use tokio_util::sync::CancellationToken;

/// A look that takes longer is too old to decide by.
const LOOK: Duration = Duration::from_secs(4);
/// That a job could be started again counts for so long: until the stop is written down and sent.
const READY: Span = Span::secs(2);
/// What a submission needs is asked for so long.
const PREPARE: Duration = Duration::from_secs(25);
/// It counts for so long: until the job was looked at once more.
const PREPARED: Span = Span::secs(30);
/// Guards that take longer say nothing.
const AROUND: Duration = Duration::from_secs(2);
/// The longest sleep: a kill switch shows within a second.
const NAP: Span = Span(500);
/// Between two tries to record.
const AGAIN: Span = Span(1000);

/// How driving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The action is over, and the database has all of it.
    Over,
    /// Another process acts now, or a person has to look.
    LetGo,
    /// This process ends; the next one goes on.
    Stopped,
}

/// What one step led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Again,
    Wait(Millis),
    End(Outcome),
}

pub(super) struct Driver {
    session: Session,
    recorder: Recorder,
    ports: Arc<Ports>,
    hand: Arc<dyn Hand>,
    fenced: bool,
    /// Why the job could not be started again, when that was last asked.
    ready: Option<(Millis, Option<Hold>)>,
    /// A submission that only has to leave.
    prepared: Option<(Millis, Request, Ready)>,
}

impl Driver {
    /// `taken` with the entries that count.
    pub fn new(ports: Arc<Ports>, recorder: Recorder, taken: &TakenUp) -> Result<Driver, Error> {
        let state = taken.state();
        let hand = ports.hand(&state.plan)?;
        let session = Session::new(state, (ports.clock)());
        Ok(Driver { session, recorder, ports, hand, fenced: false, ready: None, prepared: None })
    }

    #[cfg(test)]
    pub fn state(&self) -> &ActionState {
        &self.session.state
    }

    /// Until it is over, somebody else has it, or this process ends.
    pub async fn run(mut self, stop: CancellationToken) -> Outcome {
        loop {
            if stop.is_cancelled() {
                return Outcome::Stopped;
            }
            match self.step().await {
                Step::Again => {}
                Step::End(outcome) => return outcome,
                Step::Wait(until) => {
                    let left = (until - (self.ports.clock)()).0.clamp(10, NAP.0);
                    let nap = Duration::from_millis(left.unsigned_abs());
                    let _ = tokio::time::timeout(nap, stop.cancelled()).await;
                }
            }
        }
    }

    /// One command of the machine.
    pub async fn step(&mut self) -> Step {
        // before the guards: it may take its time, and they may not be old
        let unready = self.unready().await;
        let mut now = self.around().await;
        now.holds.extend(unready);
        // last of all, and from the file itself: what it forbids is not sent
        let (holds, hard) = self.with_kill_file(now.holds, now.hard);
        let around = Around {
            fenced: self.fenced,
            holds: &holds,
            hard: hard.as_ref(),
            cure: now.cure,
            figures: now.figures,
        };
        let at = self.now();
        match self.session.decide(at, around) {
            Command::Look => self.look().await,
            Command::Record(entry) => self.record(&entry).await,
            Command::Send(request) => self.send(&request).await,
            Command::Wait(until) => self.wait(until).await,
            Command::LetGo => Step::End(Outcome::LetGo),
            Command::Rest => self.rest().await,
        }
    }

    fn now(&self) -> Millis {
        (self.ports.clock)()
    }

    fn told(&self, told: Told<'_>) {
        (self.ports.told)(&self.session.state, told);
    }

    async fn around(&self) -> AroundNow {
        let ask = self.ports.watch.around(&self.session.state);
        tokio::time::timeout(AROUND, ask).await.unwrap_or_else(|_| AroundNow {
            // who cannot be asked has not said yes
            holds: vec![Hold::MissingEvidence { what: vec!["guards".into()] }],
            ..AroundNow::default()
        })
    }

    /// Jar, program and roots were there when the plan was made: once more right before a stop.
    async fn unready(&mut self) -> Option<Hold> {
        if !self.session.about_to_stop() {
            return None;
        }
        let now = self.now();
        if let Some((_, hold)) = self.ready.as_ref().filter(|(at, _)| now - *at < READY) {
            return hold.clone();
        }
        let ask = self.hand.refuses(&self.session.state);
        let silent = || Some("whether it could be submitted is not known".into());
        let why = tokio::time::timeout(LOOK, ask).await.unwrap_or_else(|_| silent());
        let hold = why.map(|why| Hold::CannotSubmit { why });
        self.ready = Some((now, hold.clone()));
        hold
    }

    fn with_kill_file(
        &self,
        mut holds: Vec<Hold>,
        hard: Option<Switch>,
    ) -> (Vec<Hold>, Option<Switch>) {
        let plan = &self.session.state.plan;
        let file = self.ports.kill.read();
        let mine: Vec<Switch> =
            file.into_iter().filter(|s| s.scope.covers(&plan.job, &plan.playbook)).collect();
        holds.extend(mine.iter().map(|s| Hold::KillSwitch {
            scope: s.scope.clone(),
            by: s.by.clone(),
            why: s.why.clone(),
        }));
        (holds, hard.or_else(|| mine.into_iter().find(|s| s.hard)))
    }

    async fn look(&mut self) -> Step {
        let now = self.now();
        let look = self.hand.look(&self.session.state, now);
        let nothing = || Seen {
            asked: now,
            whole: false,
            runs: Default::default(),
            elsewhere: Vec::new(),
            gone: Default::default(),
            operation: None,
        };
        let seen = tokio::time::timeout(LOOK, look).await.unwrap_or_else(|_| nothing());
        self.session.looked(seen);
        Step::Again
    }

    async fn record(&mut self, entry: &Entry) -> Step {
        let (now, durable) = (self.now(), self.session.durable(entry));
        match self.recorder.record(now, entry, durable).await {
            Ok(entry) => {
                self.session.recorded(&entry, self.now());
                self.told(Told::Recorded(&entry));
                Step::Again
            }
            Err(e) => self.stalled(e),
        }
    }

    async fn send(&mut self, request: &Request) -> Step {
        if self.session.sends_after() == Durable::Both && !self.recorder.whole() {
            // and the guards again after it: it may take its time
            return match self.recorder.settle().await {
                Ok(()) => Step::Again,
                Err(e) => self.stalled(e),
            };
        }
        let ready = match self.kept(request) {
            Some(ready) => Ok(ready),
            None => match (self.prepare(request).await, request) {
                // that may have taken its time: switches and guards again after it
                (Ok(ready), Request::Submit { .. }) => {
                    self.prepared = Some((self.now(), request.clone(), ready));
                    return Step::Again;
                }
                (other, _) => other,
            },
        };
        self.session.sending(self.now());
        self.told(Told::Sending(request));
        let reply = match ready {
            Ok(ready) => self.hand.send(&ready).await,
            Err(reply) => reply,
        };
        self.told(Told::Replied(request, &reply));
        self.session.replied(reply);
        Step::Again
    }

    fn kept(&mut self, request: &Request) -> Option<Ready> {
        let now = self.now();
        let (at, of, ready) = self.prepared.take()?;
        (of == *request && now - at < PREPARED).then_some(ready)
    }

    async fn prepare(&self, request: &Request) -> Result<Ready, Reply> {
        let ask = self.hand.ready(&self.session.state.plan, request);
        tokio::time::timeout(PREPARE, ask).await.unwrap_or(Err(Reply::InDoubt))
    }

    async fn wait(&mut self, until: Millis) -> Step {
        match self.recorder.glance(self.now()).await {
            Ok(()) => Step::Wait(until),
            Err(e) => self.stalled(e),
        }
    }

    /// Over; but the database has to hear of it before its file goes.
    async fn rest(&mut self) -> Step {
        if let Err(e) = self.recorder.glance(self.now()).await {
            return self.stalled(e);
        }
        if !self.recorder.whole() {
            return Step::Wait(self.now() + AGAIN);
        }
        self.recorder.finish();
        Step::End(Outcome::Over)
    }

    fn stalled(&mut self, why: NotYet) -> Step {
        match why {
            NotYet::Fenced => {
                self.fenced = true;
                match self.session.state.ended {
                    Some(_) => Step::End(Outcome::LetGo),
                    None => Step::Again,
                }
            }
            NotYet::Conflict(what) => {
                self.told(Told::LetGo(&Words { en: what.clone(), zh: what }));
                Step::End(Outcome::LetGo)
            }
            NotYet::Later(why) => {
                self.told(Told::Stalled(&why));
                Step::Wait(self.now() + AGAIN)
            }
        }
    }
}
