//! A job is down for longer than its input is kept: when it comes back, what it was to read next is gone, and it goes on
//! where there is something, without a word.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place, arg, pick, severity};

const NAME: &str = "offsets-lost";

pub struct OffsetsLost;

impl Fault for OffsetsLost {
    fn label(&self, spec: &EstateSpec) -> Label {
        let role = role(spec);
        let job = spec.job(role);
        let input = spec.input(role).unwrap_or_default();
        Label {
            or_places: vec![
                Place::job(&job.job),
                Place::vertex(&job.job, &job.source),
                Place::partition(input, None),
            ],
            victims: spec.behind(role),
            consequences: vec![format!("{} never sees what was deleted", job.job)],
            decoys: vec!["link.kafka_topic_recreated", "link.upstream_surge"],
            ..Label::fault(NAME, "link.kafka_offset_out_of_range", Place::topic(input))
        }
    }

    /// Returns when the job runs again: there is nothing to switch off.
    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        let role = role(bed.spec());
        let down = arg(args, "seconds", severity(bed.spec(), NAME, 8.0, 16.0)).max(0.0);
        let share = arg(args, "share", severity(bed.spec(), "offsets-lost share", 0.4, 0.9));
        let until = Instant::now() + Duration::from_secs_f64(down);
        let checkpoint = bed.cancel_job(role)?;
        while Instant::now() < until {
            bed.progress().check()?;
            std::thread::sleep(Duration::from_millis(50));
        }
        let spec = bed.spec();
        let topic = spec.input(role).context("a job without input")?;
        let group = spec.job(role).group.as_deref().context("a job without a group")?;
        bed.errand(&["trim", topic, group, &share.to_string()])?;
        bed.run_job(role, Some(&checkpoint))?;
        Ok(())
    }

    fn off(&self, _: &mut Bed) -> Result<()> {
        Ok(())
    }
}

fn role(spec: &EstateSpec) -> Role {
    if pick(spec, NAME, 2) == 0 { Role::Dwd } else { Role::Ads }
}
