//! More readers than partitions have nothing to read, and hold back the watermark.

use super::Case;
use crate::case::Hold;
use crate::plan::wanted;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let wanted = wanted(c.plan, &c.view.job).iter().filter(|w| w.source).map(|w| w.wanted).max()?;
    match c.view.job.partitions {
        None => Some(Hold::MissingEvidence { what: vec!["partitions of its topics".into()] }),
        Some(partitions) => {
            (wanted > partitions).then_some(Hold::PartitionCap { partitions, wanted })
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::case::Hold;
    use crate::plan::testing::{Bench, scale};

    #[test]
    fn readers_are_counted_against_partitions() {
        let mut b = Bench::new();
        b.view.job.partitions = Some(2);
        assert_eq!(b.ask("partition_cap"), None, "as wide as it was");
        b.plan.steps = scale();
        assert_eq!(b.ask("partition_cap"), Some(Hold::PartitionCap { partitions: 2, wanted: 4 }));
        b.view.job.partitions = None;
        assert_eq!(b.name("partition_cap"), "missing_evidence");
        b.view.job.sources.clear();
        assert_eq!(b.ask("partition_cap"), None, "its readers stay as they are");
    }
}
