//! The window of the middle job keeps something of every figure for ever: nothing hurts yet.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place, arg, severity};

const NAME: &str = "state-growth";

pub struct StateGrowth;

impl Fault for StateGrowth {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            or_places: vec![Place::job(&spec.dwd.job)],
            consequences: vec![format!("checkpoints of {} grow", spec.dwd.job)],
            decoys: vec!["link.upstream_surge", "code.heap_leak_user"],
            ..Label::fault(
                NAME,
                "code.state_growth_no_ttl",
                Place::vertex(&spec.dwd.job, spec.dwd.window()),
            )
        }
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        let bytes = arg(args, "bytes", severity(bed.spec(), NAME, 200.0, 700.0));
        bed.set("dwd.keep_bytes", Some(bytes.round()))
    }

    /// Each key forgets when its next window closes.
    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.set("dwd.keep_bytes", None)
    }
}
