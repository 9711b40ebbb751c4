//! Two of three ZooKeeper servers die and the third serves nobody: the JobManager's leadership is revoked, and after
//! some tries the process ends itself (Flink 1.20: ConnectionLoss is fatal to its entrypoint).

use anyhow::Result;

use crate::bed::{Bed, Mode};
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct ZookeeperQuorumLost;

impl Fault for ZookeeperQuorumLost {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            victims: spec.job_names(),
            consequences: vec!["no JobManager leads, and no job runs, until it is back".into()],
            decoys: vec![
                "clu.jm_failover",
                "clu.tm_process_lost",
                "obs.metrics_missing",
                "link.kafka_broker_down",
            ],
            needs: Mode::Processes,
            ..Label::fault("zookeeper-quorum-lost", "clu.zk_session_loss", Place::Zookeeper)
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.bases.zookeeper = true;
        spec.flink.high_availability = true;
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.let_flink_die()?;
        bed.kill_zookeepers(2)
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.mend_zookeepers()?;
        bed.revive_flink()
    }
}
