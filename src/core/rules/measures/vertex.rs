//! Of one vertex: its place in the plan, and what waits in front of it.

use super::{Ask, Measure, Scalar};
use crate::estate::{
    Entity, FlameGraph, Name, Span, Subject, SubjectKind, SubjectKind as K, Vertex,
};
use crate::lineage::{Scene, window};
use crate::rules::types::*;
use crate::signals::Signal;

const ON: &[SubjectKind] = &[K::Vertex];
const WHOLE: Base = Base::number(COUNT);

pub const MEASURES: &[Measure] = &[
    Measure::new(
        "parallelism",
        ON,
        WHOLE,
        |q, s| of(q, s, |v| Some(f64::from(v.parallelism).into())),
        "how many subtasks it has",
    )
    .now(),
    Measure::new(
        "max_parallelism",
        ON,
        WHOLE,
        |q, s| of(q, s, |v| v.max_parallelism.map(|m| f64::from(m).into())),
        "how many it could have at most",
    )
    .now(),
    Measure::new(
        "key_groups_most",
        ON,
        WHOLE,
        |q, s| of(q, s, key_groups),
        "key groups of those of its subtasks that have the most: max parallelism over parallelism, rounded up",
    )
    .now(),
    Measure::new(
        "status",
        ON,
        Base::Text,
        |q, s| of(q, s, |v| Some(v.status.clone().into())),
        "Flink's execution state, upper case",
    )
    .now(),
    Measure::new("running_tasks", ON, WHOLE, |q, s| of(q, s, running), "subtasks that run").now(),
    Measure::new(
        "is_source",
        ON,
        Base::Truth,
        |q, s| of(q, s, |v| Some(v.inputs.is_empty().into())),
        "it has no inputs",
    )
    .now(),
    Measure::new(
        "is_sink",
        ON,
        Base::Truth,
        |q, s| fed(q, s).map(|n| (n == 0).into()),
        "it feeds no other vertex",
    )
    .now(),
    Measure::new(
        "is_window",
        ON,
        Base::Truth,
        |q, s| of(q, s, |v| Some(window(v).is_some().into())),
        "its description says that it waits for watermarks",
    )
    .now(),
    Measure::new(
        "input_ship",
        ON,
        Base::Text,
        |q, s| of(q, s, ship),
        "how records are shipped to it: hash, rebalance, forward, ...; several joined by a comma",
    )
    .now(),
    Measure::new(
        "fan_in",
        ON,
        WHOLE,
        |q, s| of(q, s, |v| Some((v.inputs.len() as f64).into())),
        "how many inputs it has",
    )
    .now(),
    Measure::new(
        "fan_out",
        ON,
        WHOLE,
        |q, s| fed(q, s).map(|n| (n as f64).into()),
        "how many vertices it feeds",
    )
    .now(),
    Measure::new(
        "name",
        ON,
        Base::Text,
        |q, s| of(q, s, |v| Some(v.name.clone().into())),
        "its name in the plan",
    )
    .now(),
    Measure::new(
        "description",
        ON,
        Base::Text,
        |q, s| of(q, s, |v| Some(v.description.clone().into())),
        "its operators, as the plan describes them",
    )
    .now(),
    Measure::new(
        "waiting",
        ON,
        Base::number(RECORDS),
        waiting,
        "records sent to it and not yet taken in; unknown where its inputs feed others as well",
    ),
    Measure::new(
        "queue_age",
        ON,
        Base::number(TIME),
        queue_age,
        "age of the oldest record in its input queue",
    ),
    Measure::new(
        "flame_on_cpu",
        ON,
        Base::number(RATIO),
        |q, s| flame(q, s, |f| f.on_cpu),
        "of the time in user code, the share that computes, by a flame graph of the last 10 min (a probe)",
    )
    .now(),
    Measure::new(
        "flame_off_cpu",
        ON,
        Base::number(RATIO),
        |q, s| flame(q, s, |f| f.off_cpu),
        "the share that sleeps, waits or reads from a socket or file, by the same",
    )
    .now(),
    Measure::new(
        "position_moves",
        ON,
        Base::number(RECORD_RATE),
        position_moves,
        "records per second by which the positions of this source move",
    )
    .over(15),
];

fn vertex<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<&'a Vertex> {
    let Subject::Vertex { job, vertex } = s else { return None };
    q.ctx.vertex(job, vertex)
}

fn of(q: &Ask<'_, '_>, s: &Subject, get: impl Fn(&Vertex) -> Option<Scalar>) -> Option<Scalar> {
    get(vertex(q, s)?)
}

fn key_groups(v: &Vertex) -> Option<Scalar> {
    Some(f64::from(v.max_parallelism?.div_ceil(v.parallelism.max(1))).into())
}

fn running(v: &Vertex) -> Option<Scalar> {
    (!v.tasks.is_empty()).then(|| f64::from(v.tasks.get("running").copied().unwrap_or(0)).into())
}

fn ship(v: &Vertex) -> Option<Scalar> {
    let mut all: Vec<String> = v.inputs.iter().map(|i| i.ship.to_lowercase()).collect();
    all.sort();
    all.dedup();
    Some(Name::from(all.join(",")).into())
}

fn fed(q: &Ask<'_, '_>, s: &Subject) -> Option<usize> {
    let Subject::Vertex { job, vertex } = s else { return None };
    let plan = q.ctx.plan(job)?;
    Some(plan.vertices.iter().filter(|v| v.inputs.iter().any(|i| i.from == *vertex)).count())
}

fn waiting(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let Subject::Vertex { job: key, vertex } = s else { return None };
    let (job, index) = (q.ctx.job(key)?, q.ctx.index());
    let plan = job.run.plan()?;
    let to = plan.vertices.iter().find(|v| v.id == *vertex && !v.inputs.is_empty())?;
    let scene = Scene { at: q.at, fresh: q.ctx.fresh(), estate: q.ctx.estate(), index };
    scene.hop_wait(job, plan, to).ok().map(|w| w.age.records.into())
}

fn queue_age(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let Subject::Vertex { job, vertex } = s else { return None };
    let entity = |run: &crate::estate::RunId| Entity::Vertex {
        cluster: job.cluster.clone(),
        run: run.clone(),
        vertex: vertex.clone(),
    };
    q.of_runs(job, |run| q.gauge(&entity(run), Signal::EdgeAge)).map(Scalar::from)
}

/// A probe asks each place once in so long: until then the last answer stands.
const FLAME_STANDS: Span = Span::secs(600);

fn flame(
    q: &Ask<'_, '_>,
    s: &Subject,
    share: impl Fn(&FlameGraph) -> Option<f64>,
) -> Option<Scalar> {
    let Subject::Vertex { job, vertex } = s else { return None };
    let flames = &q.ctx.estate().probed.flames;
    let found = q.of_runs(job, |run| {
        let (at, flame) = flames.get(&(job.cluster.clone(), run.clone(), vertex.clone()))?;
        (*at <= q.at && q.at - *at <= FLAME_STANDS).then(|| share(flame)).flatten()
    });
    found.map(Scalar::from)
}

fn position_moves(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let Subject::Vertex { job, vertex } = s else { return None };
    let moved = q.of_runs(job, |run| {
        let all = q.ctx.index().positions.get(&(job.cluster.clone(), run.clone()))?;
        let own = all.iter().filter(|p| p.vertex == *vertex);
        own.filter_map(|p| q.rate_of(p.row.get(Signal::SourcePosition)?)).reduce(|a, b| a + b)
    });
    moved.map(Scalar::from)
}
