//! The broker lets the producers of one job write only so many bytes per second, fewer than its results need.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place, arg, pick, severity};

const NAME: &str = "produce-quota";

pub struct ProduceQuota;

impl Fault for ProduceQuota {
    fn label(&self, spec: &EstateSpec) -> Label {
        let role = role(spec);
        let job = spec.job(role);
        Label {
            or_places: vec![Place::topic(spec.output(role)), Place::job(&job.job)],
            victims: spec.behind(role),
            consequences: vec![format!(
                "{} waits before {}",
                spec.input(role).unwrap_or_default(),
                job.job
            )],
            decoys: vec!["link.sink_slow", "code.sync_io_blocking", "conf.parallelism_too_low"],
            ..Label::fault(NAME, "link.sink_throttled", Place::vertex(&job.job, &job.sink))
        }
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        let spec = bed.spec();
        let role = role(spec);
        let share = arg(args, "share", severity(spec, NAME, 0.3, 0.7));
        let rate = share * f64::from(spec.load.low) * spec.output_bytes(role);
        bed.errand(&["quota", "producer_byte_rate", &format!("{rate:.0}"), &spec.job(role).sink])
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        let sink = &bed.spec().job(role(bed.spec())).sink;
        bed.errand(&["quota", "producer_byte_rate", "off", sink])
    }
}

fn role(spec: &EstateSpec) -> Role {
    if pick(spec, NAME, 2) == 0 { Role::Dwd } else { Role::Ads }
}
