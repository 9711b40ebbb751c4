//! What was said against what was true.

use crate::truth::Truth;

use super::Said;

/// The bound of the promise: a tenth, or a second, whichever is larger.
#[derive(Debug, Clone, Copy)]
pub struct Tolerance {
    pub share: f64,
    pub seconds: f64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Tolerance { share: 0.1, seconds: 1.0 }
    }
}

/// One reading beside its truth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    pub said: f64,
    pub truth: f64,
    /// It said no more than that: what is older does not belie it.
    pub at_least: bool,
}

impl Compared {
    pub fn error(&self) -> f64 {
        let off = self.said - self.truth;
        if self.at_least { off.max(0.0) } else { off.abs() }
    }

    pub fn within(&self, tolerance: Tolerance) -> bool {
        self.error() <= (tolerance.share * self.truth).max(tolerance.seconds)
    }
}

/// A read edge at the moment that it speaks of. True is: since when the oldest record that the job
/// has not passed on lies in the topic. None: one of the two is not known.
pub fn compare(said: &Said, truth: &Truth) -> Option<Compared> {
    let (at, seconds) = (said.at?, said.seconds?);
    let inside = truth.inside(&said.to, at)?;
    // it had been read then, and had waited this long in the topic
    let read = at - (inside * 1000.0).round() as i64;
    let waited = truth.topic_wait(&said.to, &said.from, read)?;
    Some(Compared { said: seconds, truth: inside + waited, at_least: said.at_least })
}

#[cfg(test)]
mod tests {
    use super::Compared;

    #[test]
    fn a_lower_bound_is_wrong_only_where_it_is_above() {
        let error = |said, at_least| Compared { said, truth: 5.0, at_least }.error();
        assert_eq!([error(2.0, false), error(2.0, true), error(7.0, true)], [3.0, 0.0, 2.0]);
    }
}
