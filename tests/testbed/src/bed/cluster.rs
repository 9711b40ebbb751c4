use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::bed::Mode;
use crate::bed::launch::Launcher;
use crate::estate::EstateSpec;
use crate::flink::{Places, Rest, yaml};
use crate::jvm::{Jvm, Launch};
use crate::net::{Gate, Ports};
use crate::progress::Progress;

const TASK_MANAGERS: u32 = 2;
/// The one that faults of a single TaskManager hit.
pub const LAST_TASK_MANAGER: &str = "tm-2";
const MINI: &str = "bed.flink.MiniBed";
const JOB_MANAGER: &str = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint";
const TASK_MANAGER: &str = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner";
const REGISTERED: Duration = Duration::from_secs(90);

/// The processes of Flink and the doors to them.
pub struct Cluster {
    /// the JobManager, or the one JVM that is all
    pub head: Jvm,
    /// an empty place is a TaskManager that was killed
    pub task_managers: Vec<Option<Jvm>>,
    pub task_manager_launches: Vec<Launch>,
    pub slots: u32,
    pub rest: Rest,
    pub rest_gate: Gate,
    pub prometheus_gates: Vec<Gate>,
    pub progress: Progress,
}

impl Cluster {
    /// Starts all processes; they find each other by themselves.
    pub fn start(
        mode: Mode,
        spec: &EstateSpec,
        launcher: &Launcher,
        ports: &mut Ports,
        progress: &Progress,
    ) -> Result<Cluster> {
        let slots = spec.slots_per_task_manager();
        let (rest_port, rpc_port, mut prometheus) =
            (ports.next()?, ports.next()?, vec![ports.next()?]);
        let places = Places {
            dir: launcher.dir,
            rest_port,
            rpc_port,
            prometheus_port: prometheus[0],
            slots,
            checkpoint_timeout_s: spec.flink.checkpoint_timeout_s,
        };

        std::fs::write(launcher.path("conf/config.yaml"), yaml(&places))?;
        let conf = launcher.path("conf");
        let mut task_manager_launches = Vec::new();
        let head = match mode {
            Mode::Mini => launcher.flink("flink", MINI, vec![conf]),
            Mode::Processes => {
                for number in 1..=TASK_MANAGERS {
                    let port = ports.next()?;
                    prometheus.push(port);
                    let id = format!("tm-{number}");
                    let arguments = vec![
                        "--configDir".into(),
                        conf.clone(),
                        format!("-Dtaskmanager.resource-id={id}"),
                        format!("-Dmetrics.reporter.prom.port={port}"),
                    ];
                    task_manager_launches.push(launcher.flink(&id, TASK_MANAGER, arguments));
                }
                launcher.flink("jobmanager", JOB_MANAGER, vec!["--configDir".into(), conf])
            }
        };
        let head = Jvm::start(head)?;
        let task_managers =
            task_manager_launches.iter().cloned().map(|launch| Jvm::start(launch).map(Some));
        Ok(Cluster {
            head,
            task_managers: task_managers.collect::<Result<_>>()?,
            task_manager_launches,
            slots: slots * TASK_MANAGERS,
            rest: Rest { port: rest_port },
            rest_gate: Gate::open(rest_port)?,
            prometheus_gates: prometheus.into_iter().map(Gate::open).collect::<Result<_>>()?,
            progress: progress.clone(),
        })
    }

    pub fn jvms(&self) -> impl Iterator<Item = &Jvm> {
        [&self.head].into_iter().chain(self.task_managers.iter().flatten())
    }

    pub fn check_alive(&mut self) -> Result<()> {
        self.head.check_alive()?;
        self.task_managers.iter_mut().flatten().try_for_each(Jvm::check_alive)
    }

    pub fn wait_slots(&mut self) -> Result<()> {
        let (rest, progress, slots) = (self.rest.clone(), self.progress.clone(), self.slots);
        rest.wait_slots(slots, REGISTERED, &progress, || self.check_alive())
    }

    pub fn kill_task_manager(&mut self) -> Result<()> {
        if self.task_manager_launches.is_empty() {
            bail!(
                "the TaskManagers of this bed are no processes: start it with mode {:?}",
                Mode::Processes
            );
        }
        // the last one that is left: dropping kills
        let place = self.task_managers.iter_mut().rev().find(|place| place.is_some());
        *place.context("no TaskManager is left to be killed")? = None;
        Ok(())
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
