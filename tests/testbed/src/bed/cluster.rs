use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::bed::Mode;
use crate::flink::Rest;
use crate::jvm::{Jvm, Launch};
use crate::net::Gate;
use crate::progress::Progress;

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
    /// in the upload directory, by its file name
    pub jar: String,
    pub progress: Progress,
}

impl Cluster {
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
