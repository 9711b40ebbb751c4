//! Two of three DataNodes die while every job is rescaled: each block of which they held both copies is gone, and a job
//! whose newest checkpoint lies in one cannot go on. HDFS itself goes on to read and write.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

/// As many as there are copies.
const LOST: usize = 2;

pub struct HdfsMissingBlocks;

impl Fault for HdfsMissingBlocks {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            victims: spec.job_names(),
            consequences: vec!["a job restarts again and again until its blocks are back".into()],
            decoys: vec![
                "clu.checkpoint_storage_broken",
                "clu.tm_process_lost",
                "conf.restart_strategy_exhausted",
                "clu.hdfs_safe_mode",
                "clu.hdfs_datanodes_lost",
            ],
            ..Label::fault("hdfs-missing-blocks", "clu.hdfs_missing_blocks", Place::Hdfs)
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.bases.hdfs = true;
    }

    /// Flink takes half a second to deploy anew: the blocks are gone when it reads them.
    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.rescale_jobs()?;
        bed.kill_data_nodes(LOST)
    }

    /// The blocks still lie on the disks of those that died.
    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.mend_hdfs()
    }
}
