//! Of one subtask: what its thread does, what goes through it, its Kafka client.

use super::series::Part;
use super::{Ask, Measure, Scalar};
use crate::estate::{Subject, SubjectKind, SubjectKind::Subtask};
use crate::rules::types::*;
use crate::signals::{Signal, derive};

const ON: &[SubjectKind] = &[Subtask];
const SHARE: Base = Base::number(RATIO);
const SECONDS: Base = Base::number(TIME);

pub const MEASURES: &[Measure] = &[
    Measure::new(
        "null_key",
        ON,
        Base::Truth,
        null_key,
        "false: no empty, null or zero key goes to this subtask; unknown where one would, since keys are payload and never read",
    )
    .now(),
    Measure::new("busy", ON, SHARE, |q, s| share(q, s, derive::busy), "share of time neither idle nor back-pressured; a call that waits is busy").over(10),
    Measure::new("idle", ON, SHARE, |q, s| share(q, s, derive::idle), "share of time without anything to do").over(10),
    Measure::new("bp", ON, SHARE, |q, s| share(q, s, derive::back_pressure), "share of time held back by what comes after it").over(10),
    Measure::new("bp_any", ON, SHARE, |q, s| q.of_subtask(s, |p| bp_any(q, p)).map(Scalar::from), "the highest of: bp, share of looks that say back-pressured, 1 with a full output pool; sees it where bp is blind (low rates)").over(10),
    Measure::new("rate_in", ON, Base::number(RECORD_RATE), |q, s| rate_in(q, s).map(Scalar::from), "records in per second; of a source: what its source operator reads").over(15),
    Measure::new("rate_out", ON, Base::number(RECORD_RATE), |q, s| rate_out(q, s).map(Scalar::from), "records out per second; of a sink: what it sends").over(15),
    Measure::new("tpr", ON, Base::number(RECORD_RATE), |q, s| tpr(q, s).map(Scalar::from), "true processing rate: rate_in / busy, what it could take in if always busy; unknown below 1 % busy").over(30),
    Measure::new("out_pool", ON, SHARE, |q, s| gauge(q, s, Signal::OutPoolUsage, 1.0), "share of its output buffers in use"),
    Measure::new("in_pool", ON, SHARE, |q, s| gauge(q, s, Signal::InPoolUsage, 1.0), "share of its input buffers in use; 0 on local channels even when full: a weak hint"),
    Measure::new("queue_in", ON, Base::number(COUNT), |q, s| gauge(q, s, Signal::InputQueueLength, 1.0), "buffers queued at its input"),
    Measure::new("queue_out", ON, Base::number(COUNT), |q, s| gauge(q, s, Signal::OutputQueueLength, 1.0), "buffers queued at its output"),
    Measure::new("start_delay", ON, SECONDS, |q, s| gauge(q, s, Signal::CheckpointStartDelay, 1e-3), "how long the last checkpoint's barrier took to reach it"),
    Measure::new("alignment_time", ON, SECONDS, |q, s| gauge(q, s, Signal::CheckpointAlignmentTime, 1e-3), "how long the last checkpoint waited for its other inputs"),
    Measure::new("watermark_lag", ON, SECONDS, |q, s| watermark_lag(q, s).map(Scalar::from), "how far its event time is behind the clock; negative: events from the future"),
    Measure::new("watermark_ahead", ON, SECONDS, |q, s| watermark_lag(q, s).map(|l| (-l).max(0.0).into()), "how far its event time is ahead of the clock, at least 0"),
    Measure::new("watermark_moves", ON, Base::Truth, watermark_moves, "its watermark has risen within the window").over(30).at_two_looks(),
    Measure::new("late_dropped", ON, Base::number(RECORD_RATE), |q, s| operator_rate(q, s, Signal::LateRecordsDropped), "records per second that windows dropped as too late").over(30),
    Measure::new("emit_lag", ON, SECONDS, |q, s| operator_gauge(q, s, Signal::EmitEventTimeLag, 1e-3), "age of the records that its source hands out, by their event time; frozen while none come"),
    Measure::new("source_idle", ON, SECONDS, |q, s| operator_gauge(q, s, Signal::SourceIdleTime, 1e-3), "how long its source has had no record"),
    Measure::new("assigned_partitions", ON, Base::number(COUNT), |q, s| operator_gauge(q, s, Signal::AssignedPartitions, 1.0), "Kafka partitions assigned to it"),
    Measure::new("consumer_connections", ON, Base::number(COUNT), |q, s| operator_gauge(q, s, Signal::ConsumerConnections, 1.0), "connections of its Kafka consumer; 0: the brokers are gone for it"),
    Measure::new("producer_connections", ON, Base::number(COUNT), |q, s| operator_gauge(q, s, Signal::ProducerConnections, 1.0), "connections of its Kafka producer"),
    Measure::new("consumer_bytes", ON, Base::number(BYTE_RATE), |q, s| operator_rate(q, s, Signal::ConsumerBytes), "bytes per second from Kafka").over(15),
    Measure::new("requests_in_flight", ON, Base::number(COUNT), |q, s| operator_gauge(q, s, Signal::RequestsInFlight, 1.0), "produce requests that wait for an answer"),
    Measure::new("fetch_throttle", ON, SECONDS, |q, s| operator_gauge(q, s, Signal::FetchThrottleTime, 1e-3), "longest throttling of its fetches by a broker's quota"),
    Measure::new("produce_throttle", ON, SECONDS, |q, s| operator_gauge(q, s, Signal::ProduceThrottleTime, 1e-3), "longest throttling of its produce requests by a broker's quota"),
    Measure::new("producer_latency", ON, SECONDS, |q, s| operator_gauge(q, s, Signal::ProducerLatency, 1e-3), "how long its Kafka producer waits for the answer to a request, on average"),
    Measure::new("commits_failed", ON, Base::number(COUNT_RATE), |q, s| operator_rate(q, s, Signal::CommitsFailed), "offset commits per second that failed").over(60),
    Measure::new("producer_retries", ON, Base::number(RECORD_RATE), |q, s| operator_rate(q, s, Signal::ProducerRetries), "records per second that its producer sent again").over(30),
    Measure::new("producer_errors", ON, Base::number(RECORD_RATE), |q, s| operator_rate(q, s, Signal::ProducerErrors), "records per second that its producer gave up").over(30),
    Measure::new("send_errors", ON, Base::number(RECORD_RATE), |q, s| operator_rate(q, s, Signal::RecordsSendErrors), "records per second that its sink could not send").over(30),
    Measure::new("share_of_rate", ON, SHARE, share_of_rate, "its part of what all subtasks of its vertex take in").over(15),
];

