//! The function of the middle job keeps what it has seen until the heap of its TaskManager is full.

use anyhow::Result;

use crate::bed::{Bed, Mode};
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place, arg, severity};

const NAME: &str = "heap-exhausted";
/// Small enough to be full in seconds.
pub(super) const HEAP_MB: u32 = 256;

pub struct HeapExhausted;

impl Fault for HeapExhausted {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            or_causes: vec!["code.heap_leak_user"],
            or_places: vec![
                Place::vertex(&spec.dwd.job, spec.dwd.operator()),
                Place::job(&spec.dwd.job),
            ],
            victims: vec![spec.ods.job.clone(), spec.ads.job.clone(), spec.audit.job.clone()],
            consequences: vec!["every job with a subtask there fails or restarts".into()],
            decoys: vec!["clu.tm_process_lost", "clu.tm_heartbeat_gc", "code.user_exception"],
            needs: Mode::Processes,
            ..Label::fault(NAME, "res.heap_oom", Place::TaskManager { id: None })
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.flink.task_heap_mb.get_or_insert(HEAP_MB);
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        bed.let_task_managers_die()?;
        let per_second = severity(bed.spec(), NAME, 5.0, 15.0);
        let subtask = f64::from(bed.spec().load.low) / f64::from(bed.spec().dwd.parallelism);
        bed.set("dwd.leak_kb", Some(arg(args, "kb", 1024.0 * per_second / subtask)))
    }

    /// A process that has thrown OutOfMemoryError cannot be trusted any more.
    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.set("dwd.leak_kb", None)?;
        bed.replace_task_managers()
    }
}
