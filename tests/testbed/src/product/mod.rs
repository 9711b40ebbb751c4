//! The product pointed at a bed: started as its users start it, asked over its API, held against
//! the truth.

mod config;
mod heard;
mod repairs;
mod verdict;

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::bed::Bed;
use crate::net;

pub use self::config::ProductOptions;
pub use self::heard::{Answer, Heard, Spoken, answer};
pub use self::repairs::{Repair, Standing, Told};
pub use self::verdict::{Compared, Tolerance, compare};

/// For an orderly end, on a busy machine.
const ENDS: Duration = Duration::from_secs(40);

/// A running product. It ends with its stdin, and so with us.
pub struct Product {
    child: Child,
    /// None: it was asked to end.
    stdin: Option<ChildStdin>,
    port: u16,
    log: PathBuf,
}

/// One edge as the product shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    pub from: String,
    pub to: String,
    pub kind: String,
    pub known_from: Vec<String>,
    pub status: String,
    /// The moment it speaks of, epoch ms.
    pub at: Option<i64>,
    pub seconds: Option<f64>,
    pub at_least: bool,
    pub topic_wait: Option<f64>,
    pub inside_wait: Option<f64>,
}

impl Product {
    /// `binary`: the built `streamwarden`. Its configuration and data lie in the bed's directory.
    pub fn start(binary: &Path, bed: &Bed, options: &ProductOptions) -> Result<Product> {
        let dir = bed.dir().join(options.folder);
        std::fs::create_dir_all(&dir)?;
        let config = dir.join("streamwarden.yaml");
        std::fs::write(&config, options.yaml(bed, &dir))?;
        let log = dir.join("streamwarden.log");
        let mut child = Command::new(binary)
            .args(["serve", "--end-with-stdin", "--config"])
            .arg(&config)
            .args(options.record.iter().flat_map(|file| [OsStr::new("--record"), file.as_os_str()]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log)?)
            .spawn()
            .with_context(|| format!("{} cannot be started", binary.display()))?;
        let stdin = child.stdin.take().context("no stdin")?;
        let stdout = child.stdout.take().context("no stdout")?;
        let mut product = Product { child, stdin: Some(stdin), port: 0, log };
        product.port = product.read_port(BufReader::new(stdout))?;
        product.wait(Duration::from_secs(30), "a first assessment", |p| {
            p.get("/api/v1/overview").is_ok()
        })?;
        Ok(product)
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote to stderr so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub fn get(&self, path: &str) -> Result<Value> {
        net::request(self.port, "GET", path, None)
    }

    /// Every edge of the whole lineage.
    pub fn edges(&self) -> Result<Vec<Said>> {
        let view = self.get("/api/v1/lineage")?;
        let edges = view["edges"].as_array().context("no edges in the answer")?;
        Ok(edges.iter().map(said).collect())
    }

    /// A read edge by topic and job name; names only, as a person would look for it.
    pub fn read_edge(&self, topic: &str, job: &str) -> Result<Option<Said>> {
        Ok(self.edges()?.into_iter().find(|e| e.kind == "reads" && e.from == topic && e.to == job))
    }

    /// Asks until it is so.
    pub fn wait(
        &mut self,
        within: Duration,
        what: &str,
        mut done: impl FnMut(&Product) -> bool,
    ) -> Result<Duration> {
        let start = Instant::now();
        while !done(self) {
            if let Some(status) = self.child.try_wait()? {
                bail!("streamwarden ended ({status}): {}", self.tail());
            }
            if start.elapsed() > within {
                bail!("no {what} within {within:?}: {}", self.tail());
            }
            std::thread::sleep(Duration::from_millis(300));
        }
        Ok(start.elapsed())
    }

    /// The first line on stdout says where the page is.
    fn read_port(&mut self, mut stdout: impl BufRead + Send + 'static) -> Result<u16> {
        let mut line = String::new();
        while stdout.read_line(&mut line)? > 0 {
            if let Some((_, rest)) = line.split_once("http://127.0.0.1:") {
                let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                // what it says later is not read: keep the pipe open all the same
                std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
                return digits.parse().context("no port in the first line");
            }
            line.clear();
        }
        bail!("streamwarden did not come up: {}", self.tail())
    }

    fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(8)..].join("\n")
    }
}

impl Product {
    /// Lets it end by itself, and write what it has to write.
    pub fn finish(mut self) -> Result<()> {
        self.stdin = None;
        let start = Instant::now();
        loop {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("streamwarden ended ({status}): {}", self.tail()),
                None if start.elapsed() > ENDS => bail!("it does not end: {}", self.tail()),
                None => std::thread::sleep(Duration::from_millis(100)),
            }
        }
    }

    /// As `kill -9` does; what it had kept stays where it is.
    pub fn kill(&mut self) {
        // only what we started, by its id
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        self.kill();
    }
}

fn said(edge: &Value) -> Said {
    let name = |key: &str| {
        let id = edge[key].as_str().unwrap_or_default();
        id.split_once('/').map_or(id, |(_, name)| name).to_owned()
    };
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let delay = &edge["delay"];
    Said {
        from: name("from"),
        to: name("to"),
        kind: text(&edge["kind"]),
        known_from: edge["known_from"]
            .as_array()
            .map(|k| k.iter().map(text).collect())
            .unwrap_or_default(),
        status: text(&delay["status"]),
        at: delay["at"].as_i64(),
        seconds: delay["seconds"].as_f64(),
        at_least: delay["at_least"].as_bool().unwrap_or(false),
        topic_wait: delay["topic_wait"].as_f64(),
        inside_wait: delay["inside_wait"].as_f64(),
    }
}