type Derived = fn(
    &crate::estate::SeriesTable,
    &crate::estate::Entity,
    crate::estate::Millis,
    crate::estate::Span,
) -> Option<f64>;

fn share(q: &Ask<'_, '_>, s: &Subject, of: Derived) -> Option<Scalar> {
    let table = &q.ctx.snapshot.signals;
    q.of_subtask(s, |p| of(table, &p.entity(), q.at, q.window)).map(Scalar::from)
}

fn gauge(q: &Ask<'_, '_>, s: &Subject, signal: Signal, scale: f64) -> Option<Scalar> {
    q.of_subtask(s, |p| q.gauge(&p.entity(), signal)).map(|v| (v * scale).into())
}

fn operator_gauge(q: &Ask<'_, '_>, s: &Subject, signal: Signal, scale: f64) -> Option<Scalar> {
    q.of_subtask(s, |p| q.operators_max(p, signal)).map(|v| (v * scale).into())
}

fn operator_rate(q: &Ask<'_, '_>, s: &Subject, signal: Signal) -> Option<Scalar> {
    q.of_subtask(s, |p| q.operators_sum(p, signal, |series| q.rate_of(series))).map(Scalar::from)
}

/// A pool this full lets nothing pass.
const FULL_POOL: f64 = 0.99;

fn bp_any(q: &Ask<'_, '_>, part: &Part<'_>) -> Option<f64> {
    let (table, entity) = (&q.ctx.snapshot.signals, part.entity());
    let time = derive::back_pressure(table, &entity, q.at, q.window);
    let told = q.ctx.series(&entity, Signal::IsBackPressured).and_then(|s| {
        let (n, yes) = s.range(q.from(), q.at).fold((0.0, 0.0), |(n, y), (_, v)| (n + 1.0, y + v));
        (n > 0.0).then(|| yes / n)
    });
    let pool = q.gauge(&entity, Signal::OutPoolUsage);
    let pool = pool.map(|v| if v >= FULL_POOL { 1.0 } else { 0.0 });
    [time, told, pool].into_iter().flatten().reduce(f64::max)
}

fn is_source(q: &Ask<'_, '_>, s: &Subject) -> Option<bool> {
    let Subject::Subtask { job, vertex, .. } = s else { return None };
    Some(q.ctx.vertex(job, vertex)?.inputs.is_empty())
}

fn is_sink(q: &Ask<'_, '_>, s: &Subject) -> Option<bool> {
    let Subject::Subtask { job, vertex, .. } = s else { return None };
    let plan = q.ctx.plan(job)?;
    Some(!plan.vertices.iter().flat_map(|v| &v.inputs).any(|i| i.from == *vertex))
}

