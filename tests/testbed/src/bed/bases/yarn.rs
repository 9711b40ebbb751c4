//! A ResourceManager and two NodeManagers. A node is lost after 5 s without a heartbeat instead of ten minutes.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::bed::Bed;
use crate::bed::bases::{entries, site, wait};
use crate::bed::fleet::Fleet;
use crate::bed::launch::{HADOOP_CONF, Launcher};
use crate::jvm::Jvm;
use crate::net::{Ports, request};

const NODES: usize = 2;
/// The node that has no JobManager, where Flink runs in YARN.
const OTHER: usize = 2;
/// Room for a JobManager and a TaskManager of the bed, not for two TaskManagers.
const NODE_MB: u32 = 2048;
/// Of Flink, where it runs here.
pub const QUEUE: &str = "streaming";
const MANAGER: &str = "org.apache.hadoop.yarn.server.resourcemanager.ResourceManager";
const NODE: &str = "org.apache.hadoop.yarn.server.nodemanager.NodeManager";
/// A container that nobody asks anything of. It is nobody's child, and ends with the bed's directory.
const SLEEP: &str = "while [ -d '$PWD' ]; do sleep 2; done";

pub struct Yarn {
    manager: Fleet,
    nodes: Fleet,
    page: u16,
    node_dirs: Vec<std::path::PathBuf>,
    /// applications of ours that wait or run
    applications: Vec<String>,
}

impl Yarn {
    /// With `flink` only the first node is there at the beginning: what comes first is then all on it.
    pub fn start(launcher: &Launcher, ports: &mut Ports, flink: bool) -> Result<Yarn> {
        let mut at = || Ok::<_, anyhow::Error>(format!("127.0.0.1:{}", ports.next()?));
        let mut all = entries(FIXED);
        for key in [
            "yarn.resourcemanager.address",
            "yarn.resourcemanager.scheduler.address",
            "yarn.resourcemanager.resource-tracker.address",
            "yarn.resourcemanager.admin.address",
        ] {
            all.push((key.to_owned(), at()?));
        }
        let page = at()?;
        all.push(("yarn.resourcemanager.webapp.address".into(), page.clone()));
        all.push(("yarn.nodemanager.resource.memory-mb".into(), NODE_MB.to_string()));
        all.push(("yarn.scheduler.maximum-allocation-mb".into(), NODE_MB.to_string()));
        // nothing is shipped: containers find Flink where we have it
        let jars = launcher.prepared.flink.class_path.replace(':', ",");
        let class_path = format!("{},{jars}", launcher.path(HADOOP_CONF));
        all.push(("yarn.application.classpath".into(), class_path));
        launcher.hadoop_file("yarn-site.xml", &site(&all))?;
        launcher.hadoop_file("capacity-scheduler.xml", &site(&entries(QUEUES)))?;
        let (mut launches, mut node_dirs) = (Vec::new(), Vec::new());
        for number in 1..=NODES {
            let name = format!("nodemanager-{number}");
            let dir = launcher.dir.join("yarn").join(&name);
            let arguments = [
                ("yarn.nodemanager.address", at()?),
                ("yarn.nodemanager.localizer.address", at()?),
                ("yarn.nodemanager.webapp.address", at()?),
                ("yarn.nodemanager.local-dirs", dir.join("local").display().to_string()),
                ("yarn.nodemanager.log-dirs", dir.join("logs").display().to_string()),
            ];
            let arguments = arguments.iter().map(|(key, value)| format!("-D{key}={value}"));
            launches.push(launcher.hadoop(&name, NODE, arguments.collect())?);
            node_dirs.push(dir);
        }
        let manager = launcher.hadoop("resourcemanager", MANAGER, Vec::new())?;
        let page = page.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        Ok(Yarn {
            manager: Fleet::start([manager])?,
            nodes: Fleet::start_first(launches, if flink { OTHER - 1 } else { NODES })?,
            page: page.context("an address without a port")?,
            node_dirs,
            applications: Vec::new(),
        })
    }

