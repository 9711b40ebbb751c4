//! From a bare machine to class paths and running JVMs.

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
use crate::progress::Progress;

/// Everything that can be had before a bed starts; made once, kept in the cache.
pub struct Prepared {
    pub java: PathBuf,
    /// the bed's own classes first, then the pinned jars
    pub flink_class_path: String,
    pub kafka_class_path: String,
    /// what REST runs the jobs from; the same classes are on the class path already
    pub flink_jar: PathBuf,
}

/// Where the Java sources and poms are in the clone.
fn java_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("java")
}

/// Fetches, verifies and compiles whatever is missing. Quick when nothing is.
pub fn prepare(progress: &Progress) -> Result<Prepared> {
    let tools = toolchain::find(progress)?;
    let cache = cache::Cache::open()?;
    // two beds that start at once must not fetch into the same place
    let _only_one = cache.exclusive(progress)?;
    let lock = lock::LockFile::read(&java_dir().join("jars.lock"))?;
    let flink_jars = fetch::class_path(&lock, "flink", &cache, &tools, progress)?;
    let kafka_jars = fetch::class_path(&lock, "kafka", &cache, &tools, progress)?;
    let flink = classes::compiled("flink", &flink_jars, &lock, &cache, &tools, progress)?;
    let kafka = classes::compiled("kafka", &kafka_jars, &lock, &cache, &tools, progress)?;
    Ok(Prepared {
        java: tools.java,
        flink_class_path: join(&flink, &flink_jars),
        kafka_class_path: join(&kafka, &kafka_jars),
        flink_jar: flink,
    })
}

fn join(own: &std::path::Path, jars: &[PathBuf]) -> String {
    let mut parts = vec![own.display().to_string()];
    parts.extend(jars.iter().map(|jar| jar.display().to_string()));
    parts.join(":")
}
