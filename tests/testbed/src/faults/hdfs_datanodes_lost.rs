//! Every DataNode of the HDFS that holds the checkpoints dies; its NameNode is active and says that all is well.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

const ALL: usize = 3;

pub struct HdfsDataNodesLost;

impl Fault for HdfsDataNodesLost {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            victims: spec.job_names(),
            consequences: vec!["no job has a new checkpoint".into()],
            decoys: vec![
                "clu.checkpoint_storage_broken",
                "conf.checkpoint_timeout_too_low",
                "conf.aligned_checkpoint_under_backpressure",
                "clu.hdfs_safe_mode",
                "clu.hdfs_no_active_namenode",
            ],
            ..Label::fault("hdfs-datanodes-lost", "clu.hdfs_datanodes_lost", Place::Hdfs)
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.bases.hdfs = true;
    }

    /// Returns when all of them count as dead.
    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.kill_data_nodes(ALL)
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.mend_hdfs()
    }
}
