//! The CSV files that the processes of a bed write, one per kind and process.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::str::{FromStr, Split};

use anyhow::{Context, Result};

use crate::truth::topic::{Partition, Record};
use crate::truth::{Truth, Written};

pub fn load(dir: &Path) -> Result<Truth> {
    let mut truth = Truth::default();
    each(dir, "read", &mut truth, read)?;
    each(dir, "win", &mut truth, window)?;
    // a job with a window has passed a record when it is in there; only the others are judged by what they write
    let windowed: Vec<String> = truth.passed.keys().cloned().collect();
    each(dir, "out", &mut truth, |truth, fields| out(truth, fields, &windowed))?;
    each(dir, "last", &mut truth, last)?;
    truth.seal();
    Ok(truth)
}

pub fn has_arrived(dir: &Path, topic: &str) -> Result<bool> {
    for file in files(dir, "last")? {
        let text = std::fs::read_to_string(file)?;
        if text.lines().any(|line| line.split(',').nth(1) == Some(topic)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn files(dir: &Path, kind: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.strip_prefix(kind).is_some_and(|rest| rest.starts_with('-'))
            && name.ends_with(".csv")
        {
            found.push(path);
        }
    }
    Ok(found)
}

fn each(
    dir: &Path,
    kind: &str,
    truth: &mut Truth,
    mut row: impl FnMut(&mut Truth, &mut Fields) -> Option<()>,
) -> Result<()> {
    for file in files(dir, kind)? {
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        // the last line may be on its way
        let whole = text.rfind('\n').map_or(0, |end| end);
        for (number, line) in text[..whole].lines().enumerate() {
            row(truth, &mut Fields(line.split(','))).with_context(|| {
                format!("{}:{}: not a {kind} row: {line}", file.display(), number + 1)
            })?;
            truth.rows += 1;
        }
    }
    Ok(())
}

struct Fields<'a>(Split<'a, char>);

impl<'a> Fields<'a> {
    fn text(&mut self) -> Option<&'a str> {
        self.0.next()
    }

    fn number<T: FromStr>(&mut self) -> Option<T> {
        self.0.next()?.parse().ok()
    }
}

/// Like `entry().or_default()`, but the name is copied only once and not for each of a million rows.
fn slot<'a, V: Default>(map: &'a mut HashMap<String, V>, name: &str) -> &'a mut V {
    if !map.contains_key(name) {
        map.insert(name.to_owned(), V::default());
    }
    map.get_mut(name).expect("it is there now")
}

fn read(truth: &mut Truth, fields: &mut Fields) -> Option<()> {
    let (now, job, topic) = (fields.number()?, fields.text()?, fields.text()?);
    let partition: u32 = fields.number()?;
    let record =
        Record { offset: fields.number()?, event: fields.number()?, written: fields.number()? };
    truth.horizon = truth.horizon.max(now);
    let partitions = slot(slot(&mut truth.read, job), topic);
    partitions.entry(partition).or_default().push(now, record);
    slot(&mut truth.read_times, job).push(now);
    Some(())
}

fn window(truth: &mut Truth, fields: &mut Fields) -> Option<()> {
    let (now, job, read_at) = (fields.number()?, fields.text()?, fields.number()?);
    truth.horizon = truth.horizon.max(now);
    slot(&mut truth.passed, job).push(now, read_at);
    Some(())
}

fn out(truth: &mut Truth, fields: &mut Fields, windowed: &[String]) -> Option<()> {
    let (now, job, topic) = (fields.number()?, fields.text()?, fields.text()?);
    let (partition, read_at, event): (u32, i64, i64) =
        (fields.number()?, fields.number()?, fields.number()?);
    truth.horizon = truth.horizon.max(now);
    let written = slot(&mut truth.written, topic);
    written.entry(partition).or_default().push(Written { at: now, event });
    if !windowed.iter().any(|with| with == job) {
        slot(&mut truth.passed, job).push(now, read_at);
    }
    Some(())
}

fn last(truth: &mut Truth, fields: &mut Fields) -> Option<()> {
    let (now, topic) = (fields.number()?, fields.text()?);
    let (_partition, _offset, event): (u32, i64, i64) =
        (fields.number()?, fields.number()?, fields.number()?);
    truth.horizon = truth.horizon.max(now);
    slot(&mut truth.arrived, topic).push(now, event);
    Some(())
}

