//! The ZooKeeper server that Flink is connected to freezes; the other two serve. Flink gives up its leadership as soon as
//! the connection is suspended (its default), and every job restarts.

use anyhow::Result;

use crate::bed::{Bed, Mode};
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct ZookeeperServerFrozen;

impl Fault for ZookeeperServerFrozen {
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
            ..Label::fault("zookeeper-server-frozen", "clu.zk_server_silent", Place::Zookeeper)
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.bases.zookeeper = true;
        spec.flink.high_availability = true;
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.freeze_busiest_zookeeper()
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.mend_zookeepers()
    }
}
