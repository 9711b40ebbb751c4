//! What reached the end of a path, and how old it was.

use crate::truth::seconds;

const AROUND_MS: i64 = 1000;

#[derive(Debug, Default)]
pub struct Arrived {
    /// arrival, event; in the order of arrival
    rows: Vec<(i64, i64)>,
    /// of the rows up to here
    newest_event: Vec<i64>,
}

impl Arrived {
    pub fn push(&mut self, arrival: i64, event: i64) {
        self.rows.push((arrival, event));
    }

    /// To be called once all rows are in.
    pub fn seal(&mut self) {
        self.rows.sort_unstable();
        let newest = self.rows.iter().scan(i64::MIN, |newest, &(_, event)| {
            *newest = event.max(*newest);
            Some(*newest)
        });
        self.newest_event = newest.collect();
    }

    pub fn median(&self, at: i64) -> Option<f64> {
        let from = self.rows.partition_point(|&(arrival, _)| arrival < at - AROUND_MS);
        let to = self.rows.partition_point(|&(arrival, _)| arrival <= at + AROUND_MS);
        let mut delays: Vec<i64> =
            self.rows[from..to].iter().map(|(arrival, event)| arrival - event).collect();
        delays.sort_unstable();
        delays.get(delays.len() / 2).copied().map(seconds)
    }

    pub fn age(&self, at: i64) -> Option<f64> {
        let done = self.rows.partition_point(|&(arrival, _)| arrival <= at);
        Some(seconds(at - self.newest_event[done.checked_sub(1)?]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delay_and_age() {
        let mut arrived = Arrived::default();
        for (arrival, event) in
            [(10_000, 9_000), (10_500, 9_400), (11_000, 9_000), (20_000, 15_000)]
        {
            arrived.push(arrival, event);
        }
        arrived.seal();
        assert_eq!(arrived.median(10_400), Some(1.1));
        assert_eq!(arrived.median(15_000), None);
        assert_eq!(arrived.age(12_000), Some(2.6));
        assert_eq!(arrived.age(9_999), None);
    }
}
