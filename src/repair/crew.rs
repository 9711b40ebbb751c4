//! One driver per open action; at a start, what an earlier process left is taken up.

use super::driver::{Driver, Outcome};
use super::local::{LocalFile, Slot, Spool};
use super::recorder::Recorder;
use super::{Error, Ports, TakenUp, Told};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use streamwarden_core::action::{ActionState, Entry, merged};
use streamwarden_core::estate::{Millis, Name};
use streamwarden_core::rules::Words;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Actions that ended here and are remembered: more than can end between two looks at what is open.
const OVER: usize = 64;

pub struct Crew {
    ports: Arc<Ports>,
    names: Arc<Mutex<Names>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

#[derive(Debug, Default)]
struct Names {
    running: BTreeSet<Name>,
    /// Ended a moment ago: a list of what is open may be older than that.
    over: VecDeque<Name>,
}

impl Names {
    fn has(&self, id: &Name) -> bool {
        self.running.contains(id) || self.over.contains(id)
    }

    fn ended(&mut self, id: &Name, outcome: Outcome) {
        match outcome {
            // who let it go keeps the name: it is not taken up again by this process
            Outcome::LetGo => return,
            Outcome::Stopped => {}
            Outcome::Over => {
                self.over.truncate(OVER - 1);
                self.over.push_front(id.clone());
            }
        }
        self.running.remove(id);
    }
}

/// What became of what was left.
#[derive(Debug, Default)]
pub struct Resumed {
    pub taken_up: Vec<Name>,
    /// Actions that nobody may go on with here, each with why: a person has to look.
    pub left: Vec<(Name, Words)>,
    /// Local files that cannot be used.
    pub bad: Vec<Error>,
}

impl Crew {
    pub fn new(ports: Ports, stop: CancellationToken) -> Crew {
        Crew { ports: Arc::new(ports), names: Arc::default(), tasks: TaskTracker::new(), stop }
    }

    /// Room on disk, to be taken before the database begins an action.
    ///
    /// # Errors
    /// There is none: nothing may begin.
    pub async fn reserve(&self) -> Result<Slot, Error> {
        let spool = self.ports.spool.clone();
        blocking(move || spool.reserve()).await
    }

    /// Drives what the database has just begun.
    ///
    /// # Errors
    /// Its file cannot be written, or its cluster cannot be acted on: nothing is sent. It stays
    /// open in the database, and [`Crew::resume`] tries again.
    pub async fn start(&self, slot: Slot, state: ActionState) -> Result<(), Error> {
        self.ports.hand(&state.plan)?;
        let ActionState { id, plan, generation, began, .. } = state.clone();
        let file = blocking(move || slot.begin(&state)).await?;
        let taken = TakenUp { id, plan, generation, began, entries: Vec::new() };
        self.drive(Some(file), 0, &taken)
    }

    /// Takes up every open action that no driver has: at a start, and from time to time, since a
    /// begin that the database carried out after we gave it up has none. `known`: the open actions
    /// of the database; None: it does not answer, and only what has a local file is gone on with.
    pub async fn resume(&self, known: Option<Vec<TakenUp>>) -> Resumed {
        let spool = self.ports.spool.clone();
        let (files, bad) = match blocking(move || Ok(spool.read())).await {
            Ok(read) => read,
            Err(e) => (Vec::new(), vec![e]),
        };
        let mut resumed = Resumed { bad, ..Resumed::default() };
        let mut files: BTreeMap<Name, (LocalFile, TakenUp)> =
            files.into_iter().map(|(file, taken)| (taken.id.clone(), (file, taken))).collect();
        // a driver holds its file open: what was just read of it is not touched
        files.retain(|id, _| !held(&self.names).has(id));
        for taken in known.unwrap_or_default() {
            if held(&self.names).has(&taken.id) {
                continue;
            }
            let file = files.remove(&taken.id);
            // what is damaged is made anew from the database, which has every intent to stop
            let other = resumed.bad.iter().find(|bad| bad.other_version_of(&taken.id));
            match other.map(Error::words) {
                Some(why) => self.leave(&mut resumed, &taken, why),
                None => self.take_up(taken, file, &mut resumed).await,
            }
        }
        // open or over in the database, or not to be asked: it is written there again
        for (_, (file, taken)) in files {
            let in_file = taken.entries.len();
            let done = self.drive(Some(file), in_file, &taken);
            self.note(&mut resumed, &taken, done);
        }
        resumed
    }

