//! What the driver needs from outside, so that it knows neither store nor collectors.

use super::local::Spool;
use super::{Error, KillFile};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use streamwarden_core::action::{ActionState, Entry, Reply, Request, Seen};
use streamwarden_core::case::{Cure, Figures, Hold, Plan};
use streamwarden_core::estate::{ClusterId, Millis, Name};
use streamwarden_core::plan::Switch;
use streamwarden_core::rules::Words;

pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The journal in the database. Each call has a deadline of its own.
pub trait Database: Send + Sync {
    /// The `n`-th entry, from 0. The same may be written again; after [`Lost::Down`] it may stand
    /// there or not.
    fn append<'a>(
        &'a self,
        action: &'a str,
        n: u32,
        at: Millis,
        entry: &'a Entry,
    ) -> Boxed<'a, Result<(), Lost>>;
}

/// Why the database did not take an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Another process acts now.
    Fenced,
    /// It says something else than we know: nobody may go on from here.
    Conflict(String),
    /// No answer, or none that is of use: later.
    Down(String),
}

/// A request that only has to leave.
#[derive(Debug)]
pub struct Ready(pub(super) super::hand::Parcel);

/// What reaches one cluster.
pub trait Hand: Send + Sync {
    /// What has to be asked before the request can leave; nothing leaves. Err: what stands for its
    /// answer, since it cannot.
    fn ready<'a>(&'a self, plan: &'a Plan, request: &'a Request)
    -> Boxed<'a, Result<Ready, Reply>>;
    /// At once. Comes back within a minute, whatever the other side does.
    fn send<'a>(&'a self, ready: &'a Ready) -> Boxed<'a, Reply>;
    /// Why the action's submission would be refused before it is sent, as it is now.
    fn refuses<'a>(&'a self, state: &'a ActionState) -> Boxed<'a, Option<Name>>;
    /// Now: by the driver's clock.
    fn look<'a>(&'a self, state: &'a ActionState, now: Millis) -> Boxed<'a, Seen>;
}

/// Guards and verdict, asked before each step.
pub trait Watch: Send + Sync {
    fn around<'a>(&'a self, state: &'a ActionState) -> Boxed<'a, AroundNow>;
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct AroundNow {
    /// Guards asked again at `Stage::Effect`.
    pub holds: Vec<Hold>,
    /// A switch of the database that was thrown with `--hard`.
    pub hard: Option<Switch>,
    pub cure: Option<Cure>,
    pub figures: Option<Figures>,
}

/// What page, messages and metrics hear of.
#[derive(Clone, Debug, PartialEq)]
pub enum Told<'a> {
    /// It is durable.
    Recorded(&'a Entry),
    Sending(&'a Request),
    Replied(&'a Request, &'a Reply),
    /// The entry cannot be made durable: the action stands still.
    Stalled(&'a str),
    /// Nobody may go on with it here: a person has to look.
    LetGo(&'a Words),
}

type Teller = dyn Fn(&ActionState, Told<'_>) + Send + Sync;

pub struct Ports {
    pub database: Arc<dyn Database>,
    pub watch: Arc<dyn Watch>,
    pub hands: BTreeMap<ClusterId, Arc<dyn Hand>>,
    pub told: Arc<Teller>,
    /// Monotonic ms; only differences count.
    pub clock: Arc<dyn Fn() -> Millis + Send + Sync>,
    pub spool: Arc<Spool>,
    pub kill: KillFile,
}

impl Ports {
    pub(super) fn hand(&self, plan: &Plan) -> Result<Arc<dyn Hand>, Error> {
        let cluster = &plan.job.cluster;
        self.hands.get(cluster).cloned().ok_or_else(|| Error::NoHand(cluster.to_string()))
    }
}

/// An open action as the database tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct TakenUp {
    pub id: Name,
    pub plan: Plan,
    pub generation: u64,
    pub began: Millis,
    pub entries: Vec<(Millis, Entry)>,
}

impl TakenUp {
    /// As it was begun.
    pub(super) fn begun(&self) -> ActionState {
        ActionState::begun(self.id.clone(), self.plan.clone(), self.generation, self.began)
    }

    /// As its entries left it.
    pub(super) fn state(&self) -> ActionState {
        let mut state = self.begun();
        self.entries.iter().for_each(|(_, entry)| state.apply(entry));
        state
    }
}
