//! Records inside a job: read by its source, not yet past the point that counts.

use crate::truth::seconds;

#[derive(Debug, Default)]
pub struct Passed {
    /// when it passed, when it had been read; in the order of passing
    rows: Vec<(i64, i64)>,
    /// of the rows from here on, the earliest reading
    earliest_from: Vec<i64>,
    /// of the rows up to here, the latest reading
    latest_to: Vec<i64>,
}

impl Passed {
    pub fn push(&mut self, now: i64, read_at: i64) {
        self.rows.push((now, read_at));
    }

    /// To be called once all rows are in.
    pub fn seal(&mut self) {
        self.rows.sort_unstable();
        self.latest_to = running(self.rows.iter(), i64::max);
        self.earliest_from = running(self.rows.iter().rev(), i64::min);
        self.earliest_from.reverse();
    }

    /// Seconds since the reading of the oldest record inside; 0 if there is none. `reads` are all readings of the job.
    pub fn oldest(&self, at: i64, reads: &[i64]) -> f64 {
        let done = self.rows.partition_point(|&(now, _)| now <= at);
        let oldest = match self.earliest_from.get(done) {
            Some(&earliest) => Some(earliest),
            // nothing has passed since: the first that was read after the last that passed
            None => {
                let last = done.checked_sub(1).map_or(i64::MIN, |last| self.latest_to[last]);
                reads.get(reads.partition_point(|&read| read <= last)).copied()
            }
        };
        oldest.filter(|&read| read <= at).map_or(0.0, |read| seconds(at - read))
    }
}

fn running<'a>(rows: impl Iterator<Item = &'a (i64, i64)>, pick: fn(i64, i64) -> i64) -> Vec<i64> {
    let mut so_far = None;
    rows.map(|&(_, read)| {
        let next = so_far.map_or(read, |before| pick(before, read));
        so_far = Some(next);
        next
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(rows: &[(i64, i64)]) -> Passed {
        let mut passed = Passed::default();
        rows.iter().for_each(|&(now, read)| passed.push(now, read));
        passed.seal();
        passed
    }

    #[test]
    fn the_oldest_record_inside_counts_even_if_it_is_overtaken() {
        let p = passed(&[(2000, 1000), (3000, 2500), (8000, 1500)]);
        assert_eq!(p.oldest(1900, &[]), 0.9);
        assert_eq!(p.oldest(2500, &[]), 1.0);
        assert_eq!(p.oldest(7000, &[]), 5.5);
        assert_eq!(p.oldest(8000, &[]), 0.0);
    }

    #[test]
    fn nothing_is_inside_before_it_is_read() {
        assert_eq!(passed(&[(2000, 1900)]).oldest(1000, &[]), 0.0);
    }

    #[test]
    fn a_stuck_job_is_told_by_its_readings() {
        let p = passed(&[(1010, 1000)]);
        assert_eq!(p.oldest(9000, &[1000, 2000, 3000]), 7.0);
        assert_eq!(p.oldest(9000, &[1000]), 0.0);
    }
}
