//! What is done to the Kafka side of a running bed.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::bed::Bed;
use crate::bed::broken::Broken;
use crate::jvm::{Jvm, Launch};

pub(super) const READY: Duration = Duration::from_secs(90);
const ERRAND: Duration = Duration::from_secs(60);

impl Bed {
    pub fn kill_broker(&mut self, id: u32) -> Result<()> {
        self.brokers.kill(id as usize)
    }

    /// The second directory of a broker becomes a file; returns when the broker has given it up.
    pub fn fail_broker_dir(&mut self, id: u32) -> Result<()> {
        Broken::replace(self.dir().join(format!("kafka-{id}-spare")))?;
        self.errand(&["wait-dir-failed", &id.to_string()])
    }

    /// Every broker that was killed, on its old port with its old log.
    pub fn start_brokers(&mut self) -> Result<()> {
        let progress = &self.progress;
        self.brokers.start_dead(|jvm| jvm.wait_ready(READY, progress))
    }

    /// SIGSTOP: every connection stays, and nothing is answered.
    pub fn freeze_broker(&mut self, id: u32) -> Result<()> {
        self.brokers.freeze(id as usize)
    }

    pub fn thaw_broker(&mut self, id: u32) -> Result<()> {
        self.brokers.place(id as usize)?.as_ref().context("the broker is dead")?.thaw()
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
