//! A group may not commit any more: what it has committed grows old, while the job reads on in time.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place, pick};

const NAME: &str = "commit-lag-illusion";

pub struct CommitLagIllusion;

impl Fault for CommitLagIllusion {
    /// Silence is right, and so is to say what it is: not a fault.
    fn label(&self, spec: &EstateSpec) -> Label {
        let job = spec.job(role(spec));
        Label {
            or_causes: vec!["link.commit_lag_illusion"],
            consequences: vec![format!("the committed offsets of {} stand still", job.job)],
            decoys: vec!["conf.parallelism_too_low", "link.kafka_throttle", "link.auth_expired"],
            ..Label::control(NAME, Place::job(&job.job))
        }
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.errand(&["deny-read", "group", group(bed.spec())])
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.errand(&["allow", "group", group(bed.spec())])
    }
}

fn group(spec: &EstateSpec) -> &str {
    spec.job(role(spec)).group.as_deref().unwrap_or_default()
}

fn role(spec: &EstateSpec) -> Role {
    [Role::Dwd, Role::Ads, Role::Audit][pick(spec, NAME, 3) as usize]
}
