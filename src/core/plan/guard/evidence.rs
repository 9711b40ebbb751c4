//! Sure enough to act on: certain, proven, and not by the job's own word alone (T10).

use super::Case;
use crate::case::Hold;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    c.view.uncertain.map(|why| Hold::NotCertain { why })
}

#[cfg(test)]
mod tests {
    use crate::case::{Hold, Uncertain};
    use crate::plan::testing::Bench;

    #[test]
    fn any_doubt_holds() {
        let mut b = Bench::new();
        assert_eq!(b.ask("evidence"), None);
        for why in [Uncertain::Undetermined, Uncertain::OnlyItsOwnWord] {
            b.view.uncertain = Some(why);
            assert_eq!(b.ask("evidence"), Some(Hold::NotCertain { why }));
        }
    }
}
