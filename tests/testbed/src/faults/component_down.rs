//! The service that the middle job asks for each record dies: the job fails at it, again and again.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place};

pub struct ComponentDown;

impl Fault for ComponentDown {
    fn label(&self, spec: &EstateSpec) -> Label {
        let mut victims = vec![spec.dwd.job.clone()];
        victims.extend(spec.behind(Role::Dwd));
        Label {
            victims,
            consequences: vec!["the job restarts until the service is back".into()],
            decoys: vec!["code.user_exception", "code.sync_io_blocking", "link.sink_failing"],
            ..Label::fault("component-down", "link.component_ill", Place::Component)
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.bases.lookup = true;
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.kill_lookup()
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.start_lookup()
    }
}
