//! All DataNodes die, then a job fails: its newest checkpoint lies in blocks that nobody holds.

use anyhow::Result;

use crate::bed::{Bed, Mode};
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

const DATA_NODES: usize = 3;

pub struct HdfsMissingBlocks;

impl Fault for HdfsMissingBlocks {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            victims: spec.job_names(),
            consequences: vec!["jobs cannot restore, and no checkpoint can be written".into()],
            decoys: vec![
                "clu.tm_process_lost",
                "clu.checkpoint_storage_broken",
                "conf.restart_strategy_exhausted",
                "clu.hdfs_safe_mode",
            ],
            needs: Mode::Processes,
            ..Label::fault("hdfs-missing-blocks", "clu.hdfs_missing_blocks", Place::Hdfs)
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.bases.hdfs = true;
    }

    /// Returns when all of them count as dead.
    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.kill_data_nodes(DATA_NODES)?;
        bed.kill_task_manager()
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.mend_hdfs()?;
        bed.start_task_managers()
    }
}
