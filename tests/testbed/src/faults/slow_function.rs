//! The call that the function of the middle job makes per record blocks longer than before.

use anyhow::{Result, bail};

use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place, arg, severity};

/// What is left of the lowest load level in the demo: late enough to see soon, and twice the subtasks catch up.
const SHARE_OF_LOW: f64 = 0.85;
/// In a drawn estate it may be down to this.
const LEAST_SHARE: f64 = 0.55;

pub struct SlowFunction;

impl Fault for SlowFunction {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            family: Some("operator_slow"),
            victims: vec![spec.ads.job.clone()],
            consequences: vec![
                format!("{} waits in {} and inside the job", spec.orders_topic, spec.dwd.job),
                format!("{} inherits the delay", spec.ads.job),
            ],
            decoys: vec![
                "code.slow_udf_cpu",
                "conf.aligned_checkpoint_under_backpressure",
                "conf.checkpoint_timeout_too_low",
                "link.upstream_surge",
                "link.upstream_job_late",
            ],
            ..Label::fault(
                "slow-function",
                "code.sync_io_blocking",
                Place::vertex(&spec.dwd.job, spec.dwd.operator()),
            )
        }
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        let subtasks = bed.parallelism_in_force(Role::Dwd)?;
        let millis = arg(args, "ms", default_millis(bed.spec(), subtasks));
        if millis.is_nan() || millis <= 0.0 {
            bail!("ms must be above 0");
        }
        bed.set("dwd.sleep_ms", Some(millis))
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.set("dwd.sleep_ms", None)
    }
}

pub(super) fn default_millis(spec: &EstateSpec, subtasks: u32) -> f64 {
    let share = match spec.seed {
        None => SHARE_OF_LOW,
        Some(_) => severity(spec, "slow-function", LEAST_SHARE, SHARE_OF_LOW),
    };
    f64::from(subtasks) * 1000.0 / (f64::from(spec.load.low) * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacity_is_below_the_lowest_load_at_any_parallelism() {
        let spec = EstateSpec::demo();
        for subtasks in [1, 2, 4] {
            let per_second = f64::from(subtasks) * 1000.0 / default_millis(&spec, subtasks);
            assert!(per_second < 0.9 * f64::from(spec.load.low));
            // and a rescale by two keeps up with the highest
            assert!(2.0 * per_second > f64::from(spec.load.high));
        }
    }
}
