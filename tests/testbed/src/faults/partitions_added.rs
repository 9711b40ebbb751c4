//! A topic gets more partitions; who writes it uses them at once, who reads it does not find them.
//!
//! Partitions cannot be taken away: off does what cures it, and runs the reader again from its checkpoint.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place, arg, pick, severity};

const NAME: &str = "partitions-added";

pub struct PartitionsAdded;

impl Fault for PartitionsAdded {
    fn label(&self, spec: &EstateSpec) -> Label {
        let role = role(spec);
        let job = spec.job(role);
        let input = spec.input(role).unwrap_or_default();
        let added = spec.partitions..partitions(spec);
        Label {
            or_places: added
                .map(|number| Place::partition(input, Some(number)))
                .chain([Place::job(&job.job), Place::vertex(&job.job, &job.source)])
                .collect(),
            victims: spec.behind(role),
            consequences: vec![format!("{} misses a part of its data", job.job)],
            decoys: vec!["link.kafka_partition_skew", "link.upstream_stop"],
            ..Label::fault(NAME, "link.kafka_partition_increase_undiscovered", Place::topic(input))
        }
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        let role = role(bed.spec());
        let all = arg(args, "partitions", f64::from(partitions(bed.spec())));
        let topic = bed.spec().input(role).unwrap_or_default();
        bed.errand(&["partitions", topic, &all.to_string()])?;
        bed.set(writer(role), Some(all))
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        let role = role(bed.spec());
        let checkpoint = bed.cancel_job(role)?;
        bed.run_job(role, Some(&checkpoint))?;
        Ok(())
    }
}

fn role(spec: &EstateSpec) -> Role {
    [Role::Dwd, Role::Ads, Role::Audit][pick(spec, NAME, 3) as usize]
}

/// The switch of whoever writes what that job reads.
fn writer(role: Role) -> &'static str {
    match role {
        Role::Audit => "audit-generator.partitions",
        Role::Ads => "dwd.partitions",
        _ => "ods.partitions",
    }
}

fn partitions(spec: &EstateSpec) -> u32 {
    spec.partitions + severity(spec, "partitions-added by", 1.0, 5.0) as u32
}
