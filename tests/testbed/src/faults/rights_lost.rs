//! Nobody may read a topic any more. Its description and its offsets may still be asked for, and others may write.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place, pick};

const NAME: &str = "rights-lost";

pub struct RightsLost;

impl Fault for RightsLost {
    fn label(&self, spec: &EstateSpec) -> Label {
        let role = role(spec);
        let job = spec.job(role);
        let input = spec.input(role).unwrap_or_default();
        Label {
            or_places: vec![Place::topic(input), Place::vertex(&job.job, &job.source)],
            victims: spec.behind(role),
            consequences: vec![format!("{} restarts again and again", job.job)],
            decoys: vec!["code.user_exception", "link.schema_poison", "link.kafka_broker_down"],
            ..Label::fault(NAME, "link.auth_expired", Place::job(&job.job))
        }
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        let topic = bed.spec().input(role(bed.spec())).unwrap_or_default();
        bed.errand(&["deny-read", "topic", topic])
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        let topic = bed.spec().input(role(bed.spec())).unwrap_or_default();
        bed.errand(&["allow", "topic", topic])
    }
}

fn role(spec: &EstateSpec) -> Role {
    [Role::Dwd, Role::Ads, Role::Audit][pick(spec, NAME, 3) as usize]
}
