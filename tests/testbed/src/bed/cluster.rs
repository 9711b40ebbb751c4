use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::bed::Mode;
use crate::bed::bases::{Bases, Ensemble, Hdfs, QUEUE};
use crate::bed::launch::{HADOOP_CONF, Launcher};
use crate::controls::ill_kept;
use crate::estate::EstateSpec;
use crate::flink::{InYarn, Places, Rest, yaml};
use crate::jvm::{Jvm, Launch};
use crate::net::{Gate, Ports};
use crate::progress::Progress;

const TASK_MANAGERS: u32 = 2;
/// The one that faults of a single TaskManager hit.
pub const LAST_TASK_MANAGER: &str = "tm-2";
const MINI: &str = "bed.flink.MiniBed";
const JOB_MANAGER: &str = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint";
const TASK_MANAGER: &str = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner";
const ZOOKEEPER: &str = "bed.flink.Zoo";
const YARN_SESSION: &str = "org.apache.flink.yarn.cli.FlinkYarnSessionCli";
/// Of Flink, where it runs in YARN.
pub const APPLICATION: &str = "bed-flink";
const DEPLOYED: Duration = Duration::from_secs(150);
const REGISTERED: Duration = Duration::from_secs(90);

/// The processes of Flink and the doors to them.
pub struct Cluster {
    /// the JobManager, or the one JVM that is all; an empty place is one that was killed
    pub head: Option<Jvm>,
    head_launch: Launch,
    zookeeper: Option<Jvm>,
    /// whether a TaskManager may end by itself: its place is then empty
    mortal: bool,
    /// whether the JobManager may, too
    mortal_head: bool,
    /// an empty place is a TaskManager that was killed
    pub task_managers: Vec<Option<Jvm>>,
    pub task_manager_launches: Vec<Launch>,
    pub slots: u32,
    pub rest: Rest,
    pub rest_gate: Gate,
    pub prometheus_gates: Vec<Gate>,
    pub progress: Progress,
    /// what containers of YARN are connected to: they end with it
    _leash: Option<TcpListener>,
}

