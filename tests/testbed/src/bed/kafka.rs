//! The brokers, and what is done to the Kafka side of a running bed.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::bed::Bed;
use crate::jvm::{Jvm, Launch};
use crate::progress::Progress;

const READY: Duration = Duration::from_secs(90);
const ERRAND: Duration = Duration::from_secs(60);

/// In the order of their ids, from 1 on; an empty place is a broker that was killed.
pub struct Brokers {
    launches: Vec<Launch>,
    jvms: Vec<Option<Jvm>>,
}

impl Brokers {
    pub fn start(launches: impl Iterator<Item = Launch>) -> Result<Self> {
        let launches: Vec<Launch> = launches.collect();
        let jvms = launches.iter().cloned().map(|launch| Jvm::start(launch).map(Some));
        Ok(Brokers { jvms: jvms.collect::<Result<_>>()?, launches })
    }

    pub fn wait_ready(&mut self, progress: &Progress) -> Result<()> {
        self.jvms.iter_mut().flatten().try_for_each(|jvm| jvm.wait_ready(READY, progress))
    }

    pub fn check_alive(&mut self) -> Result<()> {
        self.jvms.iter_mut().flatten().try_for_each(Jvm::check_alive)
    }

    pub fn alive(&self) -> impl Iterator<Item = &Jvm> {
        self.jvms.iter().flatten()
    }

    fn place(&mut self, id: u32) -> Result<&mut Option<Jvm>> {
        let index = (id as usize).checked_sub(1).context("brokers count from 1")?;
        self.jvms.get_mut(index).with_context(|| format!("there is no broker {id}"))
    }

    fn restart_dead(&mut self, progress: &Progress) -> Result<()> {
        for (place, launch) in self.jvms.iter_mut().zip(&self.launches) {
            if place.is_none() {
                let mut jvm = Jvm::start(launch.clone())?;
                jvm.wait_ready(READY, progress)?;
                *place = Some(jvm);
            }
        }
        Ok(())
    }
}

impl Bed {
    pub fn kill_broker(&mut self, id: u32) -> Result<()> {
        // dropping kills
        *self.brokers.place(id)? = None;
        Ok(())
    }

    /// Every broker that was killed, on its old port with its old log.
    pub fn start_brokers(&mut self) -> Result<()> {
        self.brokers.restart_dead(&self.progress)
    }

    /// SIGSTOP: every connection stays, and nothing is answered.
    pub fn freeze_broker(&mut self, id: u32) -> Result<()> {
        self.brokers.place(id)?.as_ref().context("the broker is dead")?.freeze()
    }

    pub fn thaw_broker(&mut self, id: u32) -> Result<()> {
        self.brokers.place(id)?.as_ref().context("the broker is dead")?.thaw()
    }

    /// Has an administrator's client do one thing, see `Errand.java`; returns when the broker has done it.
    pub fn errand(&self, words: &[&str]) -> Result<()> {
        let mut arguments = vec![self.properties_file()];
        arguments.extend(words.iter().map(|word| (*word).to_owned()));
        let like = self.brokers.launches.first().context("an estate without a broker")?;
        let launch =
            Launch { name: "errand".into(), main: "bed.kafka.Errand", arguments, ..like.clone() };
        Jvm::start(launch)?.wait_done(ERRAND, &self.progress)
    }
}
