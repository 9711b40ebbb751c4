//! The only broker is stopped by SIGSTOP: its process lives and every connection stays, and nothing is answered.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct BrokerFrozen;

impl Fault for BrokerFrozen {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            or_causes: vec!["link.kafka_broker_down"],
            family: Some("source_starved"),
            or_places: vec![Place::KafkaCluster],
            victims: spec.job_names(),
            consequences: spec
                .job_names()
                .iter()
                .map(|job| format!("{job} stands still"))
                .collect(),
            decoys: vec!["link.upstream_stop", "link.kafka_throttle"],
            ..Label::fault(
                "broker-frozen",
                "link.kafka_broker_frozen",
                Place::Broker { id: Some(1) },
            )
        }
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.freeze_broker(1)
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.thaw_broker(1)
    }
}
