//! What was there twice is there once: a disk of a DataNode and one of a broker have failed, and the NameNode that stood
//! by is dead. Nothing suffers, and it is so before anybody looks: the next one will hurt.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

/// It has every partition of the estate's topics.
pub const FIRST_BROKER: u32 = 1;
const SECOND_BROKER: u32 = 2;

pub struct WornOut;

impl Fault for WornOut {
    fn label(&self, _: &EstateSpec) -> Label {
        Label {
            decoys: vec![
                "clu.hdfs_no_active_namenode",
                "clu.hdfs_missing_blocks",
                "link.kafka_broker_down",
            ],
            ..Label::control("worn-out", Place::Hdfs)
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.brokers = SECOND_BROKER;
        spec.bases.hdfs = true;
        spec.bases.worn = true;
    }

    fn on(&self, _: &mut Bed, _: &Args) -> Result<()> {
        Ok(())
    }

    fn off(&self, _: &mut Bed) -> Result<()> {
        Ok(())
    }
}

/// All that is so before anybody looks; the jobs run already.
pub fn wear(bed: &mut Bed) -> Result<()> {
    bed.errand(&["topics", &format!("{}/4/{SECOND_BROKER}", bed.spec().backfill)])?;
    bed.kill_standby()?;
    bed.fail_volume()?;
    bed.fail_broker_dir(SECOND_BROKER)
}
