//! Answers of one server. A server that serves nobody says so in words, and is told from one that
//! does not answer.

use crate::collect::base::cut;
use crate::collect::http::parse_json;
use serde_json::Value;
use std::collections::BTreeMap;
use streamwarden_core::estate::{GapReason, Millis, Name};
use streamwarden_core::signals::Signal;
use streamwarden_core::signals::resolve::from_zookeeper;

const NOT_SERVING: &str = "not currently serving requests";
/// States that are known; another word is none of ours.
const MODES: [&str; 5] = ["leader", "follower", "observer", "standalone", "read-only"];

/// What one server said.
#[derive(Debug, Default, PartialEq)]
pub struct Told {
    /// leader, follower, ...; None: it serves nobody.
    pub mode: Option<&'static str>,
    pub figures: BTreeMap<Signal, f64>,
    pub version: Option<Name>,
    pub bytes: u64,
    /// Why it is less than could be told.
    pub less: Option<GapReason>,
}

impl Told {
    pub fn state(&self) -> &'static str {
        self.mode.unwrap_or("not_serving")
    }

    pub fn leads(&self) -> bool {
        self.mode == Some("leader")
    }

    fn put(&mut self, name: &str, value: &str) {
        match name {
            "server_state" => self.mode = MODES.into_iter().find(|m| *m == value),
            "version" => self.version = Some(version(value)),
            _ => {
                let raw: Option<f64> = value.parse().ok();
                let Some((signal, convert)) = from_zookeeper(name) else { return };
                if let Some(v) = raw.and_then(|raw| convert.apply(raw, Millis(0))) {
                    self.figures.insert(signal, v);
                }
            }
        }
    }
}

/// `3.9.5-293c..., built on ...` is 3.9.5.
fn version(text: &str) -> Name {
    cut(text.split(['-', ',', ' ']).next().unwrap_or(text), 40).into()
}

fn nothing(what: &str) -> GapReason {
    GapReason::NotUnderstood {
        detail: format!("{what}: is this the port for ZooKeeper's clients?"),
    }
}

pub fn not_allowed(text: &str) -> bool {
    text.contains("is not executed because it is not in the whitelist")
}

/// `zk_<name>\t<value>` lines.
pub fn mntr(text: &str) -> Result<Told, GapReason> {
    let mut told = Told { bytes: text.len() as u64, ..Told::default() };
    if text.contains(NOT_SERVING) {
        return Ok(told);
    }
    let lines = text.lines().filter_map(|l| l.strip_prefix("zk_")?.split_once('\t'));
    lines.for_each(|(name, value)| told.put(name, value.trim()));
    if told.mode.is_none() {
        return Err(nothing("its answer to `mntr` names no state"));
    }
    Ok(told)
}

/// `Mode: leader` among a few figures.
pub fn srvr(text: &str) -> Result<Told, GapReason> {
    let mut told = Told { bytes: text.len() as u64, ..Told::default() };
    if text.contains(NOT_SERVING) {
        return Ok(told);
    }
    for (name, value) in text.lines().filter_map(|l| l.split_once(": ")) {
        match name {
            "Zookeeper version" => told.put("version", value),
            "Mode" => told.put("server_state", value.trim()),
            "Outstanding" => told.put("outstanding_requests", value.trim()),
            "Connections" => told.put("num_alive_connections", value.trim()),
            "Node count" => told.put("znode_count", value.trim()),
            "Latency min/avg/max" => {
                let mut parts = value.trim().split('/').skip(1);
                for name in ["avg_latency", "max_latency"] {
                    if let Some(value) = parts.next() {
                        told.put(name, value);
                    }
                }
            }
            _ => {}
        }
    }
    if told.mode.is_none() {
        return Err(nothing("its answer to `srvr` names no mode"));
    }
    Ok(told)
}

/// `/commands/monitor` of the AdminServer.
pub fn monitor(body: &[u8]) -> Result<Told, GapReason> {
    let mut told = Told { bytes: body.len() as u64, ..Told::default() };
    let fields: BTreeMap<String, Value> = parse_json(body)?;
    if serves_nobody(&fields)? {
        return Ok(told);
    }
    for (name, value) in &fields {
        match value {
            Value::String(text) => told.put(name, text),
            Value::Number(n) => told.put(name, &n.to_string()),
            _ => {}
        }
    }
    if told.mode.is_none() {
        let detail = "its AdminServer names no state".into();
        return Err(GapReason::NotUnderstood { detail });
    }
    Ok(told)
}

/// `/commands/server_stats`, asked where `monitor` failed: it says whether anybody is served.
pub fn stats(body: &[u8]) -> Result<Told, GapReason> {
    let fields: BTreeMap<String, Value> = parse_json(body)?;
    if serves_nobody(&fields)? {
        return Ok(Told { bytes: body.len() as u64, ..Told::default() });
    }
    Err(GapReason::Status { code: 500 })
}

/// Field `error`, with status 200.
fn serves_nobody(fields: &BTreeMap<String, Value>) -> Result<bool, GapReason> {
    match fields.get("error") {
        None | Some(Value::Null) => Ok(false),
        Some(Value::String(text)) if text.contains(NOT_SERVING) => Ok(true),
        Some(_) => Err(GapReason::NotUnderstood { detail: "its AdminServer says `error`".into() }),
    }
}
