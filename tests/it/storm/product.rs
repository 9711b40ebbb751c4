//! The built product on such an estate.

use super::flink::{name_of, topic_of};
use serde_json::Value;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

/// `STORM_PRODUCT=path`: a release build, as its users run it.
fn optimized() -> Option<OsString> {
    std::env::var_os("STORM_PRODUCT")
}

pub struct Product {
    child: Child,
    _stdin: ChildStdin,
    port: u16,
    dir: tempfile::TempDir,
}

impl Product {
    pub fn start(kafka: &str, rests: &[String], jobs: usize) -> Product {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("streamwarden.yaml");
        std::fs::write(&config, yaml(dir.path(), kafka, rests, jobs)).unwrap();
        let log = std::fs::File::create(dir.path().join("log")).unwrap();
        let built = OsString::from(env!("CARGO_BIN_EXE_streamwarden"));
        let mut child = Command::new(optimized().unwrap_or(built))
            .args(["serve", "--end-with-stdin", "--config"])
            .arg(&config)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        let port = line.split("127.0.0.1:").nth(1).unwrap_or_else(|| panic!("{line}"));
        let digits: String = port.chars().take_while(char::is_ascii_digit).collect();
        Product { child, _stdin: stdin, port: digits.parse().unwrap(), dir }
    }

    /// Null: no answer.
    pub fn get(&self, path: &str) -> Value {
        let ask = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
            stream.set_read_timeout(Some(Duration::from_secs(20)))?;
            write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{}\r\n\r\n", self.port)?;
            let mut text = String::new();
            stream.read_to_string(&mut text)?;
            Ok(text)
        };
        let text = ask().unwrap_or_default();
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        serde_json::from_str(body).unwrap_or_default()
    }

    pub fn actions(&self) -> Vec<Value> {
        let page = |n: usize| self.get(&format!("/api/v1/actions?limit=100&offset={}", n * 100));
        let mut all = Vec::new();
        for n in 0.. {
            let list = page(n)["actions"].as_array().cloned().unwrap_or_default();
            let more = list.len() == 100;
            all.extend(list);
            if !more {
                break;
            }
        }
        all
    }

    /// Each job that something would be done to, with all that holds it.
    pub fn plans(&self) -> Vec<(String, Vec<String>)> {
        let all = self.get("/api/v1/plans");
        let planned = all["proposals"].as_array().into_iter().flatten();
        let one = |p: &Value| {
            let holds = p["holds"].as_array().into_iter().flatten();
            let why = holds.map(|h| h["says"]["en"].as_str().unwrap_or_default().to_owned());
            (p["job"]["name"].as_str().unwrap_or_default().to_owned(), why.collect())
        };
        planned.filter(|p| !p["plan"].is_null()).map(one).collect()
    }

    #[track_caller]
    pub fn wait(&mut self, within_s: u64, what: &str, mut done: impl FnMut(&Product) -> bool) {
        let began = Instant::now();
        let mut told = began;
        while !done(self) {
            assert!(self.child.try_wait().unwrap().is_none(), "it ended: {}", self.log());
            if told.elapsed() >= Duration::from_secs(10) {
                told = Instant::now();
                eprintln!("storm: waits for {what}, {} s", began.elapsed().as_secs());
            }
            if began.elapsed() >= Duration::from_secs(within_s) {
                let plans = self.plans();
                let some: Vec<_> = plans.iter().take(3).collect();
                panic!(
                    "no {what} within {within_s} s: {} plans: {some:#?}\n{}",
                    plans.len(),
                    self.log()
                );
            }
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    fn log(&self) -> String {
        let text = std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// Seconds of CPU, and the most memory, MB.
    pub fn cost(&self) -> (f64, u64) {
        let file = |name: &str| {
            std::fs::read_to_string(format!("/proc/{}/{name}", self.child.id())).unwrap_or_default()
        };
        let stat = file("stat");
        let fields: Vec<f64> = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .filter_map(|f| f.parse().ok())
            .collect();
        // without the state, utime and stime are the 11th and 12th, in hundredths
        let cpu = fields.get(10).zip(fields.get(11)).map_or(0.0, |(u, s)| (u + s) / 100.0);
        let peak = file("status")
            .lines()
            .find_map(|l| l.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok());
        (cpu, peak.unwrap_or(0) / 1024)
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn yaml(dir: &std::path::Path, kafka: &str, rests: &[String], jobs: usize) -> String {
    // a debug build has to keep up with its own tick, or it sees too late to tell what helped
    let tick = if jobs > 50 && optimized().is_none() { 5 } else { 2 };
    let data = dir.join("data");
    let mut out = format!("listen: 127.0.0.1:0\ndata_dir: {data:?}\ntick: {tick}s\n");
    out +=
        "heal: { mode: auto, debounce: 5s, verify: 20s, hands_off: 5s, restore_age: 1h }\nflink:\n";
    for (n, rest) in rests.iter().enumerate() {
        let _ = writeln!(out, "  - name: c{n}\n    rest: {rest}\n    kafka: shared");
        let _ = writeln!(out, "    prometheus: [{rest}/metrics]");
        let _ = writeln!(out, "    act: {{ roots: [s3://state] }}");
        let _ = writeln!(
            out,
            "    submit: [{{ job: \"*\", session: {{ jar: job.jar, args: [--name, \"{{job}}\"] }} }}]"
        );
    }
    let _ = writeln!(out, "kafka: [{{ name: shared, bootstrap: [\"{kafka}\"] }}]\nedges:");
    for job in (0..jobs).map(name_of) {
        let _ = writeln!(out, "  - {{ job: {job}, writes: {} }}", topic_of(&job));
    }
    out
}
