//! One order per partition claims to be from the far future: the watermark follows, and all that comes after is late.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place, arg, severity};

const NAME: &str = "future-timestamp";
/// From more than an hour to less than ten years, as powers of ten of a second.
const POWERS: (f64, f64) = (3.6, 8.4);

pub struct FutureTimestamp;

impl Fault for FutureTimestamp {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            or_places: vec![
                Place::vertex(&spec.dwd.job, &spec.dwd.source),
                Place::vertex(&spec.dwd.job, spec.dwd.window()),
                Place::job(&spec.dwd.job),
            ],
            victims: vec![spec.ads.job.clone()],
            consequences: vec![
                format!("the window of {} drops what it reads as late", spec.dwd.job),
                format!("{} gets no input", spec.ads.job),
            ],
            decoys: vec![
                "data.out_of_order",
                "code.idle_source_stalls_watermark",
                "link.upstream_stop",
            ],
            ..Label::fault(
                NAME,
                "code.future_timestamp_watermark",
                Place::topic(&spec.orders_topic),
            )
        }
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        let seconds = 10_f64.powf(severity(bed.spec(), NAME, POWERS.0, POWERS.1)).round();
        bed.set("ods.future_s", Some(arg(args, "seconds", seconds)))
    }

    /// A watermark never goes back; a new run, behind those records, begins with a right one.
    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.set("ods.future_s", None)?;
        let checkpoint = bed.cancel_job(Role::Dwd)?;
        bed.run_job(Role::Dwd, Some(&checkpoint))?;
        Ok(())
    }
}
