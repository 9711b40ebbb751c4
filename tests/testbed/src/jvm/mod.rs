//! From a bare machine to class paths and running JVMs.

mod archive;
mod cache;
mod classes;
mod fetch;
mod lock;
mod process;
mod toolchain;

use std::path::PathBuf;

use anyhow::Result;

pub use self::fetch::write_lock;
pub use self::process::{Jvm, Launch};
use self::toolchain::Tools;
use crate::estate::{BaseSpec, FlinkLine};
use crate::progress::Progress;

/// Everything that can be had before a bed starts; made once, kept in the cache.
pub struct Prepared {
    pub flink: Side,
    pub kafka: Side,
    /// HDFS and YARN, where the estate has one of them
    pub hadoop: Option<Side>,
    pub zookeeper: Option<Side>,
    tools: Tools,
}

/// One of the two class paths and what goes with it.
pub struct Side {
    /// the bed's own classes; for Flink also what REST runs the jobs from
    pub jar: PathBuf,
    /// that jar first, then the pinned ones
    pub class_path: String,
    /// loaded classes, ready to be mapped: halves the start, if it is there
    pub archive: PathBuf,
}

/// Where the Java sources and poms are in the clone.
fn java_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("java")
}

/// Fetches, verifies and compiles whatever is missing. Quick when nothing is.
pub fn prepare(line: FlinkLine, bases: BaseSpec, progress: &Progress) -> Result<Prepared> {
    let tools = toolchain::find(progress)?;
    let cache = cache::Cache::open()?;
    // two beds that start at once must not fetch into the same place
    let _only_one = cache.exclusive(progress)?;
    let lock = lock::LockFile::read(&java_dir().join("jars.lock"))?;
    let side = |set: &str| -> Result<Side> {
        let jars = fetch::class_path(&lock, set, &cache, &tools, progress)?;
        let jar = classes::compiled(set, &jars, &lock, &cache, &tools, progress)?;
        let parts: Vec<_> =
            [&jar].into_iter().chain(&jars).map(|path| path.display().to_string()).collect();
        let archive = archive::path(&jar, &tools)?;
        Ok(Side { jar, class_path: parts.join(":"), archive })
    };
    let (mut flink, kafka) = (side(line.set())?, side("kafka")?);
    let more = [("hadoop-client", bases.hdfs), ("flink-yarn", bases.flink_on_yarn)];
    for (set, _) in more.iter().filter(|(_, wanted)| *wanted) {
        // behind Flink's own, so that the class archive still fits
        for jar in fetch::class_path(&lock, set, &cache, &tools, progress)? {
            flink.class_path += &format!(":{}", jar.display());
        }
    }
    let hadoop = (bases.hdfs || bases.yarn).then(|| side("hadoop")).transpose()?;
    let zookeeper = bases.zookeeper.then(|| side("zookeeper")).transpose()?;
    Ok(Prepared { flink, kafka, hadoop, zookeeper, tools })
}

impl Prepared {
    pub fn java(&self) -> PathBuf {
        self.tools.java.clone()
    }

    pub fn is_trained(&self) -> bool {
        [&self.flink, &self.kafka].iter().all(|side| side.archive.is_file())
    }

    /// The JVM option of a side's class archive, if there is one to be had.
    pub fn archive_option(&self, side: &Side, train: bool) -> Option<String> {
        archive::option(side, train)
    }

    /// Keeps what the process has loaded so far for all that start later.
    pub fn archive_classes(&self, side: &Side, pid: u32) -> Result<()> {
        archive::dump(side, pid, &self.tools)
    }
}
