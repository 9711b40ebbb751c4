//! Where the checkpoints go there is a file instead of a directory: every one fails at once, of every job.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct CheckpointStorageBroken;

impl Fault for CheckpointStorageBroken {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            victims: spec.job_names(),
            consequences: vec!["no job has a new checkpoint, and none commits its offsets".into()],
            decoys: vec![
                "conf.checkpoint_timeout_too_low",
                "conf.aligned_checkpoint_under_backpressure",
                "link.commit_lag_illusion",
                "res.disk_full",
            ],
            ..Label::fault(
                "checkpoint-storage-broken",
                "clu.checkpoint_storage_broken",
                Place::FlinkCluster,
            )
        }
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.break_checkpoints(None)
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.mend_checkpoints()
    }
}
