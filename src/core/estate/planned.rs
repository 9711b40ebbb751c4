//! Work that somebody announced: what goes wrong there meanwhile is theirs, and nobody is called.

use super::{ClusterId, JobKey, Millis, Name, Span, Subject, TopicId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is forgotten must end by itself: nobody plans one piece of work for longer than a week.
pub const LONGEST_WORK: Span = Span::secs(7 * 86_400);

/// Where somebody works. The whole estate is said by name, never by leaving something out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Scope {
    Estate,
    /// A Flink or a Kafka cluster with all that is in it.
    Cluster {
        cluster: ClusterId,
    },
    Job {
        job: JobKey,
    },
    Topic {
        topic: TopicId,
    },
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::Estate => f.write_str("estate"),
            Scope::Cluster { cluster } => write!(f, "cluster {cluster}"),
            Scope::Job { job } => write!(f, "job {job}"),
            Scope::Topic { topic } => write!(f, "topic {topic}"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedWork {
    pub id: Name,
    pub scope: Scope,
    pub from: Millis,
    /// It is over at this moment.
    pub until: Millis,
    pub who: Name,
    pub why: Name,
    /// When it was announced.
    pub made: Millis,
    /// Somebody ended it before its time.
    pub ended: Option<EndedEarly>,
    /// Not work, but a silence: what goes wrong there is trouble like any other, told later.
    #[serde(default)]
    pub silence: Option<Silence>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Silence {
    /// Messages wait until it is over; repair goes on.
    Messages,
    /// Nothing is repaired meanwhile, either.
    NoRemediate,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedEarly {
    pub at: Millis,
    pub by: Name,
}

impl Scope {
    /// A machine belongs to no cluster that its name would tell: only the estate holds it.
    pub fn holds(&self, subject: &Subject) -> bool {
        match self {
            Scope::Estate => true,
            Scope::Cluster { cluster } => subject.cluster() == Some(cluster),
            Scope::Job { job } => subject.job() == Some(job),
            Scope::Topic { topic } => match subject {
                Subject::Topic { topic: t } | Subject::Partition { topic: t, .. } => t == topic,
                _ => false,
            },
        }
    }
}

impl PlannedWork {
    /// When it is over, as far as is known now.
    pub fn over(&self) -> Millis {
        self.ended.as_ref().map_or(self.until, |e| e.at.min(self.until))
    }

    pub fn in_force(&self, at: Millis) -> bool {
        self.from <= at && at < self.over()
    }

    pub fn covers(&self, subject: &Subject, at: Millis) -> bool {
        self.in_force(at) && self.scope.holds(subject)
    }
}

/// The work that covers it at that moment; of several, the one that lasts longest.
pub fn work_on<'a>(
    all: impl IntoIterator<Item = &'a PlannedWork>,
    subject: &Subject,
    at: Millis,
) -> Option<&'a PlannedWork> {
    hushed_on(all.into_iter().filter(|w| w.silence.is_none()), subject, at)
}

/// The same of silences.
pub fn silence_on<'a>(
    all: impl IntoIterator<Item = &'a PlannedWork>,
    subject: &Subject,
    at: Millis,
) -> Option<&'a PlannedWork> {
    hushed_on(all.into_iter().filter(|w| w.silence.is_some()), subject, at)
}

/// The same of both: nobody is called.
pub fn hushed_on<'a>(
    all: impl IntoIterator<Item = &'a PlannedWork>,
    subject: &Subject,
    at: Millis,
) -> Option<&'a PlannedWork> {
    all.into_iter().filter(|w| w.covers(subject, at)).max_by_key(|w| w.over())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::VertexId;

    fn work(scope: Scope) -> PlannedWork {
        PlannedWork {
            id: "w".into(),
            scope,
            from: Millis(1000),
            until: Millis(2000),
            who: "li.wei".into(),
            why: "new version".into(),
            made: Millis(900),
            ended: None,
            silence: None,
        }
    }

    #[test]
    fn a_scope_holds_what_is_in_it_and_nothing_beside_it() {
        let (flink, kafka) = (ClusterId::new("f"), ClusterId::new("k"));
        let job = JobKey::new(&flink, "a");
        let topic = TopicId::new(&kafka, "t");
        let vertex = Subject::Vertex { job: job.clone(), vertex: VertexId::new("v") };
        let other = Subject::Job { job: JobKey::new(&flink, "b") };
        let partition = Subject::Partition { topic: topic.clone(), partition: 3 };
        let host = Subject::Host { host: "f".into() };
        let broker = Subject::Broker { cluster: kafka.clone(), id: 1 };
        let all = [&vertex, &other, &partition, &host, &broker];
        let held = |scope: Scope| all.map(|s| scope.holds(s));
        assert_eq!(held(Scope::Estate), [true; 5]);
        assert_eq!(held(Scope::Cluster { cluster: flink }), [true, true, false, false, false]);
        assert_eq!(held(Scope::Cluster { cluster: kafka }), [false, false, true, false, true]);
        assert_eq!(held(Scope::Job { job }), [true, false, false, false, false]);
        assert_eq!(held(Scope::Topic { topic }), [false, false, true, false, false]);
    }

    #[test]
    fn it_holds_from_its_beginning_until_its_end_or_until_somebody_ends_it() {
        let host = Subject::Host { host: "h".into() };
        let mut w = work(Scope::Estate);
        let covers = |w: &PlannedWork| [999, 1000, 1999, 2000].map(|t| w.covers(&host, Millis(t)));
        assert_eq!(covers(&w), [false, true, true, false]);
        w.ended = Some(EndedEarly { at: Millis(1500), by: "chen".into() });
        assert_eq!(covers(&w), [false, true, false, false]);
        // ended before it began: it never was
        w.ended = Some(EndedEarly { at: Millis(950), by: "chen".into() });
        assert_eq!(covers(&w), [false; 4]);
        let long = PlannedWork { until: Millis(3000), ..work(Scope::Estate) };
        let both = [work(Scope::Estate), long];
        assert_eq!(work_on(&both, &host, Millis(1200)).map(|w| w.until), Some(Millis(3000)));
        assert_eq!(work_on(&both, &host, Millis(3000)), None);
        let silence = PlannedWork { silence: Some(Silence::Messages), ..both[1].clone() };
        let both = [both[0].clone(), silence];
        let until = |w: Option<&PlannedWork>| w.map(|w| w.until.0);
        let at = Millis(1200);
        assert_eq!(until(work_on(&both, &host, at)), Some(2000), "a silence is no work");
        assert_eq!(until(silence_on(&both, &host, at)), Some(3000));
        assert_eq!(until(hushed_on(&both, &host, at)), Some(3000));
    }
}
