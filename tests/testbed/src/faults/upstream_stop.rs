//! The generator makes no orders any more.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct UpstreamStop;

impl Fault for UpstreamStop {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            or_places: vec![Place::job(&spec.ods.job)],
            victims: vec![spec.dwd.job.clone(), spec.ads.job.clone()],
            consequences: vec![
                format!("{} and {} have nothing to do", spec.dwd.job, spec.ads.job),
                format!("{} grows old", spec.alerts_topic),
            ],
            decoys: vec![
                "link.kafka_broker_down",
                "code.stuck_task",
                "code.idle_source_stalls_watermark",
            ],
            ..Label::fault("upstream-stop", "link.upstream_stop", Place::topic(&spec.orders_topic))
        }
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.set("ods.rate_factor", Some(0.0))
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.set("ods.rate_factor", None)
    }
}
