//! One subtask of the middle job's function waits for something that never comes.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place, arg, pick};

const NAME: &str = "stuck-subtask";

pub struct StuckSubtask;

impl Fault for StuckSubtask {
    fn label(&self, spec: &EstateSpec) -> Label {
        let index = pick(spec, NAME, spec.dwd.parallelism);
        Label {
            or_places: vec![Place::vertex(&spec.dwd.job, spec.dwd.operator())],
            victims: vec![spec.ads.job.clone()],
            consequences: vec![
                format!("no checkpoint of {} completes", spec.dwd.job),
                format!("the windows of {} do not close", spec.dwd.job),
                format!("{} gets no input", spec.ads.job),
            ],
            decoys: vec![
                "code.data_skew_hot_key",
                "conf.checkpoint_timeout_too_low",
                "conf.aligned_checkpoint_under_backpressure",
                "code.idle_source_stalls_watermark",
                "link.upstream_stop",
            ],
            ..Label::fault(
                NAME,
                "code.stuck_task",
                Place::subtask(&spec.dwd.job, spec.dwd.operator(), Some(index)),
            )
        }
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        let subtasks = bed.parallelism_in_force(Role::Dwd)?;
        let index = f64::from(pick(bed.spec(), NAME, subtasks));
        bed.set("dwd.stuck_subtask", Some(arg(args, "subtask", index)))
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.set("dwd.stuck_subtask", None)
    }
}
