//! One of three JournalNodes dies: two are a majority, and HDFS goes on.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct JournalNodeKilled;

impl Fault for JournalNodeKilled {
    fn label(&self, _: &EstateSpec) -> Label {
        Label::control("journalnode-killed", Place::Hdfs)
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.bases.hdfs = true;
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.kill_journal_node()
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.mend_hdfs()
    }
}