    async fn take_up(
        &self,
        known: TakenUp,
        file: Option<(LocalFile, TakenUp)>,
        resumed: &mut Resumed,
    ) {
        let (spool, of) = (self.ports.spool.clone(), known.clone());
        match blocking(move || one_story(&spool, of, file)).await {
            Ok(Some((file, in_file, taken))) => {
                let done = self.drive(Some(file), in_file, &taken);
                self.note(resumed, &taken, done);
            }
            Ok(None) => {
                let en = "the database and its local file tell two stories".to_owned();
                let zh = "数据库与本地文件的记录不一致".to_owned();
                self.leave(resumed, &known, Words { en, zh });
            }
            Err(e) => self.leave(resumed, &known, e.words()),
        }
    }

    /// Its job may be down by us: somebody has to hear of it.
    fn leave(&self, resumed: &mut Resumed, taken: &TakenUp, why: Words) {
        let state = taken.state();
        if state.ended.is_none() {
            (self.ports.told)(&state, Told::LetGo(&why));
        }
        resumed.left.push((taken.id.clone(), why));
    }

    fn note(&self, resumed: &mut Resumed, taken: &TakenUp, done: Result<(), Error>) {
        match done {
            Ok(()) => {
                self.call_again(taken);
                resumed.taken_up.push(taken.id.clone());
            }
            Err(e) => self.leave(resumed, taken, e.words()),
        }
    }

    /// Whoever was called for it may not have heard: its process may have ended between the entry
    /// and the message.
    fn call_again(&self, taken: &TakenUp) {
        let state = taken.state();
        let paged = |(_, e): &&(Millis, Entry)| matches!(e, Entry::Paged { .. });
        if let Some((_, entry)) = taken.entries.iter().rev().find(paged)
            && state.paged
            && state.ended.is_none()
        {
            (self.ports.told)(&state, Told::Recorded(entry));
        }
    }

    fn drive(&self, file: Option<LocalFile>, in_file: usize, taken: &TakenUp) -> Result<(), Error> {
        if !held(&self.names).running.insert(taken.id.clone()) {
            return Ok(());
        }
        let recorder = Recorder::new(self.ports.database.clone(), file, in_file, taken);
        let driver = match Driver::new(self.ports.clone(), recorder, taken) {
            Ok(driver) => driver,
            Err(e) => {
                held(&self.names).running.remove(&taken.id);
                return Err(e);
            }
        };
        let (stop, names, id) = (self.stop.clone(), self.names.clone(), taken.id.clone());
        self.tasks.spawn(async move {
            let outcome = driver.run(stop).await;
            held(&names).ended(&id, outcome);
        });
        Ok(())
    }

    /// Actions that have a driver, or were let go by one.
    pub fn running(&self) -> Vec<Name> {
        held(&self.names).running.iter().cloned().collect()
    }

    /// After the stop: returns when every driver has left its action where it was.
    pub async fn done(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// The action as database and file tell it, and the file with so many of the entries in it; it is
/// written anew where there is none, or where it tells more than counts. None: two stories.
pub(super) fn one_story(
    spool: &Spool,
    mut taken: TakenUp,
    file: Option<(LocalFile, TakenUp)>,
) -> Result<Option<(LocalFile, usize, TakenUp)>, Error> {
    if let Some((file, local)) = file {
        let entries = merged(&taken.entries, &local.entries, |(_, entry)| entry);
        let Some(entries) = entries.map(<[_]>::to_vec) else { return Ok(None) };
        taken.entries = entries;
        let in_file = local.entries.len();
        if in_file <= taken.entries.len() {
            return Ok(Some((file, in_file, taken)));
        }
    }
    Ok(Some((spool.make(&taken.begun())?, 0, taken)))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(e) => {
            let source = std::io::Error::other(e);
            Err(Error::Local { path: "actions".into(), doing: "reach the disk", source })
        }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
