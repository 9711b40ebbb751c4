//! The input of a job with an EXACTLY_ONCE sink goes silent: transaction markers alone move the end offsets.

use anyhow::{Result, bail};

use crate::bed::Bed;
use crate::estate::{EstateSpec, Role};
use crate::faults::{Args, Fault, Label, Place};

pub struct QuietExactlyOnce;

impl Fault for QuietExactlyOnce {
    fn label(&self, spec: &EstateSpec) -> Label {
        let role = spec.exactly_once.unwrap_or(Role::Audit);
        Label {
            consequences: vec![format!("{} has nothing to do", spec.job(role).job)],
            ..Label::control("quiet-exactly-once", Place::topic(spec.output(role)))
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.exactly_once.get_or_insert(Role::Audit);
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        let key = generator_key(bed.spec())?;
        bed.set(key, Some(0.0))
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        let key = generator_key(bed.spec())?;
        bed.set(key, None)
    }
}

/// The switch of the generator that feeds the job.
fn generator_key(spec: &EstateSpec) -> Result<&'static str> {
    match spec.exactly_once {
        Some(Role::Audit) => Ok("audit.rate_factor"),
        Some(_) => Ok("ods.rate_factor"),
        None => bail!(
            "no sink of this estate is EXACTLY_ONCE: start it with one (`--exactly-once audit`)"
        ),
    }
}
