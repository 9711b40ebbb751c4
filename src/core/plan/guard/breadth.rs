//! Too much is ill at once for a local cause (S6): victims of one named root count once.

use super::Case;
use crate::case::Hold;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let limits = &c.policy.policy.limits;
    let (ill, jobs, limit) = (c.view.cluster.ill_roots, c.view.cluster.jobs, limits.breadth_share);
    let wide = ill >= limits.breadth_jobs && f64::from(ill) >= limit * f64::from(jobs);
    // a cluster without a job: nobody knows how much of it is ill
    (wide || jobs == 0).then_some(Hold::BlastRadius { ill, jobs, limit })
}

#[cfg(test)]
mod tests {
    use crate::plan::testing::Bench;

    #[test]
    fn five_jobs_and_three_in_ten() {
        let mut b = Bench::new();
        let mut ask = |ill, jobs| {
            (b.view.cluster.ill_roots, b.view.cluster.jobs) = (ill, jobs);
            b.name("breadth")
        };
        assert_eq!(ask(4, 4), "", "of four jobs nothing can be told");
        assert_eq!(ask(5, 17), "");
        assert_eq!(ask(5, 16), "blast_radius");
        assert_eq!(ask(29, 100), "");
        assert_eq!(ask(30, 100), "blast_radius");
        assert_eq!(ask(0, 0), "blast_radius");
    }
}
