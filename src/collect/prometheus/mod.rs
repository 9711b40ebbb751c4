//! Exposition text of Flink and of any exporter, and what a Prometheus server keeps of it (`api`).

pub mod api;
mod differences;
mod labels;
mod parse;
mod slots;
#[cfg(test)]
mod tests;

pub use differences::{Difference, differences};
pub use labels::RawLabels;
pub use parse::{Bad, LONGEST_LINE, Line, Lines, RawSample, Why};
pub use slots::{Reading, Slots};

use super::Yield;
use super::http::{Answer, ReadClient};
use std::collections::BTreeSet;
use std::time::Duration;
use streamwarden_core::estate::{
    Answering, ClusterId, Entity, Fact, Gap, GapReason, Millis, Span, Target, TaskManagerId,
};
use streamwarden_core::signals::{Sample, Signal};
use tokio::time::Instant;

/// What one scrape may cost.
#[derive(Clone, Copy, Debug)]
pub struct Caps {
    pub deadline: Duration,
    /// Bytes after decompression.
    pub body: u64,
    /// Series kept of one text.
    pub series: usize,
}

impl Default for Caps {
    /// A TaskManager with 12 subtasks and Kafka clients is 1.1 MB and 600 series that we keep.
    fn default() -> Caps {
        Caps { deadline: Duration::from_secs(4), body: 64 << 20, series: 50_000 }
    }
}

/// How often it is told that a process answers as before.
const ANSWERS_EVERY: Span = Span::secs(30);

const SERIES: &str = "series";
const LINES: &str = "lines";

/// One address that answers with exposition text.
pub struct PrometheusTarget {
    target: Target,
    url: String,
    client: ReadClient,
    caps: Caps,
    slots: Slots,
    cluster: ClusterId,
    /// TaskManagers that the last text told about.
    taskmanagers: BTreeSet<TaskManagerId>,
    /// How it answered, as it was told, and when.
    told: Option<(Answering, Millis)>,
}

impl PrometheusTarget {
    /// `cluster`: the Flink cluster that its Flink metrics are of. Metrics of other exporters hang
    /// on a component that is called like the target.
    pub fn new(
        target: Target,
        cluster: ClusterId,
        url: String,
        client: ReadClient,
        caps: Caps,
    ) -> PrometheusTarget {
        let (component, instance) = (target.name.clone(), target.address.clone());
        let slots = Slots::new(cluster.clone(), component, instance, caps.series);
        let taskmanagers = BTreeSet::new();
        PrometheusTarget { target, url, client, caps, slots, cluster, taskmanagers, told: None }
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    /// One scrape; every value is of `at` unless it carries its own time.
    pub async fn scrape(&mut self, at: Millis) -> Yield {
        let begun = Instant::now();
        let mut out = Yield { requests: 1, ..Yield::default() };
        let read = match self.client.get(&self.url, self.caps.deadline, self.caps.body).await {
            Ok(answer) => {
                out.bytes = answer.body.len() as u64;
                self.read(&answer, at, &mut out)
            }
            Err(reason) => Err(reason),
        };
        self.tell_answer(read.as_ref().err(), at, &mut out);
        self.own(&mut out, Signal::TargetUp, at, if read.is_ok() { 1.0 } else { 0.0 });
        match read {
            Ok(samples) => {
                self.own(&mut out, Signal::ScrapeSamples, at, samples as f64);
                let took = begun.elapsed().as_secs_f64() * 1e3;
                self.own(&mut out, Signal::ScrapeDuration, at, took);
            }
            Err(reason) => self.gap(&mut out, SERIES, at, reason),
        }
        out
    }

    /// How many samples it brought, or why the text is of no use.
    fn read(&mut self, answer: &Answer, at: Millis, out: &mut Yield) -> Result<usize, GapReason> {
        if let Some(detail) = not_exposition(answer) {
            return Err(GapReason::NotUnderstood { detail: detail.into() });
        }
        let reading = self.slots.read(&answer.body, at);
        match bad_lines(reading.bad) {
            Some(detail) => self.gap(out, LINES, at, GapReason::NotUnderstood { detail }),
            None => out.seen.push(LINES.into()),
        }
        if let Some(reason) = unusable(&reading) {
            return Err(reason);
        }
        if reading.over > 0 {
            let seen = reading.series + reading.over;
            let cap = self.caps.series as u64;
            self.gap(out, SERIES, at, GapReason::TooMany { what: SERIES.into(), cap, seen });
        } else {
            out.seen.push(SERIES.into());
        }
        for (subtask, taskmanager) in reading.placed {
            if let Entity::Subtask { cluster, run, vertex, index } = (*subtask).clone() {
                let fact = Fact::Placement { cluster, run, vertex, index, taskmanager };
                out.facts.push((at, fact));
            }
        }
        out.samples = reading.samples;
        Ok(out.samples.len())
    }

    /// That the processes behind it do not answer is told at each scrape; that they do, when it is
    /// new and each 30 s.
    fn tell_answer(&mut self, error: Option<&GapReason>, at: Millis, out: &mut Yield) {
        let answering = error.map_or(Answering::Answers, Answering::of);
        if error.is_none() {
            let told = out.samples.iter().filter_map(|s| match &s.entity {
                Entity::TaskManager { id, .. } => Some(id.clone()),
                _ => None,
            });
            let now: BTreeSet<TaskManagerId> = told.collect();
            if now != self.taskmanagers {
                self.taskmanagers = now;
                self.told = None;
            }
        }
        let known = self.told.is_some_and(|(told, when)| {
            answering == Answering::Answers && told == answering && at - when < ANSWERS_EVERY
        });
        if known || self.taskmanagers.is_empty() {
            return;
        }
        self.told = Some((answering, at));
        let fact = Fact::TaskManagerAnswers {
            cluster: self.cluster.clone(),
            taskmanagers: self.taskmanagers.iter().cloned().collect(),
            answering,
            error: error.map(GapReason::brief),
        };
        out.facts.push((at, fact));
    }

    fn gap(&self, out: &mut Yield, what: &str, at: Millis, reason: GapReason) {
        out.gaps.push(Gap { target: self.target.clone(), what: what.into(), at, reason });
    }

    fn own(&self, out: &mut Yield, signal: Signal, at: Millis, value: f64) {
        let entity = Entity::Target { name: self.target.name.clone() };
        out.samples.push(Sample { entity, signal, at, value });
    }
}

fn not_exposition(answer: &Answer) -> Option<&'static str> {
    let html = answer.content_type.as_deref().is_some_and(|t| t.contains("html"));
    match answer.body.iter().find(|b| !b.is_ascii_whitespace()) {
        None => Some("empty text: nothing is exposed here (is a Prometheus reporter configured?)"),
        Some(b'<') => Some("HTML, not exposition text: is this the REST port?"),
        Some(_) if html => Some("HTML, not exposition text: is this the REST port?"),
        Some(b'{' | b'[') => Some("JSON, not exposition text: is this the REST port?"),
        Some(_) => None,
    }
}

/// Nothing of it can be used.
fn unusable(reading: &Reading) -> Option<GapReason> {
    (reading.series == 0 && reading.over == 0).then(|| GapReason::NotUnderstood {
        detail: format!(
            "no series in {} lines that we know: is this a Prometheus endpoint of Flink or a JVM?",
            reading.lines
        ),
    })
}

fn bad_lines(bad: Bad) -> Option<String> {
    let (line, why) = bad.first?;
    Some(format!("{} bad lines are left out, the first is line {line}: {why}", bad.lines))
}
