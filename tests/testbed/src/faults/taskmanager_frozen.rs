//! One of the two TaskManagers stands still, and nothing has ended. The other has room for all.

use anyhow::Result;

use crate::bed::{Bed, LAST_TASK_MANAGER, Mode};
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct TaskManagerFrozen;

impl Fault for TaskManagerFrozen {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            victims: spec.job_names(),
            consequences: vec![
                "every job with a subtask there restarts from its checkpoint".into(),
            ],
            decoys: vec!["code.user_exception", "clu.jm_failover", "res.heap_oom"],
            needs: Mode::Processes,
            ..Label::fault(
                "taskmanager-frozen",
                "clu.tm_heartbeat_gc",
                Place::task_manager(LAST_TASK_MANAGER),
            )
        }
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.freeze_task_manager()
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.thaw_task_managers()
    }
}
