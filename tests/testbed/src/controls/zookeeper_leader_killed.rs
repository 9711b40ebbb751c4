//! The leader of the ZooKeeper dies: the other two elect one within a second, and no job has to notice.

use anyhow::Result;

use crate::bed::{Bed, Mode};
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct ZookeeperLeaderKilled;

impl Fault for ZookeeperLeaderKilled {
    fn label(&self, _: &EstateSpec) -> Label {
        Label {
            needs: Mode::Processes,
            ..Label::control("zookeeper-leader-killed", Place::Zookeeper)
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.bases.zookeeper = true;
        spec.flink.high_availability = true;
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.kill_zookeepers(1)
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.mend_zookeepers()
    }
}
