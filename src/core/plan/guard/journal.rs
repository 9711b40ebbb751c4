//! No journal, no action (S2): it takes what it is told, and somebody holds the lease.

use super::Case;
use crate::case::Hold;

pub fn check(c: &Case<'_>) -> Option<Hold> {
    if let Some(why) = &c.ledger.unsound {
        return Some(Hold::JournalUnsound { why: why.clone() });
    }
    (c.ledger.epoch == 0).then(|| Hold::JournalUnsound { why: "nobody holds the lease".into() })
}

#[cfg(test)]
mod tests {
    use crate::plan::testing::Bench;

    #[test]
    fn unsound_or_unowned_holds() {
        let mut b = Bench::new();
        assert_eq!(b.name("journal"), "");
        b.ledger.unsound = Some("fsync is off".into());
        assert_eq!(b.name("journal"), "journal_unsound");
        b.ledger.unsound = None;
        b.ledger.epoch = 0;
        assert_eq!(b.name("journal"), "journal_unsound");
    }
}
