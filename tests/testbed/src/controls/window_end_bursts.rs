//! Windows of several seconds whose figures all come at once: the last job has much to do for a moment, then nothing.

use anyhow::{Result, ensure};

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place, arg};

/// With the wait for the window, still inside the targets that the bed gives the product.
const WINDOW_S: u32 = 3;
/// Of the time between two bursts, what the last job needs for one.
const SHARE: f64 = 0.3;

pub struct WindowEndBursts;

impl Fault for WindowEndBursts {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            consequences: vec![format!("{} is busy for a moment after each window", spec.ads.job)],
            ..Label::control("window-end-bursts", Place::job(&spec.ads.job))
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        spec.window_s = spec.window_s.max(WINDOW_S);
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        let spec = bed.spec();
        ensure!(
            spec.window_s >= WINDOW_S,
            "the windows are too short for bursts: start the bed with `--for window-end-bursts`"
        );
        // at most one figure per order
        let figures = f64::from(spec.load.high) * f64::from(spec.window_s);
        let busy_ms = 1000.0 * SHARE * f64::from(spec.window_s);
        let millis = busy_ms * f64::from(spec.ads.parallelism) / figures;
        bed.set("ads.sleep_ms", Some(arg(args, "ms", millis)))
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        bed.set("ads.sleep_ms", None)
    }
}
