//! Nobody orders anything for a while, as every night.
//!
//! With the history of earlier nights that is known to be usual. From the same bytes without it nobody can tell it from
//! an upstream that has stopped.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place, arg};

const LOADS: [&str; 3] = ["ods.rate_factor", "audit.rate_factor", "side.rate_factor"];

pub struct QuietNight;

impl Fault for QuietNight {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            or_places: vec![Place::job(&spec.ods.job), Place::topic(&spec.audit_in_topic)],
            consequences: spec
                .job_names()
                .iter()
                .map(|job| format!("{job} has nothing to do"))
                .collect(),
            without_history: vec!["link.upstream_stop"],
            decoys: vec![
                "code.stuck_task",
                "link.kafka_broker_down",
                "code.idle_source_stalls_watermark",
            ],
            ..Label::control("quiet-night", Place::topic(&spec.orders_topic))
        }
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        let factor = arg(args, "factor", 0.0);
        LOADS.iter().try_for_each(|load| bed.set(load, Some(factor)))
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        LOADS.iter().try_for_each(|load| bed.set(load, None))
    }
}
