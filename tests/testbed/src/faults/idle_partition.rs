//! One partition gets nothing any more, and holds the watermark of everything behind it.

use anyhow::Result;

use crate::bed::{Bed, Mode};
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, arg};

pub struct IdlePartition;

impl Fault for IdlePartition {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            name: "idle-partition",
            cause: Some("code.idle_source_stalls_watermark"),
            entity: format!("{}, one partition", spec.orders_topic),
            consequences: vec![
                format!("the windows of {} do not close", spec.dwd.job),
                format!("{} gets no input", spec.ads.job),
            ],
            needs: Mode::Mini,
        }
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        bed.set("ods.silent_partition", Some(arg(args, "partition", 2.0)))
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.set("ods.silent_partition", None)
    }
}
