//! A server with Prometheus' HTTP API (Prometheus, VictoriaMetrics, Thanos, Mimir) in place of the
//! endpoints that it scrapes: the same families, as the same samples, of the moments at which that
//! server scraped them.
//!
//! - Once a minute it is asked which of Flink's metrics it has; then for those of them alone that
//!   are signals, as raw samples (a range selector: an instant vector would bear the time of the
//!   question).
//! - A process that is gone has no newer samples: what it told grows old and becomes unknown. That
//!   its endpoint does not answer is told by `up`; that the server does not answer says nothing of
//!   the processes behind it.

mod ask;
pub mod past;
#[cfg(test)]
mod tests;
mod wire;

pub use ask::{Selection, url};
pub use wire::{Answer, Labelled, Series};

use super::{Caps, Reading, SERIES, Slots, unusable};
use crate::collect::Yield;
use crate::collect::http::{ReadClient, parse_json};
use bytes::Bytes;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use streamwarden_core::estate::{
    Answering, ClusterId, Entity, Fact, Gap, GapReason, Millis, Span, Target, TaskManagerId, plain,
};
use streamwarden_core::signals::resolve::{self, Labels};
use streamwarden_core::signals::{Sample, Signal};
use tokio::time::Instant;

/// Which names there are is asked so often: it is a look into the server's index.
const NAMES_EVERY: Span = Span::secs(60);
const NAMES_CAP: u64 = 4 << 20;
/// The server gives up a second before we do.
pub const DEADLINE: Duration = Duration::from_secs(8);
/// A series is written out some seconds after the moment that it is of.
const INGESTED: Span = Span::secs(10);
/// No server is asked for more at once, however long it was away.
const LONGEST: Span = Span::secs(300);
/// A scrape that failed sooner was refused; one that lasted may be a process that stands still, or
/// a way that is cut.
const REFUSED_S: f64 = 1.0;

const NAMES: &str = "metric names";
const ENDPOINTS: &str = "endpoints";
const WHOLE: &str = "whole answers";
const ONE_CLUSTER: &str = "one cluster";

/// A server, and what of it is one Flink cluster's.
pub struct ApiTarget {
    target: Target,
    client: ReadClient,
    caps: Caps,
    selection: Selection,
    /// How often that server scrapes.
    every: Span,
    slots: Slots,
    cluster: ClusterId,
    /// Names of metrics that are signals, and when they were asked for.
    names: Option<(BTreeSet<String>, Millis)>,
    /// When it last answered in full.
    answered: Option<Millis>,
    /// TaskManagers by the endpoint that told of them.
    behind: BTreeMap<String, BTreeSet<TaskManagerId>>,
}

