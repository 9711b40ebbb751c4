//! Nine of ten orders go to one partition.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place, arg, pick, severity};

pub struct HotPartition;

impl Fault for HotPartition {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            or_places: vec![Place::topic(&spec.orders_topic)],
            victims: vec![spec.dwd.job.clone(), spec.ads.job.clone()],
            consequences: vec![format!(
                "one source subtask of {} has most of the work",
                spec.dwd.job
            )],
            decoys: vec!["code.data_skew_hot_key", "conf.parallelism_too_low"],
            ..Label::fault(
                "hot-partition",
                "link.kafka_partition_skew",
                Place::partition(&spec.orders_topic, Some(partition(spec))),
            )
        }
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        let percent = severity(bed.spec(), "hot-partition", 85.0, 95.0);
        bed.set("ods.hot_percent", Some(arg(args, "percent", percent)))?;
        bed.set("ods.hot_partition", Some(arg(args, "partition", f64::from(partition(bed.spec())))))
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.set("ods.hot_partition", None)?;
        bed.set("ods.hot_percent", None)
    }
}

fn partition(spec: &EstateSpec) -> u32 {
    pick(spec, "hot-partition", spec.partitions)
}
