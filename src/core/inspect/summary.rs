//! What a line tells of a report.

use super::{GoneWhy, Report, Standing};
use crate::rules::Level;
use serde::{Deserialize, Serialize};

/// Waived risks, and those that another one counts for, are in no figure but their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Of the estate, 0 to 100. None: nothing of it could be judged.
    pub points: Option<f64>,
    /// Jobs and clusters that the points leave out: no check of them could be made.
    #[serde(default)]
    pub unscored: u32,
    pub high: u32,
    /// New, or a low risk before.
    pub high_new: u32,
    pub low: u32,
    pub low_new: u32,
    pub fixed: u32,
    pub waived: u32,
    /// Times that a check could not be made of a subject.
    pub not_judged: u64,
    pub checks: u32,
    pub judged: u64,
}

impl Summary {
    /// The points, where at least one check could be made: else they are of nothing.
    pub fn scored(&self) -> Option<f64> {
        self.points.filter(|_| self.judged_some())
    }

    /// At least one check could be made.
    pub fn judged_some(&self) -> bool {
        self.judged > self.not_judged
    }
}

impl Report {
    pub fn summary(&self) -> Summary {
        let mut s = Summary {
            points: self.scores.estate.points,
            unscored: self.scores.estate.unscored,
            not_judged: self.blind.iter().map(|b| u64::from(b.subjects)).sum(),
            checks: self.checks,
            judged: self.judged,
            ..Summary::default()
        };
        for f in &self.findings {
            if f.waived.is_some() {
                s.waived += 1;
                continue;
            }
            if f.counted_by.is_some() {
                continue;
            }
            let new = u32::from(f.standing != Standing::Still);
            match f.level {
                Level::High => (s.high, s.high_new) = (s.high + 1, s.high_new + new),
                Level::Low => (s.low, s.low_new) = (s.low + 1, s.low_new + new),
            }
        }
        let fixed = self.gone.iter().filter(|g| g.why == GoneWhy::Fixed).count();
        s.fixed = u32::try_from(fixed).unwrap_or(u32::MAX);
        s
    }
}
