//! Answers of a ResourceManager of Hadoop 3.3.

use crate::collect::base::cut;
use crate::collect::http::parse_json;
use serde::Deserialize;
use serde_json::{Map, Value};
use streamwarden_core::estate::{Application, GapReason, MAX_MEMBERS, Millis, Name};
use streamwarden_core::signals::Signal;

const MAX_TEXT: usize = 4_000;
const MAX_WORD: usize = 200;
/// Queues within queues.
const MAX_DEPTH: usize = 12;
const MAX_QUEUES: usize = 1_000;
const MB: f64 = 1_048_576.0;

pub type Nodes = Vec<Node>;
pub type Queues = Vec<Queue>;

#[derive(Debug, PartialEq)]
pub struct Info {
    /// active, standby, initializing, stopping, unknown.
    pub state: String,
    pub version: String,
}

#[derive(Deserialize)]
struct InfoAnswer {
    #[serde(rename = "clusterInfo")]
    info: RawInfo,
}

#[derive(Deserialize)]
struct RawInfo {
    #[serde(rename = "haState")]
    ha: String,
    #[serde(rename = "resourceManagerVersion", default)]
    version: String,
}

pub fn info(body: &[u8]) -> Result<Info, GapReason> {
    let raw: InfoAnswer = parse_json(body)?;
    let state = cut(&raw.info.ha, MAX_WORD).to_lowercase();
    Ok(Info { state, version: cut(&raw.info.version, MAX_WORD).to_owned() })
}

/// The field, what it is, and by how much it is multiplied.
const FIGURES: [(&str, Signal, f64); 14] = [
    ("activeNodes", Signal::NodesActive, 1.0),
    ("lostNodes", Signal::NodesLost, 1.0),
    ("unhealthyNodes", Signal::NodesUnhealthy, 1.0),
    ("decommissionedNodes", Signal::NodesDecommissioned, 1.0),
    ("appsPending", Signal::AppsPending, 1.0),
    ("appsRunning", Signal::AppsRunning, 1.0),
    ("appsFailed", Signal::AppsFailed, 1.0),
    ("containersPending", Signal::ContainersPending, 1.0),
    ("pendingMB", Signal::MemoryPending, MB),
    ("availableMB", Signal::MemoryAvailable, MB),
    ("totalMB", Signal::MemoryTotal, MB),
    ("pendingVirtualCores", Signal::CoresPending, 1.0),
    ("availableVirtualCores", Signal::CoresAvailable, 1.0),
    ("totalVirtualCores", Signal::CoresTotal, 1.0),
];

#[derive(Deserialize)]
struct MetricsAnswer {
    #[serde(rename = "clusterMetrics")]
    metrics: Map<String, Value>,
}

pub fn metrics(body: &[u8]) -> Result<Vec<(Signal, f64)>, GapReason> {
    let raw: MetricsAnswer = parse_json(body)?;
    // negative: a figure that YARN has not made up its mind about
    let of = |(key, signal, times): &(&str, Signal, f64)| {
        let value = raw.metrics.get(*key)?.as_f64().filter(|v| *v >= 0.0)?;
        Some((*signal, value * times))
    };
    Ok(FIGURES.iter().filter_map(of).collect())
}

#[derive(Debug, PartialEq)]
pub struct Node {
    pub id: String,
    pub host: String,
    /// new, running, unhealthy, lost, decommissioned, rebooted, shutdown.
    pub state: String,
    /// Why it is unhealthy, in its own words.
    pub report: String,
}

#[derive(Deserialize)]
struct NodesAnswer {
    nodes: Option<NodeList>,
}

#[derive(Deserialize)]
struct NodeList {
    #[serde(default)]
    node: Vec<RawNode>,
}

#[derive(Deserialize)]
struct RawNode {
    id: String,
    state: String,
    #[serde(rename = "nodeHostName", default)]
    host: String,
    #[serde(rename = "healthReport", default)]
    report: String,
}

pub fn nodes(body: &[u8]) -> Result<Nodes, GapReason> {
    let raw: NodesAnswer = parse_json(body)?;
    let list = raw.nodes.map(|n| n.node).unwrap_or_default();
    if list.len() > MAX_MEMBERS {
        let (cap, seen) = (MAX_MEMBERS as u64, list.len() as u64);
        return Err(GapReason::TooMany { what: "nodes".into(), cap, seen });
    }
    let of = |n: RawNode| Node {
        id: cut(&n.id, MAX_WORD).to_owned(),
        host: cut(&n.host, MAX_WORD).to_owned(),
        state: cut(&n.state, MAX_WORD).to_lowercase(),
        report: cut(&n.report, MAX_TEXT).to_owned(),
    };
    Ok(list.into_iter().map(of).collect())
}

#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// With all above it: `root.streaming`.
    pub name: String,
    /// None: the fair scheduler has no states.
    pub state: Option<String>,
    /// Of what it may have at most.
    pub used: Option<f64>,
    pub pending_containers: Option<f64>,
    pub pending_apps: Option<f64>,
}

impl Queue {
    pub fn figures(&self) -> Vec<(Signal, f64)> {
        let all = [
            (Signal::QueueUsed, self.used),
            (Signal::ContainersPending, self.pending_containers),
            (Signal::AppsPending, self.pending_apps),
        ];
        all.into_iter().filter_map(|(signal, v)| Some((signal, v?))).collect()
    }
}

#[derive(Deserialize)]
struct SchedulerAnswer {
    scheduler: Scheduler,
}

#[derive(Deserialize)]
struct Scheduler {
    #[serde(rename = "schedulerInfo")]
    info: Map<String, Value>,
}