    pub fn jvms(&self) -> impl Iterator<Item = &Jvm> {
        self.manager.alive().chain(self.nodes.alive())
    }

    pub fn check_alive(&mut self) -> Result<()> {
        self.manager.check_alive()?;
        self.nodes.check_alive()
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.page)
    }

    fn metrics(&self) -> Result<Value> {
        let answer = request(self.page, "GET", "/ws/v1/cluster/metrics", None)?;
        Ok(answer["clusterMetrics"].clone())
    }

    /// All nodes that run are known.
    pub fn serves(&self) -> Result<bool> {
        Ok(self.metrics()?["activeNodes"] == self.nodes.alive().count())
    }

    fn application(&self, id: &str) -> Result<Value> {
        let answer = request(self.page, "GET", &format!("/ws/v1/cluster/apps/{id}"), None)?;
        Ok(answer["app"].clone())
    }

    /// Where the JobManager of a running application answers.
    pub fn job_manager(&self, name: &str) -> Result<u16> {
        let answer = request(self.page, "GET", "/ws/v1/cluster/apps?states=RUNNING", None)?;
        let apps = answer["apps"]["app"].as_array().context("no application runs")?;
        let of_name = apps.iter().find(|app| app["name"] == name);
        let address = of_name.and_then(|app| app["amRPCAddress"].as_str());
        let port = address.and_then(|a| a.rsplit_once(':')?.1.parse().ok());
        port.with_context(|| format!("no JobManager of {name}"))
    }

    /// An application whose only process sleeps; its id.
    fn submit(&self, name: &str, queue: &str, memory_mb: u32) -> Result<String> {
        let user = "user.name=root";
        let path = format!("/ws/v1/cluster/apps/new-application?{user}");
        let asked = request(self.page, "POST", &path, Some(&json!({})))?;
        let id = asked["application-id"].as_str().context("no application-id")?.to_owned();
        let body = json!({
            "application-id": id,
            "application-name": name,
            "application-type": "bed",
            "queue": queue,
            "max-app-attempts": 1,
            "resource": { "memory": memory_mb, "vCores": 1 },
            "am-container-spec": { "commands": { "command": SLEEP } },
        });
        request(self.page, "POST", &format!("/ws/v1/cluster/apps?{user}"), Some(&body))?;
        Ok(id)
    }
}

const FIXED: &[(&str, &str)] = &[
    ("yarn.resourcemanager.hostname", "127.0.0.1"),
    ("yarn.resourcemanager.bind-host", "127.0.0.1"),
    ("yarn.nodemanager.hostname", "127.0.0.1"),
    ("yarn.nodemanager.bind-host", "127.0.0.1"),
    ("yarn.nm.liveness-monitor.expiry-interval-ms", "5000"),
    ("yarn.am.liveness-monitor.expiry-interval-ms", "600000"),
    ("yarn.resourcemanager.nodemanagers.heartbeat-interval-ms", "500"),
    ("yarn.nodemanager.disk-health-checker.interval-ms", "2000"),
    ("yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage", "99.9"),
    ("yarn.nodemanager.resource.cpu-vcores", "8"),
    ("yarn.nodemanager.vmem-check-enabled", "false"),
    ("yarn.nodemanager.pmem-check-enabled", "false"),
    ("yarn.scheduler.minimum-allocation-mb", "128"),
    ("yarn.resourcemanager.resource-tracker.client.thread-count", "2"),
    ("yarn.resourcemanager.client.thread-count", "4"),
    ("yarn.nodemanager.container-manager.thread-count", "4"),
];

