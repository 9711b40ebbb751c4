//! Where what comes into a topic comes from.

use super::{Ask, Scalar};
use crate::estate::{Entity, JobKey, Millis, Span, Subject, TopicId};
use crate::lineage::{Edge, EdgeKind};
use crate::rules::links::ends;
use crate::signals::Signal;
use crate::signals::derive::still_since;

/// Nothing came for so long: it has stopped by now.
const STILL: Span = Span::secs(20);

/// Whether it is filled from outside of what we see: a job that reads topics hands on what it
/// gets, so that silence is to be looked for there.
pub fn from_outside(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let Subject::Topic { topic } = s else { return None };
    let edges = || q.ctx.links().of_topic(topic).iter().filter(|e| e.kind == EdgeKind::Writes);
    let writers: Vec<&JobKey> = edges().filter_map(|e| writer(q, e)).collect();
    let table = &q.ctx.snapshot.lineage.likely;
    let (writers, maybe): (Vec<&JobKey>, Vec<&JobKey>) = match edges().next() {
        Some(_) => (writers, Vec::new()),
        None => {
            let likely = table.of(topic).filter(|l| !l.is_cut())?;
            let in_question = |j: &&JobKey| !stopped_after(q, topic, j);
            (
                likely.jobs.iter().filter(in_question).collect(),
                likely.maybe.iter().filter(in_question).collect(),
            )
        }
    };
    let outside = |j: &&JobKey| table.draws_from_outside(j);
    if writers.iter().chain(&maybe).all(outside) {
        return Some(true.into());
    }
    let inside = |j: &&JobKey| reads(q, j).next().is_some();
    (maybe.is_empty() && writers.iter().all(inside)).then(|| false.into())
}

/// The job of a write edge, where it runs.
fn writer<'a>(q: &Ask<'_, 'a>, edge: &'a Edge) -> Option<&'a JobKey> {
    let (job, _) = ends(edge)?;
    q.ctx.job(job).filter(|j| j.gone.is_none() && !j.run.state.is_terminal()).map(|j| &j.key)
}

fn reads<'a>(q: &Ask<'_, 'a>, job: &JobKey) -> impl Iterator<Item = &'a TopicId> {
    let edges = q.ctx.links().of_job(job).iter().filter(|e| e.kind == EdgeKind::Reads);
    edges.filter_map(|e| Some(ends(e)?.1)).collect::<Vec<_>>().into_iter()
}

/// All that the job reads has stopped as well, and none of it before the topic did: it is fed by
/// the topic, not the other way round.
fn stopped_after(q: &Ask<'_, '_>, topic: &TopicId, job: &JobKey) -> bool {
    let Some(stopped) = last_came(q, topic) else { return false };
    let mut read = reads(q, job).peekable();
    read.peek().is_some()
        && read.all(|t| last_came(q, t).is_some_and(|l| l > stopped && q.at - l >= STILL))
}

/// When something last came into it; None where an end offset of it is not seen.
fn last_came(q: &Ask<'_, '_>, topic: &TopicId) -> Option<Millis> {
    let partitions = q.ctx.index().partitions.get(topic)?;
    let mut newest = None;
    for partition in partitions.keys() {
        let entity = Entity::Partition { topic: topic.clone(), partition: *partition };
        let series = q.ctx.series(&entity, Signal::EndOffset)?;
        newest = newest.max(still_since(series, q.at));
    }
    newest
}
