//! Somebody's backfill takes every free slot while the middle job is down for a redeployment: it finds no room.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place};

pub struct SlotsExhausted;

impl Fault for SlotsExhausted {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            or_places: vec![Place::job(&spec.dwd.job)],
            victims: vec![spec.ads.job.clone()],
            consequences: vec![
                format!("{} waits for slots", spec.dwd.job),
                format!("{} gets no input", spec.ads.job),
            ],
            decoys: vec!["dep.restart_catchup", "link.upstream_stop", "clu.tm_process_lost"],
            ..Label::fault("slots-exhausted", "clu.slots_exhausted", Place::FlinkCluster)
        }
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        let checkpoint = bed.cancel_job(Role::Dwd)?;
        bed.run_backfill()?;
        bed.run_job(Role::Dwd, Some(&checkpoint))?;
        Ok(())
    }

    /// The job that waits takes the slots by itself.
    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.cancel_backfill()
    }
}
