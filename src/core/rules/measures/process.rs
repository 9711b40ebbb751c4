//! Of a TaskManager: is it there, what does its process do; of other services: their JVM.

use super::job::since;
use super::series::secs;
use super::{Ask, Measure, Scalar, base};
use crate::estate::{
    ChangeKind, ClusterId, Entity, FlinkCluster, Subject, SubjectKind, SubjectKind as K,
    TaskManager, TaskManagerId,
};
use crate::rules::types::*;
use crate::signals::Signal;

const ON: &[SubjectKind] = &[K::TaskManager];
/// Members of base clusters tell of their JVM too, where it is asked.
const JVM: &[SubjectKind] = &[K::TaskManager, K::Member];
const SHARE: Base = Base::number(RATIO);
const SECONDS: Base = Base::number(TIME);

pub const MEASURES: &[Measure] = &[
    Measure::new(
        "alive",
        &[K::TaskManager, K::Broker],
        Base::Truth,
        alive,
        "a TaskManager is registered at its JobManager; a broker is listed by its cluster",
    )
    .now(),
    Measure::new(
        "cpu_load",
        ON,
        SHARE,
        |q, s| gauge(q, s, Signal::CpuLoad, 1.0),
        "its share of the machine's CPU",
    ),
    Measure::new(
        "cpu_cores",
        ON,
        Base::number(CORES),
        |q, s| rate(q, s, Signal::CpuTime),
        "cores that its process uses",
    )
    .over(20),
    Measure::new(
        "cpu_moves",
        ON,
        Base::Truth,
        cpu_moves,
        "its CPU time has risen within the window: the process is not frozen",
    )
    .over(20),
    Measure::new("metrics_age", ON, SECONDS, metrics_age, "how long ago its last metric was seen"),
    Measure::new(
        "heap_share",
        JVM,
        SHARE,
        |q, s| part(q, s, Signal::HeapUsed, Signal::HeapMax),
        "heap in use of what it may have",
    ),
    Measure::new(
        "heap_max",
        JVM,
        Base::number(BYTES),
        |q, s| gauge(q, s, Signal::HeapMax, 1.0),
        "heap that it may have",
    ),
    Measure::new(
        "heap_floor",
        JVM,
        SHARE,
        heap_floor,
        "least heap in use within the window, of what it may have: what stays after collecting",
    )
    .over(60),
    Measure::new(
        "metaspace_share",
        ON,
        SHARE,
        |q, s| part(q, s, Signal::MetaspaceUsed, Signal::MetaspaceMax),
        "metaspace in use of what it may have",
    ),
    Measure::new(
        "metaspace_max",
        ON,
        Base::number(BYTES),
        |q, s| gauge(q, s, Signal::MetaspaceMax, 1.0),
        "metaspace that it may have",
    ),
    Measure::new(
        "managed_share",
        ON,
        SHARE,
        |q, s| part(q, s, Signal::ManagedMemoryUsed, Signal::ManagedMemoryTotal),
        "managed memory in use of what it has",
    ),
    Measure::new(
        "network_share",
        ON,
        SHARE,
        |q, s| part(q, s, Signal::NetworkMemoryUsed, Signal::NetworkMemoryTotal),
        "network memory in use of what it has",
    ),
    Measure::new(
        "gc",
        JVM,
        SHARE,
        |q, s| rate(q, s, Signal::GcTime),
        "share of time spent collecting garbage (100ms/s = 0.1)",
    )
    .over(30),
    Measure::new(
        "threads",
        JVM,
        Base::number(COUNT),
        |q, s| gauge(q, s, Signal::Threads, 1.0),
        "threads of its process",
    ),
    Measure::new(
        "cores",
        ON,
        Base::number(CORES),
        |q, s| fact(q, s, |t| t.cpu_cores),
        "cores of its machine, as it says",
    )
    .now(),
    Measure::new(
        "heartbeat_age",
        ON,
        SECONDS,
        heartbeat_age,
        "age of its last heartbeat when its JobManager was asked",
    )
    .now(),
];

