//! REST and Prometheus accept and do not answer, while every job runs on undisturbed.

use anyhow::Result;

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place};

pub struct ScrapeGap;

impl Fault for ScrapeGap {
    fn label(&self, _: &EstateSpec) -> Label {
        Label {
            consequences: vec!["what is known grows old".into()],
            ..Label::control("scrape-gap", Place::FlinkCluster)
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
