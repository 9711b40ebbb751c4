//! How long records wait: in a topic for their reader, between two vertices, for a commit, for a
//! watermark.

use super::{Age, Curve, Index, LATELY, Method, Why, age, age_of_reader};
use crate::estate::{
    Entity, Estate, Job, JobDetail, JobState, Millis, Name, Row, Series, Span, TopicId, Vertex,
    VertexId,
};
use crate::signals::Signal;
use std::collections::{BTreeMap, BTreeSet};

/// A wait as it was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    pub age: Age,
    pub method: Method,
    /// Records per second that come in.
    pub rate: Option<f64>,
}

/// Everything the measurements look at.
pub struct Scene<'a> {
    pub at: Millis,
    pub fresh: Span,
    pub estate: &'a Estate,
    pub index: &'a Index<'a>,
}

/// Rates shown beside a wait are over this much.
const RATE_WINDOW: Span = Span::secs(30);
/// First look this far back for the record that waits, then ten times, then all.
const NEAR_PAST: Span = Span::secs(180);

/// Partitions of a topic that a reader has, and what it misses.
#[derive(Clone, Debug, Default)]
pub struct ReadWait {
    pub wait: Option<Wait>,
    pub unknown: Option<Why>,
    pub unread: Vec<i32>,
}

impl<'a> Scene<'a> {
    /// The oldest record of `topic` that `job` has not read: the worst of its partitions.
    pub fn topic_wait(&self, topic: &TopicId, job: &Job, groups: &[Name]) -> ReadWait {
        let Some(partitions) = self.index.partitions.get(topic) else {
            return ReadWait { unknown: Some(Why::NoEndOffset), ..ReadWait::default() };
        };
        let positions = self.positions(topic, job, groups);
        let mut out = ReadWait::default();
        let mut worst: Option<Wait> = None;
        let (mut records, mut rate) = (0.0, None);
        for (id, row) in partitions {
            let Some((series, method)) = positions.get(id) else {
                // partitions are added at the end: a hole is a series that we do not see
                match positions.keys().next_back().is_some_and(|known| known > id) {
                    true => out.unknown = Some(Why::NoPosition),
                    false => out.unread.push(*id),
                }
                continue;
            };
            match self.partition_wait((topic, *id), row, (series, *method), job, groups) {
                Ok(wait) => {
                    records += wait.age.records;
                    rate = match (rate, wait.rate) {
                        (Some(a), Some(b)) => Some(a + b),
                        (a, b) => a.or(b),
                    };
                    if worst.as_ref().is_none_or(|w| older(&wait.age, &w.age)) {
                        worst = Some(wait);
                    }
                }
                Err(why) => out.unknown = Some(out.unknown.map_or(why, |w| w.min(why))),
            }
        }
        if positions.is_empty() {
            return ReadWait { unknown: Some(Why::NoPosition), ..ReadWait::default() };
        }
        if let Some(mut wait) = worst {
            wait.age.records = records;
            wait.rate = rate;
            // what one partition hides could be worse than what the others show
            if out.unknown.is_some() {
                wait.age.at_least = true;
            }
            out.wait = Some(wait);
        }
        // a source that has just started has not told of all its partitions yet
        if self.at - job.run.start < SETTLING || job.run.state != JobState::Running {
            out.unread.clear();
        }
        out
    }

