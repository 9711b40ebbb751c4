//! The only broker is away until a job that Flink does not restart has given up, and comes back: everybody else goes on.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place};

pub struct JobGaveUp;

impl Fault for JobGaveUp {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            // while it is away, that is what is wrong
            or_causes: vec!["link.kafka_broker_down"],
            or_places: vec![Place::Broker { id: Some(1) }],
            victims: vec![spec.audit.job.clone()],
            consequences: vec![format!("{} stays FAILED", spec.audit.job)],
            decoys: vec!["code.user_exception", "link.upstream_stop", "clu.jm_failover"],
            ..Label::fault("job-gave-up", "conf.restart_strategy_exhausted", Place::KafkaCluster)
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.audit.fragile = true;
    }

    /// Returns when the broker is back.
    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.kill_broker(1)?;
        bed.wait(|bed| Ok(bed.job(Role::Audit)?.state == "FAILED"))?;
        bed.start_brokers()
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        let checkpoint = bed.newest_checkpoint(Role::Audit)?;
        bed.run_job(Role::Audit, Some(&checkpoint)).map(drop)
    }
}
