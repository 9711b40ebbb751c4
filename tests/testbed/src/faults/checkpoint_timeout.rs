//! A slow function where checkpoints may not take long: they expire, and that is only what follows from it.

use anyhow::{Result, ensure};

use super::slow_function::SlowFunction;
use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, severity};

const NAME: &str = "checkpoint-timeout";

pub struct CheckpointTimeout;

impl Fault for CheckpointTimeout {
    fn label(&self, spec: &EstateSpec) -> Label {
        let slow = SlowFunction.label(spec);
        let mut consequences = slow.consequences.clone();
        consequences.push(format!("checkpoints of {} expire", spec.dwd.job));
        Label { name: NAME, consequences, ..slow }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        let seconds = severity(spec, NAME, 2.0, 5.0).round() as u32;
        spec.flink.checkpoint_timeout_s.get_or_insert(seconds);
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        ensure!(
            bed.spec().flink.checkpoint_timeout_s.is_some(),
            "checkpoints of this estate may take long: start it with `--for {NAME}`"
        );
        SlowFunction.on(bed, args)
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        SlowFunction.off(bed)
    }
}
