//! The middle job is down for a redeployment, YARN has its container back, and an application of others takes the room:
//! the new container stays pending, and the job waits for slots.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place};

pub struct YarnQueueFull;

impl Fault for YarnQueueFull {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            victims: vec![spec.dwd.job.clone(), spec.ads.job.clone()],
            consequences: vec![
                format!("{} waits for slots", spec.dwd.job),
                format!("{} gets no input", spec.ads.job),
            ],
            decoys: vec![
                "dep.restart_catchup",
                "link.upstream_stop",
                "clu.tm_process_lost",
                "clu.yarn_unhealthy_nodes",
            ],
            ..Label::fault("yarn-queue-full", "clu.yarn_queue_full", Place::Yarn)
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.on_yarn();
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        let checkpoint = bed.take_out_of_yarn(Role::Dwd)?;
        bed.take_room()?;
        bed.run_job(Role::Dwd, Some(&checkpoint))?;
        Ok(())
    }

    /// The job that waits takes the room by itself.
    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.empty_queue()
    }
}
