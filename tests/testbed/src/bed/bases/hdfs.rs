//! HDFS with a pair of NameNodes that a person hands over (no failover controller), and short times: a DataNode is
//! dead after 12 s instead of ten minutes.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::bed::Bed;
use crate::bed::bases::{entries, site, wait};
use crate::bed::broken::Broken;
use crate::bed::fleet::Fleet;
use crate::bed::launch::Launcher;
use crate::jvm::{Jvm, Launch};
use crate::net::{Ports, request};
use crate::progress::Progress;

/// As paths write it.
pub const NAME_SERVICE: &str = "bed";
const NAME_NODES: usize = 2;
const JOURNAL_NODES: usize = 3;
const DATA_NODES: usize = 3;
const NAME_NODE: &str = "org.apache.hadoop.hdfs.server.namenode.NameNode";
const DATA_NODE: &str = "org.apache.hadoop.hdfs.server.datanode.DataNode";
const JOURNAL_NODE: &str = "org.apache.hadoop.hdfs.qjournal.server.JournalNode";
const HA_ADMIN: &str = "org.apache.hadoop.hdfs.tools.DFSHAAdmin";
const ADMIN: &str = "org.apache.hadoop.hdfs.tools.DFSAdmin";
/// Seconds on a quiet machine.
const ERRAND: Duration = Duration::from_secs(150);

pub struct Hdfs {
    name_nodes: Fleet,
    journal_nodes: Fleet,
    data_nodes: Fleet,
    rpc: Vec<u16>,
    name_pages: Vec<u16>,
    journal_pages: Vec<u16>,
    data_pages: Vec<u16>,
    /// how its administrator's commands are started
    admin: Launch,
}

impl Hdfs {
    /// Until the first NameNode is active and takes writes.
    pub fn start(
        launcher: &Launcher,
        ports: &mut Ports,
        spare_disks: bool,
        progress: &Progress,
    ) -> Result<Hdfs> {
        let mut of = |count| (0..count).map(|_| ports.next()).collect::<Result<Vec<u16>>>();
        let (rpc, name_pages) = (of(NAME_NODES)?, of(NAME_NODES)?);
        let (journal_rpc, journal_pages) = (of(JOURNAL_NODES)?, of(JOURNAL_NODES)?);
        let (data_ports, data_ipc, data_pages) =
            (of(DATA_NODES)?, of(DATA_NODES)?, of(DATA_NODES)?);

        let mut all = client(&rpc);
        for (i, port) in name_pages.iter().enumerate() {
            let key = format!("dfs.namenode.http-address.{NAME_SERVICE}.nn{}", i + 1);
            all.push((key, format!("127.0.0.1:{port}")));
        }
        let journals: Vec<_> = journal_rpc.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        let edits = format!("qjournal://{}/{NAME_SERVICE}", journals.join(";"));
        all.push(("dfs.namenode.shared.edits.dir".into(), edits));
        all.extend(entries(SHORT));
        if spare_disks {
            all.extend(entries(SPARE_DISKS));
        }
        launcher.hadoop_file("hdfs-site.xml", &site(&all))?;
        let base = [("fs.defaultFS", "hdfs://bed"), ("hadoop.http.staticuser.user", "root")];
        launcher.hadoop_file("core-site.xml", &site(&entries(&base)))?;

        let set = |pairs: &[(&str, String)]| -> Vec<String> {
            pairs.iter().map(|(key, value)| format!("-D{key}={value}")).collect()
        };
        let at = |port: u16| format!("127.0.0.1:{port}");
        let journal = |i: usize| {
            let name = format!("journalnode-{}", i + 1);
            let arguments = set(&[
                ("dfs.journalnode.edits.dir", launcher.path(&format!("hdfs/{name}"))),
                ("dfs.journalnode.rpc-address", at(journal_rpc[i])),
                ("dfs.journalnode.http-address", at(journal_pages[i])),
                ("dfs.journalnode.rpc-bind-host", "127.0.0.1".into()),
            ]);
            launcher.hadoop(&name, JOURNAL_NODE, arguments)
        };
        let name = |i: usize, more: &[&str]| {
            let name = format!("namenode-{}", i + 1);
            let mut arguments = set(&[
                ("dfs.namenode.name.dir", launcher.path(&format!("hdfs/{name}"))),
                ("dfs.ha.namenode.id", format!("nn{}", i + 1)),
            ]);
            arguments.extend(more.iter().map(|word| (*word).to_owned()));
            launcher.hadoop(&name, NAME_NODE, arguments)
        };
        let data = |i: usize| {
            let name = format!("datanode-{}", i + 1);
            let mut dirs = launcher.path(&format!("hdfs/{name}"));
            if spare_disks {
                dirs = format!("{dirs},{dirs}{SPARE}");
            }
            let arguments = set(&[
                ("dfs.datanode.data.dir", dirs),
                ("dfs.datanode.address", at(data_ports[i])),
                ("dfs.datanode.ipc.address", at(data_ipc[i])),
                ("dfs.datanode.http.address", at(data_pages[i])),
                ("dfs.datanode.hostname", "127.0.0.1".into()),
            ]);
            launcher.hadoop(&name, DATA_NODE, arguments)
        };

        let journal_nodes =
            Fleet::start((0..JOURNAL_NODES).map(journal).collect::<Result<Vec<_>>>()?)?;
        let data_nodes = Fleet::start((0..DATA_NODES).map(data).collect::<Result<Vec<_>>>()?)?;
        let mut journal_nodes = journal_nodes;
        for port in journal_rpc {
            wait("the JournalNodes", progress, || {
                journal_nodes.check_alive()?;
                Ok(TcpStream::connect(("127.0.0.1", port)).is_ok())
            })?;
        }
        let format = ["-format", "-clusterid", NAME_SERVICE, "-nonInteractive"];
        let mut format = name(0, &format)?;
        format.name = "namenode-format".into();
        Jvm::start(format)?.wait_done(ERRAND, progress)?;
        // what its own `-bootstrapStandby` would fetch
        let dir = launcher.dir.join("hdfs");
        copy(&dir.join("namenode-1"), &dir.join("namenode-2"))?;
        let launches = (0..NAME_NODES).map(|i| name(i, &[])).collect::<Result<Vec<_>>>()?;
        let admin = launcher.hadoop("hdfs-admin", ADMIN, Vec::new())?;
        let name_nodes = Fleet::start(launches)?;
        let hdfs = Hdfs {
            name_nodes,
            journal_nodes,
            data_nodes,
            rpc,
            name_pages,
            journal_pages,
            data_pages,
            admin,
        };
        wait("the NameNodes", progress, || Ok(hdfs.status(1).is_ok() && hdfs.status(2).is_ok()))?;
        hdfs.errand(HA_ADMIN, &["-transitionToActive", "nn1"], progress)?;
        wait("HDFS to take writes", progress, || hdfs.takes_writes())?;
        Ok(hdfs)
    }

