//! Many times the orders, from one moment to the next.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place, arg, severity};

/// In the demo; a drawn estate gets half to all of it.
const FACTOR: f64 = 10.0;

pub struct Surge;

impl Fault for Surge {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            or_places: vec![Place::job(&spec.ods.job)],
            victims: vec![spec.dwd.job.clone(), spec.ads.job.clone()],
            consequences: vec![format!("{} reads many times as much", spec.dwd.job)],
            decoys: vec!["code.sync_io_blocking", "code.slow_udf_cpu"],
            ..Label::fault("surge", "link.upstream_surge", Place::topic(&spec.orders_topic))
        }
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        let factor = match bed.spec().seed {
            None => FACTOR,
            Some(_) => severity(bed.spec(), "surge", FACTOR / 2.0, FACTOR),
        };
        bed.set("ods.rate_factor", Some(arg(args, "factor", factor)))
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.set("ods.rate_factor", None)
    }
}