    /// Where the reader stands in each partition: its own gauges, of its newest run that has any;
    /// where it has none, the committed offsets of its group.
    fn positions(
        &self,
        topic: &TopicId,
        job: &Job,
        groups: &[Name],
    ) -> BTreeMap<i32, (Vec<&'a Series>, Method)> {
        let mut out: BTreeMap<i32, (Vec<&'a Series>, Method)> = BTreeMap::new();
        for run in job.runs() {
            let key = (job.key.cluster.clone(), run.clone());
            for p in self.index.positions.get(&key).into_iter().flatten() {
                if p.topic == topic.topic
                    && let Some(s) = p.row.get(Signal::SourcePosition)
                {
                    out.entry(p.partition).or_insert((Vec::new(), Method::Position)).0.push(s);
                }
            }
        }
        for (group, partition, row) in self.index.committed.get(topic).into_iter().flatten() {
            if groups.contains(group)
                && let Some(s) = row.get(Signal::CommittedOffset)
            {
                out.entry(*partition).or_insert_with(|| (vec![s], Method::Committed));
            }
        }
        out
    }

    fn partition_wait(
        &self,
        (topic, id): (&TopicId, i32),
        row: &Row,
        (positions, mut method): (&[&Series], Method),
        job: &Job,
        groups: &[Name],
    ) -> Result<Wait, Why> {
        let end = row.get(Signal::EndOffset).ok_or(Why::NoEndOffset)?;
        let (end_at, end_last) = end.at_or_before(self.at).ok_or(Why::NoEndOffset)?;
        let position = positions
            .iter()
            .filter_map(|s| s.at_or_before(self.at).map(|p| (p, *s)))
            .max_by_key(|((t, _), _)| *t);
        let ((seen, mut value), series) = position.ok_or(Why::NoPosition)?;
        // nobody reads while the job is down: true for as long as its JobManager is known to say so
        let held = !job.running();
        let known = if held { self.seen_down(job) } else { seen };
        if self.at - known > self.fresh {
            return Err(Why::PositionStale);
        }
        let mut at_least = false;
        if held {
            match self.resumes_at((topic, id), job, groups, positions) {
                Some(offset) => (value, method) = (offset, Method::Committed),
                // it goes on from there, or from before
                None => at_least = true,
            }
        }
        let visible = self.visible_end(row, series);
        let older = self
            .estate
            .kafka
            .get(&topic.cluster)
            .and_then(|k| k.offsets_at.get(&(topic.topic.clone(), id)));
        if self.at - end_at > self.fresh {
            // the broker does not answer: what we know to be unread only gets older
            if end_last - value < 1.0 {
                return Err(Why::EndOffsetStale);
            }
            let curve = self.produced(visible, value, older.map(Vec::as_slice));
            let a = age(&curve, value, end_at).ok_or(Why::EndOffsetStale)?;
            let seconds = a.seconds + (self.at - end_at).as_secs();
            let age = Age { at: self.at, seconds, at_least: true, records: a.records };
            return Ok(Wait { age, method, rate: None });
        }
        // both are read at their own moments: ask when the reader was seen. Its position is never
        // interpolated: a burst between two looks would count as waiting
        let at = if held { end_at.min(known) } else { seen };
        let curve = self.produced(visible, value, older.map(Vec::as_slice));
        let mut age = if held {
            age(&curve, value, at)
        } else {
            let before: Vec<_> = series.range(at - LATELY, at).collect();
            age_of_reader(&curve, &before, value, at)
        }
        .ok_or(Why::EndOffsetStale)?;
        age.at_least |= at_least;
        if age.records > 0.0 && !held && self.only_markers(topic, id, row, series, age.records) {
            age = Age { at: age.at, seconds: 0.0, at_least: false, records: 0.0 };
        }
        let method = if age.seconds > 0.0 && self.before_our_history(visible, age) {
            Method::Timestamps
        } else {
            method
        };
        Ok(Wait { age, method, rate: curve.rate(RATE_WINDOW) })
    }

    /// When its JobManager last said that it does not run.
    fn seen_down(&self, job: &Job) -> Millis {
        let listed = self.estate.flink.get(&job.key.cluster).and_then(|f| f.jobs_seen);
        job.gone.map_or(job.last_seen, |gone| listed.map_or(gone, |seen| seen.max(gone)))
    }

    /// Where a job that is down will go on: what it has read since its last checkpoint is read
    /// again. Its sources commit what a checkpoint has saved; where that is not done or fails, it
    /// is from where they stood when the checkpoint began.
    fn resumes_at(
        &self,
        (topic, id): (&TopicId, i32),
        job: &Job,
        groups: &[Name],
        positions: &[&Series],
    ) -> Option<f64> {
        let by_group = self.index.committed.get(topic).into_iter().flatten();
        let by_group =
            by_group.filter(|(group, partition, _)| *partition == id && groups.contains(group));
        let by_group = by_group.filter_map(|(_, _, row)| row.get(Signal::CommittedOffset));
        let runs = job.runs().map(|run| (job.key.cluster.clone(), run.clone()));
        let told = runs.filter_map(|run| self.index.positions.get(&run)).flatten();
        let told = told.filter(|p| p.topic == topic.topic && p.partition == id);
        let told = told.filter_map(|p| p.row.get(Signal::SourceCommitted));
        let newest = |all: &mut dyn Iterator<Item = (Millis, f64)>| all.max_by_key(|(t, _)| *t);
        let committed = newest(&mut by_group.chain(told).filter_map(|s| s.at_or_before(self.at)));
        let stats = job.run.checkpoints.as_ref();
        let saved = stats.and_then(|(_, stats)| {
            let began = stats.latest_completed.as_ref()?.triggered;
            newest(&mut positions.iter().filter_map(|s| s.at_or_before(began)))
        });
        let all = committed.into_iter().chain(saved).map(|(_, offset)| offset);
        all.reduce(f64::max)
    }

    /// Was it listed lately, or any figure of its run told?
    pub fn sees(&self, job: &Job) -> bool {
        let fresh = |t: Millis| self.at - t <= self.fresh;
        let run = (job.key.cluster.clone(), job.run.id.clone());
        let rows = || self.index.subtasks.get(&run).into_iter().flat_map(|v| v.values().flatten());
        let told = |s: &Series| s.at_or_before(self.at).is_some_and(|(t, _)| fresh(t));
        fresh(job.last_seen) || rows().any(|r| r.iter().any(|(_, s)| told(s)))
    }

    /// The end as this reader may see it: a read-committed one sees up to the last stable offset.
    /// Which it is shows while a transaction is open: does it stand beyond the stable end?
    fn visible_end(&self, row: &'a Row, position: &Series) -> &'a Series {
        let (Some(end), Some(stable)) = (row.get(Signal::EndOffset), row.get(Signal::StableOffset))
        else {
            return row.get(Signal::EndOffset).unwrap_or(&EMPTY);
        };
        let from = self.at - Span::secs(300);
        let held_back = stable
            .range(from, self.at)
            .any(|(t, v)| end.at_or_before(t).is_some_and(|(_, e)| e > v));
        if !held_back {
            return end;
        }
        // the stable end read *after* the position: beyond that it reads what is uncommitted
        let beyond = position
            .range(from, self.at)
            .any(|(t, p)| stable.range(t, self.at).next().is_some_and(|(_, s)| p > s));
        if beyond { end } else { stable }
    }

    /// Transaction markers take offsets that no reader ever stands at: what is left can be the last
    /// one of each producer, if the reader has moved since the end last grew, or if neither has
    /// moved for a while. (At most so many records that a reader is stuck at look the same: only
    /// reading them would tell.)
    fn only_markers(
        &self,
        topic: &TopicId,
        id: i32,
        row: &Row,
        position: &Series,
        rest: f64,
    ) -> bool {
        let producers = self.estate.kafka.get(&topic.cluster).and_then(|kafka| {
            let topic = kafka.topics.get(&topic.topic)?;
            topic.partitions.iter().find(|p| p.id == id)?.producers
        });
        let (Some(producers), Some(end)) = (producers, row.get(Signal::EndOffset)) else {
            return false;
        };
        if rest > f64::from(producers) {
            return false;
        }
        let settled = self.at - self.fresh;
        match (self.last_growth(end), self.last_growth(position)) {
            (Some(grew), Some(moved)) => moved >= grew || (grew < settled && moved < settled),
            (Some(grew), None) => grew < settled,
            (None, _) => true,
        }
    }

    /// When the series was last seen higher than before, within the near past.
    fn last_growth(&self, series: &Series) -> Option<Millis> {
        let mut before = f64::INFINITY;
        let mut last = None;
        for (t, v) in series.range(self.at - NEAR_PAST, self.at) {
            if v > before {
                last = Some(t);
            }
            before = v;
        }
        last
    }

    fn before_our_history(&self, end: &Series, age: Age) -> bool {
        let since = age.at - Span::from_secs(age.seconds);
        end.first().is_some_and(|f| since < f)
    }

    /// End offsets back to where `consumed` was the end, and no further.
    fn produced(&self, end: &Series, consumed: f64, older: Option<&[(Millis, i64)]>) -> Curve {
        for back in [NEAR_PAST, Span(NEAR_PAST.0 * 10)] {
            let curve = Curve::of(end.range(self.at - back, self.at));
            let enough =
                curve.first_time().and_then(|t| curve.value(t)).is_some_and(|v| v <= consumed);
            if enough {
                return curve;
            }
        }
        Curve::of(end.range(Millis(0), self.at)).preceded_by(older.unwrap_or_default())
    }

    /// From a written record to a visible one: the oldest record behind the last stable offset,
    /// the worst partition. None where no transaction has been seen.
    pub fn commit_wait(&self, topic: &TopicId) -> Option<Age> {
        let waits = self.index.partitions.get(topic)?.values().filter_map(|row| {
            let (end, stable) = (row.get(Signal::EndOffset)?, row.get(Signal::StableOffset)?);
            let (at, committed) = stable.at_or_before(self.at)?;
            if self.at - at > self.fresh {
                return None;
            }
            let transactional = stable
                .range(self.at - Span::secs(600), self.at)
                .any(|(t, v)| end.at_or_before(t).is_some_and(|(_, e)| e > v));
            transactional.then_some(())?;
            let curve = self.produced(end, committed, None);
            let at = at.min(curve.last()?.0);
            age(&curve, committed, at)
        });
        waits.reduce(|a, b| if older(&b, &a) { b } else { a })
    }

    /// The queue in front of vertex `to`: what its inputs have handed out against what it has
    /// taken in, by counters of the same attempt.
    pub fn hop_wait(&self, job: &Job, plan: &JobDetail, to: &Vertex) -> Result<Wait, Why> {
        if !job.running() {
            return Err(Why::NotRunning);
        }
        let inputs: BTreeSet<&VertexId> = to.inputs.iter().map(|i| &i.from).collect();
        let mut out = Vec::new();
        for from in inputs {
            let fed = plan
                .vertices
                .iter()
                .flat_map(|v| v.inputs.iter())
                .filter(|i| i.from == *from)
                .count();
            let broadcast = to.inputs.iter().any(|i| i.from == *from && &*i.ship == "BROADCAST");
            if fed > 1 || broadcast {
                return Err(Why::FanOut);
            }
            out.extend(self.live_rows(job, plan, from, Signal::RecordsOut)?);
        }
        let taken = self.live_rows(job, plan, &to.id, Signal::RecordsIn)?;
        let mut result = Err(Why::NoMetrics);
        for back in [NEAR_PAST, Span(NEAR_PAST.0 * 10), Span(NEAR_PAST.0 * 40)] {
            let produced = Curve::sum(&out, self.at - back, self.at);
            let consumed = Curve::sum(&taken, self.at - back, self.at);
            let (Some((tp, _)), Some((tc, _))) = (produced.last(), consumed.last()) else {
                return Err(Why::NoMetrics);
            };
            let at = tp.min(tc);
            let age = |v| age_of_reader(&produced, consumed.lately(at), v, at);
            let Some(age) = consumed.value(at).and_then(age) else {
                return Err(Why::NoMetrics);
            };
            let done = !age.at_least;
            result = Ok(Wait { age, method: Method::Counters, rate: consumed.rate(RATE_WINDOW) });
            if done {
                break;
            }
        }
        result
    }

    /// One series per subtask of the vertex, all of them seen lately.
    fn live_rows(
        &self,
        job: &Job,
        plan: &JobDetail,
        vertex: &VertexId,
        signal: Signal,
    ) -> Result<Vec<&'a Series>, Why> {
        let key = (job.key.cluster.clone(), job.run.id.clone());
        let rows =
            self.index.subtasks.get(&key).and_then(|v| v.get(vertex)).ok_or(Why::NoMetrics)?;
        let parallelism = plan
            .vertices
            .iter()
            .find(|v| v.id == *vertex)
            .map(|v| v.parallelism)
            .ok_or(Why::NoPlan)?;
        let live: Vec<_> = rows
            .iter()
            .filter(|r| matches!(&*r.entity, Entity::Subtask { index, .. } if *index < parallelism))
            .filter_map(|r| r.get(signal))
            .filter(|s| s.at_or_before(self.at).is_some_and(|(t, _)| self.at - t <= self.fresh))
            .collect();
        if live.len() < parallelism as usize {
            return Err(if live.is_empty() { Why::NoMetrics } else { Why::MetricsStale });
        }
        Ok(live)
    }

    /// Now minus the slowest input watermark of a vertex, s. None while there is none.
    pub fn watermark_lag(&self, job: &Job, vertex: &VertexId) -> Option<(Millis, f64)> {
        let key = (job.key.cluster.clone(), job.run.id.clone());
        let rows = self.index.subtasks.get(&key)?.get(vertex)?;
        let lags = rows.iter().filter_map(|r| {
            let (t, w) = r.get(Signal::InputWatermark)?.at_or_before(self.at)?;
            (self.at - t <= self.fresh).then_some((t, (t.0 as f64 - w) / 1000.0))
        });
        lags.max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// How old the newest record of a topic was at most when it came in: event time runs behind
    /// the clock by that much before any job of ours has touched it. The least of the last
    /// minute; None where the broker does not tell.
    pub fn arrival_lag(&self, topic: &TopicId) -> Option<f64> {
        let partitions = self.index.partitions.get(topic)?;
        let lags = partitions.values().filter_map(|r| r.get(Signal::NewestRecord)).flat_map(|s| {
            s.range(self.at - Span::secs(60), self.at).map(|(t, v)| (t.0 as f64 - v) / 1000.0)
        });
        lags.min_by(f64::total_cmp).map(|l| l.max(0.0))
    }
}

static EMPTY: std::sync::LazyLock<Series> = std::sync::LazyLock::new(Series::default);

/// Until then a fresh source may not have told of all its partitions.
const SETTLING: Span = Span::secs(60);

fn older(a: &Age, b: &Age) -> bool {
    a.seconds > b.seconds
}

/// Does the plan say that the vertex holds records back until a watermark passes? And the length
/// of its longest window, where the plan says it (DataStream: `TumblingEventTimeWindows(1000)`).
pub fn window(vertex: &Vertex) -> Option<Option<Span>> {
    const MARKS: [&str; 8] = [
        "EventTimeWindows(",
        "EventTimeSessionWindows(",
        "WindowAggregate(",
        "WindowJoin(",
        "WindowRank(",
        "WindowDeduplicate(",
        "IntervalJoin(",
        "TemporalSort(",
    ];
    let text = &*vertex.description;
    let mark = MARKS.iter().find(|m| text.contains(*m))?;
    let span = text
        .split_once(mark)
        .and_then(|(_, rest)| rest.split([',', ')']).next())
        .and_then(|n| n.trim().parse::<i64>().ok())
        .map(Span);
    Some(span)
}
