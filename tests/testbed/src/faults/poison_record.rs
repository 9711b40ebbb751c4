//! A malformed record in the orders, which the middle job refuses to read: it restarts at the same offset for ever.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct PoisonRecord;

impl Fault for PoisonRecord {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            or_places: vec![
                Place::partition(&spec.orders_topic, None),
                Place::vertex(&spec.dwd.job, &spec.dwd.source),
                Place::subtask(&spec.dwd.job, &spec.dwd.source, None),
                Place::job(&spec.dwd.job),
            ],
            victims: vec![spec.ads.job.clone()],
            consequences: vec![
                format!("{} restarts again and again", spec.dwd.job),
                format!("{} waits", spec.orders_topic),
            ],
            decoys: vec!["code.user_exception", "dep.bad_release", "clu.tm_process_lost"],
            ..Label::fault("poison-record", "link.schema_poison", Place::topic(&spec.orders_topic))
        }
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.set("dwd.strict", Some(1.0))?;
        bed.set("ods.poison", Some(1.0))
    }

    /// The record stays where it is: the reader steps over it from now on.
    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.set("ods.poison", None)?;
        bed.set("dwd.strict", None)
    }
}