    pub fn jvms(&self) -> impl Iterator<Item = &Jvm> {
        let masters = self.name_nodes.alive().chain(self.journal_nodes.alive());
        masters.chain(self.data_nodes.alive())
    }

    pub fn check_alive(&mut self) -> Result<()> {
        self.name_nodes.bury();
        self.journal_nodes.check_alive()?;
        self.data_nodes.check_alive()
    }

    /// What a client has to know.
    pub fn client(&self) -> Vec<(String, String)> {
        client(&self.rpc)
    }

    pub fn name_urls(&self) -> Vec<String> {
        urls(&self.name_pages)
    }

    pub fn journal_urls(&self) -> Vec<String> {
        urls(&self.journal_pages)
    }

    pub fn data_urls(&self) -> Vec<String> {
        urls(&self.data_pages)
    }

    fn bean(&self, number: usize, name: &str) -> Result<Value> {
        let port = *self.name_pages.get(number - 1).context("no such NameNode")?;
        let path = format!("/jmx?qry=Hadoop:service=NameNode,name={name}");
        let answer = request(port, "GET", &path, None)?;
        answer.pointer("/beans/0").cloned().with_context(|| format!("no bean {name} yet"))
    }

    /// active or standby.
    fn status(&self, number: usize) -> Result<String> {
        let bean = self.bean(number, "NameNodeStatus")?;
        Ok(bean["State"].as_str().context("no State in the bean")?.to_owned())
    }

    fn active(&self) -> Result<usize> {
        let is = |n: &usize| self.status(*n).is_ok_and(|state| state == "active");
        (1..=NAME_NODES).find(is).context("no NameNode is active")
    }

    fn takes_writes(&self) -> Result<bool> {
        let active = self.active()?;
        let state = self.bean(active, "FSNamesystemState")?;
        let info = self.bean(active, "NameNodeInfo")?;
        Ok(state["NumLiveDataNodes"] == DATA_NODES && info["Safemode"] == "")
    }

    fn errand(&self, main: &'static str, words: &[&str], progress: &Progress) -> Result<()> {
        let arguments = words.iter().map(|word| (*word).to_owned()).collect();
        let launch = Launch { main, arguments, ..self.admin.clone() };
        Jvm::start(launch)?.wait_done(ERRAND, progress).with_context(|| words.join(" "))
    }
}

fn urls(ports: &[u16]) -> Vec<String> {
    ports.iter().map(|port| format!("http://127.0.0.1:{port}")).collect()
}

fn client(rpc: &[u16]) -> Vec<(String, String)> {
    let provider =
        "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider".to_owned();
    let mut all = vec![
        ("dfs.nameservices".to_owned(), NAME_SERVICE.to_owned()),
        (format!("dfs.ha.namenodes.{NAME_SERVICE}"), "nn1,nn2".into()),
        (format!("dfs.client.failover.proxy.provider.{NAME_SERVICE}"), provider),
        ("dfs.replication".into(), "2".into()),
    ];
    for (i, port) in rpc.iter().enumerate() {
        let key = format!("dfs.namenode.rpc-address.{NAME_SERVICE}.nn{}", i + 1);
        all.push((key, format!("127.0.0.1:{port}")));
    }
    all
}

