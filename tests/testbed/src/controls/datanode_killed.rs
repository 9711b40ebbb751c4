//! One of three DataNodes dies: each block has a copy elsewhere, and is copied again.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct DataNodeKilled;

impl Fault for DataNodeKilled {
    fn label(&self, _: &EstateSpec) -> Label {
        Label::control("datanode-killed", Place::Hdfs)
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.bases.hdfs = true;
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.kill_data_nodes(1)
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.mend_hdfs()
    }
}
