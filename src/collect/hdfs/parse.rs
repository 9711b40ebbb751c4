//! Beans of Hadoop 3.3. NameNodeInfo's lists of nodes are JSON inside of strings. FSNamesystem is
//! refreshed every 10 s only and is not read; FSNamesystemState, NameNodeInfo and NameNodeStatus are
//! as of now. FSState stays "Operational" with all DataNodes dead.

use crate::collect::http::parse_json;
use crate::collect::jvm::Figures;
use serde::Deserialize;
use serde_json::{Map, Value};
use streamwarden_core::estate::{GapReason, MAX_MEMBERS};
use streamwarden_core::signals::Signal;

#[derive(Deserialize)]
struct Beans {
    beans: Vec<Map<String, Value>>,
}

/// What one NameNode says.
#[derive(Debug, Default, PartialEq)]
pub struct NameNode {
    /// active, standby, observer, initializing.
    pub state: Option<String>,
    /// host:port by which clients name it.
    pub rpc: Option<String>,
    pub version: Option<String>,
    /// What it says of its safe mode; None: it is out of it.
    pub safe_mode: Option<String>,
    pub figures: Vec<(Signal, f64)>,
    pub nodes: Vec<Node>,
    /// Why nodes are not told by name.
    pub nodes_unread: Option<GapReason>,
    pub journals: Vec<Journal>,
    pub rpc_queue_ms: Option<f64>,
    pub rpc_ms: Option<f64>,
    pub call_queue: Option<f64>,
    pub jvm: Figures,
    pub bytes: u64,
}

/// A DataNode, as its NameNode sees it.
#[derive(Debug, PartialEq)]
pub struct Node {
    pub name: String,
    /// host:port of its own page, as it told its NameNode.
    pub page: Option<String>,
    pub live: bool,
    pub last_contact_s: Option<f64>,
    pub failed_volumes: Option<f64>,
    pub capacity: Option<f64>,
    pub remaining: Option<f64>,
}

#[derive(Debug, Default, PartialEq)]
pub struct Journal {
    /// host:port by which NameNodes know it; empty: an old one does not say.
    pub name: String,
    /// Transactions behind.
    pub lag: f64,
    pub out_of_sync: bool,
}

#[derive(Debug, Default, PartialEq)]
pub struct DataNode {
    pub failed_volumes: f64,
    /// Where they were.
    pub failed: Vec<String>,
    pub capacity: f64,
    pub remaining: f64,
    pub jvm: Figures,
}

/// Of a JMX page.
///
/// # Errors
/// It is no such page.
pub fn beans(body: &[u8]) -> Result<Vec<Map<String, Value>>, GapReason> {
    Ok(parse_json::<Beans>(body)?.beans)
}

fn one(body: &[u8], what: &str) -> Result<Map<String, Value>, GapReason> {
    beans(body)?.into_iter().next().ok_or_else(|| GapReason::NotUnderstood {
        detail: format!("there is no bean {what}: is this the web address of a NameNode?"),
    })
}

/// None: it does not say, or says that it does not know (below zero).
pub fn number(bean: &Map<String, Value>, key: &str) -> Option<f64> {
    bean.get(key)?.as_f64().filter(|v| v.is_finite() && *v >= 0.0)
}

fn text(bean: &Map<String, Value>, key: &str) -> Option<String> {
    bean.get(key)?.as_str().map(str::to_owned).filter(|t| !t.is_empty())
}

const STATE: [(&str, Signal); 12] = [
    ("BlocksTotal", Signal::BlocksTotal),
    ("UnderReplicatedBlocks", Signal::BlocksUnderReplicated),
    ("FilesTotal", Signal::FilesTotal),
    ("CapacityTotal", Signal::CapacityTotal),
    ("CapacityRemaining", Signal::CapacityRemaining),
    ("CapacityUsed", Signal::CapacityUsed),
    ("NumLiveDataNodes", Signal::DataNodesLive),
    ("NumDeadDataNodes", Signal::DataNodesDead),
    ("NumStaleDataNodes", Signal::DataNodesStale),
    ("VolumeFailuresTotal", Signal::VolumeFailures),
    // of NameNodeInfo
    ("NumberOfMissingBlocks", Signal::BlocksMissing),
    ("CorruptFilesCount", Signal::BlocksCorrupt),
];

