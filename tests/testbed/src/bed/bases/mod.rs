//! What the jobs stand on beside Kafka: real ones, each only where the estate asks for it.

mod hdfs;
mod lookup;
mod yarn;
mod zookeeper;

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

pub use self::hdfs::{Hdfs, NAME_SERVICE};
pub use self::lookup::Lookup;
pub use self::yarn::{QUEUE, Yarn};
pub use self::zookeeper::Ensemble;
use crate::bed::launch::Launcher;
use crate::estate::BaseSpec;
use crate::jvm::Jvm;
use crate::net::Ports;
use crate::progress::Progress;

/// Each of them starts in ten seconds on a quiet machine.
const READY: Duration = Duration::from_secs(150);
const POLL: Duration = Duration::from_millis(200);

#[derive(Default)]
pub struct Bases {
    pub zookeeper: Option<Ensemble>,
    pub hdfs: Option<Hdfs>,
    pub yarn: Option<Yarn>,
    pub lookup: Option<Lookup>,
}

impl Bases {
    /// Until each of them does its work.
    pub fn start(
        spec: BaseSpec,
        launcher: &Launcher,
        ports: &mut Ports,
        progress: &Progress,
    ) -> Result<Bases> {
        let mut bases = Bases::default();
        if spec.lookup {
            bases.lookup = Some(Lookup::start(launcher, ports, progress)?);
        }
        if spec.zookeeper {
            bases.zookeeper = Some(Ensemble::start(launcher, ports)?);
        }
        if spec.hdfs {
            progress.say("starting HDFS");
            bases.hdfs = Some(Hdfs::start(launcher, ports, spec.worn, progress)?);
        }
        // after HDFS: its nodes read where that is when they start
        if spec.yarn {
            bases.yarn = Some(Yarn::start(launcher, ports, spec.flink_on_yarn)?);
        }
        bases.wait_ready(progress)?;
        Ok(bases)
    }

    fn wait_ready(&mut self, progress: &Progress) -> Result<()> {
        if let Some(ensemble) = &mut self.zookeeper {
            wait("ZooKeeper to serve", progress, || ensemble.serves())?;
        }
        if let Some(yarn) = &mut self.yarn {
            wait("YARN to have its nodes", progress, || yarn.serves())?;
        }
        Ok(())
    }

    pub fn jvms(&self) -> impl Iterator<Item = &Jvm> {
        let zookeeper = self.zookeeper.iter().flat_map(|e| e.servers.alive());
        let hdfs = self.hdfs.iter().flat_map(Hdfs::jvms);
        let yarn = self.yarn.iter().flat_map(Yarn::jvms);
        zookeeper.chain(hdfs).chain(yarn).chain(self.lookup.iter().flat_map(|l| l.service.alive()))
    }

    /// Fails if one has ended that nobody has killed; a NameNode may end itself.
    pub fn check_alive(&mut self) -> Result<()> {
        if let Some(ensemble) = &mut self.zookeeper {
            ensemble.servers.check_alive()?;
        }
        if let Some(hdfs) = &mut self.hdfs {
            hdfs.check_alive()?;
        }
        if let Some(yarn) = &mut self.yarn {
            yarn.check_alive()?;
        }
        Ok(())
    }
}

/// Asks until it is so; whoever cannot be asked yet is not.
pub(super) fn wait(
    what: &str,
    progress: &Progress,
    mut done: impl FnMut() -> Result<bool>,
) -> Result<()> {
    let start = Instant::now();
    loop {
        let last = match done() {
            Ok(true) => return Ok(()),
            Ok(false) => None,
            Err(error) => Some(error),
        };
        progress.check()?;
        if start.elapsed() > READY {
            let why = last.map(|error| format!(": {error:#}")).unwrap_or_default();
            bail!("waited {READY:?} for {what}{why}");
        }
        std::thread::sleep(POLL);
    }
}

/// A file of Hadoop's configuration.
pub(super) fn site(entries: &[(String, String)]) -> String {
    let property = |(name, value): &(String, String)| {
        format!("  <property><name>{name}</name><value>{value}</value></property>\n")
    };
    let all: String = entries.iter().map(property).collect();
    format!("<configuration>\n{all}</configuration>\n")
}

pub(super) fn entries(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
