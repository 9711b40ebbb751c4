//! One pass after the other over one estate, with the book of incidents between them.

use streamwarden_core::incident::Book;
use streamwarden_core::know::{Pass, pass};
use streamwarden_core::rules::RuleSet;
use streamwarden_core::snapshot::Snapshot;

pub struct Watcher {
    rules: RuleSet,
    book: Book,
}

impl Watcher {
    /// Nothing is known yet.
    pub fn new(rules: RuleSet) -> Watcher {
        Watcher { rules, book: Book::default() }
    }

    pub fn pass(&mut self, snapshot: &Snapshot) -> Pass {
        let told = pass(&self.rules, snapshot, &self.book);
        self.book.clone_from(&told.book);
        told
    }

    /// What is open.
    pub fn book(&self) -> &Book {
        &self.book
    }
}