/// Dead after twice the recheck and ten heartbeats.
const SHORT: &[(&str, &str)] = &[
    ("dfs.heartbeat.interval", "1"),
    ("dfs.namenode.heartbeat.recheck-interval", "1000"),
    ("dfs.namenode.stale.datanode.interval", "3000"),
    ("dfs.namenode.redundancy.interval.seconds", "1"),
    ("dfs.namenode.safemode.extension", "1000"),
    ("dfs.ha.tail-edits.period", "2"),
    ("dfs.ha.log-roll.period", "10"),
    ("dfs.ha.fencing.methods", "shell(/bin/true)"),
    ("dfs.ha.nn.not-become-active-in-safemode", "false"),
    ("dfs.namenode.datanode.registration.ip-hostname-check", "false"),
    ("dfs.permissions.enabled", "false"),
    // the disk of a test machine is rarely empty
    ("dfs.namenode.resource.du.reserved", "1048576"),
    ("dfs.namenode.handler.count", "4"),
    ("dfs.namenode.service.handler.count", "2"),
];

/// What the second directory of a DataNode is called after the first.
const SPARE: &str = "-spare";
/// A DataNode goes on with one of its two, and looks at them whenever a write fails.
const SPARE_DISKS: &[(&str, &str)] =
    &[("dfs.datanode.failed.volumes.tolerated", "1"), ("dfs.datanode.disk.check.min.gap", "1s")];

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

impl Bed {
    fn hdfs(&mut self) -> Result<&mut Hdfs> {
        self.bases.hdfs.as_mut().context("this estate has no HDFS")
    }

    /// By hand, as an administrator does.
    pub fn hdfs_safe_mode(&mut self, on: bool) -> Result<()> {
        let progress = self.progress.clone();
        let word = if on { "enter" } else { "leave" };
        self.hdfs()?.errand(ADMIN, &["-safemode", word], &progress)
    }

    /// Both NameNodes standby: as after a handover that stopped half way.
    pub fn hdfs_both_standby(&mut self) -> Result<()> {
        let progress = self.progress.clone();
        let hdfs = self.hdfs()?;
        let active = format!("nn{}", hdfs.active()?);
        hdfs.errand(HA_ADMIN, &["-transitionToStandby", &active], &progress)
    }

    /// SIGKILL for so many DataNodes; returns when the NameNode counts them as dead.
    pub fn kill_data_nodes(&mut self, count: usize) -> Result<()> {
        let progress = self.progress.clone();
        let hdfs = self.hdfs()?;
        ensure!(count <= DATA_NODES, "there are {DATA_NODES} DataNodes");
        for number in 1..=count {
            hdfs.data_nodes.kill(number)?;
        }
        let active = hdfs.active()?;
        wait("DataNodes to be dead", &progress, || {
            Ok(hdfs.bean(active, "FSNamesystemState")?["NumDeadDataNodes"] == count)
        })
    }

    /// SIGKILL for the NameNode that stands by.
    pub fn kill_standby(&mut self) -> Result<()> {
        let hdfs = self.hdfs()?;
        let standby = 3 - hdfs.active()?;
        hdfs.name_nodes.kill(standby)
    }

    /// The second directory of the first DataNode becomes a file; returns when the NameNode has heard of it.
    pub fn fail_volume(&mut self) -> Result<()> {
        let progress = self.progress.clone();
        Broken::replace(self.dir().join("hdfs").join(format!("datanode-1{SPARE}")))?;
        let hdfs = self.hdfs()?;
        let active = hdfs.active()?;
        wait("a volume to have failed", &progress, || {
            Ok(hdfs.bean(active, "FSNamesystemState")?["VolumeFailuresTotal"] == 1)
        })
    }

    /// SIGKILL for one of the three: a majority is left.
    pub fn kill_journal_node(&mut self) -> Result<()> {
        self.hdfs()?.journal_nodes.kill(1)
    }

    /// Everybody runs again, one NameNode is active, and HDFS takes writes.
    pub fn mend_hdfs(&mut self) -> Result<()> {
        let progress = self.progress.clone();
        let hdfs = self.hdfs()?;
        hdfs.check_alive()?;
        hdfs.journal_nodes.start_dead(|_| Ok(()))?;
        hdfs.data_nodes.start_dead(|_| Ok(()))?;
        hdfs.name_nodes.start_dead(|_| Ok(()))?;
        wait("the NameNodes", &progress, || Ok(hdfs.status(1).is_ok() && hdfs.status(2).is_ok()))?;
        if hdfs.active().is_err() {
            hdfs.errand(HA_ADMIN, &["-transitionToActive", "nn1"], &progress)?;
        }
        wait("HDFS to take writes", &progress, || hdfs.takes_writes())
    }
}
