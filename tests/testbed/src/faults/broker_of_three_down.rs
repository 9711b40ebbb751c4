//! One of three brokers dies by SIGKILL. Where every topic has a copy on each, the others lead after a pause what it led,
//! with a copy less; where there is one copy of each, what it led stands still.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place, pick};

const NAME: &str = "broker-of-three-down";

pub struct BrokerOfThreeDown;

impl Fault for BrokerOfThreeDown {
    fn label(&self, spec: &EstateSpec) -> Label {
        let consequence = if spec.copies > 1 {
            "what it led pauses until the others lead it, with a copy less"
        } else {
            "some partitions of every topic have no leader"
        };
        Label {
            victims: spec.job_names(),
            consequences: vec![consequence.into()],
            family: Some("source_starved"),
            decoys: vec!["link.upstream_stop", "link.sink_slow", "link.kafka_partition_skew"],
            ..Label::fault(NAME, "link.kafka_broker_down", Place::Broker { id: Some(broker(spec)) })
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.brokers = 3;
        spec.copies = [1, 3][pick(spec, "broker-of-three-down copies", 2) as usize];
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        let id = broker(bed.spec());
        bed.kill_broker(id)
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.start_brokers()
    }
}

/// Not the first: that is the controller of all, and the one that the product is told of.
fn broker(spec: &EstateSpec) -> u32 {
    2 + pick(spec, NAME, 2)
}