/// Queues without queues in them. Of the capacity and the fair scheduler; another says so.
pub fn queues(body: &[u8]) -> Result<Queues, GapReason> {
    let raw: SchedulerAnswer = parse_json(body)?;
    let info = &raw.scheduler.info;
    let kind = info.get("type").and_then(Value::as_str).unwrap_or("unknown");
    let mut out = Vec::new();
    match (kind, info.get("rootQueue").and_then(Value::as_object)) {
        ("capacityScheduler", _) => walk(info, "", 0, &mut out),
        ("fairScheduler", Some(root)) => walk_fair(root, 0, &mut out),
        _ => {
            let detail = format!("queues of a {} are not read", cut(kind, 40));
            return Err(GapReason::NotConfigured { detail });
        }
    }
    Ok(out)
}

/// There each queue is called with all above it.
fn walk_fair(queue: &Map<String, Value>, depth: usize, out: &mut Queues) {
    if out.len() >= MAX_QUEUES || depth >= MAX_DEPTH {
        return;
    }
    let inner = queue.get("childQueues").and_then(|q| q.get("queue")).and_then(Value::as_array);
    match inner {
        Some(inner) => {
            inner.iter().filter_map(Value::as_object).for_each(|q| walk_fair(q, depth + 1, out));
        }
        None => out.push(fair_leaf(queue)),
    }
}

fn fair_leaf(queue: &Map<String, Value>) -> Queue {
    let number = |key: &str| queue.get(key).and_then(Value::as_f64).filter(|v| *v >= 0.0);
    let share = |what: &str| {
        let of = |key: &str| queue.get(key)?.get(what)?.as_f64().filter(|v| *v >= 0.0);
        let most = of("maxResources").filter(|most| *most > 0.0)?;
        Some(of("usedResources")? / most)
    };
    let text = |key: &str| queue.get(key).and_then(Value::as_str);
    // cores count only where the policy shares them out
    let cores = text("schedulingPolicy").filter(|p| p.eq_ignore_ascii_case("drf"));
    let shares = share("memory").into_iter().chain(cores.and_then(|_| share("vCores")));
    Queue {
        name: cut(text("queueName").unwrap_or("?"), MAX_WORD).to_owned(),
        state: None,
        used: shares.reduce(f64::max),
        pending_containers: number("pendingContainers"),
        pending_apps: number("numPendingApps"),
    }
}

fn walk(queue: &Map<String, Value>, above: &str, depth: usize, out: &mut Queues) {
    let name = queue.get("queueName").and_then(Value::as_str).unwrap_or("?");
    let name = match above {
        "" => cut(name, MAX_WORD).to_owned(),
        _ => format!("{above}.{}", cut(name, MAX_WORD)),
    };
    let inner = queue.get("queues").and_then(|q| q.get("queue")).and_then(Value::as_array);
    if out.len() >= MAX_QUEUES || depth >= MAX_DEPTH {
        return;
    }
    match inner {
        Some(inner) => {
            inner.iter().filter_map(Value::as_object).for_each(|q| walk(q, &name, depth + 1, out));
        }
        None => out.push(leaf(queue, name)),
    }
}

fn leaf(queue: &Map<String, Value>, name: String) -> Queue {
    let number = |key: &str| queue.get(key).and_then(Value::as_f64).filter(|v| *v >= 0.0);
    let used = number("absoluteUsedCapacity").zip(number("absoluteMaxCapacity"));
    Queue {
        name,
        state: queue.get("state").and_then(Value::as_str).map(str::to_lowercase),
        used: used.filter(|(_, most)| *most > 0.0).map(|(used, most)| used / most),
        pending_containers: number("pendingContainers"),
        pending_apps: number("numPendingApplications"),
    }
}

#[derive(Deserialize)]
struct AppsAnswer {
    apps: Option<AppList>,
}

#[derive(Deserialize)]
struct AppList {
    #[serde(default)]
    app: Vec<RawApp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawApp {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    queue: String,
    state: String,
    #[serde(default)]
    final_status: String,
    #[serde(default)]
    diagnostics: String,
    #[serde(default)]
    application_type: String,
    started_time: i64,
    #[serde(default)]
    finished_time: i64,
    #[serde(default)]
    running_containers: i64,
    #[serde(rename = "amRPCAddress")]
    rpc: Option<String>,
    resource_info: Option<Value>,
}

pub fn applications(body: &[u8]) -> Result<Vec<Application>, GapReason> {
    let raw: AppsAnswer = parse_json(body)?;
    let word = |text: &str| Name::from(cut(text, MAX_WORD));
    let of = |a: RawApp| Application {
        id: word(&a.id),
        name: word(&a.name),
        sort: word(&a.application_type),
        queue: word(&a.queue),
        state: word(&a.state),
        outcome: word(&a.final_status),
        diagnostics: cut(a.diagnostics.trim(), MAX_TEXT).into(),
        started: Millis(a.started_time),
        finished: (a.finished_time > 0).then_some(Millis(a.finished_time)),
        containers: u32::try_from(a.running_containers).ok(),
        pending_mb: a.resource_info.as_ref().and_then(pending_mb),
        rpc: a.rpc.as_deref().filter(|r| !r.is_empty()).map(word),
    };
    Ok(raw.apps.map(|a| a.app).unwrap_or_default().into_iter().map(of).collect())
}

/// Of all partitions together.
fn pending_mb(info: &Value) -> Option<u64> {
    let all = info.get("resourceUsagesByPartition")?.as_array()?;
    let of = |p: &Value| p.get("pending")?.get("memory")?.as_u64();
    Some(all.iter().filter_map(of).sum())
}
