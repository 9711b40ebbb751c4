//! A queue of YARN has no room, and applications of others wait; Flink runs in another and has all that it asked for.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct QueueFull;

impl Fault for QueueFull {
    fn label(&self, _: &EstateSpec) -> Label {
        Label::control("queue-full", Place::Yarn)
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.on_yarn();
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.fill_queue()
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.empty_queue()
    }
}
