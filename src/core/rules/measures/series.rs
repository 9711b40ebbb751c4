//! Reading series: of the job's present run, or of the run that it was then.

use super::Ask;
use crate::estate::{
    ClusterId, Entity, JobKey, Millis, Name, RunId, Series, Span, Subject, TopicId, VertexId,
};
use crate::signals::{Signal, derive};

/// Runs of a job in which a past moment is looked for.
const RUNS: usize = 4;

pub struct Part<'s> {
    pub cluster: &'s ClusterId,
    pub run: &'s RunId,
    pub vertex: &'s VertexId,
    pub index: u32,
}

impl Part<'_> {
    pub fn entity(&self) -> Entity {
        Entity::Subtask {
            cluster: self.cluster.clone(),
            run: self.run.clone(),
            vertex: self.vertex.clone(),
            index: self.index,
        }
    }
}

impl<'a> Ask<'_, 'a> {
    pub fn from(&self) -> Millis {
        self.at - self.window
    }

    /// The last value, if it was seen within three ticks.
    pub fn gauge(&self, entity: &Entity, signal: Signal) -> Option<f64> {
        let series = self.ctx.series(entity, signal)?;
        self.fresh(series)
    }

    pub fn fresh(&self, series: &Series) -> Option<f64> {
        let (t, v) = series.at_or_before(self.at)?;
        (self.at - t <= self.ctx.fresh()).then_some(v)
    }

    pub fn rate(&self, entity: &Entity, signal: Signal) -> Option<f64> {
        derive::rate(self.ctx.series(entity, signal)?, self.at, self.window)
    }

    /// Change per second over the window, by least squares.
    pub fn slope(&self, series: &Series) -> Option<f64> {
        derive::slope(series, self.from(), self.at)
    }

    /// The first run, newest first, of which something is known at that moment.
    pub fn of_runs<T>(&self, job: &JobKey, get: impl Fn(&RunId) -> Option<T>) -> Option<T> {
        self.ctx.job(job)?.runs().take(RUNS).find_map(get)
    }

    pub fn of_subtask<T>(&self, s: &Subject, get: impl Fn(&Part<'_>) -> Option<T>) -> Option<T> {
        let Subject::Subtask { job, vertex, index } = s else { return None };
        self.of_runs(job, |run| get(&Part { cluster: &job.cluster, run, vertex, index: *index }))
    }

    pub fn of_run<T>(&self, s: &Subject, get: impl Fn(Entity) -> Option<T>) -> Option<T> {
        let Subject::Job { job } = s else { return None };
        self.of_runs(job, |run| get(Entity::Run { cluster: job.cluster.clone(), run: run.clone() }))
    }

    /// The series of one signal of the operators in one subtask, with the operators' names.
    pub fn operators(&self, part: &Part<'_>, signal: Signal) -> Vec<(&'a Name, &'a Series)> {
        let key = (part.cluster.clone(), part.run.clone());
        let Some(of_run) = self.ctx.index().operators.get(&key) else { return Vec::new() };
        let first = (part.vertex.clone(), Name::from(""));
        of_run
            .range(first..)
            .take_while(|((v, _), _)| v == part.vertex)
            .flat_map(|(_, rows)| rows.iter().copied())
            .filter_map(|row| match &*row.entity {
                Entity::Operator { index, operator, .. } if *index == part.index => {
                    row.get(signal).map(|s| (operator, s))
                }
                _ => None,
            })
            .collect()
    }

    /// Sum over the operators of a subtask; None where none is known.
    pub fn operators_sum(
        &self,
        part: &Part<'_>,
        signal: Signal,
        get: impl Fn(&Series) -> Option<f64>,
    ) -> Option<f64> {
        let known = self.operators(part, signal).into_iter().filter_map(|(_, s)| get(s));
        known.reduce(|a, b| a + b)
    }

    pub fn operators_max(&self, part: &Part<'_>, signal: Signal) -> Option<f64> {
        let known = self.operators(part, signal).into_iter().filter_map(|(_, s)| self.fresh(s));
        known.reduce(f64::max)
    }

    pub fn rate_of(&self, series: &Series) -> Option<f64> {
        derive::rate(series, self.at, self.window)
    }

    /// Where the readers in `job` stand in a topic, by partition.
    pub fn positions(&self, job: &JobKey, topic: &Name) -> Vec<(i32, &'a Series)> {
        let of = |run: &RunId| {
            let key = (job.cluster.clone(), run.clone());
            let found: Vec<(i32, &'a Series)> = self
                .ctx
                .index()
                .positions
                .get(&key)?
                .iter()
                .filter(|p| p.topic == *topic)
                .filter_map(|p| Some((p.partition, p.row.get(Signal::SourcePosition)?)))
                .filter(|(_, s)| s.at_or_before(self.at).is_some())
                .collect();
            (!found.is_empty()).then_some(found)
        };
        self.of_runs(job, of).unwrap_or_default()
    }

    pub fn partition(&self, topic: &TopicId, partition: i32, signal: Signal) -> Option<&'a Series> {
        self.ctx.series(&Entity::Partition { topic: topic.clone(), partition }, signal)
    }

    /// Records per second into a partition. Offsets also count transaction markers. Of a time
    /// before our own looks: by the times of the records, where they were asked at a cold start.
    pub fn produced(&self, topic: &TopicId, partition: i32) -> Option<f64> {
        let series = self.partition(topic, partition, Signal::EndOffset)?;
        self.rate_of(series).or_else(|| {
            let kafka = self.ctx.estate().kafka.get(&topic.cluster)?;
            let first = series.range(Millis(i64::MIN), self.at).next();
            let points = kafka.offsets_at.get(&(topic.topic.clone(), partition))?;
            first.is_none().then(|| between(points, self.at)).flatten()
        })
    }
}

/// Records per second at `at` between two points (when, offset), oldest first. What lies before the
/// first record that is kept is not known.
fn between(points: &[(Millis, i64)], at: Millis) -> Option<f64> {
    let kept = points.first()?.1;
    let next = points.iter().position(|(t, _)| *t >= at)?;
    let ((t0, o0), (t1, o1)) = (*points.get(next.checked_sub(1)?)?, *points.get(next)?);
    let seconds = (t1 - t0).as_secs();
    (o0 > kept && seconds > 0.0).then(|| ((o1 - o0).max(0)) as f64 / seconds)
}

/// A span as a value.
pub fn secs(span: Span) -> Option<super::Scalar> {
    Some(span.as_secs().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_before_our_looks_is_known_from_the_first_record_on() {
        let s = |t: i64| Millis(t * 1000);
        let points = [(s(0), 100), (s(640), 100), (s(800), 900), (s(880), 1700), (s(920), 1700)];
        assert_eq!(between(&points, s(700)), None, "before the first record that is kept");
        assert_eq!(between(&points, s(850)), Some(10.0));
        assert_eq!(between(&points, s(900)), Some(0.0), "nothing came");
        assert_eq!(between(&points, s(950)), None);
        assert_eq!(between(&[], s(1)), None);
    }
}
