//! Somebody cancels the middle job and runs it again from its checkpoint, after a pause: it has to catch up.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place, arg};

const PAUSE_SECONDS: f64 = 8.0;

pub struct PlannedRestart;

impl Fault for PlannedRestart {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            consequences: vec![format!("{} waits until the job has caught up", spec.orders_topic)],
            ..Label::control("planned-restart", Place::job(&spec.dwd.job))
        }
    }

    /// Returns when the job has been submitted again: there is nothing to switch off.
    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        let checkpoint = bed.cancel_job(Role::Dwd)?;
        let until =
            Instant::now() + Duration::from_secs_f64(arg(args, "seconds", PAUSE_SECONDS).max(0.0));
        while Instant::now() < until {
            bed.progress().check()?;
            std::thread::sleep(Duration::from_millis(50));
        }
        bed.run_job(Role::Dwd, Some(&checkpoint))?;
        Ok(())
    }

    fn off(&self, _: &mut Bed) -> Result<()> {
        Ok(())
    }
}
