//! The call that the function of the middle job makes per record blocks longer than before.

use anyhow::{Result, bail};

use crate::bed::{Bed, Mode};
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, arg};

/// What is left of the lowest load level by default: late enough to see soon, and twice the subtasks catch up.
const SHARE_OF_LOW: f64 = 0.85;

pub struct SlowFunction;

impl Fault for SlowFunction {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            name: "slow-function",
            cause: Some("code.sync_io_blocking"),
            entity: format!(
                "{} / {}",
                spec.dwd.job,
                spec.dwd.operator.as_deref().unwrap_or_default()
            ),
            consequences: vec![
                format!("{} waits in {} and inside the job", spec.orders_topic, spec.dwd.job),
                format!("{} inherits the delay", spec.ads.job),
            ],
            needs: Mode::Mini,
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

fn default_millis(spec: &EstateSpec, subtasks: u32) -> f64 {
    f64::from(subtasks) * 1000.0 / (f64::from(spec.load.low) * SHARE_OF_LOW)
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
