//! Both NameNodes of the HDFS that holds the checkpoints are standby: nobody reads or writes, clients try again.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

/// Clients of HDFS try for minutes: the checkpoint expires first.
const TIMEOUT_S: u32 = 10;

pub struct HdfsNoActive;

impl Fault for HdfsNoActive {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            victims: spec.job_names(),
            consequences: vec!["every checkpoint expires".into()],
            decoys: vec![
                "clu.checkpoint_storage_broken",
                "conf.checkpoint_timeout_too_low",
                "conf.aligned_checkpoint_under_backpressure",
                "clu.hdfs_safe_mode",
            ],
            ..Label::fault("hdfs-no-active", "clu.hdfs_no_active_namenode", Place::Hdfs)
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.bases.hdfs = true;
        spec.flink.checkpoint_timeout_s.get_or_insert(TIMEOUT_S);
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.hdfs_both_standby()
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.mend_hdfs()
    }
}
