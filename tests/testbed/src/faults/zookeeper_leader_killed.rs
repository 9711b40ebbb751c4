//! The leader of the ZooKeeper dies: the other two elect one within a second. They close every connection meanwhile, Flink
//! gives up its leadership as soon as its own is suspended (its default), and every job restarts.

use anyhow::Result;

use crate::bed::{Bed, Mode};
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct ZookeeperLeaderKilled;

impl Fault for ZookeeperLeaderKilled {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            victims: spec.job_names(),
            consequences: vec!["jobs restart once, and go on by another server".into()],
            decoys: vec![
                "clu.zk_session_loss",
                "clu.jm_failover",
                "clu.tm_process_lost",
                "code.user_exception",
            ],
            needs: Mode::Processes,
            ..Label::fault("zookeeper-leader-killed", "clu.zk_server_silent", Place::Zookeeper)
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
