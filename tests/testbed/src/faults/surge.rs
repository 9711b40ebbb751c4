//! Ten times the orders.

use anyhow::Result;

use crate::bed::{Bed, Mode};
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, arg};

const FACTOR: f64 = 10.0;

pub struct Surge;

impl Fault for Surge {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            name: "surge",
            cause: Some("link.upstream_surge"),
            entity: spec.orders_topic.clone(),
            consequences: vec![format!("{} reads ten times as much", spec.dwd.job)],
            needs: Mode::Mini,
        }
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        bed.set("ods.rate_factor", Some(arg(args, "factor", FACTOR)))
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.set("ods.rate_factor", None)
    }
}
