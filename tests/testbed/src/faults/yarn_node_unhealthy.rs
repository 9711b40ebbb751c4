//! A node of YARN calls itself unhealthy: its local directory is broken. The TaskManager on it goes, and the other node
//! has no room for a new one.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct YarnNodeUnhealthy;

impl Fault for YarnNodeUnhealthy {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            victims: vec![spec.dwd.job.clone(), spec.ads.job.clone()],
            consequences: vec![
                "its TaskManager is lost".into(),
                format!("{} waits for slots", spec.dwd.job),
                format!("{} gets no input", spec.ads.job),
            ],
            decoys: vec![
                "link.upstream_stop",
                "clu.tm_process_lost",
                "clu.yarn_queue_full",
                "code.user_exception",
            ],
            ..Label::fault("yarn-node-unhealthy", "clu.yarn_unhealthy_nodes", Place::Yarn)
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.on_yarn();
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.break_other_node_manager()
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.mend_node_managers()
    }
}
