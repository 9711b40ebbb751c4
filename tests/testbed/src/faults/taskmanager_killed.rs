//! One of the two TaskManagers dies by SIGKILL; the other has room for all. Off starts a new one in its place.

use anyhow::Result;

use crate::bed::{Bed, LAST_TASK_MANAGER, Mode};
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct TaskManagerKilled;

impl Fault for TaskManagerKilled {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            family: Some("process_lost"),
            or_places: vec![Place::FlinkCluster],
            victims: spec.job_names(),
            consequences: vec![
                "every job with a subtask there restarts from its checkpoint".into(),
            ],
            decoys: vec!["clu.tm_heartbeat_gc", "clu.jm_failover", "code.user_exception"],
            needs: Mode::Processes,
            ..Label::fault(
                "taskmanager-killed",
                "clu.tm_process_lost",
                Place::task_manager(LAST_TASK_MANAGER),
            )
        }
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.kill_task_manager()
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.start_task_managers()
    }
}
