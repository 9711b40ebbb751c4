//! Estate and signals into one graph: who reads and writes what, and how late the data is there.
//!
//! The way of it: `index` sorts the series, `wiring` says who reads and writes what (`infer` adds
//! what only rates tell), `waits` measures, `inside` and `paths` look back along the way of a
//! record, `status` holds it against what is declared, `layout` places it.

mod assess;
mod blind;
mod curve;
mod graph;
mod history;
mod index;
mod infer;
mod inside;
mod joined;
mod layout;
mod likely;
mod paths;
mod settings;
mod status;
mod waits;
mod wiring;

pub use assess::{ARISES_SHARE, Assessed, Input, KEEP_LOST, assess, infer_writes};
pub use curve::{Age, Curve, LATELY, age, age_of_reader};
pub use graph::*;
pub use history::Ages;
pub use index::{Index, Position};
pub use infer::{Inferred, Match, Reader};
pub use joined::{any as any_placed, joined};
pub use likely::{Likely, Writers};
pub use settings::*;
pub use status::{judge, judge_against, worst};
pub use waits::{ReadWait, Scene, Wait, window};

use wiring::{Wiring, kafka_of};

#[cfg(test)]
mod tests;
