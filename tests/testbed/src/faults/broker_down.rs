//! The only broker dies by SIGKILL; off starts it again on the same port with its old log.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct BrokerDown;

impl Fault for BrokerDown {
    fn label(&self, spec: &EstateSpec) -> Label {
        // for such a job it is not over when the broker is back
        let gave_up = spec.audit.fragile.then_some("conf.restart_strategy_exhausted");
        let jobs = [&spec.ods, &spec.dwd, &spec.ads, &spec.audit];
        Label {
            or_places: vec![Place::KafkaCluster],
            or_causes: gave_up.into_iter().collect(),
            victims: jobs.map(|job| job.job.clone()).to_vec(),
            consequences: jobs.map(|job| format!("{} stands still", job.job)).to_vec(),
            family: Some("source_starved"),
            ..Label::fault("broker-down", "link.kafka_broker_down", Place::Broker { id: Some(1) })
        }
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.kill_broker(1)
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.start_brokers()
    }
}
