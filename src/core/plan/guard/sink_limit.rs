//! What limits the job lies behind it: more of it would only push harder.

use super::Case;
use crate::case::Hold;
use crate::plan::{SinkLimit, wanted};

pub fn check(c: &Case<'_>) -> Option<Hold> {
    if wanted(c.plan, &c.view.job).is_empty() {
        return None;
    }
    match &c.view.job.sink {
        SinkLimit::No => None,
        SinkLimit::Yes(sink) => Some(Hold::SinkLimited { sink: sink.clone() }),
        SinkLimit::Unknown => {
            Some(Hold::MissingEvidence { what: vec!["whether its sink limits it".into()] })
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::SinkLimit;
    use crate::plan::testing::{Bench, scale};

    #[test]
    fn only_a_wider_job_asks_for_it() {
        let mut b = Bench::new();
        let sinks = || [SinkLimit::No, SinkLimit::Yes("out".into()), SinkLimit::Unknown];
        let mut ask = |sink| {
            b.view.job.sink = sink;
            b.name("sink_limit")
        };
        assert_eq!(sinks().map(&mut ask), ["", "", ""]);
        b.plan.steps = scale();
        let mut ask = |sink| {
            b.view.job.sink = sink;
            b.name("sink_limit")
        };
        assert_eq!(sinks().map(&mut ask), ["", "sink_limited", "missing_evidence"]);
    }
}
