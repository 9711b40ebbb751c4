//! REST and Prometheus accept and do not answer, while every job runs on undisturbed.

use anyhow::Result;

use crate::bed::{Bed, Mode};
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label};

pub struct ScrapeGap;

impl Fault for ScrapeGap {
    fn label(&self, _: &EstateSpec) -> Label {
        Label {
            name: "scrape-gap",
            cause: None,
            entity: "REST and Prometheus of the cluster".into(),
            consequences: vec!["what is known grows old".into()],
            needs: Mode::Mini,
        }
    }

    fn on(&self, bed: &mut Bed, _: &Args) -> Result<()> {
        bed.set_scrapable(false);
        Ok(())
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.set_scrapable(true);
        Ok(())
    }
}
