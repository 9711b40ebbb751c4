use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::bed::cluster::Cluster;
use crate::bed::control::Control;
use crate::bed::{Bed, BedOptions, Mode};
use crate::estate::{Addresses, Role, properties};
use crate::flink::{JVM_OPTIONS, Places, Rest, yaml};
use crate::jvm::{self, Jvm, Launch, Prepared};
use crate::net::{Gate, Ports};
use crate::progress::Progress;

const TASK_MANAGERS: usize = 2;
const READY: Duration = Duration::from_secs(90);
const JAR: &str = "estate.jar";
const KAFKA_OPTIONS: [&str; 4] =
    ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.net.preferIPv4Stack=true"];

pub enum BedDir {
    Own(TempDir),
    Given(PathBuf),
}

impl BedDir {
    fn create(given: Option<PathBuf>) -> Result<Self> {
        match given {
            Some(path) => {
                std::fs::create_dir_all(&path)
                    .with_context(|| format!("cannot make {}", path.display()))?;
                Ok(BedDir::Given(path.canonicalize()?))
            }
            None => {
                Ok(BedDir::Own(tempfile::Builder::new().prefix("streamwarden-bed-").tempdir()?))
            }
        }
    }

    pub fn path(&self) -> &Path {
        match self {
            BedDir::Own(dir) => dir.path(),
            BedDir::Given(path) => path,
        }
    }
}

pub fn start(options: BedOptions) -> Result<Bed> {
    let BedOptions { spec, mode, dir, progress } = options;
    let prepared = jvm::prepare(&progress)?;
    let started = Instant::now();
    let dir = BedDir::create(dir)?;
    lay_out(dir.path(), &prepared)?;
    let mut ports = Ports::default();
    let bootstrap = format!("127.0.0.1:{}", ports.next()?);
    let controller = format!("127.0.0.1:{}", ports.next()?);
    let addresses = Addresses { bootstrap: &bootstrap, controller: &controller, dir: dir.path() };
    std::fs::write(dir.path().join("estate.properties"), properties(&spec, &addresses))?;
    let control = Control::create(dir.path().join("control.properties"))?;

    progress.say("starting Kafka and Flink");
    let broker_launch = kafka_launch("broker", "bed.kafka.Broker", dir.path(), &prepared);
    let mut broker = Jvm::start(broker_launch.clone())?;
    let mut cluster = start_flink(
        mode,
        spec.slots_per_task_manager(),
        dir.path(),
        &prepared,
        &mut ports,
        &progress,
    )?;
    broker.wait_ready(READY, &progress)?;
    let mut helper = Jvm::start(kafka_launch("helper", "bed.kafka.Helper", dir.path(), &prepared))?;
    helper.wait_ready(READY, &progress)?;
    cluster.wait_slots()?;

    let broker = Some(broker);
    let bed = Bed {
        helper,
        cluster,
        broker,
        broker_launch,
        bootstrap,
        control,
        spec,
        mode,
        progress,
        started,
        dir,
    };
    for role in Role::ALL {
        bed.progress.check()?;
        bed.run_job(role, None)?;
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
    std::fs::copy(&prepared.flink_jar, uploads.join(JAR))?;
    std::fs::write(dir.join("conf").join("log4j2.properties"), include_str!("log4j2.properties"))?;
    Ok(())
}

fn kafka_launch(name: &str, main: &'static str, dir: &Path, prepared: &Prepared) -> Launch {
    let mut options: Vec<String> = KAFKA_OPTIONS.map(Into::into).to_vec();
    options.push("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn".into());
    options.push(format!("-Djava.io.tmpdir={}", dir.join("tmp").display()));
    Launch {
        name: name.into(),
        java: prepared.java.clone(),
        options,
        class_path: prepared.kafka_class_path.clone(),
        main,
        arguments: vec![dir.join("estate.properties").display().to_string()],
        dir: dir.to_owned(),
    }
}

fn start_flink(
    mode: Mode,
    slots: u32,
    dir: &Path,
    prepared: &Prepared,
    ports: &mut Ports,
    progress: &Progress,
) -> Result<Cluster> {
    let (rest_port, rpc_port, mut prometheus) = (ports.next()?, ports.next()?, vec![ports.next()?]);
    let conf = dir.join("conf");
    let places = Places { dir, rest_port, rpc_port, prometheus_port: prometheus[0], slots };
    std::fs::write(conf.join("config.yaml"), yaml(&places))?;
    let conf = conf.display().to_string();
    let mut task_manager_launches = Vec::new();
    let head = match mode {
        Mode::Mini => flink_launch("flink", "bed.flink.MiniBed", vec![conf], dir, prepared),
        Mode::Processes => {
            for number in 1..=TASK_MANAGERS {
                let port = ports.next()?;
                prometheus.push(port);
                let id = format!("tm-{number}");
                let arguments = vec![
                    "--configDir".into(),
                    conf.clone(),
                    format!("-Dtaskmanager.resource-id={id}"),
                    format!("-Dmetrics.reporter.prom.port={port}"),
                ];
                let main = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner";
                task_manager_launches.push(flink_launch(&id, main, arguments, dir, prepared));
            }
            let main = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint";
            flink_launch("jobmanager", main, vec!["--configDir".into(), conf], dir, prepared)
        }
    };
    let head = Jvm::start(head)?;
    let task_managers = task_manager_launches
        .iter()
        .cloned()
        .map(|launch| Jvm::start(launch).map(Some))
        .collect::<Result<_>>()?;
    Ok(Cluster {
        head,
        task_managers,
        task_manager_launches,
        slots: slots * TASK_MANAGERS as u32,
        rest: Rest { port: rest_port },
        rest_gate: Gate::open(rest_port)?,
        prometheus_gates: prometheus.into_iter().map(Gate::open).collect::<Result<_>>()?,
        jar: JAR.into(),
        progress: progress.clone(),
    })
}

fn flink_launch(
    name: &str,
    main: &'static str,
    arguments: Vec<String>,
    dir: &Path,
    prepared: &Prepared,
) -> Launch {
    let mut options: Vec<String> = JVM_OPTIONS.map(Into::into).to_vec();
    // REST serves the file that this names as the log of the process
    options.push(format!("-Dlog.file={}", dir.join("logs").join(format!("{name}.log")).display()));
    options.push(format!(
        "-Dlog4j.configurationFile={}",
        dir.join("conf").join("log4j2.properties").display()
    ));
    options.push(format!("-Djava.io.tmpdir={}", dir.join("tmp").display()));
    Launch {
        name: name.into(),
        java: prepared.java.clone(),
        options,
        class_path: prepared.flink_class_path.clone(),
        main,
        arguments,
        dir: dir.to_owned(),
    }
}
