//! Nobody writes the second topic of the last job's join any more: its event time stands, and so does the join.

use anyhow::{Result, ensure};

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

const NAME: &str = "late-join-side";

pub struct LateJoinSide;

impl Fault for LateJoinSide {
    fn label(&self, spec: &EstateSpec) -> Label {
        // the names do not depend on whether this estate has one
        let mut with_side = spec.clone();
        with_side.with_side();
        let side = with_side.side.as_ref();
        let topic = side.map(|side| side.topic.as_str()).unwrap_or_default();
        let source = side.map(|side| side.source.as_str()).unwrap_or_default();
        Label {
            // what has stopped is the writer of that topic
            or_causes: vec!["link.upstream_stop"],
            or_places: vec![
                Place::job(&spec.ads.job),
                Place::vertex(&spec.ads.job, source),
                Place::topic(topic),
            ],
            consequences: vec![
                format!("{} writes nothing", spec.ads.job),
                format!("the state of {} grows", spec.ads.job),
            ],
            decoys: vec![
                "code.idle_source_stalls_watermark",
                "code.state_growth_no_ttl",
                "code.stuck_task",
            ],
            ..Label::fault(
                NAME,
                "link.join_side_stalled",
                Place::vertex(&spec.ads.job, spec.ads.operator()),
            )
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.with_side();
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        ensure!(
            bed.spec().side.is_some(),
            "no job of this estate joins: start it with `--for {NAME}`"
        );
        bed.set("side.rate_factor", Some(0.0))
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.set("side.rate_factor", None)
    }
}
