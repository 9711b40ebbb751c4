//! An administrator turns on the safe mode of the HDFS that holds the checkpoints: reads go on, every write is refused.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct HdfsSafeMode;

impl Fault for HdfsSafeMode {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            victims: spec.job_names(),
            consequences: vec!["no job has a new checkpoint, and none commits its offsets".into()],
            decoys: vec![
                "clu.checkpoint_storage_broken",
                "conf.checkpoint_timeout_too_low",
                "conf.aligned_checkpoint_under_backpressure",
                "clu.hdfs_no_active_namenode",
            ],
            ..Label::fault("hdfs-safe-mode", "clu.hdfs_safe_mode", Place::Hdfs)
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.bases.hdfs = true;
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.hdfs_safe_mode(true)
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.hdfs_safe_mode(false)
    }
}
