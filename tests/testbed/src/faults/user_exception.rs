//! The function of the middle job throws at every record of a kind, after each restart as well.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place, arg, pick};

/// Orders count through this many values.
const VALUES: u32 = 500;
/// Exceptions that `Enrich` knows.
const KINDS: u32 = 4;

pub struct UserException;

impl Fault for UserException {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            or_places: vec![Place::job(&spec.dwd.job)],
            victims: vec![spec.ads.job.clone()],
            consequences: vec![
                format!("{} restarts again and again", spec.dwd.job),
                format!("{} waits", spec.orders_topic),
            ],
            decoys: vec!["link.schema_poison", "clu.tm_process_lost", "dep.restart_catchup"],
            ..Label::fault(
                "user-exception",
                "code.user_exception",
                Place::vertex(&spec.dwd.job, spec.dwd.operator()),
            )
        }
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        let kind = f64::from(pick(bed.spec(), "user-exception kind", KINDS));
        let value = f64::from(pick(bed.spec(), "user-exception value", VALUES));
        bed.set("dwd.throw_kind", Some(arg(args, "kind", kind)))?;
        bed.set("dwd.throw_value", Some(value))
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.set("dwd.throw_value", None)?;
        bed.set("dwd.throw_kind", None)
    }
}
