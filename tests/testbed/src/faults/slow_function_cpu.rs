//! The function of the middle job computes longer per record than before.

use anyhow::Result;

use super::slow_function;
use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place, arg};

/// More cores than this would slow down whatever watches the bed; a subtask that gets less waits for the rest.
const CORES: f64 = 1.2;
const MOST_SUBTASKS: u32 = 2;

pub struct SlowFunctionCpu;

impl Fault for SlowFunctionCpu {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            family: Some("operator_slow"),
            victims: vec![spec.ads.job.clone()],
            consequences: vec![
                format!("{} waits in {} and inside the job", spec.orders_topic, spec.dwd.job),
                format!("{} inherits the delay", spec.ads.job),
            ],
            decoys: vec![
                "code.sync_io_blocking",
                "conf.aligned_checkpoint_under_backpressure",
                "conf.parallelism_too_low",
                "link.upstream_surge",
                "res.cpu_saturated",
            ],
            ..Label::fault(
                "slow-function-cpu",
                "code.slow_udf_cpu",
                Place::vertex(&spec.dwd.job, spec.dwd.operator()),
            )
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.dwd.parallelism = spec.dwd.parallelism.min(MOST_SUBTASKS);
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        let subtasks = bed.parallelism_in_force(Role::Dwd)?;
        let millis = arg(args, "ms", slow_function::default_millis(bed.spec(), subtasks));
        let burnt = millis * (CORES / f64::from(subtasks)).min(1.0);
        bed.set("dwd.burn_ms", Some(burnt))?;
        bed.set("dwd.sleep_ms", Some(millis - burnt))
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.set("dwd.sleep_ms", None)?;
        bed.set("dwd.burn_ms", None)
    }
}
