//! A real Prometheus (Debian's) scrapes the bed: with it as the only source of metrics the product
//! sees what it sees at the endpoints. STREAMWARDEN_PROMETHEUS names another binary of its kind.

use super::support::{seed, wanted};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use testbed::product::{Product, ProductOptions};
use testbed::{Bed, BedOptions, EstateSpec, Mode};

struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(bed: &Bed) -> Server {
        let dir = bed.dir().join("prometheus");
        std::fs::create_dir_all(&dir).unwrap();
        let urls = bed.prometheus_urls();
        let hosts: Vec<String> = urls
            .iter()
            .map(|u| u.trim_start_matches("http://").trim_end_matches("/metrics").to_owned())
            .collect();
        // with labels of its own, one called as Flink calls one
        let config = format!(
            "global: {{ scrape_interval: 5s, scrape_timeout: 4s }}\nscrape_configs:\n  \
             - job_name: bed\n    static_configs: [{{ targets: {hosts:?}, labels: {{ host: rack }} }}]\n"
        );
        let file = dir.join("prometheus.yml");
        std::fs::write(&file, config).unwrap();
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let binary = std::env::var("STREAMWARDEN_PROMETHEUS");
        let child = Command::new(binary.as_deref().unwrap_or("prometheus"))
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", dir.join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(dir.join("log")).unwrap())
            .spawn()
            .unwrap_or_else(|e| panic!("{e}: apt-get install prometheus"));
        Server { child, url: format!("http://127.0.0.1:{port}") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Busy share and records/s in and out, by job, vertex and figure.
type Figures = BTreeMap<(String, String, &'static str), Vec<f64>>;

fn figures(product: &Product, out: &mut Figures) {
    let jobs = product.get("/api/v1/jobs").unwrap();
    for row in jobs["jobs"].as_array().into_iter().flatten() {
        let id = row["id"].as_str().unwrap().replace('/', "%2F");
        let job = product.get(&format!("/api/v1/job?id={id}")).unwrap();
        for vertex in job["vertices"].as_array().into_iter().flatten() {
            for figure in ["busy", "records_in", "records_out"] {
                if let Some(value) = vertex[figure].as_f64() {
                    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
                    let key = (text(&row["name"]), text(&vertex["name"]), figure);
                    out.entry(key).or_default().push(value);
                }
            }
        }
    }
}

fn middle(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

#[test]
fn a_server_that_scrapes_tells_what_the_endpoints_tell() {
    if !wanted("STREAMWARDEN_BED") {
        return;
    }
    let mut options = BedOptions::new(EstateSpec::seeded(seed()), Mode::Mini);
    options.progress.show = true;
    let mut bed = Bed::start(options).unwrap();
    bed.wait_flowing(Duration::from_secs(120)).unwrap();
    let server = Server::start(&bed);
    let binary = Path::new(env!("CARGO_BIN_EXE_streamwarden"));
    let near = ProductOptions { tick_s: 5, folder: "near", ..ProductOptions::default() };
    let far =
        ProductOptions { prometheus_api: Some(server.url.clone()), folder: "far", ..near.clone() };
    let mut near = Product::start(binary, &bed, &near).unwrap();
    let mut far = Product::start(binary, &bed, &far).unwrap();
    for product in [&mut near, &mut far] {
        let all = product.wait(Duration::from_secs(90), "all figures", |p| {
            let mut now = Figures::new();
            figures(p, &mut now);
            now.len() >= 12
        });
        eprintln!("figures after {:.0?}", all.unwrap());
    }
    let (mut by_scrape, mut by_server) = (Figures::new(), Figures::new());
    for _ in 0..12 {
        std::thread::sleep(Duration::from_secs(5));
        figures(&near, &mut by_scrape);
        figures(&far, &mut by_server);
    }
    assert_eq!(
        by_scrape.keys().collect::<Vec<_>>(),
        by_server.keys().collect::<Vec<_>>(),
        "the same jobs, vertices and figures"
    );
    let mut off = Vec::new();
    for (key, scraped) in &by_scrape {
        let (a, b) = (middle(scraped), middle(&by_server[key]));
        let room = if key.2 == "busy" { 0.05 } else { (a.abs() * 0.1).max(2.0) };
        eprintln!("{} / {} {}: scraped {a:.3}, by the server {b:.3}", key.0, key.1, key.2);
        if (a - b).abs() > room {
            off.push((key, a, b));
        }
    }
    assert!(off.is_empty(), "{off:?}");
    let system = far.get("/api/v1/system").unwrap();
    for target in system["targets"].as_array().unwrap() {
        eprintln!("target {target}");
        assert_ne!(target["up"], Value::Bool(false), "{target}");
    }
}
