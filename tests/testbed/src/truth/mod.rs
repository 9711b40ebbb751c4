//! What really happened to each record, written by the jobs themselves. The product never sees it; it is judged by it.
//!
//! Times in are epoch milliseconds, times out are seconds.

mod arrived;
mod inside;
mod load;
mod topic;

use std::collections::HashMap;
use std::path::Path;

use anyhow::Result;

use self::arrived::Arrived;
use self::inside::Passed;
use self::topic::Partition;

#[derive(Debug, Default)]
pub struct Truth {
    /// job -> topic -> partitions
    read: HashMap<String, HashMap<String, HashMap<u32, Partition>>>,
    /// topic -> partition -> what was written when
    written: HashMap<String, HashMap<u32, Vec<Written>>>,
    /// job -> records that entered its window, or left it where there is none
    passed: HashMap<String, Passed>,
    /// job -> when its sources handed records on
    read_times: HashMap<String, Vec<i64>>,
    arrived: HashMap<String, Arrived>,
    /// the last moment that is recorded
    horizon: i64,
    rows: usize,
}

/// One record as its producer handed it over.
#[derive(Debug, Clone, Copy)]
struct Written {
    at: i64,
    event: i64,
}

/// How records of a topic wait for a job.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Waiting {
    /// since the oldest was written
    stay: f64,
    /// since what it tells about
    age: f64,
}

impl Truth {
    pub fn load(dir: &Path) -> Result<Self> {
        load::load(dir)
    }

    /// Whether anything has reached the last reader of the topic.
    pub fn has_arrived(dir: &Path, topic: &str) -> Result<bool> {
        load::has_arrived(dir, topic)
    }

    /// How long the oldest record that lay in the topic at `at`, not yet read by the job, had then been there; 0 if
    /// there was none; `None` if that is not recorded.
    ///
    /// A record counts from when its producer wrote it: what was late before it came here is not this edge's wait
    /// (that is in [`Truth::topic_age`]). For the first topic both are the same.
    pub fn topic_wait(&self, job: &str, topic: &str, at: i64) -> Option<f64> {
        Some(self.waiting(job, topic, at)?.stay)
    }

    /// Like [`Truth::topic_wait`], counted from the record's own timestamp: with everything that it inherited.
    pub fn topic_age(&self, job: &str, topic: &str, at: i64) -> Option<f64> {
        Some(self.waiting(job, topic, at)?.age)
    }

    /// How long the oldest record that was inside the job at `at` had been there: read, and not yet in its window
    /// (or, where it has none, not yet written).
    pub fn inside(&self, job: &str, at: i64) -> Option<f64> {
        self.known(at)?;
        let reads = self.read_times.get(job).map(Vec::as_slice).unwrap_or_default();
        Some(self.passed.get(job)?.oldest(at, reads))
    }

    /// Arrival minus event time of what arrived within a second of `at`, the median.
    pub fn end_to_end(&self, topic: &str, at: i64) -> Option<f64> {
        self.arrived.get(topic)?.median(at)
    }

    /// How old the newest data was that had arrived in the topic by `at`.
    pub fn sink_age(&self, topic: &str, at: i64) -> Option<f64> {
        self.known(at)?;
        self.arrived.get(topic)?.age(at)
    }

    /// Records that the job has read within a time; one that was read twice counts twice.
    pub fn read_between(&self, job: &str, from: i64, to: i64) -> usize {
        let times = self.read_times.get(job).map(Vec::as_slice).unwrap_or_default();
        times.partition_point(|&t| t < to).saturating_sub(times.partition_point(|&t| t < from))
    }

    /// Up to when it is known what happened.
    pub fn horizon(&self) -> i64 {
        self.horizon
    }

    /// Up to here no row is on its way any more, so that none means none.
    pub fn extend_horizon(&mut self, settled: i64) {
        self.horizon = self.horizon.max(settled);
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    fn known(&self, at: i64) -> Option<()> {
        (at <= self.horizon).then_some(())
    }

    fn waiting(&self, job: &str, topic: &str, at: i64) -> Option<Waiting> {
        self.known(at)?;
        let partitions = self.read.get(job)?.get(topic)?;
        let written = self.written.get(topic);
        let none = Waiting { stay: 0.0, age: 0.0 };
        // a partition that the job does not read keeps everything that was ever written there
        let unread = written.into_iter().flatten().filter_map(|(number, rows)| {
            let first = rows.first().filter(|first| first.at <= at)?;
            (!partitions.contains_key(number))
                .then(|| Waiting { stay: seconds(at - first.at), age: seconds(at - first.event) })
        });
        let worst = partitions
            .iter()
            .map(|(number, partition)| {
                let written =
                    written.and_then(|by| by.get(number)).map(Vec::as_slice).unwrap_or_default();
                partition.waiting(at, written)
            })
            .chain(unread)
            .fold(none, |a, b| Waiting { stay: a.stay.max(b.stay), age: a.age.max(b.age) });
        Some(worst)
    }
}

fn seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}
