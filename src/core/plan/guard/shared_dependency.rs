//! What the job depends on is ill itself (S6): a restart would only join the herd.

use super::Case;
use crate::case::Hold;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let all = &c.view.dependencies;
    let ill = all.iter().find(|d| d.ill == Some(true));
    let ill = ill.or_else(|| all.iter().find(|d| d.ill.is_none()))?;
    Some(Hold::DependencyIll { subject: ill.subject.clone(), unseen: ill.ill.is_none() })
}

#[cfg(test)]
mod tests {
    use crate::case::Hold;
    use crate::plan::testing::Bench;

    #[test]
    fn ill_and_unknown_hold() {
        let mut b = Bench::new();
        let mut ask = |ill| {
            b.view.dependencies[0].ill = ill;
            b.name("shared_dependency")
        };
        assert_eq!(ask(Some(false)), "");
        assert_eq!(ask(Some(true)), "dependency_ill");
        assert_eq!(ask(None), "dependency_ill");
        let hold = super::check(&b.case());
        assert!(matches!(hold, Some(Hold::DependencyIll { unseen: true, .. })), "{hold:?}");
    }
}
