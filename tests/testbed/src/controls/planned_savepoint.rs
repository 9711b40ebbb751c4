//! A deployment as it should be: a job is stopped with a savepoint and runs again from it, after a pause.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place, arg, pick, severity};

const NAME: &str = "planned-savepoint";

pub struct PlannedSavepoint;

impl Fault for PlannedSavepoint {
    fn label(&self, spec: &EstateSpec) -> Label {
        let role = role(spec);
        let job = &spec.job(role).job;
        Label {
            consequences: vec![format!(
                "{} waits until {job} has caught up",
                spec.input(role).unwrap_or_default()
            )],
            decoys: vec!["link.upstream_stop", "link.kafka_offset_out_of_range"],
            ..Label::control(NAME, Place::job(job))
        }
    }

    /// Returns when the job has been submitted again: there is nothing to switch off.
    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        let role = role(bed.spec());
        let pause = arg(args, "seconds", severity(bed.spec(), NAME, 3.0, 12.0)).max(0.0);
        let savepoint = bed.stop_job(role)?;
        let until = Instant::now() + Duration::from_secs_f64(pause);
        while Instant::now() < until {
            bed.progress().check()?;
            std::thread::sleep(Duration::from_millis(50));
        }
        bed.run_job(role, Some(&savepoint))?;
        Ok(())
    }

    fn off(&self, _: &mut Bed) -> Result<()> {
        Ok(())
    }
}

fn role(spec: &EstateSpec) -> Role {
    if pick(spec, NAME, 2) == 0 { Role::Dwd } else { Role::Ads }
}
