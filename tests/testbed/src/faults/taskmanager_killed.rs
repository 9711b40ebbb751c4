//! One of the two TaskManagers dies by SIGKILL; the other has room for all. Off starts a new one in its place.

use anyhow::Result;

use crate::bed::{Bed, Mode};
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label};

pub struct TaskManagerKilled;

impl Fault for TaskManagerKilled {
    fn label(&self, _: &EstateSpec) -> Label {
        Label {
            name: "taskmanager-killed",
            cause: Some("clu.tm_process_lost"),
            entity: "one TaskManager".into(),
            consequences: vec![
                "every job with a subtask there restarts from its checkpoint".into(),
            ],
            needs: Mode::Processes,
        }
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.kill_task_manager()
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.start_task_managers()
    }
}
