//! The broker takes long for every write to one topic, as with a disk that cannot keep up; all else it does as before.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place, arg, pick, severity};

const NAME: &str = "slow-sink";
/// One write holds at most a full batch for each partition; so many records of that size are in one.
const RECORDS_PER_BATCH: f64 = 33.0;

pub struct SlowSink;

impl Fault for SlowSink {
    fn label(&self, spec: &EstateSpec) -> Label {
        let role = role(spec);
        let job = spec.job(role);
        Label {
            or_places: vec![Place::topic(spec.output(role))],
            victims: spec.behind(role),
            consequences: vec![format!(
                "{} waits before {}",
                spec.input(role).unwrap_or_default(),
                job.job
            )],
            decoys: vec![
                "link.sink_throttled",
                "code.slow_udf_cpu",
                "code.sync_io_blocking",
                "conf.parallelism_too_low",
            ],
            ..Label::fault(NAME, "link.sink_slow", Place::vertex(&job.job, &job.sink))
        }
    }

    /// Two of three estates have the sink as a vertex of its own.
    fn fit(&self, spec: &mut EstateSpec) {
        let alone = pick(spec, "slow-sink alone", 3) > 0;
        spec.job_mut(role(spec)).sink_alone = alone;
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        let role = role(bed.spec());
        let share = severity(bed.spec(), NAME, 0.4, 0.8);
        let millis = arg(args, "ms", millis(bed.spec(), role, share));
        let key = key(bed.spec(), role);
        bed.set(&key, Some(millis))
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        let key = key(bed.spec(), role(bed.spec()));
        bed.set(&key, None)
    }
}

/// So long a write that all producers of the job together write that share of the lowest load.
fn millis(spec: &EstateSpec, role: Role, share: f64) -> f64 {
    let per_write = f64::from(spec.partitions) * RECORDS_PER_BATCH;
    let writes_per_second = share * f64::from(spec.load.low) / per_write;
    1000.0 * f64::from(spec.job(role).parallelism) / writes_per_second
}

fn key(spec: &EstateSpec, role: Role) -> String {
    format!("broker.write_ms.{}", spec.output(role))
}

fn role(spec: &EstateSpec) -> Role {
    if pick(spec, NAME, 2) == 0 { Role::Dwd } else { Role::Ads }
}
