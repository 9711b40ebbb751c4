//! Processes of one kind, that faults kill, freeze and start again.

use anyhow::{Context, Result};

use crate::jvm::{Jvm, Launch};

/// Counted from 1; an empty place is one that was killed.
pub struct Fleet {
    pub launches: Vec<Launch>,
    jvms: Vec<Option<Jvm>>,
}

impl Fleet {
    pub fn start(launches: impl IntoIterator<Item = Launch>) -> Result<Self> {
        Self::start_first(launches, usize::MAX)
    }

    /// The places of all others are empty until they are started.
    pub fn start_first(launches: impl IntoIterator<Item = Launch>, count: usize) -> Result<Self> {
        let launches: Vec<Launch> = launches.into_iter().collect();
        let jvms = launches
            .iter()
            .enumerate()
            .map(|(i, launch)| (i < count).then(|| Jvm::start(launch.clone())).transpose());
        Ok(Fleet { jvms: jvms.collect::<Result<_>>()?, launches })
    }

    pub fn alive(&self) -> impl Iterator<Item = &Jvm> {
        self.jvms.iter().flatten()
    }

    pub fn alive_mut(&mut self) -> impl Iterator<Item = &mut Jvm> {
        self.jvms.iter_mut().flatten()
    }

    pub fn check_alive(&mut self) -> Result<()> {
        self.alive_mut().try_for_each(Jvm::check_alive)
    }

    /// Of a kind that ends itself where it can do no work: its place is then empty.
    pub fn bury(&mut self) {
        for place in &mut self.jvms {
            if place.as_mut().is_some_and(|jvm| !jvm.is_alive()) {
                *place = None;
            }
        }
    }

    /// To empty the place kills it.
    pub fn place(&mut self, number: usize) -> Result<&mut Option<Jvm>> {
        let index = number.checked_sub(1).context("they count from 1")?;
        self.jvms.get_mut(index).with_context(|| format!("there is no number {number}"))
    }

    /// SIGKILL.
    pub fn kill(&mut self, number: usize) -> Result<()> {
        *self.place(number)? = None;
        Ok(())
    }

    pub fn kill_all(&mut self) {
        self.jvms.iter_mut().for_each(|place| *place = None);
    }

    /// SIGSTOP: every connection stays, and nothing is answered.
    pub fn freeze(&mut self, number: usize) -> Result<()> {
        self.place(number)?.as_ref().context("it is dead")?.freeze()
    }

    /// All that live.
    pub fn thaw(&mut self) -> Result<()> {
        self.alive().try_for_each(Jvm::thaw)
    }

    /// Each that was killed, just as it was started; one after the other where `ready` waits.
    pub fn start_dead(&mut self, mut ready: impl FnMut(&mut Jvm) -> Result<()>) -> Result<()> {
        for (place, launch) in self.jvms.iter_mut().zip(&self.launches) {
            if place.is_none() {
                let mut jvm = Jvm::start(launch.clone())?;
                ready(&mut jvm)?;
                *place = Some(jvm);
            }
        }
        Ok(())
    }
}
