//! Our own metrics, in OpenMetrics. Labels are names of targets and loops: bounded by the
//! configuration, never by the estate.

use super::process;
use super::router::Shared;
use super::state::SystemInfo;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;
use streamwarden_core::snapshot::Snapshot;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Named {
    name: String,
}

/// Answers so far.
#[derive(Clone, Default)]
pub struct Requests(Family<Answered, Counter>);

impl Requests {
    /// `route` is of the table of routes, so that their number is bounded.
    pub fn note(&self, route: String, status: u16) {
        self.0.get_or_create(&Answered { route, status }).inc();
    }
}

type Float = Gauge<f64, AtomicU64>;

/// Own metrics of Streamwarden.
#[utoipa::path(get, path = "/metrics", responses((status = 200, body = String,
    content_type = "application/openmetrics-text")))]
pub async fn metrics(State(s): State<Shared>) -> Response {
    let mut all = Registry::with_prefix("streamwarden");
    all.register("http_requests", "Answers by route and status", s.requests.0.clone());
    let info = s.web.system.info();
    own(&mut all, &info);
    targets(&mut all, &info);
    loops(&mut all, &info);
    estate(&mut all, &s.web.snapshot.load());
    let mut text = String::new();
    match encode(&mut text, &all) {
        Ok(()) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn own(all: &mut Registry, info: &SystemInfo) {
    let cost = process::cost();
    if let Some(cpu) = cost.cpu_s {
        all.register("process_cpu_seconds", "CPU time used", ConstCounter::new(cpu));
    }
    if let Some(bytes) = cost.resident {
        let bytes = ConstGauge::new(bytes as f64);
        all.register("process_resident_memory_bytes", "Resident memory", bytes);
    }
    let gauges = [
        ("assessed", "1 once the first assessment is done", f64::from(u8::from(info.assessed))),
        ("store_series", "Series in memory", info.store.series as f64),
        ("store_memory_bytes", "History in memory", info.store.memory_bytes as f64),
        ("store_disk_bytes", "History on disk", info.store.disk_bytes as f64),
    ];
    for (name, help, value) in gauges {
        all.register(name, help, ConstGauge::new(value));
    }
}

/// A value per name; absent ones are left out.
fn family<'a>(values: impl Iterator<Item = (&'a str, Option<f64>)>) -> Family<Named, Float> {
    let all: Family<Named, Float> = Family::default();
    for (name, value) in values {
        if let Some(value) = value {
            all.get_or_create(&Named { name: name.to_owned() }).set(value);
        }
    }
    all
}

fn targets(all: &mut Registry, info: &SystemInfo) {
    let of = |value: fn(&super::view::TargetView) -> Option<f64>| {
        family(info.targets.iter().map(|t| (&*t.name, value(t))))
    };
    let up = of(|t| t.up.map(|up| f64::from(u8::from(up))));
    all.register("target_up", "1 if the target answered when last asked", up);
    let took = of(|t| t.took_ms.map(|ms| ms / 1000.0));
    all.register("target_scrape_seconds", "How long the last answer took", took);
    let samples = of(|t| t.samples.map(|n| n as f64));
    all.register("target_samples", "Samples of the last answer", samples);
}

fn loops(all: &mut Registry, info: &SystemInfo) {
    let of = |value: fn(&super::view::LoopView) -> Option<f64>| {
        family(info.loops.iter().map(|l| (&*l.name, value(l))))
    };
    all.register("loop_runs", "Runs so far", of(|l| Some(l.runs as f64)));
    all.register("loop_late_ticks", "Runs that began late", of(|l| Some(l.late_ticks as f64)));
    let took = of(|l| l.last_took_ms.map(|ms| ms / 1000.0));
    all.register("loop_seconds", "How long the last run took", took);
}

fn estate(all: &mut Registry, s: &Snapshot) {
    let nodes = s.lineage.nodes.iter().fold([0u32; 5], |mut by, n| {
        by[usize::from(super::build::rank(super::build::status(n.status)))] += 1;
        by
    });
    let names = ["over", "near", "unknown", "no_target", "normal"];
    let nodes = family(names.into_iter().zip(nodes.map(|n| Some(f64::from(n)))));
    all.register("lineage_nodes", "Jobs and topics by status", nodes);
    all.register("gaps", "What cannot be seen right now", ConstGauge::new(s.gaps.len() as f64));
    let at = ConstGauge::new(s.at.0 as f64 / 1000.0);
    all.register("assessment_timestamp_seconds", "When the estate was last assessed", at);
}
