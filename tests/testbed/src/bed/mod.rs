//! A running bed: started as a whole, and gone as a whole when dropped.

mod bases;
mod broken;
mod cluster;
mod control;
mod dir;
mod fleet;
mod kafka;
mod kept;
mod launch;
mod start;
mod usage;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

pub use self::bases::{Bases, NAME_SERVICE};
pub use self::cluster::{APPLICATION, LAST_TASK_MANAGER};
pub use self::kept::KeptRun;
pub use self::usage::Usage;
use crate::bed::broken::Broken;
use crate::bed::cluster::Cluster;
use crate::bed::control::Control;
use crate::bed::dir::BedDir;
use crate::bed::fleet::Fleet;
use crate::estate::{EstateSpec, Role};
use crate::faults::{self, Args};
use crate::flink::RunningJob;
use crate::jvm::Jvm;
use crate::net::listen::{self, Listener};
use crate::progress::Progress;
use crate::truth::Truth;

const POLL: Duration = Duration::from_millis(50);
/// Rows are on disk after 100 ms; a busy machine gets some more.
const SETTLED_MS: i64 = 300;
/// For what a fault brings about by itself.
const SWITCHED: Duration = Duration::from_secs(60);
const CANCEL: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// one JVM for the whole Flink cluster: lean
    #[default]
    Mini,
    /// a JVM each for the JobManager and two TaskManagers: whatever kills or freezes one
    Processes,
}

/// A jar that lies on the JobManager, and how it is run.
#[derive(Debug, Clone)]
pub struct Submission {
    pub jar: &'static str,
    pub entry_class: &'static str,
    pub args: Vec<String>,
}

/// What the middle job has made, counted by key. Each key's figures are numbered by the job's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    pub keys: u64,
    pub all: u64,
    /// numbers that are not there, below the highest of their key
    pub lost: u64,
    /// more than one with the same number
    pub doubled: u64,
    /// windows that had orders, and have no figure
    pub missing: u64,
}

#[derive(Debug, Clone)]
pub struct BedOptions {
    pub spec: EstateSpec,
    pub mode: Mode,
    /// kept afterwards if given; else a temporary one that goes with the bed
    pub dir: Option<PathBuf>,
    pub progress: Progress,
}

impl BedOptions {
    pub fn new(spec: EstateSpec, mode: Mode) -> Self {
        BedOptions { spec, mode, dir: None, progress: Progress::default() }
    }
}

/// Fields are dropped in this order: first the processes, last the directory they write to.
pub struct Bed {
    helper: Jvm,
    cluster: Cluster,
    brokers: Fleet,
    bases: Bases,
    bootstrap: String,
    control: Control,
    /// the place of the checkpoints, while it is none
    broken: Option<Broken>,
    /// what ran when the JobManager was killed, with its newest checkpoint
    lost: Vec<(Role, String)>,
    spec: EstateSpec,
    mode: Mode,
    progress: Progress,
    started: Instant,
    dir: BedDir,
}

impl Bed {
    pub fn start(options: BedOptions) -> Result<Bed> {
        start::start(options)
    }

    /// Fetches, compiles and warms up whatever is missing, so that the next start is quick.
    pub fn prepare(progress: &Progress) -> Result<()> {
        start::train(progress)
    }

