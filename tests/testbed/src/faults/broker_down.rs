//! The only broker dies by SIGKILL; off starts it again on the same port with its old log.

use anyhow::Result;

use crate::bed::{Bed, Mode};
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label};

pub struct BrokerDown;

impl Fault for BrokerDown {
    fn label(&self, spec: &EstateSpec) -> Label {
        let jobs = [&spec.ods, &spec.dwd, &spec.ads, &spec.audit];
        Label {
            name: "broker-down",
            cause: Some("link.kafka_broker_down"),
            entity: "the Kafka broker".into(),
            consequences: jobs.map(|job| format!("{} stands still", job.job)).to_vec(),
            needs: Mode::Mini,
        }
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.kill_broker();
        Ok(())
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.start_broker()
    }
}
