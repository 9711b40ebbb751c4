//! Everything that a decision may read, at one moment.

use crate::estate::{
    Change, Estate, Gap, Millis, PlannedWork, SeriesTable, Span, Subject, TopicId, UnderRepair,
};
use crate::lineage::Lineage;
use crate::past::{Alike, PRODUCED, Past, Seasons, Usual};
use std::sync::Arc;

/// A JobManager is asked for its jobs no more often, whatever the tick: it has two requests a second
/// to give.
pub const JOBS_EVERY: Span = Span::secs(5);

/// The one input of every decision: immutable and cheap to take.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The moment it speaks of; the only "now" a decision knows.
    pub at: Millis,
    /// Time between two looks; a value older than three of them is unknown.
    pub tick: Span,
    pub estate: Arc<Estate>,
    pub signals: SeriesTable,
    pub lineage: Arc<Lineage>,
    /// Newest last; what the store keeps in memory.
    pub changes: Arc<Vec<Change>>,
    /// What cannot be seen right now.
    pub gaps: Arc<Vec<Gap>>,
    /// What is remembered of weeks, where it was read: by an inspection.
    pub past: Arc<Past>,
    /// What is usual at a time of day and of the week.
    pub seasons: Arc<Seasons>,
    /// Announced, and not over.
    pub planned: Arc<Vec<PlannedWork>>,
    /// By us, now.
    pub repairs: Arc<Vec<UnderRepair>>,
}

impl Snapshot {
    /// Time between two looks at the jobs of a JobManager.
    pub fn jobs_every(&self) -> Span {
        self.tick.max(JOBS_EVERY)
    }

    /// Records per second that come into a topic at this time: by our own minutes where enough days
    /// of them are known, else by the times of Kafka's records.
    pub fn usual_rate(&self, topic: &TopicId, at: Millis) -> Option<Usual> {
        let subject = Subject::Topic { topic: topic.clone() };
        if let Some(usual) = self.seasons.at(&subject, PRODUCED, at) {
            return Some(usual);
        }
        let (rate, days) = self.estate.kafka.get(&topic.cluster)?.usual_now(&topic.topic, at)?;
        Some(Usual {
            level: rate,
            least: rate,
            most: None,
            alike: Alike::RecordTimes,
            days,
            minute: 0,
            weekday: 0,
        })
    }
}
