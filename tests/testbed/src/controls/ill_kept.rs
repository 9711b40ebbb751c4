//! An estate that runs, and that nobody looked after: nothing goes wrong in it, and a daily inspection has much to say.
//!
//! It is so before anybody looks. Two brokers came after the first, which still has every partition; one of them is gone
//! since, with the only copy of a topic that nobody uses. Beside the four jobs run some with settings of the first day.

use anyhow::Result;

use crate::bed::{Bed, Mode};
use crate::estate::{EstateSpec, Load};
use crate::faults::{Args, Fault, Label, Place};

/// Of each TaskManager, for the jobs beside the four.
pub const SLOTS: u32 = 8;
pub const LATENCY_MS: u32 = 2000;

const FIRST_BROKER: u32 = 1;
const LOST_BROKER: u32 = 3;
/// Small, so that 75 MiB of state are much of it.
const TASK_HEAP_MB: u32 = 256;
/// How busy the one subtask of `wide` is on average.
const BUSY: f64 = 0.65;
/// By role, with the parallelism of the source; a job of `unseen` runs where nobody is told to look.
const JOBS: [(&str, u32); 4] = [("wide", 6), ("uneven", 3), ("heap", 1), ("legacy", 2)];
const UNSEEN: (&str, u32) = ("unseen", 2);

pub struct IllKept;

impl Fault for IllKept {
    fn label(&self, _: &EstateSpec) -> Label {
        Label { needs: Mode::Processes, ..Label::control("ill-kept", Place::FlinkCluster) }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.ill_kept = true;
        spec.brokers = LOST_BROKER;
        spec.flink.spare_task_manager = true;
        spec.flink.task_heap_mb = Some(TASK_HEAP_MB);
    }

    /// Somebody ends the job that is not seen; before, it might be the one that reads by a group that nobody uses.
    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.cancel_other(&name(bed.spec(), UNSEEN.0))
    }

    fn off(&self, _: &mut Bed) -> Result<()> {
        Ok(())
    }
}

/// Names of the jobs and topics beside the estate's own.
fn name(spec: &EstateSpec, what: &str) -> String {
    format!("{}-{what}", spec.backfill)
}

/// For the Java side.
pub fn properties(spec: &EstateSpec) -> Vec<(String, String)> {
    let mut all = vec![("topics.on".to_owned(), FIRST_BROKER.to_string())];
    let Load { low, high, .. } = spec.audit_load;
    let work_ms = BUSY * 2000.0 / f64::from(low + high);
    all.push(("wide.work_ms".to_owned(), work_ms.to_string()));
    for (role, parallelism) in JOBS.into_iter().chain([UNSEEN]) {
        let job = name(spec, role);
        let mut put = |key: &str, value: String| all.push((format!("{role}.{key}"), value));
        put("parallelism", parallelism.to_string());
        put("source", format!("{job}-source"));
        put("group", job.clone());
        put("job", job);
    }
    for role in ["wide", "uneven"] {
        all.push((format!("{role}.in"), spec.audit_in_topic.clone()));
    }
    all
}

/// All that is so before anybody looks; the four jobs run already.
pub fn neglect(bed: &mut Bed) -> Result<()> {
    let name = |what: &str| name(bed.spec(), what);
    let archive = name("archive");
    bed.errand(&[
        "topics",
        &format!("{archive}/8/{FIRST_BROKER}"),
        &format!("{}/2/2,{LOST_BROKER}/unclean.leader.election.enable=true", name("unclean")),
        &format!("{}/2/2,{LOST_BROKER}/min.insync.replicas=2", name("confirmed")),
        &format!("{}/1/{LOST_BROKER}", name("lonely")),
    ])?;
    bed.errand(&["left-group", &name("report"), &bed.spec().orders_topic])?;
    bed.errand(&["deny", "describe_configs", "topic", &archive])?;
    bed.errand(&["deny", "describe", "cluster", "kafka-cluster"])?;
    for (role, _) in JOBS {
        bed.run_other(role)?;
    }
    bed.kill_broker(LOST_BROKER)?;
    bed.start_spare()?;
    bed.run_other(UNSEEN.0)?;
    Ok(())
}
