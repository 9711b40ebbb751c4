//! One JVM on a leash: it ends when we drop it, and by itself when we are gone.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::progress::Progress;

const READY: &str = "READY";
const POLL: Duration = Duration::from_millis(20);
const TAIL_LINES: usize = 25;

/// What to start; kept, so that a killed process can be started again just as it was.
#[derive(Debug, Clone)]
pub struct Launch {
    pub name: String,
    pub java: PathBuf,
    pub options: Vec<String>,
    pub class_path: String,
    pub main: &'static str,
    pub arguments: Vec<String>,
    pub env: Vec<(&'static str, String)>,
    /// also where its output goes, as `<name>.out`
    pub dir: PathBuf,
}

#[derive(Debug)]
pub struct Jvm {
    pub launch: Launch,
    child: Child,
    ready: Receiver<()>,
}

impl Jvm {
    pub fn start(launch: Launch) -> Result<Self> {
        let output = File::options().create(true).append(true).open(output_file(&launch))?;
        let mut child = Command::new(&launch.java)
            .args(&launch.options)
            .args(["-cp", &launch.class_path, "bed.Leash", launch.main])
            .envs(launch.env.iter().map(|(key, value)| (key, value)))
            .args(&launch.arguments)
            .current_dir(&launch.dir)
            // the leash: the kernel closes our end however we end
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(output)
            // Ctrl-C on our terminal is for us; the JVMs end by the leash, in order
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", launch.java.display()))?;
        let stdout = child.stdout.take().context("the JVM has no stdout")?;
        let (sender, ready) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if line == READY {
                    let _ = sender.send(());
                }
            }
        });
        Ok(Jvm { launch, child, ready })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    pub fn wait_ready(&mut self, within: Duration, progress: &Progress) -> Result<()> {
        let start = Instant::now();
        while self.ready.recv_timeout(POLL).is_err() {
            progress.check()?;
            self.check_alive()?;
            if start.elapsed() > within {
                bail!("{} was not ready within {within:?}\n{}", self.launch.name, self.tail());
            }
        }
        Ok(())
    }

    /// Until it has ended by itself, and well.
    pub fn wait_done(&mut self, within: Duration, progress: &Progress) -> Result<()> {
        let start = Instant::now();
        loop {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("{} ended with {status}\n{}", self.launch.name, self.tail()),
                None => progress.check()?,
            }
            if start.elapsed() > within {
                bail!("{} was not done within {within:?}\n{}", self.launch.name, self.tail());
            }
            std::thread::sleep(POLL);
        }
    }

    pub fn check_alive(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("{} ended with {status}\n{}", self.launch.name, self.tail());
        }
        Ok(())
    }

    /// SIGSTOP: it is there and does nothing.
    pub fn freeze(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    pub fn thaw(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw).context("no such pid")?;
        kill_process(pid, signal).with_context(|| format!("cannot signal {}", self.launch.name))
    }

    /// SIGKILL, and reaped: afterwards it is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn tail(&self) -> String {
        // Flink says what happened in its log, a JVM that does not even start on its stderr
        let log = self.launch.dir.join("logs").join(format!("{}.log", self.launch.name));
        let files = [log, output_file(&self.launch)];
        let text: String =
            files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).collect();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }
}

impl Drop for Jvm {
    fn drop(&mut self) {
        self.kill();
    }
}

fn output_file(launch: &Launch) -> PathBuf {
    Path::new(&launch.dir).join(format!("{}.out", launch.name))
}
