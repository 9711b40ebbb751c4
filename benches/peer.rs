//! A real Prometheus (Debian's) and our collector, side by side on the same recorded texts:
//! `cargo bench --bench peer [-- seconds]`. Both scrape the same loopback server each second, in
//! one run; CPU is user + system of each process from /proc/<pid>/stat, memory its VmRSS.
//! Prometheus keeps every series and writes a log to disk; we keep the series that become signals,
//! in memory. The package is unpacked under `target/peer`: nothing is installed.
//!
//! `cargo bench --bench peer -- source [TaskManagers]`: the other way round, that Prometheus scrapes
//! as many TaskManagers, two to a cluster, each 15 s, and we ask it in their place, each cluster
//! twice in that time: what it costs it, and us.
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
use streamwarden::collect::prometheus::api::{ApiTarget, Selection};
use streamwarden::collect::prometheus::{Caps, PrometheusTarget};
use streamwarden_core::estate::{ClusterId, Millis, SeriesTable, Target, TargetKind};

const TARGETS: usize = 8;
const VARIANTS: usize = 8;
const WARM: Duration = Duration::from_secs(20);

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args.get(1).map(String::as_str) {
        Some("serve") => serve(args[2].parse().unwrap(), args[3].parse().unwrap()),
        Some("source") => source(args.iter().filter_map(|a| a.parse().ok()).next().unwrap_or(100)),
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
    let (_server, address) = served(TARGETS, VARIANTS);
    let work = tempfile::tempdir().unwrap();
    let port = free();
    let config = scrapes(TARGETS, &address, "1s");
    let theirs = Running(start_prometheus(&prometheus, work.path(), &config, port));
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
    report("streamwarden", &before.0, &after.0, rss(&ours.0.id().to_string()));
    report("prometheus", &before.1, &after.1, rss(&theirs.0.id().to_string()));
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

/// A process that answers with the texts, and where.
fn served(targets: usize, variants: usize) -> (Running, String) {
    let me = std::env::current_exe().unwrap();
    let numbers = [targets, variants].map(|n| n.to_string());
    let child = Command::new(me).arg("serve").args(numbers).stdout(Stdio::piped()).spawn();
    let mut server = Running(child.unwrap());
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (server, line.trim().to_owned())
}

fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// How often Prometheus scrapes in `source`; a look is made twice in it.
const SCRAPE: Duration = Duration::from_secs(15);

fn source(taskmanagers: usize) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peer");
    let (_server, address) = served(taskmanagers, 3);
    let (work, port) = (tempfile::tempdir().unwrap(), free());
    let config = scrapes(taskmanagers, &address, "15s");
    let theirs = Running(start_prometheus(&unpacked(&dir), work.path(), &config, port));
    let client = ReadClient::new(HttpAccess::default()).unwrap();
    let mut clusters: Vec<ApiTarget> = (0..taskmanagers.div_ceil(2))
        .map(|n| {
            let base = format!("http://127.0.0.1:{port}");
            let labels = [("estate_cluster".to_owned(), format!("c{n}"))].into();
            let kind = TargetKind::Prometheus;
            let target = Target { name: format!("c{n}").into(), kind, address: "p".into() };
            let of = Selection { base, labels };
            ApiTarget::new(target, ClusterId::new(format!("c{n}")), of, SCRAPE, client.clone())
        })
        .collect();
    std::thread::sleep(SCRAPE * 4);
    let before = cpu_of(&theirs);
    std::thread::sleep(SCRAPE * 4);
    let alone = (cpu_of(&theirs) - before) / (SCRAPE * 4).as_secs_f64();

    let mut table = SeriesTable::with_max(2_000_000);
    let (mut took, mut bytes, mut gaps) = (Vec::new(), 0, Vec::new());
    let (before, begun, mine) = (cpu_of(&theirs), Instant::now(), cpu("self"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut tick = tokio::time::interval(SCRAPE / 2);
        for _ in 0..8 {
            tick.tick().await;
            for cluster in &mut clusters {
                let looked = Instant::now();
                let found = cluster.look(now()).await;
                took.push(looked.elapsed().as_secs_f64() * 1e3);
                bytes += found.bytes;
                gaps.extend(found.gaps.iter().map(|g| format!("{:?}", g.reason)));
                for s in found.samples {
                    table.record(&s.entity, s.signal, s.at, s.value);
                }
            }
        }
        tick.tick().await;
    });
    let span = begun.elapsed().as_secs_f64();
    let (asked, ours) = ((cpu_of(&theirs) - before) / span, (cpu("self") - mine) / span);
    took.sort_by(f64::total_cmp);
    println!(
        "{taskmanagers} TaskManagers, {} jobs, {} clusters, scraped each {} s; {} looks in {span:.0} s: \
         median {:.0} ms, worst {:.0} ms, {} kB each; cores: that Prometheus {alone:.3} alone, {asked:.3} \
         asked, we {ours:.3}; {} series kept; its memory {} MB, ours {} MB",
        taskmanagers * 3,
        clusters.len(),
        SCRAPE.as_secs(),
        took.len(),
        took[took.len() / 2],
        took[took.len() - 1],
        bytes / 1000 / took.len() as u64,
        table.series_count(),
        rss(&theirs.0.id().to_string()) / 1_000_000,
        rss("self") / 1_000_000,
    );
    gaps.sort();
    gaps.dedup();
    println!("not seen: {gaps:?}");
}

fn now() -> Millis {
    Millis(SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis() as i64)
}

/// The recorded texts on loopback, another variant each second.
fn serve(targets: usize, variants: usize) {
    let texts = Texts::new();
    let all: Vec<Vec<String>> =
        (0..targets).map(|t| (0..variants).map(|r| texts.at(t, r)).collect()).collect();
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
        let text = &all.get(target)?[begun.elapsed().as_secs() as usize % all[target].len()];
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
            let now = now();
            for target in &mut targets {
                for s in target.scrape(now).await.samples {
                    kept += u64::from(table.record(&s.entity, s.signal, s.at, s.value));
                }
            }
            scrapes += 1;
            println!("{} {kept} {}", scrapes * told, table.series_count());
        }
    });
}

/// Two TaskManagers to a cluster.
fn scrapes(targets: usize, address: &str, every: &str) -> String {
    let mut config = format!("global: {{scrape_interval: {every}}}\nscrape_configs:\n");
    for t in 0..targets {
        let of = format!("targets: ['{address}'], labels: {{estate_cluster: c{}}}", t / 2);
        config += &format!(
            "- {{job_name: tm-{t}, metrics_path: /{t}/metrics, static_configs: [{{{of}}}]}}\n"
        );
    }
    config
}

fn start_prometheus(binary: &Path, work: &Path, config: &str, port: u16) -> Child {
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
    cpu(&child.0.id().to_string())
}

fn cpu(process: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn rss(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
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
