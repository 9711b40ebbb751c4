//! An ensemble of three servers.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::bed::Bed;
use crate::bed::bases::wait;
use crate::bed::fleet::Fleet;
use crate::bed::launch::Launcher;
use crate::net::Ports;

const SERVERS: usize = 3;
const ANSWERS: Duration = Duration::from_secs(2);

pub struct Ensemble {
    pub servers: Fleet,
    ports: Vec<u16>,
}

impl Ensemble {
    pub fn start(launcher: &Launcher, ports: &mut Ports) -> Result<Ensemble> {
        let mut three = || (0..SERVERS).map(|_| ports.next()).collect::<Result<Vec<u16>>>();
        let (clients, peers, elections) = (three()?, three()?, three()?);
        let all: String = (0..SERVERS)
            .map(|i| format!("server.{}=127.0.0.1:{}:{}\n", i + 1, peers[i], elections[i]))
            .collect();
        let mut launches = Vec::new();
        for (i, port) in clients.iter().enumerate() {
            let name = format!("zookeeper-{}", i + 1);
            let data = launcher.dir.join(&name);
            std::fs::create_dir_all(&data)?;
            std::fs::write(data.join("myid"), (i + 1).to_string())?;
            let text = format!(
                "clientPort={port}\nclientPortAddress=127.0.0.1\ndataDir={}\ntickTime=500\n\
                 initLimit=20\nsyncLimit=6\nadmin.enableServer=false\n\
                 4lw.commands.whitelist=*\n{all}",
                data.display()
            );
            let config = data.join("zoo.cfg");
            std::fs::write(&config, text)?;
            launches.push(launcher.zookeeper(&name, config.display().to_string())?);
        }
        Ok(Ensemble { servers: Fleet::start(launches)?, ports: clients })
    }

    /// host:port of each, for clients.
    pub fn servers(&self) -> Vec<String> {
        self.ports.iter().map(|port| format!("127.0.0.1:{port}")).collect()
    }

    /// One leads, and all others follow.
    pub fn serves(&self) -> Result<bool> {
        let leader = self.leader()?;
        let told = word(self.ports[leader - 1], "mntr")?;
        Ok(told.lines().any(|line| line == format!("zk_synced_followers\t{}", SERVERS - 1)))
    }

    /// Its number.
    fn leader(&self) -> Result<usize> {
        let leads = |port: u16| word(port, "srvr").is_ok_and(|told| told.contains("Mode: leader"));
        let found = self.ports.iter().position(|&port| leads(port));
        Ok(1 + found.context("no server of the ensemble leads")?)
    }
}

fn word(port: u16, word: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(ANSWERS))?;
    stream.write_all(word.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

impl Bed {
    fn ensemble(&mut self) -> Result<&mut Ensemble> {
        self.bases.zookeeper.as_mut().context("this estate has no ZooKeeper of its own")
    }

    /// SIGKILL for so many servers, the leader last.
    pub fn kill_zookeepers(&mut self, count: usize) -> Result<()> {
        let ensemble = self.ensemble()?;
        let leader = ensemble.leader()?;
        let others = (1..=SERVERS).filter(|&n| n != leader).take(count.saturating_sub(1));
        for number in others.collect::<Vec<_>>().into_iter().chain([leader]) {
            ensemble.servers.kill(number)?;
        }
        Ok(())
    }

    /// SIGSTOP for a server that follows.
    pub fn freeze_zookeeper_follower(&mut self) -> Result<()> {
        let ensemble = self.ensemble()?;
        let leader = ensemble.leader()?;
        ensemble.servers.freeze(if leader == 1 { 2 } else { 1 })
    }

    /// All run again, and have a leader.
    pub fn mend_zookeepers(&mut self) -> Result<()> {
        let progress = self.progress.clone();
        let ensemble = self.ensemble()?;
        ensemble.servers.thaw()?;
        ensemble.servers.start_dead(|_| Ok(()))?;
        wait("ZooKeeper to serve", &progress, || ensemble.serves())
    }
}