pub fn namenode(
    status: &[u8],
    info: &[u8],
    state: &[u8],
    rpc: &[u8],
    journals: &[u8],
) -> Result<NameNode, GapReason> {
    let status_bean = one(status, "NameNodeStatus")?;
    let info_bean = one(info, "NameNodeInfo")?;
    let state_bean = one(state, "FSNamesystemState")?;
    let mut out = NameNode {
        state: text(&status_bean, "State"),
        rpc: text(&status_bean, "HostAndPort"),
        version: text(&info_bean, "SoftwareVersion"),
        safe_mode: text(&info_bean, "Safemode"),
        bytes: [status, info, state, rpc, journals].iter().map(|b| b.len() as u64).sum(),
        ..NameNode::default()
    };
    for (key, signal) in STATE {
        let value = number(&state_bean, key).or_else(|| number(&info_bean, key));
        out.figures.extend(value.map(|v| (signal, v)));
    }
    match nodes(&info_bean) {
        Ok(nodes) => out.nodes = nodes,
        Err(reason) => out.nodes_unread = Some(reason),
    }
    out.journals = beans(journals)?.iter().filter_map(channel).collect();
    // of several ports, the one for clients: the busiest
    let ports = beans(rpc)?;
    let calls = |b: &Map<String, Value>| number(b, "RpcProcessingTimeNumOps").unwrap_or(0.0);
    if let Some(port) = ports.iter().max_by(|a, b| calls(a).total_cmp(&calls(b))) {
        out.rpc_queue_ms = number(port, "RpcQueueTimeAvgTime");
        out.rpc_ms = number(port, "RpcProcessingTimeAvgTime");
        out.call_queue = number(port, "CallQueueLength");
    }
    Ok(out)
}

fn nodes(info: &Map<String, Value>) -> Result<Vec<Node>, GapReason> {
    let mut out = Vec::new();
    let mut seen = 0u64;
    for (key, live) in [("LiveNodes", true), ("DeadNodes", false)] {
        let Some(inner) = text(info, key) else { continue };
        let all: Map<String, Value> = parse_json(inner.as_bytes())?;
        seen += all.len() as u64;
        for (name, node) in all {
            let Value::Object(node) = node else { continue };
            out.push(Node {
                name,
                page: text(&node, "infoAddr"),
                live,
                last_contact_s: number(&node, "lastContact"),
                failed_volumes: number(&node, "volfails"),
                capacity: number(&node, "capacity"),
                remaining: number(&node, "remaining"),
            });
        }
    }
    if seen > MAX_MEMBERS as u64 {
        let (what, cap) = ("DataNodes".into(), MAX_MEMBERS as u64);
        return Err(GapReason::TooMany { what, cap, seen });
    }
    Ok(out)
}

/// `...,name=IPCLoggerChannel-10.0.0.1-8485`: how far that JournalNode is behind.
fn channel(bean: &Map<String, Value>) -> Option<Journal> {
    let name = bean.get("name")?.as_str()?;
    let (_, address) = name.rsplit_once("IPCLoggerChannel-")?;
    let (host, port) = address.rsplit_once('-')?;
    Some(Journal {
        name: format!("{host}:{port}"),
        lag: number(bean, "CurrentLagTxns").unwrap_or(0.0),
        out_of_sync: bean.get("tag.IsOutOfSync").and_then(Value::as_str) == Some("true"),
    })
}

/// The bean whose volumes are listed; one DataNode has one such.
pub fn datanode(body: &[u8]) -> Result<DataNode, GapReason> {
    let all = beans(body)?;
    let volumes = all.iter().find(|b| b.contains_key("FailedStorageLocations")).or(all.first());
    let Some(bean) = volumes else {
        let detail = "there is no bean FSDatasetState: is this the web address of a DataNode?";
        return Err(GapReason::NotUnderstood { detail: detail.into() });
    };
    let failed = bean.get("FailedStorageLocations").and_then(Value::as_array);
    let failed = failed.into_iter().flatten().filter_map(Value::as_str).take(20);
    Ok(DataNode {
        failed_volumes: number(bean, "NumFailedVolumes").unwrap_or(0.0),
        failed: failed.map(str::to_owned).collect(),
        capacity: number(bean, "Capacity").unwrap_or(f64::NAN),
        remaining: number(bean, "Remaining").unwrap_or(f64::NAN),
        jvm: Figures::new(),
    })
}

/// Of several journals the one that is furthest behind.
pub fn journalnode(body: &[u8]) -> Result<Journal, GapReason> {
    let all = beans(body)?;
    let name = all.iter().find_map(|b| text(b, "HostAndPort")).unwrap_or_default();
    let lags = all.iter().filter_map(|b| number(b, "CurrentLagTxns"));
    let detail = "there is no bean Journal-*: is this the web address of a JournalNode?";
    let lag = lags.reduce(f64::max);
    let lag = lag.ok_or_else(|| GapReason::NotUnderstood { detail: detail.into() })?;
    Ok(Journal { name, lag, out_of_sync: false })
}
