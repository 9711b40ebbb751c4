//! What is done to the Kafka side of a running bed.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::bed::Bed;
use crate::jvm::{Jvm, Launch};

const READY: Duration = Duration::from_secs(60);
const ERRAND: Duration = Duration::from_secs(60);

impl Bed {
    pub fn kill_broker(&mut self) {
        // dropping kills
        self.broker = None;
    }

    pub fn start_broker(&mut self) -> Result<()> {
        if self.broker.is_none() {
            let mut broker = Jvm::start(self.broker_launch.clone())?;
            broker.wait_ready(READY, &self.progress)?;
            self.broker = Some(broker);
        }
        Ok(())
    }

    /// SIGSTOP: every connection stays, and nothing is answered.
    pub fn freeze_broker(&mut self) -> Result<()> {
        self.broker.as_ref().context("the broker is dead")?.freeze()
    }

    pub fn thaw_broker(&mut self) -> Result<()> {
        self.broker.as_ref().context("the broker is dead")?.thaw()
    }

    /// Has an administrator's client do one thing, see `Errand.java`; returns when the broker has done it.
    pub fn errand(&self, words: &[&str]) -> Result<()> {
        let mut arguments = vec![self.properties_file()];
        arguments.extend(words.iter().map(|word| (*word).to_owned()));
        let launch = Launch {
            name: "errand".into(),
            main: "bed.kafka.Errand",
            arguments,
            ..self.broker_launch.clone()
        };
        Jvm::start(launch)?.wait_done(ERRAND, &self.progress)
    }
}
