use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::bed::bases::{Bases, Lookup};
use crate::bed::cluster::Cluster;
use crate::bed::control::Control;
use crate::bed::dir::BedDir;
use crate::bed::fleet::Fleet;
use crate::bed::kafka::READY;
use crate::bed::launch::Launcher;
use crate::bed::{Bed, BedOptions, Mode};
use crate::controls::{ill_kept, worn_out};
use crate::estate::{Addresses, BaseSpec, EstateSpec, FlinkLine, Role, properties};
use crate::jvm::{self, Jvm, Prepared};
use crate::net::Ports;
use crate::progress::Progress;

/// By this name in Flink's upload directory.
pub const JAR: &str = "estate.jar";

pub fn start(options: BedOptions) -> Result<Bed> {
    let prepared = jvm::prepare(options.spec.flink.line, options.spec.bases, &options.progress)?;
    start_with(options, &prepared, false)
}

/// A short life of a bed, only to keep what its JVMs have loaded.
pub fn train(progress: &Progress) -> Result<()> {
    let prepared = jvm::prepare(FlinkLine::default(), BaseSpec::default(), progress)?;
    if prepared.is_trained() {
        return Ok(());
    }
    progress.say("one short run, so that later ones start in half the time");
    let options = BedOptions {
        progress: progress.clone(),
        ..BedOptions::new(EstateSpec::demo(), Mode::Mini)
    };
    let mut bed = start_with(options, &prepared, true)?;
    bed.wait_flowing(READY)?;
    let broker = bed.brokers.alive().next().context("the broker is gone")?;
    prepared.archive_classes(&prepared.kafka, broker.pid())?;
    let head = bed.cluster.head.as_ref().context("Flink is gone")?;
    prepared.archive_classes(&prepared.flink, head.pid())
}

fn start_with(options: BedOptions, prepared: &Prepared, train: bool) -> Result<Bed> {
    let BedOptions { spec, mode, dir, progress } = options;
    let started = Instant::now();
    let dir = BedDir::create(dir)?;
    lay_out(dir.path(), prepared)?;
    let mut ports = Ports::default();
    let bootstrap = (0..spec.brokers)
        .map(|_| Ok(format!("127.0.0.1:{}", ports.next()?)))
        .collect::<Result<Vec<_>>>()?;
    let controller = format!("127.0.0.1:{}", ports.next()?);
    let launcher = Launcher { dir: dir.path(), prepared, train };
    let bases = Bases::start(spec.bases, &launcher, &mut ports, &progress)?;
    let addresses = Addresses {
        bootstrap: &bootstrap.join(","),
        controller: &controller,
        dir: dir.path(),
        lookup: bases.lookup.as_ref().map(Lookup::url),
    };
    std::fs::write(dir.path().join("estate.properties"), properties(&spec, &addresses))?;
    let control = Control::create(dir.path().join("control.properties"))?;

    progress.say("starting Kafka and Flink");
    let mut brokers = Fleet::start((1..=spec.brokers).map(|id| launcher.broker(id)))?;
    let mut cluster = Cluster::start(mode, &spec, &launcher, &mut ports, &bases, &progress)?;
    brokers.alive_mut().try_for_each(|jvm| jvm.wait_ready(READY, &progress))?;
    let mut helper = Jvm::start(launcher.kafka("helper", "bed.kafka.Helper"))?;
    helper.wait_ready(READY, &progress)?;
    cluster.wait_slots()?;

    let mut bed = Bed {
        helper,
        cluster,
        brokers,
        bases,
        bootstrap: bootstrap.into_iter().next().context("an estate without a broker")?,
        control,
        broken: None,
        lost: Vec::new(),
        spec,
        mode,
        progress,
        started,
        dir,
    };
    // in YARN the last one has a TaskManager to itself
    let last = bed.spec.bases.flink_on_yarn.then_some(Role::Dwd);
    for role in Role::ALL.into_iter().filter(|role| Some(*role) != last) {
        bed.progress.check()?;
        bed.run_job(role, None)?;
    }
    if let Some(last) = last {
        let slots = bed.spec.slots_per_task_manager();
        bed.cluster.wait_for(slots)?;
        bed.mend_node_managers()?;
        bed.run_job(last, None)?;
        bed.cluster.wait_for(2 * slots)?;
    }
    if bed.spec.ill_kept {
        ill_kept::neglect(&mut bed)?;
    } else if bed.spec.bases.worn {
        worn_out::wear(&mut bed)?;
    } else {
        bed.cluster.start_spare()?;
    }
    bed.progress.say("all jobs are submitted");
    Ok(bed)
}

fn lay_out(dir: &Path, prepared: &Prepared) -> Result<()> {
    // Flink looks for jars that were uploaded in this folder
    let uploads = dir.join("web").join("flink-web-upload");
    for folder in [
        uploads.as_path(),
        &dir.join("truth"),
        &dir.join("tmp"),
        &dir.join("conf"),
        &dir.join("logs"),
    ] {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::copy(&prepared.flink.jar, uploads.join(JAR))?;
    std::fs::write(dir.join("conf").join("log4j2.properties"), include_str!("log4j2.properties"))?;
    Ok(())
}
