//! The orders grow smoothly, as on any busy day, until the middle job as it is set up cannot keep up with them.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place, arg, severity};

const NAME: &str = "parallelism-too-low";
/// Of the usual load; above 1.8 the job is beyond its capacity on average.
const HEIGHTS: (f64, f64) = (2.0, 2.4);
const SECONDS: f64 = 40.0;

pub struct ParallelismTooLow;

impl Fault for ParallelismTooLow {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            or_places: vec![Place::job(&spec.dwd.job)],
            victims: vec![spec.ads.job.clone()],
            consequences: vec![format!(
                "{} waits in {} while the load lasts",
                spec.orders_topic, spec.dwd.job
            )],
            decoys: vec!["code.sync_io_blocking", "code.slow_udf_cpu", "code.data_skew_hot_key"],
            ..Label::fault(
                NAME,
                "conf.parallelism_too_low",
                Place::vertex(&spec.dwd.job, spec.dwd.operator()),
            )
        }
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        let height = arg(args, "factor", severity(bed.spec(), NAME, HEIGHTS.0, HEIGHTS.1));
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as f64;
        bed.set("ods.ramp_from", Some(now))?;
        bed.set("ods.ramp_ms", Some(1000.0 * arg(args, "seconds", SECONDS).max(0.001)))?;
        bed.set("ods.ramp", Some(height))
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        ["ods.ramp", "ods.ramp_ms", "ods.ramp_from"].iter().try_for_each(|key| bed.set(key, None))
    }
}
