//! YARN loses a node and another calls itself unhealthy; no job of ours runs there.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct NodeManagerLost;

impl Fault for NodeManagerLost {
    fn label(&self, _: &EstateSpec) -> Label {
        Label::control("nodemanager-lost", Place::Yarn)
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.bases.yarn = true;
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.kill_node_manager()?;
        bed.break_node_manager()
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.mend_node_managers()
    }
}
