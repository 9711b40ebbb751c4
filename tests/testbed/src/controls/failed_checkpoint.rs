//! One checkpoint of the middle job fails, and the next one completes.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place};

pub struct FailedCheckpoint;

impl Fault for FailedCheckpoint {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label::control("failed-checkpoint", Place::job(&spec.dwd.job))
    }

    /// Returns when it has failed: there is nothing to switch off.
    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        let before = bed.failed_checkpoints(Role::Dwd)?;
        bed.break_checkpoints(Some(Role::Dwd))?;
        let failed = bed.wait(|bed| Ok(bed.failed_checkpoints(Role::Dwd)? > before));
        bed.mend_checkpoints()?;
        failed
    }

    fn off(&self, _: &mut Bed) -> Result<()> {
        Ok(())
    }
}
