//! A server that scrapes the cluster: one look as the collector has it, and whether it scrapes as
//! often as is said.

use super::Findings;
use crate::clock;
use crate::collect::Yield;
use crate::collect::http::ReadClient;
use crate::collect::prometheus::api::ApiTarget;
use crate::config::{Flink, PrometheusApi};
use crate::tasks::say;
use std::collections::{BTreeMap, BTreeSet};
use streamwarden_core::estate::{Entity, Millis, Target, TargetKind};
use tokio::time::Instant;

const WHAT: &str = "metrics";

pub async fn examine(flink: &Flink, api: &PrometheusApi, findings: &mut Findings) {
    let client = match ReadClient::new(api.access.clone()) {
        Ok(client) => client,
        Err(e) => return findings.broken(WHAT, e.to_string(), "correct `auth` or `ca_file`"),
    };
    let base = &api.of.base;
    let (name, address) = (flink.name.0.clone(), base.as_str().into());
    let target = Target { name, kind: TargetKind::Prometheus, address };
    let mut asked = ApiTarget::new(target, flink.name.clone(), api.of.clone(), api.every, client);
    let begun = Instant::now();
    let found = asked.look(clock::now()).await;
    let took = begun.elapsed().as_millis();
    for gap in &found.gaps {
        let because = format!("{base}: {}: {}", gap.what, say(&gap.reason));
        findings.broken(WHAT, because, "check `prometheus_api:`: url, labels, auth");
    }
    let times = times(&found);
    let values: usize = times.values().map(BTreeSet::len).sum();
    if values == 0 {
        return;
    }
    let kb = found.bytes / 1024;
    let said = format!("{base}: {values} values of Flink by its API, {kb} kB within {took} ms");
    match apart(&times) {
        Some(ms) if ms > api.every.as_millis() as f64 * 1.5 => {
            let because = format!("{said}; a value each {:.0} s", ms / 1e3);
            let todo = format!("set `every: {:.0}s`, or figures will be missing", ms / 1e3);
            findings.blind(WHAT, because, &todo);
        }
        Some(ms) => findings.fine(WHAT, format!("{said}; a value each {:.0} s", ms / 1e3)),
        None => findings.fine(WHAT, said),
    }
}

type Times = BTreeMap<(Entity, &'static str), BTreeSet<Millis>>;

fn times(found: &Yield) -> Times {
    let mut out = Times::new();
    for s in found.samples.iter().filter(|s| !matches!(s.entity, Entity::Target { .. })) {
        out.entry((s.entity.clone(), s.signal.name())).or_default().insert(s.at);
    }
    out
}

/// Ms between two values of a series, as most have it.
fn apart(times: &Times) -> Option<f64> {
    let mut all: Vec<i64> = times
        .values()
        .flat_map(|of| of.iter().zip(of.iter().skip(1)).map(|(a, b)| b.0 - a.0))
        .collect();
    all.sort_unstable();
    all.get(all.len() / 2).map(|ms| *ms as f64)
}