pub fn rate_in(q: &Ask<'_, '_>, s: &Subject) -> Option<f64> {
    q.of_subtask(s, |p| {
        let task = || q.rate(&p.entity(), Signal::RecordsIn);
        if !is_source(q, s)? {
            return task();
        }
        // the operators chained behind a source count as well, and may take in more or less
        let all = q.operators(p, Signal::OperatorRecordsIn);
        let own = all.iter().find(|(name, _)| name.starts_with("Source"));
        let read = match own {
            Some((_, series)) => q.rate_of(series),
            None => all.iter().filter_map(|(_, s)| q.rate_of(s)).reduce(f64::max),
        };
        read.or_else(|| q.operators_sum(p, Signal::ConsumerRecords, |s| q.rate_of(s))).or_else(task)
    })
}

fn rate_out(q: &Ask<'_, '_>, s: &Subject) -> Option<f64> {
    q.of_subtask(s, |p| {
        let sent = is_sink(q, s)?
            .then(|| q.operators_sum(p, Signal::RecordsSent, |s| q.rate_of(s)))
            .flatten();
        sent.or_else(|| q.rate(&p.entity(), Signal::RecordsOut))
    })
}

/// Below this a thread has done too little to tell how fast it is.
const LEAST_BUSY: f64 = 0.01;

fn tpr(q: &Ask<'_, '_>, s: &Subject) -> Option<f64> {
    let table = &q.ctx.snapshot.signals;
    let busy = q.of_subtask(s, |p| derive::busy(table, &p.entity(), q.at, q.window))?;
    (busy >= LEAST_BUSY).then_some(())?;
    Some(rate_in(q, s)? / busy)
}

fn watermark_lag(q: &Ask<'_, '_>, s: &Subject) -> Option<f64> {
    q.of_subtask(s, |p| {
        let own = q.gauge(&p.entity(), Signal::InputWatermark);
        // a source has no input: what its first operator that has one hands out
        let out = || {
            let all = q.operators(p, Signal::OutputWatermark);
            all.into_iter().filter_map(|(_, s)| q.fresh(s)).reduce(f64::min)
        };
        own.or_else(out).map(|w| (q.at.0 as f64 - w) / 1000.0)
    })
}

fn watermark_moves(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    q.of_subtask(s, |p| {
        let own = q.ctx.series(&p.entity(), Signal::InputWatermark);
        let series =
            own.or_else(|| q.operators(p, Signal::OutputWatermark).first().map(|o| o.1))?;
        q.fresh(series)?;
        let mut points = series.range(q.from(), q.at).map(|(_, v)| v);
        let first = points.next()?;
        let last = points.last()?;
        Some(Scalar::Truth(last > first))
    })
}

fn share_of_rate(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let Subject::Subtask { job, vertex, .. } = s else { return None };
    let parallelism = q.ctx.vertex(job, vertex)?.parallelism;
    let all: Option<f64> = (0..parallelism)
        .map(|index| {
            rate_in(q, &Subject::Subtask { job: job.clone(), vertex: vertex.clone(), index })
        })
        .sum();
    let (mine, all) = (rate_in(q, s)?, all?);
    (all > 0.0).then(|| (mine / all).into())
}
/// `hashCode` of what stands for "no key": the empty string and zero (0), `null` and `NULL` as text.
const NO_KEY: [i32; 3] = [0, 3_392_903, 2_407_815];

/// Flink sends a key to the subtask of its key group (`KeyGroupRangeAssignment`).
fn null_key(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let Subject::Subtask { job, vertex, index } = s else { return None };
    let v = q.ctx.vertex(job, vertex)?;
    let (parallelism, max) = (i64::from(v.parallelism), i64::from(v.max_parallelism?));
    if parallelism < 1 || max < parallelism {
        return None;
    }
    let subtask = |hash: &i32| i64::from(murmur(*hash)) % max * parallelism / max;
    let here = NO_KEY.iter().any(|hash| subtask(hash) == i64::from(*index));
    (!here).then(|| false.into())
}

/// `MathUtils.murmurHash` of Flink: never negative.
fn murmur(code: i32) -> i32 {
    let mut h = (code as u32).wrapping_mul(0xcc9e_2d51).rotate_left(15);
    h = h.wrapping_mul(0x1b87_3593).rotate_left(13);
    h = h.wrapping_mul(5).wrapping_add(0xe654_6b64) ^ 4;
    h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
    h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    h ^= h >> 16;
    // the least int has no opposite: Flink takes 0
    (h as i32).checked_abs().unwrap_or(0)
}
