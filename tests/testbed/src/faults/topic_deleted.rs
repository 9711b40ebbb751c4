//! Somebody deletes a topic that is in use. Off makes a new, empty one of that name.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place, pick};

const NAME: &str = "topic-deleted";

pub struct TopicDeleted;

impl Fault for TopicDeleted {
    fn label(&self, spec: &EstateSpec) -> Label {
        let role = writer(spec);
        let mut victims = vec![spec.job(role).job.clone()];
        victims.extend(spec.behind(role));
        Label {
            consequences: victims.iter().map(|job| format!("{job} stands still")).collect(),
            victims,
            decoys: vec!["link.sink_slow", "link.kafka_broker_down", "link.upstream_stop"],
            ..Label::fault(NAME, "link.kafka_topic_recreated", Place::topic(spec.output(role)))
        }
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.errand(&["delete-topic", bed.spec().output(writer(bed.spec()))])
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.errand(&["create-topic", bed.spec().output(writer(bed.spec()))])
    }
}

fn writer(spec: &EstateSpec) -> Role {
    [Role::Dwd, Role::Ads, Role::Audit][pick(spec, NAME, 3) as usize]
}