fn cluster<'a>(q: &Ask<'_, 'a>, id: &ClusterId) -> Option<&'a FlinkCluster> {
    q.ctx.snapshot.estate.flink.get(id)
}

fn parts(s: &Subject) -> Option<(&ClusterId, &TaskManagerId)> {
    match s {
        Subject::TaskManager { cluster, id } => Some((cluster, id)),
        _ => None,
    }
}

fn entity(s: &Subject) -> Option<Entity> {
    let Some((cluster, id)) = parts(s) else { return base::entity(s) };
    Some(Entity::TaskManager { cluster: cluster.clone(), id: id.clone() })
}

/// Its list is read every few ticks; one that is older says nothing of now.
fn alive(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    if let Subject::Broker { cluster, id } = s {
        let kafka = q.ctx.snapshot.estate.kafka.get(cluster)?;
        let (_, overview) = kafka.overview.as_ref()?;
        return Some(overview.brokers.iter().any(|b| b.id == *id).into());
    }
    let (id, tm) = parts(s)?;
    let known = cluster(q, id)?;
    known.taskmanagers_seen?;
    Some(known.taskmanagers.contains_key(tm).into())
}

/// Members are looked at more rarely than TaskManagers.
fn last(q: &Ask<'_, '_>, s: &Subject, signal: Signal) -> Option<f64> {
    match s {
        Subject::Member { .. } => q.recent(&entity(s)?, signal),
        _ => q.gauge(&entity(s)?, signal),
    }
}

fn gauge(q: &Ask<'_, '_>, s: &Subject, signal: Signal, scale: f64) -> Option<Scalar> {
    last(q, s, signal).map(|v| (v * scale).into())
}

/// Of a counter of milliseconds, per second of the clock.
fn rate(q: &Ask<'_, '_>, s: &Subject, signal: Signal) -> Option<Scalar> {
    q.rate(&entity(s)?, signal).map(|v| (v / 1000.0).into())
}

fn part(q: &Ask<'_, '_>, s: &Subject, used: Signal, most: Signal) -> Option<Scalar> {
    let (used, most) = (last(q, s, used)?, last(q, s, most)?);
    (most > 0.0).then(|| (used / most).into())
}

fn heap_floor(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let most = last(q, s, Signal::HeapMax).filter(|m| *m > 0.0)?;
    last(q, s, Signal::HeapUsed)?;
    let series = q.ctx.series(&entity(s)?, Signal::HeapUsed)?;
    let points: Vec<_> = series.range(q.from(), q.at).collect();
    let spanned = points.last()?.0 - points.first()?.0;
    (spanned.0 * 2 >= q.window.0).then_some(())?;
    points.iter().map(|p| p.1).reduce(f64::min).map(|v| (v / most).into())
}

fn cpu_moves(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let series = q.ctx.series(&entity(s)?, Signal::CpuTime)?;
    let mut points = series.range(q.from(), q.at).map(|(_, v)| v);
    let first = points.next()?;
    Some((points.last()? > first).into())
}

fn metrics_age(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let row = q.ctx.snapshot.signals.row(&entity(s)?)?;
    let last = row.iter().filter_map(|(_, s)| s.at_or_before(q.at)).map(|(t, _)| t).max()?;
    secs(q.at - last)
}

fn fact(q: &Ask<'_, '_>, s: &Subject, get: impl Fn(&TaskManager) -> Option<f64>) -> Option<Scalar> {
    let (id, tm) = parts(s)?;
    get(cluster(q, id)?.taskmanagers.get(tm)?).map(Scalar::from)
}

fn heartbeat_age(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let (id, tm) = parts(s)?;
    let known = cluster(q, id)?;
    let last = known.taskmanagers.get(tm)?.last_heartbeat?;
    Some((known.taskmanagers_seen? - last).as_secs().max(0.0).into())
}

/// When a change of this kind was last seen of it.
pub fn ago(q: &Ask<'_, '_>, s: &Subject, kind: ChangeKind) -> Option<Scalar> {
    let all = super::changes::all(q, s).filter(|c| c.kind == kind && c.at <= q.at);
    since(q, all.map(|c| c.at).max())
}
