//! Most of a TaskManager's heap lives and changes all the time: its collector stops everything for much of each second.

use anyhow::Result;

use super::heap_exhausted::HEAP_MB;
use crate::bed::{Bed, Mode};
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place, arg, severity};

const NAME: &str = "gc-pressure";

pub struct GcPressure;

impl Fault for GcPressure {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            or_places: vec![Place::vertex(&spec.dwd.job, spec.dwd.operator())],
            victims: vec![spec.ads.job.clone()],
            consequences: vec![
                "every subtask there is slower".into(),
                format!("{} waits in {}", spec.orders_topic, spec.dwd.job),
            ],
            decoys: vec![
                "code.sync_io_blocking",
                "code.slow_udf_cpu",
                "conf.parallelism_too_low",
                "clu.slow_node",
            ],
            needs: Mode::Processes,
            ..Label::fault(NAME, "res.gc_pressure", Place::TaskManager { id: None })
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.flink.task_heap_mb.get_or_insert(HEAP_MB);
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        // what is too much for this heap must not end the bed
        bed.let_task_managers_die()?;
        let millis = severity(bed.spec(), NAME, 450.0, 650.0);
        bed.set("dwd.gc_ms", Some(arg(args, "ms", millis)))
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.set("dwd.gc_ms", None)?;
        bed.start_task_managers()
    }
}
