//! One partition gets nothing any more, and holds the watermark of everything behind it.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place, arg, pick};

pub struct IdlePartition;

impl Fault for IdlePartition {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            or_places: vec![
                Place::topic(&spec.orders_topic),
                Place::vertex(&spec.dwd.job, &spec.dwd.source),
                Place::subtask(&spec.dwd.job, &spec.dwd.source, None),
            ],
            victims: vec![spec.ads.job.clone()],
            consequences: vec![
                format!("the windows of {} do not close", spec.dwd.job),
                format!("{} gets no input", spec.ads.job),
            ],
            decoys: vec!["link.upstream_stop", "code.stuck_task"],
            ..Label::fault(
                "idle-partition",
                "code.idle_source_stalls_watermark",
                Place::partition(&spec.orders_topic, Some(partition(spec))),
            )
        }
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        bed.set(
            "ods.silent_partition",
            Some(arg(args, "partition", f64::from(partition(bed.spec())))),
        )
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.set("ods.silent_partition", None)
    }
}

fn partition(spec: &EstateSpec) -> u32 {
    pick(spec, "idle-partition", spec.partitions)
}