    pub fn spec(&self) -> &EstateSpec {
        &self.spec
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Flink's REST, as the product is to be given it.
    pub fn flink_url(&self) -> String {
        self.cluster.rest_gate.url()
    }

    /// One per process, in no order that means anything. Of an estate that is ill kept nobody told where the last one is.
    pub fn prometheus_urls(&self) -> Vec<String> {
        let all = &self.cluster.prometheus_gates;
        let told = all.len() - usize::from(self.spec.ill_kept);
        all.iter().take(told).map(|gate| format!("{}/metrics", gate.url())).collect()
    }

    /// The first broker; it knows the others.
    pub fn kafka_bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// What the jobs stand on beside Kafka, where the estate has it.
    pub fn bases(&self) -> &Bases {
        &self.bases
    }

    /// Every process that the bed has running, with what it is.
    pub fn pids(&self) -> Vec<(String, u32)> {
        self.jvms().map(|jvm| (jvm.launch.name.clone(), jvm.pid())).collect()
    }

    pub fn usage(&self) -> Vec<Usage> {
        self.pids().into_iter().filter_map(|(name, pid)| Usage::of(name, pid)).collect()
    }

    /// As the kernel has them, of all processes and of the driver.
    pub fn listeners(&self) -> Result<Vec<Listener>> {
        let mut found = listen::of(std::process::id())?;
        for (_, pid) in self.pids() {
            found.extend(listen::of(pid)?);
        }
        Ok(found)
    }

    /// What has happened up to a moment ago: of a running bed, silence is known as well.
    pub fn truth(&self) -> Result<Truth> {
        let settled = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as i64 - SETTLED_MS;
        let mut truth = Truth::load(&self.dir().join("truth"))?;
        truth.extend_horizon(settled);
        Ok(truth)
    }

    /// Waits for the first record through the whole chain; how long after the start of the bed that was.
    pub fn wait_flowing(&mut self, within: Duration) -> Result<Duration> {
        let start = Instant::now();
        loop {
            if Truth::has_arrived(&self.dir().join("truth"), &self.spec.alerts_topic)? {
                return Ok(self.started.elapsed());
            }
            self.progress.check()?;
            self.check_alive()?;
            if start.elapsed() > within {
                bail!("nothing has arrived in {} after {within:?}", self.spec.alerts_topic);
            }
            std::thread::sleep(POLL);
        }
    }

    /// Fails if a process has ended that nobody has killed.
    pub fn check_alive(&mut self) -> Result<()> {
        self.helper.check_alive()?;
        self.brokers.check_alive()?;
        self.bases.check_alive()?;
        self.cluster.check_alive()
    }

    /// Switches a fault or control on.
    pub fn on(&mut self, name: &str, args: &Args) -> Result<()> {
        faults::find(name)?.on(self, args).with_context(|| format!("{name} on"))
    }

    pub fn off(&mut self, name: &str) -> Result<()> {
        faults::find(name)?.off(self).with_context(|| format!("{name} off"))
    }

    /// Ends everything now; dropping does the same.
    pub fn stop(self) {}

    /// The newest run of a job.
    pub fn job(&self, role: Role) -> Result<RunningJob> {
        self.cluster.rest.job(&self.spec.job(role).job)
    }

    /// Cancels a job; the checkpoint that it left.
    pub fn cancel_job(&self, role: Role) -> Result<String> {
        let run = self.job(role)?;
        self.cluster.rest.cancel(&run.id, CANCEL)?;
        self.cluster.rest.last_checkpoint(&run.id)
    }

    /// Of the newest run of a job, if Flink still knows it.
    pub fn newest_checkpoint(&self, role: Role) -> Result<String> {
        self.cluster.rest.last_checkpoint(&self.job(role)?.id)
    }

    /// Stops a job with a savepoint, as for a deployment; the savepoint.
    pub fn stop_job(&self, role: Role) -> Result<String> {
        self.cluster.rest.stop_with_savepoint(&self.job(role)?.id, CANCEL)
    }

    /// Runs a job, from a checkpoint or from the start; the id of the run.
    pub fn run_job(&self, role: Role, restore: Option<&str>) -> Result<String> {
        self.cluster
            .rest
            .run(start::JAR, &[&self.properties_file(), role.key()], restore)
            .with_context(|| format!("cannot run {}", self.spec.job(role).job))
    }

    /// Runs a job beside the four, by its role in the properties.
    pub fn run_other(&self, role: &str) -> Result<String> {
        self.cluster.rest.run(start::JAR, &[&self.properties_file(), role], None)
    }

    /// The TaskManager beside the two, once all other work is given out.
    pub fn start_spare(&mut self) -> Result<()> {
        self.cluster.start_spare()
    }

    /// What Flink's REST answers, asked past the product: for a witness.
    pub fn flink(&self, path: &str) -> Result<serde_json::Value> {
        self.cluster.rest.get(path)
    }

    /// How a job is started over REST.
    pub fn submission(&self, role: Role) -> Submission {
        Submission {
            jar: start::JAR,
            entry_class: crate::flink::ENTRY_CLASS,
            args: vec![self.properties_file(), role.key().to_owned()],
        }
    }

    /// Every job with one subtask less, or one more where it has only one: each goes on from its newest checkpoint.
    pub fn rescale_jobs(&self) -> Result<()> {
        let ids =
            Role::ALL.map(|role| Ok(self.job(role)?.id)).into_iter().collect::<Result<Vec<_>>>()?;
        ids.iter().try_for_each(|id| self.cluster.rest.rescale(id))
    }

    /// How many subtasks the function of a job has at the moment.
    pub fn parallelism_in_force(&self, role: Role) -> Result<u32> {
        let operator =
            self.spec.job(role).operator.as_deref().context("this job has no function")?;
        self.cluster.rest.parallelism(&self.job(role)?.id, operator)
    }

    /// Sets a switch that the running jobs look at; `None` takes it away.
    pub fn set(&mut self, key: &str, value: Option<f64>) -> Result<()> {
        self.control.set(key, value)
    }

    /// A job that takes every slot that is free, and no other.
    pub fn run_backfill(&mut self) -> Result<()> {
        let slots = self.free_slots()?;
        self.cluster.rest.run(
            start::JAR,
            &[&self.properties_file(), "backfill", &slots.to_string()],
            None,
        )?;
        self.wait(|bed| Ok(bed.free_slots()? == 0))
    }

    pub fn cancel_backfill(&self) -> Result<()> {
        self.cancel_other(&self.spec.backfill)
    }

    /// A job beside the four, by its name in Flink.
    pub fn cancel_other(&self, name: &str) -> Result<()> {
        let run = self.cluster.rest.job(name)?;
        self.cluster.rest.cancel(&run.id, CANCEL)
    }

    /// Ends a job, and waits until YARN has its TaskManager back; the checkpoint that it left.
    pub fn take_out_of_yarn(&mut self, role: Role) -> Result<String> {
        let checkpoint = self.cancel_job(role)?;
        self.cluster.wait_for(self.spec.slots_per_task_manager())?;
        Ok(checkpoint)
    }

    fn free_slots(&self) -> Result<u64> {
        let overview = self.cluster.rest.get("/overview")?;
        overview["slots-available"].as_u64().context("no slots in the answer")
    }

    /// How many checkpoints of a job's newest run have failed.
    pub fn failed_checkpoints(&self, role: Role) -> Result<u64> {
        let id = self.job(role)?.id;
        let answer = self.cluster.rest.get(&format!("/jobs/{id}/checkpoints"))?;
        answer["counts"]["failed"].as_u64().context("no counts in the answer")
    }

    /// The middle job's figures as a reader of what is committed finds them.
    pub fn figures(&self) -> Result<Figures> {
        let file = self.dir().join("figures");
        self.errand(&["figures", &file.display().to_string()])?;
        let text = std::fs::read_to_string(&file)?;
        let number = |name: &str| -> Result<u64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            Ok(line.with_context(|| format!("no {name} in {text:?}"))?.parse()?)
        };
        Ok(Figures {
            keys: number("keys")?,
            all: number("figures")?,
            lost: number("lost")?,
            doubled: number("doubled")?,
            missing: number("missing")?,
        })
    }

