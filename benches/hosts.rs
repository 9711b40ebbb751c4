//! 3,000 machines by the text of their exporters (generated): `cargo bench --bench hosts [-- machines]`.
//! One process answers with a text of 105 kB and about 1,200 series, as a node_exporter of a machine
//! with 16 cores and eight disks tells; the other looks at all of them and keeps what it keeps. CPU
//! is user + system of that other process, from /proc.
#![expect(clippy::unwrap_used, reason = "a benchmark may fail loudly")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Instant, SystemTime};
use streamwarden::collect::host::{Host, HostTarget};
use streamwarden::collect::http::{HttpAccess, ReadClient};
use streamwarden_core::estate::{Millis, SeriesTable, Target, TargetKind};

const ROUNDS: i64 = 5;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).is_some_and(|a| a == "serve") {
        return serve();
    }
    let machines = args.iter().filter_map(|a| a.parse().ok()).next().unwrap_or(3_000);
    tokio::runtime::Runtime::new().unwrap().block_on(drive(machines));
}

async fn drive(machines: usize) {
    let me = std::env::current_exe().unwrap();
    let mut server = Command::new(me).arg("serve").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim();
    let host = |n: usize| Host {
        name: format!("host-{n:04}").into(),
        url: format!("http://{address}/{n}"),
    };
    let target = Target { name: "hosts".into(), kind: TargetKind::Host, address: "all".into() };
    let client = ReadClient::new(HttpAccess::default()).unwrap();
    let mut all = HostTarget::new(target, (0..machines).map(host).collect(), client);
    let mut table = SeriesTable::with_max(1_000_000);
    println!("| machines | bytes each | CPU s a round | s a round | series kept | memory |");
    println!("|---|---|---|---|---|---|");
    for _ in 0..ROUNDS {
        let (begun, used) = (Instant::now(), cpu());
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let found = all.look(Millis(now.as_millis() as i64)).await;
        for s in &found.samples {
            table.record(&s.entity, s.signal, s.at, s.value);
        }
        assert!(found.gaps.is_empty(), "{:?}", found.gaps.first());
        println!(
            "| {machines} | {} | {:.2} | {:.2} | {} | {} MB |",
            found.bytes / machines as u64,
            cpu() - used,
            begun.elapsed().as_secs_f64(),
            table.series_count(),
            memory()
        );
    }
    let _ = server.kill();
    let _ = server.wait();
}

fn text() -> String {
    let mut out = String::new();
    for cpu in 0..16 {
        for mode in ["idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user"] {
            let _ = writeln!(
                out,
                "node_cpu_seconds_total{{cpu=\"{cpu}\",mode=\"{mode}\"}} {cpu}1234.56"
            );
        }
    }
    for disk in 0..8 {
        let of =
            format!("{{device=\"/dev/nvme{disk}n1\",fstype=\"ext4\",mountpoint=\"/data/{disk}\"}}");
        for name in ["avail_bytes", "free_bytes", "size_bytes", "files", "files_free", "readonly"] {
            let _ = writeln!(out, "node_filesystem_{name}{of} 3.2{disk}e+11");
        }
        for name in [
            "reads_completed_total",
            "read_bytes_total",
            "io_time_seconds_total",
            "written_bytes_total",
        ] {
            let _ = writeln!(out, "node_disk_{name}{{device=\"nvme{disk}n1\"}} 1.8{disk}e+09");
        }
    }
    let whole = [
        "node_load1 3.2",
        "node_memory_MemAvailable_bytes 9.1e+10",
        "node_memory_MemTotal_bytes 2.7e+11",
        "node_filefd_allocated 11264",
        "node_filefd_maximum 9.2e+18",
        "node_timex_sync_status 1",
    ];
    out += &(whole.join("\n") + "\n");
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let _ = writeln!(out, "node_time_seconds {now}");
    // what nobody here wants
    for n in 0.. {
        if out.len() > 105_000 {
            break;
        }
        let _ = writeln!(out, "# TYPE node_netstat_Tcp_{n} untyped");
        let _ = writeln!(out, "node_netstat_Tcp_{n}{{protocol=\"tcp\",family=\"inet\"}} {n}17");
    }
    out
}

fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap());
    let text = Arc::new(text());
    for stream in listener.incoming().flatten() {
        let text = text.clone();
        std::thread::spawn(move || answer(stream, &text));
    }
}

fn answer(stream: TcpStream, text: &str) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?);
    loop {
        loop {
            let mut header = String::new();
            lines.read_line(&mut header).ok().filter(|n| *n > 0)?;
            if header.trim().is_empty() {
                break;
            }
        }
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\n\r\n",
            text.len()
        );
        (&stream).write_all(head.as_bytes()).ok()?;
        (&stream).write_all(text.as_bytes()).ok()?;
    }
}

fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let rss = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
    rss.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}
