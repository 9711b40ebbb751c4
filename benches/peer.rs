//! A real Prometheus (Debian's) and our collector, side by side on the same recorded texts:
//! `cargo bench --bench peer [-- seconds]`. Both scrape the same loopback server each second, in
//! one run; CPU is user + system of each process from /proc/<pid>/stat, memory its VmRSS.
//! Prometheus keeps every series and writes a log to disk; we keep the series that become signals,
//! in memory. The package is unpacked under `target/peer`: nothing is installed.
#![expect(clippy::unwrap_used, reason = "a benchmark may fail loudly")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

mod load;

use load::{Texts, samples};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};
use streamwarden::collect::http::{HttpAccess, ReadClient};
use streamwarden::collect::prometheus::{Caps, PrometheusTarget};
use streamwarden_core::estate::{ClusterId, Millis, SeriesTable, Target, TargetKind};

const TARGETS: usize = 8;
const VARIANTS: usize = 8;
const WARM: Duration = Duration::from_secs(20);

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args.get(1).map(String::as_str) {
        Some("serve") => serve(),
        Some("collect") => collect(&args[2]),
        _ => drive(args.iter().filter_map(|a| a.parse().ok()).next().unwrap_or(60)),
    }
}

/// Ends with the benchmark, whatever happens.
struct Running(Child);
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn drive(seconds: u64) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peer");
    let prometheus = unpacked(&dir);
    let me = std::env::current_exe().unwrap();
    let mut server =
        Running(Command::new(&me).arg("serve").stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().to_owned();

    let work = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let theirs = Running(start_prometheus(&prometheus, work.path(), &address, port));
    let mut ours = Running(
        Command::new(&me).args(["collect", &address]).stdout(Stdio::piped()).spawn().unwrap(),
    );
    let counts = Arc::new(Mutex::new([0u64; 3]));
    let out = ours.0.stdout.take().unwrap();
    let into = counts.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            let n: Vec<u64> = line.split(' ').filter_map(|n| n.parse().ok()).collect();
            *into.lock().unwrap() = [n[0], n[1], n[2]];
        }
    });

    let look = || {
        let [told, kept, series] = *counts.lock().unwrap();
        let text = get(&format!("127.0.0.1:{port}"), "/metrics");
        let metric = |name: &str| -> f64 {
            let line = text.lines().find(|l| l.starts_with(name) && !l.starts_with('#'));
            line.and_then(|l| l.rsplit_once(' ')).map_or(0.0, |(_, v)| v.parse().unwrap())
        };
        let appended = metric("prometheus_tsdb_head_samples_appended_total");
        let head = metric("prometheus_tsdb_head_series");
        (
            Seen {
                cpu: cpu_of(&ours),
                told: told as f64,
                kept: kept as f64,
                series: series as f64,
            },
            Seen { cpu: cpu_of(&theirs), told: appended, kept: appended, series: head },
        )
    };
    std::thread::sleep(WARM);
    let before = look();
    std::thread::sleep(Duration::from_secs(seconds));
    let after = look();
    println!("{TARGETS} targets each second for {seconds} s, after {} s", WARM.as_secs());
    report("streamwarden", &before.0, &after.0, rss(&ours));
    report("prometheus", &before.1, &after.1, rss(&theirs));
}

struct Seen {
    cpu: f64,
    told: f64,
    kept: f64,
    series: f64,
}

fn report(who: &str, before: &Seen, after: &Seen, rss: u64) {
    let cpu = after.cpu - before.cpu;
    let (told, kept) = (after.told - before.told, after.kept - before.kept);
    println!(
        "{who}: {cpu:.2} CPU s; {:.2} per million samples told ({told:.0}), {:.2} per million kept; \
         RSS {:.0} MB, {} series, {:.0} bytes each",
        cpu / told * 1e6,
        cpu / kept * 1e6,
        rss as f64 / 1e6,
        after.series,
        rss as f64 / after.series,
    );
}

