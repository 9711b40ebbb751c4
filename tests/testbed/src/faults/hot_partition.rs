//! Nine of ten orders go to one partition.

use anyhow::Result;

use crate::bed::{Bed, Mode};
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, arg};

pub struct HotPartition;

impl Fault for HotPartition {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            name: "hot-partition",
            cause: Some("link.kafka_partition_skew"),
            entity: format!("{}, one partition", spec.orders_topic),
            consequences: vec![format!(
                "one source subtask of {} has most of the work",
                spec.dwd.job
            )],
            needs: Mode::Mini,
        }
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        bed.set("ods.hot_percent", Some(arg(args, "percent", 90.0)))?;
        bed.set("ods.hot_partition", Some(arg(args, "partition", 1.0)))
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.set("ods.hot_partition", None)?;
        bed.set("ods.hot_percent", None)
    }
}
