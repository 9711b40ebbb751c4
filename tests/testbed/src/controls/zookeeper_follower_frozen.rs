//! A ZooKeeper server that Flink is not connected to accepts connections and never answers; the other two serve.

use anyhow::Result;

use crate::bed::{Bed, Mode};
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct ZookeeperFollowerFrozen;

impl Fault for ZookeeperFollowerFrozen {
    fn label(&self, _: &EstateSpec) -> Label {
        Label {
            needs: Mode::Processes,
            ..Label::control("zookeeper-follower-frozen", Place::Zookeeper)
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.bases.zookeeper = true;
        spec.flink.high_availability = true;
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.freeze_spare_zookeeper()
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.mend_zookeepers()
    }
}
