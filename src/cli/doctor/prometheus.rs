//! Metric endpoints: their first text, read by our parser and by prometheus-parse.

use super::Findings;
use crate::collect::http::ReadClient;
use crate::collect::prometheus::{Lines, differences};
use crate::config::Flink;
use crate::discover::file_sd::FileSd;
use crate::tasks::say;
use std::time::Duration;
use streamwarden_core::estate::{Millis, Target, TargetKind};

/// As the collector has it.
const REQUEST: Duration = Duration::from_secs(4);
const CAP: u64 = 64 << 20;
/// Endpoints asked of one cluster: the others are alike.
const MOST: usize = 50;

pub async fn examine(flink: &Flink, client: &ReadClient, findings: &mut Findings) {
    let mut urls = flink.prometheus.clone();
    urls.extend(named_by_files(flink, findings));
    if let Some(api) = &flink.prometheus_api {
        super::prometheus_api::examine(flink, api, findings).await;
    } else if urls.is_empty() {
        let because = "no endpoint is given: metrics come from REST, which is older and coarser";
        let todo = "give `prometheus:` (Flink's own reporter: metrics.reporter.prom.factory.class), \
                    or `prometheus_api:` where a server scrapes it";
        findings.blind("metrics", because, todo);
    }
    if urls.len() > MOST {
        findings.fine("metrics", format!("{} endpoints; the first {MOST} are asked", urls.len()));
    }
    for url in urls.iter().take(MOST) {
        endpoint(url, client, findings).await;
    }
}

fn named_by_files(flink: &Flink, findings: &mut Findings) -> Vec<String> {
    if flink.prometheus_file_sd.is_empty() {
        return Vec::new();
    }
    let name = flink.name.0.clone();
    let target = Target { name, kind: TargetKind::Prometheus, address: "file_sd".into() };
    let mut files = FileSd::new(target, flink.prometheus_file_sd.clone(), "/metrics");
    for gap in files.look(Millis(0)).gaps {
        let what = format!("target file {}", gap.what);
        findings.broken(&what, say(&gap.reason), "correct `prometheus_file_sd:` or the file");
    }
    files.found().into_iter().map(|found| found.url).collect()
}

async fn endpoint(url: &str, client: &ReadClient, findings: &mut Findings) {
    let answer = match client.get(url, REQUEST, CAP).await {
        Ok(answer) => answer,
        Err(reason) => {
            let because = format!("{url}: {}", say(&reason));
            return findings.broken(
                "metrics",
                because,
                "check `prometheus:` and the reporter's port",
            );
        }
    };
    let (samples, flink) = count(&answer.body);
    if samples == 0 {
        let because = format!("{url} answers, but not with Prometheus text");
        return findings.broken("metrics", because, "check the path: usually /metrics");
    }
    let size = answer.body.len() / 1024;
    let said = format!("{url}: {samples} series, {flink} of them Flink's, {size} kB");
    if flink == 0 {
        let todo = "is this the reporter of a JobManager or TaskManager?";
        return findings.blind("metrics", said, todo);
    }
    let differences = differences(&answer.body);
    let ours: Vec<_> = differences.iter().filter(|d| d.theirs_is_wrong.is_none()).collect();
    match ours.first() {
        None => findings.fine("metrics", format!("{said}; {}", agreement(differences.len()))),
        Some(first) => {
            let because = format!("{said}; two parsers differ in {} lines: {first}", ours.len());
            findings.blind("metrics", because, "tell us: one of the two reads this text wrong");
        }
    }
}

fn agreement(known: usize) -> String {
    match known {
        0 => "prometheus-parse reads it alike".to_owned(),
        n => format!("prometheus-parse reads {n} or more lines wrong, as is known of it"),
    }
}

fn count(text: &[u8]) -> (usize, usize) {
    let lines = Lines::new(text, |_| true);
    let (mut samples, mut flink) = (0, 0);
    for line in lines {
        if let Ok(sample) = line.read() {
            samples += 1;
            flink += usize::from(sample.name.starts_with("flink_"));
        }
    }
    (samples, flink)
}
