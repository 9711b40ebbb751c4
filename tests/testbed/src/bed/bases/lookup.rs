//! A service that the middle job asks over HTTP.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::bed::Bed;
use crate::bed::fleet::Fleet;
use crate::bed::launch::Launcher;
use crate::net::Ports;
use crate::progress::Progress;

const READY: Duration = Duration::from_secs(60);

pub struct Lookup {
    pub service: Fleet,
    pub port: u16,
}

impl Lookup {
    pub fn start(launcher: &Launcher, ports: &mut Ports, progress: &Progress) -> Result<Lookup> {
        let port = ports.next()?;
        let mut launch = launcher.kafka("lookup", "bed.LookupService");
        launch.arguments = vec![port.to_string()];
        let mut service = Fleet::start([launch])?;
        service.alive_mut().try_for_each(|jvm| jvm.wait_ready(READY, progress))?;
        Ok(Lookup { service, port })
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/price", self.port)
    }
}

impl Bed {
    fn lookup(&mut self) -> Result<&mut Lookup> {
        self.bases.lookup.as_mut().context("this estate has no lookup service")
    }

    pub fn kill_lookup(&mut self) -> Result<()> {
        self.lookup()?.service.kill(1)
    }

    pub fn start_lookup(&mut self) -> Result<()> {
        let progress = self.progress.clone();
        self.lookup()?.service.start_dead(|jvm| jvm.wait_ready(READY, &progress))
    }
}