/// The recorded texts on loopback, another variant each second.
fn serve() {
    let texts = Texts::new();
    let all: Vec<Vec<String>> =
        (0..TARGETS).map(|t| (0..VARIANTS).map(|r| texts.at(t, r)).collect()).collect();
    let all = Arc::new(all);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap());
    let begun = Instant::now();
    for stream in listener.incoming().flatten() {
        let all = all.clone();
        std::thread::spawn(move || answer(stream, &all, begun));
    }
}

fn answer(stream: TcpStream, all: &[Vec<String>], begun: Instant) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut first = String::new();
        lines.read_line(&mut first).ok().filter(|n| *n > 0)?;
        loop {
            let mut header = String::new();
            lines.read_line(&mut header).ok().filter(|n| *n > 0)?;
            if header.trim().is_empty() {
                break;
            }
        }
        let target: usize = first.split('/').nth(1)?.parse().ok()?;
        let text = &all.get(target)?[begun.elapsed().as_secs() as usize % VARIANTS];
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\n\r\n",
            text.len()
        );
        (&stream).write_all(head.as_bytes()).ok()?;
        (&stream).write_all(text.as_bytes()).ok()?;
    }
}

/// Our side: scrape each second into history; told, kept and series so far on each line.
fn collect(address: &str) {
    let texts = Texts::new();
    let told: u64 = (0..TARGETS).map(|t| samples(&texts.at(t, 0)) as u64).sum();
    drop(texts);
    let client = ReadClient::new(HttpAccess::default()).unwrap();
    let mut targets: Vec<PrometheusTarget> = (0..TARGETS)
        .map(|t| {
            let url = format!("http://{address}/{t}/metrics");
            let target = Target {
                name: format!("tm-{t}").into(),
                kind: TargetKind::Prometheus,
                address: url.as_str().into(),
            };
            let cluster = ClusterId::new("prod");
            PrometheusTarget::new(target, cluster, url, client.clone(), Caps::default())
        })
        .collect();
    let mut table = SeriesTable::default();
    let (mut scrapes, mut kept) = (0u64, 0u64);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        loop {
            tick.tick().await;
            let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis() as i64;
            for target in &mut targets {
                for s in target.scrape(Millis(now)).await.samples {
                    kept += u64::from(table.record(&s.entity, s.signal, s.at, s.value));
                }
            }
            scrapes += 1;
            println!("{} {kept} {}", scrapes * told, table.series_count());
        }
    });
}

fn start_prometheus(binary: &Path, work: &Path, address: &str, port: u16) -> Child {
    let mut config = "global: {scrape_interval: 1s}\nscrape_configs:\n".to_owned();
    for t in 0..TARGETS {
        config += &format!(
            "- {{job_name: tm-{t}, metrics_path: /{t}/metrics, static_configs: [{{targets: ['{address}']}}]}}\n"
        );
    }
    let file = work.join("prometheus.yml");
    std::fs::write(&file, config).unwrap();
    Command::new(binary)
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--storage.tsdb.path={}", work.join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Debian's package, unpacked and not installed.
fn unpacked(dir: &Path) -> PathBuf {
    let binary = dir.join("usr/bin/prometheus");
    if !binary.exists() {
        std::fs::create_dir_all(dir).unwrap();
        let fetch =
            || Command::new("apt-get").args(["download", "prometheus"]).current_dir(dir).status();
        if !fetch().unwrap().success() {
            // a machine without package lists; as root they can be had
            let _ = Command::new("apt-get").arg("update").status();
            assert!(
                fetch().unwrap().success(),
                "apt-get download prometheus: run `apt-get update`"
            );
        }
        let mut files = std::fs::read_dir(dir).unwrap().flatten().map(|f| f.path());
        let deb = files.find(|f| f.extension().is_some_and(|e| e == "deb")).unwrap();
        let done = Command::new("dpkg").arg("-x").arg(&deb).arg(dir).status().unwrap();
        assert!(done.success(), "dpkg -x {}", deb.display());
    }
    binary
}

/// User and system time of the process, s (100 ticks a second).
fn cpu_of(child: &Running) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.0.id())).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn rss(child: &Running) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.0.id())).unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}
