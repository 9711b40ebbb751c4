//! What the playbook asks for holds, every part of it.

use super::Case;
use crate::case::Hold;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    let lacks = c.plan.preconditions.iter().find(|p| p.holds != Some(true))?;
    Some(Hold::Precondition { name: lacks.name.clone(), unknown: lacks.holds.is_none() })
}

#[cfg(test)]
mod tests {
    use crate::case::{Hold, Precondition};
    use crate::plan::testing::Bench;

    #[test]
    fn a_false_and_an_unknown_one_hold() {
        let mut b = Bench::new();
        let mut ask = |holds| {
            let (name, now) = ("retained".into(), Default::default());
            b.plan.preconditions = vec![Precondition { name, holds, now }];
            b.ask("preconditions")
        };
        let held = |unknown| Some(Hold::Precondition { name: "retained".into(), unknown });
        assert_eq!(ask(Some(true)), None);
        assert_eq!(ask(Some(false)), held(false));
        assert_eq!(ask(None), held(true));
    }
}
