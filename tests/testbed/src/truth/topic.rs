//! One partition as one job has read it.

use crate::truth::{Waiting, Written, seconds};

#[derive(Debug, Default)]
pub struct Partition {
    /// in the order of reading: when, which offset
    reads: Vec<(i64, i64)>,
    /// in the order of offsets, each once
    records: Vec<Record>,
}

#[derive(Debug, Clone, Copy)]
pub struct Record {
    pub offset: i64,
    pub event: i64,
    pub written: i64,
}

impl Partition {
    pub fn push(&mut self, now: i64, record: Record) {
        self.reads.push((now, record.offset));
        self.records.push(record);
    }

    /// To be called once all rows are in.
    pub fn seal(&mut self) {
        // stable: rows of one process are in order, and offsets of the same millisecond stay so
        self.reads.sort_by_key(|&(now, _)| now);
        self.records.sort_by_key(|record| record.offset);
        self.records.dedup_by_key(|record| record.offset);
    }

    pub fn waiting(&self, at: i64, written: &[Written]) -> Waiting {
        let position = self.position(at);
        let next = self.records.partition_point(|record| record.offset < position);
        let oldest = match self.records.get(next) {
            Some(record) => Some((record.written, record.event)),
            // not read until now: then the producer's own rows tell
            None => self.unread(written),
        };
        match oldest {
            Some((written, event)) if written <= at => {
                Waiting { stay: seconds(at - written), age: seconds(at - event) }
            }
            _ => Waiting { stay: 0.0, age: 0.0 },
        }
    }

    /// The next offset to be read. Between the last read of a run that died and the first of the next one, that is
    /// where the next one begins: what was read and lost is unread again.
    fn position(&self, at: i64) -> i64 {
        let done = self.reads.partition_point(|&(now, _)| now <= at);
        let next = self.reads.get(done).map(|&(_, offset)| offset);
        match (done.checked_sub(1).map(|last| self.reads[last].1), next) {
            (Some(last), Some(next)) if next <= last => next,
            (Some(last), _) => last + 1,
            (None, next) => next.unwrap_or(0),
        }
    }

    /// The first record written after all that was ever read, by its own time and the time of writing.
    fn unread(&self, written: &[Written]) -> Option<(i64, i64)> {
        // two producers write a partition a little out of step: count from the newest that was read
        let newest = self.records.iter().rev().take(SKEW).map(|record| record.written).max()?;
        let first = written.partition_point(|w| w.at <= newest);
        written.get(first).map(|w| (w.at, w.event))
    }
}

/// Records over which the order of offsets and that of writing may differ.
const SKEW: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(rows: &[(i64, i64, i64)]) -> Partition {
        let mut partition = Partition::default();
        for &(now, offset, written) in rows {
            partition.push(now, Record { offset, event: written - 500, written });
        }
        partition.seal();
        partition
    }

    #[test]
    fn the_oldest_unread_record_waits() {
        let p = partition(&[(1100, 0, 1000), (5000, 1, 2000), (5001, 2, 3000)]);
        assert_eq!(p.waiting(4000, &[]), Waiting { stay: 2.0, age: 2.5 });
        // before it was written nothing waits
        assert_eq!(p.waiting(1500, &[]).stay, 0.0);
        assert_eq!(p.waiting(5000, &[]).stay, 2.0);
        assert_eq!(p.waiting(6000, &[]).stay, 0.0);
    }

    #[test]
    fn before_the_first_read_the_first_record_waits() {
        assert_eq!(partition(&[(5000, 7, 1000)]).waiting(4000, &[]).stay, 3.0);
    }

    #[test]
    fn a_restart_makes_the_replayed_records_unread_from_the_crash_on() {
        let p = partition(&[
            (1000, 0, 900),
            (1100, 1, 1000),
            (1200, 2, 1100),
            (4000, 1, 1000),
            (4001, 2, 1100),
        ]);
        // alive: all read
        assert_eq!(p.waiting(1150, &[]).stay, 0.05);
        // dead: back to offset 1
        assert_eq!(p.waiting(3000, &[]).stay, 2.0);
        assert_eq!(p.waiting(4500, &[]).stay, 0.0);
    }

    #[test]
    fn transaction_markers_are_no_records() {
        let p = partition(&[(1000, 0, 900), (3000, 5, 2000)]);
        assert_eq!(p.waiting(2500, &[]).stay, 0.5);
    }

    #[test]
    fn what_nobody_has_read_yet_is_known_from_its_producer() {
        let p = partition(&[(1100, 0, 1000)]);
        let written = [Written { at: 1000, event: 900 }, Written { at: 2000, event: 1900 }];
        assert_eq!(p.waiting(9000, &written), Waiting { stay: 7.0, age: 7.1 });
        assert_eq!(p.waiting(9000, &written[..1]).stay, 0.0);
    }
}
