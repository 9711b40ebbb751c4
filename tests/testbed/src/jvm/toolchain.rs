//! A JDK and Maven: found, or installed where that is ours to do, or the command that does it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::progress::Progress;

const OLDEST_JAVA: u32 = 17;
const INSTALL: &str = "apt-get install -y --no-install-recommends openjdk-17-jdk-headless maven";

pub struct Tools {
    pub java: PathBuf,
    pub javac: PathBuf,
    pub jar: PathBuf,
    pub jcmd: PathBuf,
    pub mvn: PathBuf,
    /// of the JDK, as `17.0.15`
    pub version: String,
}

pub fn find(progress: &Progress) -> Result<Tools> {
    match look() {
        Ok(tools) => Ok(tools),
        Err(missing) => {
            install(&missing, progress)?;
            look().map_err(|missing| anyhow::anyhow!("{missing}, although `{INSTALL}` has run"))
        }
    }
}

fn look() -> Result<Tools, String> {
    let jdk = |name: &str| {
        let home =
            std::env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin").join(name));
        home.filter(|path| path.is_file())
            .or_else(|| on_path(name))
            .ok_or(format!("`{name}` (JDK {OLDEST_JAVA} or newer) is missing"))
    };
    let javac = jdk("javac")?;
    let version = java_version(&javac).ok_or("`javac -version` did not say its version")?;
    match feature(&version) {
        Some(feature) if feature >= OLDEST_JAVA => {}
        _ => return Err(format!("the JDK is {version}, and {OLDEST_JAVA} or newer is needed")),
    }
    Ok(Tools {
        java: jdk("java")?,
        javac,
        jar: jdk("jar")?,
        jcmd: jdk("jcmd")?,
        mvn: on_path("mvn").ok_or("`mvn` (Maven) is missing")?,
        version,
    })
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|candidate| candidate.is_file())
}

fn java_version(javac: &Path) -> Option<String> {
    let output = Command::new(javac).arg("-version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    Some(text.trim().strip_prefix("javac ")?.to_owned())
}

/// `17.0.15` -> 17, `1.8.0_392` -> 1
fn feature(version: &str) -> Option<u32> {
    version.split(['.', '-', '_']).next()?.parse().ok()
}

fn install(missing: &str, progress: &Progress) -> Result<()> {
    let debian = Path::new("/etc/debian_version").exists();
    if !debian || on_path("apt-get").is_none() || !rustix::process::geteuid().is_root() {
        let hint =
            if debian { format!("run: sudo {INSTALL}") } else { "install JDK 17 and Maven".into() };
        bail!("{missing}; {hint}");
    }
    progress.say(format!("{missing}; running {INSTALL}"));
    for command in ["apt-get update -q", INSTALL] {
        let mut words = command.split(' ');
        let status = Command::new(words.next().unwrap_or_default())
            .args(words)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            // our stdout is for the addresses of the bed
            .stdout(std::io::stderr())
            .status()
            .with_context(|| format!("cannot run {command}"))?;
        if !status.success() {
            bail!("{missing}, and `{command}` ended with {status}");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions_old_and_new() {
        assert_eq!(feature("17.0.15"), Some(17));
        assert_eq!(feature("21-ea"), Some(21));
        assert_eq!(feature("1.8.0_392"), Some(1));
        assert_eq!(feature("what"), None);
    }
}