impl ApiTarget {
    pub fn new(
        target: Target,
        cluster: ClusterId,
        selection: Selection,
        every: Duration,
        client: ReadClient,
    ) -> ApiTarget {
        let caps = Caps { deadline: DEADLINE, ..Caps::default() };
        let slots =
            Slots::new(cluster.clone(), target.name.clone(), target.address.clone(), caps.series);
        let every = Span(i64::try_from(every.as_millis()).unwrap_or(i64::MAX));
        let (names, answered, behind) = (None, None, BTreeMap::new());
        ApiTarget {
            target,
            client,
            caps,
            selection,
            every,
            slots,
            cluster,
            names,
            answered,
            behind,
        }
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Twice in the time in which there is something new.
    pub fn period(&self, tick: Duration) -> Duration {
        tick.max(Duration::from_millis(u64::try_from(self.every.0 / 2).unwrap_or(0)))
    }

    pub async fn look(&mut self, at: Millis) -> Yield {
        let begun = Instant::now();
        let mut out = Yield::default();
        let read = self.read(at, &mut out).await;
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

    async fn read(&mut self, at: Millis, out: &mut Yield) -> Result<usize, GapReason> {
        self.learn_names(at, out).await;
        let Some((names, _)) = &self.names else {
            return Err(not_understood("which metrics it has was not told yet"));
        };
        if names.is_empty() {
            return Err(GapReason::NotConfigured {
                detail: "it has no metric of Flink among what `labels` selects: does it scrape \
                         this cluster, and is it selected by the labels that it has there?"
                    .into(),
            });
        }
        let back = self.back(at);
        let mut bodies = Vec::new();
        for query in self.selection.queries(names, back) {
            let url = url(&self.selection.base, "query", &[("query", &query), ("timeout", "7s")])?;
            out.requests += 1;
            let answer = self.client.get(&url, self.caps.deadline, self.caps.body).await?;
            out.bytes += answer.body.len() as u64;
            bodies.push(answer.body);
        }
        let reading = self.take_in(&bodies, at, out)?;
        if let Some(reason) = unusable(&reading) {
            return Err(reason);
        }
        self.answered = Some(at);
        self.tell(reading, at, out);
        Ok(out.samples.len())
    }

    async fn learn_names(&mut self, at: Millis, out: &mut Yield) {
        let young = |(names, asked): &(BTreeSet<String>, Millis)| {
            !names.is_empty() && at - *asked < NAMES_EVERY
        };
        if self.names.as_ref().is_some_and(young) {
            return;
        }
        match self.ask_names(at, out).await {
            Ok(names) => {
                self.names = Some((names, at));
                out.seen.push(NAMES.into());
            }
            Err(reason) => self.gap(out, NAMES, at, reason),
        }
    }

    async fn ask_names(&self, at: Millis, out: &mut Yield) -> Result<BTreeSet<String>, GapReason> {
        let url = self.selection.names_url(at)?;
        out.requests += 1;
        let answer = self.client.get(&url, self.caps.deadline, NAMES_CAP).await?;
        out.bytes += answer.body.len() as u64;
        let told: wire::Names = parse_json(&answer.body)?;
        let ours = |name: &String| name.contains("flink_") && resolve::wanted(name.as_bytes());
        Ok(told.data.into_iter().filter(ours).collect())
    }

    /// What every series that lives has a sample in, and nothing is left out of between two looks.
    fn back(&self, at: Millis) -> Span {
        match self.answered {
            None => Span(self.every.0.saturating_mul(4)).max(Span::secs(60)).min(LONGEST),
            Some(last) => ((at - last).max(Span(0)) + self.every + INGESTED).min(LONGEST),
        }
    }

    fn take_in(
        &mut self,
        bodies: &[Bytes],
        at: Millis,
        out: &mut Yield,
    ) -> Result<Reading, GapReason> {
        let mut answers = Vec::new();
        for body in bodies {
            answers.push(parse_json::<Answer<'_>>(body)?);
        }
        match answers.iter().find_map(Answer::not_whole) {
            Some(detail) => self.gap(out, WHOLE, at, not_understood(detail)),
            None => out.seen.push(WHOLE.into()),
        }
        let mut all: Vec<&Series<'_>> = answers.iter().flat_map(|a| &a.data.result).collect();
        // of two series for one thing (an earlier attempt's) the one that goes on speaks
        all.sort_by_key(|series| Reverse(series.last()));
        let mut reading = Reading::default();
        self.slots.begin();
        let mut key = Vec::new();
        let mut managers = BTreeSet::new();
        for series in &all {
            let name = series.labels.name();
            let endpoint = series.labels.endpoint();
            if let Some(id) = series.labels.get("tm_id").filter(|_| !name.is_empty()) {
                let known = self.behind.entry(endpoint.clone()).or_default();
                if series.last() > Some(at - LONGEST) && known.len() < self.caps.series {
                    known.insert(TaskManagerId::new(&*id));
                }
            }
            if name.ends_with("flink_jobmanager_numRunningJobs") {
                managers.insert(endpoint);
            }
            series.labels.key(&mut key);
            // nothing is from the future
            let points = series.points().map(|(t, v)| (t.min(at), v));
            self.slots.series(&key, name, &series.labels, points, &mut reading);
        }
        self.one_cluster(&managers, at, out);
        self.endpoints(&all, at, out);
        Ok(reading)
    }

    /// Two leading JobManagers are two clusters, whose slots and jobs nobody could tell apart.
    fn one_cluster(&self, managers: &BTreeSet<String>, at: Millis, out: &mut Yield) {
        if managers.len() < 2 {
            return out.seen.push(ONE_CLUSTER.into());
        }
        let some: Vec<&str> = managers.iter().take(3).map(String::as_str).collect();
        let detail = format!(
            "{} JobManagers are selected ({}): give `labels:` that select one cluster",
            managers.len(),
            plain(&some.join(", "))
        );
        self.gap(out, ONE_CLUSTER, at, GapReason::NotConfigured { detail });
    }

    /// How the endpoints answer that server.
    fn endpoints(&mut self, all: &[&Series<'_>], at: Millis, out: &mut Yield) {
        let newest = |name: &str| -> BTreeMap<String, f64> {
            let of = all.iter().rev().filter(|s| s.labels.name() == name);
            of.filter_map(|s| Some((s.labels.endpoint(), s.points().last()?.1))).collect()
        };
        let (up, took) = (newest("up"), newest("scrape_duration_seconds"));
        let down: Vec<&str> = up.iter().filter(|(_, v)| **v < 0.5).map(|(e, _)| &**e).collect();
        match down.first() {
            None => out.seen.push(ENDPOINTS.into()),
            Some(first) => {
                let detail = format!(
                    "{} of {} endpoints do not answer that server, {} is one",
                    down.len(),
                    up.len(),
                    plain(first)
                );
                self.gap(out, ENDPOINTS, at, GapReason::Unreachable { detail });
            }
        }
        for (endpoint, taskmanagers) in &self.behind {
            let (answering, error) = match up.get(endpoint) {
                Some(up) if *up >= 0.5 => (Answering::Answers, None),
                Some(_) if took.get(endpoint).is_some_and(|s| *s < REFUSED_S) => {
                    (Answering::Unreachable, Some("its scrape fails at once".into()))
                }
                _ => continue,
            };
            let (cluster, taskmanagers) =
                (self.cluster.clone(), taskmanagers.iter().cloned().collect());
            let fact = Fact::TaskManagerAnswers { cluster, taskmanagers, answering, error };
            out.facts.push((at, fact));
        }
        self.behind.retain(|endpoint, _| up.contains_key(endpoint));
    }

    fn tell(&self, reading: Reading, at: Millis, out: &mut Yield) {
        if reading.over > 0 {
            let (cap, seen) = (self.caps.series as u64, reading.series + reading.over);
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
        out.samples.extend(reading.samples);
    }

    fn gap(&self, out: &mut Yield, what: &str, at: Millis, reason: GapReason) {
        out.gaps.push(Gap { target: self.target.clone(), what: what.into(), at, reason });
    }

    fn own(&self, out: &mut Yield, signal: Signal, at: Millis, value: f64) {
        let entity = Entity::Target { name: self.target.name.clone() };
        out.samples.push(Sample { entity, signal, at, value });
    }
}

fn not_understood(detail: impl Into<String>) -> GapReason {
    GapReason::NotUnderstood { detail: detail.into() }
}