    /// From now on no checkpoint can be written, of all jobs or of the newest run of one.
    pub fn break_checkpoints(&mut self, only: Option<Role>) -> Result<()> {
        self.mend_checkpoints()?;
        let mut place = self.dir().join("checkpoints");
        if let Some(role) = only {
            place.push(self.job(role)?.id);
        }
        self.broken = Some(Broken::replace(place)?);
        Ok(())
    }

    pub fn mend_checkpoints(&mut self) -> Result<()> {
        self.broken.take().map_or(Ok(()), |broken| broken.mend())
    }

    /// Until it is so.
    pub fn wait(&mut self, mut done: impl FnMut(&mut Self) -> Result<bool>) -> Result<()> {
        let start = Instant::now();
        while !done(self)? {
            self.progress.check()?;
            if start.elapsed() > SWITCHED {
                bail!("not so after {SWITCHED:?}");
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    /// SIGKILL for one TaskManager; processes mode only.
    pub fn kill_task_manager(&mut self) -> Result<()> {
        self.cluster.kill_task_manager()
    }

    /// SIGSTOP for one TaskManager; processes mode only.
    pub fn freeze_task_manager(&mut self) -> Result<()> {
        self.cluster.freeze_task_manager()
    }

    pub fn thaw_task_managers(&mut self) -> Result<()> {
        self.cluster.thaw_task_managers()
    }

    /// A TaskManager may from now on die of what a fault does to it; processes mode only.
    pub fn let_task_managers_die(&mut self) -> Result<()> {
        self.cluster.let_task_managers_die()
    }

    /// Every process of Flink may from now on end itself; processes mode only.
    pub fn let_flink_die(&mut self) -> Result<()> {
        self.cluster.let_all_die()
    }

    /// A new one in the place of each process of Flink that has ended.
    pub fn revive_flink(&mut self) -> Result<()> {
        self.cluster.revive()
    }

    /// New ones in the place of all, whatever state they were in.
    pub fn replace_task_managers(&mut self) -> Result<()> {
        self.cluster.replace_task_managers()
    }

    /// SIGKILL for the JobManager, and a new one in its place after a while, as whoever supervises it would do;
    /// processes mode only.
    pub fn lose_job_manager(&mut self, down: Duration) -> Result<()> {
        self.lost = Vec::new();
        for role in Role::ALL {
            let id = self.job(role)?.id;
            self.lost.push((role, self.cluster.rest.last_checkpoint(&id)?));
        }
        self.cluster.kill_job_manager()?;
        let until = Instant::now() + down;
        while Instant::now() < until {
            self.progress.check()?;
            std::thread::sleep(POLL);
        }
        self.cluster.start_job_manager()
    }

    /// Runs the jobs again that the JobManager has forgotten.
    pub fn run_lost_jobs(&mut self) -> Result<()> {
        for (role, checkpoint) in std::mem::take(&mut self.lost) {
            if self.job(role).is_err() {
                self.run_job(role, Some(&checkpoint))?;
            }
        }
        Ok(())
    }

    /// SIGKILL for the TaskManager that has no work, and a new one in its place; processes mode only.
    pub fn restart_spare(&mut self) -> Result<()> {
        self.cluster.restart_spare()
    }

    /// A new one in the place of each that was killed.
    pub fn start_task_managers(&mut self) -> Result<()> {
        self.cluster.start_task_managers()
    }

    /// Whether REST and Prometheus answer.
    pub fn set_scrapable(&self, answer: bool) {
        self.cluster.set_shut(!answer);
    }

    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    fn properties_file(&self) -> String {
        self.dir().join("estate.properties").display().to_string()
    }

    fn jvms(&self) -> impl Iterator<Item = &Jvm> {
        [&self.helper]
            .into_iter()
            .chain(self.brokers.alive())
            .chain(self.bases.jvms())
            .chain(self.cluster.jvms())
    }
}