impl Cluster {
    /// Starts all processes; they find each other by themselves.
    pub fn start(
        mode: Mode,
        spec: &EstateSpec,
        launcher: &Launcher,
        ports: &mut Ports,
        bases: &Bases,
        progress: &Progress,
    ) -> Result<Cluster> {
        let slots = spec.slots_per_task_manager();
        let (rest_port, rpc_port, mut prometheus) =
            (ports.next()?, ports.next()?, vec![ports.next()?]);
        let mut zookeeper = None;
        let ensemble = bases.zookeeper.as_ref().map(Ensemble::for_clients).transpose()?;
        let mut servers = ensemble.map(|servers| servers.join(","));
        if servers.is_none() && spec.flink.high_availability {
            let port = ports.next()?;
            zookeeper = Some(single_zookeeper(port, launcher)?);
            servers = Some(format!("127.0.0.1:{port}"));
        }
        let leash = spec.bases.flink_on_yarn.then(|| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let leash = leash.transpose()?;
        let java = launcher.prepared.java();
        let in_yarn = |leash: &TcpListener| -> Result<InYarn> {
            Ok(InYarn {
                application: APPLICATION.to_owned(),
                queue: QUEUE.to_owned(),
                java_home: java.ancestors().nth(2).context("no home of Java")?.to_owned(),
                jar: launcher.prepared.flink.jar.clone(),
                leash: leash.local_addr()?.port(),
            })
        };
        let places = Places {
            yarn: leash.as_ref().map(in_yarn).transpose()?,
            dir: launcher.dir,
            rest_port,
            rpc_port,
            prometheus_port: prometheus[0],
            slots,
            checkpoint_timeout_s: spec.flink.checkpoint_timeout_s,
            line: spec.flink.line,
            latency_ms: spec.ill_kept.then_some(ill_kept::LATENCY_MS),
            zookeeper: servers,
            hdfs: bases.hdfs.as_ref().map(Hdfs::client),
        };

        std::fs::write(launcher.path("conf/config.yaml"), yaml(&places))?;
        let conf = launcher.path("conf");
        if let (Some(leash), Some(yarn)) = (leash, &bases.yarn) {
            // by this name Flink ships it to its containers
            std::fs::copy(
                launcher.path("conf/log4j2.properties"),
                launcher.path("conf/log4j.properties"),
            )?;
            let mut deploy = launcher.flink("yarn-session", YARN_SESSION, vec!["-d".into()]);
            deploy.class_path = format!("{}:{}", launcher.path(HADOOP_CONF), deploy.class_path);
            deploy.env = vec![
                ("FLINK_CONF_DIR", conf.clone()),
                ("HADOOP_CONF_DIR", launcher.path(HADOOP_CONF)),
            ];
            progress.say("starting Flink in YARN");
            Jvm::start(deploy.clone())?.wait_done(DEPLOYED, progress)?;
            let port = yarn.job_manager(APPLICATION)?;
            return Ok(Cluster {
                head: None,
                head_launch: deploy,
                zookeeper,
                mortal: false,
                mortal_head: false,
                task_managers: Vec::new(),
                task_manager_launches: Vec::new(),
                // none before there is a job
                slots: 0,
                rest: Rest { port },
                rest_gate: Gate::open(port)?,
                prometheus_gates: Vec::new(),
                progress: progress.clone(),
                _leash: Some(leash),
            });
        }
        let mut task_manager_launches = Vec::new();
        let head_launch = match mode {
            Mode::Mini => launcher.flink("flink", MINI, vec![conf]),
            Mode::Processes => {
                let all = TASK_MANAGERS + u32::from(spec.flink.spare_task_manager);
                for number in 1..=all {
                    let port = ports.next()?;
                    prometheus.push(port);
                    let id = format!("tm-{number}");
                    let arguments = vec![
                        "--configDir".into(),
                        conf.clone(),
                        format!("-Dtaskmanager.resource-id={id}"),
                        format!("-Dmetrics.reporter.prom.port={port}"),
                    ];
                    let launch = launcher.flink(&id, TASK_MANAGER, arguments);
                    task_manager_launches
                        .push(Launcher::with_heap(launch, spec.flink.task_heap_mb));
                }
                launcher.flink("jobmanager", JOB_MANAGER, vec!["--configDir".into(), conf])
            }
        };
        let head = Some(Jvm::start(head_launch.clone())?);
        let task_managers = task_manager_launches.iter().enumerate().map(|(number, launch)| {
            let at_once = number < TASK_MANAGERS as usize;
            at_once.then(|| Jvm::start(launch.clone())).transpose()
        });
        Ok(Cluster {
            head,
            head_launch,
            zookeeper,
            mortal: false,
            mortal_head: false,
            task_managers: task_managers.collect::<Result<_>>()?,
            task_manager_launches,
            slots: slots * TASK_MANAGERS,
            rest: Rest { port: rest_port },
            rest_gate: Gate::open(rest_port)?,
            prometheus_gates: prometheus.into_iter().map(Gate::open).collect::<Result<_>>()?,
            progress: progress.clone(),
            _leash: None,
        })
    }

    /// Until there are so many slots, where YARN gives them.
    pub fn wait_for(&mut self, slots: u32) -> Result<()> {
        self.slots = slots;
        self.wait_slots()
    }

    pub fn jvms(&self) -> impl Iterator<Item = &Jvm> {
        let others = self.zookeeper.iter().chain(self.task_managers.iter().flatten());
        self.head.iter().chain(others)
    }

    pub fn check_alive(&mut self) -> Result<()> {
        if self.mortal_head && self.head.as_mut().is_some_and(|jvm| !jvm.is_alive()) {
            self.head = None;
        }
        self.head.iter_mut().chain(&mut self.zookeeper).try_for_each(Jvm::check_alive)?;
        if self.mortal {
            for place in &mut self.task_managers {
                if place.as_mut().is_some_and(|jvm| !jvm.is_alive()) {
                    *place = None;
                }
            }
        }
        self.task_managers.iter_mut().flatten().try_for_each(Jvm::check_alive)
    }

    pub fn wait_slots(&mut self) -> Result<()> {
        let (rest, progress, slots) = (self.rest.clone(), self.progress.clone(), self.slots);
        rest.wait_slots(slots, REGISTERED, &progress, || self.check_alive())
    }

    pub fn kill_task_manager(&mut self) -> Result<()> {
        *self.last_task_manager()? = None;
        Ok(())
    }

    /// The one that has no work, if this cluster is to have one: started when all work is given out.
    pub fn start_spare(&mut self) -> Result<()> {
        let all = self.task_manager_launches.len() as u32;
        if all <= TASK_MANAGERS {
            return Ok(());
        }
        self.slots = self.slots / TASK_MANAGERS * all;
        self.start_task_managers()
    }

    /// SIGKILL for the one without work, and a new one in its place.
    pub fn restart_spare(&mut self) -> Result<()> {
        let spare = self.task_managers.get_mut(TASK_MANAGERS as usize);
        *spare.context("this cluster has no spare TaskManager")? = None;
        self.start_task_managers()
    }

    pub fn freeze_task_manager(&mut self) -> Result<()> {
        self.last_task_manager()?.as_ref().map_or(Ok(()), Jvm::freeze)
    }

    pub fn thaw_task_managers(&mut self) -> Result<()> {
        self.task_managers.iter().flatten().try_for_each(Jvm::thaw)?;
        self.wait_slots()
    }

    /// The one that faults strike, if it has work to do; to empty its place kills it.
    fn last_task_manager(&mut self) -> Result<&mut Option<Jvm>> {
        self.need_processes()?;
        ensure!(
            self.rest.has_work(LAST_TASK_MANAGER)?,
            "{LAST_TASK_MANAGER} has no task, so nothing would suffer: a restart has moved them all"
        );
        let is_it = |jvm: &Jvm| jvm.launch.name == LAST_TASK_MANAGER;
        let place = self.task_managers.iter_mut().find(|place| place.as_ref().is_some_and(is_it));
        place.with_context(|| format!("{LAST_TASK_MANAGER} is gone already"))
    }

    fn need_processes(&self) -> Result<()> {
        ensure!(
            !self.task_manager_launches.is_empty(),
            "the parts of this cluster are no processes: start the bed with mode {:?}",
            Mode::Processes
        );
        Ok(())
    }

    /// From now on a TaskManager may die of what a fault does to it.
    pub fn let_task_managers_die(&mut self) -> Result<()> {
        self.need_processes()?;
        self.mortal = true;
        Ok(())
    }

    /// From now on every process of Flink may end itself.
    pub fn let_all_die(&mut self) -> Result<()> {
        self.let_task_managers_die()?;
        self.mortal_head = true;
        Ok(())
    }

    /// A new one in the place of each that has ended, as whoever supervises them would start.
    pub fn revive(&mut self) -> Result<()> {
        self.check_alive()?;
        (self.mortal, self.mortal_head) = (false, false);
        if self.head.is_none() {
            self.head = Some(Jvm::start(self.head_launch.clone())?);
        }
        self.start_task_managers()
    }

    /// New ones in the place of all, whatever state they were in.
    pub fn replace_task_managers(&mut self) -> Result<()> {
        self.need_processes()?;
        self.task_managers.iter_mut().for_each(|place| *place = None);
        self.start_task_managers()?;
        self.mortal = false;
        Ok(())
    }

    pub fn kill_job_manager(&mut self) -> Result<()> {
        self.need_processes()?;
        self.head = None;
        Ok(())
    }

    /// Until it knows all TaskManagers.
    pub fn start_job_manager(&mut self) -> Result<()> {
        if self.head.is_none() {
            self.head = Some(Jvm::start(self.head_launch.clone())?);
        }
        self.wait_slots()
    }

    pub fn start_task_managers(&mut self) -> Result<()> {
        for (place, launch) in self.task_managers.iter_mut().zip(&self.task_manager_launches) {
            if place.is_none() {
                *place = Some(Jvm::start(launch.clone())?);
            }
        }
        self.wait_slots()
    }

    pub fn set_shut(&self, shut: bool) {
        for gate in self.prometheus_gates.iter().chain([&self.rest_gate]) {
            gate.set_shut(shut);
        }
    }
}

fn single_zookeeper(port: u16, launcher: &Launcher) -> Result<Jvm> {
    let data = launcher.path("zookeeper");
    let config = launcher.path("conf/zoo.cfg");
    let text = format!(
        "clientPort={port}\nclientPortAddress=127.0.0.1\ndataDir={data}\ntickTime=500\n\
         admin.enableServer=false\n"
    );
    std::fs::write(&config, text)?;
    Jvm::start(launcher.flink("zookeeper", ZOOKEEPER, vec![config]))
}