const QUEUES: &[(&str, &str)] = &[
    ("yarn.scheduler.capacity.maximum-applications", "100"),
    ("yarn.scheduler.capacity.maximum-am-resource-percent", "0.5"),
    ("yarn.scheduler.capacity.root.queues", "default,streaming"),
    ("yarn.scheduler.capacity.root.default.capacity", "30"),
    ("yarn.scheduler.capacity.root.default.maximum-capacity", "50"),
    ("yarn.scheduler.capacity.root.streaming.capacity", "70"),
    // of one user
    ("yarn.scheduler.capacity.root.streaming.user-limit-factor", "2"),
    // of JobManagers: another application must not be held for that
    ("yarn.scheduler.capacity.root.streaming.maximum-am-resource-percent", "1"),
];

impl Bed {
    fn yarn(&mut self) -> Result<&mut Yarn> {
        self.bases.yarn.as_mut().context("this estate has no YARN")
    }

    /// SIGKILL for one NodeManager; returns when YARN counts it as lost.
    pub fn kill_node_manager(&mut self) -> Result<()> {
        let progress = self.progress.clone();
        let yarn = self.yarn()?;
        yarn.nodes.kill(NODES)?;
        wait("a node to be lost", &progress, || Ok(yarn.metrics()?["lostNodes"] == 1))
    }

    /// The local directory of a NodeManager becomes a file: it calls itself unhealthy.
    pub fn break_node_manager(&mut self) -> Result<()> {
        self.break_node(1)
    }

    /// The same for the node that has no JobManager.
    pub fn break_other_node_manager(&mut self) -> Result<()> {
        self.break_node(OTHER)
    }

    fn break_node(&mut self, number: usize) -> Result<()> {
        let progress = self.progress.clone();
        let yarn = self.yarn()?;
        let dir = yarn.node_dirs[number - 1].join("local");
        std::fs::rename(&dir, dir.with_extension("away"))?;
        std::fs::write(&dir, "")?;
        wait("a node to be unhealthy", &progress, || Ok(yarn.metrics()?["unhealthyNodes"] == 1))
    }

    /// All nodes run, and are well.
    pub fn mend_node_managers(&mut self) -> Result<()> {
        let progress = self.progress.clone();
        let yarn = self.yarn()?;
        for dir in yarn.node_dirs.iter().map(|dir| dir.join("local")).filter(|d| d.is_file()) {
            std::fs::remove_file(&dir)?;
            std::fs::rename(dir.with_extension("away"), &dir)?;
        }
        yarn.nodes.start_dead(|_| Ok(()))?;
        wait("YARN to have its nodes", &progress, || yarn.serves())
    }

    /// More applications than a queue has room for: some wait. Returns when they do.
    pub fn fill_queue(&mut self) -> Result<()> {
        let progress = self.progress.clone();
        let yarn = self.yarn()?;
        for n in 0..4 {
            let id = yarn.submit(&format!("report-{n}"), "default", NODE_MB / 2)?;
            yarn.applications.push(id);
        }
        wait("applications to wait", &progress, || {
            Ok(yarn.metrics()?["appsPending"].as_u64().is_some_and(|n| n > 0))
        })
    }

    /// Another application in Flink's queue has a whole node. Returns when it has it.
    pub fn take_room(&mut self) -> Result<()> {
        let progress = self.progress.clone();
        let yarn = self.yarn()?;
        let id = yarn.submit("month-end-report", QUEUE, NODE_MB)?;
        yarn.applications.push(id.clone());
        wait("the other application to run", &progress, || {
            Ok(yarn.application(&id)?["allocatedMB"] == NODE_MB)
        })
    }

    pub fn empty_queue(&mut self) -> Result<()> {
        let yarn = self.yarn()?;
        for id in std::mem::take(&mut yarn.applications) {
            let path = format!("/ws/v1/cluster/apps/{id}/state?user.name=root");
            request(yarn.page, "PUT", &path, Some(&json!({ "state": "KILLED" })))?;
        }
        std::thread::sleep(Duration::from_secs(1));
        Ok(())
    }
}
