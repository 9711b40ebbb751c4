//! Of machines, by their exporters.

use super::base::{entity, part};
use super::{Ask, Measure, Scalar};
use crate::estate::{Entity, Name, Subject, SubjectKind, SubjectKind as K};
use crate::rules::types::*;
use crate::signals::Signal;

const ON: &[SubjectKind] = &[K::Host];
const SHARE: Base = Base::number(RATIO);

pub const MEASURES: &[Measure] = &[
    Measure::new(
        "host_cpu",
        ON,
        SHARE,
        |q, s| idle(q, s).map(|i| (1.0 - i).clamp(0.0, 1.0).into()),
        "share of the time of all its cores in which they work",
    )
    .over(60),
    Measure::new(
        "host_cpu_wait",
        ON,
        SHARE,
        |q, s| of_cores(q, s, Signal::CpuWaitTime).map(Scalar::from),
        "share in which they wait for disks",
    )
    .over(60),
    Measure::new(
        "host_cpu_stolen",
        ON,
        SHARE,
        |q, s| of_cores(q, s, Signal::CpuStolenTime).map(Scalar::from),
        "share that another machine on the same iron took",
    )
    .over(60),
    Measure::new(
        "host_cores",
        ON,
        Base::number(CORES),
        |q, s| q.recent(&entity(s)?, Signal::Cpus).map(Scalar::from),
        "cores of the machine",
    ),
    Measure::new(
        "host_load_per_core",
        ON,
        SHARE,
        |q, s| load(q, s).map(Scalar::from),
        "its load of a minute, by core",
    ),
    Measure::new(
        "host_memory_free_share",
        ON,
        SHARE,
        |q, s| part(q, s, Signal::MemoryAvailable, Signal::MemoryTotal),
        "memory that programs may still have, of all",
    ),
    Measure::new(
        "host_disk_free_share",
        ON,
        SHARE,
        |q, s| Some(fullest(q, s)?.1.into()),
        "free share of its fullest file system; such as hold no data are left out",
    ),
    Measure::new(
        "host_disk_free",
        ON,
        Base::number(BYTES),
        |q, s| q.recent(&mount(s, &fullest(q, s)?.0)?, Signal::CapacityRemaining).map(Scalar::from),
        "free bytes of that one",
    ),
    Measure::new(
        "host_fullest_disk",
        ON,
        Base::Text,
        |q, s| Some(fullest(q, s)?.0.into()),
        "where that one is mounted",
    ),
    Measure::new(
        "host_inodes_free_share",
        ON,
        SHARE,
        |q, s| worst(q, s, Signal::InodesFree, Signal::InodesTotal).map(|w| w.1.into()),
        "free inodes of the file system that has the fewest, of all",
    ),
    Measure::new(
        "host_disk_read_only",
        ON,
        Base::Truth,
        read_only,
        "a file system of it cannot be written",
    ),
    Measure::new(
        "host_clock_skew",
        ON,
        Base::number(TIME),
        |q, s| q.recent(&entity(s)?, Signal::ClockSkew).map(|v| (v / 1e3).into()),
        "how far its clock is ahead of ours; negative: behind",
    ),
    Measure::new(
        "host_clock_kept",
        ON,
        Base::Truth,
        |q, s| q.recent(&entity(s)?, Signal::ClockSynced).map(|v| (v > 0.5).into()),
        "its clock is kept by a time server",
    ),
];

/// Of all cores, the share of the time that a counter of milliseconds takes.
fn of_cores(q: &Ask<'_, '_>, s: &Subject, signal: Signal) -> Option<f64> {
    let entity = entity(s)?;
    let cores = q.recent(&entity, Signal::Cpus).filter(|c| *c > 0.0)?;
    Some(q.rate(&entity, signal)? / 1e3 / cores)
}

fn idle(q: &Ask<'_, '_>, s: &Subject) -> Option<f64> {
    of_cores(q, s, Signal::CpuIdleTime)
}

fn load(q: &Ask<'_, '_>, s: &Subject) -> Option<f64> {
    let entity = entity(s)?;
    let cores = q.recent(&entity, Signal::Cpus).filter(|c| *c > 0.0)?;
    Some(q.recent(&entity, Signal::Load)? / cores)
}

fn mount(s: &Subject, mount: &Name) -> Option<Entity> {
    let Subject::Host { host } = s else { return None };
    Some(Entity::Mount { host: host.clone(), mount: mount.clone() })
}

fn mounts<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<&'a [Name]> {
    let Subject::Host { host } = s else { return None };
    q.ctx.snapshot.estate.hosts.get(host).map(|h| &h.mounts[..])
}

/// The file system with the smallest share, and that share.
fn worst(q: &Ask<'_, '_>, s: &Subject, some: Signal, all: Signal) -> Option<(Name, f64)> {
    let shares = mounts(q, s)?.iter().filter_map(|m| {
        let entity = mount(s, m)?;
        let (some, all) = (q.recent(&entity, some)?, q.recent(&entity, all)?);
        (all > 0.0).then(|| (m.clone(), some / all))
    });
    shares.min_by(|a, b| a.1.total_cmp(&b.1))
}

fn fullest(q: &Ask<'_, '_>, s: &Subject) -> Option<(Name, f64)> {
    worst(q, s, Signal::CapacityRemaining, Signal::CapacityTotal)
}

fn read_only(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let known = mounts(q, s)?.iter().filter_map(|m| q.recent(&mount(s, m)?, Signal::ReadOnly));
    known.reduce(f64::max).map(|v| (v > 0.5).into())
}
