//! One job from its sources to its sinks: the queue before each vertex, and looking back along
//! the way of the record that leaves now.

use super::history::Ages;
use super::waits::{ReadWait, Scene, Wait, window};
use super::wiring::Wiring;
use super::{Delay, Hop, Method, Quantiles, Reading, Status, Why};
use crate::estate::{Entity, Job, JobDetail, Millis, Span, TopicId, VertexId};
use crate::signals::Signal;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
pub struct EdgeWait {
    /// Waiting in the topic.
    pub topic: Option<Wait>,
    /// Of the record that leaves the job now: how long it had waited in the topic, s,
    pub waited: Option<f64>,
    /// and has been inside the job since, from the reading vertex to its sinks, s.
    pub inside: Option<f64>,
    /// Both: age of the oldest record that this job has not passed on.
    pub edge: Option<Reading>,
    pub unknown: Option<Why>,
    pub unread: Vec<i32>,
}

#[derive(Clone, Debug)]
pub struct JobWaits {
    pub reads: BTreeMap<TopicId, EdgeWait>,
    pub hops: Vec<Hop>,
    /// The slowest way through the vertices.
    pub inside: Option<Reading>,
    pub method: Method,
    pub unknown: Option<Why>,
    pub window_wait: Option<f64>,
    pub window_span: Option<Span>,
}

/// Measures one job and puts what it finds into `ages`.
pub fn job_waits(scene: &Scene<'_>, job: &Job, wiring: &Wiring, ages: &mut Ages<'_>) -> JobWaits {
    let mut topics: BTreeMap<TopicId, (ReadWait, Option<VertexId>)> = BTreeMap::new();
    for (topic, wire) in wiring.reads_of(&job.key) {
        let read = scene.topic_wait(topic, job, &wire.groups);
        if let Some(w) = &read.wait {
            let entity = Entity::EdgeRead { topic: topic.clone(), job: job.key.clone() };
            ages.set(&entity, Signal::TopicWait, w.age.at, w.age.seconds);
            ages.set(&entity, Signal::EdgeRecords, w.age.at, w.age.records);
            if let Some(rate) = w.rate {
                ages.set(&entity, Signal::EdgeRate, w.age.at, rate);
            }
        }
        topics.insert(topic.clone(), (read, wire.vertex.clone()));
    }
    let mut out = JobWaits {
        reads: BTreeMap::new(),
        hops: Vec::new(),
        inside: None,
        method: Method::Counters,
        unknown: Some(Why::NoPlan),
        window_wait: None,
        window_span: None,
    };
    if let Some(plan) = job.run.plan() {
        through_the_plan(scene, job, plan, ages, &mut out);
        window_waits(scene, job, plan, &topics, ages, &mut out);
    }
    for (topic, (read, vertex)) in topics {
        let edge = edge_wait(job, &topic, read, vertex, ages, &out);
        out.reads.insert(topic, edge);
    }
    out
}

fn vertex_entity(job: &Job, vertex: &VertexId) -> Entity {
    Entity::Vertex {
        cluster: job.key.cluster.clone(),
        run: job.run.id.clone(),
        vertex: vertex.clone(),
    }
}

fn through_the_plan(
    scene: &Scene<'_>,
    job: &Job,
    plan: &JobDetail,
    ages: &mut Ages<'_>,
    out: &mut JobWaits,
) {
    let mut at = None;
    let mut unknown = None;
    let mut at_least = false;
    for vertex in plan.vertices.iter().filter(|v| !v.inputs.is_empty()) {
        let wait = scene.hop_wait(job, plan, vertex);
        match &wait {
            Ok(w) => {
                let entity = vertex_entity(job, &vertex.id);
                ages.set(&entity, Signal::EdgeAge, w.age.at, w.age.seconds);
                at = Some(at.map_or(w.age.at, |a: Millis| a.min(w.age.at)));
                at_least |= w.age.at_least;
            }
            Err(why) => unknown = Some(unknown.map_or(*why, |u: Why| u.min(*why))),
        }
        out.hops.extend(vertex.inputs.iter().map(|i| hop(&i.from, &vertex.id, &i.ship, &wait)));
    }
    if plan.vertices.iter().all(|v| v.inputs.is_empty()) {
        // one chain: nothing can wait between its operators, as long as somebody sees it
        out.method = Method::Chained;
        match job.gone.is_some() || scene.sees(job) {
            true => at = Some(scene.at),
            false => unknown = Some(Why::MetricsStale),
        }
    }
    out.unknown = unknown;
    let Some(at) = at.filter(|_| unknown.is_none()) else { return };
    let seconds = way_back(job, plan, None, at, ages);
    out.inside = Some(Reading { at, seconds, at_least });
    ages.set(&Entity::EdgeInside { job: job.key.clone() }, Signal::InsideWait, at, seconds);
}

fn hop(
    from: &VertexId,
    to: &VertexId,
    ship: &crate::estate::Name,
    wait: &Result<Wait, Why>,
) -> Hop {
    let delay = match wait {
        Ok(w) => Delay {
            now: Some(Reading { at: w.age.at, seconds: w.age.seconds, at_least: w.age.at_least }),
            method: Some(w.method),
            records: Some(w.age.records),
            rate: w.rate,
            status: Status::NoTarget,
            unknown: None,
            quantiles: Quantiles::default(),
            ..Delay::unknown(Why::NoPlan)
        },
        Err(why) => Delay::unknown(*why),
    };
    Hop { from: from.clone(), to: to.clone(), ship: ship.clone(), delay }
}

