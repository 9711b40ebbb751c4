//! An ensemble of three servers.

use std::cell::OnceCell;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

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
    spare: OnceCell<usize>,
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
        Ok(Ensemble { servers: Fleet::start(launches)?, ports: clients, spare: OnceCell::new() })
    }

    /// host:port of each, for clients.
    pub fn servers(&self) -> Vec<String> {
        self.ports.iter().map(|port| format!("127.0.0.1:{port}")).collect()
    }

    /// Those that Flink is told of: the leader and one that follows. Nobody is connected to the third.
    pub fn for_clients(&self) -> Result<Vec<String>> {
        let spare = self.spare()?;
        let all = self.servers().into_iter().enumerate();
        Ok(all.filter(|(i, _)| i + 1 != spare).map(|(_, server)| server).collect())
    }

    /// One leads, and all others follow.
    pub fn serves(&self) -> Result<bool> {
        let leader = self.leader()?;
        let told = word(self.ports[leader - 1], "mntr")?;
        Ok(told.lines().any(|line| line == format!("zk_synced_followers\t{}", SERVERS - 1)))
    }

    /// The last that followed when Flink began.
    fn spare(&self) -> Result<usize> {
        if let Some(number) = self.spare.get() {
            return Ok(*number);
        }
        let leader = self.leader()?;
        let followers = (1..=SERVERS).rev().find(|&n| n != leader);
        Ok(*self.spare.get_or_init(|| followers.unwrap_or(SERVERS)))
    }

    /// The one that most sessions are connected to.
    fn busiest(&self) -> Result<usize> {
        let mut most = (0, 0);
        for (i, port) in self.ports.iter().enumerate() {
            let told = word(*port, "cons")?;
            let open = |line: &&str| line.contains("sid=0x") && !line.contains("sid=0x0,");
            most = most.max((told.lines().filter(open).count(), i + 1));
        }
        ensure!(most.0 > 0, "nobody is connected to any server");
        Ok(most.1)
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

    /// SIGSTOP for the server that nobody is connected to.
    pub fn freeze_spare_zookeeper(&mut self) -> Result<()> {
        let ensemble = self.ensemble()?;
        ensemble.servers.freeze(ensemble.spare()?)
    }

    /// SIGSTOP for the server that most of Flink is connected to.
    pub fn freeze_busiest_zookeeper(&mut self) -> Result<()> {
        let ensemble = self.ensemble()?;
        ensemble.servers.freeze(ensemble.busiest()?)
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