impl Truth {
    fn seal(&mut self) {
        let topics = self.read.values_mut().flat_map(|topics| topics.values_mut());
        topics.flat_map(|partitions| partitions.values_mut()).for_each(Partition::seal);
        let written = self.written.values_mut().flat_map(|partitions| partitions.values_mut());
        written.for_each(|rows| rows.sort_unstable_by_key(|w| w.at));
        self.passed.values_mut().for_each(|passed| passed.seal());
        self.read_times.values_mut().for_each(|times| times.sort_unstable());
        self.arrived.values_mut().for_each(|arrived| arrived.seal());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        dir
    }

    #[test]
    fn a_small_estate() {
        let dir = written(&[
            (
                "out-1.csv",
                "1000,ods,orders,0,1000,1000\n2000,ods,orders,0,2000,2000\n9000,dwd,stats,0,3000,1999\n",
            ),
            ("read-2.csv", "3000,dwd,orders,0,0,1000,1000\n7000,dwd,orders,0,1,2000,2000\n"),
            ("win-2.csv", "6000,dwd,3000,1000\n8000,dwd,7000,2000\n"),
            ("read-3.csv", "9100,ads,stats,0,0,1999,9000\n"),
            ("last-4.csv", "9500,alerts,0,0,1999\n"),
        ]);
        let truth = load(dir.path()).unwrap();
        assert_eq!(truth.topic_wait("dwd", "orders", 5000), Some(3.0));
        assert_eq!(truth.inside("dwd", 5000), Some(2.0));
        // two files tell what the edge itself costs, and what it inherits
        assert_eq!(truth.topic_wait("ads", "stats", 9050), Some(0.05));
        assert_eq!(truth.topic_age("ads", "stats", 9050), Some(7.051));
        assert_eq!(truth.topic_wait("ads", "stats", 8000), Some(0.0));
        assert_eq!(truth.end_to_end("alerts", 9500), Some(7.501));
        assert_eq!(truth.sink_age("alerts", 9500), Some(7.501));
        assert_eq!(truth.read_between("dwd", 0, 4000), 1);
        assert_eq!(truth.rows(), 9);
    }

    #[test]
    fn a_partition_that_nobody_reads_keeps_its_records_waiting() {
        let dir = written(&[
            ("out-1.csv", "1000,ods,orders,0,1000,1000\n2000,ods,orders,4,2000,1900\n"),
            ("read-2.csv", "1100,dwd,orders,0,0,1000,1000\n"),
            ("last-3.csv", "9000,alerts,0,0,1\n"),
        ]);
        let truth = load(dir.path()).unwrap();
        assert_eq!(truth.topic_wait("dwd", "orders", 1500), Some(0.0));
        assert_eq!(truth.topic_wait("dwd", "orders", 5000), Some(3.0));
        assert_eq!(truth.topic_age("dwd", "orders", 5000), Some(3.1));
    }

    #[test]
    fn what_is_not_recorded_is_not_known() {
        let dir = written(&[("read-1.csv", "3000,dwd,orders,0,0,1000,1000\n")]);
        let truth = load(dir.path()).unwrap();
        assert_eq!(truth.topic_wait("dwd", "orders", 3001), None);
        assert_eq!(truth.topic_wait("dwd", "others", 2000), None);
        assert_eq!(truth.topic_wait("ads", "orders", 2000), None);
        assert_eq!(truth.inside("dwd", 2000), None);
        assert_eq!(truth.end_to_end("alerts", 2000), None);
    }

    #[test]
    fn half_a_line_is_left_for_later_and_a_wrong_one_is_named() {
        let dir = written(&[("last-1.csv", "10,alerts,0,0,5\n20,al")]);
        assert_eq!(load(dir.path()).unwrap().rows(), 1);
        let dir = written(&[("last-1.csv", "10,alerts,0,0,5\nwhat\n")]);
        let error = load(dir.path()).unwrap_err().to_string();
        assert!(error.contains("last-1.csv:2: not a last row: what"), "{error}");
    }
}