/// How long the record that leaves the job at `at` has been inside it: back from the sinks, each
/// vertex taking as long as its queue was old *then*. From one source vertex, or the slowest.
pub fn way_back(
    job: &Job,
    plan: &JobDetail,
    source: Option<&VertexId>,
    at: Millis,
    ages: &Ages<'_>,
) -> f64 {
    let fed: Vec<&VertexId> =
        plan.vertices.iter().flat_map(|v| &v.inputs).map(|i| &i.from).collect();
    let sinks = plan.vertices.iter().filter(|v| !fed.contains(&&v.id));
    let mut budget = WALK_BUDGET;
    let slowest = sinks
        .filter_map(|s| entered(job, plan, &s.id, source, at, ages, &mut budget))
        .min()
        .unwrap_or(at);
    (at - slowest).as_secs().max(0.0)
}

/// Steps of one walk: a plan with very many ways is followed along the first of them only.
const WALK_BUDGET: u32 = 2000;

fn entered(
    job: &Job,
    plan: &JobDetail,
    vertex: &VertexId,
    source: Option<&VertexId>,
    at: Millis,
    ages: &Ages<'_>,
    budget: &mut u32,
) -> Option<Millis> {
    *budget = budget.checked_sub(1)?;
    let v = plan.vertices.iter().find(|v| v.id == *vertex)?;
    if v.inputs.is_empty() {
        return source.is_none_or(|s| s == vertex).then_some(at);
    }
    let queue = ages.at(&vertex_entity(job, vertex), Signal::EdgeAge, at).unwrap_or(0.0);
    let before = at - Span::from_secs(queue);
    v.inputs.iter().filter_map(|i| entered(job, plan, &i.from, source, before, ages, budget)).min()
}

/// What windows hold back, told apart from lateness: the watermark's lag at the window, less what
/// is late on the way to it and what had been late before it came into the topic.
fn window_waits(
    scene: &Scene<'_>,
    job: &Job,
    plan: &JobDetail,
    topics: &BTreeMap<TopicId, (ReadWait, Option<VertexId>)>,
    ages: &mut Ages<'_>,
    out: &mut JobWaits,
) {
    for vertex in &plan.vertices {
        let Some(span) = window(vertex) else { continue };
        out.window_span = out.window_span.max(span);
        let Some((at, lag)) = scene.watermark_lag(job, &vertex.id) else { continue };
        let mut budget = WALK_BUDGET;
        let into = entered(job, plan, &vertex.id, None, at, ages, &mut budget).unwrap_or(at);
        let late = topics
            .keys()
            .map(|t| {
                let entity = Entity::EdgeRead { topic: t.clone(), job: job.key.clone() };
                let waited = ages.at(&entity, Signal::TopicWait, into).unwrap_or(0.0);
                waited + scene.arrival_lag(t).unwrap_or(0.0)
            })
            .fold(0.0, f64::max);
        let wait = (lag - (at - into).as_secs() - late).max(0.0);
        if out.window_wait.is_none_or(|w| wait > w) {
            out.window_wait = Some(wait);
            let entity = Entity::EdgeInside { job: job.key.clone() };
            ages.set(&entity, Signal::WindowWait, at, wait);
        }
    }
}

fn edge_wait(
    job: &Job,
    topic: &TopicId,
    read: ReadWait,
    vertex: Option<VertexId>,
    ages: &mut Ages<'_>,
    found: &JobWaits,
) -> EdgeWait {
    let entity = Entity::EdgeRead { topic: topic.clone(), job: job.key.clone() };
    let mut out = EdgeWait { unread: read.unread, unknown: read.unknown, ..EdgeWait::default() };
    let Some(wait) = read.wait else { return out };
    // while a job is down nothing moves inside it: what waits, waits in the topic
    let running = job.running();
    let inside = match (found.inside, job.run.plan()) {
        (Some(r), Some(plan)) if running => {
            Some(way_back(job, plan, vertex.as_ref(), r.at.min(wait.age.at), ages))
        }
        _ => None,
    };
    let at =
        found.inside.filter(|_| inside.is_some()).map_or(wait.age.at, |r| r.at.min(wait.age.at));
    let then = at - Span::from_secs(inside.unwrap_or(0.0));
    let waited = ages.at(&entity, Signal::TopicWait, then).unwrap_or(wait.age.seconds);
    let seconds = inside.unwrap_or(0.0) + waited;
    // a running job whose inside cannot be measured may hide more
    let hidden = running && inside.is_none();
    let deeper = found.inside.is_some_and(|r| r.at_least);
    let reading = Reading { at, seconds, at_least: wait.age.at_least || hidden || deeper };
    ages.set(&entity, Signal::EdgeAge, at, seconds);
    if let Some(i) = inside {
        ages.set(&entity, Signal::InsideWait, at, i);
    }
    out.edge = Some(reading);
    out.waited = Some(waited);
    out.inside = inside;
    out.topic = Some(wait);
    out
}
