//! A TaskManager without work is replaced: all it counts starts anew under the same name, and no job notices.

use anyhow::Result;

use crate::bed::{Bed, Mode};
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct CounterReset;

impl Fault for CounterReset {
    fn label(&self, _: &EstateSpec) -> Label {
        Label {
            needs: Mode::Processes,
            ..Label::control("counter-reset", Place::TaskManager { id: None })
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.flink.spare_task_manager = true;
    }

    /// Returns when the new one is there: there is nothing to switch off.
    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.restart_spare()
    }

    fn off(&self, _: &mut Bed) -> Result<()> {
        Ok(())
    }
}
